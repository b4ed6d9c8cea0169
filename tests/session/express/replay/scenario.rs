//! A recorded scenario of express-session, and the format that its options ask for.

use std::collections::BTreeMap;
use std::time::Duration;

use hardtack::SameSite;
use hardtack::express::{CookieSignature, ExpressSession};
use hardtack::settings::Priority;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::super::connect_mongo::Document;

#[derive(Deserialize)]
pub(in super::super) struct Scenario {
    pub(super) store: String,
    pub(super) label: String,
    pub(super) options: Options,
    pub(in super::super) store_options: BTreeMap<String, Value>,
    pub(super) trust_proxy: bool,
    pub(in super::super) steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Options {
    pub(super) secret: Secrets,
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) resave: bool,
    #[serde(default)]
    pub(super) save_uninitialized: bool,
    #[serde(default)]
    pub(super) rolling: bool,
    pub(super) proxy: Option<bool>,
    pub(super) unset: Option<String>,
    cookie: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Secrets {
    One(String),
    Several(Vec<String>),
}

#[derive(Deserialize)]
pub(in super::super) struct Step {
    pub(super) path: String,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    pub(super) now_ms: i64,
    pub(super) status: u16,
    pub(super) body: String,
    pub(super) set_cookie: Vec<String>,
    pub(in super::super) store: BTreeMap<String, Option<Kept>>,
    /// Those to Redis.
    #[serde(default, deserialize_with = "commands_of_redis")]
    pub(super) commands: Option<Vec<Vec<String>>>,
}

/// Reads commands. Those of a collection have documents in them, and are none of Redis.
fn commands_of_redis<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<Vec<String>>>, D::Error> {
    let commands = Vec::<Vec<Value>>::deserialize(deserializer)?.into_iter();
    let text = |part: Value| part.as_str().map(str::to_owned);
    Ok(commands
        .map(|command| command.into_iter().map(text).collect())
        .collect())
}

/// An entry of a store after a step, with its end in the store's own way.
#[derive(Clone, Deserialize)]
#[serde(from = "Recorded")]
pub(in super::super) struct Kept {
    pub(super) key: String,
    pub(in super::super) text: Option<String>,
    /// Seconds left, in Redis and Memcached; -1 is without end.
    pub(super) ttl: Option<i64>,
    /// The end in seconds since 1970, in the columns of the tables and in documents.
    pub(super) expire_epoch: Option<f64>,
}

#[derive(Deserialize)]
struct Recorded {
    key: String,
    text: Option<String>,
    ttl: Option<i64>,
    #[serde(alias = "expired_epoch", alias = "expires_epoch")]
    expire_epoch: Option<f64>,
    document: Option<Document>,
}

impl From<Recorded> for Kept {
    fn from(recorded: Recorded) -> Self {
        let document = recorded.document.as_ref();
        let end = |document: &Document| document.end().unix_timestamp_nanos() / 1_000_000;
        #[expect(clippy::cast_precision_loss, reason = "a time in this century")]
        let end = document.map(|document| end(document) as f64 / 1000.0);
        Self {
            key: recorded.key,
            text: recorded.text.or_else(|| Some(document?.text())),
            ttl: recorded.ttl,
            expire_epoch: recorded.expire_epoch.or(end),
        }
    }
}

impl Scenario {
    pub(super) fn name(&self) -> &str {
        self.options.name.as_deref().unwrap_or("connect.sid")
    }

    /// Returns the trusted proxies in front, of which `X-Forwarded-Proto` tells: hardtack asks for
    /// their number, Express takes what the first one told.
    pub(super) fn hops(&self, step: &Step) -> usize {
        let is_trusted = self.options.proxy == Some(true) || self.trust_proxy;
        let header = step.headers.get("x-forwarded-proto");
        header
            .filter(|_| is_trusted)
            .map_or(0, |header| header.split(',').count())
    }

