//! [`Keygrip`]: the signatures of the Node package keygrip, and the sessions of cookie-session.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use crate::cipher::hmac::{Code, HmacKey};
use crate::error::{Error, Refusal};
use crate::http::cookie_attributes::CookieAttributes;
use crate::http::limit::MAX_READ_SIZE;
use crate::http::set_cookie::SetCookie;
use crate::message::jar_kind::JarKind;
use crate::message::opened::Opened;
use crate::message::sealed_by::SealedBy;
use crate::serializer::Format;
use crate::session::data::SessionData;
use crate::settings::HmacDigest;

use super::plain_cookie::plain_cookie;

/// Signs texts as the Node package keygrip does (1.1.0 `index.js`), and opens and seals the cookies
/// of cookie-session 2, which keep a session in base64 under such a signature.
///
/// The first key signs, and all of them verify: keep an older key for as long as its cookies are in
/// use. The key's bytes are used as written. The keys are wiped when they are dropped.
///
/// The session can be read by anybody who has the cookie: it is signed, and not encrypted.
///
/// ```
/// use hardtack::SessionData;
/// use hardtack::express::Keygrip;
///
/// // cookieSession({ name: "session", keys: ["ein Geheimnis 5d25d3decd71"] })
/// let keys = Keygrip::new("ein Geheimnis 5d25d3decd71")?;
/// assert_eq!(keys.sign("session=eyJhIjoxfQ=="), "S03xSs1sTLv9wkV53xRrpxpGUP8");
///
/// let opened = keys.open("session", "eyJhIjoxfQ==", "S03xSs1sTLv9wkV53xRrpxpGUP8")?;
/// assert_eq!(opened.value().get::<u32>("a")?, Some(1));
///
/// let [cookie, signature] = keys.seal(opened.value(), "session", None)?;
/// assert_eq!(cookie.header(), "session=eyJhIjoxfQ==; path=/; httponly; samesite=lax");
/// assert!(signature.header().starts_with("session.sig=S03xSs1sTLv9wkV53xRrpxpGUP8; path=/"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Keygrip {
    digest: HmacDigest,
    first: HmacKey,
    older: Vec<HmacKey>,
}

impl Keygrip {
    /// Creates the signatures of a key, by HMAC-SHA1 as keygrip does unless it is told otherwise.
    ///
    /// # Errors
    /// [`Error::BlankSecret`] if the key is empty or only white space. The package itself takes such
    /// a key, with which anybody could sign.
    pub fn new(key: impl AsRef<str>) -> Result<Self, Error> {
        Self::with_digest(HmacDigest::Sha1, key)
    }

    /// Creates the signatures of a key by another digest: `new Keygrip(keys, "sha256")`.
    ///
    /// ```
    /// use hardtack::express::Keygrip;
    /// use hardtack::settings::HmacDigest;
    ///
    /// let keys = Keygrip::with_digest(HmacDigest::Sha256, "ein Geheimnis 5d25d3decd71")?;
    /// assert_eq!(keys.sign("a").len(), 43);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// The error of [`new`](Self::new).
    pub fn with_digest(digest: HmacDigest, key: impl AsRef<str>) -> Result<Self, Error> {
        Ok(Self {
            digest,
            first: hmac_key(digest, key.as_ref())?,
            older: Vec::new(),
        })
    }

    /// Adds an older key, which verifies and never signs.
    ///
    /// ```
    /// use hardtack::express::Keygrip;
    ///
    /// let signature = Keygrip::new("old key")?.sign("session=e30=");
    /// let keys = Keygrip::new("new key")?.older_key("old key")?;
    /// assert_eq!(keys.index("session=e30=", &signature), Some(1));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// The error of [`new`](Self::new).
    pub fn older_key(mut self, key: impl AsRef<str>) -> Result<Self, Error> {
        self.older.push(hmac_key(self.digest, key.as_ref())?);
        Ok(self)
    }

    /// Signs a text with the first key: url-safe base64 without padding (example: at the type).
    #[must_use]
    pub fn sign(&self, text: impl AsRef<[u8]>) -> String {
        signature(&self.first.sign(text.as_ref()))
    }

    /// Returns the number of the key that made this signature, counted from 0; `None` if no key did
    /// (example: at [`older_key`](Self::older_key)).
    ///
    /// The signature is compared as text. The time of a refusal does not tell where it is wrong.
    #[must_use]
    pub fn index(&self, text: impl AsRef<[u8]>, signature: impl AsRef<[u8]>) -> Option<usize> {
        let (text, signature) = (text.as_ref(), signature.as_ref());
        let code = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let mut keys = std::iter::once(&self.first).chain(&self.older);
        keys.position(|key| key.verify(text, &code).is_some())
    }

