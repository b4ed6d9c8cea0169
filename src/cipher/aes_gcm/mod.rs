//! AES-256-GCM, and AES-128-GCM of Rails' encrypted files and of Laravel (NIST SP 800-38D), with a
//! 12-byte nonce and a 16-byte tag. rack-session alone has associated data.
//!
//! This module alone chooses the library for AES-256-GCM: `aes-gcm`, or `aws-lc-rs` with the
//! feature of that name. Each library has a file with the same three functions.

#[cfg(feature = "aws-lc-rs")]
mod aws_lc;
mod rust_crypto;
mod seals;
mod tag;

use crate::error::Error;
use crate::random;

#[cfg(feature = "aws-lc-rs")]
use aws_lc::Aes256Gcm;
#[cfg(not(feature = "aws-lc-rs"))]
use rust_crypto::Aes256Gcm;
use seals::Seals;
pub(crate) use tag::{InvalidTag, Iv, Tag};

use super::expanded::Expanded;

/// NIST SP 800-38D section 5.2.1.1. Cookies are far shorter.
const TOO_LONG: &str = "AES-GCM encrypts 64 GiB at most";

/// An expanded key, wiped when dropped, with the number of messages that it has sealed.
#[derive(Clone)]
pub(crate) struct AesGcmKey {
    cipher: Expanded<Aes256Gcm>,
    seals: Seals,
}

impl AesGcmKey {
    /// The length of a key in bytes.
    pub(crate) const LENGTH: usize = 32;

    /// Expands a key.
    pub(crate) fn new(key: &[u8; Self::LENGTH]) -> Self {
        Self {
            cipher: Expanded::new(|| Aes256Gcm::new(key)),
            seals: Seals::of(key),
        }
    }

    /// Encrypts in place under a new nonce.
    ///
    /// The nonce comes from the operating system every time: a generator in the process may return
    /// the same bytes twice after a fork or a resumed snapshot, and a single repeated nonce reveals
    /// the key's authentication key.
    pub(crate) fn seal(&self, text: &mut [u8]) -> Result<(Iv, Tag), Error> {
        let iv = new_iv()?;
        let tag = self.seal_with_iv(&iv, text)?;
        self.seals.count();
        Ok((iv, tag))
    }

    /// Encrypts in place under a nonce that was never used with this key before.
    pub(crate) fn seal_with_iv(&self, iv: &Iv, text: &mut [u8]) -> Result<Tag, Error> {
        self.cipher.encrypt(iv, &[], text).ok_or_else(too_long)
    }

    /// Decrypts into a buffer, in place of its contents. If the tag is wrong, no text is given out,
    /// and another key can be tried on the ciphertext.
    pub(crate) fn open(
        &self,
        iv: &Iv,
        tag: &Tag,
        ciphertext: &[u8],
        text: &mut Vec<u8>,
    ) -> Result<(), InvalidTag> {
        text.resize(ciphertext.len(), 0);
        self.cipher.decrypt(iv, tag, &[], ciphertext, text)
    }

    /// Returns the number of messages that this process knows to be sealed under this key.
    pub(crate) fn seals(&self) -> u64 {
        self.seals.number()
    }

    /// Raises the number of sealed messages to `to`, if that is more.
    pub(crate) fn raise_seals(&self, to: u64) {
        self.seals.raise(to);
    }
}

fn new_iv() -> Result<Iv, Error> {
    let mut iv = Iv::default();
    random::fill(&mut iv)?;
    Ok(iv)
}

fn too_long() -> Error {
    Error::UnwritableValue {
        reason: TOO_LONG.to_owned(),
    }
}

/// An expanded key of one message only, wiped when dropped. Its seals are not counted.
pub(crate) struct AesGcmMessageKey(Expanded<Aes256Gcm>);

impl AesGcmMessageKey {
    /// Expands a key.
    pub(crate) fn new(key: &[u8; AesGcmKey::LENGTH]) -> Self {
        Self(Expanded::new(|| Aes256Gcm::new(key)))
    }

    /// Encrypts in place under a new nonce of the operating system. The tag covers the associated
    /// data too.
    pub(crate) fn seal(&self, associated: &[u8], text: &mut [u8]) -> Result<(Iv, Tag), Error> {
        let iv = new_iv()?;
        let tag = self.0.encrypt(&iv, associated, text);
        Ok((iv, tag.ok_or_else(too_long)?))
    }

    /// Decrypts a text; if the tag is wrong, no text is given out.
    pub(crate) fn open(
        &self,
        iv: &Iv,
        tag: &Tag,
        associated: &[u8],
        ciphertext: &[u8],
    ) -> Result<Vec<u8>, InvalidTag> {
        let mut text = vec![0; ciphertext.len()];
        self.0.decrypt(iv, tag, associated, ciphertext, &mut text)?;
        Ok(text)
    }
}

/// An expanded key of AES-128-GCM, wiped when dropped: of an encrypted file
/// (`ActiveSupport::EncryptedFile`), or of a Laravel app.
#[cfg(any(feature = "laravel", feature = "rails-app"))]
#[derive(Clone)]
pub(crate) struct AesGcm128Key {
    cipher: Expanded<rust_crypto::Aes128Gcm>,
    #[cfg(feature = "laravel")]
    seals: Seals,
}

#[cfg(any(feature = "laravel", feature = "rails-app"))]
impl AesGcm128Key {
    /// The length of a key in bytes.
    pub(crate) const LENGTH: usize = 16;

    /// Expands a key.
    pub(crate) fn new(key: &[u8; Self::LENGTH]) -> Self {
        Self {
            cipher: Expanded::new(|| rust_crypto::Aes128Gcm::new(key)),
            #[cfg(feature = "laravel")]
            seals: Seals::of(key),
        }
    }

    /// Encrypts in place under a new nonce of the operating system.
    #[cfg(feature = "laravel")]
    pub(crate) fn seal(&self, text: &mut [u8]) -> Result<(Iv, Tag), Error> {
        let iv = new_iv()?;
        let tag = self.seal_with_iv(&iv, text)?;
        self.seals.count();
        Ok((iv, tag))
    }

    /// Encrypts in place under a nonce that was never used with this key before.
    #[cfg(feature = "laravel")]
    pub(crate) fn seal_with_iv(&self, iv: &Iv, text: &mut [u8]) -> Result<Tag, Error> {
        self.cipher.encrypt(iv, &[], text).ok_or_else(too_long)
    }

    /// Decrypts into a buffer, in place of its contents; if the tag is wrong, no text is given out.
    pub(crate) fn open(
        &self,
        iv: &Iv,
        tag: &Tag,
        ciphertext: &[u8],
        text: &mut Vec<u8>,
    ) -> Result<(), InvalidTag> {
        text.resize(ciphertext.len(), 0);
        self.cipher.decrypt(iv, tag, &[], ciphertext, text)
    }
}
