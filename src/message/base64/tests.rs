//! Tests texts of every length, and every byte at every place, against RFC 4648 read digit by
//! digit, on each kind of processor that this machine can be.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[cfg(all(feature = "simd", target_arch = "x86_64"))]
use fearless_simd::{Level, dispatch};

#[cfg(all(feature = "simd", target_arch = "x86_64"))]
use super::base64_avx512::{decode_with, encode_with};
use super::{MARGIN, decode_anywhere, encode_anywhere, encoded_len};

type Encode = fn(&[u8], &mut [u8]);
type Decode = fn(&mut [u8], &[u8]) -> Option<usize>;

/// Longer than some blocks of 48 bytes.
const LONGEST: usize = 200;

/// Lengths of texts that are barely decoded one by one, and barely in blocks; that start and end
/// blocks; with one `=`, with two and with none at the end.
const LENGTHS: [usize; 14] = [
    45, 46, 47, 48, 49, 63, 64, 65, 96, 97, 144, 190, 191, LONGEST,
];

/// The code for any processor, and the code for AVX-512; on other processors the AVX-512
/// instructions are emulated.
const WAYS: &[(Encode, Decode)] = &[
    (encode_anywhere, decode_anywhere),
    #[cfg(all(feature = "simd", target_arch = "x86_64"))]
    (
        |bytes, text| dispatch!(Level::new(), simd => encode_with(simd, bytes, text)),
        |room, text| dispatch!(Level::new(), simd => decode_with(simd, room, text)),
    ),
];

/// Encodes by section 4: six bits a digit, the last digit filled up with zeros, the last group with
/// `=`.
fn expected(bytes: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = Vec::new();
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0usize, |bits, at| {
            bits << 8 | usize::from(group.get(at).copied().unwrap_or(0))
        });
        for digit in 0..4 {
            text.push(if digit <= group.len() {
                DIGITS[bits >> (18 - 6 * digit) & 63]
            } else {
                b'='
            });
        }
    }
    text
}

fn encoded(encode: Encode, bytes: &[u8]) -> Vec<u8> {
    let mut text = vec![0xAA; encoded_len(bytes.len())];
    encode(bytes, &mut text);
    text
}

fn decoded(decode: Decode, text: &[u8]) -> Option<Vec<u8>> {
    let mut room = vec![0xAA; text.len().div_ceil(4) * 3 + MARGIN];
    let length = decode(&mut room, text)?;
    Some(room[..length].to_vec())
}

/// Returns bytes in which every digit occurs.
fn some(length: usize) -> Vec<u8> {
    let byte = |at| u8::try_from((at * 89 + at / 7 + length) % 256).unwrap();
    (0..length).map(byte).collect()
}

#[test]
fn any_length_there_and_back() {
    let mut checked = 0;
    for &(encode, decode) in WAYS {
        for length in 0..=LONGEST {
            for bytes in [some(length), vec![0; length], vec![0xFF; length]] {
                let text = encoded(encode, &bytes);
                assert_eq!(text, expected(&bytes), "{length}");
                assert_eq!(decoded(decode, &text).unwrap(), bytes, "{length}");
                // A digit, or a padding, too few or too many.
                if length > 0 {
                    assert_eq!(decoded(decode, &text[..text.len() - 1]), None, "{length}");
                }
                let longer = [text.as_slice(), b"="].concat();
                assert_eq!(decoded(decode, &longer), None, "{length}");
                checked += 1;
            }
        }
    }
    assert_eq!(checked, WAYS.len() * (LONGEST + 1) * 3);
}

#[test]
fn every_byte_at_every_place() {
    let mut checked = 0;
    for &(_, decode) in WAYS {
        for length in LENGTHS {
            let bytes = some(length);
            let text = expected(&bytes);
            for place in 0..text.len() {
                for byte in 0..=255 {
                    let mut other = text.clone();
                    other[place] = byte;
                    // The text is valid if some bytes encode to it.
                    let found = decoded(decode, &other);
                    let is_text = found
                        .as_deref()
                        .is_some_and(|found| expected(found) == other);
                    assert_eq!(found.is_some(), is_text, "{byte} at {place} of {length}");
                    let last_group = place >= text.len() - 4;
                    if !last_group {
                        let is_digit = byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
                        assert_eq!(is_text, is_digit, "{byte} at {place} of {length}");
                    }
                    checked += 1;
                }
            }
        }
    }
    let digits: usize = LENGTHS.map(encoded_len).iter().sum();
    assert_eq!(checked, WAYS.len() * digits * 256);
}

/// The bits of the last digit that belong to no byte must be zero.
#[test]
fn stray_bits_are_refused() {
    let mut checked = 0;
    for &(_, decode) in WAYS {
        // At the end of a block, and at the start of one.
        for (length, unused) in [(190, 4), (191, 2), (193, 4), (194, 2)] {
            let text = expected(&vec![0; length]);
            let last = text.iter().rposition(|digit| *digit != b'=').unwrap();
            for (value, digit) in (b'A'..=b'Z')
                .chain(b'a'..=b'z')
                .chain(b'0'..=b'9')
                .enumerate()
            {
                let mut other = text.clone();
                other[last] = digit;
                let is_text = value % (1 << unused) == 0;
                assert_eq!(decoded(decode, &other).is_some(), is_text, "{value}");
                checked += 1;
            }
        }
    }
    assert_eq!(checked, WAYS.len() * 4 * 62);
}

/// Two wrong digits, in one block or at the same place of two blocks, do not cancel each other.
#[test]
fn two_wrong_digits_are_wrong() {
    let text = expected(&some(LONGEST));
    let mut checked = 0;
    for &(_, decode) in WAYS {
        for place in 0..64 {
            for distance in [1, 2, 64, 128] {
                for byte in [b'-', b'=', 0, 0x80, 0xC1, 0xFF] {
                    let mut other = text.clone();
                    other[place] = byte;
                    other[place + distance] = byte;
                    assert_eq!(
                        decoded(decode, &other),
                        None,
                        "{byte} at {place} and {distance}"
                    );
                    checked += 1;
                }
            }
        }
    }
    assert_eq!(checked, WAYS.len() * 64 * 4 * 6);
}
