//! Base64 (RFC 4648 section 4), strict: padded, no white space, no stray bits in the last digit.
//!
//! The one seam behind which an engine is chosen. Short texts (a nonce, a tag) are faster with the
//! scalar engine, long ones with the vector engine, or with our own where the processor has AVX-512.

#[cfg(all(feature = "simd", target_arch = "x86_64"))]
mod base64_avx512;
#[cfg(test)]
mod tests;

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use base64::engine::{general_purpose::PAD, simd::Simd};

#[cfg(all(feature = "simd", target_arch = "x86_64"))]
use crate::lanes;

/// From this length on a vector engine is used; a nonce and a tag are below it.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
const LONG: usize = 64;

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
static VECTOR: LazyLock<Simd> = LazyLock::new(|| Simd::standard(PAD));

/// In which of RFC 4648's alphabets a message's parts are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Alphabet {
    /// Section 4, padded: cookies always, other messages unless the app says otherwise.
    #[default]
    Standard,
    /// Section 5, unpadded: `url_safe: true` (Rails 7.0 and later).
    UrlSafe,
}

impl Alphabet {
    pub(crate) const fn when_url_safe(url_safe: bool) -> Self {
        if url_safe {
            Self::UrlSafe
        } else {
            Self::Standard
        }
    }

    /// The length of the text of `length` bytes.
    pub(crate) const fn encoded_len(self, length: usize) -> usize {
        match self {
            Self::Standard => encoded_len(length),
            Self::UrlSafe => (length * 4).div_ceil(3),
        }
    }

    /// Appends the text of the bytes.
    pub(crate) fn encode_into(self, text: &mut Vec<u8>, bytes: &[u8]) {
        self.encode_over(text, text.len(), bytes);
    }

    /// Puts the text of the bytes in place of all that comes from `start` on.
    pub(crate) fn encode_over(self, text: &mut Vec<u8>, start: usize, bytes: &[u8]) {
        match self {
            Self::Standard => encode_over(text, start, bytes),
            Self::UrlSafe => {
                text.resize(start + self.encoded_len(bytes.len()), 0);
                let out = text.get_mut(start..).unwrap_or_default();
                // The room is exact, so that no error can come of it.
                let _ = URL_SAFE_NO_PAD.encode_slice(bytes, out);
            }
        }
    }

    /// The bytes of a text. Rails takes either alphabet for the url-safe one, padded or not
    /// (`Base64.urlsafe_decode64`), and only the standard one for itself.
    pub(crate) fn decode(self, text: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Standard => decode(text),
            Self::UrlSafe => decode_any(text),
        }
    }

    /// The same in a buffer that is used again, in place of what was in it.
    pub(crate) fn decode_into(self, bytes: &mut Vec<u8>, text: &[u8]) -> Option<()> {
        match self {
            Self::Standard => decode_into(bytes, text),
            Self::UrlSafe => {
                *bytes = decode_any(text)?;
                Some(())
            }
        }
    }

    /// The `N` bytes of a short text; `None` where it is not strict base64 of exactly so many.
    pub(crate) fn decode_array<const N: usize>(self, text: &[u8]) -> Option<[u8; N]> {
        match self {
            Self::Standard => decode_array(text),
            Self::UrlSafe => {
                let mut bytes = [0; N];
                (URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()? == N).then_some(bytes)
            }
        }
    }
}

/// The length of the text of `length` bytes.
pub(crate) const fn encoded_len(length: usize) -> usize {
    length.div_ceil(3) * 4
}

/// Puts the text of the bytes in place of all that comes from `start` on. What a buffer held before
/// is so written over; to empty it first would mean to fill it with zeros.
pub(crate) fn encode_over(text: &mut Vec<u8>, start: usize, bytes: &[u8]) {
    text.resize(start + encoded_len(bytes.len()), 0);
    let out = text.get_mut(start..).unwrap_or_default();
    #[cfg(all(feature = "simd", target_arch = "x86_64"))]
    if bytes.len() >= LONG
        && let Some(avx512) = lanes::avx512::found()
    {
        return base64_avx512::encode_slice(avx512, bytes, out);
    }
    encode_anywhere(bytes, out);
}

/// Encodes into room of just the text's length, on any processor.
fn encode_anywhere(bytes: &[u8], text: &mut [u8]) {
    // The room is exact, so that no error can come of it.
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    if bytes.len() >= LONG {
        let _ = VECTOR.encode_slice(bytes, text);
        return;
    }
    let _ = STANDARD.encode_slice(bytes, text);
}

/// The bytes of a text, in a buffer of their own; `None` where it is not strict base64.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    decode_into(&mut bytes, text)?;
    Some(bytes)
}

/// The bytes of a text, in place of what was in the buffer.
fn decode_into(bytes: &mut Vec<u8>, text: &[u8]) -> Option<()> {
    bytes.resize(text.len().div_ceil(4) * 3 + MARGIN, 0);
    let length = decode_to(bytes, text)?;
    bytes.truncate(length);
    Some(())
}

/// How much room there must be behind the bytes of a text, for what is written in whole blocks.
const MARGIN: usize = 64;

/// Decodes into room for the bytes and [`MARGIN`] more; how many there are.
fn decode_to(room: &mut [u8], text: &[u8]) -> Option<usize> {
    #[cfg(all(feature = "simd", target_arch = "x86_64"))]
    if text.len() >= LONG
        && let Some(avx512) = lanes::avx512::found()
    {
        return base64_avx512::decode_to(avx512, room, text);
    }
    decode_anywhere(room, text)
}

/// [`decode_to`] on any processor.
fn decode_anywhere(room: &mut [u8], text: &[u8]) -> Option<usize> {
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    if text.len() >= LONG {
        return VECTOR.decode_slice(text, room).ok();
    }
    STANDARD.decode_slice(text, room).ok()
}

/// The `N` bytes of a short text; `None` where it is not strict base64 of exactly so many.
fn decode_array<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    (STANDARD.decode_slice(text, &mut bytes).ok()? == N).then_some(bytes)
}

/// The bytes of a text in the standard or in the url-safe alphabet, the latter padded or not:
/// what Rails 7.2.3 and 8.0.2 read in signed messages (`message_verifier.rb`).
pub(crate) fn decode_any(text: &[u8]) -> Option<Vec<u8>> {
    decode(text)
        .or_else(|| URL_SAFE.decode(text).ok())
        .or_else(|| URL_SAFE_NO_PAD.decode(text).ok())
}
