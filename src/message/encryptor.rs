//! Encrypted messages, `data--iv--tag` (`ActiveSupport::MessageEncryptor`, AES-256-GCM).

use crate::cipher::aes_gcm::AesGcmKey;
use crate::error::{Error, Refusal};

use super::parts::Sealed;

/// Encrypts texts, and decrypts what was encrypted under the same key.
#[derive(Clone)]
pub(crate) struct Encryptor(AesGcmKey);

impl Encryptor {
    pub(crate) fn new(key: AesGcmKey) -> Self {
        Self(key)
    }

    /// Encrypts a text under a fresh nonce.
    pub(crate) fn seal(&self, mut text: Vec<u8>) -> Result<Vec<u8>, Error> {
        let (iv, tag) = self.0.seal(&mut text)?;
        Ok(Sealed {
            ciphertext: text,
            iv,
            tag,
        }
        .join())
    }

    /// The length of the message for a text of so many bytes.
    pub(crate) const fn sealed_len(text: usize) -> usize {
        Sealed::joined_len(text)
    }

    /// Decrypts a message in place; it stays whole where this is not its key.
    pub(crate) fn open(&self, sealed: &mut Sealed) -> Result<(), Refusal> {
        self.0
            .open(&sealed.iv, &sealed.tag, &mut sealed.ciphertext)
            .map_err(|_| Refusal::Invalid)
    }
}
