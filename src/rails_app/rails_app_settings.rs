//! [`RailsAppSettings`]: the cookie settings of an app.

use super::rails_app_rotation::RailsAppRotation;
use super::rails_app_session::RailsAppSession;
use super::unreadable_setting::UnreadableSetting;
use crate::load_defaults::LoadDefaults;
use crate::settings::Settings;

/// A Rails app's settings for cookies, read from its files.
///
/// ```
/// # let dir = std::env::temp_dir().join("hardtack-doc-settings");
/// # std::fs::create_dir_all(dir.join("config")).unwrap();
/// # std::fs::write(dir.join("config/application.rb"), "module Shop\nclass Application < Rails::Application\nconfig.load_defaults 7.1\nend\nend\n")?;
/// # std::fs::write(dir.join("Gemfile.lock"), "GEM\n  specs:\n    rails (8.0.2)\n")?;
/// use hardtack::LoadDefaults;
/// use hardtack::rails_app::RailsApp;
/// use hardtack::settings::KeyDigest;
///
/// let settings = RailsApp::new(&dir).settings()?;
/// assert_eq!(settings.rails.as_deref(), Some("8.0.2")); // Gemfile.lock
/// assert_eq!(settings.load_defaults, Some(LoadDefaults::V7_1)); // config/application.rb
/// assert_eq!(settings.settings.key_generator_hash_digest_class, KeyDigest::Sha256);
/// assert_eq!(settings.session.name.as_deref(), Some("_shop_session"));
/// assert!(settings.unreadable_settings.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RailsAppSettings {
    /// The Rails version that the app runs on, such as `7.1.5`: from `Gemfile.lock`, or without that
    /// file from the `Gemfile`, which may name only `7.1`. `None` if neither tells it.
    pub rails: Option<String>,
    /// The app's `load_defaults`; `None` if it has none. It is often older than `rails`.
    pub load_defaults: Option<LoadDefaults>,
    /// The settings for writing and reading cookies.
    ///
    /// Their `version` is the Rails version that the app runs on, or `load_defaults` if that
    /// version is unknown. It decides everything that `load_defaults` does not set: the limit,
    /// envelopes, the dot before a domain. An app without `load_defaults` has the same settings in
    /// every version: AES-256-CBC, SHA-1 as key digest, Marshal, no metadata, no `SameSite`.
    pub settings: Settings,
    /// The session's cookie.
    pub session: RailsAppSession,
    /// Older settings of cookies (`cookies_rotations.rotate`).
    pub rotations: Vec<RailsAppRotation>,
    /// The settings that only Ruby can evaluate: set them yourself. If an earlier file makes the
    /// same setting plainly, its value is used here, except for the session's name and store, and
    /// for the paths of the credentials.
    pub unreadable_settings: Vec<UnreadableSetting>,
}
