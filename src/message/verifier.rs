//! Signed messages, `data--digest` (`ActiveSupport::MessageVerifier`).

use crate::cipher::hmac::{HmacKey, LONGEST, Verified};
use crate::error::Refusal;
use crate::settings::HmacDigest;

use super::base64::{self, Alphabet};
use super::parts::Signed;

/// Signs texts, and verifies what was signed under the same key.
#[derive(Clone)]
pub(crate) struct Verifier {
    key: HmacKey,
    alphabet: Alphabet,
}

impl Verifier {
    pub(crate) fn new(key: HmacKey, alphabet: Alphabet) -> Self {
        Self { key, alphabet }
    }

    /// The digest by which it signs.
    pub(crate) fn digest(&self) -> HmacDigest {
        self.key.digest()
    }

    /// Signs a text.
    pub(crate) fn seal(&self, text: &[u8]) -> Vec<u8> {
        let mut message = Vec::with_capacity(self.sealed_len(text.len()));
        self.alphabet.encode_into(&mut message, text);
        let code = self.key.sign(&message);
        Signed::append_digest(&mut message, code.bytes());
        message
    }

    /// The length of the message for a text of so many bytes.
    pub(crate) fn sealed_len(&self, text: usize) -> usize {
        self.alphabet.encoded_len(text) + 2 + Signed::last_part(self.key.code_length())
    }

    /// The text of a message, once its digest is found right.
    pub(crate) fn open(&self, message: &[u8]) -> Result<Vec<u8>, Refusal> {
        let data = self.verify(message)?.into_inner();
        base64::decode_any(data).ok_or(Refusal::UnreadableValue)
    }

    /// The signed data of a message, still as the text that was signed.
    pub(crate) fn verify<'a>(&self, message: &'a [u8]) -> Result<Verified<&'a [u8]>, Refusal> {
        let signed = Signed::parse(message, self.key.code_length()).ok_or(Refusal::Malformed)?;
        let mut code = [0; LONGEST];
        let code = signed.digest_bytes(&mut code).ok_or(Refusal::Malformed)?;
        self.key.verify(signed.data, code).ok_or(Refusal::Invalid)
    }
}
