//! [`Codec`]: a message format with its key. Each format pairs a cipher with the form of the text
//! (`ActiveSupport::MessageEncryptor` and `MessageVerifier`).

use crate::cipher::aes_cbc::{AesCbcKey, Ciphertext};
use crate::cipher::aes_gcm::AesGcmKey;
use crate::cipher::hmac::{HmacKey, LONGEST, Verified};
use crate::error::{Error, Refusal};
use crate::settings::{Cipher, HmacDigest};

use super::base64::{self, Alphabet};
use super::incoming::Incoming;
use super::parts::{SealedParts, SignedParts};

/// Seals and opens messages in one format, with one key.
#[derive(Clone)]
pub(crate) enum Codec {
    Gcm(Gcm),
    Cbc(Cbc),
    Signed(Signed),
}

impl Codec {
    /// Seals a text into a message, which replaces the contents of its buffer. The text may be
    /// encrypted in place.
    pub(crate) fn seal(&self, text: &mut [u8], message: &mut Vec<u8>) -> Result<(), Error> {
        match self {
            Self::Gcm(gcm) => gcm.seal(text, message)?,
            Self::Cbc(cbc) => *message = cbc.seal(text)?,
            Self::Signed(signed) => *message = signed.seal(text),
        }
        Ok(())
    }

    /// Opens a message into a buffer, replacing its contents.
    pub(crate) fn open(
        &self,
        message: &mut Incoming<'_>,
        text: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        match self {
            Self::Gcm(gcm) => {
                let parts = message.sealed(gcm.alphabet).ok_or(Refusal::Malformed)?;
                gcm.open(&parts, text)?;
            }
            Self::Cbc(cbc) => *text = cbc.open(message.text())?,
            Self::Signed(signed) => *text = signed.open(message.text())?,
        }
        Ok(())
    }

    /// Returns the cipher; `None` if the codec only signs.
    pub(crate) fn cipher(&self) -> Option<Cipher> {
        match self {
            Self::Gcm(_) => Some(Cipher::Aes256Gcm),
            Self::Cbc(_) => Some(Cipher::Aes256Cbc),
            Self::Signed(_) => None,
        }
    }

    /// Returns the digest of the HMAC; `None` if the cipher needs no HMAC.
    pub(crate) fn hmac_digest(&self) -> Option<HmacDigest> {
        match self {
            Self::Gcm(_) => None,
            Self::Cbc(cbc) => Some(cbc.signed.digest()),
            Self::Signed(signed) => Some(signed.digest()),
        }
    }

    /// Returns the length of a message's last part, and the length of the part before it if it is
    /// the same in all messages.
    pub(crate) fn last_parts(&self) -> (usize, Option<usize>) {
        match self {
            Self::Gcm(gcm) => {
                let (tag, iv) = SealedParts::last_parts(gcm.alphabet);
                (tag, Some(iv))
            }
            Self::Cbc(Cbc { signed, .. }) | Self::Signed(signed) => {
                (SignedParts::last_part(signed.digest().len()), None)
            }
        }
    }

    /// Returns true if sealing the same text again makes another message.
    pub(crate) fn is_random(&self) -> bool {
        !matches!(self, Self::Signed(_))
    }

    /// Returns how many messages the key has sealed; `None` if the key is safe for any number.
    pub(crate) fn seals(&self) -> Option<u64> {
        self.counted().map(AesGcmKey::seals)
    }

    /// Raises the count of sealed messages to this number, if it is lower.
    pub(crate) fn raise_seals(&self, to: u64) {
        if let Some(key) = self.counted() {
            key.raise_seals(to);
        }
    }

    /// Returns the key whose seals are counted: with random nonces of 96 bits it is safe for 2^32
    /// messages. The other keys last longer than any cookie jar: the initialisation vectors of CBC
    /// have 128 bits, and HMAC has none.
    fn counted(&self) -> Option<&AesGcmKey> {
        match self {
            Self::Gcm(gcm) => Some(&gcm.key),
            Self::Cbc(_) | Self::Signed(_) => None,
        }
    }
}

