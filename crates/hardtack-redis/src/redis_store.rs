//! [`RedisStore`]: a store of sessions in Redis or Valkey.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hardtack::stores::{Entry, Saved, SessionStore, StoreError, When};

use crate::check::{Check, check};
use crate::command::{Answer, Operation, What};
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::servers::Servers;

const TIME_LIMIT: Duration = Duration::from_secs(1);

/// Keeps sessions in Redis or Valkey (example: at [the crate](crate)).
///
/// Clones share their connection. `Debug` shows hosts and ports, without user and password.
#[derive(Clone)]
pub struct RedisStore {
    servers: Arc<Servers>,
    namespace: Option<Arc<str>>,
    limit: Duration,
}

impl RedisStore {
    /// Creates a store on one server, and connects when it is first used.
    ///
    /// The address is `redis://user:password@host:port/database`; all but the host may be left out.
    /// `rediss://` is TLS (feature `rustls`), `redis+unix:///path?db=1` a local socket. Special
    /// characters of the password are written as `%XX`.
    ///
    /// ```
    /// use hardtack_redis::RedisStore;
    ///
    /// let store = RedisStore::new("redis://shop:wordpass@10.0.0.5:6379/2")?;
    /// assert!(format!("{store:?}").contains("10.0.0.5:6379"));
    /// assert!(!format!("{store:?}").contains("wordpass"));
    /// assert!(RedisStore::new("10.0.0.5:6379").is_err());
    /// # Ok::<(), hardtack::stores::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// The address is not understood. The error does not show it.
    pub fn new(address: impl AsRef<str>) -> Result<Self, StoreError> {
        Ok(Self::on(Servers::one(address.as_ref())?))
    }

    /// Creates a store on the master that Sentinels watch under this name.
    ///
    /// The login of the Sentinels' addresses is for the Sentinels. If the master has one, write the
    /// name as an address, as Rails does: `redis://user:password@mymaster/database`. Write the
    /// Sentinels' port (26379), since the default is 6379, and no database.
    ///
    /// ```
    /// use hardtack_redis::RedisStore;
    ///
    /// let sentinels = ["redis://s1:26379", "redis://s2:26379", "redis://s3:26379"];
    /// RedisStore::sentinel(sentinels, "mymaster")?;
    /// RedisStore::sentinel(sentinels, "redis://:wordpass@mymaster/1")?;
    /// # Ok::<(), hardtack::stores::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// An address is not understood or is a local socket, or there is none.
    pub fn sentinel<A: AsRef<str>>(
        addresses: impl IntoIterator<Item = A>,
        master: impl AsRef<str>,
    ) -> Result<Self, StoreError> {
        let addresses: Vec<A> = addresses.into_iter().collect();
        Ok(Self::on(Servers::sentinels(&addresses, master.as_ref())?))
    }

    /// Creates a store on a Cluster, from the addresses of some of its nodes; they name the others.
    ///
    /// The login of the first address is used at all nodes. A Cluster has no database but 0.
    ///
    /// ```
    /// use hardtack_redis::RedisStore;
    ///
    /// RedisStore::cluster(["redis://n1:7000", "redis://n2:7000", "redis://n3:7000"])?;
    /// # Ok::<(), hardtack::stores::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// An address is not understood or is a local socket, or there is none.
    pub fn cluster<A: AsRef<str>>(
        addresses: impl IntoIterator<Item = A>,
    ) -> Result<Self, StoreError> {
        let addresses: Vec<A> = addresses.into_iter().collect();
        Ok(Self::on(Servers::cluster(&addresses)?))
    }

    fn on(servers: Servers) -> Self {
        Self {
            servers: Arc::new(servers),
            namespace: None,
            limit: TIME_LIMIT,
        }
    }

