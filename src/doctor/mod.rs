//! Finds out why a cookie does not open.
//!
//! [`Doctor`] recognizes a cookie by its form and tries every given secret under every digest, salt
//! and cipher. If a key opens the cookie, the report names the settings and the rotation to add. If
//! none does, it lists the causes that are left.
//!
//! See [`Doctor`] for an example, and `hardtack doctor --help` for the command line.

mod cause;
mod character_steps;
mod checkup;
mod content;
mod cookie_format;
mod cookie_names;
mod cookie_pair;
mod damaged_signature;
mod diagnosis;
mod encoding_steps;
mod examination;
mod express_cookie;
mod express_parts;
mod fault;
mod foreign;
mod form;
mod id_form;
mod intake;
mod iron_cookie;
mod keys;
mod line_steps;
mod messages;
mod node;
mod obstacles;
#[cfg(feature = "rails-app")]
mod of_rails_app;
mod opened_cookie;
mod other_ciphers;
mod pasted;
mod plain_text;
mod rails_reads;
mod remedy;
mod repair;
mod report;
mod rounds;
mod sealing;
mod sent;
mod shape;
mod spelling;
mod steps;
mod stored_id;
mod the_app;
mod trial;
mod unlikely;
mod value_steps;
mod variants;
mod words;

use std::fmt;
use std::sync::OnceLock;

use time::OffsetDateTime;

use crate::clock::Clock;
use crate::load_defaults::LoadDefaults;
use crate::secret_key_base::SecretKeyBase;
use crate::settings::Settings;
use crate::weak_secret::WeakSecret;

pub use crate::message::jar_kind::JarKind;
pub use cause::{Cause, CauseKind};
pub use checkup::{Check, SessionCheck};
pub use cookie_format::CookieFormat;
pub use diagnosis::Diagnosis;
pub use remedy::Remedy;
pub use repair::Repair;

use express_parts::StoreAnswer;
use keys::{Keys, Labelled, NodeSecret};
use the_app::{Jars, TheApp};

/// Examines cookies that do not open.
///
/// ```
/// use hardtack::doctor::Doctor;
/// use hardtack::settings::KeyDigest;
/// use hardtack::{Jar, LoadDefaults, SecretKeyBase, Serializer};
///
/// let secret = SecretKeyBase::new("b3c631c314c0bbca50c1b2843150fe33")?;
/// # let old = LoadDefaults::V6_1.settings().cookies_serializer(Serializer::Json);
/// # let cookie = Jar::encrypted(&secret, old).write("_shop_session", 45, None)?;
/// # let header = format!("Cookie: theme=dark; _shop_session={}", cookie.escaped_value());
/// let doctor = Doctor::new()
///     .secret("SECRET_KEY_BASE", &secret) // and any other candidate
///     .cookie_name("_shop_session")
///     .settings(LoadDefaults::V7_1); // the settings of the app, or of the Jar
///
/// // The text as copied from a browser: escaped or not, with any other text around the cookie.
/// let diagnosis = doctor.examine(&header);
/// assert!(diagnosis.opens);
/// assert_eq!(diagnosis.key_digest, Some(KeyDigest::Sha1)); // the app's keys are SHA-256
/// assert_eq!(diagnosis.causes[0].kind().name(), "other-settings");
/// println!("{diagnosis}"); // the report, with the rotation to add
///
/// let stranger = Doctor::new().secret("another", &SecretKeyBase::generate()?);
/// assert!(!stranger.examine(&header).opens);
/// # Ok::<(), hardtack::Error>(())
/// ```
///
/// The first examination derives a handful of keys for each secret, of 0.5 ms each. If none of them
/// opens the cookie, the doctor derives more: under all salts, by other digests, and of up to 48
/// other spellings of each of the first 16 secrets. Later examinations reuse the keys: keep the
/// doctor.
///
/// The work of an examination is bounded. The text may have at most 64 KiB. The doctor tries the
/// first 16 cookies, and 16 that stand inside other text: in the text as it is, and after each of
/// the steps that mend a copy and change this text; and 16 in the segments of URLs. It tries each
/// cookie in a handful of readings, and unlikely keys on four of them.
#[derive(Clone)]
pub struct Doctor {
    secrets: Vec<Labelled>,
    /// The secrets of a Node app.
    node_secrets: Vec<NodeSecret>,
    /// The store's answer to the session's key, if it is known.
    stored: Option<StoreAnswer>,
    salts: Vec<String>,
    cookie_name: Option<String>,
    settings: Option<Settings>,
    now: Option<OffsetDateTime>,
    tries_rounds: bool,
    keys: OnceLock<Keys>,
    /// The facts of the app's own files, if it was read from them.
    the_app: Option<TheApp>,
    /// The jars of the app, made from its files or from its first secret and its settings.
    jars: OnceLock<Option<Jars>>,
}

