//! [`CookieFormat`]: the kinds of cookies that the doctor tells apart.

use std::fmt;

use crate::settings::Cipher;

/// The kind of a cookie, recognized by its form alone, without a key.
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
    /// cookie-session (Express, Koa): base64 of JSON, with the signature in a second cookie.
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
    /// The bare id of a session that a server keeps.
    SessionId,
    /// An unknown format, or a cookie that is damaged beyond recognition.
    Unknown,
}

impl CookieFormat {
    /// Returns the name that `--json` prints (example: at the type).
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

    /// Returns `true` for the formats that Rails seals and a secret may open (example: at the
    /// type).
    #[must_use]
    pub const fn is_rails(self) -> bool {
        matches!(self, Self::EncryptedGcm | Self::EncryptedCbc | Self::Signed)
    }

    /// Returns the cipher of the format; `None` if the cookie is not encrypted by Rails.
    pub(super) const fn cipher(self) -> Option<Cipher> {
        match self {
            Self::EncryptedGcm => Some(Cipher::Aes256Gcm),
            Self::EncryptedCbc => Some(Cipher::Aes256Cbc),
            _ => None,
        }
    }
}

impl fmt::Display for CookieFormat {
    /// Writes a noun phrase with its article.
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
