//! [`CredentialsPaths`]: `config.credentials.content_path` and `key_path`.

use std::path::PathBuf;

/// The paths that an app sets for its credentials.
#[derive(Default)]
pub(super) struct CredentialsPaths {
    pub(super) content: CredentialsPath,
    pub(super) key: CredentialsPath,
}

/// The path of the credentials or of their key.
#[derive(Default)]
pub(super) enum CredentialsPath {
    /// Rails' default.
    #[default]
    Default,
    /// A path, relative to the app's directory.
    Set(PathBuf),
    /// A path that only Ruby can evaluate.
    Unknown,
}

impl CredentialsPaths {
    /// Sets `content_path` or `key_path`; `None` if it is not known.
    pub(super) fn set(&mut self, name: &str, path: Option<PathBuf>) {
        let place = match name {
            "content_path" => &mut self.content,
            _ => &mut self.key,
        };
        *place = path.map_or(CredentialsPath::Unknown, CredentialsPath::Set);
    }
}
