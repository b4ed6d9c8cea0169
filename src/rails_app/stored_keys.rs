//! [`StoredKeys`]: the keys under which an app keeps its sessions on a server.

use super::ruby::literal::{Argument, Literal};

/// The facts of an app's files about the keys of its sessions in a store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct StoredKeys {
    /// The store of the cache that keeps the sessions of `:cache_store`, such as
    /// `redis_cache_store`; `None` if it is not known.
    pub(crate) cache: Option<String>,
    /// The text that the app puts before its keys: the `namespace` of the cache, of redis-store or
    /// of memcached, or the `key_prefix` of redis-session-store. `None` if only Ruby can evaluate
    /// it.
    pub(crate) before: Option<String>,
}

/// A text that an option sets.
#[derive(Default)]
enum Set {
    /// No option sets it.
    #[default]
    Not,
    To(String),
    /// Only Ruby can evaluate it.
    Unknown,
}

/// The arguments of `config.cache_store` that can be read.
#[derive(Default)]
pub(super) struct CacheOptions {
    /// `None` if no statement sets it, or only Ruby can evaluate it.
    store: Option<String>,
    namespace: Option<String>,
}

impl CacheOptions {
    /// Reads the store and its options.
    pub(super) fn new(arguments: Vec<Argument>) -> Self {
        let mut arguments = arguments.into_iter();
        let Some(Argument::Positional(Some(Literal::Symbol(store)))) = arguments.next() else {
            return Self::default();
        };
        let mut namespace = Some(String::new());
        for argument in arguments {
            match argument {
                // An address.
                Argument::Positional(Some(Literal::Text(_) | Literal::Path(_))) => {}
                Argument::Positional(_) | Argument::Spread => namespace = None,
                Argument::Named(name, value) if name == "namespace" => {
                    namespace = match value {
                        Some(Literal::Nil) => Some(String::new()),
                        value => plain(value.as_ref()),
                    };
                }
                Argument::Named(..) => {}
            }
        }
        Self {
            store: Some(store),
            namespace,
        }
    }
}

/// The options of `session_store` that decide the keys.
#[derive(Default)]
pub(super) struct KeyOptions {
    before: Set,
    /// The option `key_prefix` in the Hash `redis`, which takes precedence.
    in_redis: Set,
    has_own_cache: bool,
}

impl KeyOptions {
    /// Forgets what was read: an option may be among arguments that cannot be read.
    pub(super) fn doubt(&mut self) {
        *self = Self {
            before: Set::Unknown,
            in_redis: Set::Unknown,
            has_own_cache: true,
        };
    }

    /// Applies an option of this store.
    pub(super) fn take(&mut self, store: &str, name: &str, value: Option<&Literal>) {
        let store = Store::named(store);
        match (store, name) {
            (Some(Store::Cache), "cache") => self.has_own_cache = true,
            // `RedisSessionStore#initialize` of redis-session-store 0.11.
            (Some(Store::RedisSession), "key_prefix") | (Some(Store::Memcached), "namespace") => {
                self.before = of_option(value);
            }
            (Some(Store::RedisSession), "redis") => {
                self.in_redis = match value {
                    Some(Literal::Pairs(pairs)) => in_pairs(pairs, "key_prefix"),
                    _ => Set::Unknown,
                };
            }
            // `Rack::Session::Redis` of redis-rack 2.1, `ActionDispatch::Session::RedisStore` of
            // redis-actionpack 5.3: `redis_server` counts before `servers`.
            (Some(Store::Redis), "servers" | "redis_server") => {
                self.before = match self.before {
                    Set::Not => of_servers(value),
                    _ => Set::Unknown,
                };
            }
            (Some(Store::Redis), "redis_store")
            | (Some(Store::Memcached), "cache" | "memcache_server") => self.before = Set::Unknown,
            _ => {}
        }
    }

    /// Returns the keys of this store.
    pub(super) fn finish(self, store: Option<&str>, cache: CacheOptions) -> StoredKeys {
        let before = match self.in_redis {
            Set::Not => self.before,
            set => set,
        };
        let or = |default: &str| match before {
            Set::Not => Some(default.to_owned()),
            Set::To(text) => Some(text),
            Set::Unknown => None,
        };
        let (cache, before) = match store.and_then(Store::named) {
            Some(Store::Cache) if self.has_own_cache => (None, None),
            Some(Store::Cache) => (cache.store, cache.namespace),
            Some(Store::RedisSession) => (None, or("")),
            Some(Store::Redis | Store::Memcached) => (None, or("rack:session")),
            None => (None, None),
        };
        StoredKeys { cache, before }
    }
}

/// A store whose options decide the keys.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Store {
    Cache,
    RedisSession,
    Redis,
    Memcached,
}

impl Store {
    fn named(name: &str) -> Option<Self> {
        match name {
            "cache_store" | "ActionDispatch::Session::CacheStore" => Some(Self::Cache),
            "redis_session_store" | "RedisSessionStore" => Some(Self::RedisSession),
            "redis_store" | "ActionDispatch::Session::RedisStore" => Some(Self::Redis),
            "mem_cache_store"
            | "dalli_store"
            | "ActionDispatch::Session::MemCacheStore"
            | "ActionDispatch::Session::DalliStore" => Some(Self::Memcached),
            _ => None,
        }
    }
}

/// Returns the text of a String or a Symbol.
fn plain(value: Option<&Literal>) -> Option<String> {
    match value? {
        Literal::Text(text) => Some(text.to_string()),
        Literal::Symbol(text) => Some(text.clone()),
        _ => None,
    }
}

fn of_option(value: Option<&Literal>) -> Set {
    match value {
        Some(Literal::Nil) => Set::To(String::new()),
        value => plain(value).map_or(Set::Unknown, Set::To),
    }
}

fn in_pairs(pairs: &[(String, Option<Literal>)], name: &str) -> Set {
    let pair = pairs.iter().rev().find(|(key, _)| key == name);
    pair.map_or(Set::Not, |(_, value)| of_option(value.as_ref()))
}

/// Returns the namespace of redis-store's only server: an address, or a Hash
/// (`Redis::Store::Factory` of redis-store 1.9).
fn of_servers(value: Option<&Literal>) -> Set {
    let known = |namespace| match namespace {
        Set::Not => Set::To(String::new()),
        set => set,
    };
    match value {
        Some(Literal::Text(address)) => of_address(address),
        Some(Literal::Texts(addresses)) => match addresses.as_slice() {
            [address] => of_address(address),
            _ => Set::Unknown,
        },
        Some(Literal::Pairs(pairs)) => known(match in_pairs(pairs, "namespace") {
            Set::Not => in_pairs(pairs, "key_prefix"),
            set => set,
        }),
        Some(Literal::List(items)) => match items.as_slice() {
            [Some(only @ Literal::Pairs(_))] => of_servers(Some(only)),
            _ => Set::Unknown,
        },
        _ => Set::Unknown,
    }
}

/// Returns the namespace in `redis://host:port/database/namespace`.
fn of_address(address: &str) -> Set {
    let is_plain = address.starts_with("redis://") || address.starts_with("rediss://");
    // A query may set a namespace too.
    if !is_plain || address.contains(['?', '#', '%']) {
        return Set::Unknown;
    }
    // Scheme, nothing, host, database.
    let namespace = address.split('/').nth(4).unwrap_or_default();
    Set::To(namespace.to_owned())
}
