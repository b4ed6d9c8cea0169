//! [`MessageEncryptor`]: encrypted messages for applications
//! (`ActiveSupport::MessageEncryptor`).

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use time::OffsetDateTime;

use crate::clock::Clock;
use crate::error::{Error, InvalidMessage, Refusal};
use crate::key_generator::{KeyArray, KeyGenerator};
use crate::load_defaults::LoadDefaults;
use crate::secret_key_base::SecretKeyBase;
use crate::serializer::value::Value;
use crate::settings::{Cipher, HmacDigest, Serializer, Settings};

use super::base64::Alphabet;
use super::message_options::MessageOptions;
use super::opened::Opened;
use super::rotator::{CIPHER_KEY_LENGTH, Keys, Rotator};

/// Encrypts messages that only the holders of the key can read or make.
///
/// ```
/// use hardtack::message::{MessageEncryptor, MessageOptions};
/// use hardtack::secret::KeyGenerator;
/// use hardtack::{LoadDefaults, SecretKeyBase};
///
/// # let secret = SecretKeyBase::generate()?;
/// // key = Rails.application.key_generator.generate_key("bank details", 32)
/// let key = KeyGenerator::new(&secret).generate_key("bank details", 32);
/// // crypt = ActiveSupport::MessageEncryptor.new(key)
/// let crypt = MessageEncryptor::new(key.expose(), LoadDefaults::V7_1)?;
///
/// // crypt.encrypt_and_sign("DE02...", purpose: :payment)
/// let options = MessageOptions::new().purpose("payment");
/// let message = crypt.encrypt_and_sign("DE02120300000000202051", &options)?;
/// // crypt.decrypt_and_verify(message, purpose: :payment)
/// let iban: String = crypt.decrypt_and_verify(&message, "payment")?;
/// assert_eq!(iban, "DE02120300000000202051");
///
/// // Every message that does not open gets the same answer.
/// assert!(crypt.decrypt_and_verify::<String>(&message, "refund").is_err());
/// assert!(crypt.decrypt_and_verify::<String>("AAAA--AAAA--AAAA", "payment").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct MessageEncryptor(Rotator);

/// Creates an encryptor for each cipher, and changes its settings.
impl MessageEncryptor {
    /// Creates an encryptor with AES-256-GCM and a key of 32 bytes (`cipher: "aes-256-gcm"`, from
    /// `load_defaults "5.2"` on). Its other settings are those of an app on this version's
    /// `load_defaults`: Marshal up to 7.0, JSON (which also reads Marshal) from 7.1 on.
    ///
    /// ```
    /// use hardtack::LoadDefaults;
    /// use hardtack::message::MessageEncryptor;
    ///
    /// assert!(MessageEncryptor::new([7; 32], LoadDefaults::V7_1).is_ok());
    /// assert!(MessageEncryptor::new([7; 64], LoadDefaults::V7_1).is_err());
    /// ```
    ///
    /// # Errors
    /// [`Error::KeyLength`] if the key has another length, as in Rails.
    pub fn new(key: impl AsRef<[u8]>, version: LoadDefaults) -> Result<Self, Error> {
        let keys = Keys::Gcm(cipher_key(key.as_ref())?);
        Ok(Self(Rotator::new(keys, &version.settings())))
    }

