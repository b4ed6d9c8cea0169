//! AES-256-GCM, and AES-128-GCM of Rails' encrypted files (NIST SP 800-38D), with a 12-byte nonce and a 16-byte tag, without associated data.
//!
//! Which library does AES-256-GCM is decided here and nowhere else: `aes-gcm`, or with the feature
//! `aws-lc-rs` that. Each is a file with the same three functions.

#[cfg(feature = "aws-lc-rs")]
mod aws_lc;
mod rust_crypto;
mod seals;
mod tag;

use rand::TryRng;

use crate::error::Error;

#[cfg(feature = "aws-lc-rs")]
use aws_lc::Aes256Gcm;
#[cfg(not(feature = "aws-lc-rs"))]
use rust_crypto::Aes256Gcm;
use seals::Seals;
pub(crate) use tag::{InvalidTag, Iv, Tag};

use super::expanded::Expanded;

/// NIST SP 800-38D section 5.2.1.1; no cookie comes near.
const TOO_LONG: &str = "AES-GCM encrypts 64 GiB at most";

/// An expanded key, wiped when dropped, and how often it seals.
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

    /// Encrypts in place under a fresh nonce.
    ///
    /// The nonce comes from the operating system every time: a generator in the process may hand
    /// out the same bytes twice after a fork or a resumed snapshot, and one repeated nonce gives
    /// the key's authentication away.
    pub(crate) fn seal(&self, text: &mut [u8]) -> Result<(Iv, Tag), Error> {
        let mut iv = Iv::default();
        rand::rngs::SysRng
            .try_fill_bytes(&mut iv)
            .map_err(|_| Error::NoRandomness)?;
        let tag = self.seal_with_iv(&iv, text)?;
        self.seals.count();
        Ok((iv, tag))
    }

    /// Encrypts in place under a nonce that was never used with this key before.
    pub(super) fn seal_with_iv(&self, iv: &Iv, text: &mut [u8]) -> Result<Tag, Error> {
        self.cipher
            .encrypt(iv, text)
            .ok_or_else(|| Error::UnwritableValue {
                reason: TOO_LONG.to_owned(),
            })
    }

    /// Decrypts into a buffer, in place of what was in it. Where the tag is wrong nothing is handed
    /// out, and another key can be tried on the ciphertext.
    pub(crate) fn open(
        &self,
        iv: &Iv,
        tag: &Tag,
        ciphertext: &[u8],
        text: &mut Vec<u8>,
    ) -> Result<(), InvalidTag> {
        text.resize(ciphertext.len(), 0);
        self.cipher.decrypt(iv, tag, ciphertext, text)
    }

    /// How many messages were sealed under this key, as far as this process knows.
    pub(crate) fn seals(&self) -> u64 {
        self.seals.number()
    }

    /// Counts on from a number, where that is more than what was counted.
    pub(crate) fn raise_seals(&self, to: u64) {
        self.seals.raise(to);
    }
}

/// An expanded key of an encrypted file (`ActiveSupport::EncryptedFile`), wiped when dropped.
#[cfg(feature = "rails-app")]
pub(crate) struct AesGcm128Key(Expanded<rust_crypto::Aes128Gcm>);

#[cfg(feature = "rails-app")]
impl AesGcm128Key {
    /// The length of a key in bytes.
    pub(crate) const LENGTH: usize = 16;

    /// Expands a key.
    pub(crate) fn new(key: &[u8; Self::LENGTH]) -> Self {
        Self(Expanded::new(|| rust_crypto::Aes128Gcm::new(key)))
    }

    /// Decrypts into a buffer, in place of what was in it; where the tag is wrong, nothing.
    pub(crate) fn open(
        &self,
        iv: &Iv,
        tag: &Tag,
        ciphertext: &[u8],
        text: &mut Vec<u8>,
    ) -> Result<(), InvalidTag> {
        text.resize(ciphertext.len(), 0);
        self.0.decrypt(iv, tag, ciphertext, text)
    }
}
