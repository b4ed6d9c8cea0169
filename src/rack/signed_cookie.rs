//! [`SignedCookie`]: base64 with its HMAC, `data--digest` (`Rack::Session::Cookie` of Rack 1 and 2,
//! and `legacy_hmac_secret` of rack-session 2).

use crate::cipher::hmac::{HmacKey, LONGEST};
use crate::error::Refusal;
use crate::message::base64::{Alphabet, decode_any};
use crate::message::parts::SignedParts;
use crate::settings::HmacDigest;

use super::rack_version::Lines;

/// The length of a line of base64 (`pack("m")` of 45 bytes).
const LINE: usize = 60;

/// Signs and verifies cookies with one key. The key is the secret itself, and the text that is
/// signed has its line feeds.
#[derive(Clone)]
pub(super) struct SignedCookie(HmacKey);

impl SignedCookie {
    pub(super) fn new(secret: &[u8], digest: HmacDigest) -> Self {
        Self(HmacKey::new(digest, secret))
    }

    pub(super) fn digest(&self) -> HmacDigest {
        self.0.digest()
    }

    pub(super) fn seal(&self, payload: &[u8], lines: Lines) -> Vec<u8> {
        let mut data = Vec::new();
        Alphabet::Standard.encode_into(&mut data, payload);
        if lines == Lines::OfSixty {
            let lines = data.chunks(LINE).flat_map(|line| [line, b"\n"]);
            data = lines.flatten().copied().collect();
        }
        let code = self.0.sign(&data);
        SignedParts::append_digest(&mut data, code.bytes());
        data
    }

    pub(super) fn open(&self, value: &[u8]) -> Result<Vec<u8>, Refusal> {
        let signed = SignedParts::parse(value, self.0.code_length()).ok_or(Refusal::Malformed)?;
        let mut code = [0; LONGEST];
        let code = signed.digest_bytes(&mut code).ok_or(Refusal::Malformed)?;
        let data = self.0.verify(signed.data, code).ok_or(Refusal::Invalid)?;
        let mut data = data.into_inner().to_vec();
        // Ruby skips white space in base64 (`unpack("m")`).
        data.retain(|byte| !byte.is_ascii_whitespace());
        decode_any(&data).ok_or(Refusal::UnreadableValue)
    }
}