    /// Creates an encryptor with AES-256-CBC, a key of 32 bytes, and a signing key of any length
    /// (`MessageEncryptor.new(key, signing_key, cipher: "aes-256-cbc")`). Messages are signed with
    /// SHA-1 unless [`digest`](Self::digest) is set. If Rails is given only one key, it signs with
    /// that key too.
    ///
    /// ```
    /// use hardtack::message::MessageEncryptor;
    /// use hardtack::secret::KeyGenerator;
    /// use hardtack::{LoadDefaults, SecretKeyBase};
    ///
    /// let keys = KeyGenerator::new(&SecretKeyBase::generate()?);
    /// let crypt = MessageEncryptor::cbc(
    ///     keys.generate_key("my salt", 32).expose(),
    ///     keys.generate_key("my signing salt", 64).expose(),
    ///     LoadDefaults::V7_1,
    /// )?;
    /// let message = crypt.encrypt_and_sign("hello", None)?;
    /// assert_eq!(crypt.decrypt_and_verify::<String>(&message, None)?, "hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::KeyLength`] if the cipher's key has another length; [`Error::BlankSecret`] if the
    /// signing key is empty.
    pub fn cbc(
        key: impl AsRef<[u8]>,
        signing_key: impl AsRef<[u8]>,
        version: LoadDefaults,
    ) -> Result<Self, Error> {
        if signing_key.as_ref().is_empty() {
            return Err(Error::BlankSecret);
        }
        let keys = Keys::Cbc {
            key: cipher_key(key.as_ref())?,
            signing: Zeroizing::new(signing_key.as_ref().to_vec()),
        };
        Ok(Self(Rotator::new(keys, &version.settings())))
    }

