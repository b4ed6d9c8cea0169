//! [`Sealing`]: how an opened cookie was sealed, and the `load_defaults` that seal this way.
//!
//! The settings of each version are in `defaults.rs`; this module only compares them.

use crate::load_defaults::LoadDefaults;
use crate::serializer::Format;
use crate::settings::{CbcDigest, Cipher, HmacDigest, KeyDigest, SecretKind, Settings};
use crate::shown::Shown;

use super::keys::Role;

/// The settings that sealed a cookie, as far as the cookie itself shows them.
pub(super) struct Sealing {
    /// The cipher; `None` in the signed jar.
    pub(super) cipher: Option<Cipher>,
    pub(super) secret_kind: SecretKind,
    pub(super) key_digest: Option<KeyDigest>,
    pub(super) hmac_digest: Option<HmacDigest>,
    pub(super) salts: Vec<(Role, String)>,
    pub(super) has_envelope: bool,
    pub(super) has_purpose: bool,
    pub(super) format: Option<Format>,
}

impl Sealing {
    /// Counts the settings of a version that an app had to change to seal this way. The serializer
    /// does not count.
    fn changes(&self, version: LoadDefaults) -> usize {
        let settings = version.settings();
        // The encrypted jar needs a secret_key_base. A secret_token alone signs, up to 5.2.
        let kind = settings.secret_kind != self.secret_kind;
        let no_jar = self.cipher.is_some() && settings.secret_kind == SecretKind::SecretToken;
        let cipher = self.cipher.is_some_and(|cipher| cipher != settings.cipher);
        let key_digest = self
            .key_digest
            .is_some_and(|digest| digest != settings.key_generator_hash_digest_class);
        let signs_by = match (self.cipher, settings.cbc_digest) {
            (Some(_), CbcDigest::Sha1) => HmacDigest::Sha1,
            _ => settings.signed_cookie_digest,
        };
        let hmac_digest = self.hmac_digest.is_some_and(|digest| digest != signs_by);
        let no_setting = hmac_digest && digest_line(version, signs_by).is_none();
        let metadata = self.has_purpose != settings.use_cookies_with_metadata;
        let expiry = self.has_envelope && !self.has_purpose && !settings.seals_expiry();
        let changes = [cipher, key_digest, hmac_digest, metadata, expiry];
        let impossible = if kind || no_jar || no_setting {
            changes.len()
        } else {
            0
        };
        impossible + changes.into_iter().filter(|change| *change).count()
    }

    /// Returns the released versions that seal this way by their defaults, oldest first. The
    /// serializer does not count, since apps often choose their own.
    pub(super) fn versions(&self) -> Vec<LoadDefaults> {
        let mut versions: Vec<_> = released().collect();
        versions.retain(|version| self.changes(*version) == 0);
        versions
    }

    /// Returns the versions that need the fewest changes.
    fn nearest(&self) -> Vec<LoadDefaults> {
        let least = released().map(|version| self.changes(version)).min();
        released()
            .filter(|version| Some(self.changes(*version)) == least)
            .collect()
    }

    /// Returns settings under which the cookie opens: those of the newest version that needs the
    /// fewest changes, with these changes.
    pub(super) fn settings(&self) -> Settings {
        self.settings_of(self.nearest().pop().unwrap_or(LoadDefaults::NEWEST))
    }

    /// Returns the settings of a version, with the changes under which it opens the cookie.
    fn settings_of(&self, version: LoadDefaults) -> Settings {
        let mut settings = version.settings();
        settings.secret_kind = self.secret_kind;
        settings.cipher = self.cipher.unwrap_or(settings.cipher);
        settings.key_generator_hash_digest_class = self
            .key_digest
            .unwrap_or(settings.key_generator_hash_digest_class);
        settings.signed_cookie_digest = self.hmac_digest.unwrap_or(settings.signed_cookie_digest);
        settings.use_cookies_with_metadata = self.has_purpose;
        for (role, salt) in &self.salts {
            *role.salt_mut(&mut settings) = salt.clone().into();
        }
        if let Some(format) = self
            .format
            .filter(|format| settings.cookies_serializer.writes() != *format)
        {
            settings.cookies_serializer = format.serializer();
        }
        settings
    }
}

/// Returns the versions that apps of today may run.
fn released() -> impl Iterator<Item = LoadDefaults> {
    let all = LoadDefaults::ALL.iter().copied();
    all.filter(|version| *version <= LoadDefaults::NEWEST)
}

