//! [`Runtime`]: the facts about the running app that its Ruby files can ask for.

use std::path::{Path, PathBuf};

use super::order::Version;

/// The facts about the running app that its Ruby files can ask for: `Rails.env`, `Rails.root`,
/// `Rails.version`.
#[derive(Debug)]
pub(super) struct Runtime {
    pub(super) root: PathBuf,
    pub(super) environment: String,
    /// The Rails version, if it is known without `load_defaults`.
    pub(super) rails: Option<Version>,
}

impl Runtime {
    /// Returns the answer of `Rails.env.<name>?`; `None` if that depends on a version that is not
    /// known.
    pub(super) fn is_environment(&self, name: &str) -> Option<bool> {
        // Rails 7.1 gave `local?` its meaning; before, it asked for an environment of that name.
        if name == "local" && self.rails? >= (7, 1, 0) {
            return Some(["development", "test"].contains(&&*self.environment));
        }
        Some(name == self.environment)
    }

    /// Checks that the app runs on Rails 2.3.
    pub(super) fn is_2_3(&self) -> bool {
        self.rails.is_some_and(|rails| rails < (3, 0, 0))
    }

    /// Returns a path below the app's directory for messages.
    pub(super) fn shown<'p>(&self, path: &'p Path) -> &'p Path {
        path.strip_prefix(&self.root).unwrap_or(path)
    }
}
