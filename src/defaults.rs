//! The settings that each `load_defaults` stands for: one table, each row the row before it and its
//! changes.
//!
//! Sources: `railties/lib/rails/application/configuration.rb` (`load_defaults`),
//! `actionpack/lib/action_dispatch/middleware/cookies.rb`,
//! `actionpack/lib/action_controller/metal/request_forgery_protection.rb` and
//! `activesupport/lib/active_support/messages/metadata.rb` of each version.

use std::borrow::Cow;
use std::str::FromStr;

use crate::error::Error;
use crate::load_defaults::LoadDefaults;
use crate::safe_buffer_form::SafeBufferForm;
use crate::settings::{
    CbcDigest, Cipher, CsrfForms, CsrfVerification, EnvelopeReading, HmacDigest, IpAddrForm,
    KeyDigest, MessageForm, RailsLimit, SameSite, SealedExpiry, SecretKind, Serializer, Settings,
    SizeLimit,
};

const V2_3: Settings = Settings {
    version: LoadDefaults::V2_3,
    cipher: Cipher::Aes256Cbc,
    key_generator_hash_digest_class: KeyDigest::Sha1,
    signed_cookie_digest: HmacDigest::Sha1,
    cookies_serializer: Serializer::Marshal,
    use_cookies_with_metadata: false,
    cookies_same_site_protection: None,
    limit: SizeLimit::Strict,
    secret_kind: SecretKind::SecretToken,
    safe_buffer: SafeBufferForm::Text,
    authenticated_encrypted_cookie_salt: Cow::Borrowed("authenticated encrypted cookie"),
    encrypted_cookie_salt: Cow::Borrowed("encrypted cookie"),
    encrypted_signed_cookie_salt: Cow::Borrowed("signed encrypted cookie"),
    signed_cookie_salt: Cow::Borrowed("signed cookie"),
    envelope: EnvelopeReading::AnyObject,
    messages: MessageForm::Rails4_0,
    url_safe_signed_ids: false,
    sealed_expiry: SealedExpiry::Never,
    cbc_digest: CbcDigest::Chosen,
    reads_cbc_beside_gcm: false,
    reads_gcm_beside_cbc: false,
    rails_limit: RailsLimit::Value,
    leading_dot: true,
    escape_js_separators: true,
    ip_prefix_in_json: false,
    // 7.1 is the first version that has MessagePack: earlier rows never use it.
    ip_addr: IpAddrForm::Raw,
    csrf: CsrfForms::Rails2_3,
    csrf_verification: CsrfVerification::Token,
};

const V3_0: Settings = Settings {
    version: LoadDefaults::V3_0,
    ..V2_3
};

const V3_1: Settings = Settings {
    version: LoadDefaults::V3_1,
    ..V3_0
};

const V3_2: Settings = Settings {
    version: LoadDefaults::V3_2,
    ..V3_1
};

const V4_0: Settings = Settings {
    version: LoadDefaults::V4_0,
    secret_kind: SecretKind::SecretKeyBase,
    ..V3_2
};

const V4_1: Settings = Settings {
    version: LoadDefaults::V4_1,
    ..V4_0
};

const V4_2: Settings = Settings {
    version: LoadDefaults::V4_2,
    ..V4_1
};

const V5_0: Settings = Settings {
    version: LoadDefaults::V5_0,
    csrf: CsrfForms::Rails5_0,
    ..V4_2
};

const V5_1: Settings = Settings {
    version: LoadDefaults::V5_1,
    ..V5_0
};

const V5_2: Settings = Settings {
    version: LoadDefaults::V5_2,
    cipher: Cipher::Aes256Gcm,
    sealed_expiry: SealedExpiry::WithGcm,
    cbc_digest: CbcDigest::Sha1,
    reads_cbc_beside_gcm: true,
    csrf: CsrfForms::Rails5_2,
    ..V5_1
};

const V6_0: Settings = Settings {
    version: LoadDefaults::V6_0,
    use_cookies_with_metadata: true,
    sealed_expiry: SealedExpiry::Always,
    ..V5_2
};

