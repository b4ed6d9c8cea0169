//! Where Rails looks for the secret, in which order: one row for each version that changed it.
//!
//! Sources: `railties/lib/rails/application.rb` (`secret_key_base`, `secrets`) and
//! `railties/lib/rails/application/configuration.rb` of each version.

use super::rails_app_error::RailsAppError;

/// A place where the secret may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// `config.secret_key_base` or `config.secret_token`, wherever the app sets it.
    Setting,
    /// The variable `SECRET_KEY_BASE`.
    Variable,
    /// The credentials, encrypted.
    Credentials(CredentialsFiles),
    /// `config/secrets.yml`; from 5.1 on with a section `shared`.
    SecretsYml { shared: bool },
    /// A file that Rails makes for development and test.
    Local(&'static str),
}

/// Which files hold the credentials and their key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CredentialsFiles {
    /// 5.2: one for all environments.
    One,
    /// 6.0 to 7.0: an environment's own with a key of its own, or the common ones.
    OwnTogether,
    /// From 7.1 on: file and key each the environment's own where it exists.
    OwnEach,
}

/// Where a version looks.
#[derive(Debug)]
pub(super) struct Order {
    /// The first version of which it is so.
    since: Version,
    /// In development and test.
    pub(super) local: &'static [Place],
    /// In all other environments.
    pub(super) production: &'static [Place],
    /// Where `SECRET_KEY_BASE_DUMMY` makes Rails look, and nowhere else; no place where it does not
    /// count.
    pub(super) dummy: &'static [Place],
    /// Whether a `secret_token` counts: alone, or for what Rails 3 signed.
    pub(super) takes_token: bool,
    /// Whether the session gets the app's name without being told
    /// (`setup_default_session_store`, 5.1).
    pub(super) names_session: bool,
}

/// Major, minor, and the third number.
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

/// Newest first.
const ORDERS: &[Order] = &[
    Order {
        since: (8, 0, 2),
        local: LOCAL_LAST,
        production: PRODUCTION,
        dummy: LOCAL_ALONE,
        takes_token: false,
        names_session: true,
    },
    Order {
        since: (8, 0, 0),
        local: LOCAL_ALONE,
        production: PRODUCTION,
        dummy: LOCAL_ALONE,
        takes_token: false,
        names_session: true,
    },
    Order {
        since: (7, 2, 3),
        local: LOCAL_LAST,
        production: PRODUCTION,
        dummy: LOCAL_ALONE,
        takes_token: false,
        names_session: true,
    },
    Order {
        since: (7, 2, 0),
        local: LOCAL_ALONE,
        production: PRODUCTION,
        dummy: LOCAL_ALONE,
        takes_token: false,
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
        names_session: true,
    },
    Order {
        since: (6, 0, 0),
        local: &[YML, Place::Setting, Place::Local(DEVELOPMENT_SECRET)],
        production: &[
            Place::Variable,
            Place::Credentials(CredentialsFiles::OwnTogether),
            YML,
            Place::Setting,
        ],
        dummy: &[],
        takes_token: false,
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
        names_session: true,
    },
    Order {
        since: (5, 1, 0),
        local: &[YML, Place::Setting],
        production: &[YML, Place::Setting],
        dummy: &[],
        takes_token: true,
        names_session: true,
    },
    Order {
        since: (4, 1, 0),
        local: &[Place::SecretsYml { shared: false }, Place::Setting],
        production: &[Place::SecretsYml { shared: false }, Place::Setting],
        dummy: &[],
        takes_token: true,
        names_session: false,
    },
    Order {
        since: (3, 0, 0),
        local: &[Place::Setting],
        production: &[Place::Setting],
        dummy: &[],
        takes_token: true,
        names_session: false,
    },
];

impl Order {
    /// That of a version.
    pub(super) fn of(version: Version) -> Option<&'static Self> {
        ORDERS.iter().find(|order| order.since <= version)
    }
}

/// The numbers of a version: `7.1.5`, `8.0.0.rc1`; of `7.1` the newest of them.
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
