//! Signed messages, `data--digest` (`ActiveSupport::MessageVerifier`).

use crate::cipher::hmac::HmacKey;
use crate::error::Refusal;

use super::base64;
use super::parts::Signed;

/// The longest digest there is, in bytes.
const LONGEST_CODE: usize = 64;

/// Signs texts, and verifies what was signed under the same key.
#[derive(Clone)]
pub(crate) struct Verifier(HmacKey);

impl Verifier {
    pub(crate) fn new(key: HmacKey) -> Self {
        Self(key)
    }

    /// Signs a text.
    pub(crate) fn seal(&self, text: &[u8]) -> Vec<u8> {
        let mut message = Vec::with_capacity(self.sealed_len(text.len()));
        base64::encode_into(&mut message, text);
        let code = self.0.sign(&message);
        Signed::append_digest(&mut message, code.as_bytes());
        message
    }

    /// The length of the message for a text of so many bytes.
    pub(crate) fn sealed_len(&self, text: usize) -> usize {
        base64::encoded_len(text) + 2 + 2 * self.0.code_length()
    }

    /// The text of a message, once its digest is found right.
    pub(crate) fn open(&self, message: &[u8]) -> Result<Vec<u8>, Refusal> {
        let signed = Signed::parse(message, self.0.code_length()).ok_or(Refusal::Malformed)?;
        let mut code = [0; LONGEST_CODE];
        let code = signed.digest_bytes(&mut code).ok_or(Refusal::Malformed)?;
        if !self.0.verify(signed.data, code) {
            return Err(Refusal::Invalid);
        }
        base64::decode_any(signed.data).ok_or(Refusal::UnreadableValue)
    }
}
