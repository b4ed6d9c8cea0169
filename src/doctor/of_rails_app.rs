//! [`Doctor::rails_app`]: reads secrets and settings from an app's own files.

use std::sync::OnceLock;

use super::Doctor;
use super::keys::Labelled;
use super::the_app::{Jars, TheApp, is_on_a_server};
use crate::rails_app::{RailsApp, RailsAppError, RailsAppSecrets};
use crate::secret_key_base::SecretKeyBase;

impl Doctor {
    /// Adds all secrets of a Rails app, labelled by the places they were found in: its own first,
    /// then those that were given before, and those of its other environments. Also sets the app's
    /// settings and the name of its session cookie, if its files tell the name.
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
    /// # let cookie = jar.write("_shop_session", std::collections::BTreeMap::from([("session_id", "8d2e4af6".repeat(4))]), None)?;
    /// let app = RailsApp::new(root).environment("production");
    /// # let app = app.variables(move |name| (name == "SECRET_KEY_BASE").then(|| secret.clone()));
    /// let diagnosis = Doctor::new().rails_app(&app)?.examine(cookie.value());
    /// assert_eq!(diagnosis.secret.as_deref(), Some("SECRET_KEY_BASE"));
    /// assert_eq!(diagnosis.causes, []); // the app opens it
    ///
    /// let no_app = RailsApp::new("/no/such/app");
    /// assert!(Doctor::new().rails_app(&no_app).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns the errors of [`RailsApp::settings`] and [`RailsApp::secrets`] (an app that keeps
    /// its sessions on a server may lack a secret), and [`RailsAppError::UnreadableSetting`] if
    /// `load_defaults` is not set to a plain number: reports would name a version that the doctor
    /// only guessed.
    pub fn rails_app(self, app: &RailsApp) -> Result<Self, RailsAppError> {
        let told = app.settings()?;
        let unreadable = |name| {
            let mut settings = told.unreadable_settings.iter();
            settings.find(|one| one.setting == name)
        };
        if let Some(guess) = unreadable("load_defaults") {
            return Err(RailsAppError::UnreadableSetting(guess.clone()));
        }
        let session = told.session;
        let is_on_server = session.store.as_deref().is_some_and(is_on_a_server);
        let (secrets, jars) = match app.secrets() {
            // A session's id needs none.
            Err(RailsAppError::NoSecret { .. }) if is_on_server => (None, None),
            secrets => (
                Some(secrets?),
                Some(Jars::new(app.jar()?, app.signed_jar()?)),
            ),
        };
        // What was not understood is not claimed: neither the name nor the store.
        let unread_rotation = unreadable("cookies_rotations");
        let mut doctor = self.settings(told.settings.clone());
        if let Some(name) = &session.name {
            doctor = doctor.cookie_name(name);
        }
        // The app's own secret comes first: it is the one that the app reads its cookies by.
        let others = std::mem::take(&mut doctor.secrets);
        for (label, secret) in secrets.map(labelled).unwrap_or_default() {
            doctor = doctor.secret(label, &secret);
        }
        for Labelled { label, secret } in others {
            doctor = doctor.secret(label, &secret);
        }
        for (label, secret) in beside(app) {
            let mut known = doctor.secrets.iter();
            if !known.any(|known| known.secret.expose() == secret.expose()) {
                doctor = doctor.secret(label, &secret);
            }
        }
        doctor.the_app = Some(TheApp {
            rails: told.rails,
            load_defaults: told.load_defaults,
            store: session.store,
            cache: session.keys.cache,
            before: session.keys.before,
            unread_rotation: unread_rotation
                .map(|one| format!("{}:{}", one.file.display(), one.line)),
        });
        doctor.jars = OnceLock::from(jars);
        Ok(doctor)
    }
}

/// Returns the app's own secrets, each with its place.
fn labelled(secrets: RailsAppSecrets) -> Vec<(String, SecretKeyBase)> {
    let RailsAppSecrets {
        secret_key_base,
        secret_token,
        rotated_secret_key_bases,
        found_in,
    } = secrets;
    let rotated = rotated_secret_key_bases.into_iter().enumerate();
    let rotated = rotated.map(|(index, secret)| {
        let label = format!("number {index} of rotated_secret_key_bases");
        (label, secret)
    });
    let token = secret_token.map(|token| (format!("{found_in} (secret_token)"), token));
    let own = secret_key_base.map(|secret| (found_in.clone(), secret));
    own.into_iter().chain(rotated).chain(token).collect()
}

/// Finds the secrets that other environments of the app have, and those that stand behind the
/// variable `SECRET_KEY_BASE`, each with its place.
fn beside(app: &RailsApp) -> Vec<(String, SecretKeyBase)> {
    let mut found = Vec::new();
    let own = app.environment_name().unwrap_or_default();
    let names = app.environment_names();
    for name in std::iter::once(&own).chain(names.iter().filter(|name| **name != own)) {
        // The variable counts for the own environment, and hides the others.
        let quiet = app.clone().environment(name).without_secret_variable();
        let Ok(secrets) = quiet.secrets() else {
            continue;
        };
        let place = if *name == own {
            secrets.found_in.clone()
        } else {
            format!("{} ({name})", secrets.found_in)
        };
        found.extend(
            secrets
                .secret_key_base
                .map(|secret| (place.clone(), secret)),
        );
        found.extend(
            secrets
                .secret_token
                .map(|secret| (format!("{place} (secret_token)"), secret)),
        );
    }
    found
}
