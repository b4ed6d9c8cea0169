//! [`Remedy`]: the rotation that makes an app open a cookie, in Rust and in Ruby.

use crate::load_defaults::LoadDefaults;
use crate::serializer::Format;
use crate::settings::{Cipher, KeyDigest, SecretKind, Settings};
use crate::shown::Shown;

use super::keys::Role;
use super::sealing::SALTS;

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

    /// Creates the rotation for cookies sealed under `settings`, and under `older_name` if given.
    pub(super) fn new(settings: &Settings, is_encrypted: bool, older_name: Option<&str>) -> Self {
        let name = older_name
            .map(|name| format!(".cookie_name({:?})", Shown::new(name).whole()))
            .unwrap_or_default();
        let (jar, secret) = match (is_encrypted, settings.secret_kind) {
            (true, _) => ("encrypted", "secret"),
            (false, SecretKind::SecretKeyBase) => ("signed", "secret"),
            (false, SecretKind::SecretToken) => ("signed", "secret_token"),
        };
        Self {
            rust: format!(
                ".rotation(Rotation::{jar}(&{secret}, {}){name})",
                in_rust(settings)
            ),
            rails: in_rails(settings, is_encrypted),
        }
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

fn variant(version: LoadDefaults) -> String {
    format!("LoadDefaults::V{}", version.to_string().replace('.', "_"))
}

/// Writes the rotation in Ruby, for any of the formats, as the guide to upgrading Rails shows it
/// (7.0, "Key generator digest class changing to use SHA256").
fn in_rails(settings: &Settings, is_encrypted: bool) -> String {
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
    let key = |role: Role, length| {
        let salt = Shown::new(role.salt(settings)).whole();
        match key_digest {
            KeyDigest::Sha1 => format!("keys.generate_key({salt:?}, {length})"),
            KeyDigest::Sha256 => format!("key.({salt:?}, {length})"),
        }
    };
    let rotate = match (is_encrypted, settings.cipher) {
        (false, _) => format!(":signed, {}, {digest}", key(Role::Signing, 64)),
        (true, Cipher::Aes256Gcm) => format!(
            ":encrypted, {},\n  cipher: \"aes-256-gcm\"",
            key(Role::Gcm, 32)
        ),
        (true, Cipher::Aes256Cbc) => format!(
            ":encrypted, {},\n  {}, cipher: \"aes-256-cbc\", {digest}",
            key(Role::Cbc, 32),
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
        KeyDigest::Sha1 => {
            "keys = ActiveSupport::KeyGenerator.new(secret_key_base, iterations: 1000,\n  \
             hash_digest_class: OpenSSL::Digest::SHA1)"
        }
        // Up to Rails 6.1 (`key_generator.rb`) the generator accepts any option and always uses
        // SHA-1: an app that went back from 7.0 would get wrong keys, and no error.
        KeyDigest::Sha256 => {
            "key = ->(salt, length) {\n  \
             OpenSSL::PKCS5.pbkdf2_hmac(secret_key_base, salt, 1000, length, \"SHA256\")\n\
             }"
        }
    };
    format!(
        "# Or, where it was sealed under another: that one.\n\
         secret_key_base = Rails.application.secret_key_base\n\
         {keys}\n\
         {rotations}rotations.rotate {rotate}{marshal}"
    )
}
