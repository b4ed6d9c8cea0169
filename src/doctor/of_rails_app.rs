//! [`Doctor::rails_app`]: reads secrets and settings from an app's own files.

use super::Doctor;
use crate::rails_app::{RailsApp, RailsAppError, RailsAppSecrets};

impl Doctor {
    /// Adds all secrets of a Rails app, labelled by the places they were found in. Also sets the
    /// app's settings and the name of its session cookie, if its files tell the name.
    ///
    /// ```
    /// # let dir = std::env::temp_dir().join("hardtack-doc-doctor");
    /// # std::fs::create_dir_all(dir.join("config")).unwrap();
    /// # std::fs::write(dir.join("config/application.rb"), "module Shop\nclass Application < Rails::Application\nconfig.load_defaults 8.0\nend\nend\n")?;
    /// # let root = &dir;
    /// # let secret = "8d2e4af6".repeat(16);
    /// use hardtack::rails_app::RailsApp;
    /// use hardtack::doctor::Doctor;
    /// use hardtack::{Jar, LoadDefaults, SecretKeyBase};
    ///
    /// # let jar = Jar::encrypted(&SecretKeyBase::new(secret.as_str())?, LoadDefaults::V8_0);
    /// # let cookie = jar.write("_shop_session", 1, None)?;
    /// let app = RailsApp::new(root).environment("production");
    /// # let app = app.variables(move |name| (name == "SECRET_KEY_BASE").then(|| secret.clone()));
    /// let diagnosis = Doctor::new().rails_app(&app)?.examine(cookie.value());
    /// assert_eq!(diagnosis.secret.as_deref(), Some("SECRET_KEY_BASE"));
    /// assert!(diagnosis.causes.is_empty()); // the app opens it
    ///
    /// let no_app = RailsApp::new("/no/such/app");
    /// assert!(Doctor::new().rails_app(&no_app).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns the errors of [`RailsApp::settings`] and [`RailsApp::secrets`], and
    /// [`RailsAppError::UnreadableSetting`] if `load_defaults` is not set to a plain number: reports
    /// would name a version that the doctor only guessed.
    pub fn rails_app(self, app: &RailsApp) -> Result<Self, RailsAppError> {
        let told = app.settings()?;
        let mut unreadable_settings = told.unreadable_settings.into_iter();
        if let Some(guess) = unreadable_settings.find(|one| one.setting == "load_defaults") {
            return Err(RailsAppError::UnreadableSetting(guess));
        }
        let RailsAppSecrets {
            secret_key_base,
            secret_token,
            rotated_secret_key_bases,
            found_in,
        } = app.secrets()?;
        let mut doctor = self.settings(told.settings);
        if let Some(name) = told.session.name {
            doctor = doctor.cookie_name(name);
        }
        if let Some(secret) = secret_key_base {
            doctor = doctor.secret(&found_in, &secret);
        }
        for (index, secret) in rotated_secret_key_bases.iter().enumerate() {
            doctor = doctor.secret(
                format!("number {index} of rotated_secret_key_bases"),
                secret,
            );
        }
        if let Some(token) = secret_token {
            doctor = doctor.secret(format!("{found_in} (secret_token)"), &token);
        }
        Ok(doctor)
    }
}
