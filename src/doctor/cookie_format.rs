//! [`CookieFormat`]: the kinds of cookies that the doctor tells apart.

use std::fmt;

use crate::settings::Cipher;

/// Defines [`CookieFormat`] from its rows: a variant with its documentation, the name that `--json`
/// prints, and a noun phrase with its article.
macro_rules! formats {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal, $phrase:literal;)+) => {
        /// The kind of a cookie, recognized by its form, or by its form and name, without a key.
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
            $($(#[doc = $doc])+ $variant,)+
        }

        impl CookieFormat {
            /// Returns the name that `--json` prints (example: at the type).
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            const fn phrase(self) -> &'static str {
                match self {
                    $(Self::$variant => $phrase,)+
                }
            }
        }
    };
}

formats! {
    /// Rails' encrypted jar with AES-256-GCM: `data--iv--tag`.
    EncryptedGcm = "rails-encrypted-gcm",
        "an encrypted cookie (AES-256-GCM, the default from Rails 5.2 on)";
    /// Rails' encrypted jar with AES-256-CBC and an HMAC.
    EncryptedCbc = "rails-encrypted-cbc",
        "an encrypted cookie (AES-256-CBC with HMAC, the default of Rails 4.0 to 5.1)";
    /// Rails' signed jar, and the sessions of Rails 2.3 to 3.2: `data--digest`.
    Signed = "rails-signed", "a signed cookie";
    /// express-session's signed id: `s:<id>.<signature>`.
    ExpressSession = "express-session", "an express-session cookie";
    /// A value that Express wrote as JSON: `j:{..}`.
    ExpressJson = "express-json", "a JSON cookie of Express";
    /// cookie-session (Express, Koa): base64 of JSON, with the signature in a second cookie.
    CookieSession = "cookie-session", "a cookie-session cookie (Express or Koa)";
    /// iron-session, and hapi's cookies: sealed by `@hapi/iron`.
    IronSession = "iron-session", "a cookie that iron-session or hapi sealed";
    /// rack-session's encryptor, version 1 (AES-256-CTR and an HMAC).
    RackSessionV1 = "rack-session-v1", "a rack-session cookie (its encryptor's version 1)";
    /// rack-session's encryptor, version 2 (AES-256-GCM).
    RackSessionV2 = "rack-session-v2", "a rack-session cookie (its encryptor's version 2)";
    /// A JSON Web Token, signed (RFC 7519) or encrypted (RFC 7516).
    Jwt = "jwt", "a JSON Web Token";
    /// A token of PASETO.
    Paseto = "paseto", "a PASETO token";
    /// A token of an `Authorization` header.
    BearerToken = "bearer-token", "a token of an Authorization header";
    /// Django's signing: `data:timestamp:signature`.
    Django = "django-signing", "a value of Django's signing";
    /// itsdangerous, with which Flask and Starlette sign their sessions:
    /// `data.timestamp.signature`.
    Itsdangerous = "itsdangerous", "a value of itsdangerous, as Flask's session is";
    /// Fernet, of Python's `cryptography`.
    Fernet = "fernet", "a Fernet token (Python's cryptography)";
    /// Tornado's signed value, version 2.
    Tornado = "tornado", "a signed cookie of Tornado";
    /// Laravel's encrypter: base64 of JSON with `iv`, `value` and `mac`.
    Laravel = "laravel", "a cookie that Laravel encrypted";
    /// The encrypted cookie of Cake (PHP).
    CakePhp = "cakephp", "a cookie that CakePHP encrypted";
    /// Yii's signed cookie: an HMAC-SHA256 and PHP's serialization.
    Yii = "yii", "a signed cookie of Yii";
    /// `Plug.Session` of Phoenix, signed or encrypted.
    Phoenix = "phoenix", "a session of Phoenix (Plug)";
    /// ASP.NET Core's data protection.
    AspNetCore = "aspnet-data-protection", "a cookie that ASP.NET Core protected";
    /// The Play framework's session, up to 2.5.
    Play = "play", "a session of the Play framework";
    /// Go's gorilla/securecookie.
    SecureCookie = "go-securecookie", "a cookie of gorilla/securecookie (Go)";
    /// Mojolicious' signed session.
    Mojolicious = "mojolicious", "a signed session of Mojolicious";
    /// The id of a PHP session.
    PhpSessionId = "php-session-id", "a PHP session id";
    /// The bare id of a session that a server keeps.
    SessionId = "session-id", "the bare id of a session that a server keeps, or another token";
    /// An unknown format, or a cookie that is damaged beyond recognition.
    Unknown = "unknown", "a value of no known form";
}

impl CookieFormat {
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
        f.write_str(self.phrase())
    }
}
