//! [`MessageVerifier`]: signed messages for applications (`ActiveSupport::MessageVerifier`).

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use time::OffsetDateTime;

use crate::clock::Clock;
use crate::error::{Error, InvalidMessage, Refusal};
use crate::key_generator::KeyGenerator;
use crate::load_defaults::LoadDefaults;
use crate::secret_key_base::SecretKeyBase;
use crate::serializer::value::Value;
use crate::settings::{HmacDigest, SecretKind, Serializer, Settings};

use super::base64::Alphabet;
use super::message_options::MessageOptions;
use super::opened::Opened;
use super::rotator::{Keys, Rotator};

/// Signs messages that everybody can read and only the holders of the key can make: tokens in
/// links, signed ids, and other uses of `Rails.application.message_verifier`.
///
/// ```
/// use hardtack::message::{MessageOptions, MessageVerifier};
/// use hardtack::{LoadDefaults, SecretKeyBase};
///
/// let secret = SecretKeyBase::generate()?; // in earnest: the app's own
/// // Rails.application.message_verifier(:unsubscribe)
/// let verifier = MessageVerifier::for_application(&secret, "unsubscribe", LoadDefaults::V7_1);
///
/// // verifier.generate(42, purpose: :newsletter)
/// let message = verifier.generate(42, &MessageOptions::new().purpose("newsletter"))?;
/// // verifier.verify(message, purpose: :newsletter)
/// assert_eq!(verifier.verify::<u64>(&message, "newsletter")?, 42);
///
/// // Every message that does not verify gets the same answer.
/// assert!(verifier.verify::<u64>(&message, "receipts").is_err());
/// assert!(verifier.verify::<u64>(&message, None).is_err());
/// assert!(verifier.verify::<u64>("AAAA--AAAA", "newsletter").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Verifiers that Rails has of its own
///
/// | in Rails | verifier | purpose | value |
/// | --- | --- | --- | --- |
/// | `signed_id` (6.1 and later) | [`signed_ids`](Self::signed_ids) | the model's name, `/`, the purpose: `user/login`, `user` | the id |
/// | `generates_token_for` (7.1 and later) | `for_application(.., "active_record/token_for", ..)` | `"User\nunsubscribe\n900"`: class, name and `expires_in` in seconds (empty if there is none) | `[id]`, or `[id, block's value]` |
/// | `password_reset_token` (8.0 and later) | the same | `"User\npassword_reset\n900"` | `[id, last 10 characters of the bcrypt salt]` |
/// | Active Storage | `for_application(.., "ActiveStorage", ..)` | `blob_id`, `blob_key`, `blob_token` or `variation` | the blob's id, or a Hash |
/// | signed global ids | [`signed_global_ids`](Self::signed_global_ids) | `for:`, else `default` | `gid://shop/User/7` |
/// | Turbo's stream names | [`turbo_streams`](Self::turbo_streams) | none | the name |
///
/// The settings are those of the app's `load_defaults`. If they are older than the installed Rails,
/// name its version too: `LoadDefaults::V6_1.settings().version(LoadDefaults::V7_2)`. The guide
/// [`beside_rails`](crate::beside_rails) has the code.
#[derive(Clone)]
pub struct MessageVerifier(Rotator);

impl MessageVerifier {
    /// Creates a verifier with a key of any length, used unchanged (`MessageVerifier.new(key)`).
    /// Its other settings are those of an app on this version's `load_defaults`: SHA-1; Marshal up
    /// to 7.0, JSON (which also reads Marshal) from 7.1 on.
    ///
    /// ```
    /// use hardtack::message::MessageVerifier;
    /// use hardtack::secret::KeyGenerator;
    /// use hardtack::{LoadDefaults, SecretKeyBase};
    ///
    /// let keys = KeyGenerator::new(&SecretKeyBase::generate()?);
    /// let verifier = MessageVerifier::new(keys.generate_key("my salt", 64).expose(), LoadDefaults::V7_1)?;
    /// let shown = format!("{verifier:?}");
    /// assert!(shown.starts_with("MessageVerifier { cipher: None, digest: Some(Sha1), serializer: Hybrid"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::BlankSecret`] if the key is empty: anybody could sign with an empty key.
    pub fn new(key: impl AsRef<[u8]>, version: LoadDefaults) -> Result<Self, Error> {
        if key.as_ref().is_empty() {
            return Err(Error::BlankSecret);
        }
        Ok(Self::with_key(key.as_ref(), &version.settings()))
    }

    /// Returns the verifier, with the alphabet in which it writes.
    pub(super) fn alphabet(self, alphabet: Alphabet) -> Self {
        Self(self.0.alphabet(alphabet))
    }

    fn with_key(key: &[u8], settings: &Settings) -> Self {
        let key = Zeroizing::new(key.to_vec());
        Self(Rotator::new(Keys::Signed(key), settings))
    }

