//! [`Settings`]: the rules by which a Rails app writes and reads its cookies, as plain data.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use crate::error::Error;
use crate::load_defaults::LoadDefaults;
pub use crate::safe_buffer_form::SafeBufferForm;

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
    /// assert_eq!(KeyDigest::ALL, [KeyDigest::Sha1, KeyDigest::Sha256]);
    /// assert!("SHA512".parse::<KeyDigest>().is_err());
    /// ```
    "key digest" KeyDigest {
        /// SHA-1: Rails up to 6.1, and `load_defaults` below "7.0".
        Sha1 = "SHA1",
        /// SHA-256: from `load_defaults "7.0"` on.
        Sha256 = "SHA256",
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

/// The texts that Rails takes for an envelope on reading (`ActiveSupport::Messages::Metadata`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EnvelopeReading {
    /// Up to 7.0: any JSON object with a key `_rails`.
    AnyObject,
    /// From 7.1 on: a text that starts with exactly `{"_rails":{"message":`.
    ExactPrefix,
}

/// The default form of messages other than cookies (`config.active_support.message_serializer` and
/// `use_message_serializer_for_metadata`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MessageForm {
    /// Up to 7.0: Marshal, in an envelope of JSON if there is a purpose or an expiry.
    Rails4_0,
    /// From 7.1 on: JSON (Marshal is still read); the value is a part of the envelope.
    Rails7_1,
}

/// The bytes that Rails itself counts against 4096.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RailsLimit {
    /// Up to 8.0: the value before it is escaped.
    Value,
    /// From 8.1 on: the name and the value before it is escaped.
    NameAndValue,
}

/// The digest of a CBC message's HMAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CbcDigest {
    /// Up to 5.1: the digest that the app chose.
    Chosen,
    /// From 5.2 on: SHA-1; another digest only serves to read older messages.
    Sha1,
}

/// The versions and ciphers that seal an expiry with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SealedExpiry {
    /// Up to 5.1, which have no envelope.
    Never,
    /// 5.2: only if the app uses GCM.
    WithGcm,
    /// From 6.0 on.
    Always,
}

/// The authenticity tokens that an app's pages get (`request_forgery_protection.rb`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CsrfForms {
    /// Up to 4.2: the real token; masked from 4.2 on.
    Rails2_3,
    /// From 5.0 on: tokens per form as well.
    Rails5_0,
    /// From 5.2 on: the global token in place of the real one.
    Rails5_2,
    /// From 6.1 on: url-safe if the app chooses it.
    Rails6_1,
    /// From 7.0 on: always url-safe.
    Rails7_0,
}

/// The payload of an `IPAddr` in MessagePack. Neither version of Rails reads the form of the other;
/// hardtack reads both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IpAddrForm {
    /// Rails 7.1: the bare text.
    Raw,
    /// Rails 7.2 and later: a MessagePack string.
    String,
}

/// The settings of a Rails app's cookies: the defaults of a version, and the changes that the app
/// makes.
///
/// Fields that are Rails' own settings have Rails' names; most of them are under
/// `config.action_dispatch`. Each field has a method of the same name, which sets it.
///
/// ```
/// use hardtack::{LoadDefaults, Serializer, Settings};
///
/// // An app on load_defaults 6.1 that set cookies_serializer = :json.
/// let settings = LoadDefaults::V6_1.settings().cookies_serializer(Serializer::Json);
/// assert!(settings.use_cookies_with_metadata);
/// assert_eq!(settings.encrypted_cookie_salt, "encrypted cookie");
///
/// assert_eq!("6.1".parse::<Settings>()?, LoadDefaults::V6_1.settings());
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a row of a table, not a state"
)]
pub struct Settings {
    /// The version of Rails. [`version`](Self::version) sets it together with every rule that has
    /// no setting of its own; changing the field alone changes nothing else.
    pub version: LoadDefaults,
    /// The cipher that `use_authenticated_cookie_encryption` chooses.
    pub cipher: Cipher,
    /// The digest that derives keys (Rails has this setting under `config.active_support`).
    pub key_generator_hash_digest_class: KeyDigest,
    /// The digest that signs messages.
    pub signed_cookie_digest: HmacDigest,
    /// The format that is written, and the formats that are read.
    pub cookies_serializer: Serializer,
    /// Seals the cookie's name together with the value.
    pub use_cookies_with_metadata: bool,
    /// The `SameSite` attribute of cookies; `None` leaves the attribute out.
    pub cookies_same_site_protection: Option<SameSite>,
    /// The rule for the limit of 4096 bytes. It is a setting of hardtack, not of Rails:
    /// [`SizeLimit::Strict`] unless it is changed.
    pub limit: SizeLimit,
    /// The kind of the app's secret.
    pub secret_kind: SecretKind,
    /// The form of a `SafeBuffer` in MessagePack, which differs between releases of Rails 8.1.
    pub safe_buffer: SafeBufferForm,
    /// The salt of the key of AES-256-GCM.
    pub authenticated_encrypted_cookie_salt: Cow<'static, str>,
    /// The salt of the key of AES-256-CBC.
    pub encrypted_cookie_salt: Cow<'static, str>,
    /// The salt of the key that signs cookies under AES-256-CBC.
    pub encrypted_signed_cookie_salt: Cow<'static, str>,
    /// The salt of the key that signs `cookies.signed`.
    pub signed_cookie_salt: Cow<'static, str>,
    /// The rule that tells an envelope from a bare value.
    pub(crate) envelope: EnvelopeReading,
    /// The form of messages other than cookies.
    pub(crate) messages: MessageForm,
    /// The rule for sealing an expiry with a value.
    pub(crate) sealed_expiry: SealedExpiry,
    /// The digest that signs CBC messages.
    pub(crate) cbc_digest: CbcDigest,
    /// Reads CBC cookies beside GCM (`upgrade_legacy_hmac_aes_cbc_cookies?`).
    pub(crate) reads_cbc_beside_gcm: bool,
    /// Reads GCM cookies beside CBC.
    pub(crate) reads_gcm_beside_cbc: bool,
    /// The bytes that count under [`SizeLimit::Rails`].
    pub(crate) rails_limit: RailsLimit,
    /// Writes `domain: :all` with a leading dot.
    pub(crate) leading_dot: bool,
    /// Escapes U+2028 and U+2029 in JSON.
    pub(crate) escape_js_separators: bool,
    /// The form of an `IPAddr` in MessagePack.
    pub(crate) ip_addr: IpAddrForm,
    /// The authenticity tokens that pages get.
    pub(crate) csrf: CsrfForms,
}