impl Sealing {
    /// Describes each difference from an app's settings that stops the app. `read` is `true` if the
    /// app reads the value's format.
    pub(super) fn differences(&self, settings: &Settings, reads: bool) -> Vec<String> {
        let sealed = self.settings();
        let mut differences = Vec::new();
        let mut add = |differs: bool, text: String| {
            if differs {
                differences.push(text);
            }
        };
        add(
            sealed.secret_kind != settings.secret_kind,
            format!("a signature by the {} itself", sealed.secret_kind),
        );
        let reads_both = match sealed.cipher {
            Cipher::Aes256Gcm => settings.reads_gcm_beside_cbc,
            Cipher::Aes256Cbc => settings.reads_cbc_beside_gcm,
        };
        add(
            self.cipher.is_some() && sealed.cipher != settings.cipher && !reads_both,
            format!("{}, not {}", sealed.cipher, settings.cipher),
        );
        add(
            self.key_digest.is_some()
                && sealed.key_generator_hash_digest_class
                    != settings.key_generator_hash_digest_class,
            format!(
                "keys by {}, not {}",
                sealed.key_generator_hash_digest_class, settings.key_generator_hash_digest_class
            ),
        );
        add(
            self.hmac_digest.is_some()
                && sealed.signed_cookie_digest != settings.signed_cookie_digest,
            format!(
                "a signature by {}, not {}",
                sealed.signed_cookie_digest, settings.signed_cookie_digest
            ),
        );
        add(
            self.format.is_some()
                && !reads
                && sealed.cookies_serializer.writes() != settings.cookies_serializer.writes(),
            format!(
                "a value in {}, not {}",
                sealed.cookies_serializer, settings.cookies_serializer
            ),
        );
        for (role, salt) in &self.salts {
            add(
                salt != role.salt(settings),
                format!("the salt {:?}", Shown::new(salt).whole()),
            );
        }
        differences
    }

    /// Describes the apps that seal this way: their versions, and the settings that they changed.
    pub(super) fn era(&self) -> String {
        let lines = config_lines(&self.settings());
        // Another version may need another change.
        let mut nearest = self.nearest();
        nearest.retain(|version| config_lines(&self.settings_of(*version)) == lines);
        let mut versions = in_words(&nearest);
        if !lines.is_empty() {
            versions.push_str(" with ");
            versions.push_str(&lines.join(", "));
        }
        if self.secret_kind == SecretKind::SecretToken && !self.has_envelope {
            // Rack::Session::Cookie signs the same form with the same key.
            versions
                .push_str(", Rails 4.0 to 5.2 with a secret_token alone, or Rack::Session::Cookie");
        }
        versions
    }
}

/// Writes the setting by which an app of a version chooses the digest of its signatures; `None` if
/// the version has none (`cookies.rb`; in 2.3 `session/cookie_store.rb`).
fn digest_line(version: LoadDefaults, digest: HmacDigest) -> Option<String> {
    match version {
        LoadDefaults::V2_3 => Some(format!(
            "config.action_controller.session = {{ :digest => \"{digest}\" }}"
        )),
        version if version >= LoadDefaults::V5_2 => Some(format!(
            "config.action_dispatch.signed_cookie_digest = \"{digest}\""
        )),
        version if version >= LoadDefaults::V4_2 => Some(format!(
            "config.action_dispatch.cookies_digest = \"{digest}\""
        )),
        _ => None,
    }
}

/// Writes the settings that differ from the version's defaults as lines of an app's configuration.
pub(super) fn config_lines(settings: &Settings) -> Vec<String> {
    let defaults = settings.version.settings();
    let mut lines = Vec::new();
    let mut line = |is_changed: bool, text: String| {
        if is_changed {
            lines.push(text);
        }
    };
    line(
        settings.cipher != defaults.cipher,
        format!(
            "config.action_dispatch.use_authenticated_cookie_encryption = {}",
            settings.cipher == Cipher::Aes256Gcm
        ),
    );
    line(
        settings.key_generator_hash_digest_class != defaults.key_generator_hash_digest_class,
        format!(
            "config.active_support.key_generator_hash_digest_class = OpenSSL::Digest::{}",
            settings.key_generator_hash_digest_class
        ),
    );
    line(
        settings.signed_cookie_digest != defaults.signed_cookie_digest,
        digest_line(settings.version, settings.signed_cookie_digest).unwrap_or_default(),
    );
    line(
        settings.use_cookies_with_metadata != defaults.use_cookies_with_metadata,
        format!(
            "config.action_dispatch.use_cookies_with_metadata = {}",
            settings.use_cookies_with_metadata
        ),
    );
    line(
        settings.cookies_serializer != defaults.cookies_serializer,
        format!(
            "config.action_dispatch.cookies_serializer = :{}",
            settings.cookies_serializer
        ),
    );
    for (name, role) in SALTS {
        line(
            role.salt(settings) != role.salt(&defaults),
            format!(
                "config.action_dispatch.{name} = {:?}",
                Shown::new(role.salt(settings)).whole()
            ),
        );
    }
    lines
}

/// The names of the settings that hold the salts, and the roles of the salts.
pub(super) const SALTS: [(&str, Role); 4] = [
    ("authenticated_encrypted_cookie_salt", Role::Gcm),
    ("encrypted_cookie_salt", Role::Cbc),
    ("encrypted_signed_cookie_salt", Role::CbcSigning),
    ("signed_cookie_salt", Role::Signing),
];

/// Names the versions: "Rails 2.3 to 3.2".
pub(super) fn in_words(versions: &[LoadDefaults]) -> String {
    // Rails has load_defaults from 5.1 on; an older version is that of Rails itself.
    let noun = match versions.last() {
        Some(newest) if *newest < LoadDefaults::V5_1 => "Rails",
        _ => "load_defaults",
    };
    match versions {
        [] => "no load_defaults".to_owned(),
        [one] => format!("{noun} {one}"),
        [one, other] => format!("{noun} {one} or {other}"),
        [first, .., last] => format!("{noun} {first} to {last}"),
    }
}
