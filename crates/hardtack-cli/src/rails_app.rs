//! A Rails app's directory in place of options.

use hardtack::LoadDefaults;
use hardtack::doctor::Doctor;
use hardtack::observe::Shown;
use hardtack::rails_app::{
    RailsApp, RailsAppError, RailsAppSecrets, RailsAppSettings, UnreadableSetting,
};

use crate::args::AppOptions;
use crate::output::complain;

/// An app, and what it sets.
#[derive(Clone)]
pub(crate) struct App {
    /// The start of the names of the options that name it.
    prefix: &'static str,
    files: RailsApp,
    pub(crate) settings: RailsAppSettings,
}

impl App {
    /// The app that options of this prefix name, beside an explicit version and cookie name.
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
                "--{prefix}rails-app: neither Gemfile.lock nor load_defaults in {} tells the Rails \
                 version: see --{prefix}rails",
                Shown::path(&root)
            ),
            other => format!("--{prefix}rails-app: {other}"),
        })?;
        // On it all others stand, and no option says it but this one.
        let is_guess =
            |one: &&UnreadableSetting| one.setting == "load_defaults" && version.is_none();
        if let Some(guess) = settings.unreadable_settings.iter().find(is_guess) {
            return Err(format!("--{prefix}rails-app: {guess} (--{prefix}rails)"));
        }
        for one in &settings.unreadable_settings {
            complain(&format!("note: {one}"));
        }
        if settings.session.store != "cookie_store" && !is_named {
            complain(&format!(
                "note: the app keeps its sessions in {}, and not in the cookie {}",
                Shown::new(&settings.session.store),
                Shown::new(&settings.session.name)
            ));
        }
        Ok(Some(Self {
            prefix,
            files: app,
            settings,
        }))
    }

    pub(crate) fn secrets(&self) -> Result<RailsAppSecrets, String> {
        let secrets = self.files.secrets();
        secrets.map_err(|error| format!("--{}rails-app: {error}", self.prefix))
    }

    /// A doctor with its secrets, settings and session.
    pub(crate) fn doctor(&self, doctor: Doctor) -> Result<Doctor, String> {
        let doctor = doctor.rails_app(&self.files);
        doctor.map_err(|error| format!("--{}rails-app: {error}", self.prefix))
    }
}
