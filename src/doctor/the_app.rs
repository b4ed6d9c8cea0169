//! [`TheApp`]: the app that reads the cookie, as far as it is known, and what its jar answers.

use crate::clock::Clock;
use crate::error::Refusal;
use crate::load_defaults::LoadDefaults;
use crate::message::jar_kind::JarKind;
use crate::rails::jar::Jar;
use crate::secret_key_base::SecretKeyBase;
use crate::settings::Settings;

/// The facts of an app's own files.
#[cfg_attr(
    not(feature = "rails-app"),
    allow(dead_code, reason = "made from the app's files alone")
)]
#[derive(Clone, Debug, Default)]
pub(super) struct TheApp {
    /// The release of Rails, from `Gemfile.lock`.
    pub(super) rails: Option<String>,
    pub(super) load_defaults: Option<LoadDefaults>,
    /// The store of its sessions, if that is known.
    pub(super) store: Option<String>,
    /// The store of the cache that keeps the sessions, if that is known.
    pub(super) cache: Option<String>,
    /// The text that the app puts before its keys in the store, if that is known.
    pub(super) before: Option<String>,
    /// The place of a rotation that cannot be read from its files.
    pub(super) unread_rotation: Option<String>,
}

impl TheApp {
    /// Returns the store of its sessions, if that is known and is not the cookie.
    pub(super) fn server_store(&self) -> Option<&str> {
        self.store.as_deref().filter(|store| is_on_a_server(store))
    }

    /// Names the version of Rails and the `load_defaults`, which differ in many apps.
    pub(super) fn in_words(&self, settings: &Settings) -> String {
        match (&self.rails, self.load_defaults) {
            (None, None) => in_words(settings.version),
            (None, Some(defaults)) => format!("load_defaults {defaults}"),
            (Some(rails), Some(defaults)) => format!("Rails {rails}, load_defaults {defaults}"),
            (Some(rails), None) => format!("Rails {rails}, no load_defaults"),
        }
    }
}

/// Checks for the name of a store that keeps sessions on a server. A store of another name may be a
/// subclass of `CookieStore`.
pub(super) fn is_on_a_server(store: &str) -> bool {
    let store = store.to_ascii_lowercase().replace('_', "");
    let parts = [
        "activerecord",
        "redis",
        "cache",
        "dalli",
        "mongo",
        "dynamo",
        "sequel",
    ];
    parts.iter().any(|part| store.contains(part))
}

/// Names a version as the setting of an app: from 5.1 on as its `load_defaults`.
pub(super) fn in_words(version: LoadDefaults) -> String {
    if version < LoadDefaults::V5_1 {
        format!("Rails {version}")
    } else {
        format!("load_defaults {version}")
    }
}

/// The encrypted and the signed jar of an app.
#[derive(Clone)]
pub(super) struct Jars {
    encrypted: Jar,
    signed: Jar,
}

impl Jars {
    pub(super) fn new(encrypted: Jar, signed: Jar) -> Self {
        Self { encrypted, signed }
    }

    /// Creates the jars of an app that has one secret and no rotations.
    pub(super) fn of(secret: &SecretKeyBase, settings: &Settings) -> Self {
        Self::new(
            Jar::encrypted(secret, settings.clone()),
            Jar::signed(secret, settings.clone()),
        )
    }

    pub(super) fn with_clock(self, clock: &Clock) -> Self {
        Self {
            encrypted: self.encrypted.with_clock(clock.clone()),
            signed: self.signed.with_clock(clock.clone()),
        }
    }

    /// Asks the jar for a cookie that was sent as `name`.
    pub(super) fn ask(&self, kind: JarKind, name: &str, value: &[u8]) -> Result<(), Refusal> {
        let jar = match kind {
            JarKind::Encrypted => &self.encrypted,
            JarKind::Signed => &self.signed,
        };
        jar.open(name, value).map(|_| ())
    }
}

/// Returns `true` if a key of the jar fits, whatever the jar thinks of the content.
pub(super) fn has_key(answer: Result<(), Refusal>) -> bool {
    matches!(
        answer,
        Ok(()) | Err(Refusal::Expired | Refusal::WrongPurpose | Refusal::UnreadableValue)
    )
}
