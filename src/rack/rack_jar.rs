//! [`RackJar`]: opens and seals the sessions of `Rack::Session::Cookie`.

use std::borrow::Cow;
use std::fmt;

use crate::error::{CookieOverflow, Error, Refusal};
use crate::hex;
use crate::http::cookie_attributes::CookieAttributes;
use crate::http::limit::{MAX_READ_SIZE, size_in_browsers};
use crate::http::set_cookie::SetCookie;
use crate::message::jar_kind::JarKind;
use crate::message::opened::Opened;
use crate::message::sealed_by::SealedBy;
use crate::random;
use crate::secret_key_base::SecretKeyBase;
use crate::serializer::value::{RubyObject, Value};
use crate::serializer::{DumpStyle, Format, Serialized};
use crate::session::data::SessionData;
use crate::settings::{Cipher, HmacDigest};
use crate::weak_secret::WeakSecret;

use super::encryptor::{Encryptor, LEAST_SECRET};
use super::rack_version::{Encryption, Form, Lines, RackVersion};
use super::signed_cookie::SignedCookie;

/// The key of a session's id in Rack.
const SESSION_ID: &str = "session_id";

/// The key of the secret of authenticity tokens (`Rack::Protection::AuthenticityToken`).
const CSRF: &str = "csrf";

/// The instance variable that holds the id in a `Rack::Session::SessionId`: such an object is
/// marshalled from Rack 2.0.8 on.
const PUBLIC_ID: &str = "@public_id";

/// Opens and seals the sessions of an app that keeps them by `Rack::Session::Cookie` (Rack 1 and 2
/// `session/cookie.rb`; rack-session 2 `cookie.rb` and `encryptor.rb`).
///
/// Create it when the program starts: the keys are expanded then.
///
/// ```
/// use hardtack::rack::{RackJar, RackVersion};
/// use hardtack::{SecretKeyBase, SessionData};
///
/// # let secret = SecretKeyBase::generate()?;
/// let jar = RackJar::new(&secret, RackVersion::Rack2_1)?.json();
/// let mut session = SessionData::new();
/// session.insert("user_id", 42)?;
/// let cookie = jar.seal(&mut session, "rack.session", None)?;
///
/// let opened = jar.open("rack.session", cookie.value())?;
/// assert_eq!(opened.value().get::<u32>("user_id")?, Some(42));
/// assert!(jar.open("rack.session", "e30=--0123").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct RackJar {
    version: RackVersion,
    current: Way,
    /// The ways of the rotations, each with the rotation's index.
    older: Vec<(usize, Way)>,
    rotations: usize,
    weak: Option<WeakSecret>,
}

/// A key with the options under which a session is sealed.
#[derive(Clone)]
struct Way {
    key: Key,
    format: Format,
    purpose: Purpose,
}

#[derive(Clone)]
enum Key {
    /// The secret is kept to sign with another digest.
    Signed(SignedCookie, SecretKeyBase, Lines),
    Encrypted(Encryptor, Encryption),
}

/// The purpose that an encrypted cookie is sealed for.
#[derive(Clone)]
enum Purpose {
    /// The cookie's name (`key:`).
    Name,
    Of(Option<String>),
}

impl RackJar {
    /// Creates the jar of an app with this secret. Its sessions are Marshal, Rack's default, unless
    /// [`json`](Self::json) is called.
    ///
    /// The secret is Rack's `secret:` or one of its `secrets:`, as the Ruby app gives it: a text of
    /// hexadecimal digits is not decoded.
    ///
    /// ```
    /// use hardtack::SecretKeyBase;
    /// use hardtack::rack::{RackJar, RackVersion};
    ///
    /// let short = SecretKeyBase::new("forty characters, which Rack 2 would take")?;
    /// assert!(RackJar::new(&short, RackVersion::Rack2_1).is_ok());
    /// assert!(RackJar::new(&short, RackVersion::Session2_0).is_err());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::ShortRackSecret`] if rack-session encrypts, and the secret has fewer than 64 bytes.
    pub fn new(secret: &SecretKeyBase, version: RackVersion) -> Result<Self, Error> {
        let bytes = secret.expose();
        let key = match version.form() {
            Form::Signed(lines) => Key::Signed(
                SignedCookie::new(bytes, HmacDigest::Sha1),
                secret.clone(),
                lines,
            ),
            Form::Encrypted(encryption) => {
                let short = || Error::ShortRackSecret {
                    bytes: bytes.len(),
                    least: LEAST_SECRET,
                };
                Key::Encrypted(Encryptor::new(bytes).ok_or_else(short)?, encryption)
            }
        };
        Ok(Self {
            version,
            current: Way {
                key,
                format: Format::Marshal,
                purpose: Purpose::Name,
            },
            older: Vec::new(),
            rotations: 0,
            weak: secret.check().err(),
        })
    }

