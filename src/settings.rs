//! [`Settings`]: the rules by which a Rails app writes and reads its cookies, as plain data.

mod choices;
mod version_rules;

use std::borrow::Cow;

pub use self::choices::{
    Cipher, HmacDigest, KeyDigest, Priority, SameSite, SecretKind, Serializer, SizeLimit,
};
pub(crate) use self::version_rules::{
    CbcDigest, CsrfForms, CsrfVerification, EnvelopeReading, IpAddrForm, MessageForm, RailsLimit,
    SealedExpiry,
};
use crate::load_defaults::LoadDefaults;
pub use crate::safe_buffer_form::SafeBufferForm;

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
    /// Writes signed ids in the url-safe alphabet, which Rails up to 7.1 does not read.
    pub(crate) url_safe_signed_ids: bool,
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
    /// Writes an `IPAddr` to JSON with its prefix.
    pub(crate) ip_prefix_in_json: bool,
    /// The form of an `IPAddr` in MessagePack.
    pub(crate) ip_addr: IpAddrForm,
    /// The authenticity tokens that pages get.
    pub(crate) csrf: CsrfForms,
    /// The proof that a request is not forged.
    pub(crate) csrf_verification: CsrfVerification,
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
            csrf_verification: self
                .csrf_verification
                .under(version.settings().csrf_verification),
            // `message_serializer` and `use_message_serializer_for_metadata`, of `load_defaults`.
            messages: self.messages,
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
