//! How many messages the key has sealed that a codec, or a [`MessageEncryptor`], seals with.

use crate::cipher::aes_gcm::AesGcmKey;

use super::message_encryptor::MessageEncryptor;
use super::rotation::Codec;

impl Codec {
    /// The number; `None` where the key is good for any.
    pub(crate) fn seals(&self) -> Option<u64> {
        self.counted().map(AesGcmKey::seals)
    }

    /// Counts on from a number, where that is more than what was counted.
    pub(crate) fn raise_seals(&self, to: u64) {
        if let Some(key) = self.counted() {
            key.raise_seals(to);
        }
    }

    /// The key whose seals are counted: with random nonces of 96 bits it is good for 2^32. What
    /// limits the others is so far off that no cookie jar comes near: the initialisation vectors
    /// of CBC have 128 bits, and HMAC has none.
    fn counted(&self) -> Option<&AesGcmKey> {
        match self {
            Self::Gcm(encryptor) => Some(&encryptor.key),
            Self::Cbc(_) | Self::Signed(_) => None,
        }
    }
}

impl MessageEncryptor {
    /// How many messages this process has sealed under the key, of the 2^32 that an AES-GCM key is
    /// good for: as at [`Jar::seals`](crate::Jar::seals). `None` under CBC.
    ///
    /// ```
    /// # use hardtack::{MessageEncryptor, MessageOptions, RailsVersion, SecretKeyBase};
    /// # let secret = SecretKeyBase::generate()?;
    /// let crypt = MessageEncryptor::for_application(&secret, "bank details", RailsVersion::V7_1);
    /// crypt.encrypt_and_sign("hello", &MessageOptions::new())?;
    /// assert_eq!(crypt.seals(), Some(1));
    ///
    /// let older = MessageEncryptor::cbc([1; 32], [1; 32], RailsVersion::V7_1)?;
    /// assert_eq!(older.seals(), None);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn seals(&self) -> Option<u64> {
        self.rotator.current.codec.seals()
    }

    /// Counts on from this number, where that is more than what was counted: as at
    /// [`Jar::raise_seals`](crate::Jar::raise_seals).
    ///
    /// ```
    /// # use hardtack::{MessageEncryptor, MessageOptions, RailsVersion, SecretKeyBase};
    /// # let secret = SecretKeyBase::generate()?;
    /// let crypt = MessageEncryptor::for_application(&secret, "bank details", RailsVersion::V7_1);
    /// crypt.raise_seals(1_000_000);
    /// crypt.encrypt_and_sign("hello", &MessageOptions::new())?;
    /// assert_eq!(crypt.seals(), Some(1_000_001));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    pub fn raise_seals(&self, to: u64) {
        self.rotator.current.codec.raise_seals(to);
    }
}
