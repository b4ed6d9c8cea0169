//! A Rails app's directory as configuration: finds its secret and its cookie settings.
//!
//! No Ruby is run. Secrets are searched where the app's Rails version searches (`order`). Settings
//! are read from plain statements in its Ruby files (`configuration`, which uses `ruby`). Other
//! statements are reported and never guessed.

mod app;
mod app_files;
mod app_name;
mod assignments;
mod configuration;
mod cookie_sessions;
mod credentials;
mod credentials_paths;
mod erb;
mod file;
#[cfg(feature = "_fuzzing")]
pub(crate) mod fuzz_readers;
mod gemfile;
mod gemfile_lock;
mod glob;
mod key_part;
mod loaded_files;
mod mention;
mod options;
mod order;
mod rails_app_error;
mod rails_app_rotation;
mod rails_app_session;
mod rails_app_settings;
mod rotate;
mod ruby;
mod runtime;
mod secrets;
mod secrets_yml;
pub(crate) mod stored_keys;
#[cfg(test)]
mod tests;
mod unreadable_setting;
mod variables;
mod yaml;

pub use app::RailsApp;
pub use rails_app_error::{MissingSecret, RailsAppError, Searched};
pub use rails_app_rotation::RailsAppRotation;
pub use rails_app_session::RailsAppSession;
pub use rails_app_settings::RailsAppSettings;
pub use secrets::RailsAppSecrets;
pub use unreadable_setting::UnreadableSetting;
