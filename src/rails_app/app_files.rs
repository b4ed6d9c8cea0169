//! An app's files, read in the order in which Rails loads them.

use std::path::{Path, PathBuf};

use super::app_name::app_name;
use super::configuration::Configuration;
use super::glob::Glob;
use super::key_part::{DerivedKey, OlderKey, Rotate, Salt};
use super::options::DEFAULT_NAME;
use super::order::{self, Order};
use super::rails_app_error::RailsAppError;
use super::rails_app_rotation::RailsAppRotation;
use super::rails_app_settings::RailsAppSettings;
use super::runtime::Runtime;
use super::unreadable_setting::UnreadableSetting;
use super::{file, gemfile, gemfile_lock};
use crate::load_defaults::LoadDefaults;
use crate::message::JarKind;
use crate::safe_buffer_form::SafeBufferForm;
use crate::settings::{CbcDigest, Cipher, SecretKind, Settings};

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
        let rails = match rails {
            Some(rails) => Some(rails),
            None => rails_version(root)?,
        };
        let mut configuration = Configuration::new(Runtime {
            root: root.to_owned(),
            environment: environment.clone(),
            rails: rails.as_deref().map(order::numbers).transpose()?,
        });
        if !configuration.load(&root.join("config/application.rb"))? {
            let is_2_3 = configuration.runtime.is_2_3();
            if !is_2_3 || !configuration.load(&root.join("config/environment.rb"))? {
                return Err(RailsAppError::NoApp { root: root.into() });
            }
        }
        configuration.load(&root.join(format!("config/environments/{environment}.rb")))?;
        let initializers = Glob {
            pattern: "config/initializers/**/*.rb".to_owned(),
            is_sorted: true,
        };
        match initializers.files(root) {
            Ok(files) => {
                for initializer in files {
                    configuration.load(&initializer)?;
                }
            }
            Err(why) => {
                configuration.session.doubt();
                configuration.unreadable_settings.push(UnreadableSetting {
                    file: PathBuf::from("config/initializers"),
                    line: 0,
                    setting: "the files",
                    text: String::new(),
                    why: why.to_owned(),
                });
            }
        }
        let numbers = match (configuration.runtime.rails, configuration.load_defaults) {
            (Some(numbers), _) => numbers,
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
            || DEFAULT_NAME.to_owned(),
            |class| format!("_{}_session", app_name(&class)),
        );
        let force_ssl = configuration.force_ssl && configuration.secure_cookies;
        let mut unreadable_settings = configuration.unreadable_settings;
        let rotations = configuration.rotations.into_iter().filter_map(|rotate| {
            let (file, line) = (rotate.file.clone(), rotate.line);
            let rotation = rotation(rotate, &settings);
            if rotation.is_none() {
                unreadable_settings.push(UnreadableSetting {
                    file,
                    line,
                    setting: "cookies_rotations",
                    text: String::new(),
                    why: "hardtack knows the rotation only beside aes-256-gcm".to_owned(),
                });
            }
            rotation
        });
        let rotations = rotations.collect();
        RailsAppSettings {
            rails,
            load_defaults: configuration.load_defaults,
            session: configuration
                .session
                .finish(name, force_ssl, configuration.cache),
            rotations,
            unreadable_settings,
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

/// Returns the older settings of a call of `rotate`, from the app's present ones; `None` if no
/// settings express them.
fn rotation(rotate: Rotate, settings: &Settings) -> Option<RailsAppRotation> {
    let digest = rotate.digest.unwrap_or(settings.signed_cookie_digest);
    let mut older = settings.clone().signed_cookie_digest(digest);
    let secret = match rotate.key {
        OlderKey::Present => None,
        OlderKey::Given(secret) => {
            older.secret_kind = SecretKind::SecretToken;
            Some(secret)
        }
        OlderKey::Derived(DerivedKey { digest, salt }) => {
            let salt = match salt {
                Salt::Text(salt) => salt,
                Salt::Final(setting) => setting.value(settings),
            };
            older.key_generator_hash_digest_class = digest;
            match rotate.jar {
                JarKind::Signed => older.signed_cookie_salt = salt.into(),
                // Beside CBC, Rails takes the key that signs from the present settings.
                JarKind::Encrypted if settings.cipher == Cipher::Aes256Cbc => return None,
                JarKind::Encrypted => {
                    older.authenticated_encrypted_cookie_salt = salt.into();
                    older.reads_cbc_beside_gcm = false;
                }
            }
            None
        }
    };
    Some(RailsAppRotation {
        jar: rotate.jar,
        secret,
        settings: older,
    })
}

/// Returns the Rails version that Bundler locked, or else the one that the `Gemfile` asks for.
fn rails_version(root: &Path) -> Result<Option<String>, RailsAppError> {
    let read = |name: &str| {
        file::read_text(&root.join(name)).map_err(|reason| RailsAppError::File {
            file: PathBuf::from(name),
            reason,
        })
    };
    if let Some(lock) = read("Gemfile.lock")? {
        return Ok(gemfile_lock::rails_version(&lock).map(str::to_owned));
    }
    if let Some(gemfile) = read("Gemfile")? {
        return Ok(gemfile::rails_version(gemfile));
    }
    // Rails 2.3 needs no Bundler.
    let environment = read("config/environment.rb")?;
    Ok(environment.and_then(gemfile::rails_gem_version))
}
