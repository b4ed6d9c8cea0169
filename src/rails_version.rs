//! [`RailsVersion`]: what each `load_defaults` means, one table of plain data.
//!
//! Sources: `railties/lib/rails/application/configuration.rb` (`load_defaults`),
//! `actionpack/lib/action_dispatch/middleware/cookies.rb` and
//! `activesupport/lib/active_support/messages/metadata.rb` of each version.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;
use crate::settings::{
    CbcDigest, Cipher, CsrfForms, EnvelopeReading, HmacDigest, KeyDigest, LimitRule, MessageForm,
    MessagePackForms, RailsLimit, SameSite, SealedExpiry, SecretKind, Serializer, Settings,
};

/// What a version means for cookies.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a row of a table, not a state"
)]
pub(crate) struct Defaults {
    cipher: Cipher,
    key_digest: KeyDigest,
    serializer: Serializer,
    metadata: bool,
    same_site: Option<SameSite>,
    secret_kind: SecretKind,
    /// How an envelope is told from a bare value.
    pub(crate) envelope: EnvelopeReading,
    /// How messages other than cookies are written.
    pub(crate) messages: MessageForm,
    /// When an expiry is sealed with a value.
    pub(crate) sealed_expiry: SealedExpiry,
    /// With which digest CBC messages are signed.
    pub(crate) cbc_digest: CbcDigest,
    /// Whether an app that uses GCM reads CBC cookies too (`upgrade_legacy_hmac_aes_cbc_cookies?`).
    pub(crate) reads_cbc_beside_gcm: bool,
    /// Whether an app that uses CBC reads GCM cookies too.
    pub(crate) reads_gcm_beside_cbc: bool,
    /// What counts under [`LimitRule::Rails`].
    pub(crate) limit: RailsLimit,
    /// Whether `domain: :all` is written with a leading dot.
    pub(crate) leading_dot: bool,
    /// Whether JSON escapes U+2028 and U+2029.
    pub(crate) escape_js_separators: bool,
    /// How MessagePack is written; before 7.1, where there was none, as in 7.1.
    pub(crate) message_pack: MessagePackForms,
    /// Which authenticity tokens pages get.
    pub(crate) csrf: CsrfForms,
}

macro_rules! versions {
    ($($variant:ident $major:literal . $minor:literal $defaults:tt)+) => {
        /// A Rails version, by its `config.load_defaults`.
        ///
        /// ```
        /// use hardtack::{KeyDigest, RailsVersion};
        ///
        /// let version: RailsVersion = "7.1".parse()?;
        /// assert_eq!(version, RailsVersion::V7_1);
        /// assert_eq!(version.settings().key_digest, KeyDigest::Sha256);
        /// assert!("99.0".parse::<RailsVersion>().is_err()); // newer than we know
        /// # Ok::<(), hardtack::Error>(())
        /// ```
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum RailsVersion {
            $(
                #[doc = concat!("`load_defaults \"", $major, ".", $minor, "\"`")]
                $variant,
            )+
        }

        impl RailsVersion {
            /// Every version that hardtack knows, oldest first.
            ///
            /// ```
            /// use hardtack::RailsVersion;
            ///
            /// assert_eq!(RailsVersion::ALL.first(), Some(&RailsVersion::V2_3));
            /// assert!(RailsVersion::ALL.is_sorted());
            /// ```
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            const fn number(self) -> (u16, u16) {
                match self {
                    $(Self::$variant => ($major, $minor),)+
                }
            }

            pub(crate) const fn defaults(self) -> &'static Defaults {
                match self {
                    $(Self::$variant => &Defaults $defaults,)+
                }
            }
        }
    };
}

