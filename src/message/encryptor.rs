//! Encrypted messages (`ActiveSupport::MessageEncryptor`): AES-256-GCM, and AES-256-CBC under an
//! HMAC as Rails wrote it up to 5.1.

use crate::cipher::aes_cbc::{AesCbcKey, Ciphertext};
use crate::cipher::aes_gcm::AesGcmKey;
use crate::cipher::hmac::HmacKey;
use crate::error::{Error, Refusal};
use crate::settings::HmacDigest;

use super::base64::Alphabet;
use super::parts::Sealed;
use super::verifier::Verifier;

/// `data--iv--tag`, AES-256-GCM.
#[derive(Clone)]
pub(crate) struct GcmEncryptor {
    pub(super) key: AesGcmKey,
    alphabet: Alphabet,
}

impl GcmEncryptor {
    pub(crate) fn new(key: AesGcmKey, alphabet: Alphabet) -> Self {
        Self { key, alphabet }
    }

    /// In which alphabet its messages' parts are written.
    pub(crate) fn alphabet(&self) -> Alphabet {
        self.alphabet
    }

    /// Encrypts a text under a fresh nonce, in its own place, into a message.
    pub(crate) fn seal(&self, text: &mut [u8], message: &mut Vec<u8>) -> Result<(), Error> {
        let (iv, tag) = self.key.seal(text)?;
        let sealed = Sealed {
            ciphertext: text,
            iv,
            tag,
        };
        sealed.join(self.alphabet, message);
        Ok(())
    }

    /// Decrypts a message into a buffer, in place of what was in it, where this is its key.
    pub(crate) fn open(&self, sealed: &Sealed<'_>, text: &mut Vec<u8>) -> Result<(), Refusal> {
        self.key
            .open(&sealed.iv, &sealed.tag, sealed.ciphertext, text)
            .map_err(|_| Refusal::Invalid)
    }
}

/// `base64(data--iv)--digest`, AES-256-CBC: encrypted, then signed.
#[derive(Clone)]
pub(crate) struct CbcEncryptor {
    key: AesCbcKey,
    verifier: Verifier,
    alphabet: Alphabet,
}

impl CbcEncryptor {
    /// The verifier and what it signs are in one alphabet.
    pub(crate) fn new(key: AesCbcKey, signing_key: HmacKey, alphabet: Alphabet) -> Self {
        Self {
            key,
            verifier: Verifier::new(signing_key, alphabet),
            alphabet,
        }
    }

    /// The digest by which it signs.
    pub(crate) fn digest(&self) -> HmacDigest {
        self.verifier.digest()
    }

    /// Encrypts a text under a fresh initialisation vector, and signs that.
    pub(crate) fn seal(&self, text: &[u8]) -> Result<Vec<u8>, Error> {
        let ciphertext = self.key.seal(text)?;
        Ok(self.verifier.seal(&ciphertext.join(self.alphabet)))
    }

    /// The text of a message, once its digest is found right. Wrong padding is the same refusal
    /// as a wrong digest.
    pub(crate) fn open(&self, message: &[u8]) -> Result<Vec<u8>, Refusal> {
        let ciphertext = self
            .verifier
            .verify(message)?
            .and_then(|data| Ciphertext::parse(&self.alphabet.decode(data)?, self.alphabet))
            .ok_or(Refusal::Invalid)?;
        self.key.open(ciphertext).ok_or(Refusal::Invalid)
    }
}
