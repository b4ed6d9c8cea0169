//! [`Diagnosis`]: the result of an examination.

use std::collections::BTreeMap;
use std::fmt;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer as SerdeSerializer};
use time::OffsetDateTime;

use crate::load_defaults::LoadDefaults;
use crate::message::expiry::iso8601;
use crate::message::jar_kind::JarKind;
use crate::serializer::value::Value;
use crate::settings::{Cipher, HmacDigest, KeyDigest, Serializer, Settings};
use crate::weak_secret::WeakSecret;

use super::cause::Cause;
use super::checkup::SessionCheck;
use super::cookie_format::CookieFormat;
use super::remedy::Remedy;
use super::repair::Repair;
use super::trial::Unusual;

/// The result of [`Doctor::examine`](super::Doctor::examine): the cookie's format, the secret and
/// the settings that open it, and the causes if an app reads `nil` from it.
///
/// `Display` writes the report for a person: a first line with the answer, then the details.
/// `Serialize` writes the object that `hardtack doctor --json` prints. Neither shows a secret or a
/// value.
///
/// ```
/// use hardtack::doctor::Doctor;
/// use hardtack::{Jar, LoadDefaults, SecretKeyBase};
///
/// let secret = SecretKeyBase::new("b3c631c314c0bbca50c1b2843150fe33")?;
/// let cookie = Jar::encrypted(&secret, LoadDefaults::V7_1).write("seats", [12], None)?;
///
/// let diagnosis = Doctor::new().secret("SECRET_KEY_BASE", &secret).examine(cookie.value());
/// assert!(diagnosis.to_string().starts_with("It opens, with the secret SECRET_KEY_BASE.\n"));
/// let json = serde_json::to_string(&diagnosis)?;
/// assert!(json.starts_with(r#"{"format":"rails-encrypted-gcm","opens":true,"jar":"encrypted","#));
///
/// let diagnosis = Doctor::new().examine(cookie.value());
/// assert!(diagnosis.to_string().starts_with("It was not opened: no secret was given.\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Diagnosis {
    /// The format of the cookie, recognized by its form.
    pub format: CookieFormat,
    /// Is `true` if a secret opens the cookie. An app may read `nil` nevertheless, for example from
    /// an expired cookie: see [`causes`](Self::causes).
    pub opens: bool,
    /// The jar, known from the form; `None` if the cookie is not from Rails.
    pub jar: Option<JarKind>,
    /// The cipher, known from the form; `None` if the cookie is signed, or not from Rails.
    pub cipher: Option<Cipher>,
    /// The digest that derived the keys; `None` if the cookie does not open, or if the secret
    /// itself is the key.
    pub key_digest: Option<KeyDigest>,
    /// The digest of the HMAC; `None` if the cookie does not open, or if its cipher is AES-GCM.
    pub hmac_digest: Option<HmacDigest>,
    /// The serializer of the value's format: `Json`, `Marshal` or `MessagePack`; `None` if the
    /// cookie does not open, or if its format is unknown.
    pub serializer: Option<Serializer>,
    /// The purpose that was sealed with the value, such as `cookie._shop_session`; `None` if the
    /// cookie does not open, or has no purpose.
    pub purpose: Option<String>,
    /// The expiry that was sealed with the value; `None` if the cookie does not open, or has no
    /// expiry.
    pub expires: Option<OffsetDateTime>,
    /// The label of the secret that opens the cookie, or that made the signature of a damaged one.
    pub secret: Option<String>,
    /// The repairs that the copied value needed before it had the form of a cookie.
    pub repairs: Vec<Repair>,
    /// The reasons why an app may read `nil` from the cookie, the likeliest first.
    pub causes: Vec<Cause>,
    /// The labels of all weak secrets that the doctor was given, and why each is weak. They need
    /// not open the cookie.
    pub weak_secrets: Vec<(String, WeakSecret)>,
    pub(super) name: Option<String>,
    pub(super) now: OffsetDateTime,
    /// The claims of a signed message, read without a key.
    pub(super) claims: Option<String>,
    /// A sentence about the keys that were tried, if none opened the cookie.
    pub(super) tried: Option<String>,
    /// A description of the form, beyond the format's name.
    pub(super) shape: Option<String>,
    pub(super) inside: Option<Box<Inside>>,
}

