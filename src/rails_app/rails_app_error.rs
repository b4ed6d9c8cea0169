//! [`RailsAppError`]: the reasons why a Rails app's secret or settings were not found.

use std::fmt;
use std::path::PathBuf;

use super::unreadable_setting::UnreadableSetting;
use crate::error::Error;
use crate::shown::Shown;

/// The reason why a Rails app's secret or settings were not found, for the operator. It contains no
/// secret. `Display` escapes control characters in names: see [`Shown`]. Only
/// [`NoSecret`](Self::NoSecret) has more than one line.
///
/// ```
/// use hardtack::rails_app::{RailsApp, RailsAppError};
///
/// let missing = RailsApp::new("/no/such/app").settings().unwrap_err();
/// assert!(matches!(missing, RailsAppError::NoApp { .. }));
/// assert_eq!(
///     missing.to_string(),
///     "/no/such/app is not a Rails app: it has no config/application.rb; give the app's root directory",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RailsAppError {
    /// There is no `config/application.rb`.
    NoApp {
        /// The directory.
        root: PathBuf,
    },
    /// A file of the app cannot be read.
    File {
        /// The file, below the app's directory.
        file: PathBuf,
        /// The fault of the file.
        reason: MissingSecret,
    },
    /// Neither `Gemfile.lock`, the `Gemfile` nor `load_defaults` tells the Rails version.
    UnknownVersion {
        /// The directory.
        root: PathBuf,
    },
    /// The Rails version is older than 2.3, or is not a version.
    Version {
        /// The version as given.
        given: String,
    },
    /// The environment's name has characters that could lead to another path.
    Environment {
        /// The name as given.
        given: String,
    },
    /// No place that Rails searches has a usable secret.
    NoSecret {
        /// The directory.
        root: PathBuf,
        /// The environment.
        environment: String,
        /// The places that were searched, in Rails' order, with the fault of each. As in Rails, the
        /// search stops at a place that is broken.
        searched: Vec<Searched>,
    },
    /// The setting `load_defaults`, on which all others depend, cannot be read, and a jar is never
    /// made on a guess.
    UnreadableSetting(UnreadableSetting),
    /// The app's sessions are not in a cookie.
    OtherStore {
        /// The app's store, as `config.session_store` names it.
        store: String,
    },
    /// The secret that was found is unusable.
    Secret(Error),
}

impl fmt::Display for RailsAppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoApp { root } => write!(
                f,
                "{} is not a Rails app: it has no config/application.rb; give the app's root directory",
                Shown::path(root)
            ),
            Self::File { file, reason } => write!(f, "{}: {reason}", Shown::path(file)),
            Self::UnknownVersion { root } => write!(
                f,
                "{}: neither Gemfile.lock, Gemfile nor load_defaults tells the Rails version; set it \
                with RailsApp::rails",
                Shown::path(root)
            ),
            Self::Version { given } => write!(
                f,
                "Rails {:?} is not a supported version; hardtack reads apps of Rails 2.3 and later",
                Shown::new(given)
            ),
            Self::Environment { given } => write!(
                f,
                "{:?} is not a name of a Rails environment; use only letters, digits, _ and -",
                Shown::new(given)
            ),
            Self::NoSecret {
                root,
                environment,
                searched,
            } => {
                write!(
                    f,
                    "no secret for the environment {} in {}; searched:",
                    Shown::new(environment),
                    Shown::path(root)
                )?;
                for Searched { place, reason } in searched {
                    write!(f, "\n  {}: {reason}", Shown::new(place).whole())?;
                }
                Ok(())
            }
            Self::UnreadableSetting(statement) => statement.fmt(f),
            Self::OtherStore { store } => write!(
                f,
                "the app keeps its sessions in {}, not in a cookie; open its other cookies with \
                RailsApp::jar and RailsApp::signed_jar",
                Shown::new(store)
            ),
            Self::Secret(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for RailsAppError {}

impl From<Error> for RailsAppError {
    fn from(error: Error) -> Self {
        Self::Secret(error)
    }
}

/// A place that was searched for the secret.
///
/// ```
/// use hardtack::rails_app::{MissingSecret, RailsApp, RailsAppError};
///
/// # let dir = std::env::temp_dir().join("hardtack-doc-looked");
/// # std::fs::create_dir_all(dir.join("config")).unwrap();
/// # std::fs::write(dir.join("config/application.rb"), "module Shop\nclass Application < Rails::Application\nconfig.load_defaults 8.0\nend\nend\n")?;
///
/// let app = RailsApp::new(&dir).environment("production").variables(|_| None);
/// let Err(RailsAppError::NoSecret { searched, .. }) = app.secret_key_base() else { panic!() };
/// assert_eq!(searched[1].place, "SECRET_KEY_BASE");
/// assert_eq!(searched[1].reason, MissingSecret::NotSet);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Searched {
    /// An environment variable, or a file below the app's directory.
    pub place: String,
    /// The fault of the place.
    pub reason: MissingSecret,
}

