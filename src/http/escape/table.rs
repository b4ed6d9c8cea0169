//! Tables of the replacement of each byte, in both directions, and the room that the output needs.

/// The size of the pieces in which runs are copied, longer than most runs between two escapes of a
/// base64 text. It is also the room that must follow the output, since a piece may reach beyond its
/// run.
pub(super) const MARGIN: usize = 64;

pub(super) const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// The replacement of each byte: up to three bytes, then their number.
#[expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "evaluated by the compiler"
)]
pub(super) static ESCAPES: [[u8; 4]; 256] = {
    let mut table = [[0; 4]; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = if stays(byte as u8) {
            [byte as u8, 0, 0, 1]
        } else if byte == b' ' as usize {
            [b'+', 0, 0, 1]
        } else {
            [b'%', HEX[byte >> 4], HEX[byte & 15], 3]
        };
        byte += 1;
    }
    table
};

pub(super) const fn stays(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'*' | b'-' | b'.' | b'_')
}

/// The value of each byte as a hex digit; 255 if it is not a digit.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
pub(super) const NIBBLES: [u8; 256] = {
    let mut table = [255; 256];
    let mut value = 0;
    while value < 16 {
        let digit = HEX[value as usize];
        table[digit as usize] = value;
        table[digit.to_ascii_lowercase() as usize] = value;
        value += 1;
    }
    table
};

/// Returns where the escaped output after `start` ends if it grows as base64 does, by 2 bytes in
/// 32, plus a margin for surplus bytes that are overwritten later. More room is made when it is
/// needed.
pub(super) fn usual_end(start: usize, value: &[u8]) -> usize {
    start + value.len() + value.len() / 8 + 2 * MARGIN
}