impl Doctor {
    /// Creates a doctor without a secret, which recognizes cookies by their form.
    ///
    /// ```
    /// use hardtack::doctor::{CookieFormat, Doctor};
    ///
    /// let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    /// assert_eq!(Doctor::new().examine(jwt).format, CookieFormat::Jwt);
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self {
            secrets: Vec::new(),
            node_secrets: Vec::new(),
            stored: None,
            salts: Vec::new(),
            cookie_name: None,
            settings: None,
            now: None,
            tries_rounds: false,
            keys: OnceLock::new(),
            the_app: None,
            jars: OnceLock::new(),
        }
    }

    /// Adds a secret, and the label that reports call it by, such as its variable or file. The
    /// secret is tried as a `secret_key_base` and as a `secret_token`.
    ///
    /// The first secret is the app's own. If another one opens the cookie, that is a cause: the app
    /// needs a rotation for it.
    ///
    /// ```
    /// use hardtack::doctor::Doctor;
    /// use hardtack::{Jar, LoadDefaults, SecretKeyBase};
    ///
    /// # let (new, old) = (SecretKeyBase::generate()?, SecretKeyBase::generate()?);
    /// # let cookie = Jar::encrypted(&old, LoadDefaults::V8_0).write("a", 1, None)?;
    /// let doctor = Doctor::new().secret("new.txt", &new).secret("old.txt", &old);
    /// assert_eq!(doctor.examine(cookie.value()).secret.as_deref(), Some("old.txt"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn secret(mut self, label: impl Into<String>, secret: &SecretKeyBase) -> Self {
        if self.secrets.is_empty() {
            self.jars = OnceLock::new();
        }
        self.secrets.push(Labelled {
            label: label.into(),
            secret: secret.clone(),
        });
        self.keys = OnceLock::new();
        self
    }

    /// Adds a secret of a Node app, and the label that reports call it by: the `secret` of
    /// express-session, a key of cookie-session, or the `password` of iron-session. The first one is
    /// the app's present secret. They open no cookie of Rails.
    ///
    /// ```
    /// use hardtack::SecretKeyBase;
    /// use hardtack::doctor::{CauseKind, Doctor};
    ///
    /// let cookie = "connect.sid=s%3AkWkUrpGrN_tfBPGy6fGZr1ke9dVpJZa6.\
    ///     mhpadZHUAAOYun2rXafUH4bepzAJBlfT9nhedFhq1MI";
    /// let secret = SecretKeyBase::allow_short("keyboard cat 779c6e755323")?;
    /// let doctor = Doctor::new().node_secret("secret.txt", &secret);
    /// assert!(doctor.examine(cookie).opens);
    ///
    /// let cut_off = doctor.examine(&cookie[..cookie.len() - 3]);
    /// assert_eq!(cut_off.causes[0].kind(), CauseKind::CutOff);
    /// assert_eq!(cut_off.secret.as_deref(), Some("secret.txt"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn node_secret(mut self, label: impl Into<String>, secret: &SecretKeyBase) -> Self {
        self.add_node_secret(None, label.into(), secret);
        self
    }

    /// Adds a password of iron-session under its number: `password: { 1: old, 2: new }`. The highest
    /// number seals, and a seal names the number of its password.
    ///
    /// ```
    /// use hardtack::SecretKeyBase;
    /// use hardtack::doctor::{CauseKind, Doctor};
    ///
    /// let password = SecretKeyBase::new("9f1bc1856f42ec79faaf79731a0e0787 x")?;
    /// let doctor = Doctor::new().iron_password(2, "new.txt", &password);
    /// # let seal = "Fe26.2*1*4c37e0a9552a488f23f223f8a708b194af82be0ef17f03204605d15f1a356d44*\
    /// #     SeeYy2xiraAn_bETrfnMGw*zWN7QcMfOEYJnADzqKXTww**\
    /// #     fd4133a4958026ee552e14ad53a8b3219687d328fbfb6bbae135c62399fef773*\
    /// #     V9xjmFz1Wz2t0oZR7LAG-tmh3OT0UBOs66rZ7C4IurQ~2";
    /// let diagnosis = doctor.examine(seal); // which names password 1
    /// assert_eq!(diagnosis.causes[0].kind(), CauseKind::UnknownPassword);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn iron_password(
        mut self,
        number: u32,
        label: impl Into<String>,
        password: &SecretKeyBase,
    ) -> Self {
        self.add_node_secret(Some(number), label.into(), password);
        self
    }

    fn add_node_secret(&mut self, number: Option<u32>, label: String, secret: &SecretKeyBase) {
        let secret = secret.clone();
        self.node_secrets.push(NodeSecret {
            number,
            labelled: Labelled { label, secret },
        });
    }

    /// Tells what the store has under the key of the session: the bytes of the entry, or `None` if
    /// it has none. `hardtack key` prints the key.
    ///
    /// ```
    /// use hardtack::doctor::{CauseKind, Doctor};
    ///
    /// let cookie = "connect.sid=s%3AkWkUrpGrN_tfBPGy6fGZr1ke9dVpJZa6.\
    ///     mhpadZHUAAOYun2rXafUH4bepzAJBlfT9nhedFhq1MI";
    /// let diagnosis = Doctor::new().stored(None).examine(cookie);
    /// assert_eq!(diagnosis.causes[0].kind(), CauseKind::NotStored);
    /// ```
    #[must_use]
    pub fn stored(mut self, entry: impl Into<Option<Vec<u8>>>) -> Self {
        let entry = entry.into();
        self.stored = Some(entry.map_or(StoreAnswer::Nothing, StoreAnswer::Entry));
        self
    }

    /// Adds a salt that the app may have set instead of one of Rails' own.
    ///
    /// ```
    /// use hardtack::doctor::Doctor;
    /// use hardtack::{Jar, LoadDefaults, SecretKeyBase};
    ///
    /// # let secret = SecretKeyBase::generate()?;
    /// let salted = LoadDefaults::V7_1.settings().signed_cookie_salt("pepper");
    /// let cookie = Jar::signed(&secret, salted).write("a", 1, None)?;
    /// let doctor = Doctor::new().secret("secret", &secret);
    /// assert!(!doctor.examine(cookie.value()).opens);
    /// assert!(doctor.salt("pepper").examine(cookie.value()).opens);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn salt(mut self, salt: impl Into<String>) -> Self {
        self.salts.push(salt.into());
        self.keys = OnceLock::new();
        self
    }

    /// Sets the name of the cookie that the app reads.
    ///
    /// ```
    /// use hardtack::doctor::{CauseKind, Doctor};
    /// use hardtack::{Jar, LoadDefaults, SecretKeyBase};
    ///
    /// # let secret = SecretKeyBase::generate()?;
    /// # let cookie = Jar::encrypted(&secret, LoadDefaults::V8_0).write("_old", 1, None)?;
    /// let doctor = Doctor::new().secret("secret", &secret).cookie_name("_shop_session");
    /// let diagnosis = doctor.examine(cookie.value());
    /// assert_eq!(diagnosis.purpose.as_deref(), Some("cookie._old"));
    /// assert_eq!(diagnosis.causes[0].kind(), CauseKind::WrongPurpose);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn cookie_name(mut self, name: impl Into<String>) -> Self {
        self.cookie_name = Some(name.into());
        self
    }

    /// Sets the settings of the app or the [`Jar`](crate::Jar) that does not open the cookie, so
    /// that the report lists the differences. Example: at the type.
    #[must_use]
    pub fn settings(mut self, settings: impl Into<Settings>) -> Self {
        self.settings = Some(settings.into());
        if let Some(app) = &mut self.the_app {
            // What the app's files say no longer counts.
            (app.rails, app.load_defaults) = (None, None);
        }
        self.keys = OnceLock::new();
        self.jars = OnceLock::new();
        self
    }

    /// Sets the time by which an expiry is judged. The default is the present time.
    ///
    /// ```
    /// use time::{Duration, OffsetDateTime};
    /// use hardtack::doctor::{CauseKind, Doctor};
    /// use hardtack::{CookieAttributes, Jar, LoadDefaults, SecretKeyBase};
    ///
    /// # let secret = SecretKeyBase::generate()?;
    /// let expiry = OffsetDateTime::from_unix_timestamp(4_102_444_800)?; // 2100
    /// let cookie = Jar::encrypted(&secret, LoadDefaults::V8_0)
    ///     .write("a", 1, &CookieAttributes::new().expires(expiry))?;
    /// let doctor = Doctor::new().secret("secret", &secret).now(expiry + Duration::days(3));
    /// let diagnosis = doctor.examine(cookie.value());
    /// assert_eq!(diagnosis.causes[0].kind(), CauseKind::Expired);
    /// assert!(diagnosis.to_string().contains("expired 3 days ago"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn now(mut self, now: OffsetDateTime) -> Self {
        self.now = Some(now);
        self
    }

    /// Also tries keys of other numbers of PBKDF2 rounds than Rails' 1000, if nothing else opens a
    /// cookie: every power of two and every multiple of 500 up to 65,536, of the first two secrets.
    /// The first such examination takes up to half a second; later ones reuse the keys.
    ///
    /// ```
    /// use hardtack::SecretKeyBase;
    /// use hardtack::doctor::Doctor;
    ///
    /// # let secret = SecretKeyBase::generate()?;
    /// let doctor = Doctor::new().secret("secret", &secret).try_rounds(true);
    /// assert!(!doctor.examine("AAAA--AAAA--AAAA").opens);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn try_rounds(mut self, tries: bool) -> Self {
        self.tries_rounds = tries;
        self
    }

    /// Returns the labels of the weak secrets, and why each is weak. Each [`Diagnosis`] lists them
    /// too.
    ///
    /// ```
    /// use hardtack::SecretKeyBase;
    /// use hardtack::doctor::Doctor;
    ///
    /// let (good, weak) = (SecretKeyBase::generate()?, SecretKeyBase::allow_short("s3cr3t")?);
    /// let doctor = Doctor::new().secret("production.txt", &good).secret("staging.txt", &weak);
    /// let [(label, why)] = doctor.weak_secrets() else { panic!() };
    /// assert_eq!((label.as_str(), why.name()), ("staging.txt", "too-short"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn weak_secrets(&self) -> &[(String, WeakSecret)] {
        &self.keys().weak
    }

    fn keys(&self) -> &Keys {
        self.keys.get_or_init(|| {
            let newest = LoadDefaults::NEWEST.settings();
            let settings = self.settings.as_ref().unwrap_or(&newest);
            Keys::new(&self.secrets, settings, &self.salts, &messages::SALTS)
        })
    }

    fn clock(&self) -> Clock {
        match self.now {
            Some(now) => Clock::told(move || now),
            None => Clock::System,
        }
    }

    /// Returns the app's jars; `None` if its settings or its secret are not known.
    fn jars(&self) -> Option<Jars> {
        let jars = self.jars.get_or_init(|| {
            let (settings, own) = (self.settings.as_ref()?, self.secrets.first()?);
            Some(Jars::of(&own.secret, settings))
        });
        Some(jars.clone()?.with_clock(&self.clock()))
    }

    /// Names the app's versions, if its settings are known.
    fn app_in_words(&self) -> Option<String> {
        let settings = self.settings.as_ref()?;
        Some(match &self.the_app {
            Some(app) => app.in_words(settings),
            None => the_app::in_words(settings.version),
        })
    }
}

impl Default for Doctor {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Doctor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels = self.secrets.iter().map(|secret| &secret.label);
        f.debug_struct("Doctor")
            .field("secrets", &labels.collect::<Vec<_>>())
            .field("cookie_name", &self.cookie_name)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
