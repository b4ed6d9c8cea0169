//! The arguments of `config.session_store`.

use std::time::Duration;

use super::rails_app_session::RailsAppSession;
use super::ruby::literal::{Argument, Literal};
use super::stored_keys::{CacheOptions, KeyOptions};
use crate::http::cookie_attributes::CookieAttributes;
use crate::http::domain::Domain;
use crate::settings::SameSite;

/// The store that keeps the session in its cookie.
const COOKIE_STORE: &str = "cookie_store";

/// The name of a session's cookie where the app gives none.
pub(super) const DEFAULT_NAME: &str = "_session_id";

/// Options that do not affect the cookie.
const OF_NO_MATTER: &[&str] = &["cookie_only", "defer", "renew", "sidbits"];

/// Stores that keep the session on the server, and in the cookie only its id. Any other may be a
/// subclass of the cookie store.
const ON_SERVER: &[&str] = &[
    "active_record_store",
    "cache_store",
    "dalli_store",
    "disabled",
    "mem_cache_store",
    "mongo_store",
    "mongoid_store",
    "redis_session_store",
    "redis_store",
    "ActionDispatch::Session::ActiveRecordStore",
    "ActionDispatch::Session::CacheStore",
    "ActionDispatch::Session::DalliStore",
    "ActionDispatch::Session::MemCacheStore",
    "ActionDispatch::Session::RedisStore",
    "ActiveRecord::SessionStore",
    "RedisSessionStore",
];

const UNKNOWN_STORE: &str =
    "hardtack does not know the store: it may keep the sessions in their cookie";

/// Former names of options (`ActionController::Session::CookieStore#initialize` of Rails 2.3).
const OF_RAILS_2_3: &[(&str, &str)] = &[
    ("session_key", "key"),
    ("session_path", "path"),
    ("session_http_only", "httponly"),
];

/// The name of the session's cookie.
enum Name {
    /// No statement sets up the session.
    ByApp,
    /// `session_store` has no `key` (`ActionDispatch::Session::Compatibility`).
    ByRails,
    Set(String),
    /// Only Ruby can evaluate it.
    Unknown,
}

/// The arguments of an app's `session_store` that can be read.
pub(super) struct SessionOptions {
    /// `None` if only Ruby can evaluate it.
    store: Option<String>,
    name: Name,
    path: Option<String>,
    domain: Domain,
    secure: Option<bool>,
    http_only: bool,
    #[expect(clippy::option_option, reason = "not said, said to be none, or one")]
    same_site: Option<Option<SameSite>>,
    partitioned: bool,
    expire_after: Option<Duration>,
    max_age: Option<Duration>,
    keys: KeyOptions,
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self {
            store: Some(COOKIE_STORE.to_owned()),
            name: Name::ByApp,
            path: None,
            domain: Domain::Host,
            secure: None,
            http_only: true,
            same_site: None,
            partitioned: false,
            expire_after: None,
            max_age: None,
            keys: KeyOptions::default(),
        }
    }
}

impl SessionOptions {
    /// Reads the arguments of a call, and returns the faults of those that cannot be read. Fails if
    /// the store cannot be read.
    pub(super) fn new(arguments: Vec<Argument>) -> Result<(Self, Vec<String>), String> {
        let mut options = Self {
            name: Name::ByRails,
            ..Self::default()
        };
        let mut arguments = arguments.into_iter();
        let store = match arguments.next() {
            Some(Argument::Positional(Some(store))) => options.set_store(&store),
            _ => return Err("the store is not a plain name".to_owned()),
        };
        let mut faults: Vec<_> = store.err().map(str::to_owned).into_iter().collect();
        faults.extend(options.merge(arguments, false));
        Ok((options, faults))
    }

