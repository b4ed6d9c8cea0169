//! [`CookieStore::from_rails_app`]: the store of an app's sessions, set up from its files.

use super::app::RailsApp;
use super::rails_app_error::RailsAppError;
use crate::load_defaults::LoadDefaults;
use crate::rails::cookie_store::CookieStore;
use crate::rails::csrf_settings::CsrfSettings;
use crate::rails::keyring::Keyring;
use crate::settings::{CsrfForms, Settings};

/// The only store that keeps sessions in the cookie.
const COOKIE_STORE: &str = "cookie_store";

impl CookieStore {
    /// Creates a store for the sessions of a Rails app from its files: its secrets, settings and
    /// rotations, the session's name and attributes, `expire_after` (rolling), and the form of its
    /// authenticity tokens. Methods called on the store afterwards override these settings.
    ///
    /// No Ruby is run, and no setting is guessed: check [`RailsAppSettings::unreadable_settings`]
    /// too.
    ///
    /// ```
    /// # let dir = std::env::temp_dir().join("hardtack-doc-cookie-store");
    /// # std::fs::create_dir_all(dir.join("config")).unwrap();
    /// # let file = dir.join("config/application.rb");
    /// use hardtack::CookieStore;
    /// use hardtack::rails_app::RailsApp;
    ///
    /// # let app_rb = "module Shop\nclass Application < Rails::Application\nconfig.load_defaults 8.0\n";
    /// # std::fs::write(&file, format!("{app_rb}end\nend\n"))?;
    /// # let root = &dir;
    /// # let secret = "8d2e4af6".repeat(16);
    /// let app = RailsApp::new(root).environment("production");
    /// # let app = app.variables(move |name| (name == "SECRET_KEY_BASE").then(|| secret.clone()));
    /// for statement in &app.settings()?.unreadable_settings {
    ///     eprintln!("{statement}");
    /// }
    /// let store = CookieStore::from_rails_app(&app)?.trusted_hops(1);
    /// assert_eq!(store.name(), "_shop_session");
    ///
    /// # std::fs::write(&file, format!("{app_rb}config.session_store :redis_session_store\nend\nend\n"))?;
    /// // An app that keeps its sessions in Redis:
    /// let refused = CookieStore::from_rails_app(&app).unwrap_err();
    /// assert!(refused.to_string().contains("redis_session_store"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// [`RailsAppSettings::unreadable_settings`]: crate::rails_app::RailsAppSettings::unreadable_settings
    ///
    /// # Errors
    /// The errors of [`RailsApp::jar`]; [`RailsAppError::OtherStore`] if the session is not in the
    /// cookie; [`RailsAppError::UnreadableSetting`] if `session_store` cannot be read.
    pub fn from_rails_app(app: &RailsApp) -> Result<Self, RailsAppError> {
        let told = app.settings()?;
        let of_session = ["session_store", "session_options", "session"];
        let mut unreadable_settings = told.unreadable_settings.into_iter();
        let guess = unreadable_settings.find(|one| of_session.contains(&one.setting));
        let session = told.session;
        let (None, Some(name), Some(store)) = (&guess, session.name, session.store) else {
            let store = "a store that is not understood".to_owned();
            return Err(guess.map_or(
                RailsAppError::OtherStore { store },
                RailsAppError::UnreadableSetting,
            ));
        };
        if store != COOKIE_STORE {
            return Err(RailsAppError::OtherStore { store });
        }
        let jars = Keyring::of(app.jar()?, app.signed_jar()?);
        let store = Self::with_keyring(jars, name)
            .attributes(session.attributes)
            .csrf(csrf(&told.settings, told.load_defaults));
        Ok(match session.expire_after {
            Some(duration) => store.expire_after(duration),
            None => store,
        })
    }
}

/// Returns the form of the tokens in pages: the one that `load_defaults` sets, if the running Rails
/// version knows it.
fn csrf(settings: &Settings, load_defaults: Option<LoadDefaults>) -> CsrfSettings {
    let running = CsrfSettings::from(settings);
    let set = load_defaults.map(CsrfSettings::from);
    CsrfSettings {
        urlsafe_csrf_tokens: settings.csrf >= CsrfForms::Rails7_0
            || set.as_ref().is_some_and(|set| set.urlsafe_csrf_tokens),
        per_form_csrf_tokens: set.is_some_and(|set| set.per_form_csrf_tokens),
        ..running
    }
}
