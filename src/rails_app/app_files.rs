//! An app's files, read in the order in which Rails loads them.

use std::path::{Path, PathBuf};

use super::app_name::app_name;
use super::configuration::Configuration;
use super::file;
use super::gemfile_lock;
use super::order::{self, Order};
use super::rails_app_error::RailsAppError;
use super::rails_app_settings::{RailsAppSettings, SignedRotation};
use super::unreadable_setting::UnreadableSetting;
use crate::load_defaults::LoadDefaults;
use crate::safe_buffer_form::SafeBufferForm;
use crate::settings::CbcDigest;

/// The depth to which the folders in `config/initializers` are read.
const MOST_FOLDERS: usize = 8;
const MOST_FILES: usize = 1000;

/// The contents of an app's files.
pub(super) struct AppFiles {
    pub(super) configuration: Configuration,
    pub(super) environment: String,
    rails: Option<String>,
    version: LoadDefaults,
    pub(super) order: &'static Order,
}

impl AppFiles {
    /// Reads the files of the app in `root`, in the order in which Rails loads them. `rails` is the
    /// app's Rails version, if it is known without the `Gemfile.lock`.
    pub(super) fn read(
        root: &Path,
        environment: String,
        rails: Option<String>,
    ) -> Result<Self, RailsAppError> {
        let mut configuration = Configuration::new();
        let application = Path::new("config/application.rb");
        if !read_into(&mut configuration, root, application)? {
            return Err(RailsAppError::NoApp { root: root.into() });
        }
        let own = format!("config/environments/{environment}.rb");
        read_into(&mut configuration, root, Path::new(&own))?;
        for initializer in initializers(root) {
            read_into(&mut configuration, root, Path::new(&initializer))?;
        }
        let rails = match rails {
            Some(rails) => Some(rails),
            None => locked(root)?,
        };
        let numbers = match (&rails, configuration.load_defaults) {
            (Some(rails), _) => order::numbers(rails)?,
            (None, Some(version)) => order::numbers(&version.to_string())?,
            (None, None) => {
                return Err(RailsAppError::UnknownVersion { root: root.into() });
            }
        };
        let unknown = || RailsAppError::Version {
            given: rails.clone().unwrap_or_default(),
        };
        let version = format!("{}.{}", numbers.0, numbers.1).parse();
        let version = if let Ok(version) = version {
            version
        } else {
            let newest = LoadDefaults::ALL.last().copied();
            let newest = newest.unwrap_or(LoadDefaults::NEWEST);
            if numbers < order::numbers(&newest.to_string())? {
                return Err(unknown());
            }
            configuration.unreadable_settings.push(UnreadableSetting {
                file: PathBuf::from("Gemfile.lock"),
                line: 0,
                setting: "the Rails version",
                text: rails.clone().unwrap_or_default(),
                why: format!(
                    "the newest version that hardtack knows is {newest}, and it is used instead"
                ),
            });
            newest
        };
        let order = Order::of(numbers).ok_or_else(unknown)?;
        Ok(Self {
            configuration,
            environment,
            rails,
            version,
            order,
        })
    }

    /// Returns the settings that the files make.
    pub(super) fn settings(self) -> RailsAppSettings {
        let Self {
            configuration,
            rails,
            version,
            order,
            ..
        } = self;
        let by_version = version.settings();
        let chosen = match by_version.cbc_digest {
            CbcDigest::Chosen => configuration.cookies_digest,
            CbcDigest::Sha1 => configuration.signed_cookie_digest,
        };
        let writes_strings = rails.as_deref().is_some_and(writes_safe_buffers_as_strings);
        let settings = configuration
            .settings
            .version(version)
            .secret_kind(by_version.secret_kind)
            .signed_cookie_digest(chosen.unwrap_or(by_version.signed_cookie_digest))
            .safe_buffer(if writes_strings {
                SafeBufferForm::String
            } else {
                by_version.safe_buffer
            });
        let name = configuration.application.filter(|_| order.names_session);
        let name = name.map_or_else(
            || "_session_id".to_owned(),
            |class| format!("_{}_session", app_name(&class)),
        );
        let force_ssl = configuration.force_ssl && configuration.secure_cookies;
        let rotations = configuration.rotations.into_iter();
        let rotations = rotations.map(|(secret, digest)| SignedRotation {
            secret,
            digest: digest.unwrap_or(settings.signed_cookie_digest),
        });
        RailsAppSettings {
            rails,
            load_defaults: configuration.load_defaults,
            session: configuration.session.finish(name, force_ssl),
            rotations: rotations.collect(),
            unreadable_settings: configuration.unreadable_settings,
            settings,
        }
    }
}

/// Checks that a release, such as `8.1.4`, comes after 8.1.3: 8.1.4 is the first with the change of
/// [`SafeBufferForm`] on its branch.
fn writes_safe_buffers_as_strings(rails: &str) -> bool {
    let numbers = rails.split('.').map_while(|number| number.parse().ok());
    numbers.collect::<Vec<u32>>() >= vec![8, 1, 4]
}

/// Reads a file into the configuration, if there is one.
fn read_into(into: &mut Configuration, root: &Path, file: &Path) -> Result<bool, RailsAppError> {
    let text = file::read_text(&root.join(file)).map_err(|reason| RailsAppError::File {
        file: file.to_owned(),
        reason,
    })?;
    let Some(mut text) = text else {
        return Ok(false);
    };
    // Ruby's parser ignores a byte order mark.
    if text.starts_with('\u{feff}') {
        text.remove(0);
    }
    into.read(file, text);
    Ok(true)
}

/// Returns the Rails version in the `Gemfile.lock`.
fn locked(root: &Path) -> Result<Option<String>, RailsAppError> {
    let file = Path::new("Gemfile.lock");
    let lock = file::read_text(&root.join(file)).map_err(|reason| RailsAppError::File {
        file: file.to_owned(),
        reason,
    })?;
    Ok(lock.and_then(|lock| gemfile_lock::rails_version(&lock).map(str::to_owned)))
}

/// Returns the initializers below the app's directory, sorted as Rails sorts them: by the bytes of
/// their whole paths.
fn initializers(root: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut folders = vec![("config/initializers".to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let entries = std::fs::read_dir(root.join(&folder)).into_iter().flatten();
        for entry in entries.flatten() {
            let name = entry.file_name();
            let path = format!("{folder}/{}", name.to_string_lossy());
            if entry.path().is_dir() {
                if depth < MOST_FOLDERS {
                    folders.push((path, depth + 1));
                }
            } else if entry.path().extension().is_some_and(|end| end == "rb")
                && files.len() < MOST_FILES
            {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}
