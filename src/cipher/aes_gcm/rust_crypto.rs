//! AES-GCM with the crate `aes-gcm`, in pure Rust. It checks the tag before it decrypts anything.

use aes_gcm::KeyInit;
use aes_gcm::aead::AeadInOut;
use aes_gcm::aead::consts::{U12, U16};
use aes_gcm::aead::inout::InOutBuf;

use super::tag::{InvalidTag, Iv, Tag};
use crate::stack;

#[cfg(not(feature = "aws-lc-rs"))]
pub(super) type Aes256Gcm = AesGcm<aes_gcm::Aes256Gcm, 32>;

#[cfg(any(feature = "laravel", feature = "rails-app"))]
pub(super) type Aes128Gcm = AesGcm<aes_gcm::Aes128Gcm, 16>;

/// An expanded key of `KEY` bytes.
#[cfg_attr(
    all(
        feature = "aws-lc-rs",
        not(any(feature = "laravel", feature = "rails-app"))
    ),
    allow(dead_code, reason = "the other library does all that there is")
)]
pub(super) struct AesGcm<C, const KEY: usize>(C);

#[cfg_attr(
    all(
        feature = "aws-lc-rs",
        not(any(feature = "laravel", feature = "rails-app"))
    ),
    allow(dead_code, reason = "the other library does all that there is")
)]
impl<C, const KEY: usize> AesGcm<C, KEY>
where
    C: AeadInOut<NonceSize = U12, TagSize = U16> + KeyInit,
    for<'a> &'a aes_gcm::Key<C>: From<&'a [u8; KEY]>,
{
    /// Expands a key.
    pub(super) fn new(key: &[u8; KEY]) -> Self {
        Self(C::new(key.into()))
    }

    /// Encrypts in place; `None` if the text is too long.
    #[cfg_attr(
        all(feature = "aws-lc-rs", not(feature = "laravel")),
        allow(dead_code, reason = "files are only read")
    )]
    pub(super) fn encrypt(&self, iv: &Iv, associated: &[u8], text: &mut [u8]) -> Option<Tag> {
        stack::wiped_cipher(|| {
            let cipher = &self.0;
            let tag = cipher.encrypt_inout_detached(iv.into(), associated, text.into());
            tag.ok().map(Into::into)
        })
    }

    /// Decrypts into a buffer of the same length, if the tag is right.
    pub(super) fn decrypt(
        &self,
        iv: &Iv,
        tag: &Tag,
        associated: &[u8],
        ciphertext: &[u8],
        text: &mut [u8],
    ) -> Result<(), InvalidTag> {
        let buffers = InOutBuf::new(ciphertext, text).map_err(|_| InvalidTag)?;
        stack::wiped_cipher(|| {
            let cipher = &self.0;
            let opened = cipher.decrypt_inout_detached(iv.into(), associated, buffers, tag.into());
            opened.map_err(|_| InvalidTag)
        })
    }
}
