//! [`Remedy`]: the rotation that makes an app open a cookie, in Rust and in Ruby.

use crate::load_defaults::LoadDefaults;
use crate::serializer::Format;
use crate::settings::{Cipher, KeyDigest, SecretKind, Settings};
use crate::shown::Shown;

use super::keys::Role;
use super::sealing::{SALTS, config_lines};
use super::trial::Unusual;

/// The rotation to add to an app, so that it opens a cookie sealed under other settings.
///
/// ```
/// use hardtack::doctor::Doctor;
/// use hardtack::{Jar, LoadDefaults, SecretKeyBase, Serializer};
///
/// let secret = SecretKeyBase::new("b3c631c314c0bbca50c1b2843150fe33")?;
/// let old = LoadDefaults::V6_1.settings().cookies_serializer(Serializer::Json);
/// let cookie = Jar::encrypted(&secret, old).write("_shop_session", 45, None)?;
///
/// let doctor = Doctor::new().secret("SECRET_KEY_BASE", &secret).settings(LoadDefaults::V7_1);
/// let diagnosis = doctor.examine(cookie.value());
/// let remedy = diagnosis.remedy().unwrap();
/// assert_eq!(remedy.rust(), ".rotation(Rotation::encrypted(&secret, LoadDefaults::V6_1))");
/// assert!(remedy.rails().contains("hash_digest_class: OpenSSL::Digest::SHA1"));
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    rust: String,
    rails: String,
}

impl Remedy {
    /// Returns the line for a [`Jar`](crate::Jar), in Rust (example: at the type).
    #[must_use]
    pub fn rust(&self) -> &str {
        &self.rust
    }

    /// Returns the lines for a Rails initializer, such as `config/initializers/cookie_rotator.rb`
    /// (example: at the type).
    #[must_use]
    pub fn rails(&self) -> &str {
        &self.rails
    }

    /// Creates the rotation that a need asks for.
    pub(super) fn new(need: &Need<'_>) -> Self {
        Self {
            rust: need.in_rust(),
            rails: need.in_rails(),
        }
    }

    /// Creates the lines that verify a message.
    pub(super) fn of_message(rust: String, rails: String) -> Self {
        Self { rust, rails }
    }
}

/// The change that an app needs to open a cookie.
pub(super) struct Need<'a> {
    /// The settings that sealed the cookie.
    pub(super) settings: &'a Settings,
    pub(super) is_encrypted: bool,
    /// The facts about the keys that no setting tells.
    pub(super) unusual: Option<Unusual>,
    /// The label of the secret, if it is not the app's own.
    pub(super) older_secret: Option<&'a str>,
    /// The cookie's name, if the app reads another.
    pub(super) older_name: Option<&'a str>,
    /// The app's version, if it is known.
    pub(super) version: Option<LoadDefaults>,
}