    /// Reads and writes JSON in place of Marshal: `coder: Rack::Session::Cookie::Base64::JSON.new`,
    /// or `serialize_json: true` in rack-session 2 (example: at [the module](super)). Each rotation
    /// has a format of its own.
    #[must_use]
    pub fn json(mut self) -> Self {
        self.current.format = Format::Json;
        self
    }

    /// Sets the digest of the HMAC of signed cookies (`hmac:` of Rack 2, `legacy_hmac:` of
    /// rack-session 2); the default is SHA-1. Encrypted cookies have none to choose.
    ///
    /// ```
    /// use hardtack::rack::{RackJar, RackVersion};
    /// use hardtack::settings::HmacDigest;
    ///
    /// # let secret = hardtack::SecretKeyBase::generate()?;
    /// // hmac: OpenSSL::Digest::SHA256
    /// let jar = RackJar::new(&secret, RackVersion::Rack2_1)?.hmac(HmacDigest::Sha256);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn hmac(mut self, digest: HmacDigest) -> Self {
        if let Key::Signed(signed, secret, _) = &mut self.current.key {
            *signed = SignedCookie::new(secret.expose(), digest);
        }
        self
    }

    /// Sets the purpose that encrypted cookies are sealed for. The default is the cookie's name,
    /// which Rack uses if the app gives it by `key:`. Set `None` for an app that gives no `key:`:
    /// its cookie is named `rack.session`, and has no purpose. Signed cookies have none.
    ///
    /// ```
    /// use hardtack::rack::{RackJar, RackVersion};
    /// use hardtack::SessionData;
    ///
    /// # let secret = hardtack::SecretKeyBase::generate()?;
    /// // Sinatra 4: enable :sessions; set :session_secret, ...
    /// let jar = RackJar::new(&secret, RackVersion::Session2_1_2)?.json().purpose(None);
    /// let cookie = jar.seal(&mut SessionData::new(), "rack.session", None)?;
    /// assert!(jar.open("rack.session", cookie.value()).is_ok());
    /// assert!(jar.purpose(Some("rack.session")).open("rack.session", cookie.value()).is_err());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn purpose(mut self, purpose: Option<&str>) -> Self {
        self.current.purpose = Purpose::Of(purpose.map(str::to_owned));
        self
    }

    /// Adds an older secret, with its options. The jar tries it after its own, and writes sessions
    /// that it opens again.
    ///
    /// ```
    /// use hardtack::rack::{RackJar, RackVersion};
    ///
    /// # let (secret, old) = (hardtack::SecretKeyBase::generate()?, hardtack::SecretKeyBase::generate()?);
    /// // secrets: [secret, old], legacy_hmac_secret: old
    /// let jar = RackJar::new(&secret, RackVersion::Session2_1_2)?
    ///     .rotation(RackJar::new(&old, RackVersion::Session2_1_2)?)
    ///     .rotation(RackJar::new(&old, RackVersion::Rack2_1)?);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn rotation(mut self, older: Self) -> Self {
        let ways = older.older.into_iter().map(|(_, way)| way);
        for way in std::iter::once(older.current).chain(ways) {
            self.older.push((self.rotations, way));
        }
        self.rotations += 1;
        self.weak = self.weak.or(older.weak);
        self
    }

    /// Opens a session from its cookie's unescaped value (example: at the type). Tells why it does
    /// not open; show the reason to the operator, never to the sender of the cookie.
    ///
    /// # Errors
    /// The [`Refusal`] of the attempt that got furthest. A cookie that was sealed for another
    /// purpose is [`Refusal::Invalid`].
    pub fn open(
        &self,
        name: &str,
        value: impl AsRef<[u8]>,
    ) -> Result<Opened<SessionData>, Refusal> {
        let value = value.as_ref();
        if value.len() > MAX_READ_SIZE {
            return Err(Refusal::TooLarge);
        }
        let older = self.older.iter().map(|(index, way)| (Some(*index), way));
        let ways = std::iter::once((None, &self.current)).chain(older);
        let attempts = ways.map(|(rotation, way)| way.open(name, value, rotation));
        Refusal::first_opened(attempts).unwrap_or(Err(Refusal::Malformed))
    }

    /// Seals a session into a cookie with this name (example: at the type). A session without an id
    /// gets one. Without attributes the cookie is `HttpOnly` and `SameSite=Lax`.
    ///
    /// # Errors
    /// [`Error::CookieOverflow`] if name and value, as sent, take more than 4096 bytes;
    /// [`Error::UnwritableValue`] if a value has no form in the jar's format, or the format is
    /// Marshal and the feature `marshal` is off; [`Error::CookieName`], [`Error::CookieAttribute`]
    /// or [`Error::CookieConflict`] if the name or the attributes are wrong;
    /// [`Error::NoRandomness`] if the operating system gives no random bytes.
    pub fn seal<'a>(
        &self,
        session: &mut SessionData,
        name: &str,
        attributes: impl Into<Option<&'a CookieAttributes>>,
    ) -> Result<SetCookie, Error> {
        let attributes = match attributes.into() {
            Some(attributes) => Cow::Borrowed(attributes),
            None => Cow::Owned(CookieAttributes::new().http_only(true)),
        };
        self.ensure_id(session)?;
        let style = DumpStyle::json().in_format(self.current.format);
        let payload = session.dump(Vec::new(), style)?;
        let value = self.current.seal(name, &payload.bytes)?;
        let cookie = SetCookie::new(name, value, &*attributes)?;
        let size = size_in_browsers(name.len(), cookie.size() - name.len());
        if size.fits() {
            return Ok(cookie);
        }
        Err(Error::CookieOverflow(CookieOverflow {
            name: name.to_owned(),
            size: size.counted,
            limit: size.limit,
            entries: payload.entry_sizes(),
        }))
    }

    /// Checks that no secret of the jar, its rotations' secrets included, is published, repeated or
    /// short: see [`SecretKeyBase::check`].
    ///
    /// ```
    /// use hardtack::rack::{RackJar, RackVersion};
    ///
    /// let secret = hardtack::SecretKeyBase::allow_short("change_me")?;
    /// assert!(RackJar::new(&secret, RackVersion::Rack2_1)?.check_secrets().is_err());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// The first weak secret, as a [`WeakSecret`] that says why.
    pub fn check_secrets(&self) -> Result<(), WeakSecret> {
        self.weak.map_or(Ok(()), Err)
    }

    /// Checks that the format that the jar writes is built in.
    pub(super) fn check_format(&self) -> Result<(), Error> {
        let format = self.current.format;
        match format.missing_feature() {
            None => Ok(()),
            Some(feature) => Err(Error::SerializerNotBuiltIn {
                serializer: format.serializer().name(),
                feature,
            }),
        }
    }

    /// Returns the session's id: a text, or an object of Rack that holds it.
    pub(super) fn id(session: &SessionData) -> Option<String> {
        if let Ok(id) = session.get::<String>(SESSION_ID) {
            return id;
        }
        let Ok(Some(Value::Object(object))) = session.get::<Value>(SESSION_ID) else {
            return None;
        };
        let RubyObject::Instance { ivars, .. } = *object else {
            return None;
        };
        let mut ivars = ivars.into_iter();
        match ivars.find(|(name, _)| name == PUBLIC_ID)?.1 {
            Value::String(id) => Some(id),
            _ => None,
        }
    }

    /// Gives the session an id if it has none, and the id's text if the format has no objects. Rack
    /// reads a text too, as older releases wrote it.
    pub(super) fn ensure_id(&self, session: &mut SessionData) -> Result<(), Error> {
        if session.holds_text(SESSION_ID) {
            return Ok(());
        }
        match Self::id(session) {
            Some(_) if self.current.format == Format::Marshal => Ok(()),
            Some(id) => session.insert(SESSION_ID, id),
            None => session.insert(SESSION_ID, new_id()?),
        }
    }

    /// Gives the session this id if it has none.
    pub(super) fn adopt_id(session: &mut SessionData, id: Option<String>) -> Result<(), Error> {
        match id {
            Some(id) if Self::id(session).is_none() => session.insert(SESSION_ID, id),
            _ => Ok(()),
        }
    }

    /// Leaves out the id of a session that moves to a store.
    pub(super) fn leave_id_out(session: &mut SessionData) {
        session.leave_out(SESSION_ID);
    }

    /// Removes the parts of a session that an attacker may have planted before a login.
    pub(super) fn renew(session: &mut SessionData) {
        session.remove(SESSION_ID);
        session.remove(CSRF);
        session.touch();
    }
}

