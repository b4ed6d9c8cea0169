//! AES-256-CBC, and AES-128-CBC of Laravel (NIST SP 800-38A), with PKCS#7 padding (RFC 5652 section
//! 6.3).
//!
//! CBC alone does not show who wrote a ciphertext, and a padding error tells an attacker much. So
//! only [`Verified`] ciphertexts can be decrypted, and only the HMAC check creates those.

#[cfg(feature = "laravel")]
use aes::Aes128;
use aes::Aes256;
use aes::cipher::block_padding::Pkcs7;
use aes::cipher::consts::U16;
use aes::cipher::{
    BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, BlockSizeUser,
    InnerIvInit, Key, KeyInit,
};

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

/// A key of AES-256-CBC. Rails up to 5.1 derived 64 bytes and used the first 32.
pub(crate) type AesCbcKey = CbcKey<Aes256, 32>;

/// A key of AES-128-CBC.
#[cfg(feature = "laravel")]
pub(crate) type AesCbc128Key = CbcKey<Aes128, 16>;

/// An expanded key of `LENGTH` bytes, wiped when dropped.
pub(crate) struct CbcKey<C, const LENGTH: usize>(Expanded<C>);

impl<C, const LENGTH: usize> Clone for CbcKey<C, LENGTH> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<C, const LENGTH: usize> CbcKey<C, LENGTH>
where
    C: BlockCipherDecrypt + BlockCipherEncrypt + BlockSizeUser<BlockSize = U16> + Clone + KeyInit,
    for<'a> &'a Key<C>: From<&'a [u8; LENGTH]>,
{
    /// Expands a key.
    pub(crate) fn new(key: &[u8; LENGTH]) -> Self {
        Self(Expanded::new(|| C::new(key.into())))
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
            let cipher = cbc::Encryptor::inner_iv_init(C::clone(&self.0), &iv.into());
            cipher.encrypt_padded_vec::<Pkcs7>(text)
        });
        Ciphertext { bytes, iv }
    }

    /// Decrypts a ciphertext that the HMAC check accepted; `None` if the padding is wrong, which
    /// can then only mean another key.
    pub(crate) fn open(&self, verified: Verified<Ciphertext>) -> Option<Vec<u8>> {
        let Ciphertext { mut bytes, iv } = verified.into_inner();
        let length = stack::wiped_cipher(|| {
            let cipher = cbc::Decryptor::inner_iv_init(C::clone(&self.0), &iv.into());
            let text = cipher.decrypt_padded::<Pkcs7>(&mut bytes);
            text.ok().map(<[u8]>::len)
        })?;
        bytes.truncate(length);
        Some(bytes)
    }
}
