//! [`Form`]: recognizes a value by its form alone, before any key is tried.

use crate::cipher::aes_cbc::Ciphertext;
use crate::message::base64::{self, Alphabet};
use crate::message::parts::{SealedParts, SignedParts};

use super::cookie_format::CookieFormat;
use super::foreign;

/// The lengths of the digests with which Rails apps sign, in bytes: MD5, SHA-1 and RIPEMD-160,
/// SHA-224, SHA-256, SHA-384, SHA-512.
const DIGESTS: [usize; 6] = [16, 20, 28, 32, 48, 64];

/// The form of a value, with the digest length that trying keys needs.
#[derive(Clone, Copy)]
pub(super) enum Form {
    Gcm,
    Cbc { digest_len: usize },
    Signed { digest_len: usize },
    Foreign(CookieFormat),
    Unknown,
}

impl Form {
    /// Recognizes the form of an unescaped value. `name` is the cookie's name.
    pub(super) fn of(value: &[u8], name: Option<&str>) -> Self {
        if SealedParts::parse(value, Alphabet::Standard, &mut Vec::new()).is_some() {
            return Self::Gcm;
        }
        for digest_len in DIGESTS {
            let Some(signed) = SignedParts::parse(value, digest_len) else {
                continue;
            };
            let is_hex = signed.digest_bytes(&mut [0; 64]).is_some();
            let Some(data) = base64::decode_any(signed.data).filter(|data| !data.is_empty()) else {
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

    pub(super) fn is_known(&self) -> bool {
        !matches!(self, Self::Unknown)
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

/// A fault in the form of a value that was a message.
pub(super) enum Fault {
    /// The end is missing.
    CutOff(String),
    /// A part is not base64.
    Damaged(String),
}

/// Finds the fault of a value that looks like a damaged message; returns `None` if it does not look
/// like a message. `copied` is the length of the copied text in bytes.
pub(super) fn fault_of(value: &[u8], copied: usize) -> Option<Fault> {
    let text = std::str::from_utf8(value).ok()?;
    let in_alphabet =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_');
    if !text.bytes().all(in_alphabet) || text.len() < 16 {
        return None;
    }
    let parts: Vec<_> = text.splitn(4, "--").collect();
    let (first, last) = (parts.first()?.len(), parts.last()?.len());
    let count = parts.len();
    let ends_whole = last == 24 && count == 3 || DIGESTS.iter().any(|digest| last == 2 * digest);
    if count > 1 && (ends_whole || count > 3) {
        return Some(Fault::Damaged(format!(
            "its end is whole, but a part before it is no base64 (the first has {first} \
             characters): something was lost or changed in it"
        )));
    }
    let tells = match count {
        1 if text.len() < 64 => return None,
        1 => "it has no --, after which an encrypted message has 16 and 24 characters more, and \
              a signed one 40 or more"
            .to_owned(),
        2 => format!(
            "it ends after {last} characters of its second part; an encrypted message has 16 \
             there, -- and 24 more, and a signed one 40 or more"
        ),
        _ => format!("it ends after {last} of the 24 characters of its last part, the tag"),
    };
    let round = matches!(copied, 255 | 256 | 1023 | 1024 | 2047 | 2048 | 4095 | 4096);
    let limit = if round {
        format!("; its {copied} bytes look like the limit of a column or a buffer")
    } else {
        String::new()
    };
    Some(Fault::CutOff(format!("{tells}{limit}")))
}