    /// Opens the session of cookie-session from the values of its two cookies as they were sent,
    /// `NAME` and `NAME.sig` (example: at the type). Tells why it does not open; show the reason to
    /// the operator, never to the sender.
    ///
    /// As in cookie-session, base64 may be in either alphabet, padded or not, and a value that is no
    /// JSON object is an empty session.
    ///
    /// # Errors
    /// [`Refusal::TooLarge`] above 16 KiB, [`Refusal::Invalid`] if no key made the signature, and
    /// [`Refusal::UnreadableValue`] if the value is not JSON in base64.
    pub fn open(
        &self,
        name: &str,
        value: impl AsRef<[u8]>,
        signature: impl AsRef<[u8]>,
    ) -> Result<Opened<SessionData>, Refusal> {
        let value = value.as_ref();
        if value.len() > MAX_READ_SIZE {
            return Err(Refusal::TooLarge);
        }
        let signed = signed_text(name, value);
        let index = self.index(signed, signature).ok_or(Refusal::Invalid)?;
        let json = decode(value).ok_or(Refusal::UnreadableValue)?;
        // A session that others encoded is written again, as in cookie-session.
        let is_own = STANDARD.encode(&json).as_bytes() == value;
        let session = session_of(json)?;
        let is_object = session.is_some();
        Ok(Opened {
            value: session.unwrap_or_default(),
            older_name: None,
            sealed_by: SealedBy {
                rotation: index.checked_sub(1),
                jar: JarKind::Signed,
                cipher: None,
                key_digest: None,
                hmac_digest: Some(self.digest),
                serializer: Format::Json.serializer(),
                needs_rewrite: index > 0 || !is_own || !is_object,
                by_older_name: false,
            },
            expires_at: None,
        })
    }

    /// Seals a session into the cookie `name` and its signature `NAME.sig`, which has the same
    /// attributes (example: at the type). Without attributes both are `HttpOnly` and
    /// `SameSite=Lax`.
    ///
    /// The values are not escaped: read them by [`SetCookie::escaped_value`].
    ///
    /// # Errors
    /// [`Error::CookieOverflow`] if name and value take more than 4096 bytes;
    /// [`Error::UnwritableValue`] if a value has no form in JSON; [`Error::CookieName`],
    /// [`Error::CookieAttribute`] or [`Error::CookieConflict`] if the name or the attributes are
    /// wrong.
    pub fn seal<'a>(
        &self,
        session: &SessionData,
        name: &str,
        attributes: impl Into<Option<&'a CookieAttributes>>,
    ) -> Result<[SetCookie; 2], Error> {
        let default = CookieAttributes::new().http_only(true);
        let attributes = attributes.into().unwrap_or(&default);
        let cookie = seal_cookie(session, name, attributes)?;
        let signature = self.signature_of(&cookie);
        Ok([cookie, signature])
    }

    /// Returns the cookie that holds the signature of another, with the same attributes.
    pub(super) fn signature_of(&self, cookie: &SetCookie) -> SetCookie {
        let signed = signed_text(cookie.name(), cookie.escaped_value().as_bytes());
        cookie.with_pair(&signature_name(cookie.name()), &self.sign(signed))
    }
}

impl fmt::Debug for Keygrip {
    /// Leaves out the keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keygrip(..)")
    }
}

/// Returns the name of the cookie with the signature (`cookies` 0.9.1 `index.js`).
pub(super) fn signature_name(name: &str) -> String {
    format!("{name}.sig")
}

/// Seals a session into its cookie, without the signature.
pub(super) fn seal_cookie(
    session: &SessionData,
    name: &str,
    attributes: &CookieAttributes,
) -> Result<SetCookie, Error> {
    let json = session.dump_javascript()?;
    plain_cookie(name, &STANDARD.encode(&json), attributes, json)
}

fn hmac_key(digest: HmacDigest, key: &str) -> Result<HmacKey, Error> {
    if key.trim().is_empty() {
        return Err(Error::BlankSecret);
    }
    Ok(HmacKey::new(digest, key.as_bytes()))
}

fn signature(code: &Code) -> String {
    let code: Vec<u8> = code.bytes().collect();
    URL_SAFE_NO_PAD.encode(code)
}

fn signed_text(name: &str, value: &[u8]) -> Vec<u8> {
    [name.as_bytes(), b"=", value].concat()
}

/// Decodes base64 of either alphabet, padded or not, as Node's `Buffer` does.
fn decode(value: &[u8]) -> Option<Vec<u8>> {
    let end = value.iter().rposition(|byte| *byte != b'=');
    let digits = value.get(..end.map_or(0, |end| end + 1))?;
    let standard = digits.iter().map(|byte| match byte {
        b'-' => b'+',
        b'_' => b'/',
        other => *other,
    });
    STANDARD_NO_PAD.decode(standard.collect::<Vec<_>>()).ok()
}

/// Returns the session of a JSON text; `None` if it is JSON and no object.
fn session_of(json: Vec<u8>) -> Result<Option<SessionData>, Refusal> {
    if json.first() == Some(&b'{') {
        let session = SessionData::from_json(json).ok_or(Refusal::UnreadableValue)?;
        return Ok(Some(session));
    }
    serde_json::from_slice::<serde::de::IgnoredAny>(&json)
        .map(|_| None)
        .map_err(|_| Refusal::UnreadableValue)
}
