//! [`KeyPart`]: a value on the way to an older key, as the rotator of Rails' upgrade guide names it.

use std::path::PathBuf;

use crate::message::JarKind;
use crate::secret_key_base::SecretKeyBase;
use crate::settings::{HmacDigest, KeyDigest, Settings};

/// A value of a local variable on the way to an older key.
#[derive(Clone)]
pub(super) enum KeyPart {
    /// `Rails.application.secret_key_base`.
    AppSecret,
    /// `ActiveSupport::KeyGenerator.new(secret, iterations: 1000, hash_digest_class: digest)` of the
    /// app's secret.
    Generator(KeyDigest),
    /// The length of a key in bytes.
    Length(usize),
    /// A key of this length.
    Key(DerivedKey, usize),
}

/// A key that is derived from the app's secret.
#[derive(Clone)]
pub(super) struct DerivedKey {
    pub(super) digest: KeyDigest,
    pub(super) salt: Salt,
}

/// A salt.
#[derive(Clone)]
pub(super) enum Salt {
    Text(String),
    /// The value that this setting of `config.action_dispatch` has after all files.
    Final(SaltSetting),
}

/// A setting of a salt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SaltSetting {
    AuthenticatedEncrypted,
    Signed,
}

impl SaltSetting {
    /// Returns the setting of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "authenticated_encrypted_cookie_salt" => Some(Self::AuthenticatedEncrypted),
            "signed_cookie_salt" => Some(Self::Signed),
            _ => None,
        }
    }

    /// Returns the setting's value.
    pub(super) fn value(self, settings: &Settings) -> String {
        let salt = match self {
            Self::AuthenticatedEncrypted => &settings.authenticated_encrypted_cookie_salt,
            Self::Signed => &settings.signed_cookie_salt,
        };
        salt.clone().into_owned()
    }
}

/// A call of `cookies_rotations.rotate`.
pub(super) struct Rotate {
    pub(super) jar: JarKind,
    pub(super) key: OlderKey,
    /// `None` for the app's present digest.
    pub(super) digest: Option<HmacDigest>,
    pub(super) file: PathBuf,
    pub(super) line: u32,
}

/// The key of a rotation.
pub(super) enum OlderKey {
    /// The app's present key.
    Present,
    /// A key from which nothing is derived.
    Given(SecretKeyBase),
    Derived(DerivedKey),
}
