//! [`CookieFormat`]: what a value's form alone shows.

use std::fmt;

use crate::cipher::aes_cbc::Ciphertext;
use crate::message::base64::{self, Alphabet};
use crate::message::parts::{SealedParts, SignedParts};
use crate::settings::Cipher;

use super::foreign;

/// The lengths of the digests with which Rails apps sign, in bytes: MD5, SHA-1 and RIPEMD-160,
/// SHA-224, SHA-256, SHA-384, SHA-512.
const DIGESTS: [usize; 6] = [16, 20, 28, 32, 48, 64];

/// What kind of cookie it is, as far as the form alone shows.
///
/// ```
/// use hardtack::doctor::{CookieFormat, Doctor};
///
/// let form = |text: &str| Doctor::new().examine(text).format;
/// assert_eq!(form("connect.sid=s%3AabcDEF.DGDUkGlIkCzPz%2BC0B064FNgHdEjox7ch8tOBGslZ5QI"),
///     CookieFormat::ExpressSession);
/// assert_eq!(form("hello"), CookieFormat::Unknown);
/// assert!(CookieFormat::Signed.is_rails() && !CookieFormat::ExpressSession.is_rails());
/// assert_eq!(CookieFormat::EncryptedGcm.name(), "rails-encrypted-gcm");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CookieFormat {
    /// Rails' encrypted jar with AES-256-GCM: `data--iv--tag`.
    EncryptedGcm,
    /// Rails' encrypted jar with AES-256-CBC and an HMAC.
    EncryptedCbc,
    /// Rails' signed jar, and the sessions of Rails 2.3 to 3.2: `data--digest`.
    Signed,
    /// express-session's signed id: `s:<id>.<signature>`.
    ExpressSession,
    /// cookie-session (Express, Koa): base64 of JSON, its signature in a cookie beside it.
    CookieSession,
    /// rack-session's encryptor, version 1 (AES-256-CTR and an HMAC).
    RackSessionV1,
    /// rack-session's encryptor, version 2 (AES-256-GCM).
    RackSessionV2,
    /// A JSON Web Token, signed (RFC 7519) or encrypted (RFC 7516).
    Jwt,
    /// Django's signing: `data:timestamp:signature`.
    Django,
    /// itsdangerous, with which Flask signs its sessions: `data.timestamp.signature`.
    Itsdangerous,
    /// The id of a PHP session.
    PhpSessionId,
    /// The bare id of a session that some server keeps.
    SessionId,
    /// None of these, or damaged beyond recognition.
    Unknown,
}

impl CookieFormat {
    /// The name that `--json` prints (example: at the type).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EncryptedGcm => "rails-encrypted-gcm",
            Self::EncryptedCbc => "rails-encrypted-cbc",
            Self::Signed => "rails-signed",
            Self::ExpressSession => "express-session",
            Self::CookieSession => "cookie-session",
            Self::RackSessionV1 => "rack-session-v1",
            Self::RackSessionV2 => "rack-session-v2",
            Self::Jwt => "jwt",
            Self::Django => "django-signing",
            Self::Itsdangerous => "itsdangerous",
            Self::PhpSessionId => "php-session-id",
            Self::SessionId => "session-id",
            Self::Unknown => "unknown",
        }
    }

    /// Whether it is one that a Rails app seals, and that a secret may open (example: at the type).
    #[must_use]
    pub const fn is_rails(self) -> bool {
        matches!(self, Self::EncryptedGcm | Self::EncryptedCbc | Self::Signed)
    }

    /// The cipher that the form shows.
    pub(super) const fn cipher(self) -> Option<Cipher> {
        match self {
            Self::EncryptedGcm => Some(Cipher::Aes256Gcm),
            Self::EncryptedCbc => Some(Cipher::Aes256Cbc),
            _ => None,
        }
    }
}

impl fmt::Display for CookieFormat {
    /// As a noun phrase with its article.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EncryptedGcm => {
                "an encrypted cookie (AES-256-GCM, the default from Rails 5.2 on)"
            }
            Self::EncryptedCbc => {
                "an encrypted cookie (AES-256-CBC with HMAC, the default of Rails 4.0 to 5.1)"
            }
            Self::Signed => "a signed cookie",
            Self::ExpressSession => "an express-session cookie",
            Self::CookieSession => "a cookie-session cookie (Express or Koa)",
            Self::RackSessionV1 => "a rack-session cookie (its encryptor's version 1)",
            Self::RackSessionV2 => "a rack-session cookie (its encryptor's version 2)",
            Self::Jwt => "a JSON Web Token",
            Self::Django => "a value of Django's signing",
            Self::Itsdangerous => "a value of itsdangerous, as Flask's session is",
            Self::PhpSessionId => "a PHP session id",
            Self::SessionId => "the bare id of a session that a server keeps",
            Self::Unknown => "a value of no known form",
        })
    }
}

/// The form of a value, with what is needed to try keys.
#[derive(Clone, Copy)]
pub(super) enum Form {
    Gcm,
    Cbc { digest_len: usize },
    Signed { digest_len: usize },
    Foreign(CookieFormat),
    Unknown,
}

impl Form {
    /// The form of an unescaped value of the cookie of this name.
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

/// What is wrong with a value that is meant to be a message.
pub(super) enum Fault {
    /// Its end is missing.
    CutOff(String),
    /// A part of it is no base64.
    Damaged(String),
}

/// What a value lacks that looks like a message, but is none; it was copied in so many bytes.
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
