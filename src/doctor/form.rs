//! [`Form`]: recognizes a value by its form alone, before any key is tried.

use crate::cipher::aes_cbc::Ciphertext;
use crate::message::base64::{self, Alphabet};
use crate::message::parts::{SealedParts, SignedParts};

use super::cookie_format::CookieFormat;
use super::foreign;

/// The lengths of the digests with which Rails apps sign, in bytes: MD5, SHA-1 and RIPEMD-160,
/// SHA-224, SHA-256, SHA-384, SHA-512.
pub(super) const DIGESTS: [usize; 6] = [16, 20, 28, 32, 48, 64];

/// The form of a value, with the digest length that trying keys needs.
#[derive(Clone, Copy)]
pub(super) enum Form {
    Gcm,
    Cbc { digest_len: usize },
    Signed { digest_len: usize },
    Foreign(CookieFormat),
    Unknown,
}

/// Decodes the data of a signed message. Up to Rack 2.0 `Rack::Session::Cookie` wrote base64 with a
/// line feed after every 60 characters and at the end (`[data].pack("m")`), and signed it so.
pub(super) fn decoded(data: &[u8]) -> Option<Vec<u8>> {
    if !has_line_feeds(data) {
        return base64::decode_any(data);
    }
    let lines = data.split(|byte| *byte == b'\n');
    base64::decode_any(&lines.collect::<Vec<_>>().concat())
}

/// Checks for the line feeds of Ruby's `pack("m")`.
pub(super) fn has_line_feeds(data: &[u8]) -> bool {
    const WIDTH: usize = 60;
    data.ends_with(b"\n")
        && data
            .chunks(WIDTH + 1)
            .all(|line| memchr::memchr(b'\n', line).is_some_and(|place| place + 1 == line.len()))
}

impl Form {
    /// Recognizes the form of an unescaped value. `name` is the cookie's name.
    pub(super) fn of(value: &[u8], name: Option<&str>) -> Self {
        if SealedParts::parse(value, Alphabet::Standard, &mut Vec::new()).is_some() {
            return Self::Gcm;
        }
        if foreign::is_mojolicious(value, name) {
            return Self::Foreign(CookieFormat::Mojolicious);
        }
        for digest_len in DIGESTS {
            let Some(signed) = SignedParts::parse(value, digest_len) else {
                continue;
            };
            let is_hex = signed.digest_bytes(&mut [0; 64]).is_some();
            let Some(data) = decoded(signed.data).filter(|data| !data.is_empty()) else {
                continue;
            };
            if is_hex {
                let is_cbc = Ciphertext::parse(&data, Alphabet::Standard)
                    .is_some_and(|inner| !inner.bytes.is_empty() && inner.bytes.len() % 16 == 0);
                return if is_cbc {
                    Self::Cbc { digest_len }
                } else {
                    Self::Signed { digest_len }
                };
            }
        }
        foreign::format_of(value, name).map_or(Self::Unknown, Self::Foreign)
    }

    pub(super) fn format(&self) -> CookieFormat {
        match self {
            Self::Gcm => CookieFormat::EncryptedGcm,
            Self::Cbc { .. } => CookieFormat::EncryptedCbc,
            Self::Signed { .. } => CookieFormat::Signed,
            Self::Foreign(format) => *format,
            Self::Unknown => CookieFormat::Unknown,
        }
    }
}
