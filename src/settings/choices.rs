//! The values that an app chooses in its settings, under Rails' own names.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;

/// Defines an enum whose variants have a name in Rails' own notation: `Display`, `FromStr` (case
/// does not matter, `_` and `-` are equal) and `ALL` in one place.
macro_rules! named {
    (
        $(#[$meta:meta])*
        $what:literal $name:ident {
            $(
                $(#[$variant_meta:meta])*
                $variant:ident = $text:literal $(| $alias:literal)* $(if feature $feature:literal)?,
            )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $(
                $(#[$variant_meta])*
                $(#[cfg(feature = $feature)])?
                $variant,
            )+
        }

        impl $name {
            /// All variants, in the order of the documentation (example: at the type).
            pub const ALL: &'static [Self] = &[$($(#[cfg(feature = $feature)])? Self::$variant),+];

            /// Returns the name, as Rails or OpenSSL writes it (example: at the type). `FromStr`
            /// reads it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $($(#[cfg(feature = $feature)])? Self::$variant => $text,)+
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

            /// Reads a name; case does not matter, `_` and `-` are equal (example: at the type).
            ///
            /// # Errors
            /// [`Error::UnknownSetting`] for any other name.
            fn from_str(text: &str) -> Result<Self, Error> {
                let plain = |name: &str| name.to_ascii_lowercase().replace('_', "-");
                let same = |name: &str| plain(name) == plain(text);
                $($(#[cfg(feature = $feature)])? if same($text) $(|| same($alias))* {
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
    /// use hardtack::settings::Cipher;
    ///
    /// assert_eq!("aes-256-gcm".parse::<Cipher>()?, Cipher::Aes256Gcm);
    /// assert!("aes-128-ecb".parse::<Cipher>().is_err());
    /// assert_eq!(Cipher::Aes256Cbc.name(), "aes-256-cbc");
    /// assert_eq!(Cipher::ALL, [Cipher::Aes256Gcm, Cipher::Aes256Cbc]);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    "cipher" Cipher {
        /// AES-256-GCM: the default from `load_defaults "5.2"` on
        /// (`use_authenticated_cookie_encryption`).
        Aes256Gcm = "aes-256-gcm",
        /// AES-256-CBC and HMAC: Rails 4.0 to 5.1, and apps that turn
        /// `use_authenticated_cookie_encryption` off.
        Aes256Cbc = "aes-256-cbc",
    }
}

named! {
    /// The digest that derives keys from the secret
    /// (`config.active_support.key_generator_hash_digest_class`).
    ///
    /// ```
    /// use hardtack::LoadDefaults;
    /// use hardtack::settings::KeyDigest;
    ///
    /// assert_eq!(LoadDefaults::V6_1.settings().key_generator_hash_digest_class, KeyDigest::Sha1);
    /// assert_eq!(LoadDefaults::V7_0.settings().key_generator_hash_digest_class, KeyDigest::Sha256);
    /// assert_eq!(KeyDigest::Sha256.name(), "SHA256");
    /// assert_eq!(KeyDigest::ALL[..2], [KeyDigest::Sha1, KeyDigest::Sha256]);
    /// assert_eq!("sha512".parse(), Ok(KeyDigest::Sha512)); // an app may set any digest of OpenSSL
    /// assert!("CRC32".parse::<KeyDigest>().is_err());
    /// ```
    "key digest" KeyDigest {
        /// SHA-1: Rails up to 6.1, and `load_defaults` below "7.0".
        Sha1 = "SHA1",
        /// SHA-256: from `load_defaults "7.0"` on.
        Sha256 = "SHA256",
        /// SHA-224, which no version of Rails uses by itself.
        Sha224 = "SHA224",
        /// SHA-384, which no version of Rails uses by itself.
        Sha384 = "SHA384",
        /// SHA-512, which no version of Rails uses by itself.
        Sha512 = "SHA512",
        /// MD5, which no version of Rails uses by itself. Needs the feature `legacy-digests`.
        Md5 = "MD5" if feature "legacy-digests",
    }
}

named! {
    /// The digest of a signed message's HMAC: `config.action_dispatch.signed_cookie_digest`. Rails
    /// 4.2 to 5.1 call it `cookies_digest`, Rails 2.3 the session's `:digest`.
    ///
    /// ```
    /// use hardtack::settings::HmacDigest;
    ///
    /// assert_eq!("sha512".parse::<HmacDigest>()?.len(), 64);
    /// assert_eq!(HmacDigest::Sha384.name(), "SHA384");
    /// assert_eq!(HmacDigest::ALL[0], HmacDigest::Sha1);
    /// assert!("crc32".parse::<HmacDigest>().is_err());
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
        /// MD5, which Rails 2.3 apps could choose. Needs the feature `legacy-digests`.
        Md5 = "MD5" if feature "legacy-digests",
        /// RIPEMD-160, which Rails 2.3 apps could choose. Needs the feature `legacy-digests`.
        Ripemd160 = "RIPEMD160" if feature "legacy-digests",
    }
}

impl HmacDigest {
    /// Returns the length of the digest in bytes. A message carries twice as many hexadecimal
    /// digits.
    ///
    /// ```
    /// use hardtack::LoadDefaults;
    /// use hardtack::message::MessageVerifier;
    /// use hardtack::settings::HmacDigest;
    ///
    /// let verifier = MessageVerifier::new("a secret", LoadDefaults::V7_1)?.digest(HmacDigest::Sha224);
    /// let message = verifier.generate("hello", None)?;
    /// let (_, digits) = message.rsplit_once("--").unwrap();
    /// assert_eq!(digits.len(), 2 * HmacDigest::Sha224.len());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "a digest is never empty")]
    pub const fn len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
            #[cfg(feature = "legacy-digests")]
            Self::Md5 => 16,
            #[cfg(feature = "legacy-digests")]
            Self::Ripemd160 => 20,
        }
    }
}

named! {
    /// The kind of the app's secret, which decides how the signed jar uses it.
    ///
    /// ```
    /// use hardtack::LoadDefaults;
    /// use hardtack::settings::SecretKind;
    ///
    /// assert_eq!(LoadDefaults::V3_2.settings().secret_kind, SecretKind::SecretToken);
    /// assert_eq!(LoadDefaults::V4_0.settings().secret_kind, SecretKind::SecretKeyBase);
    /// assert_eq!(SecretKind::SecretToken.name(), "secret_token");
    /// assert_eq!(SecretKind::ALL.len(), 2);
    /// assert!("password".parse::<SecretKind>().is_err());
    /// ```
    "kind of secret" SecretKind {
        /// `secret_key_base`, from which keys are derived: Rails 4.0 and later.
        SecretKeyBase = "secret_key_base",
        /// `secret_token` (2.3: `secret`), which is itself the key of signed messages: Rails 2.3 to
        /// 3.2, and 4.0 to 5.2 if an app has no other secret. Rails 2.3 to 3.2 have no encrypted
        /// jar; hardtack's encrypted jar derives its keys from this secret, too.
        SecretToken = "secret_token",
    }
}

named! {
    /// The format that a jar writes, and the formats that it reads
    /// (`config.action_dispatch.cookies_serializer`).
    ///
    /// ```
    /// use hardtack::Serializer;
    ///
    /// assert_eq!("json".parse::<Serializer>()?, Serializer::Json);
    /// assert_eq!("json_allow_marshal".parse::<Serializer>()?.name(), "hybrid"); // two names, one thing
    /// assert!(Serializer::ALL.contains(&Serializer::MessagePack));
    /// assert!("yaml".parse::<Serializer>().is_err());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    "serializer" Serializer {
        /// Writes JSON; reads JSON, and MessagePack if that feature is on. It never reads Marshal.
        Json = "json",
        /// Writes JSON; reads JSON, Marshal and MessagePack. Rails calls it `json_allow_marshal`
        /// from 7.1 on.
        Hybrid = "hybrid" | "json_allow_marshal",
        /// Writes Marshal; reads Marshal, JSON and MessagePack. Needs the feature `marshal`.
        Marshal = "marshal",
        /// Writes MessagePack; reads MessagePack and JSON. Needs the feature `message_pack`.
        MessagePack = "message_pack",
        /// Writes MessagePack; reads MessagePack, JSON and Marshal.
        MessagePackAllowMarshal = "message_pack_allow_marshal",
    }
}

named! {
    /// The `SameSite` attribute of a cookie.
    ///
    /// ```
    /// use hardtack::{LoadDefaults, SameSite};
    ///
    /// assert_eq!(LoadDefaults::V6_1.settings().cookies_same_site_protection, Some(SameSite::Lax));
    /// assert_eq!(LoadDefaults::V6_0.settings().cookies_same_site_protection, None);
    /// assert_eq!(SameSite::Strict.name(), "strict");
    /// assert_eq!(SameSite::ALL, [SameSite::Strict, SameSite::Lax, SameSite::None]);
    /// assert!("loose".parse::<SameSite>().is_err());
    /// ```
    "SameSite" SameSite {
        /// Browsers send the cookie with requests from the same site only.
        Strict = "strict",
        /// Browsers also send the cookie when a link on another site is followed. Rails' default
        /// from 6.1 on.
        Lax = "lax",
        /// Browsers always send the cookie. They require `Secure` with it.
        None = "none",
    }
}

named! {
    /// The `Priority` attribute of a cookie. Chrome keeps at most 180 cookies of a site, and drops
    /// those of a lower priority first (draft-west-cookie-priority-00; other browsers ignore it).
    /// Neither Rack nor Rails writes it.
    ///
    /// ```
    /// use hardtack::settings::Priority;
    ///
    /// assert_eq!(Priority::High.name(), "high");
    /// assert_eq!(Priority::ALL, [Priority::Low, Priority::Medium, Priority::High]);
    /// assert!("highest".parse::<Priority>().is_err());
    /// ```
    "priority" Priority {
        /// Dropped first.
        Low = "low",
        /// The priority of a cookie without the attribute.
        Medium = "medium",
        /// Dropped last.
        High = "high",
    }
}

named! {
    /// The rule that counts a cookie's bytes against the limit of 4096.
    ///
    /// ```
    /// use hardtack::LoadDefaults;
    /// use hardtack::settings::SizeLimit;
    ///
    /// // The default of every version: the bytes that browsers count.
    /// assert_eq!(LoadDefaults::V7_0.settings().limit, SizeLimit::Strict);
    /// assert_eq!(SizeLimit::Rails.name(), "rails");
    /// assert_eq!(SizeLimit::ALL, [SizeLimit::Strict, SizeLimit::Rails, SizeLimit::None]);
    /// assert!("4096".parse::<SizeLimit>().is_err());
    /// ```
    "limit" SizeLimit {
        /// Counts the name and the value as they are sent. Browsers count the same, and drop a
        /// longer cookie silently.
        Strict = "strict",
        /// Counts as the Rails version does: up to 8.0 the value before it is escaped, from 8.1 on
        /// the name and the unescaped value.
        Rails = "rails",
        /// Counts nothing: for values that do not go to a browser.
        None = "none",
    }
}