/// The content of a cookie that opens, and how it was sealed.
#[derive(Clone)]
pub(super) struct Inside {
    pub(super) versions: Vec<LoadDefaults>,
    /// The versions of Rails, and the settings, that seal this way, in words.
    pub(super) era: String,
    /// The settings under which the cookie opens; `None` if its keys are not of any setting.
    pub(super) settings: Option<Settings>,
    pub(super) unusual: Option<Unusual>,
    pub(super) has_envelope: bool,
    /// The app's versions in words, if its jar opens the cookie and nothing else is wrong.
    pub(super) app: Option<String>,
    /// The salt of a message that is no cookie.
    pub(super) message: Option<String>,
    pub(super) remedy: Option<Remedy>,
    /// Is `true` if a cause asks for the remedy; otherwise nobody knows whether the app needs it.
    pub(super) asks_for_remedy: bool,
    pub(super) session: Option<SessionCheck>,
    /// The length in bytes of name and value as they are sent; of the value alone if the name is
    /// not known.
    pub(super) size: usize,
    pub(super) entries: Vec<(String, usize)>,
    pub(super) value: Option<Value>,
}

impl Diagnosis {
    /// Returns the `load_defaults` (before 5.1: the Rails versions) that seal this way without
    /// further settings, oldest first. The list is empty if the cookie does not open, or if the app
    /// changed more than its serializer.
    ///
    /// ```
    /// use hardtack::doctor::Doctor;
    /// use hardtack::{Jar, LoadDefaults, SecretKeyBase};
    ///
    /// # let secret = SecretKeyBase::new("b3c631c314c0bbca50c1b2843150fe33")?;
    /// let cookie = Jar::encrypted(&secret, LoadDefaults::V8_0).write("a", 1, None)?;
    /// let diagnosis = Doctor::new().secret("secret", &secret).examine(cookie.value());
    /// assert_eq!(diagnosis.versions().first(), Some(&LoadDefaults::V7_0));
    /// assert_eq!(diagnosis.versions().last(), Some(&LoadDefaults::V8_1));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn versions(&self) -> &[LoadDefaults] {
        self.inside.as_ref().map_or(&[], |inside| &inside.versions)
    }

    /// Returns settings under which the cookie opens; `None` if it does not open, or if no settings
    /// make its keys.
    ///
    /// ```
    /// use hardtack::doctor::Doctor;
    /// use hardtack::settings::Cipher;
    /// use hardtack::{Jar, LoadDefaults, SecretKeyBase};
    ///
    /// # let secret = SecretKeyBase::new("b3c631c314c0bbca50c1b2843150fe33")?;
    /// # let cbc = LoadDefaults::V8_0.settings().cipher(Cipher::Aes256Cbc);
    /// # let cookie = Jar::encrypted(&secret, cbc).write("a", 1, None)?;
    /// let diagnosis = Doctor::new().secret("secret", &secret).examine(cookie.value());
    /// let jar = Jar::encrypted(&secret, diagnosis.settings().unwrap().clone());
    /// assert!(jar.read_value::<u8>("a", cookie.value()).is_ok());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn settings(&self) -> Option<&Settings> {
        self.inside.as_ref()?.settings.as_ref()
    }

    /// Returns the rotation to add to an app that does not open the cookie. Is `None` if no secret
    /// opens the cookie, if no rotation makes the app read it, or if the doctor knows the app's
    /// settings and they open it. Example: at [`Remedy`].
    #[must_use]
    pub fn remedy(&self) -> Option<&Remedy> {
        self.inside.as_ref()?.remedy.as_ref()
    }

    /// Returns the rotation if a cause asks for it.
    pub(super) fn remedy_asked_for(&self) -> Option<&Remedy> {
        let inside = self.inside.as_ref()?;
        inside.remedy.as_ref().filter(|_| inside.asks_for_remedy)
    }

    /// Returns the state of the entries that Rails keeps in a session; `None` if the cookie does
    /// not open or holds no session. Example: at [`SessionCheck`].
    #[must_use]
    pub fn session(&self) -> Option<&SessionCheck> {
        self.inside.as_ref()?.session.as_ref()
    }

    /// Returns the cookie's size in bytes as browsers count it: name and value as they are sent,
    /// or the value alone if the name is not known. Is `None` if the cookie does not open.
    ///
    /// ```
    /// use hardtack::doctor::Doctor;
    /// use hardtack::{Jar, LoadDefaults, SecretKeyBase};
    ///
    /// # let secret = SecretKeyBase::new("b3c631c314c0bbca50c1b2843150fe33")?;
    /// let cookie = Jar::encrypted(&secret, LoadDefaults::V8_0).write("a", 1, None)?;
    /// let diagnosis = Doctor::new().secret("secret", &secret).examine(cookie.value());
    /// assert_eq!(diagnosis.size(), Some(1 + cookie.escaped_value().len()));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn size(&self) -> Option<usize> {
        self.inside.as_ref().map(|inside| inside.size)
    }

    /// Returns each top-level key and the size of its entry in serialized bytes, largest first. The
    /// list is empty if the cookie does not open or holds no map.
    ///
    /// ```
    /// use hardtack::doctor::Doctor;
    /// use hardtack::value::Value;
    /// use hardtack::{Jar, LoadDefaults, SecretKeyBase};
    ///
    /// # let secret = SecretKeyBase::new("b3c631c314c0bbca50c1b2843150fe33")?;
    /// # let cart = Value::hash([("a", 1), ("long", 20)]);
    /// let cookie = Jar::encrypted(&secret, LoadDefaults::V8_0).write("cart", &cart, None)?;
    /// let diagnosis = Doctor::new().secret("secret", &secret).examine(cookie.value());
    /// assert_eq!(diagnosis.entries()[0].0, "long");
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn entries(&self) -> &[(String, usize)] {
        self.inside.as_ref().map_or(&[], |inside| &inside.entries)
    }

    /// Returns the value; `None` if the cookie does not open or the value cannot be read. It may
    /// hold personal data: neither the report nor `--json` shows it unless asked to.
    ///
    /// ```
    /// use hardtack::doctor::Doctor;
    /// use hardtack::value::Value;
    /// use hardtack::{Jar, LoadDefaults, SecretKeyBase};
    ///
    /// # let secret = SecretKeyBase::new("b3c631c314c0bbca50c1b2843150fe33")?;
    /// let cookie = Jar::encrypted(&secret, LoadDefaults::V8_0).write("a", 1, None)?;
    /// let diagnosis = Doctor::new().secret("secret", &secret).examine(cookie.value());
    /// assert_eq!(diagnosis.value(), Some(&Value::Integer(1)));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn value(&self) -> Option<&Value> {
        self.inside.as_ref()?.value.as_ref()
    }
}

