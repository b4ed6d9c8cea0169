//! Base64 (RFC 4648 section 4), strict: padded, without white space, without stray bits in the last
//! digit.
//!
//! The only place that chooses an engine. Short texts (a nonce, a tag) are faster with the scalar
//! engine. Long texts are faster with the vector engine, or with our own on processors with
//! AVX-512.

#[cfg(all(feature = "simd", target_arch = "x86_64"))]
mod base64_avx512;
#[cfg(test)]
mod tests;

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use base64::engine::{general_purpose::PAD, simd::Simd};

#[cfg(all(feature = "simd", target_arch = "x86_64"))]
use crate::lanes;

/// The length from which on a vector engine is used; a nonce and a tag are shorter.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
const LONG: usize = 64;

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
static VECTOR: LazyLock<Simd> = LazyLock::new(|| Simd::standard(PAD));

/// The alphabet of RFC 4648 in which a message's parts are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Alphabet {
    /// Section 4, padded: for all cookies, and for other messages unless the app chooses otherwise.
    #[default]
    Standard,
    /// Section 5, unpadded: `url_safe: true` (Rails 7.1 and later).
    UrlSafe,
    /// Section 5, padded: signed global ids (`GlobalID::Verifier`).
    UrlSafePadded,
}

impl Alphabet {
    pub(crate) const fn when_url_safe(url_safe: bool) -> Self {
        if url_safe {
            Self::UrlSafe
        } else {
            Self::Standard
        }
    }

    fn url_safe_engine(self) -> &'static GeneralPurpose {
        match self {
            Self::UrlSafePadded => &URL_SAFE,
            Self::Standard | Self::UrlSafe => &URL_SAFE_NO_PAD,
        }
    }

    /// Returns the length of the text of `length` bytes.
    pub(crate) const fn encoded_len(self, length: usize) -> usize {
        match self {
            Self::Standard | Self::UrlSafePadded => encoded_len(length),
            Self::UrlSafe => (length * 4).div_ceil(3),
        }
    }

    /// Appends the text of the bytes.
    pub(crate) fn encode_into(self, text: &mut Vec<u8>, bytes: &[u8]) {
        self.encode_over(text, text.len(), bytes);
    }

    /// Replaces everything from `start` on with the text of the bytes.
    pub(crate) fn encode_over(self, text: &mut Vec<u8>, start: usize, bytes: &[u8]) {
        match self {
            Self::Standard => encode_over(text, start, bytes),
            Self::UrlSafe | Self::UrlSafePadded => {
                text.resize(start + self.encoded_len(bytes.len()), 0);
                let out = text.get_mut(start..).unwrap_or_default();
                // The room is exact, so this cannot fail.
                let _ = self.url_safe_engine().encode_slice(bytes, out);
            }
        }
    }

    /// Decodes a text. As in Rails, url-safe accepts either alphabet, padded or not
    /// (`Base64.urlsafe_decode64`), and standard accepts only itself.
    pub(crate) fn decode(self, text: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Standard => decode(text),
            Self::UrlSafe | Self::UrlSafePadded => decode_any(text),
        }
    }

    /// Decodes a text into a buffer, replacing its contents.
    pub(crate) fn decode_into(self, bytes: &mut Vec<u8>, text: &[u8]) -> Option<()> {
        match self {
            Self::Standard => decode_into(bytes, text),
            Self::UrlSafe | Self::UrlSafePadded => {
                *bytes = decode_any(text)?;
                Some(())
            }
        }
    }

    /// Decodes a short text of `N` bytes; `None` if it is not strict base64 of exactly `N` bytes.
    pub(crate) fn decode_array<const N: usize>(self, text: &[u8]) -> Option<[u8; N]> {
        match self {
            Self::Standard => decode_array(text),
            Self::UrlSafe | Self::UrlSafePadded => {
                let mut bytes = [0; N];
                let length = self.url_safe_engine().decode_slice(text, &mut bytes);
                (length.ok()? == N).then_some(bytes)
            }
        }
    }
}

/// Returns the length of the text of `length` bytes.
pub(crate) const fn encoded_len(length: usize) -> usize {
    length.div_ceil(3) * 4
}

/// Replaces everything from `start` on with the text of the bytes. The old contents are overwritten
/// in place; emptying the buffer first would mean filling it with zeros.
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

/// Encodes into a slice of exactly the text's length, on any processor.
fn encode_anywhere(bytes: &[u8], text: &mut [u8]) {
    // The room is exact, so this cannot fail.
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    if bytes.len() >= LONG {
        let _ = VECTOR.encode_slice(bytes, text);
        return;
    }
    let _ = STANDARD.encode_slice(bytes, text);
}

/// Decodes a text into a new buffer; `None` if it is not strict base64.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    decode_into(&mut bytes, text)?;
    Some(bytes)
}

/// Decodes a text into a buffer, replacing its contents.
fn decode_into(bytes: &mut Vec<u8>, text: &[u8]) -> Option<()> {
    bytes.resize(text.len().div_ceil(4) * 3 + MARGIN, 0);
    let length = decode_to(bytes, text)?;
    bytes.truncate(length);
    Some(())
}

/// The room that must follow the decoded bytes, since whole blocks are written.
const MARGIN: usize = 64;

/// Decodes into room for the bytes and [`MARGIN`] more, and returns their number.
fn decode_to(room: &mut [u8], text: &[u8]) -> Option<usize> {
    #[cfg(all(feature = "simd", target_arch = "x86_64"))]
    if text.len() >= LONG
        && let Some(avx512) = lanes::avx512::found()
    {
        return base64_avx512::decode_to(avx512, room, text);
    }
    decode_anywhere(room, text)
}

/// Decodes as [`decode_to`] does, on any processor.
fn decode_anywhere(room: &mut [u8], text: &[u8]) -> Option<usize> {
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    if text.len() >= LONG {
        return VECTOR.decode_slice(text, room).ok();
    }
    STANDARD.decode_slice(text, room).ok()
}

/// Decodes a short text of `N` bytes; `None` if it is not strict base64 of exactly `N` bytes.
fn decode_array<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    (STANDARD.decode_slice(text, &mut bytes).ok()? == N).then_some(bytes)
}

/// Decodes a text in the standard alphabet, or in the url-safe one with or without padding, as
/// Rails 7.2.3 and 8.0.2 do for signed messages (`message_verifier.rb`).
pub(crate) fn decode_any(text: &[u8]) -> Option<Vec<u8>> {
    decode(text)
        .or_else(|| URL_SAFE.decode(text).ok())
        .or_else(|| URL_SAFE_NO_PAD.decode(text).ok())
}