versions! {
    V2_3 2 . 3 {
        cipher: Cipher::Aes256Cbc,
        key_digest: KeyDigest::Sha1,
        serializer: Serializer::Marshal,
        metadata: false,
        same_site: None,
        secret_kind: SecretKind::SecretToken,
        envelope: EnvelopeReading::AnyObject,
        messages: MessageForm::Rails4_0,
        sealed_expiry: SealedExpiry::Never,
        cbc_digest: CbcDigest::Chosen,
        reads_cbc_beside_gcm: false,
        reads_gcm_beside_cbc: false,
        limit: RailsLimit::Value,
        leading_dot: true,
        escape_js_separators: true,
        message_pack: MessagePackForms::Rails7_1,
        csrf: CsrfForms::Rails2_3,
    }
    V3_0 3 . 0 {
        cipher: Cipher::Aes256Cbc,
        key_digest: KeyDigest::Sha1,
        serializer: Serializer::Marshal,
        metadata: false,
        same_site: None,
        secret_kind: SecretKind::SecretToken,
        envelope: EnvelopeReading::AnyObject,
        messages: MessageForm::Rails4_0,
        sealed_expiry: SealedExpiry::Never,
        cbc_digest: CbcDigest::Chosen,
        reads_cbc_beside_gcm: false,
        reads_gcm_beside_cbc: false,
        limit: RailsLimit::Value,
        leading_dot: true,
        escape_js_separators: true,
        message_pack: MessagePackForms::Rails7_1,
        csrf: CsrfForms::Rails2_3,
    }
    V3_1 3 . 1 {
        cipher: Cipher::Aes256Cbc,
        key_digest: KeyDigest::Sha1,
        serializer: Serializer::Marshal,
        metadata: false,
        same_site: None,
        secret_kind: SecretKind::SecretToken,
        envelope: EnvelopeReading::AnyObject,
        messages: MessageForm::Rails4_0,
        sealed_expiry: SealedExpiry::Never,
        cbc_digest: CbcDigest::Chosen,
        reads_cbc_beside_gcm: false,
        reads_gcm_beside_cbc: false,
        limit: RailsLimit::Value,
        leading_dot: true,
        escape_js_separators: true,
        message_pack: MessagePackForms::Rails7_1,
        csrf: CsrfForms::Rails2_3,
    }
    V3_2 3 . 2 {
        cipher: Cipher::Aes256Cbc,
        key_digest: KeyDigest::Sha1,
        serializer: Serializer::Marshal,
        metadata: false,
        same_site: None,
        secret_kind: SecretKind::SecretToken,
        envelope: EnvelopeReading::AnyObject,
        messages: MessageForm::Rails4_0,
        sealed_expiry: SealedExpiry::Never,
        cbc_digest: CbcDigest::Chosen,
        reads_cbc_beside_gcm: false,
        reads_gcm_beside_cbc: false,
        limit: RailsLimit::Value,
        leading_dot: true,
        escape_js_separators: true,
        message_pack: MessagePackForms::Rails7_1,
        csrf: CsrfForms::Rails2_3,
    }
    V4_0 4 . 0 {
        cipher: Cipher::Aes256Cbc,
        key_digest: KeyDigest::Sha1,
        serializer: Serializer::Marshal,
        metadata: false,
        same_site: None,
        secret_kind: SecretKind::SecretKeyBase,
        envelope: EnvelopeReading::AnyObject,
        messages: MessageForm::Rails4_0,
        sealed_expiry: SealedExpiry::Never,
        cbc_digest: CbcDigest::Chosen,
        reads_cbc_beside_gcm: false,
        reads_gcm_beside_cbc: false,
        limit: RailsLimit::Value,
        leading_dot: true,
        escape_js_separators: true,
        message_pack: MessagePackForms::Rails7_1,
        csrf: CsrfForms::Rails2_3,
    }
    V4_1 4 . 1 {
        cipher: Cipher::Aes256Cbc,
        key_digest: KeyDigest::Sha1,
        serializer: Serializer::Marshal,
        metadata: false,
        same_site: None,
        secret_kind: SecretKind::SecretKeyBase,
        envelope: EnvelopeReading::AnyObject,
        messages: MessageForm::Rails4_0,
        sealed_expiry: SealedExpiry::Never,
        cbc_digest: CbcDigest::Chosen,
        reads_cbc_beside_gcm: false,
        reads_gcm_beside_cbc: false,
        limit: RailsLimit::Value,
        leading_dot: true,
        escape_js_separators: true,
        message_pack: MessagePackForms::Rails7_1,
        csrf: CsrfForms::Rails2_3,
    }
    V4_2 4 . 2 {
        cipher: Cipher::Aes256Cbc,
        key_digest: KeyDigest::Sha1,
        serializer: Serializer::Marshal,
        metadata: false,
        same_site: None,
        secret_kind: SecretKind::SecretKeyBase,
        envelope: EnvelopeReading::AnyObject,
        messages: MessageForm::Rails4_0,
        sealed_expiry: SealedExpiry::Never,
        cbc_digest: CbcDigest::Chosen,
        reads_cbc_beside_gcm: false,
        reads_gcm_beside_cbc: false,
        limit: RailsLimit::Value,
        leading_dot: true,
        escape_js_separators: true,
        message_pack: MessagePackForms::Rails7_1,
        csrf: CsrfForms::Rails2_3,
    }
    V5_0 5 . 0 {
        cipher: Cipher::Aes256Cbc,
        key_digest: KeyDigest::Sha1,
        serializer: Serializer::Marshal,
        metadata: false,
        same_site: None,
        secret_kind: SecretKind::SecretKeyBase,
        envelope: EnvelopeReading::AnyObject,
        messages: MessageForm::Rails4_0,
        sealed_expiry: SealedExpiry::Never,
        cbc_digest: CbcDigest::Chosen,
        reads_cbc_beside_gcm: false,
        reads_gcm_beside_cbc: false,
        limit: RailsLimit::Value,
        leading_dot: true,
        escape_js_separators: true,
        message_pack: MessagePackForms::Rails7_1,
        csrf: CsrfForms::Rails5_0,
    }
    V5_1 5 . 1 {
        cipher: Cipher::Aes256Cbc,
        key_digest: KeyDigest::Sha1,
        serializer: Serializer::Marshal,
        metadata: false,
        same_site: None,
        secret_kind: SecretKind::SecretKeyBase,
        envelope: EnvelopeReading::AnyObject,
        messages: MessageForm::Rails4_0,
        sealed_expiry: SealedExpiry::Never,
        cbc_digest: CbcDigest::Chosen,
        reads_cbc_beside_gcm: false,
        reads_gcm_beside_cbc: false,
        limit: RailsLimit::Value,
        leading_dot: true,
        escape_js_separators: true,
        message_pack: MessagePackForms::Rails7_1,
        csrf: CsrfForms::Rails5_0,
    }
    V5_2 5 . 2 {
        cipher: Cipher::Aes256Gcm,
        key_digest: KeyDigest::Sha1,
        serializer: Serializer::Marshal,
        metadata: false,
        same_site: None,
        secret_kind: SecretKind::SecretKeyBase,
        envelope: EnvelopeReading::AnyObject,
        messages: MessageForm::Rails4_0,
        sealed_expiry: SealedExpiry::WithGcm,
        cbc_digest: CbcDigest::Sha1,
        reads_cbc_beside_gcm: true,
        reads_gcm_beside_cbc: false,
        limit: RailsLimit::Value,
        leading_dot: true,
        escape_js_separators: true,
        message_pack: MessagePackForms::Rails7_1,
        csrf: CsrfForms::Rails5_2,
    }
    V6_0 6 . 0 {
        cipher: Cipher::Aes256Gcm,
        key_digest: KeyDigest::Sha1,
        serializer: Serializer::Marshal,
        metadata: true,
        same_site: None,
        secret_kind: SecretKind::SecretKeyBase,
        envelope: EnvelopeReading::AnyObject,
        messages: MessageForm::Rails4_0,
        sealed_expiry: SealedExpiry::Always,
        cbc_digest: CbcDigest::Sha1,
        reads_cbc_beside_gcm: true,
        reads_gcm_beside_cbc: false,
        limit: RailsLimit::Value,
        leading_dot: true,
        escape_js_separators: true,
        message_pack: MessagePackForms::Rails7_1,
        csrf: CsrfForms::Rails5_2,
    }
    V6_1 6 . 1 {
        cipher: Cipher::Aes256Gcm,
        key_digest: KeyDigest::Sha1,
        serializer: Serializer::Marshal,
        metadata: true,
        same_site: Some(SameSite::Lax),
        secret_kind: SecretKind::SecretKeyBase,
        envelope: EnvelopeReading::AnyObject,
        messages: MessageForm::Rails4_0,
        sealed_expiry: SealedExpiry::Always,
        cbc_digest: CbcDigest::Sha1,
        reads_cbc_beside_gcm: true,
        reads_gcm_beside_cbc: true,
        limit: RailsLimit::Value,
        leading_dot: true,
        escape_js_separators: true,
        message_pack: MessagePackForms::Rails7_1,
        csrf: CsrfForms::Rails6_1,
    }
    V7_0 7 . 0 {
        cipher: Cipher::Aes256Gcm,
        key_digest: KeyDigest::Sha256,
        serializer: Serializer::Json,
        metadata: true,
        same_site: Some(SameSite::Lax),
        secret_kind: SecretKind::SecretKeyBase,
        envelope: EnvelopeReading::AnyObject,
        messages: MessageForm::Rails4_0,
        sealed_expiry: SealedExpiry::Always,
        cbc_digest: CbcDigest::Sha1,
        reads_cbc_beside_gcm: true,
        reads_gcm_beside_cbc: true,
        limit: RailsLimit::Value,
        leading_dot: true,
        escape_js_separators: true,
        message_pack: MessagePackForms::Rails7_1,
        csrf: CsrfForms::Rails7_0,
    }
    V7_1 7 . 1 {
        cipher: Cipher::Aes256Gcm,
        key_digest: KeyDigest::Sha256,
        serializer: Serializer::Json,
        metadata: true,
        same_site: Some(SameSite::Lax),
        secret_kind: SecretKind::SecretKeyBase,
        envelope: EnvelopeReading::ExactPrefix,
        messages: MessageForm::Rails7_1,
        sealed_expiry: SealedExpiry::Always,
        cbc_digest: CbcDigest::Sha1,
        reads_cbc_beside_gcm: true,
        reads_gcm_beside_cbc: true,
        limit: RailsLimit::Value,
        leading_dot: false,
        escape_js_separators: true,
        message_pack: MessagePackForms::Rails7_1,
        csrf: CsrfForms::Rails7_0,
    }
    V7_2 7 . 2 {
        cipher: Cipher::Aes256Gcm,
        key_digest: KeyDigest::Sha256,
        serializer: Serializer::Json,
        metadata: true,
        same_site: Some(SameSite::Lax),
        secret_kind: SecretKind::SecretKeyBase,
        envelope: EnvelopeReading::ExactPrefix,
        messages: MessageForm::Rails7_1,
        sealed_expiry: SealedExpiry::Always,
        cbc_digest: CbcDigest::Sha1,
        reads_cbc_beside_gcm: true,
        reads_gcm_beside_cbc: true,
        limit: RailsLimit::Value,
        leading_dot: false,
        escape_js_separators: true,
        message_pack: MessagePackForms::Rails7_2,
        csrf: CsrfForms::Rails7_0,
    }
    V8_0 8 . 0 {
        cipher: Cipher::Aes256Gcm,
        key_digest: KeyDigest::Sha256,
        serializer: Serializer::Json,
        metadata: true,
        same_site: Some(SameSite::Lax),
        secret_kind: SecretKind::SecretKeyBase,
        envelope: EnvelopeReading::ExactPrefix,
        messages: MessageForm::Rails7_1,
        sealed_expiry: SealedExpiry::Always,
        cbc_digest: CbcDigest::Sha1,
        reads_cbc_beside_gcm: true,
        reads_gcm_beside_cbc: true,
        limit: RailsLimit::Value,
        leading_dot: false,
        escape_js_separators: true,
        message_pack: MessagePackForms::Rails7_2,
        csrf: CsrfForms::Rails7_0,
    }
    V8_1 8 . 1 {
        cipher: Cipher::Aes256Gcm,
        key_digest: KeyDigest::Sha256,
        serializer: Serializer::Json,
        metadata: true,
        same_site: Some(SameSite::Lax),
        secret_kind: SecretKind::SecretKeyBase,
        envelope: EnvelopeReading::ExactPrefix,
        messages: MessageForm::Rails7_1,
        sealed_expiry: SealedExpiry::Always,
        cbc_digest: CbcDigest::Sha1,
        reads_cbc_beside_gcm: true,
        reads_gcm_beside_cbc: true,
        limit: RailsLimit::NameAndValue,
        leading_dot: false,
        escape_js_separators: false,
        message_pack: MessagePackForms::Rails8_1,
        csrf: CsrfForms::Rails7_0,
    }
}

