//! [`RailsAppSettings`]: the cookie settings of an app.

use super::rails_app_session::RailsAppSession;
use super::unreadable_setting::UnreadableSetting;
use crate::load_defaults::LoadDefaults;
use crate::secret_key_base::SecretKeyBase;
use crate::settings::{HmacDigest, Settings};

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
/// assert_eq!(settings.session.name, "_shop_session");
/// assert!(settings.unreadable_settings.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RailsAppSettings {
    /// The Rails version that the app runs on, from `Gemfile.lock`; `None` without that file.
    pub rails: Option<String>,
    /// The app's `load_defaults`; `None` if it has none.
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
    /// Older settings of signed cookies (`cookies_rotations.rotate :signed, ...`).
    pub rotations: Vec<SignedRotation>,
    /// The settings that only Ruby can evaluate: set them yourself. If an earlier file makes the
    /// same setting plainly, its value is used here.
    pub unreadable_settings: Vec<UnreadableSetting>,
}

/// A former digest of signed cookies: `cookies_rotations.rotate :signed, digest: "SHA256"`.
///
/// Rotations of encrypted cookies take keys, which apps derive with method calls: they are listed
/// as [`UnreadableSetting`].
///
/// ```
/// # let dir = std::env::temp_dir().join("hardtack-doc-rotation");
/// # std::fs::create_dir_all(dir.join("config")).unwrap();
/// std::fs::write(dir.join("config/application.rb"), r#"
/// module Shop
///   class Application < Rails::Application
///     config.load_defaults 7.1
///     config.action_dispatch.cookies_rotations.rotate :signed, digest: "SHA256"
///   end
/// end
/// "#)?;
/// let settings = hardtack::rails_app::RailsApp::new(&dir).settings()?;
/// assert_eq!(settings.rotations[0].digest, hardtack::settings::HmacDigest::Sha256);
/// assert!(settings.rotations[0].secret.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SignedRotation {
    /// The key itself, from which nothing is derived; `None` for the app's present secret.
    pub secret: Option<SecretKeyBase>,
    /// The digest.
    pub digest: HmacDigest,
}
