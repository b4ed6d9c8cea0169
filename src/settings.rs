//! [`Settings`]: what decides how a Rails app writes and reads its cookies, as plain data.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;
use crate::rails_version::RailsVersion;

/// Defines an enum whose variants have a name in Rails' own notation: `Display`, `FromStr`
/// (case does not matter, `_` and `-` are the same) and `ALL` in one place.
macro_rules! named {
    (
        $(#[$meta:meta])*
        $what:literal $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal $(| $alias:literal)*,)+ }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_meta])* $variant,)+
        }

        impl $name {
            /// Every one there is, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name, as Rails or OpenSSL writes it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                let same = |name: &str| name.eq_ignore_ascii_case(&text.replace('_', "-"))
                    || name.eq_ignore_ascii_case(text);
                $(if same($text) $(|| same($alias))* {
                    return Ok(Self::$variant);
                })+
                Err(Error::UnknownSetting {
                    what: $what,
                    given: text.to_owned(),
                    known: Self::ALL.iter().map(|known| known.name()).collect(),
                })
            }
        }
    };
}

named! {
    /// The cipher of the encrypted jar.
    ///
    /// ```
    /// use hardtack::Cipher;
    ///
    /// assert_eq!("aes-256-gcm".parse::<Cipher>()?, Cipher::Aes256Gcm);
    /// assert!("aes-128-ecb".parse::<Cipher>().is_err());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    "cipher" Cipher {
        /// AES-256-GCM: `use_authenticated_cookie_encryption`, from `load_defaults "5.2"` on.
        Aes256Gcm = "aes-256-gcm",
    }
}

named! {
    /// The digest with which keys are derived from the secret
    /// (`config.active_support.key_generator_hash_digest_class`).
    ///
    /// ```
    /// use hardtack::{KeyDigest, RailsVersion};
    ///
    /// assert_eq!(RailsVersion::V6_1.settings().key_digest, KeyDigest::Sha1);
    /// assert_eq!(RailsVersion::V7_0.settings().key_digest, KeyDigest::Sha256);
    /// ```
    "key digest" KeyDigest {
        /// SHA-1: up to Rails 6.1, and below `load_defaults "7.0"`.
        Sha1 = "SHA1",
        /// SHA-256: from `load_defaults "7.0"` on.
        Sha256 = "SHA256",
    }
}

named! {
    /// The digest of a signed message's HMAC (`config.action_dispatch.signed_cookie_digest`).
    ///
    /// ```
    /// use hardtack::HmacDigest;
    ///
    /// assert_eq!("sha512".parse::<HmacDigest>()?.len(), 64);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    "HMAC digest" HmacDigest {
        /// SHA-1, the default of every Rails version.
        Sha1 = "SHA1",
        /// SHA-224.
        Sha224 = "SHA224",
        /// SHA-256.
        Sha256 = "SHA256",
        /// SHA-384.
        Sha384 = "SHA384",
        /// SHA-512.
        Sha512 = "SHA512",
    }
}

impl HmacDigest {
    /// The length of the digest in bytes; a message carries twice as many hexadecimal digits.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "a digest is never empty")]
    pub const fn len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

named! {
    /// How values are written, and what may be read (`config.action_dispatch.cookies_serializer`).
    ///
    /// ```
    /// use hardtack::Serializer;
    ///
    /// assert_eq!("json".parse::<Serializer>()?, Serializer::Json);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    "serializer" Serializer {
        /// Writes JSON and reads JSON (and MessagePack, where that feature is on). Never Marshal.
        Json = "json",
        /// Writes JSON; reads JSON, Marshal and MessagePack. `json_allow_marshal` from 7.1 on.
        Hybrid = "hybrid" | "json_allow_marshal",
        /// Writes Marshal; reads Marshal, JSON and MessagePack.
        Marshal = "marshal",
    }
}

named! {
    /// The attribute `SameSite` of a cookie.
    ///
    /// ```
    /// use hardtack::{RailsVersion, SameSite};
    ///
    /// assert_eq!(RailsVersion::V6_1.settings().same_site, Some(SameSite::Lax));
    /// assert_eq!(RailsVersion::V6_0.settings().same_site, None);
    /// ```
    "SameSite" SameSite {
        /// Sent with requests from the same site only.
        Strict = "strict",
        /// Sent also when a link on another site is followed: Rails' default from 6.1 on.
        Lax = "lax",
        /// Sent always; browsers then insist on `Secure`.
        None = "none",
    }
}

named! {
    /// What may not be longer than 4096 bytes.
    ///
    /// ```
    /// use hardtack::{LimitRule, RailsVersion};
    ///
    /// // The default, whatever the version: what browsers count.
    /// assert_eq!(RailsVersion::V7_0.settings().limit, LimitRule::Strict);
    /// ```
    "limit" LimitRule {
        /// Name and value as they are sent: what browsers count, which drop a longer cookie
        /// without a word.
        Strict = "strict",
        /// What the Rails version counts: up to 8.0 the value before it is escaped, from 8.1 on
        /// the name and that value.
        Rails = "rails",
        /// Nothing: for values that do not go to a browser.
        None = "none",
    }
}

/// Which texts Rails takes for an envelope when it reads (`ActiveSupport::Messages::Metadata`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EnvelopeReading {
    /// Up to 7.0: any JSON object with a key `_rails`.
    AnyObject,
    /// From 7.1 on: a text that starts with `{"_rails":{"message":` exactly.
    ExactPrefix,
}

/// What Rails itself counts against 4096 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RailsLimit {
    /// Up to 8.0: the value before it is escaped.
    Value,
    /// From 8.1 on: the name and the value before it is escaped.
    NameAndValue,
}

/// How a Rails app writes and reads its cookies: the defaults of a version, and what the app
/// changed.
///
/// The fields bear the names of Rails' own settings under `config.action_dispatch`.
///
/// ```
/// use hardtack::{HmacDigest, RailsVersion, Serializer, Settings};
///
/// // An app on load_defaults 6.1 that set cookies_serializer = :json.
/// let settings = Settings { serializer: Serializer::Json, ..RailsVersion::V6_1.settings() };
/// assert!(settings.metadata);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The version that the rest stands on.
    pub version: RailsVersion,
    /// `use_authenticated_cookie_encryption`, as the cipher that it chooses.
    pub cipher: Cipher,
    /// `key_generator_hash_digest_class` (under `config.active_support`).
    pub key_digest: KeyDigest,
    /// `signed_cookie_digest`.
    pub hmac_digest: HmacDigest,
    /// `cookies_serializer`.
    pub serializer: Serializer,
    /// `use_cookies_with_metadata`: whether the cookie's name is sealed with the value.
    pub metadata: bool,
    /// `cookies_same_site_protection`.
    pub same_site: Option<SameSite>,
    /// What may not be longer than 4096 bytes. Ours, not Rails': strict unless it is changed.
    pub limit: LimitRule,
    /// `authenticated_encrypted_cookie_salt`.
    pub authenticated_encrypted_cookie_salt: String,
    /// `signed_cookie_salt`.
    pub signed_cookie_salt: String,
}

impl From<RailsVersion> for Settings {
    fn from(version: RailsVersion) -> Self {
        version.settings()
    }
}