impl Way {
    fn open(
        &self,
        name: &str,
        value: &[u8],
        rotation: Option<usize>,
    ) -> Result<Opened<SessionData>, Refusal> {
        let (bytes, is_older_form) = match &self.key {
            Key::Signed(signed, ..) => (signed.open(value)?, false),
            Key::Encrypted(encryptor, written) => {
                let (version, bytes) = encryptor.open(value, self.purpose_for(name))?;
                (bytes, version != *written)
            }
        };
        let (cipher, hmac_digest) = match (&self.key, is_older_form) {
            (Key::Signed(signed, ..), _) => (None, Some(signed.digest())),
            (Key::Encrypted(_, Encryption::V1), false)
            | (Key::Encrypted(_, Encryption::V2), true) => (None, Some(HmacDigest::Sha256)),
            (Key::Encrypted(..), _) => (Some(Cipher::Aes256Gcm), None),
        };
        let payload = Serialized {
            bytes,
            format: self.format,
        };
        Ok(Opened {
            value: SessionData::of_payload(payload).ok_or(Refusal::UnreadableValue)?,
            older_name: None,
            sealed_by: SealedBy {
                rotation,
                jar: match self.key {
                    Key::Signed(..) => JarKind::Signed,
                    Key::Encrypted(..) => JarKind::Encrypted,
                },
                cipher,
                key_digest: None,
                hmac_digest,
                serializer: self.format.serializer(),
                needs_rewrite: rotation.is_some() || is_older_form,
                by_older_name: false,
            },
            expires_at: None,
        })
    }

