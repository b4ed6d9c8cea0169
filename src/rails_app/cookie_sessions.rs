//! [`CookieStore::from_rails_app`]: the sessions of an app, as its files say.

use super::app::RailsApp;
use super::rails_app_error::RailsAppError;
use crate::load_defaults::LoadDefaults;
use crate::rails::cookie_store::CookieStore;
use crate::rails::csrf::CsrfSettings;
use crate::rails::keyring::Keyring;
use crate::settings::{CsrfForms, Settings};

/// The only store whose sessions are in the cookie.
const COOKIE_STORE: &str = "cookie_store";

impl CookieStore {
    /// The sessions of a Rails app: its secrets, settings, rotations, the session's name and
    /// attributes, `expire_after` (rolling), and which authenticity tokens its pages get. What is
    /// set on the store by chain then counts instead.
    ///
    /// No Ruby is run, and nothing is guessed: look at [`RailsAppSettings::unreadable_settings`], too.
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
    /// let store = CookieStore::from_rails_app(&app)?.trust_proxy(true);
    /// assert_eq!(store.name(), "_shop_session");
    ///
    /// # std::fs::write(&file, format!("{app_rb}config.session_store :redis_session_store\nend\nend\n"))?;
    /// // Of an app that keeps its sessions in Redis:
    /// let refused = CookieStore::from_rails_app(&app).unwrap_err();
    /// assert!(refused.to_string().contains("redis_session_store"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// [`RailsAppSettings::unreadable_settings`]: crate::rails_app::RailsAppSettings::unreadable_settings
    ///
    /// # Errors
    /// Those of [`RailsApp::jar`]; [`RailsAppError::OtherStore`] where the session is not in the
    /// cookie, and [`RailsAppError::UnreadableSetting`] where `session_store` is not plain.
    pub fn from_rails_app(app: &RailsApp) -> Result<Self, RailsAppError> {
        let told = app.settings()?;
        let mut unreadable_settings = told.unreadable_settings.into_iter();
        if let Some(guess) = unreadable_settings.find(|one| one.setting == "session_store") {
            return Err(RailsAppError::UnreadableSetting(guess));
        }
        let session = told.session;
        if session.store != COOKIE_STORE {
            return Err(RailsAppError::OtherStore {
                store: session.store,
            });
        }
        let jars = Keyring::of(app.jar()?, app.signed_jar()?);
        let store = Self::with_keyring(jars, session.name)
            .attributes(session.attributes)
            .csrf(csrf(&told.settings, told.load_defaults));
        Ok(match session.expire_after {
            Some(duration) => store.expire_after(duration),
            None => store,
        })
    }
}

/// `load_defaults` says which tokens pages get, so far as the Rails that runs knows them.
fn csrf(settings: &Settings, load_defaults: Option<LoadDefaults>) -> CsrfSettings {
    let running = CsrfSettings::from(settings);
    let set = load_defaults.map(CsrfSettings::from);
    CsrfSettings {
        urlsafe_csrf_tokens: settings.csrf == CsrfForms::Rails7_0
            || set.is_some_and(|set| set.urlsafe_csrf_tokens),
        per_form_csrf_tokens: set.is_some_and(|set| set.per_form_csrf_tokens),
        global_csrf_tokens: running.global_csrf_tokens,
    }
}
