//! [`MemcachedStore`]: a store of sessions in Memcached.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hardtack::stores::{Entry, Saved, SessionStore, StoreError, When};

use crate::address::Address;
use crate::check::Check;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::key::wire_key;
use crate::operation::{Answer, Operation, What};
use crate::servers::Servers;

const TIME_LIMIT: Duration = Duration::from_secs(1);

/// The connections to one server.
const CONNECTIONS: usize = 8;

/// The client flags of Marshal in Dalli (`FLAG_SERIALIZED`).
const FLAGS: u32 = 1;

/// Keeps sessions in Memcached (example: at [the crate](crate)).
///
/// Memcached is a cache: a restart, and by default a full memory, lose sessions and log their users out.
///
/// Clones share their connections. `Debug` shows hosts and ports.
#[derive(Clone)]
pub struct MemcachedStore {
    addresses: Vec<Address>,
    servers: Arc<Servers>,
    namespace: Option<Arc<str>>,
    limit: Duration,
    flags: u32,
    fails_over: bool,
}

impl MemcachedStore {
    /// Creates a store on one server, or on several that are separated by commas, and connects when it is
    /// first used.
    ///
    /// A server is written as in Dalli's settings and in `MEMCACHE_SERVERS`: `host`, `host:port`,
    /// `host:port:weight` or `memcached://host:port`. The port is 11211 unless it is given, and the weight
    /// is 1. Keys are spread as Dalli spreads them, if hosts, ports and weights are written as they are
    /// there: `localhost` and `127.0.0.1` are different names on the ring.
    ///
    /// ```
    /// use hardtack_memcached::MemcachedStore;
    ///
    /// MemcachedStore::new("memcached://localhost:11211")?;
    /// let store = MemcachedStore::new("10.0.0.5, 10.0.0.6:11212:2")?;
    /// assert!(format!("{store:?}").contains("10.0.0.5:11211, 10.0.0.6:11212"));
    /// assert!(MemcachedStore::new("redis://10.0.0.5").is_err());
    /// # Ok::<(), hardtack::stores::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// A server is not understood, has a login or is a local socket, or there is none. The error does not
    /// show the text.
    pub fn new(servers: impl AsRef<str>) -> Result<Self, StoreError> {
        let addresses = Address::parse_all(servers.as_ref())?;
        Ok(Self {
            servers: Arc::new(Servers::new(addresses.clone(), CONNECTIONS)),
            addresses,
            namespace: None,
            limit: TIME_LIMIT,
            flags: FLAGS,
            fails_over: false,
        })
    }

    /// Puts `namespace` and a colon before every key, as the option `namespace` of Dalli does.
    ///
    /// Leave it out if the session's format has a namespace already, as `RailsCache` may. A key is
    /// shortened as Dalli does it if it is too long with the namespace; without it, a key of more than 250
    /// bytes is an error.
    ///
    /// ```
    /// # use hardtack_memcached::MemcachedStore;
    /// let store = MemcachedStore::new("localhost")?.namespace("shop"); // shop:KEY
    /// # Ok::<(), hardtack::stores::StoreError>(())
    /// ```
    #[must_use]
    pub fn namespace(self, namespace: impl AsRef<str>) -> Self {
        let namespace = Some(namespace.as_ref().into());
        Self { namespace, ..self }
    }