    /// Returns the format with the options of the scenario. `has_new_options` is true from
    /// express-session 1.18 on, which stores `partitioned` and `priority`.
    pub(super) fn format(&self, has_new_options: bool) -> ExpressSession {
        let secrets = match &self.options.secret {
            Secrets::One(secret) => std::slice::from_ref(secret),
            Secrets::Several(secrets) => secrets,
        };
        let signature = CookieSignature::new(&secrets[0]).unwrap();
        let signature = secrets[1..]
            .iter()
            .fold(signature, |all, secret| all.older_secret(secret).unwrap());
        let mut format = match &*self.store {
            // They write the whole JSON when a session is only read.
            "memory" | "memcached" | "file" => ExpressSession::connect_memcached(signature),
            "redis" => ExpressSession::connect_redis(signature),
            "mongo" => ExpressSession::connect_mongo(signature),
            "postgres" | "pg" | "knex" | "sequelize" => {
                ExpressSession::connect_redis(signature).key_prefix("")
            }
            other => panic!("{other}"),
        };
        for (name, value) in &self.store_options {
            format = match &**name {
                "prefix" => format.key_prefix(value.as_str().unwrap()),
                "ttl" => format.ttl(Duration::from_secs(value.as_u64().unwrap())),
                "disableTTL" => format.ttl(None),
                "disableTouch" => format.disable_touch(),
                // The store's own.
                "tableName" | "stringify" | "touchAfter" | "timestamps" => format,
                other => panic!("{other}"),
            };
        }
        if self.options.rolling {
            format = format.rolling();
        }
        if self.options.save_uninitialized {
            format = format.save_uninitialized();
        }
        let has_own_ids = self.label == "name and genid";
        let format = if has_own_ids {
            format.custom_ids()
        } else {
            format
        };
        let Some(text) = &self.options.cookie else {
            return format;
        };
        match serde_json::from_str(text.get()).unwrap() {
            // A function of the request, which gave this.
            Value::String(_) => format.max_age(Duration::from_secs(6)),
            Value::Object(options) => {
                // Of `maxAge` and `expires` the last one counts.
                let mut options: Vec<_> = options.into_iter().collect();
                options.sort_by_key(|(name, _)| text.get().find(&format!("{name:?}:")));
                options.iter().fold(format, |format, (name, value)| {
                    option(format, name, value, has_new_options)
                })
            }
            other => panic!("{other}"),
        }
    }
}

fn option(
    format: ExpressSession,
    name: &str,
    value: &Value,
    has_new_options: bool,
) -> ExpressSession {
    match (name, value) {
        ("maxAge" | "originalMaxAge", age) => {
            format.max_age(Duration::from_millis(age.as_u64().unwrap()))
        }
        ("expires", end) => {
            let end = OffsetDateTime::parse(end.as_str().unwrap(), &Rfc3339).unwrap();
            format.expires(end)
        }
        // Express knows no such options, or says nothing.
        ("custom" | "signed", _) | ("sameSite", Value::Bool(false)) => format,
        ("secure", Value::Bool(secure)) => format.secure(*secure),
        ("secure", _) => format.secure_auto(),
        ("httpOnly", http_only) => format.http_only(http_only.as_bool().unwrap()),
        ("path", path) => format.path(path.as_str().unwrap()),
        ("domain", domain) => format.domain(domain.as_str().unwrap()),
        ("sameSite", Value::Bool(true)) => format.same_site(SameSite::Strict),
        ("sameSite", same_site) => match &*same_site.as_str().unwrap().to_lowercase() {
            "auto" => format.same_site_auto(),
            "strict" => format.same_site(SameSite::Strict),
            "lax" => format.same_site(SameSite::Lax),
            "none" => format.same_site(SameSite::None),
            other => panic!("{other}"),
        },
        ("priority" | "partitioned", _) if !has_new_options => format,
        ("priority", priority) => format.priority(match priority.as_str().unwrap() {
            "low" => Priority::Low,
            "high" => Priority::High,
            other => panic!("{other}"),
        }),
        ("partitioned", partitioned) => format.partitioned(partitioned.as_bool().unwrap()),
        (other, _) => panic!("{other}"),
    }
}
