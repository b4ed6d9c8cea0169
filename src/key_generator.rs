//! [`KeyGenerator`]: derives keys from the secret (`ActiveSupport::KeyGenerator`,
//! `key_generator.rb`).

use std::fmt;
use std::sync::Arc;

use pbkdf2::pbkdf2_hmac;
use zeroize::Zeroizing;

use crate::secret_key_base::SecretKeyBase;
use crate::settings::KeyDigest;
use crate::stack;

/// The rounds of PBKDF2 that all versions of Rails use (`Rails::Application#key_generator`).
const ITERATIONS: u32 = 1000;

/// A derived key of `N` bytes.
///
/// It never leaves its place on the heap: a move or a clone of the bytes would leave copies on the
/// stack.
pub(crate) type KeyArray<const N: usize> = Arc<Zeroizing<[u8; N]>>;

/// Derives keys from a secret by PBKDF2 (RFC 8018 section 5.2), as Rails does.
///
/// ```
/// use hardtack::SecretKeyBase;
/// use hardtack::secret::KeyGenerator;
/// use hardtack::settings::KeyDigest;
///
/// // RFC 6070, the case of 4096 rounds.
/// let secret = SecretKeyBase::allow_short("password")?;
/// let key = KeyGenerator::new(&secret)
///     .digest(KeyDigest::Sha1)
///     .iterations(4096)
///     .generate_key("salt", 20);
/// assert_eq!(key.expose()[..4], [0x4b, 0x00, 0x79, 0x01]);
/// # Ok::<(), hardtack::Error>(())
/// ```
///
/// Deriving a key takes about 0.3 ms: derive it once, when the program starts, and keep it.
#[derive(Clone, Debug)]
pub struct KeyGenerator {
    secret: SecretKeyBase,
    digest: KeyDigest,
    iterations: u32,
}

impl KeyGenerator {
    /// Creates a generator with SHA-256 and 1000 rounds, the defaults of Rails 7.0 and later.
    ///
    /// ```
    /// use hardtack::SecretKeyBase;
    /// use hardtack::secret::KeyGenerator;
    ///
    /// let secret = SecretKeyBase::generate()?;
    /// let key = KeyGenerator::new(&secret).generate_key("signed cookie", 64);
    /// assert_eq!(key.expose().len(), 64);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn new(secret: &SecretKeyBase) -> Self {
        Self {
            secret: secret.clone(),
            digest: KeyDigest::Sha256,
            iterations: ITERATIONS,
        }
    }

    /// Sets the digest: SHA-1 up to Rails 6.1, SHA-256 from `load_defaults "7.0"` on.
    ///
    /// ```
    /// use hardtack::SecretKeyBase;
    /// use hardtack::secret::KeyGenerator;
    /// use hardtack::settings::KeyDigest;
    ///
    /// let sha256 = KeyGenerator::new(&SecretKeyBase::generate()?);
    /// let sha1 = sha256.clone().digest(KeyDigest::Sha1);
    /// let [new, old] = [sha256, sha1].map(|keys| keys.generate_key("invoices", 32));
    /// assert_ne!(new.expose(), old.expose());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn digest(mut self, digest: KeyDigest) -> Self {
        self.digest = digest;
        self
    }

    /// Sets the number of rounds: 1000 unless it is set; 0 counts as 1.
    ///
    /// ```
    /// use hardtack::SecretKeyBase;
    /// use hardtack::secret::KeyGenerator;
    /// use hardtack::settings::KeyDigest;
    ///
    /// // RFC 6070, the case of one round.
    /// let keys = KeyGenerator::new(&SecretKeyBase::allow_short("password")?).digest(KeyDigest::Sha1);
    /// let key = keys.clone().iterations(1).generate_key("salt", 20);
    /// assert_eq!(key.expose()[..4], [0x0c, 0x60, 0xc8, 0x0f]);
    /// assert_ne!(keys.generate_key("salt", 20).expose(), key.expose()); // 1000 rounds
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn iterations(mut self, iterations: u32) -> Self {
        self.iterations = iterations.max(1);
        self
    }

    /// Derives the key of `length` bytes for a salt, which is any text or bytes.
    ///
    /// Equal secret, salt, length, digest and rounds give the same key. Rails' default length is
    /// 64; AES-256 takes 32.
    ///
    /// ```
    /// use hardtack::SecretKeyBase;
    /// use hardtack::secret::KeyGenerator;
    ///
    /// # let keys = KeyGenerator::new(&SecretKeyBase::generate()?);
    /// // Rails.application.key_generator.generate_key("invoices", 32)
    /// let key = keys.generate_key("invoices", 32);
    /// assert_eq!(key.expose().len(), 32);
    /// assert_eq!(keys.generate_key(b"invoices", 32).expose(), key.expose());
    /// assert_ne!(keys.generate_key("receipts", 32).expose(), key.expose());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn generate_key(&self, salt: impl AsRef<[u8]>, length: usize) -> Key {
        let mut key = Zeroizing::new(vec![0; length]);
        self.fill(salt.as_ref(), &mut key);
        Key(key)
    }

    /// Derives a key whose length is known at compile time.
    pub(crate) fn generate_array<const N: usize>(&self, salt: &str) -> KeyArray<N> {
        let mut key = KeyArray::new(Zeroizing::new([0; N]));
        self.fill(salt.as_bytes(), &mut **Arc::make_mut(&mut key));
        key
    }

    fn fill(&self, salt: &[u8], key: &mut [u8]) {
        let (password, rounds) = (self.secret.expose(), self.iterations);
        stack::wiped(|| match self.digest {
            KeyDigest::Sha1 => pbkdf2_hmac::<sha1::Sha1>(password, salt, rounds, key),
            KeyDigest::Sha256 => pbkdf2_hmac::<sha2::Sha256>(password, salt, rounds, key),
            KeyDigest::Sha224 => pbkdf2_hmac::<sha2::Sha224>(password, salt, rounds, key),
            KeyDigest::Sha384 => pbkdf2_hmac::<sha2::Sha384>(password, salt, rounds, key),
            KeyDigest::Sha512 => pbkdf2_hmac::<sha2::Sha512>(password, salt, rounds, key),
            #[cfg(feature = "legacy-digests")]
            KeyDigest::Md5 => pbkdf2_hmac::<md5::Md5>(password, salt, rounds, key),
        });
    }
}

/// A derived key: wiped when dropped, never shown by `Debug`.
///
/// ```
/// use hardtack::SecretKeyBase;
/// use hardtack::secret::KeyGenerator;
///
/// let key = KeyGenerator::new(&SecretKeyBase::generate()?).generate_key("encrypted cookie", 32);
/// assert_eq!(format!("{key:?}"), "Key(..)");
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone)]
pub struct Key(Zeroizing<Vec<u8>>);

impl Key {
    /// Returns the key's bytes. A copy of them is not wiped.
    ///
    /// ```
    /// use hardtack::message::MessageEncryptor;
    /// use hardtack::secret::KeyGenerator;
    /// use hardtack::{LoadDefaults, SecretKeyBase};
    ///
    /// let keys = KeyGenerator::new(&SecretKeyBase::generate()?);
    /// let key = keys.generate_key("bank details", 32);
    /// assert!(MessageEncryptor::new(key.expose(), LoadDefaults::V8_0).is_ok());
    /// assert!(MessageEncryptor::new(&key.expose()[..16], LoadDefaults::V8_0).is_err());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}
