//! [`UnreadableSetting`]: a setting in an app's Ruby files that only Ruby can evaluate.

use std::fmt;
use std::path::PathBuf;

use crate::shown::Shown;

/// A setting for cookies in an app's Ruby files that only Ruby can evaluate: set it yourself.
///
/// ```
/// # let dir = std::env::temp_dir().join("hardtack-doc-not-understood");
/// # std::fs::create_dir_all(dir.join("config")).unwrap();
/// std::fs::write(dir.join("config/application.rb"), r#"
/// module Shop
///   class Application < Rails::Application
///     config.load_defaults 7.1
///     config.action_dispatch.cookies_serializer = :hybrid if ENV["UPGRADING"]
///   end
/// end
/// "#)?;
///
/// let settings = hardtack::rails_app::RailsApp::new(&dir).settings()?;
/// let [one] = settings.unreadable_settings.as_slice() else { panic!() };
/// assert_eq!((one.setting, one.line), ("cookies_serializer", 5));
/// assert_eq!(one.why, "it has a condition (`if`)");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnreadableSetting {
    /// The file, below the app's directory.
    pub file: PathBuf,
    /// The line, counted from 1.
    pub line: u32,
    /// The setting's name in Rails.
    pub setting: &'static str,
    /// The first line of the statement, without texts that may be secrets.
    pub text: String,
    /// The reason why it cannot be read.
    pub why: String,
}

impl fmt::Display for UnreadableSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            line,
            setting,
            text,
            why,
        } = self;
        let file = Shown::path(file);
        let why = Shown::new(why).whole();
        write!(
            f,
            "{file}:{line}: {setting} is not understood; set it yourself: {why}"
        )?;
        if text.is_empty() {
            return Ok(());
        }
        write!(f, ": {}", Shown::new(text).whole())
    }
}