const V6_1: Settings = Settings {
    version: LoadDefaults::V6_1,
    cookies_same_site_protection: Some(SameSite::Lax),
    reads_gcm_beside_cbc: true,
    csrf: CsrfForms::Rails6_1,
    ..V6_0
};

const V7_0: Settings = Settings {
    version: LoadDefaults::V7_0,
    key_generator_hash_digest_class: KeyDigest::Sha256,
    cookies_serializer: Serializer::Json,
    csrf: CsrfForms::Rails7_0,
    ..V6_1
};

const V7_1: Settings = Settings {
    version: LoadDefaults::V7_1,
    envelope: EnvelopeReading::ExactPrefix,
    messages: MessageForm::Rails7_1,
    leading_dot: false,
    ..V7_0
};

const V7_2: Settings = Settings {
    version: LoadDefaults::V7_2,
    ip_addr: IpAddrForm::String,
    csrf: CsrfForms::Rails7_2,
    url_safe_signed_ids: true,
    ..V7_1
};

const V8_0: Settings = Settings {
    version: LoadDefaults::V8_0,
    ..V7_2
};

const V8_1: Settings = Settings {
    version: LoadDefaults::V8_1,
    rails_limit: RailsLimit::NameAndValue,
    escape_js_separators: false,
    ip_prefix_in_json: true,
    // 8.1.0 to 8.1.3, all releases of 8.1 so far.
    safe_buffer: SafeBufferForm::Raw,
    ..V8_0
};

// 8.2.0.alpha of August 2026.
const V8_2: Settings = Settings {
    version: LoadDefaults::V8_2,
    safe_buffer: SafeBufferForm::String,
    csrf_verification: CsrfVerification::HeaderOnly,
    ..V8_1
};

impl LoadDefaults {
    /// Returns the settings of an app that changes none of the version's defaults.
    ///
    /// The serializer is the one of an app that does not set `cookies_serializer`: Marshal below
    /// `load_defaults "7.0"`, JSON from "7.0" on.
    ///
    /// ```
    /// use hardtack::{LoadDefaults, Serializer};
    ///
    /// assert_eq!(LoadDefaults::V6_1.settings().cookies_serializer, Serializer::Marshal);
    /// assert_eq!(LoadDefaults::NEWEST.settings().cookies_serializer, Serializer::Json);
    /// ```
    #[must_use]
    pub const fn settings(self) -> Settings {
        match self {
            Self::V2_3 => V2_3,
            Self::V3_0 => V3_0,
            Self::V3_1 => V3_1,
            Self::V3_2 => V3_2,
            Self::V4_0 => V4_0,
            Self::V4_1 => V4_1,
            Self::V4_2 => V4_2,
            Self::V5_0 => V5_0,
            Self::V5_1 => V5_1,
            Self::V5_2 => V5_2,
            Self::V6_0 => V6_0,
            Self::V6_1 => V6_1,
            Self::V7_0 => V7_0,
            Self::V7_1 => V7_1,
            Self::V7_2 => V7_2,
            Self::V8_0 => V8_0,
            Self::V8_1 => V8_1,
            Self::V8_2 => V8_2,
        }
    }
}

impl FromStr for Settings {
    type Err = Error;

    /// Reads a version, as [`LoadDefaults`] does: `"7.1".parse::<Settings>()?`.
    ///
    /// # Errors
    /// [`Error::UnknownSetting`] for a version that is not in [`LoadDefaults::ALL`].
    fn from_str(version: &str) -> Result<Self, Error> {
        version.parse::<LoadDefaults>().map(Self::from)
    }
}

impl From<LoadDefaults> for Settings {
    fn from(version: LoadDefaults) -> Self {
        version.settings()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_bears_its_own_version() {
        for version in LoadDefaults::ALL {
            assert_eq!(version.settings().version, *version);
        }
        assert_eq!(LoadDefaults::ALL.len(), 18);
    }
}
