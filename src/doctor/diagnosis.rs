//! [`Diagnosis`]: what a cookie is, whether it opens, and what to do.

use std::collections::BTreeMap;
use std::fmt;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer as SerdeSerializer};
use time::OffsetDateTime;

use crate::load_defaults::LoadDefaults;
use crate::message::jar_kind::JarKind;
use crate::message::metadata::iso8601;
use crate::serializer::value::Value;
use crate::settings::{Cipher, HmacDigest, KeyDigest, Serializer, Settings};
use crate::weak_secret::WeakSecret;

use super::cause::Cause;
use super::checkup::SessionCheck;
use super::cookie_format::CookieFormat;
use super::remedy::Remedy;
use super::repair::Repair;

/// What [`Doctor::examine`](super::Doctor::examine) found.
///
/// `Display` is the report for a person: a first line with the answer, then the details.
/// `Serialize` is what `hardtack doctor --json` prints. Neither shows a secret or a value.
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
    /// What the form shows.
    pub format: CookieFormat,
    /// Whether a secret opens it. There may be [`causes`](Self::causes) nevertheless for which an
    /// app reads `nil`: it may have expired.
    pub opens: bool,
    /// The jar; known from the form.
    pub jar: Option<JarKind>,
    /// The cipher; known from the form. None in the signed jar.
    pub cipher: Option<Cipher>,
    /// How the keys were derived; none where it does not open, or the secret itself is the key.
    pub key_digest: Option<KeyDigest>,
    /// By which HMAC it was signed; none where it does not open, and under AES-GCM.
    pub hmac_digest: Option<HmacDigest>,
    /// The serializer that wrote the value, as the one of [`Serializer`] that writes just this
    /// format; none where it does not open.
    pub serializer: Option<Serializer>,
    /// The purpose that was sealed with it, such as `cookie._shop_session`; none where it does not
    /// open, or has none.
    pub purpose: Option<String>,
    /// The expiry that was sealed with it; none where it does not open, or has none.
    pub expires: Option<OffsetDateTime>,
    /// The label of the secret that opens it.
    pub secret: Option<String>,
    /// What had to be mended in it before it had its form.
    pub repairs: Vec<Repair>,
    /// Why an app may read `nil` from it, what is most likely first.
    pub causes: Vec<Cause>,
    /// Those of the secrets given that keep nobody out, by their labels, and why; whether they
    /// open it or not.
    pub weak_secrets: Vec<(String, WeakSecret)>,
    pub(super) name: Option<String>,
    pub(super) now: OffsetDateTime,
    /// What was tried, where nothing opened it.
    pub(super) tried: Option<String>,
    /// What the form shows beyond its name.
    pub(super) shape: Option<String>,
    pub(super) inside: Option<Box<Inside>>,
}

/// What is known of a cookie that opens.
#[derive(Clone)]
pub(super) struct Inside {
    pub(super) versions: Vec<LoadDefaults>,
    /// Which app seals so, in words.
    pub(super) era: String,
    pub(super) settings: Settings,
    pub(super) has_envelope: bool,
    /// The app's version, where its settings are known and open it.
    pub(super) opens_as_it_is: Option<LoadDefaults>,
    pub(super) remedy: Option<Remedy>,
    pub(super) session: Option<SessionCheck>,
    /// Name and value as they are sent, where the name is known; else the value.
    pub(super) size: usize,
    pub(super) entries: Vec<(String, usize)>,
    pub(super) value: Option<Value>,
}

impl Diagnosis {
    /// The `load_defaults` (before 5.1: the Rails versions) that seal so without further settings,
    /// oldest first; empty where it does not open, or where the app changed more than its
    /// serializer.
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

    /// Settings under which it opens; none where it does not.
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
        self.inside.as_ref().map(|inside| &inside.settings)
    }

    /// What to add where it does not open; none where nothing opens it, and where the doctor knows
    /// the app's settings and they open it. Example: at [`Remedy`].
    #[must_use]
    pub fn remedy(&self) -> Option<&Remedy> {
        self.inside.as_ref()?.remedy.as_ref()
    }

    /// Whether what Rails keeps in a session is sane; none where it does not open or holds no
    /// session. Example: at [`SessionCheck`].
    #[must_use]
    pub fn session(&self) -> Option<&SessionCheck> {
        self.inside.as_ref()?.session.as_ref()
    }

    /// Its size in bytes as browsers count it, name and value as they are sent; of the value alone
    /// where no name is known. None where it does not open.
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

    /// The serialized bytes of each top-level key, largest first; empty where it does not open or
    /// holds no map.
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

    /// The value; none where it does not open or cannot be read. It may be personal: neither the
    /// report nor `--json` shows it unless it is asked for.
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

/// A weak secret for a program: its label, the reason's name, and where it was published.
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
        let fields = 12 + usize::from(is_weak);
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
        fields.end()
    }
}

impl fmt::Debug for Diagnosis {
    /// What `--json` prints: no value.
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
