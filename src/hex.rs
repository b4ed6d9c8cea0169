//! Hexadecimal digits, in lower case as Ruby writes them.

/// Returns the two digits of a byte.
pub(crate) fn digits(byte: u8) -> [u8; 2] {
    [byte >> 4, byte & 15].map(|nibble| match nibble {
        0..10 => b'0' + nibble,
        _ => b'a' + nibble - 10,
    })
}

/// Returns the value of a lower-case digit.
pub(crate) fn value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}