    /// Sets how long an operation may take, connecting included; 1 s by default, at most a day.
    ///
    /// ```
    /// # use hardtack_memcached::MemcachedStore;
    /// use std::time::Duration;
    ///
    /// let store = MemcachedStore::new("localhost")?.time_limit(Duration::from_millis(250));
    /// # Ok::<(), hardtack::stores::StoreError>(())
    /// ```
    #[must_use]
    pub fn time_limit(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// Sets the client flags of the entries that are written; 1 by default, by which Dalli knows a value in
    /// Marshal.
    ///
    /// Dalli reads entries with other flags as texts. PHP's extension `memcached` writes 0 for a session.
    /// The flags of entries that are read do not matter: formats recognise compressed bytes.
    ///
    /// ```
    /// # use hardtack_memcached::MemcachedStore;
    /// let store = MemcachedStore::new("localhost")?.flags(0);
    /// # Ok::<(), hardtack::stores::StoreError>(())
    /// ```
    #[must_use]
    pub fn flags(self, flags: u32) -> Self {
        Self { flags, ..self }
    }

    /// Sets how many connections to each server are open at most; 8 by default, at least 1.
    ///
    /// An operation has a connection for itself. Call this before the store is cloned: it does not change
    /// the connections of earlier clones.
    ///
    /// ```
    /// # use hardtack_memcached::MemcachedStore;
    /// let store = MemcachedStore::new("localhost")?.connections(32);
    /// # Ok::<(), hardtack::stores::StoreError>(())
    /// ```
    #[must_use]
    pub fn connections(self, connections: usize) -> Self {
        let servers = Servers::new(self.addresses.clone(), connections);
        Self {
            servers: Arc::new(servers),
            ..self
        }
    }

    /// Uses the next server of the ring while that of a key is away, as Dalli does unless its option
    /// `failover` is false; off by default.
    ///
    /// Set it where a Rails app beside this one has it. Users whose server is away then begin without a
    /// session, in place of an error; when it is back, they find the session that it kept meanwhile. That
    /// may be one that they left by a logout. A server that is restarted has lost all sessions. A request during
    /// which the server of its session goes away or comes back is an error if it writes.
    ///
    /// The two apps may disagree about a server that failed or came back: Dalli asks it again after 30 s
    /// (`down_retry_delay`), this store after a second at most.
    ///
    /// ```
    /// # use hardtack_memcached::MemcachedStore;
    /// let store = MemcachedStore::new("10.0.0.5,10.0.0.6")?.fail_over(true);
    /// # Ok::<(), hardtack::stores::StoreError>(())
    /// ```
    #[must_use]
    pub fn fail_over(self, fails_over: bool) -> Self {
        Self { fails_over, ..self }
    }

    /// Connects to every server, and checks that it can keep sessions.
    ///
    /// Call it when the program starts, and show the warnings to the operator.
    ///
    /// ```no_run
    /// # async fn start() -> Result<(), hardtack::stores::StoreError> {
    /// let store = hardtack_memcached::MemcachedStore::new("localhost")?;
    /// for warning in store.check().await?.warnings {
    ///     eprintln!("{warning}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A server cannot be reached, or the namespace cannot stand in a key.
    pub async fn check(&self) -> Result<Check, StoreError> {
        wire_key(self.namespace.as_deref(), "check")?;
        let mut result = Check::default();
        for node in self.servers.nodes() {
            result.add(node, Deadline::after(self.limit)).await?;
        }
        Ok(result)
    }

    async fn run(&self, key: &str, what: What) -> Result<Answer, Failure> {
        let key = wire_key(self.namespace.as_deref(), key)?;
        let operation = Arc::new(Operation { key, what });
        self.servers
            .run(&operation, self.fails_over, self.limit)
            .await
    }

    async fn save_as(
        &self,
        key: &str,
        bytes: Bytes,
        ttl: Option<Duration>,
        when: &When,
        is_once: bool,
    ) -> Result<Saved, StoreError> {
        let what = What::Save {
            bytes,
            flags: self.flags,
            ttl,
            when: when.clone(),
            is_once,
        };
        match self.run(key, what).await? {
            Answer::Saved(saved) => Ok(saved),
            _ => Err(Failure::mixed_up().into()),
        }
    }
}

impl SessionStore for MemcachedStore {
    async fn load(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        match self.run(key, What::Load).await? {
            Answer::Loaded(entry) => Ok(entry),
            _ => Err(Failure::mixed_up().into()),
        }
    }

    async fn save(
        &self,
        key: &str,
        bytes: Bytes,
        ttl: Option<Duration>,
        when: &When,
    ) -> Result<Saved, StoreError> {
        self.save_as(key, bytes, ttl, when, false).await
    }

    async fn save_once(
        &self,
        key: &str,
        bytes: Bytes,
        ttl: Option<Duration>,
        when: &When,
    ) -> Result<Saved, StoreError> {
        self.save_as(key, bytes, ttl, when, true).await
    }

    async fn touch(&self, key: &str, ttl: Option<Duration>) -> Result<bool, StoreError> {
        match self.run(key, What::Touch { ttl }).await? {
            Answer::Found(is_found) => Ok(is_found),
            _ => Err(Failure::mixed_up().into()),
        }
    }

    async fn delete(&self, key: &str, when: &When) -> Result<bool, StoreError> {
        let when = when.clone();
        match self.run(key, What::Delete { when }).await? {
            Answer::Found(is_found) => Ok(is_found),
            _ => Err(Failure::mixed_up().into()),
        }
    }
}

impl fmt::Debug for MemcachedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemcachedStore")
            .field("servers", &format_args!("{}", self.servers))
            .field("namespace", &self.namespace)
            .field("time_limit", &self.limit)
            .field("flags", &self.flags)
            .field("fails_over", &self.fails_over)
            .finish_non_exhaustive()
    }
}
