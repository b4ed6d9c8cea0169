//! The places where Rails searches for the secret, in order: one row for each version that changed
//! them.
//!
//! Sources: `railties/lib/rails/application.rb` (`secret_key_base`, `secrets`) and
//! `railties/lib/rails/application/configuration.rb` of each version.

use super::rails_app_error::RailsAppError;

/// A place where Rails searches for the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// `config.secret_key_base` or `config.secret_token`, in any of the app's files.
    Setting,
    /// The variable `SECRET_KEY_BASE`.
    Variable,
    /// The encrypted credentials.
    Credentials(CredentialsFiles),
    /// `config/secrets.yml`; from 5.1 on with a section `shared`, and with `config/secrets.yml.enc`
    /// over it if the app reads that file.
    SecretsYml { shared: bool },
    /// A file that Rails creates for development and test.
    Local(&'static str),
}

/// The files that hold the credentials and their key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CredentialsFiles {
    /// 5.2: one file for all environments.
    One,
    /// 6.0 to 7.0: the environment's file with its own key, or the common file and key.
    OwnTogether,
    /// From 7.1 on: the environment's file and the environment's key, each if it exists.
    OwnEach,
}

/// The places where a version searches.
#[derive(Debug)]
pub(super) struct Order {
    /// The first version with these places.
    since: Version,
    /// The places in development and test.
    pub(super) local: &'static [Place],
    /// The places in all other environments.
    pub(super) production: &'static [Place],
    /// The only places if `SECRET_KEY_BASE_DUMMY` is set; empty if the version does not know that
    /// variable.
    pub(super) dummy: &'static [Place],
    /// Reads a `secret_token`: as the only secret, or for cookies that Rails 3 signed.
    pub(super) takes_token: bool,
    /// Takes an empty `RAILS_MASTER_KEY` for the key, so that nothing opens. From 7.0 on it counts as
    /// not set (`ActiveSupport::EncryptedFile#read_env_key`).
    pub(super) takes_empty_key: bool,
    /// Names the session after the app by default (`setup_default_session_store`, 5.1).
    pub(super) names_session: bool,
}

/// The major, minor and patch number.
pub(super) type Version = (u16, u16, u16);

const DEVELOPMENT_SECRET: &str = "tmp/development_secret.txt";
const LOCAL_SECRET: &str = "tmp/local_secret.txt";
const LOCAL_ALONE: &[Place] = &[Place::Setting, Place::Local(LOCAL_SECRET)];
const YML: Place = Place::SecretsYml { shared: true };
const OWN_EACH: Place = Place::Credentials(CredentialsFiles::OwnEach);

const LOCAL_LAST: &[Place] = &[
    Place::Setting,
    Place::Variable,
    OWN_EACH,
    Place::Local(LOCAL_SECRET),
];
const PRODUCTION: &[Place] = &[Place::Setting, Place::Variable, OWN_EACH];

const LOCAL_YML: &[Place] = &[YML, Place::Setting, Place::Local(DEVELOPMENT_SECRET)];
const PRODUCTION_YML: &[Place] = &[
    Place::Variable,
    Place::Credentials(CredentialsFiles::OwnTogether),
    YML,
    Place::Setting,
];

/// The newest version comes first.
const ORDERS: &[Order] = &[
    Order {
        since: (8, 0, 2),
        local: LOCAL_LAST,
        production: PRODUCTION,
        dummy: LOCAL_ALONE,
        takes_token: false,
        takes_empty_key: false,
        names_session: true,
    },
    Order {
        since: (8, 0, 0),
        local: LOCAL_ALONE,
        production: PRODUCTION,
        dummy: LOCAL_ALONE,
        takes_token: false,
        takes_empty_key: false,
        names_session: true,
    },
    Order {
        since: (7, 2, 3),
        local: LOCAL_LAST,
        production: PRODUCTION,
        dummy: LOCAL_ALONE,
        takes_token: false,
        takes_empty_key: false,
        names_session: true,
    },
    Order {
        since: (7, 2, 0),
        local: LOCAL_ALONE,
        production: PRODUCTION,
        dummy: LOCAL_ALONE,
        takes_token: false,
        takes_empty_key: false,
        names_session: true,
    },
    Order {
        since: (7, 1, 0),
        local: &[
            Place::Setting,
            Place::Variable,
            OWN_EACH,
            YML,
            Place::Local(LOCAL_SECRET),
        ],
        production: &[Place::Setting, Place::Variable, OWN_EACH, YML],
        dummy: LOCAL_ALONE,
        takes_token: false,
        takes_empty_key: false,
        names_session: true,
    },
    Order {
        since: (7, 0, 0),
        local: LOCAL_YML,
        production: PRODUCTION_YML,
        dummy: &[],
        takes_token: false,
        takes_empty_key: false,
        names_session: true,
    },
    Order {
        since: (6, 0, 0),
        local: LOCAL_YML,
        production: PRODUCTION_YML,
        dummy: &[],
        takes_token: false,
        takes_empty_key: true,
        names_session: true,
    },
    Order {
        since: (5, 2, 0),
        local: &[YML, Place::Setting, Place::Local(DEVELOPMENT_SECRET)],
        production: &[
            Place::Variable,
            Place::Credentials(CredentialsFiles::One),
            YML,
            Place::Setting,
        ],
        dummy: &[],
        takes_token: true,
        takes_empty_key: true,
        names_session: true,
    },
    Order {
        since: (5, 1, 0),
        local: &[YML, Place::Setting],
        production: &[YML, Place::Setting],
        dummy: &[],
        takes_token: true,
        takes_empty_key: false,
        names_session: true,
    },
    Order {
        since: (4, 1, 0),
        local: &[Place::SecretsYml { shared: false }, Place::Setting],
        production: &[Place::SecretsYml { shared: false }, Place::Setting],
        dummy: &[],
        takes_token: true,
        takes_empty_key: false,
        names_session: false,
    },
    Order {
        since: (2, 3, 0),
        local: &[Place::Setting],
        production: &[Place::Setting],
        dummy: &[],
        takes_token: true,
        takes_empty_key: false,
        names_session: false,
    },
];

impl Order {
    /// Returns the places of a version.
    pub(super) fn of(version: Version) -> Option<&'static Self> {
        ORDERS.iter().find(|order| order.since <= version)
    }
}

/// Parses the numbers of a version: `7.1.5`, `8.0.0.rc1`; `7.1` means its newest release.
pub(super) fn numbers(text: &str) -> Result<Version, RailsAppError> {
    let mut parts = text.trim().split('.');
    let mut number = || parts.next().and_then(|part| part.parse::<u16>().ok());
    let version = number().zip(number());
    let version = version.map(|(major, minor)| (major, minor, number().unwrap_or(u16::MAX)));
    version
        .filter(|version| Order::of(*version).is_some())
        .ok_or_else(|| RailsAppError::Version {
            given: text.to_owned(),
        })
}