/// AES-256-GCM: `data--iv--tag`.
#[derive(Clone)]
pub(crate) struct Gcm {
    key: AesGcmKey,
    alphabet: Alphabet,
}

impl Gcm {
    pub(crate) fn new(key: AesGcmKey, alphabet: Alphabet) -> Self {
        Self { key, alphabet }
    }

    fn seal(&self, text: &mut [u8], message: &mut Vec<u8>) -> Result<(), Error> {
        let (iv, tag) = self.key.seal(text)?;
        let parts = SealedParts {
            ciphertext: text,
            iv,
            tag,
        };
        parts.join(self.alphabet, message);
        Ok(())
    }

    pub(crate) fn open(&self, parts: &SealedParts<'_>, text: &mut Vec<u8>) -> Result<(), Refusal> {
        self.key
            .open(&parts.iv, &parts.tag, parts.ciphertext, text)
            .map_err(|_| Refusal::Invalid)
    }
}

/// AES-256-CBC with an HMAC, as Rails wrote it up to 5.1: the signed text is `ciphertext--iv`.
#[derive(Clone)]
pub(crate) struct Cbc {
    key: AesCbcKey,
    signed: Signed,
}

impl Cbc {
    pub(crate) fn new(key: AesCbcKey, signing_key: HmacKey, alphabet: Alphabet) -> Self {
        Self {
            key,
            signed: Signed::new(signing_key, alphabet),
        }
    }

    fn seal(&self, text: &[u8]) -> Result<Vec<u8>, Error> {
        let ciphertext = self.key.seal(text)?;
        Ok(self.signed.seal(&ciphertext.join(self.signed.alphabet)))
    }

    pub(crate) fn open(&self, message: &[u8]) -> Result<Vec<u8>, Refusal> {
        let alphabet = self.signed.alphabet;
        let ciphertext = self
            .signed
            .verify(message)?
            .and_then(|data| Ciphertext::parse(&alphabet.decode(data)?, alphabet))
            .ok_or(Refusal::Invalid)?;
        self.key.open(ciphertext).ok_or(Refusal::Invalid)
    }
}

/// A signed text with its HMAC: `data--digest`.
#[derive(Clone)]
pub(crate) struct Signed {
    key: HmacKey,
    alphabet: Alphabet,
}

impl Signed {
    pub(crate) fn new(key: HmacKey, alphabet: Alphabet) -> Self {
        Self { key, alphabet }
    }

    fn digest(&self) -> HmacDigest {
        self.key.digest()
    }

    fn seal(&self, text: &[u8]) -> Vec<u8> {
        let mut message = Vec::with_capacity(self.sealed_len(text.len()));
        self.alphabet.encode_into(&mut message, text);
        let code = self.key.sign(&message);
        SignedParts::append_digest(&mut message, code.bytes());
        message
    }

    /// Returns the length of the message for a text of this length in bytes.
    fn sealed_len(&self, text: usize) -> usize {
        self.alphabet.encoded_len(text) + 2 + SignedParts::last_part(self.key.code_length())
    }

    pub(crate) fn open(&self, message: &[u8]) -> Result<Vec<u8>, Refusal> {
        let data = self.verify(message)?.into_inner();
        base64::decode_any(data).ok_or(Refusal::UnreadableValue)
    }

    /// Returns the signed data of a message, still in the form that was signed.
    pub(crate) fn verify<'a>(&self, message: &'a [u8]) -> Result<Verified<&'a [u8]>, Refusal> {
        let signed =
            SignedParts::parse(message, self.key.code_length()).ok_or(Refusal::Malformed)?;
        let mut code = [0; LONGEST];
        let code = signed.digest_bytes(&mut code).ok_or(Refusal::Malformed)?;
        self.key.verify(signed.data, code).ok_or(Refusal::Invalid)
    }
}
