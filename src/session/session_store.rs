//! [`SessionStore`]: where the bytes of sessions are kept on a server.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;

use crate::store_error::StoreError;

/// Keeps the bytes of sessions under keys, for a time: a map in memory, Redis, a table.
///
/// A store knows neither formats nor cookies. It never changes the bytes, and an error of its own
/// is an error, never a missing entry: a session that cannot be reached is not an empty one. Timeouts
/// and reconnecting are its business.
///
/// Write the methods as `async fn`. See [`MemoryStore`](crate::stores::MemoryStore) for a whole one.
pub trait SessionStore: Send + Sync + 'static {
    /// Returns the entry of a key; `None` where there is none, or its time has passed.
    fn load(&self, key: &str) -> impl Future<Output = Result<Option<Entry>, StoreError>> + Send;

    /// Writes an entry where `when` allows it, in one step that no other writer can come between.
    /// It lives for `ttl`; without one, as long as the store keeps it.
    fn save(
        &self,
        key: &str,
        bytes: Bytes,
        ttl: Option<Duration>,
        when: &When,
    ) -> impl Future<Output = Result<Saved, StoreError>> + Send;

    /// Lets an entry live for `ttl` from now on, its bytes as they are; without one its time stays.
    /// Returns `false` where there is none.
    fn touch(
        &self,
        key: &str,
        ttl: Option<Duration>,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Deletes an entry where `when` allows it. Returns `false` where nothing was deleted.
    fn delete(
        &self,
        key: &str,
        when: &When,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

/// An entry as it was read.
#[derive(Clone)]
pub struct Entry {
    /// The bytes, as they were saved.
    pub bytes: Bytes,
    /// Tells this state of the entry from a later one.
    pub version: Version,
}

/// A state of an entry: opaque to all but the store that made it. Redis and SQL take the old bytes,
/// Memcached its cas id.
#[derive(Clone, PartialEq, Eq)]
pub struct Version(Bytes);

impl Version {
    /// Creates a version of what the store tells states apart by.
    ///
    /// ```
    /// use hardtack::stores::Version;
    ///
    /// assert_eq!(Version::new("7").as_bytes(), b"7");
    /// ```
    #[must_use]
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        Self(bytes.into())
    }

    /// Returns what it was made of.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The condition of a write or a deletion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// No entry: an id that nobody has.
    Absent,
    /// Any entry: nobody has logged out meanwhile.
    Present,
    /// The very entry that was read.
    Unchanged(Version),
    /// Whatever is there, or nothing.
    Always,
}

/// The outcome of a write.
#[derive(Clone, Debug)]
pub enum Saved {
    /// It was written; the version is that of the new entry, where the store knows it.
    Done(Option<Version>),
    /// Nothing was written, since no entry is there.
    Gone,
    /// Nothing was written, since this other entry is there.
    Conflict(Entry),
}

impl fmt::Debug for Version {
    /// No bytes: they may be the session's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Version(..)")
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("length", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// What is asked of a store, as data: the decisions are made without it.
#[derive(Clone)]
pub(crate) enum Operation {
    Load {
        key: String,
    },
    Save {
        key: String,
        bytes: Bytes,
        ttl: Option<Duration>,
        when: When,
    },
    Touch {
        key: String,
        ttl: Option<Duration>,
    },
    Delete {
        key: String,
        when: When,
    },
}

/// What a store answered.
#[derive(Clone)]
pub(crate) enum Answer {
    Loaded(Option<Entry>),
    Saved(Saved),
    /// Whether an entry was touched or deleted.
    Found(bool),
}

type Running<'a> = Pin<Box<dyn Future<Output = Result<Answer, StoreError>> + Send + 'a>>;

/// A [`SessionStore`] as an object.
pub(crate) trait AnyStore: Send + Sync {
    fn run(&self, operation: Operation) -> Running<'_>;
}

impl<S: SessionStore> AnyStore for S {
    fn run(&self, operation: Operation) -> Running<'_> {
        Box::pin(async move {
            Ok(match operation {
                Operation::Load { key } => Answer::Loaded(self.load(&key).await?),
                Operation::Save {
                    key,
                    bytes,
                    ttl,
                    when,
                } => Answer::Saved(self.save(&key, bytes, ttl, &when).await?),
                Operation::Touch { key, ttl } => Answer::Found(self.touch(&key, ttl).await?),
                Operation::Delete { key, when } => Answer::Found(self.delete(&key, &when).await?),
            })
        })
    }
}
