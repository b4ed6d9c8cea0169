//! A Rails app's directory as configuration: where its secret is, and what it sets for cookies.
//!
//! No Ruby is run. Secrets are looked for as the app's Rails version does (`order`); settings are
//! taken from its Ruby files where they are plain (`configuration`, over `ruby`), and what is not
//! plain is told and never guessed.

mod app;
mod app_name;
mod configuration;
mod cookie_sessions;
mod credentials;
mod erb;
mod error;
mod file;
#[cfg(feature = "_fuzzing")]
pub(crate) mod fuzzing;
mod gemfile_lock;
mod loaded;
mod mention;
mod not_understood;
mod options;
mod order;
mod ruby;
mod secrets;
mod session;
mod settings;
#[cfg(test)]
mod tests;
mod variables;
mod yaml;

pub use app::RailsApp;
pub use error::{Lack, Looked, RailsAppError};
pub use not_understood::NotUnderstood;
pub use secrets::RailsAppSecrets;
pub use session::RailsAppSession;
pub use settings::{RailsAppSettings, SignedRotation};