/// Builds the JSON object of a weak secret: its label, the name of the reason, and the place of
/// publication.
fn weak_secret((label, weak): &(String, WeakSecret)) -> BTreeMap<&'static str, &str> {
    let mut object = BTreeMap::from([("secret", label.as_str()), ("reason", weak.name())]);
    if let WeakSecret::Published { place } = weak {
        object.insert("published", place);
    }
    object
}

impl Serialize for Diagnosis {
    fn serialize<S: SerdeSerializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let expires = self.expires.and_then(|at| iso8601(at).ok());
        let repairs: Vec<_> = self.repairs.iter().map(|repair| repair.name()).collect();
        let causes: Vec<_> = self
            .causes
            .iter()
            .map(|cause| cause.kind().name())
            .collect();
        let weak_secrets: Vec<_> = self.weak_secrets.iter().map(weak_secret).collect();
        let is_weak = !weak_secrets.is_empty();
        let remedy = self.remedy_asked_for();
        let fields = 12 + usize::from(is_weak) + 2 * usize::from(remedy.is_some());
        let mut fields = serializer.serialize_struct("Diagnosis", fields)?;
        fields.serialize_field("format", self.format.name())?;
        fields.serialize_field("opens", &self.opens)?;
        fields.serialize_field("jar", &self.jar.map(JarKind::name))?;
        fields.serialize_field("cipher", &self.cipher.map(Cipher::name))?;
        fields.serialize_field("key_digest", &self.key_digest.map(KeyDigest::name))?;
        fields.serialize_field("hmac_digest", &self.hmac_digest.map(HmacDigest::name))?;
        fields.serialize_field("serializer", &self.serializer.map(Serializer::name))?;
        fields.serialize_field("purpose", &self.purpose)?;
        fields.serialize_field("expires", &expires)?;
        fields.serialize_field("secret", &self.secret)?;
        fields.serialize_field("repairs", &repairs)?;
        fields.serialize_field("causes", &causes)?;
        if is_weak {
            fields.serialize_field("weak_secrets", &weak_secrets)?;
        }
        if let Some(remedy) = remedy {
            fields.serialize_field("rust", remedy.rust())?;
            fields.serialize_field("rails", remedy.rails())?;
        }
        fields.end()
    }
}

impl fmt::Debug for Diagnosis {
    /// Shows fields that `--json` prints too, and never the value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Diagnosis")
            .field("format", &self.format)
            .field("opens", &self.opens)
            .field("secret", &self.secret)
            .field("repairs", &self.repairs)
            .field("causes", &self.causes)
            .finish_non_exhaustive()
    }
}
