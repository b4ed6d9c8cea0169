//! Takes secret, settings and names from a Rails app's directory.

use hardtack::LoadDefaults;
use hardtack::doctor::Doctor;
use hardtack::observe::Shown;
use hardtack::rails_app::{
    RailsApp, RailsAppError, RailsAppSecrets, RailsAppSettings, UnreadableSetting,
};

use crate::args::AppOptions;
use crate::output::note;

/// An app and its settings.
#[derive(Clone)]
pub(crate) struct App {
    /// The prefix of the options' names.
    prefix: &'static str,
    files: RailsApp,
    pub(crate) settings: RailsAppSettings,
}

impl App {
    /// Reads the app that options with this prefix name. `version` and `is_named` tell what other
    /// options give.
    pub(crate) fn new(
        options: &AppOptions,
        prefix: &'static str,
        version: Option<LoadDefaults>,
        is_named: bool,
    ) -> Result<Option<Self>, String> {
        let Some(root) = &options.rails_app else {
            return Ok(None);
        };
        let mut app = RailsApp::new(root);
        if let Some(environment) = &options.rails_env {
            app = app.environment(environment);
        }
        let mut settings = app.settings();
        if let (Err(RailsAppError::UnknownVersion { .. }), Some(version)) = (&settings, version) {
            app = app.rails(version.to_string());
            settings = app.settings();
        }
        let settings = settings.map_err(|error| match error {
            RailsAppError::UnknownVersion { root } => format!(
                "--{prefix}rails-app: neither Gemfile.lock, Gemfile nor load_defaults in {} gives the \
                 Rails version; give --{prefix}rails",
                Shown::path(&root)
            ),
            other => format!("--{prefix}rails-app: {other}"),
        })?;
        // All other settings depend on the version, and only --rails replaces it.
        let is_guess =
            |one: &&UnreadableSetting| one.setting == "load_defaults" && version.is_none();
        if let Some(guess) = settings.unreadable_settings.iter().find(is_guess) {
            return Err(format!("--{prefix}rails-app: {guess} (--{prefix}rails)"));
        }
        for one in &settings.unreadable_settings {
            note(&one.to_string());
        }
        if let Some(store) = other_store(&settings)
            && !is_named
        {
            let name = settings.session.name.as_deref().unwrap_or("of the session");
            note(&format!(
                "the app keeps its sessions in {}, not in the cookie {}",
                Shown::new(store),
                Shown::new(name)
            ));
        }
        Ok(Some(Self {
            prefix,
            files: app,
            settings,
        }))
    }

    /// Checks that the app's files tell the name of its session's cookie: nothing is sealed under a
    /// guessed name.
    pub(crate) fn check_name(&self) -> Result<(), String> {
        if self.settings.session.name.is_some() {
            return Ok(());
        }
        let prefix = self.prefix;
        let mut unreadable = self.settings.unreadable_settings.iter();
        let of_session = |one: &&UnreadableSetting| {
            ["session_store", "session_options", "session"].contains(&one.setting)
        };
        let reason = unreadable.find(of_session).map(|one| format!(" ({one})"));
        Err(format!(
            "--{prefix}rails-app: the name of the session's cookie is not understood; give \
             --{prefix}name{}",
            reason.unwrap_or_default()
        ))
    }

    /// Reads the app's secrets.
    pub(crate) fn secrets(&self) -> Result<RailsAppSecrets, String> {
        let secrets = self.files.secrets();
        secrets.map_err(|error| format!("--{}rails-app: {error}", self.prefix))
    }

    /// Gives a doctor the app's secrets, settings and session.
    pub(crate) fn doctor(&self, doctor: Doctor) -> Result<Doctor, String> {
        if !self.settings.rotations.is_empty() {
            note("the cookies_rotations of the app are understood: the doctor opens by them too");
        }
        let doctor = doctor.rails_app(&self.files);
        let doctor = doctor.map_err(|error| format!("--{}rails-app: {error}", self.prefix))?;
        if self.files.secrets().is_err() {
            note("the app's files tell no secret; the id of a session on a server needs none");
        }
        Ok(doctor)
    }
}

/// Returns the session's store, if it was understood and is not the cookie.
fn other_store(settings: &RailsAppSettings) -> Option<&str> {
    let store = settings.session.store.as_deref();
    store.filter(|store| *store != "cookie_store")
}
