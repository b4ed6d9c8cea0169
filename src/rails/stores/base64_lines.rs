//! Base64 as Ruby's `Base64.encode64` writes it: a line break after every 60 characters, and at the
//! end (`pack("m")`, RFC 2045).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The bytes of a line: 45, which are 60 characters.
const LINE: usize = 45;

/// Writes lines of base64.
pub(super) fn encode(bytes: &[u8]) -> Vec<u8> {
    let mut text = String::with_capacity(bytes.len().div_ceil(LINE) * 61);
    for line in bytes.chunks(LINE) {
        STANDARD.encode_string(line, &mut text);
        text.push('\n');
    }
    text.into_bytes()
}

/// Reads base64 with line breaks anywhere; `None` if another character stands between.
pub(super) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let kept = text.iter().filter(|byte| !byte.is_ascii_whitespace());
    STANDARD.decode(kept.copied().collect::<Vec<_>>()).ok()
}
