//! [`RailsAppError`]: why a Rails app's secret or settings were not found, for the operator.

use std::fmt;
use std::path::PathBuf;

use super::unreadable_setting::UnreadableSetting;
use crate::error::Error;
use crate::shown::Shown;

/// Why a Rails app's secret or settings were not found: for the operator. No secret is in it, and
/// `Display` escapes what a terminal obeys in names: see [`Shown`]. Only [`NoSecret`](Self::NoSecret)
/// has more than one line.
///
/// ```
/// use hardtack::rails_app::{RailsApp, RailsAppError};
///
/// let missing = RailsApp::new("/no/such/app").settings().unwrap_err();
/// assert!(matches!(missing, RailsAppError::NoApp { .. }));
/// assert_eq!(
///     missing.to_string(),
///     "/no/such/app is no Rails app: it has no config/application.rb",
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
        /// What is wrong with it.
        reason: MissingSecret,
    },
    /// No `Gemfile.lock` and no `load_defaults` tell the Rails version.
    UnknownVersion {
        /// The directory.
        root: PathBuf,
    },
    /// A Rails version before 3.0, or none at all.
    Version {
        /// The version as given.
        given: String,
    },
    /// The name of an environment that could be a path to elsewhere.
    Environment {
        /// The name as given.
        given: String,
    },
    /// Nothing that Rails would look at holds the secret, or what does is broken.
    NoSecret {
        /// The directory.
        root: PathBuf,
        /// The environment.
        environment: String,
        /// Every place looked at, in Rails' order, and what it lacks. Behind one that is broken
        /// Rails looks no further.
        searched: Vec<Searched>,
    },
    /// A jar would have to guess at a setting on which all others stand (`load_defaults`).
    UnreadableSetting(UnreadableSetting),
    /// The app's sessions are not in a cookie.
    OtherStore {
        /// The store that it has, as `config.session_store` names it.
        store: String,
    },
    /// A secret that is no secret.
    Secret(Error),
}

impl fmt::Display for RailsAppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoApp { root } => write!(
                f,
                "{} is no Rails app: it has no config/application.rb",
                Shown::path(root)
            ),
            Self::File { file, reason } => write!(f, "{}: {reason}", Shown::path(file)),
            Self::UnknownVersion { root } => write!(
                f,
                "{}: neither Gemfile.lock nor load_defaults tells the Rails version; give it \
                 (RailsApp::rails)",
                Shown::path(root)
            ),
            Self::Version { given } => write!(
                f,
                "Rails {:?} is no version that hardtack knows the files of; it knows 3.0 and \
                 later",
                Shown::new(given)
            ),
            Self::Environment { given } => write!(
                f,
                "{:?} is no name of a Rails environment; letters, digits, _ and - make one",
                Shown::new(given)
            ),
            Self::NoSecret {
                root,
                environment,
                searched,
            } => {
                write!(
                    f,
                    "no secret for the environment {} in {}; looked at:",
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
                "the app keeps its sessions in {}, and not in a cookie: its other cookies \
                 open with RailsApp::jar and RailsApp::signed_jar",
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

/// A place in which the secret was looked for.
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
    /// What it lacks.
    pub reason: MissingSecret,
}

/// What a place lacks in which the secret might have been.
///
/// ```
/// assert_eq!(
///     hardtack::rails_app::MissingSecret::WrongKey.to_string(),
///     "the key does not fit: it is another file's, or the file was changed",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MissingSecret {
    /// An environment variable that is not set.
    NotSet,
    /// It is there, but blank.
    Blank,
    /// A file that is not there, or a setting that is nowhere set.
    Missing,
    /// A file that cannot be read.
    Unreadable {
        /// The operating system's reason.
        reason: String,
    },
    /// A file that is too large to be what it should be.
    TooLarge {
        /// The most bytes that are read.
        most: usize,
    },
    /// An encrypted file whose key is nowhere.
    NoKey {
        /// The key's file, below the app's directory.
        key_file: String,
    },
    /// An encrypted file's key that is not 32 hexadecimal digits.
    Key {
        /// Where the key is from.
        place: String,
        /// The characters that it has.
        characters: usize,
    },
    /// An encrypted file that is cut off, or no encrypted file.
    Malformed,
    /// An encrypted file that its key does not open.
    WrongKey,
    /// What was encrypted is not one text.
    NoText,
    /// No YAML, or more than is read: nested too deep, or expanding to too much.
    Yaml {
        /// The line, where it is known.
        line: Option<u32>,
    },
    /// YAML without the secret.
    NoSecretInside {
        /// The keys under which it should stand.
        keys: String,
    },
    /// YAML in which the secret is no text.
    SecretIsNoText {
        /// The key.
        key: String,
    },
    /// ERB that is more than an environment variable.
    Erb {
        /// The line.
        line: u32,
    },
    /// An environment variable that the file asks for by `ENV.fetch`, and that is not set.
    Fetch {
        /// The variable.
        variable: String,
    },
    /// Set in Ruby, but not plainly.
    NotPlain {
        /// Why it is not plain.
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
                "there, but its key is not: set RAILS_MASTER_KEY, or write the key to {}",
                Shown::new(key_file).whole()
            ),
            Self::Key { place, characters } => write!(
                f,
                "the key of {} has {characters} characters, and should be 32 hexadecimal \
                 digits",
                Shown::new(place).whole()
            ),
            Self::Malformed => {
                f.write_str("cut off, or no file that `rails credentials:edit` wrote")
            }
            Self::WrongKey => {
                f.write_str("the key does not fit: it is another file's, or the file was changed")
            }
            Self::NoText => f.write_str("what is encrypted is no text"),
            Self::Yaml { line } => {
                f.write_str("no YAML, nested too deep, or with too many aliases")?;
                line.map_or(Ok(()), |line| write!(f, " (line {line})"))
            }
            Self::NoSecretInside { keys } => write!(f, "has no {}", Shown::new(keys)),
            Self::SecretIsNoText { key } => write!(f, "its {} is no text", Shown::new(key)),
            Self::Erb { line } => write!(
                f,
                "line {line}: ERB that is more than <%= ENV[\"NAME\"] %>, which only Ruby can run"
            ),
            Self::Fetch { variable } => {
                let variable = Shown::new(variable);
                write!(f, "ENV.fetch({variable:?}), and {variable} is not set")
            }
            Self::NotPlain { why } => {
                let why = Shown::new(why).whole();
                write!(f, "set in a way that only Ruby can tell: {why}")
            }
        }
    }
}