/// The reason why a place gives no secret.
///
/// ```
/// assert_eq!(
///     hardtack::rails_app::MissingSecret::WrongKey.to_string(),
///     "the key does not fit: it belongs to another file, or the file was changed",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MissingSecret {
    /// The environment variable is not set.
    NotSet,
    /// The value is blank.
    Blank,
    /// The file does not exist, or no file makes the setting.
    Missing,
    /// The file cannot be read.
    Unreadable {
        /// The operating system's reason.
        reason: String,
    },
    /// The file is larger than such a file ever is.
    TooLarge {
        /// The most bytes that are read.
        most: usize,
    },
    /// The encrypted file exists, and its key was not found.
    NoKey {
        /// The key's file, below the app's directory.
        key_file: String,
    },
    /// The encrypted file's key is not 32 hexadecimal digits.
    Key {
        /// The variable or file of the key.
        place: String,
        /// The number of characters in the key.
        characters: usize,
    },
    /// The encrypted file is cut off, or is not an encrypted file.
    Malformed,
    /// The key does not open the encrypted file.
    WrongKey,
    /// The decrypted content is not a single text.
    NoText,
    /// The file is not YAML, is nested too deeply, or expands to too much.
    Yaml {
        /// The line, if it is known.
        line: Option<u32>,
    },
    /// The YAML does not contain the secret.
    NoSecretInside {
        /// The keys that should hold the secret.
        keys: String,
    },
    /// The secret in the YAML is not a text.
    SecretIsNoText {
        /// The key.
        key: String,
    },
    /// The file has ERB that reads more than an environment variable.
    Erb {
        /// The line.
        line: u32,
    },
    /// The file uses `ENV.fetch` for an environment variable that is not set.
    Fetch {
        /// The variable.
        variable: String,
    },
    /// Ruby sets the secret in a way that cannot be read.
    NotPlain {
        /// The reason why it cannot be read.
        why: String,
    },
}

impl fmt::Display for MissingSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSet => f.write_str("not set"),
            Self::Blank => f.write_str("blank"),
            Self::Missing => f.write_str("missing"),
            Self::Unreadable { reason } => write!(f, "cannot be read: {}", Shown::new(reason)),
            Self::TooLarge { most } => write!(f, "more than {most} bytes"),
            Self::NoKey { key_file } => write!(
                f,
                "found, but its key is missing: set RAILS_MASTER_KEY, or write the key to {}",
                Shown::new(key_file).whole()
            ),
            Self::Key { place, characters } => write!(
                f,
                "the key from {} has {characters} characters; it must have 32 hexadecimal digits",
                Shown::new(place).whole()
            ),
            Self::Malformed => f.write_str("cut off, or not written by `rails credentials:edit`"),
            Self::WrongKey => f.write_str(
                "the key does not fit: it belongs to another file, or the file was changed",
            ),
            Self::NoText => f.write_str("the decrypted content is not a text"),
            Self::Yaml { line } => {
                f.write_str("not YAML, nested too deeply, or with too many aliases")?;
                line.map_or(Ok(()), |line| write!(f, " (line {line})"))
            }
            Self::NoSecretInside { keys } => write!(f, "has no {}", Shown::new(keys)),
            Self::SecretIsNoText { key } => write!(f, "its {} is not a text", Shown::new(key)),
            Self::Erb { line } => write!(
                f,
                "line {line}: ERB other than <%= ENV[\"NAME\"] %>, which only Ruby can run"
            ),
            Self::Fetch { variable } => {
                let variable = Shown::new(variable);
                write!(f, "ENV.fetch({variable:?}), and {variable} is not set")
            }
            Self::NotPlain { why } => {
                let why = Shown::new(why).whole();
                write!(f, "set in a way that only Ruby can evaluate: {why}")
            }
        }
    }
}