/// Declares the methods that set one field and return the settings.
macro_rules! setters {
    ($($(#[$meta:meta])* $field:ident: $type:ty $(=> $into:ident)?,)+) => {
        $(
            $(#[$meta])*
            #[must_use]
            pub fn $field(self, $field: $type) -> Self {
                Self { $field: $field$(.$into())?, ..self }
            }
        )+
    };
}

impl Settings {
    setters! {
        /// Sets the cipher of encrypted cookies.
        ///
        /// ```
        /// use hardtack::LoadDefaults;
        /// use hardtack::settings::Cipher;
        ///
        /// let settings = LoadDefaults::V5_2.settings().cipher(Cipher::Aes256Cbc);
        /// assert_eq!(settings.cipher, Cipher::Aes256Cbc);
        /// ```
        cipher: Cipher,
        /// Sets the digest that derives keys.
        ///
        /// ```
        /// use hardtack::LoadDefaults;
        /// use hardtack::settings::KeyDigest;
        ///
        /// let settings = LoadDefaults::V6_1.settings().key_generator_hash_digest_class(KeyDigest::Sha256);
        /// assert_eq!(settings.key_generator_hash_digest_class, KeyDigest::Sha256);
        /// ```
        key_generator_hash_digest_class: KeyDigest,
        /// Sets the digest that signs messages.
        ///
        /// ```
        /// use hardtack::LoadDefaults;
        /// use hardtack::settings::HmacDigest;
        ///
        /// let settings = LoadDefaults::V7_1.settings().signed_cookie_digest(HmacDigest::Sha256);
        /// assert_eq!(settings.signed_cookie_digest, HmacDigest::Sha256);
        /// ```
        signed_cookie_digest: HmacDigest,
        /// Sets the serializer (example: at [`Settings`]).
        cookies_serializer: Serializer,
        /// Turns the sealing of the cookie's name with the value on or off.
        ///
        /// ```
        /// use hardtack::LoadDefaults;
        ///
        /// assert!(!LoadDefaults::V7_1.settings().use_cookies_with_metadata(false).use_cookies_with_metadata);
        /// ```
        use_cookies_with_metadata: bool,
        /// Sets the `SameSite` attribute of cookies; `None` leaves the attribute out.
        ///
        /// ```
        /// use hardtack::{LoadDefaults, SameSite};
        ///
        /// let settings = LoadDefaults::V7_1.settings().cookies_same_site_protection(Some(SameSite::Strict));
        /// assert_eq!(settings.cookies_same_site_protection, Some(SameSite::Strict));
        /// ```
        cookies_same_site_protection: Option<SameSite>,
        /// Sets the rule for the limit of 4096 bytes.
        ///
        /// ```
        /// use hardtack::LoadDefaults;
        /// use hardtack::settings::SizeLimit;
        ///
        /// let settings = LoadDefaults::V7_1.settings().limit(SizeLimit::Rails);
        /// assert_eq!(settings.limit, SizeLimit::Rails);
        /// ```
        limit: SizeLimit,
        /// Sets the kind of the app's secret.
        ///
        /// ```
        /// use hardtack::LoadDefaults;
        /// use hardtack::settings::SecretKind;
        ///
        /// let settings = LoadDefaults::V4_0.settings().secret_kind(SecretKind::SecretToken);
        /// assert_eq!(settings.secret_kind, SecretKind::SecretToken);
        /// ```
        secret_kind: SecretKind,
        /// Sets the form in which a `SafeBuffer` is written (example: at [`SafeBufferForm`]).
        safe_buffer: SafeBufferForm,
        /// Sets the salt of the key of AES-256-GCM.
        ///
        /// ```
        /// use hardtack::LoadDefaults;
        ///
        /// let settings = LoadDefaults::V7_1.settings().authenticated_encrypted_cookie_salt("own");
        /// assert_eq!(settings.authenticated_encrypted_cookie_salt, "own");
        /// ```
        authenticated_encrypted_cookie_salt: impl Into<Cow<'static, str>> => into,
        /// Sets the salt of the key of AES-256-CBC.
        ///
        /// ```
        /// use hardtack::LoadDefaults;
        ///
        /// let settings = LoadDefaults::V4_2.settings().encrypted_cookie_salt("own");
        /// assert_eq!(settings.encrypted_cookie_salt, "own");
        /// ```
        encrypted_cookie_salt: impl Into<Cow<'static, str>> => into,
        /// Sets the salt of the key that signs cookies under AES-256-CBC.
        ///
        /// ```
        /// use hardtack::LoadDefaults;
        ///
        /// let settings = LoadDefaults::V4_2.settings().encrypted_signed_cookie_salt("own");
        /// assert_eq!(settings.encrypted_signed_cookie_salt, "own");
        /// ```
        encrypted_signed_cookie_salt: impl Into<Cow<'static, str>> => into,
        /// Sets the salt of the key that signs `cookies.signed`.
        ///
        /// ```
        /// use hardtack::LoadDefaults;
        ///
        /// let settings = LoadDefaults::V7_1.settings().signed_cookie_salt("own");
        /// assert_eq!(settings.signed_cookie_salt, "own");
        /// ```
        signed_cookie_salt: impl Into<Cow<'static, str>> => into,
    }

    /// Sets the version, and keeps every other setting that has a method of its own. Use it if
    /// `load_defaults` is older than the installed Rails.
    ///
    /// The form of a `SafeBuffer` becomes that of the new version, unless you set it: it depends on
    /// the installed Rails, not on `load_defaults`.
    ///
    /// ```
    /// use hardtack::LoadDefaults;
    /// use hardtack::settings::{KeyDigest, SafeBufferForm};
    ///
    /// let settings = LoadDefaults::V6_1.settings().version(LoadDefaults::V8_1);
    /// assert_eq!(settings.version, LoadDefaults::V8_1);
    /// assert_eq!(settings.key_generator_hash_digest_class, KeyDigest::Sha1);
    /// assert_eq!(settings.safe_buffer, SafeBufferForm::Raw);
    ///
    /// let newer = LoadDefaults::V6_1.settings().safe_buffer(SafeBufferForm::String);
    /// assert_eq!(newer.version(LoadDefaults::V8_1).safe_buffer, SafeBufferForm::String);
    /// ```
    #[must_use]
    pub fn version(self, version: LoadDefaults) -> Self {
        let is_versions = self.safe_buffer == self.version.settings().safe_buffer;
        Self {
            cipher: self.cipher,
            key_generator_hash_digest_class: self.key_generator_hash_digest_class,
            signed_cookie_digest: self.signed_cookie_digest,
            cookies_serializer: self.cookies_serializer,
            use_cookies_with_metadata: self.use_cookies_with_metadata,
            cookies_same_site_protection: self.cookies_same_site_protection,
            limit: self.limit,
            secret_kind: self.secret_kind,
            safe_buffer: if is_versions {
                version.settings().safe_buffer
            } else {
                self.safe_buffer
            },
            authenticated_encrypted_cookie_salt: self.authenticated_encrypted_cookie_salt,
            encrypted_cookie_salt: self.encrypted_cookie_salt,
            encrypted_signed_cookie_salt: self.encrypted_signed_cookie_salt,
            signed_cookie_salt: self.signed_cookie_salt,
            ..version.settings()
        }
    }

    /// Returns true if an expiry is sealed with a value.
    pub(crate) fn seals_expiry(&self) -> bool {
        match self.sealed_expiry {
            SealedExpiry::Never => false,
            SealedExpiry::WithGcm => self.cipher == Cipher::Aes256Gcm,
            SealedExpiry::Always => true,
        }
    }
}
