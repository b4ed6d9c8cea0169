//! [`Settings`]: the configuration of both sides of a test.

use hardtack::settings::{Cipher, SizeLimit};
use hardtack::{Jar, Keyring, Rotation, SecretKeyBase};
use serde_json::json;

use crate::RailsVersion;

/// The configuration of the Rails app.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Settings {
    /// `secret_key_base`, from which Rails derives every key.
    pub secret_key_base: String,
    /// `config.action_dispatch.cookies_serializer`.
    pub serializer: Serializer,
    /// `use_cookies_with_metadata`: the envelope with the cookie's purpose.
    pub metadata: bool,
    /// `use_authenticated_cookie_encryption`: AES-256-GCM, else AES-256-CBC with an HMAC.
    pub gcm: bool,
    /// Former secrets, accepted by rotation under both ciphers and in the signed jar.
    pub old_secrets: Vec<String>,
}

impl Settings {
    /// Creates settings with JSON under the defaults of [`RailsVersion::current`]. Change others by
    /// struct update.
    #[must_use]
    pub fn new(secret_key_base: &str) -> Self {
        Self {
            secret_key_base: secret_key_base.to_owned(),
            serializer: Serializer::Json,
            metadata: true,
            gcm: true,
            old_secrets: Vec::new(),
        }
    }

    /// Returns these settings with AES-256-CBC and an HMAC.
    #[must_use]
    pub fn cbc(self) -> Self {
        Self { gcm: false, ..self }
    }

    /// Returns these settings without the envelope.
    #[must_use]
    pub fn bare(self) -> Self {
        Self {
            metadata: false,
            ..self
        }
    }

    /// Returns these settings with another serializer.
    #[must_use]
    pub fn with(self, serializer: Serializer) -> Self {
        Self { serializer, ..self }
    }

    /// Returns the environment variables that the app reads.
    pub(crate) fn environment(&self) -> [(&'static str, String); 6] {
        [
            ("RAILS_VERSION", RailsVersion::current().name.to_owned()),
            ("SECRET_KEY_BASE", self.secret_key_base.clone()),
            ("COOKIES_SERIALIZER", self.serializer.name().to_owned()),
            ("COOKIES_METADATA", self.metadata.to_string()),
            ("COOKIES_GCM", self.gcm.to_string()),
            ("OLD_SECRETS", json!(self.old_secrets).to_string()),
        ]
    }

    /// Returns these settings as hardtack's.
    #[must_use]
    pub fn of_hardtack(&self) -> hardtack::Settings {
        let version = RailsVersion::current().load_defaults;
        version
            .settings()
            .cipher(if self.gcm {
                Cipher::Aes256Gcm
            } else {
                Cipher::Aes256Cbc
            })
            .cookies_serializer(match self.serializer {
                Serializer::Json => hardtack::Serializer::Json,
                Serializer::Hybrid => hardtack::Serializer::Hybrid,
                Serializer::Marshal => hardtack::Serializer::Marshal,
                Serializer::MessagePack => hardtack::Serializer::MessagePack,
                Serializer::MessagePackAllowMarshal => {
                    hardtack::Serializer::MessagePackAllowMarshal
                }
            })
            .use_cookies_with_metadata(self.metadata)
    }

    /// Returns hardtack's jar for this app, without rotations.
    #[must_use]
    pub fn jar(&self, kind: JarKind) -> Jar {
        let (secret, settings) = (self.secret(), self.of_hardtack());
        match kind {
            JarKind::Encrypted => Jar::encrypted(&secret, settings),
            JarKind::Signed => Jar::signed(&secret, settings),
        }
    }

    /// Returns hardtack's jars for this app.
    #[must_use]
    pub fn keyring(&self) -> Keyring {
        Keyring::new(&self.secret(), self.of_hardtack())
    }

    /// Returns hardtack's jar for this app without a size limit: it writes more than a browser accepts.
    #[must_use]
    pub fn unlimited_jar(&self, kind: JarKind) -> Jar {
        let settings = self.of_hardtack().limit(SizeLimit::None);
        match kind {
            JarKind::Encrypted => Jar::encrypted(&self.secret(), settings),
            JarKind::Signed => Jar::signed(&self.secret(), settings),
        }
    }

    /// Returns hardtack's rotation that opens the cookies of this app.
    #[must_use]
    pub fn rotation(&self, kind: JarKind) -> Rotation {
        let (secret, settings) = (self.secret(), self.of_hardtack());
        match kind {
            JarKind::Encrypted => Rotation::encrypted(&secret, settings),
            JarKind::Signed => Rotation::signed(&secret, settings),
        }
    }

    fn secret(&self) -> SecretKeyBase {
        SecretKeyBase::allow_short(self.secret_key_base.as_str())
            .expect("a secret that is not blank")
    }
}

/// The jar of a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JarKind {
    /// `cookies.encrypted`
    Encrypted,
    /// `cookies.signed`
    Signed,
}

impl JarKind {
    /// Both jars.
    pub const ALL: [Self; 2] = [Self::Encrypted, Self::Signed];

    /// Returns the name in Rails and in the peer.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Encrypted => "encrypted",
            Self::Signed => "signed",
        }
    }
}

/// `config.action_dispatch.cookies_serializer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Serializer {
    /// Reads and writes JSON.
    Json,
    /// Writes JSON; reads Marshal too, and then writes it again as JSON.
    Hybrid,
    /// Writes Marshal, reads JSON too.
    Marshal,
    /// Writes MessagePack, reads JSON too: Rails 7.1 and later.
    MessagePack,
    /// Writes MessagePack; reads JSON and Marshal too.
    MessagePackAllowMarshal,
}

impl Serializer {
    /// Returns the name in Rails' configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Hybrid => RailsVersion::current().hybrid,
            Self::Marshal => "marshal",
            Self::MessagePack => "message_pack",
            Self::MessagePackAllowMarshal => "message_pack_allow_marshal",
        }
    }
}
