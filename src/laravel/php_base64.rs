//! Base64 as PHP's `base64_decode` reads it (`ext/standard/base64.c`).

use crate::message::base64;

/// Decodes a text as `base64_decode` does without `strict`: it skips every character that is not of
/// the alphabet, `=` as well, and drops the bits that are left over.
pub(super) fn decode(text: &[u8]) -> Vec<u8> {
    if let Some(bytes) = base64::decode(text) {
        return bytes;
    }
    digits(text.iter().filter_map(|byte| digit(*byte)))
}

/// Decodes a text as `base64_decode` does with `strict`: white space is skipped, padding may be
/// missing, and anything else is refused.
pub(super) fn decode_strict(text: &[u8]) -> Option<Vec<u8>> {
    if let Some(bytes) = base64::decode(text) {
        return Some(bytes);
    }
    let is_space = |byte: &&u8| !matches!(**byte, b' ' | b'\t' | b'\n' | b'\r');
    let text: Vec<u8> = text.iter().filter(is_space).copied().collect();
    let end = text.iter().position(|byte| *byte == b'=');
    let (digits_of, padding) = text.split_at(end.unwrap_or(text.len()));
    let is_padded = padding.is_empty() || padding.len() <= 2 && text.len().is_multiple_of(4);
    let is_whole = digits_of.len() % 4 != 1;
    let is_strict = digits_of.iter().all(|byte| digit(*byte).is_some())
        && padding.iter().all(|byte| *byte == b'=');
    (is_strict && is_padded && is_whole)
        .then(|| digits(digits_of.iter().filter_map(|byte| digit(*byte))))
}

/// Joins digits of six bits.
fn digits(digits: impl Iterator<Item = u8>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0_u32);
    for digit in digits {
        bits = bits << 6 | u32::from(digit);
        count += 6;
        if count >= 8 {
            count -= 8;
            let [.., byte] = (bits >> count).to_be_bytes();
            bytes.push(byte);
        }
    }
    bytes
}

fn digit(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{decode, decode_strict};

    /// By `php -r 'var_dump(base64_decode($text), base64_decode($text, true));'` (8.2.36).
    const CASES: [(&str, &str, Option<&str>); 14] = [
        ("YWJjZA==", "abcd", Some("abcd")),
        ("YWJjZA", "abcd", Some("abcd")),
        ("YWJjZA=", "abcd", None),
        ("YWJjZA===", "abcd", None),
        ("YW Jj\r\n\tZA==", "abcd", Some("abcd")),
        ("YW*JjZA==", "abcd", None),
        ("YW=JjZA==", "abcd", None),
        ("YWJjZ", "abc", None),
        ("YWJj=", "abc", None),
        ("YWJj", "abc", Some("abc")),
        ("====", "", None),
        ("=", "", None),
        ("A", "", None),
        ("", "", Some("")),
    ];

    #[test]
    fn texts_are_read_as_php_reads_them() {
        for (text, lenient, strict) in CASES {
            assert_eq!(decode(text.as_bytes()), lenient.as_bytes(), "{text}");
            let expected = strict.map(|text| text.as_bytes().to_vec());
            assert_eq!(decode_strict(text.as_bytes()), expected, "{text}");
        }
    }
}
