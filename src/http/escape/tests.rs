//! Tests values of every length, and every byte at every place, against the standard read byte by
//! byte, on each kind of processor that this machine can be.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[cfg(all(feature = "simd", target_arch = "x86_64"))]
use fearless_simd::{Level, dispatch};

#[cfg(all(feature = "simd", target_arch = "x86_64"))]
use super::escape_avx512::{decode_with, escape_with};
use super::{MARGIN, decode_anywhere, escape_anywhere};

type Escape = fn(&mut Vec<u8>, &[u8]);
type Decode = fn(&mut [u8], &[u8]) -> Option<usize>;

/// Longer than some blocks of 64 and of 21 bytes, and two bytes longer than a block.
const LONGEST: usize = 200;

/// The code for any processor, and the code for AVX-512; on other processors the AVX-512
/// instructions are emulated.
const WAYS: &[(Escape, Decode)] = &[
    (escape_anywhere, decode_anywhere),
    #[cfg(all(feature = "simd", target_arch = "x86_64"))]
    (
        |out, value| dispatch!(Level::new(), simd => escape_with(simd, out, value)),
        |room, value| dispatch!(Level::new(), simd => decode_with(simd, room, value)),
    ),
];

/// Escapes by the URL standard's `application/x-www-form-urlencoded`, a byte at a time.
fn expected(value: &[u8]) -> Vec<u8> {
    let escaped = value.iter().map(|byte| match byte {
        b'*' | b'-' | b'.' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
            char::from(*byte).to_string()
        }
        b' ' => "+".to_owned(),
        byte => format!("%{byte:02X}"),
    });
    escaped.collect::<String>().into_bytes()
}

fn escaped(escape: Escape, value: &[u8]) -> Vec<u8> {
    // Appended after the old contents, which stay.
    let mut out = b"k=".to_vec();
    escape(&mut out, value);
    out.strip_prefix(b"k=").unwrap().to_vec()
}

fn decoded(decode: Decode, value: &[u8]) -> Option<Vec<u8>> {
    let mut room = vec![0xAA; value.len() + MARGIN];
    let length = decode(&mut room, value)?;
    Some(room[..length].to_vec())
}

#[test]
fn any_bytes_there_and_back() {
    let mut checked = 0;
    for &(escape, decode) in WAYS {
        for length in 0..=LONGEST {
            // Each with another share of escaped bytes: none, few, all, and spaces.
            let kinds: [fn(usize) -> u8; 5] = [
                |at| b"ABCxyz019-_.*"[at % 13],
                |at| if at % 31 == 5 { b'+' } else { b'A' },
                |at| u8::try_from((at * 89 + 7) % 256).unwrap(),
                |_| b'=',
                |at| b" a"[at % 2],
            ];
            for kind in kinds {
                let value: Vec<u8> = (0..length).map(kind).collect();
                let text = escaped(escape, &value);
                assert_eq!(text, expected(&value), "{value:?}");
                assert_eq!(decoded(decode, &text).unwrap(), value);
                let lower = text.to_ascii_lowercase();
                let lower_value = value.to_ascii_lowercase();
                if value.is_ascii() {
                    assert_eq!(decoded(decode, &lower).unwrap(), lower_value);
                }
                checked += 1;
            }
        }
    }
    assert_eq!(checked, WAYS.len() * (LONGEST + 1) * 5);
}

#[test]
fn every_byte_at_every_place() {
    let mut checked = 0;
    for &(escape, decode) in WAYS {
        for byte in 0..=255 {
            for place in 0..LONGEST {
                let mut value = [b'm'; LONGEST];
                value[place] = byte;
                let text = escaped(escape, &value);
                assert_eq!(text, expected(&value), "{byte} at {place}");
                assert_eq!(decoded(decode, &text).unwrap(), value, "{byte} at {place}");
                checked += 1;
            }
        }
    }
    assert_eq!(checked, WAYS.len() * 256 * LONGEST);
}

#[test]
fn a_percent_without_two_digits_anywhere() {
    let mut checked = 0;
    for &(_, decode) in WAYS {
        for length in 1..=LONGEST {
            for place in 0..length {
                let mut text = vec![b'm'; length];
                text[place] = b'%';
                // `m` is not a digit, and neither is a byte after the end.
                assert_eq!(decoded(decode, &text), None, "{place} of {length}");
                if let Some(digits) = text.get_mut(place + 1..place + 3) {
                    digits.copy_from_slice(b"4a");
                    let mut value = vec![b'm'; length - 2];
                    value[place] = b'J';
                    assert_eq!(decoded(decode, &text).unwrap(), value);
                }
                checked += 1;
            }
        }
        // Every pair of bytes after it, at the end of a block and within one.
        for pair in 0..=u16::MAX {
            let [high, low] = pair.to_be_bytes();
            let digits = [high, low].map(|byte| char::from(byte).to_digit(16));
            let [high_digit, low_digit] = digits;
            for place in [20, 62, 63] {
                let mut text = [b'm'; 80];
                text[place..place + 3].copy_from_slice(&[b'%', high, low]);
                let found = decoded(decode, &text).map(|value| value[place]);
                let value = high_digit.zip(low_digit).map(|(high, low)| 16 * high + low);
                assert_eq!(found.map(u32::from), value, "{pair:04X} at {place}");
                checked += 1;
            }
        }
    }
    assert_eq!(
        checked,
        WAYS.len() * (LONGEST * (LONGEST + 1) / 2 + 3 * 65_536)
    );
}