    /// Creates the verifier that an app has under a name
    /// (`Rails.application.message_verifier(name)`).
    ///
    /// It uses three of the settings: the version, the key digest and the kind of secret. The
    /// others are for cookies.
    ///
    /// ```
    /// use hardtack::message::MessageVerifier;
    /// use hardtack::secret::KeyGenerator;
    /// use hardtack::{LoadDefaults, SecretKeyBase};
    ///
    /// let secret = SecretKeyBase::generate()?; // in earnest: the app's own
    /// let verifier = MessageVerifier::for_application(&secret, "invoices", LoadDefaults::V7_1);
    /// let message = verifier.generate("2024-17", None)?;
    ///
    /// let key = KeyGenerator::new(&secret).generate_key("invoices", 64);
    /// let same = MessageVerifier::new(key.expose(), LoadDefaults::V7_1)?;
    /// assert_eq!(same.generate("2024-17", None)?, message);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn for_application(
        secret: &SecretKeyBase,
        name: &str,
        settings: impl Into<Settings>,
    ) -> Self {
        /// The default of `KeyGenerator#generate_key`, in bytes.
        const KEY_LENGTH: usize = 64;

        let settings = settings.into();
        match settings.secret_kind {
            // As in `ActiveSupport::LegacyKeyGenerator`.
            SecretKind::SecretToken => Self::with_key(secret.expose(), &settings),
            SecretKind::SecretKeyBase => {
                let keys =
                    KeyGenerator::new(secret).digest(settings.key_generator_hash_digest_class);
                Self::with_key(keys.generate_key(name, KEY_LENGTH).expose(), &settings)
            }
        }
    }

    /// Sets the digest (`digest: "SHA256"`); the default is SHA-1.
    ///
    /// ```
    /// use hardtack::LoadDefaults;
    /// use hardtack::message::MessageVerifier;
    /// use hardtack::settings::HmacDigest;
    ///
    /// let verifier = MessageVerifier::new("a secret", LoadDefaults::V7_1)?;
    /// let message = verifier.generate("hello", None)?;
    /// assert!(verifier.digest(HmacDigest::Sha512).verify::<String>(&message, None).is_err());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn digest(self, digest: HmacDigest) -> Self {
        Self(self.0.digest(digest))
    }

    /// Sets the serializer (`serializer: :json`, `config.active_support.message_serializer`).
    ///
    /// ```
    /// use hardtack::message::MessageVerifier;
    /// use hardtack::{LoadDefaults, Serializer};
    ///
    /// let verifier =
    ///     MessageVerifier::new("a secret", LoadDefaults::V6_1)?.serializer(Serializer::Json);
    /// let message = verifier.generate("hello", None)?;
    /// assert!(message.starts_with("ImhlbGxvIg==--")); // "hello"
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn serializer(self, serializer: Serializer) -> Self {
        Self(self.0.serializer(serializer))
    }

    /// Sets whether messages are written in the url-safe alphabet, unpadded (`url_safe: true`,
    /// Rails 7.1 and later). Both alphabets are read, as in Rails 7.2.3 and 8.0.2.
    ///
    /// ```
    /// use hardtack::LoadDefaults;
    /// use hardtack::message::MessageVerifier;
    ///
    /// let verifier = MessageVerifier::new("a secret", LoadDefaults::V7_1)?;
    /// let message = verifier.clone().url_safe(true).generate("???", None)?;
    /// assert!(message.starts_with("Ij8_PyI--")); // not "Ij8/PyI="
    /// assert!(verifier.verify::<String>(&message, None).is_ok());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn url_safe(self, url_safe: bool) -> Self {
        self.alphabet(Alphabet::when_url_safe(url_safe))
    }

    /// Sets whether the value is a part of the envelope (`{"_rails":{"data":...}}`, from 7.1 on)
    /// instead of base64 inside it (`{"_rails":{"message":"..."}}`). There is an envelope if the
    /// message has a purpose or an expiry. Both forms are read
    /// (`config.active_support.use_message_serializer_for_metadata`).
    ///
    /// ```
    /// use hardtack::LoadDefaults;
    /// use hardtack::message::{MessageOptions, MessageVerifier};
    ///
    /// // While servers on Rails 7.0 still read our messages:
    /// let verifier = MessageVerifier::new("a secret", LoadDefaults::V7_1)?;
    /// let older = verifier.clone().use_message_serializer_for_metadata(false);
    /// let message = older.generate("hello", &MessageOptions::new().purpose("login"))?;
    /// assert!(verifier.verify::<String>(&message, "login").is_ok());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn use_message_serializer_for_metadata(self, nests: bool) -> Self {
        Self(self.0.nesting(nests))
    }

    /// Sets the clock, which decides whether a message has expired: for tests, and for platforms
    /// without a clock of their own.
    ///
    /// ```
    /// use std::time::Duration;
    /// use hardtack::LoadDefaults;
    /// use hardtack::message::{MessageOptions, MessageVerifier};
    /// use time::OffsetDateTime;
    ///
    /// let now = MessageVerifier::new("a secret", LoadDefaults::V7_1)?;
    /// let a_minute = MessageOptions::new().expires_in(Duration::from_secs(60));
    /// let message = now.generate("hello", &a_minute)?;
    /// assert!(now.verify::<String>(&message, None).is_ok());
    ///
    /// let later = now.clock(|| OffsetDateTime::now_utc() + time::Duration::minutes(2));
    /// assert!(later.verify::<String>(&message, None).is_err());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn clock(self, now: impl Fn() -> OffsetDateTime + Send + Sync + 'static) -> Self {
        Self(self.0.clock(Clock::told(now)))
    }

    /// Adds an older verifier, tried after the present ones and followed by its own rotations
    /// (`verifier.rotate(old_secret, digest: "SHA1")`).
    ///
    /// ```
    /// use hardtack::LoadDefaults;
    /// use hardtack::message::MessageVerifier;
    /// use hardtack::settings::HmacDigest;
    ///
    /// let old = MessageVerifier::new("an old secret", LoadDefaults::V7_1)?;
    /// let message = old.generate("hello", None)?;
    ///
    /// let verifier = MessageVerifier::new("a new one", LoadDefaults::V7_1)?
    ///     .digest(HmacDigest::Sha256)
    ///     .rotation(old);
    /// assert_eq!(verifier.verify::<String>(&message, None)?, "hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn rotation(self, older: Self) -> Self {
        Self(self.0.rotation(older.0))
    }

    /// Signs a value, and returns the message.
    ///
    /// ```
    /// use hardtack::LoadDefaults;
    /// use hardtack::message::MessageVerifier;
    ///
    /// let verifier = MessageVerifier::new("a secret", LoadDefaults::V7_1)?;
    /// let message = verifier.generate([1, 2], None)?;
    /// assert_eq!(message.len(), "WzEsMl0=--".len() + 40); // [1,2] and SHA-1
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnwritableValue`] if the serializer cannot write the value;
    /// [`Error::ExpiryOutOfRange`] if the expiry is beyond the year 9999.
    pub fn generate<'a, T: Serialize>(
        &self,
        value: T,
        options: impl Into<Option<&'a MessageOptions>>,
    ) -> Result<String, Error> {
        match options.into() {
            Some(options) => self.0.generate(&value, options),
            None => self.0.generate(&value, &MessageOptions::new()),
        }
    }

    /// Returns the value of a message, if it was signed under this key or an older one, for exactly
    /// this purpose (`None`: for no purpose), and has not expired.
    ///
    /// ```
    /// use hardtack::message::MessageVerifier;
    /// use hardtack::{InvalidMessage, LoadDefaults};
    ///
    /// let verifier = MessageVerifier::new("a secret", LoadDefaults::V7_1)?;
    /// let message = verifier.generate([1, 2], None)?;
    /// assert_eq!(verifier.verify::<Vec<u8>>(&message, None), Ok(vec![1, 2]));
    /// assert_eq!(verifier.verify::<Vec<u8>>(&message, "login"), Err(InvalidMessage));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidMessage`] if the message does not verify, or if the value is not of the requested
    /// type.
    pub fn verify<'a, T: DeserializeOwned>(
        &self,
        message: impl AsRef<[u8]>,
        purpose: impl Into<Option<&'a str>>,
    ) -> Result<T, InvalidMessage> {
        let opened = self.0.open(message.as_ref(), purpose.into())?;
        Ok(opened.into_value())
    }

    /// Returns the value of a message and the rotation that opened it, or the reason why it is
    /// refused. Show the answer to the operator, never to the sender of the message.
    ///
    /// ```
    /// use hardtack::message::{MessageOptions, MessageVerifier};
    /// use hardtack::{LoadDefaults, Refusal};
    ///
    /// let verifier = MessageVerifier::new("a secret", LoadDefaults::V7_1)?;
    /// let message = verifier.generate("hello", &MessageOptions::new().purpose("login"))?;
    /// assert_eq!(verifier.explain(&message, None).err(), Some(Refusal::WrongPurpose));
    /// assert_eq!(verifier.explain("hello", None).err(), Some(Refusal::Malformed));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// The [`Refusal`] of the attempt that got furthest.
    pub fn explain<'a>(
        &self,
        message: impl AsRef<[u8]>,
        purpose: impl Into<Option<&'a str>>,
    ) -> Result<Opened<Value>, Refusal> {
        self.0.open(message.as_ref(), purpose.into())
    }
}

impl fmt::Debug for MessageVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt_as("MessageVerifier", f)
    }
}