    /// Puts `namespace` and a colon before every key.
    ///
    /// Leave it out if the session's format has a namespace already, as `RailsCache` may.
    ///
    /// ```
    /// # use hardtack_redis::RedisStore;
    /// let store = RedisStore::new("redis://localhost")?.namespace("shop"); // shop:KEY
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
    /// # use hardtack_redis::RedisStore;
    /// use std::time::Duration;
    ///
    /// let store = RedisStore::new("redis://localhost")?.time_limit(Duration::from_millis(250));
    /// # Ok::<(), hardtack::stores::StoreError>(())
    /// ```
    #[must_use]
    pub fn time_limit(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// Trusts the certificates of this PEM text in place of the system's, for `rediss://`.
    ///
    /// Call it before the store is cloned: it does not change a store that has clones. Addresses
    /// without TLS do not use them. A PEM text that cannot be read is an error of the first
    /// connection, and so of [`check`](Self::check).
    ///
    /// ```
    /// # use hardtack_redis::RedisStore;
    /// let pem = "-----BEGIN CERTIFICATE-----\n..."; // of a file
    /// let store = RedisStore::new("rediss://redis.internal")?.root_certificates(pem);
    /// # Ok::<(), hardtack::stores::StoreError>(())
    /// ```
    #[cfg(feature = "rustls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "rustls")))]
    #[must_use]
    pub fn root_certificates(mut self, pem: impl AsRef<[u8]>) -> Self {
        if let Some(servers) = Arc::get_mut(&mut self.servers) {
            servers.trust(pem.as_ref());
        }
        self
    }

    /// Connects, and checks that the servers keep sessions when their memory is full.
    ///
    /// Call it when the program starts, and show the warnings to the operator. Each master of a
    /// Cluster is checked.
    ///
    /// ```no_run
    /// # async fn start() -> Result<(), hardtack::stores::StoreError> {
    /// let store = hardtack_redis::RedisStore::new("redis://localhost")?;
    /// for warning in store.check().await?.warnings {
    ///     eprintln!("{warning}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A server cannot be reached, refuses the login, or cannot keep sessions: a replica, a
    /// Sentinel, a node of a Cluster without [`cluster`](Self::cluster).
    pub async fn check(&self) -> Result<Check, StoreError> {
        let mut result = Check::default();
        for node in self.servers.masters(self.limit).await? {
            let warning = check(&node, Deadline::after(self.limit)).await?;
            result.warnings.extend(warning);
        }
        Ok(result)
    }

    async fn save_as(
        &self,
        key: &str,
        bytes: &Bytes,
        ttl: Option<Duration>,
        when: &When,
        is_once: bool,
    ) -> Result<Saved, StoreError> {
        let what = What::Save {
            bytes,
            ttl,
            when,
            is_once,
        };
        match self.run(key, what).await? {
            Answer::Saved(saved) => Ok(saved),
            _ => Err(Failure::mixed_up().into()),
        }
    }

    /// Returns a key in the store's namespace.
    fn key<'k>(&self, key: &'k str) -> Cow<'k, str> {
        match &self.namespace {
            Some(namespace) => Cow::Owned(format!("{namespace}:{key}")),
            None => Cow::Borrowed(key),
        }
    }

    async fn run(&self, key: &str, what: What<'_>) -> Result<Answer, Failure> {
        let key = self.key(key);
        let operation = Operation { key: &key, what };
        self.servers.run(&operation, self.limit).await
    }
}

impl SessionStore for RedisStore {
    async fn load(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        match self.run(key, What::Load).await? {
            Answer::Loaded(entry) => Ok(entry),
            _ => Err(Failure::mixed_up().into()),
        }
    }

    async fn load_with_mark(
        &self,
        key: &str,
        mark: &str,
    ) -> Result<(Option<Entry>, bool), StoreError> {
        if !self.servers.has_together() {
            let entry = self.load(key).await?;
            let is_marked = entry.is_some() && self.load(mark).await?.is_some();
            return Ok((entry, is_marked));
        }
        let mark = self.key(mark);
        match self.run(key, What::LoadWithMark { mark: &mark }).await? {
            Answer::LoadedWithMark(entry, is_marked) => Ok((entry, is_marked)),
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
        self.save_as(key, &bytes, ttl, when, false).await
    }

    async fn save_once(
        &self,
        key: &str,
        bytes: Bytes,
        ttl: Option<Duration>,
        when: &When,
    ) -> Result<Saved, StoreError> {
        self.save_as(key, &bytes, ttl, when, true).await
    }

    async fn touch(&self, key: &str, ttl: Option<Duration>) -> Result<bool, StoreError> {
        match self.run(key, What::Touch { ttl }).await? {
            Answer::Found(is_found) => Ok(is_found),
            _ => Err(Failure::mixed_up().into()),
        }
    }

    async fn delete(&self, key: &str, when: &When) -> Result<bool, StoreError> {
        match self.run(key, What::Delete { when }).await? {
            Answer::Found(is_found) => Ok(is_found),
            _ => Err(Failure::mixed_up().into()),
        }
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("servers", &format_args!("{}", self.servers))
            .field("namespace", &self.namespace)
            .field("time_limit", &self.limit)
            .finish()
    }
}