impl Need<'_> {
    fn in_rust(&self) -> String {
        let settings = self.settings;
        if let Some(unusual) = self.unusual {
            return format!(
                "// hardtack's jars cannot read it: their keys are of 256 bits and 1000 iterations,\n\
                 // and its {}. Let Rails read it, and write it anew.",
                unusual.in_words()
            );
        }
        let name = self.older_name;
        let name = name
            .map(|name| format!(".cookie_name({:?})", Shown::new(name).whole()))
            .unwrap_or_default();
        let older = if self.older_secret.is_some() {
            "older_"
        } else {
            ""
        };
        let (jar, secret) = match (self.is_encrypted, settings.secret_kind) {
            (true, _) => ("encrypted", "secret"),
            (false, SecretKind::SecretKeyBase) => ("signed", "secret"),
            (false, SecretKind::SecretToken) => ("signed", "secret_token"),
        };
        let settings = in_rust(settings);
        format!(".rotation(Rotation::{jar}(&{older}{secret}, {settings}){name})")
    }

    fn in_rails(&self) -> String {
        if let Some(name) = self.older_name {
            // A rotation of Rails does not change the name that is read.
            return format!(
                "# No rotation of Rails changes the name. Read the older cookie under its own name:\n\
                 Rails.application.config.session_store :cookie_store, key: {:?}",
                Shown::new(name).whole()
            );
        }
        match self.version {
            Some(version) if version < LoadDefaults::V5_2 => self.in_old_rails(version),
            _ => self.rotation_in_rails(),
        }
    }

    /// Writes what an app before `cookies_rotations` can do.
    fn in_old_rails(&self, version: LoadDefaults) -> String {
        let mut text = format!(
            "# Rails {version} reads cookies under one set of keys: cookies_rotations is in 5.2 and later.\n"
        );
        let lines = config_lines(self.settings);
        let exist = |line: &String| {
            let since = [
                ("cookies_digest", LoadDefaults::V4_2),
                ("cookies_serializer", LoadDefaults::V4_1),
                ("signed_cookie_digest", LoadDefaults::V5_2),
                ("use_authenticated_cookie_encryption", LoadDefaults::V5_2),
                ("use_cookies_with_metadata", LoadDefaults::V6_0),
                ("key_generator_hash_digest_class", LoadDefaults::V7_0),
            ];
            !since
                .iter()
                .any(|(name, since)| line.contains(name) && version < *since)
        };
        let lines: Vec<_> = lines.into_iter().filter(exist).collect();
        if lines.is_empty() {
            text.push_str("# No setting makes this version read it: let the sender seal it as this version does.");
        } else {
            text.push_str("# To read this cookie, and no longer its own, the app would set:\n");
            text.push_str(&lines.join("\n"));
        }
        text
    }

    /// Writes the rotation in Ruby, for any of the formats, as the guide to upgrading Rails shows it
    /// (7.0, "Key generator digest class changing to use SHA256").
    fn rotation_in_rails(&self) -> String {
        let settings = self.settings;
        let rotations = "rotations = Rails.application.config.action_dispatch.cookies_rotations\n";
        let Settings {
            key_generator_hash_digest_class: key_digest,
            signed_cookie_digest: hmac_digest,
            ..
        } = settings;
        let digest = format!("digest: \"{hmac_digest}\"");
        if settings.secret_kind == SecretKind::SecretToken {
            return format!(
                "# Only cookies.signed reads it so: a session of Rails 3 is read by Rails 4.0 to 5.2,\n\
                 # where config.secret_token stands beside secret_key_base.\n\
                 secret_token = ENV.fetch(\"SECRET_TOKEN\")\n\
                 {rotations}rotations.rotate :signed, secret_token, {digest}"
            );
        }
        let secret = match self.older_secret {
            Some(label) => format!(
                "secret_key_base = ENV.fetch(\"OLDER_SECRET_KEY_BASE\") # the secret of {}\n",
                Shown::new(label)
            ),
            None => "secret_key_base = Rails.application.secret_key_base\n".to_owned(),
        };
        let bits = match self.unusual {
            Some(Unusual::KeySize(size)) => size.bits(),
            _ => 256,
        };
        let rounds = match self.unusual {
            Some(Unusual::Rounds(rounds)) => rounds,
            _ => 1000,
        };
        let is_raw = self.unusual == Some(Unusual::RawKey);
        let key = |role: Role, length| {
            let salt = Shown::new(role.salt(settings)).whole();
            match key_digest {
                _ if is_raw => "secret_key_base[0..31]".to_owned(),
                KeyDigest::Sha1 => format!("keys.generate_key({salt:?}, {length})"),
                _ => format!("key.({salt:?}, {length})"),
            }
        };
        let rotate = match (self.is_encrypted, settings.cipher) {
            (false, _) => format!(":signed, {}, {digest}", key(Role::Signing, 64)),
            (true, Cipher::Aes256Gcm) => format!(
                ":encrypted, {},\n  cipher: \"aes-{bits}-gcm\"",
                key(Role::Gcm, bits / 8)
            ),
            (true, Cipher::Aes256Cbc) => format!(
                ":encrypted, {},\n  {}, cipher: \"aes-{bits}-cbc\", {digest}",
                key(Role::Cbc, bits / 8),
                key(Role::CbcSigning, 64)
            ),
        };
        let marshal = if settings.cookies_serializer.writes() == Format::Marshal {
            "\n# Its value is in Marshal, which the cookies_serializer has to read:\n\
             # :marshal, or :hybrid (from 7.1 on also called :json_allow_marshal)"
        } else {
            ""
        };
        let keys = match key_digest {
            _ if is_raw => String::new(),
            KeyDigest::Sha1 => format!(
                "keys = ActiveSupport::KeyGenerator.new(secret_key_base, iterations: {rounds},\n  \
                 hash_digest_class: OpenSSL::Digest::SHA1)\n"
            ),
            // Up to Rails 6.1 (`key_generator.rb`) the generator accepts any option and always uses
            // SHA-1: an app that went back from 7.0 would get wrong keys, and no error.
            digest => format!(
                "key = ->(salt, length) {{\n  \
                 OpenSSL::PKCS5.pbkdf2_hmac(secret_key_base, salt, {rounds}, length, \"{digest}\")\n\
                 }}\n"
            ),
        };
        format!("{secret}{keys}{rotations}rotations.rotate {rotate}{marshal}")
    }
}

/// Writes the settings as a Rust expression: the version, and the settings in which reading differs
/// from that version.
fn in_rust(settings: &Settings) -> String {
    let defaults = settings.version.settings();
    let mut changes = String::new();
    let mut set = |is_changed: bool, name: &str, value: String| {
        if is_changed {
            changes.extend([".", name, "(", &value, ")"]);
        }
    };
    let Settings {
        cipher,
        key_generator_hash_digest_class: key_digest,
        signed_cookie_digest: hmac_digest,
        cookies_serializer: serializer,
        secret_kind,
        ..
    } = settings;
    set(
        *cipher != defaults.cipher,
        "cipher",
        format!("Cipher::{cipher:?}"),
    );
    set(
        *key_digest != defaults.key_generator_hash_digest_class,
        "key_generator_hash_digest_class",
        format!("KeyDigest::{key_digest:?}"),
    );
    set(
        *hmac_digest != defaults.signed_cookie_digest,
        "signed_cookie_digest",
        format!("HmacDigest::{hmac_digest:?}"),
    );
    // A version that writes Marshal reads every format.
    let reads = defaults.cookies_serializer.reads(serializer.writes());
    set(
        !reads,
        "cookies_serializer",
        format!("Serializer::{serializer:?}"),
    );
    set(
        *secret_kind != defaults.secret_kind,
        "secret_kind",
        format!("SecretKind::{secret_kind:?}"),
    );
    for (name, role) in SALTS {
        let salt = role.salt(settings);
        set(
            salt != role.salt(&defaults),
            name,
            format!("{:?}", Shown::new(salt).whole()),
        );
    }
    let version = variant(settings.version);
    if changes.is_empty() {
        version
    } else {
        format!("{version}.settings(){changes}")
    }
}

/// Writes a version as a variant of `LoadDefaults`.
pub(super) fn variant(version: LoadDefaults) -> String {
    format!("LoadDefaults::V{}", version.to_string().replace('.', "_"))
}
