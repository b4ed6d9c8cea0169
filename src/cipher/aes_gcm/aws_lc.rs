//! AES-256-GCM with `aws-lc-rs`: AWS-LC, in C and assembly. It decrypts while it checks the tag,
//! and overwrites the decrypted text if the tag is wrong.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use super::tag::{InvalidTag, Iv, Tag};
use crate::stack;

/// An expanded key. `None` if the library has no memory for a key: then nothing is opened or
/// sealed.
pub(super) struct Aes256Gcm(Option<LessSafeKey>);

impl Aes256Gcm {
    /// Expands a key.
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self(
            UnboundKey::new(&AES_256_GCM, key)
                .ok()
                .map(LessSafeKey::new),
        )
    }

    /// Encrypts in place; `None` if the text is too long.
    pub(super) fn encrypt(&self, iv: &Iv, associated: &[u8], text: &mut [u8]) -> Option<Tag> {
        let nonce = Nonce::assume_unique_for_key(*iv);
        let key = self.0.as_ref()?;
        let tag = stack::wiped_cipher(|| {
            key.seal_in_place_separate_tag(nonce, Aad::from(associated), text)
        });
        tag.ok()?.as_ref().try_into().ok()
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
        let nonce = Nonce::assume_unique_for_key(*iv);
        let key = self.0.as_ref().ok_or(InvalidTag)?;
        let associated = Aad::from(associated);
        stack::wiped_cipher(|| key.open_separate_gather(nonce, associated, ciphertext, tag, text))
            .map_err(|_| InvalidTag)
    }
}