    /// Creates an encryptor with a key that is derived from the app's secret and a salt
    /// (`MessageEncryptor.new(Rails.application.key_generator.generate_key(salt, 32))`). Under CBC
    /// the key signs too.
    ///
    /// It uses three of the settings: the version, the cipher and the key digest. The others are
    /// for cookies.
    ///
    /// ```
    /// use hardtack::message::MessageEncryptor;
    /// use hardtack::{LoadDefaults, SecretKeyBase};
    ///
    /// let secret = SecretKeyBase::generate()?; // in earnest: the app's own
    /// let crypt = MessageEncryptor::for_application(&secret, "bank details", LoadDefaults::V7_1);
    /// let message = crypt.encrypt_and_sign([1, 2], None)?;
    /// assert_eq!(crypt.decrypt_and_verify::<[u8; 2]>(&message, None)?, [1, 2]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn for_application(
        secret: &SecretKeyBase,
        salt: &str,
        settings: impl Into<Settings>,
    ) -> Self {
        let settings = settings.into();
        let generator = KeyGenerator::new(secret).digest(settings.key_generator_hash_digest_class);
        let key = generator.generate_array(salt);
        let keys = match settings.cipher {
            Cipher::Aes256Gcm => Keys::Gcm(key),
            Cipher::Aes256Cbc => Keys::Cbc {
                signing: Zeroizing::new(key.to_vec()),
                key,
            },
        };
        Self(Rotator::new(keys, &settings))
    }

    /// Sets the digest with which CBC messages are signed (`digest: "SHA256"`). GCM needs no digest
    /// and ignores it.
    ///
    /// ```
    /// use hardtack::LoadDefaults;
    /// use hardtack::message::MessageEncryptor;
    /// use hardtack::settings::HmacDigest;
    ///
    /// let crypt = MessageEncryptor::cbc([1; 32], "signing key", LoadDefaults::V7_1)?;
    /// let message = crypt.encrypt_and_sign("hello", None)?;
    /// let other = crypt.digest(HmacDigest::Sha256);
    /// assert!(other.decrypt_and_verify::<String>(&message, None).is_err());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn digest(self, digest: HmacDigest) -> Self {
        Self(self.0.digest(digest))
    }

    /// Sets the serializer (`serializer: :json`, `config.active_support.message_serializer`).
    ///
    /// ```
    /// use hardtack::message::MessageEncryptor;
    /// use hardtack::{LoadDefaults, Serializer};
    ///
    /// let crypt = MessageEncryptor::new([7; 32], LoadDefaults::V6_1)?.serializer(Serializer::Json);
    /// let message = crypt.encrypt_and_sign("hello", None)?;
    /// assert_eq!(crypt.decrypt_and_verify::<String>(&message, None)?, "hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn serializer(self, serializer: Serializer) -> Self {
        Self(self.0.serializer(serializer))
    }

    /// Sets whether messages are in the url-safe alphabet, unpadded (`url_safe: true`, Rails
    /// 7.1 and later). As in Rails, only the alphabet that is written is read. To read the other,
    /// add a rotation.
    ///
    /// ```
    /// use hardtack::LoadDefaults;
    /// use hardtack::message::MessageEncryptor;
    ///
    /// let padded = MessageEncryptor::new([7; 32], LoadDefaults::V7_1)?;
    /// let url_safe = padded.clone().url_safe(true);
    /// let message = url_safe.encrypt_and_sign("hello", None)?;
    /// assert!(padded.decrypt_and_verify::<String>(&message, None).is_err());
    /// assert!(padded.rotation(url_safe).decrypt_and_verify::<String>(&message, None).is_ok());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn url_safe(self, url_safe: bool) -> Self {
        Self(self.0.alphabet(Alphabet::when_url_safe(url_safe)))
    }

    /// Sets whether the value is a part of the envelope (from 7.1 on): see
    /// [`MessageVerifier::use_message_serializer_for_metadata`](crate::message::MessageVerifier::use_message_serializer_for_metadata).
    ///
    /// ```
    /// use hardtack::LoadDefaults;
    /// use hardtack::message::{MessageEncryptor, MessageOptions};
    ///
    /// // While servers on Rails 7.0 still read our messages:
    /// let crypt = MessageEncryptor::new([7; 32], LoadDefaults::V7_1)?;
    /// let older = crypt.clone().use_message_serializer_for_metadata(false);
    /// let message = older.encrypt_and_sign("hello", &MessageOptions::new().purpose("login"))?;
    /// assert!(crypt.decrypt_and_verify::<String>(&message, "login").is_ok());
    /// assert!(crypt.decrypt_and_verify::<String>(&message, "shipping").is_err());
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
    /// use hardtack::message::{MessageOptions, MessageEncryptor};
    /// use time::OffsetDateTime;
    ///
    /// let now = MessageEncryptor::new([7; 32], LoadDefaults::V7_1)?;
    /// let a_minute = MessageOptions::new().expires_in(Duration::from_secs(60));
    /// let message = now.encrypt_and_sign("hello", &a_minute)?;
    /// assert!(now.decrypt_and_verify::<String>(&message, None).is_ok());
    ///
    /// let later = now.clock(|| OffsetDateTime::now_utc() + time::Duration::minutes(2));
    /// assert!(later.decrypt_and_verify::<String>(&message, None).is_err());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn clock(self, now: impl Fn() -> OffsetDateTime + Send + Sync + 'static) -> Self {
        Self(self.0.clock(Clock::told(now)))
    }

    /// Adds an older encryptor of either cipher, tried after the present ones and followed by its
    /// own rotations (`crypt.rotate(old_key, cipher: "aes-256-cbc")`).
    ///
    /// ```
    /// use hardtack::LoadDefaults;
    /// use hardtack::message::MessageEncryptor;
    ///
    /// let old = MessageEncryptor::cbc([1; 32], [1; 32], LoadDefaults::V7_1)?;
    /// let message = old.encrypt_and_sign("hello", None)?;
    ///
    /// let crypt = MessageEncryptor::new([2; 32], LoadDefaults::V7_1)?.rotation(old);
    /// assert_eq!(crypt.decrypt_and_verify::<String>(&message, None)?, "hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn rotation(self, older: Self) -> Self {
        Self(self.0.rotation(older.0))
    }

    /// Encrypts a value, with another message as the result each time.
    ///
    /// ```
    /// use hardtack::LoadDefaults;
    /// use hardtack::message::MessageEncryptor;
    ///
    /// let crypt = MessageEncryptor::new([7; 32], LoadDefaults::V7_1)?;
    /// let make = || crypt.encrypt_and_sign("hello", None);
    /// assert_ne!(make()?, make()?);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnwritableValue`] if the serializer cannot write the value;
    /// [`Error::ExpiryOutOfRange`] if the expiry is beyond the year 9999; [`Error::NoRandomness`]
    /// if the operating system gives no random bytes.
    pub fn encrypt_and_sign<'a, T: Serialize>(
        &self,
        value: T,
        options: impl Into<Option<&'a MessageOptions>>,
    ) -> Result<String, Error> {
        match options.into() {
            Some(options) => self.0.generate(&value, options),
            None => self.0.generate(&value, &MessageOptions::new()),
        }
    }

    /// Returns the value of a message, if it was encrypted under this key or an older one, for
    /// exactly this purpose (`None`: for no purpose), and has not expired.
    ///
    /// ```
    /// use hardtack::message::MessageEncryptor;
    /// use hardtack::{InvalidMessage, LoadDefaults};
    ///
    /// let crypt = MessageEncryptor::new([7; 32], LoadDefaults::V7_1)?;
    /// let message = crypt.encrypt_and_sign(42, None)?;
    /// assert_eq!(crypt.decrypt_and_verify::<u8>(&message, None), Ok(42));
    /// assert_eq!(crypt.decrypt_and_verify::<u8>(&message, "login"), Err(InvalidMessage));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidMessage`] if the message does not open, or if the value is not of the requested
    /// type. (Rails returns `nil` for a wrong purpose and for an expired message.)
    pub fn decrypt_and_verify<'a, T: DeserializeOwned>(
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
    /// use hardtack::message::MessageEncryptor;
    /// use hardtack::{LoadDefaults, Refusal};
    ///
    /// let crypt = MessageEncryptor::new([7; 32], LoadDefaults::V7_1)?;
    /// let message = crypt.encrypt_and_sign("hello", None)?;
    /// let other = MessageEncryptor::new([8; 32], LoadDefaults::V7_1)?;
    /// assert_eq!(other.explain(&message, None).err(), Some(Refusal::Invalid));
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

    /// Returns how many messages this process has sealed under the key, of the 2^32 for which an
    /// AES-GCM key is safe: see [`Jar::seals`](crate::Jar::seals). `None` under CBC.
    ///
    /// ```
    /// use hardtack::message::MessageEncryptor;
    /// use hardtack::{LoadDefaults, SecretKeyBase};
    ///
    /// # let secret = SecretKeyBase::generate()?;
    /// let crypt = MessageEncryptor::for_application(&secret, "bank details", LoadDefaults::V7_1);
    /// crypt.encrypt_and_sign("hello", None)?;
    /// assert_eq!(crypt.seals(), Some(1));
    ///
    /// let older = MessageEncryptor::cbc([1; 32], [1; 32], LoadDefaults::V7_1)?;
    /// assert_eq!(older.seals(), None);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn seals(&self) -> Option<u64> {
        self.0.codec().seals()
    }

    /// Raises the count of sealed messages to this number, if it is lower: see
    /// [`Jar::raise_seals`](crate::Jar::raise_seals).
    ///
    /// ```
    /// use hardtack::message::MessageEncryptor;
    /// use hardtack::{LoadDefaults, SecretKeyBase};
    ///
    /// # let secret = SecretKeyBase::generate()?;
    /// let crypt = MessageEncryptor::for_application(&secret, "bank details", LoadDefaults::V7_1);
    /// crypt.raise_seals(1_000_000);
    /// crypt.encrypt_and_sign("hello", None)?;
    /// assert_eq!(crypt.seals(), Some(1_000_001));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    pub fn raise_seals(&self, to: u64) {
        self.0.codec().raise_seals(to);
    }
}

fn cipher_key(key: &[u8]) -> Result<KeyArray<CIPHER_KEY_LENGTH>, Error> {
    let wrong = |_| Error::KeyLength {
        given: key.len(),
        wanted: CIPHER_KEY_LENGTH,
    };
    let key: &[u8; CIPHER_KEY_LENGTH] = key.try_into().map_err(wrong)?;
    let mut own = KeyArray::new(Zeroizing::new([0; CIPHER_KEY_LENGTH]));
    Arc::make_mut(&mut own).copy_from_slice(key);
    Ok(own)
}

impl fmt::Debug for MessageEncryptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt_as("MessageEncryptor", f)
    }
}
