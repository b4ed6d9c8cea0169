//! [`Encryptor`]: encrypted messages (`Rack::Session::Encryptor` of rack-session 2, `encryptor.rb`).
//!
//! ```text
//! V1: 1, salt (32), counter (16), ciphertext, HMAC-SHA256 (32) of all before it and the purpose
//! V2: 2, salt (32), nonce (12), tag (16), ciphertext; associated data: 2, salt and the purpose
//! text: length of the padding (2 bytes, little endian), padding, the serialized session
//! ```
//!
//! The key of a message is the HMAC-SHA256 of its salt under the first 32 bytes of the secret. The
//! rest of the secret signs V1. V1 is url-safe base64; V2 is standard base64 in 2.1.2 and may be
//! url-safe in later releases, which read both.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use zeroize::Zeroizing;

use crate::cipher::aes_ctr;
use crate::cipher::aes_gcm::{AesGcmMessageKey, Iv, Tag};
use crate::cipher::hmac::HmacKey;
use crate::error::{Error, Refusal};
use crate::message::base64::{Alphabet, decode_any};
use crate::random;
use crate::settings::HmacDigest;
use crate::stack;

use super::rack_version::Encryption;

/// The smallest secret in bytes (`Encryptor` of either version together).
pub(super) const LEAST_SECRET: usize = 64;

/// The multiple of bytes to which a text is padded (`pad_size`).
const PAD_SIZE: usize = 32;

const SALT: usize = 32;
const CODE: usize = 32;

/// Encrypts and decrypts messages with one secret.
#[derive(Clone)]
pub(super) struct Encryptor {
    /// The key from which the key of each message is derived.
    messages: HmacKey,
    signing: HmacKey,
}

impl Encryptor {
    /// Expands the keys; `None` if the secret is shorter than [`LEAST_SECRET`].
    pub(super) fn new(secret: &[u8]) -> Option<Self> {
        let (messages, signing) = secret.split_at_checked(32)?;
        let key = |key| HmacKey::new(HmacDigest::Sha256, key);
        (secret.len() >= LEAST_SECRET).then(|| Self {
            messages: key(messages),
            signing: key(signing),
        })
    }

    /// Opens a message of either version.
    pub(super) fn open(
        &self,
        value: &[u8],
        purpose: &[u8],
    ) -> Result<(Encryption, Vec<u8>), Refusal> {
        let message = decode_any(value).ok_or(Refusal::Malformed)?;
        let (version, text) = match message.first() {
            Some(1) => (Encryption::V1, self.open_v1(&message, purpose)?),
            Some(2) => (Encryption::V2, self.open_v2(&message, purpose)?),
            _ => return Err(Refusal::Malformed),
        };
        let payload = without_padding(&text).ok_or(Refusal::UnreadableValue)?;
        Ok((version, payload.to_vec()))
    }

    fn open_v1(&self, message: &[u8], purpose: &[u8]) -> Result<Vec<u8>, Refusal> {
        let (data, code) = message
            .split_last_chunk::<CODE>()
            .ok_or(Refusal::Malformed)?;
        let (salt, iv, before) = head_v1(data).ok_or(Refusal::Malformed)?;
        let signed = [data, purpose].concat();
        let ciphertext = self
            .signing
            .verify(&signed, code)
            .and_then(|signed| signed.and_then(|signed| signed.get(before..data.len())))
            .ok_or(Refusal::Invalid)?;
        Ok(aes_ctr::open(&self.message_key(salt), iv, ciphertext))
    }

    fn open_v2(&self, message: &[u8], purpose: &[u8]) -> Result<Vec<u8>, Refusal> {
        let parts = || {
            let (head, data) = message.split_at_checked(1 + SALT)?;
            let (iv, data) = data.split_first_chunk::<{ size_of::<Iv>() }>()?;
            let (tag, ciphertext) = data.split_first_chunk::<{ size_of::<Tag>() }>()?;
            Some((head, head.last_chunk::<SALT>()?, iv, tag, ciphertext))
        };
        let (head, salt, iv, tag, ciphertext) = parts().ok_or(Refusal::Malformed)?;
        let associated = [head, purpose].concat();
        AesGcmMessageKey::new(&self.message_key(salt))
            .open(iv, tag, &associated, ciphertext)
            .map_err(|_| Refusal::Invalid)
    }

    /// Seals a session into the value of a cookie.
    pub(super) fn seal(
        &self,
        version: Encryption,
        payload: &[u8],
        purpose: &[u8],
    ) -> Result<Vec<u8>, Error> {
        let mut text = padded(payload)?;
        let salt = random::<SALT>()?;
        let key = self.message_key(&salt);
        let head = |version: u8| [&[version][..], &salt].concat();
        Ok(match version {
            Encryption::V1 => {
                let iv = aes_ctr::seal(&key, &mut text)?;
                let mut message = [&head(1)[..], &iv, &text].concat();
                let code = self.signing.sign(&[&message, purpose].concat());
                message.extend(code.bytes());
                URL_SAFE.encode(message).into()
            }
            Encryption::V2 => {
                let associated = [&head(2)[..], purpose].concat();
                let (iv, tag) = AesGcmMessageKey::new(&key).seal(&associated, &mut text)?;
                let mut value = Vec::new();
                let message = [&head(2)[..], &iv, &tag, &text].concat();
                Alphabet::Standard.encode_into(&mut value, &message);
                value
            }
        })
    }

    /// Derives the key of a message. It stays in its place on the heap.
    #[expect(
        clippy::unnecessary_box_returns,
        reason = "a key that is moved leaves a copy on the stack"
    )]
    fn message_key(&self, salt: &[u8; SALT]) -> Box<Zeroizing<[u8; 32]>> {
        stack::wiped(|| {
            let mut key = Box::new(Zeroizing::new([0; 32]));
            let code = self.messages.sign(salt);
            for (to, from) in key.iter_mut().zip(code.bytes()) {
                *to = from;
            }
            key
        })
    }
}

/// Returns the salt and the first counter block of a V1 message, and the place of its ciphertext.
fn head_v1(data: &[u8]) -> Option<(&[u8; SALT], &aes_ctr::Iv, usize)> {
    let (_version, rest) = data.split_first()?;
    let (salt, rest) = rest.split_first_chunk()?;
    let (iv, ciphertext) = rest.split_first_chunk()?;
    Some((salt, iv, data.len() - ciphertext.len()))
}

/// Puts random padding, and its length, before a payload.
fn padded(payload: &[u8]) -> Result<Vec<u8>, Error> {
    let length = PAD_SIZE - (size_of::<u16>() + payload.len()) % PAD_SIZE;
    let padding = random::<PAD_SIZE>()?;
    let padding = padding.get(..length).unwrap_or_default();
    // One to 32 bytes.
    let length = u16::try_from(length).unwrap_or_default().to_le_bytes();
    Ok([&length, padding, payload].concat())
}

/// Returns the payload of a text; `None` if the text is shorter than it says.
fn without_padding(text: &[u8]) -> Option<&[u8]> {
    let (length, rest) = text.split_first_chunk()?;
    rest.get(usize::from(u16::from_le_bytes(*length))..)
}

fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    random::fill(&mut bytes)?;
    Ok(bytes)
}
