//! The arguments of `config.session_store`.

use std::time::Duration;

use super::rails_app_session::RailsAppSession;
use super::ruby::literal::{Argument, Literal};
use crate::http::cookie_attributes::CookieAttributes;
use crate::http::domain::Domain;
use crate::settings::SameSite;

/// The store that keeps the session in its cookie.
const COOKIE_STORE: &str = "cookie_store";

/// Options that do not affect the cookie.
const OF_NO_MATTER: &[&str] = &["cookie_only", "defer", "renew", "sidbits"];

/// The arguments of an app's `session_store` that can be read.
pub(super) struct SessionOptions {
    store: String,
    key: Option<String>,
    path: Option<String>,
    domain: Domain,
    secure: Option<bool>,
    http_only: bool,
    #[expect(clippy::option_option, reason = "not said, said to be none, or one")]
    same_site: Option<Option<SameSite>>,
    partitioned: bool,
    expire_after: Option<Duration>,
    max_age: Option<Duration>,
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self {
            store: COOKIE_STORE.to_owned(),
            key: None,
            path: None,
            domain: Domain::Host,
            secure: None,
            http_only: true,
            same_site: None,
            partitioned: false,
            expire_after: None,
            max_age: None,
        }
    }
}

impl SessionOptions {
    /// Reads the arguments of a call, and returns the faults of those that cannot be read. Fails if
    /// the store cannot be read.
    pub(super) fn new(arguments: Vec<Argument>) -> Result<(Self, Vec<String>), String> {
        let mut options = Self::default();
        let mut faults = Vec::new();
        let mut arguments = arguments.into_iter();
        options.store = match arguments.next() {
            Some(Argument::Positional(Some(Literal::Symbol(store)))) => store,
            Some(Argument::Positional(Some(Literal::Constant(class)))) => match class.as_str() {
                "ActionDispatch::Session::CookieStore" => COOKIE_STORE.to_owned(),
                _ => class,
            },
            _ => return Err("the store is not a plain name".to_owned()),
        };
        let mut tld_length = None;
        for argument in arguments {
            let Argument::Named(name, value) = argument else {
                faults.push("some of its options are not plain pairs".to_owned());
                continue;
            };
            let taken = match value {
                Some(value) if name == "tld_length" => {
                    tld_length = number(&value);
                    tld_length.is_some()
                }
                Some(value) => options.take(&name, value),
                None => false,
            };
            // Options that only other stores know do not affect the cookie.
            let known = KNOWN.contains(&name.as_str());
            if !taken && (known || options.store == COOKIE_STORE) {
                let what = if known {
                    "is not a literal that hardtack reads"
                } else {
                    "is unknown"
                };
                faults.push(format!("its option `{name}` {what}"));
            }
        }
        if let (Domain::All { tld_length: own }, Some(length)) = (&mut options.domain, tld_length) {
            *own = Some(length);
        }
        Ok((options, faults))
    }

    /// Applies an option; returns `false` if it is unknown or has a value of another kind.
    fn take(&mut self, name: &str, value: Literal) -> bool {
        match (name, value) {
            ("key", Literal::Text(key)) => self.key = Some(key.to_string()),
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

    /// Returns the session's cookie, with its default name if no other is set.
    pub(super) fn finish(self, default_name: String, force_ssl: bool) -> RailsAppSession {
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
            name: self.key.unwrap_or(default_name),
            store: self.store,
            attributes,
            expire_after: self.max_age.or(self.expire_after),
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
        Literal::Duration(duration) => Some(*duration),
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
