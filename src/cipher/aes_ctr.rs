//! AES-256-CTR with a counter of 128 bits (NIST SP 800-38A section 6.5; OpenSSL's `aes-256-ctr`).
//!
//! CTR does not show who wrote a ciphertext: only [`Verified`] ciphertexts are decrypted.

use aes::Aes256;
use aes::cipher::{KeyIvInit, StreamCipher};
use ctr::Ctr128BE;

use crate::error::Error;
use crate::random;
use crate::stack;

use super::hmac::Verified;

/// The first counter block of one message.
pub(crate) type Iv = [u8; 16];

/// Encrypts in place under a first counter block from the operating system.
pub(crate) fn seal(key: &[u8; 32], text: &mut [u8]) -> Result<Iv, Error> {
    let mut iv = Iv::default();
    random::fill(&mut iv)?;
    apply(key, &iv, text);
    Ok(iv)
}

/// Decrypts a ciphertext that the HMAC check accepted.
pub(crate) fn open(key: &[u8; 32], iv: &Iv, ciphertext: Verified<&[u8]>) -> Vec<u8> {
    let mut text = ciphertext.into_inner().to_vec();
    apply(key, iv, &mut text);
    text
}

/// Encrypts or decrypts in place.
pub(super) fn apply(key: &[u8; 32], iv: &Iv, text: &mut [u8]) {
    stack::wiped(|| Ctr128BE::<Aes256>::new(key.into(), iv.into()).apply_keystream(text));
}