    /// Seals a serialized session into the cookie's value.
    fn seal(&self, name: &str, payload: &[u8]) -> Result<Vec<u8>, Error> {
        match &self.key {
            Key::Signed(signed, _, lines) => Ok(signed.seal(payload, *lines)),
            Key::Encrypted(encryptor, version) => {
                encryptor.seal(*version, payload, self.purpose_for(name))
            }
        }
    }

    /// Returns the purpose's bytes; none is the same as an empty one.
    fn purpose_for<'a>(&'a self, name: &'a str) -> &'a [u8] {
        match &self.purpose {
            Purpose::Name => name.as_bytes(),
            Purpose::Of(purpose) => purpose.as_deref().unwrap_or_default().as_bytes(),
        }
    }
}

/// Returns a new id, as `SecureRandom.hex(32)` does (`Rack::Session::Abstract::Persisted`,
/// `generate_sid` with `sidbits` of 128).
fn new_id() -> Result<String, Error> {
    let mut random = [0; 32];
    random::fill(&mut random)?;
    let digits = random.iter().flat_map(|byte| hex::digits(*byte));
    Ok(digits.map(char::from).collect())
}

impl fmt::Debug for RackJar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RackJar")
            .field("version", &self.version)
            .field("format", &self.current.format)
            .field("rotations", &self.rotations)
            .finish_non_exhaustive()
    }
}
