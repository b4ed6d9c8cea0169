//! A Rails app's directory in place of options.

use std::path::PathBuf;

use clap::ArgMatches;
use hardtack::doctor::Doctor;
use hardtack::{
    NotUnderstood, RailsApp, RailsAppError, RailsAppSecrets, RailsAppSettings, RailsVersion, Shown,
};

use crate::args::{Names, text};
use crate::output::complain;

/// An app, and what it sets.
#[derive(Clone)]
pub(crate) struct App {
    app: RailsApp,
    pub(crate) settings: RailsAppSettings,
}

impl App {
    /// The app that the options of these names tell of, beside an explicit version.
    pub(crate) fn new(
        matches: &ArgMatches,
        names: &Names,
        version: Option<RailsVersion>,
    ) -> Result<Option<Self>, String> {
        let Some(root) = matches.get_one::<PathBuf>(names.rails_app) else {
            return Ok(None);
        };
        let mut app = RailsApp::new(root);
        if let Some(environment) = text(matches, names.rails_env) {
            app = app.environment(environment);
        }
        let mut settings = app.settings();
        if let (Err(RailsAppError::UnknownVersion { .. }), Some(version)) = (&settings, version) {
            app = app.rails(version.to_string());
            settings = app.settings();
        }
        let settings = settings.map_err(|error| match error {
            RailsAppError::UnknownVersion { root } => format!(
                "--{}: neither Gemfile.lock nor load_defaults in {} tells the Rails version: see \
                 --{}",
                names.rails_app,
                Shown::path(&root),
                names.rails
            ),
            other => format!("--{}: {other}", names.rails_app),
        })?;
        // On it all others stand, and no option says it but this one.
        let is_guess = |one: &&NotUnderstood| one.setting == "load_defaults" && version.is_none();
        if let Some(guess) = settings.not_understood.iter().find(is_guess) {
            return Err(format!(
                "--{}: {guess} (--{})",
                names.rails_app, names.rails
            ));
        }
        for one in &settings.not_understood {
            complain(&format!("note: {one}"));
        }
        if settings.session.store != "cookie_store" && text(matches, names.name).is_none() {
            complain(&format!(
                "note: the app keeps its sessions in {}, and not in the cookie {}",
                Shown::new(&settings.session.store),
                Shown::new(&settings.session.name)
            ));
        }
        Ok(Some(Self { app, settings }))
    }

    pub(crate) fn secrets(&self, names: &Names) -> Result<RailsAppSecrets, String> {
        let secrets = self.app.secrets();
        secrets.map_err(|error| format!("--{}: {error}", names.rails_app))
    }

    /// A doctor with its secrets, settings and session.
    pub(crate) fn doctor(&self, doctor: Doctor, names: &Names) -> Result<Doctor, String> {
        let doctor = doctor.rails_app(&self.app);
        doctor.map_err(|error| format!("--{}: {error}", names.rails_app))
    }
}