    /// Sets the store; fails if it is not known.
    pub(super) fn set_store(&mut self, store: &Literal) -> Result<(), &'static str> {
        let store = match store {
            Literal::Symbol(store) => store.as_str(),
            Literal::Constant(class) if class == "ActionDispatch::Session::CookieStore" => {
                COOKIE_STORE
            }
            Literal::Constant(class) => class,
            _ => "",
        };
        let is_known = store == COOKIE_STORE || ON_SERVER.contains(&store);
        self.store = is_known.then(|| store.to_owned());
        is_known.then_some(()).ok_or(UNKNOWN_STORE)
    }

    /// Forgets the store and the name: a statement that sets them cannot be read.
    pub(super) fn doubt(&mut self) {
        self.store = None;
        self.name = Name::Unknown;
        self.keys.doubt();
    }

    /// Applies options, and returns the faults of those that cannot be read.
    pub(super) fn merge(
        &mut self,
        arguments: impl IntoIterator<Item = Argument>,
        is_2_3: bool,
    ) -> Vec<String> {
        let mut faults = Vec::new();
        let mut tld_length = None;
        if is_2_3 {
            // The store may be set before or after its options.
            self.keys.doubt();
        }
        for argument in arguments {
            let Argument::Named(name, value) = argument else {
                // The name may be one of them.
                self.name = Name::Unknown;
                self.keys.doubt();
                faults.push("some of its options are not plain pairs".to_owned());
                continue;
            };
            let former = OF_RAILS_2_3
                .iter()
                .find(|(former, _)| is_2_3 && *former == name);
            let name = former.map_or(name, |(_, name)| (*name).to_owned());
            if let Some(store) = &self.store {
                self.keys.take(store, &name, value.as_ref());
            }
            let taken = match value {
                Some(value) if name == "tld_length" => {
                    tld_length = number(&value);
                    tld_length.is_some()
                }
                Some(value) => self.take(&name, value),
                None => false,
            };
            if !taken && ["key", "session_key"].contains(&&*name) {
                self.name = Name::Unknown;
            }
            // Options that only other stores know do not affect the cookie.
            let known = KNOWN.contains(&name.as_str());
            if !taken
                && (known
                    || self
                        .store
                        .as_deref()
                        .is_none_or(|store| store == COOKIE_STORE))
            {
                let what = if known {
                    "is not a literal that hardtack reads"
                } else {
                    "is unknown"
                };
                faults.push(format!("its option `{name}` {what}"));
            }
        }
        if let (Domain::All { tld_length: own }, Some(length)) = (&mut self.domain, tld_length) {
            *own = Some(length);
        }
        faults
    }

    /// Applies an option; returns `false` if it is unknown or has a value of another kind.
    fn take(&mut self, name: &str, value: Literal) -> bool {
        match (name, value) {
            ("key", Literal::Text(key)) => self.name = Name::Set(key.to_string()),
            ("path", Literal::Text(path)) => self.path = Some(path.to_string()),
            ("domain", Literal::Symbol(all)) if all == "all" => {
                self.domain = Domain::All { tld_length: None };
            }
            ("domain", Literal::Text(domain)) => self.domain = Domain::Exact(domain.to_string()),
            ("domain", Literal::Texts(domains)) => self.domain = Domain::FirstOf(domains),
            ("domain", Literal::Nil) => self.domain = Domain::Host,
            ("secure", Literal::Bool(secure)) => self.secure = Some(secure),
            ("httponly", Literal::Bool(http_only)) => self.http_only = http_only,
            ("partitioned", Literal::Bool(partitioned)) => self.partitioned = partitioned,
            ("same_site", Literal::Nil | Literal::Bool(false)) => self.same_site = Some(None),
            ("same_site", Literal::Symbol(name)) => return self.take_same_site(&name),
            ("same_site", Literal::Text(name)) => return self.take_same_site(&name),
            ("expire_after", value) => return take_duration(&mut self.expire_after, &value),
            ("max_age", value) => return take_duration(&mut self.max_age, &value),
            (other, _) => return OF_NO_MATTER.contains(&other),
        }
        true
    }

    fn take_same_site(&mut self, name: &str) -> bool {
        let same_site = name.parse().ok();
        self.same_site = same_site.map(Some).or(self.same_site);
        same_site.is_some()
    }

    /// Returns the session's cookie. `app_name` is the name of an app that sets up no session.
    pub(super) fn finish(
        self,
        app_name: String,
        force_ssl: bool,
        cache: CacheOptions,
    ) -> RailsAppSession {
        let keys = self.keys.finish(self.store.as_deref(), cache);
        let attributes = CookieAttributes::new()
            .domain(self.domain)
            .secure(self.secure.unwrap_or(force_ssl))
            .http_only(self.http_only)
            .partitioned(self.partitioned);
        let attributes = match self.path {
            Some(path) => attributes.path(path),
            None => attributes,
        };
        let attributes = match self.same_site {
            Some(same_site) => attributes.same_site(same_site),
            None => attributes,
        };
        RailsAppSession {
            name: match self.name {
                Name::ByApp => Some(app_name),
                Name::ByRails => Some(DEFAULT_NAME.to_owned()),
                Name::Set(name) => Some(name),
                Name::Unknown => None,
            },
            store: self.store,
            attributes,
            expire_after: self.max_age.or(self.expire_after),
            keys,
        }
    }
}

/// The options of a cookie, in any store.
const KNOWN: &[&str] = &[
    "key",
    "path",
    "domain",
    "tld_length",
    "secure",
    "httponly",
    "partitioned",
    "same_site",
    "expire_after",
    "max_age",
];

fn take_duration(place: &mut Option<Duration>, value: &Literal) -> bool {
    *place = match value {
        Literal::Nil => None,
        Literal::Duration { length, .. } => Some(*length),
        other => match number(other) {
            Some(seconds) => Some(Duration::from_secs(seconds)),
            None => return false,
        },
    };
    true
}

fn number<T: std::str::FromStr>(value: &Literal) -> Option<T> {
    match value {
        Literal::Number(digits) => digits.parse().ok(),
        _ => None,
    }
}