impl RailsVersion {
    /// The newest version that hardtack knows.
    ///
    /// ```
    /// use hardtack::RailsVersion;
    ///
    /// assert_eq!(RailsVersion::ALL.last(), Some(&RailsVersion::NEWEST));
    /// ```
    pub const NEWEST: Self = Self::V8_1;

    /// The settings of an app that changes none of the version's defaults.
    ///
    /// The serializer is what an app gets that sets no `cookies_serializer`: Marshal below
    /// `load_defaults "7.0"`, JSON from there on.
    ///
    /// ```
    /// use hardtack::{RailsVersion, Serializer};
    ///
    /// assert_eq!(RailsVersion::V6_1.settings().serializer, Serializer::Marshal);
    /// assert_eq!(RailsVersion::NEWEST.settings().serializer, Serializer::Json);
    /// ```
    #[must_use]
    pub fn settings(self) -> Settings {
        let defaults = self.defaults();
        Settings {
            version: self,
            cipher: defaults.cipher,
            key_digest: defaults.key_digest,
            hmac_digest: HmacDigest::Sha1,
            serializer: defaults.serializer,
            metadata: defaults.metadata,
            same_site: defaults.same_site,
            limit: LimitRule::Strict,
            secret_kind: defaults.secret_kind,
            safe_buffer: defaults.message_pack.safe_buffer(),
            encrypted_cookie_salt: "encrypted cookie".to_owned(),
            encrypted_signed_cookie_salt: "signed encrypted cookie".to_owned(),
            authenticated_encrypted_cookie_salt: "authenticated encrypted cookie".to_owned(),
            signed_cookie_salt: "signed cookie".to_owned(),
        }
    }
}

impl fmt::Display for RailsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (major, minor) = self.number();
        write!(f, "{major}.{minor}")
    }
}

impl fmt::Debug for RailsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RailsVersion({self})")
    }
}

impl FromStr for RailsVersion {
    type Err = Error;

    /// Reads `7.1`; what follows the minor version (`7.1.5`, `8.0.0.rc1`) does not matter.
    fn from_str(text: &str) -> Result<Self, Error> {
        let mut parts = text.trim().split('.');
        let mut number = || {
            let digits = parts.next()?;
            let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse::<u16>().ok().filter(|_| plain)
        };
        let wanted = number().zip(number());
        Self::ALL
            .iter()
            .find(|version| Some(version.number()) == wanted)
            .copied()
            .ok_or_else(|| Error::UnknownRailsVersion {
                given: text.to_owned(),
            })
    }
}
