//! AES-256-CBC (NIST SP 800-38A) with PKCS#7 padding (RFC 5652 section 6.3).
//!
//! CBC alone does not show who wrote a ciphertext, and a padding error tells an attacker much. So
//! only [`Verified`] ciphertexts can be decrypted, and only the HMAC check creates those.

use aes::Aes256;
use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, InnerIvInit, KeyInit};

use crate::error::Error;
use crate::random;
use crate::stack;

use super::expanded::Expanded;
use super::hmac::Verified;

/// The initialisation vector of one message.
pub(crate) type Iv = [u8; 16];

/// The content of a message: ciphertext and initialisation vector.
pub(crate) struct Ciphertext {
    pub(crate) bytes: Vec<u8>,
    pub(crate) iv: Iv,
}

/// An expanded key, wiped when dropped.
#[derive(Clone)]
pub(crate) struct AesCbcKey(Expanded<Aes256>);

impl AesCbcKey {
    /// The length of a key in bytes. Rails up to 5.1 derived 64 bytes and used the first 32.
    pub(crate) const LENGTH: usize = 32;

    /// Expands a key.
    pub(crate) fn new(key: &[u8; Self::LENGTH]) -> Self {
        Self(Expanded::new(|| Aes256::new(key.into())))
    }

    /// Encrypts under a new initialisation vector from the operating system.
    pub(crate) fn seal(&self, text: &[u8]) -> Result<Ciphertext, Error> {
        let mut iv = Iv::default();
        random::fill(&mut iv)?;
        Ok(self.seal_with_iv(iv, text))
    }

    /// Encrypts under an initialisation vector, which must be unpredictable.
    pub(crate) fn seal_with_iv(&self, iv: Iv, text: &[u8]) -> Ciphertext {
        let bytes = stack::wiped_cipher(|| {
            let cipher = cbc::Encryptor::inner_iv_init(Aes256::clone(&self.0), &iv.into());
            cipher.encrypt_padded_vec::<Pkcs7>(text)
        });
        Ciphertext { bytes, iv }
    }

    /// Decrypts a ciphertext that the HMAC check accepted; `None` if the padding is wrong, which
    /// can then only mean another key.
    pub(crate) fn open(&self, verified: Verified<Ciphertext>) -> Option<Vec<u8>> {
        let Ciphertext { mut bytes, iv } = verified.into_inner();
        let length = stack::wiped_cipher(|| {
            let cipher = cbc::Decryptor::inner_iv_init(Aes256::clone(&self.0), &iv.into());
            let text = cipher.decrypt_padded::<Pkcs7>(&mut bytes);
            text.ok().map(<[u8]>::len)
        })?;
        bytes.truncate(length);
        Some(bytes)
    }
}
