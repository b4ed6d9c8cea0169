//! [`SessionStore`]: keeps the bytes of sessions on a server.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;

use crate::store_error::StoreError;

/// Keeps the bytes of sessions under keys for a time: a map in memory, Redis, a database table.
///
/// A store knows neither formats nor cookies, and never changes the bytes. It reports a failure as
/// an error, never as a missing entry: an unreachable session is not an empty one. Timeouts and
/// reconnecting are up to the store.
///
/// Write the methods as `async fn`. See [`MemoryStore`](crate::stores::MemoryStore) for a complete
/// implementation.
pub trait SessionStore: Send + Sync + 'static {
    /// Returns the entry of a key; `None` if there is none, or its time has passed.
    ///
    /// # Errors
    /// [`StoreError`] if the store could not answer.
    fn load(&self, key: &str) -> impl Future<Output = Result<Option<Entry>, StoreError>> + Send;

    /// Returns the entry of a key, and whether the key `mark` has an entry too: the mark of a
    /// logout ([`remember_logouts`](crate::ServerSessions::remember_logouts)).
    ///
    /// The mark is read together with the entry, or later. The default reads both one after the
    /// other.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    fn load_with_mark(
        &self,
        key: &str,
        mark: &str,
    ) -> impl Future<Output = Result<(Option<Entry>, bool), StoreError>> + Send {
        async move {
            let entry = self.load(key).await?;
            // An entry that is gone needs no mark.
            let is_marked = entry.is_some() && self.load(mark).await?.is_some();
            Ok((entry, is_marked))
        }
    }

    /// Writes an entry if `when` allows it, in one atomic step.
    ///
    /// The entry lives for `ttl`; without one, for as long as the store keeps it.
    ///
    /// # Errors
    /// [`StoreError`] if the store could not write. The entry may have been written all the same.
    fn save(
        &self,
        key: &str,
        bytes: Bytes,
        ttl: Option<Duration>,
        when: &When,
    ) -> impl Future<Output = Result<Saved, StoreError>> + Send;

    /// Writes an entry like [`save`](Self::save), but never sends the command twice.
    ///
    /// A store that sends a save again after a lost connection cannot tell its own first save from
    /// that of another request that counted to the same number. Such a store must implement this
    /// method, and return an error instead. A store around another one must pass it on. hardtack
    /// calls it for sessions that [`Session::update_key`](crate::Session::update_key) has changed.
    ///
    /// # Errors
    /// As [`save`](Self::save).
    fn save_once(
        &self,
        key: &str,
        bytes: Bytes,
        ttl: Option<Duration>,
        when: &When,
    ) -> impl Future<Output = Result<Saved, StoreError>> + Send {
        self.save(key, bytes, ttl, when)
    }

    /// Checks whether the store can [`rename`](Self::rename) entries; the default is no.
    fn renames(&self) -> bool {
        false
    }

    /// Moves an entry to another key, with these bytes, in one atomic step.
    ///
    /// It is moved if `from` still has exactly the entry of this version, and `to` has none.
    /// Returns [`Saved::Gone`] otherwise, and nothing is changed then. hardtack calls it for a
    /// session that it found under an older key, if [`renames`](Self::renames) returns `true`. A
    /// session in another store is written under the new key, and then deleted under the old one.
    ///
    /// Like [`save_once`](Self::save_once), it must not be sent twice.
    ///
    /// # Errors
    /// As [`save`](Self::save).
    fn rename(
        &self,
        from: &str,
        to: &str,
        bytes: Bytes,
        ttl: Option<Duration>,
        version: &Version,
    ) -> impl Future<Output = Result<Saved, StoreError>> + Send {
        let _ = (from, to, bytes, ttl, version);
        async { Ok(Saved::Gone) }
    }

    /// Extends the life of an entry to `ttl` from now, and leaves its bytes unchanged.
    ///
    /// Without a `ttl` the entry keeps its time. Returns `false` if there is no entry.
    ///
    /// # Errors
    /// [`StoreError`] if the store could not answer.
    fn touch(
        &self,
        key: &str,
        ttl: Option<Duration>,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Deletes an entry if `when` allows it; returns `false` if nothing was deleted.
    ///
    /// # Errors
    /// [`StoreError`] if the store could not delete. The entry may have been deleted all the same.
    fn delete(
        &self,
        key: &str,
        when: &When,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

/// An entry as it was read from a store.
#[derive(Clone)]
pub struct Entry {
    /// The bytes, exactly as they were saved.
    pub bytes: Bytes,
    /// The version, which tells this state of the entry from a later one.
    pub version: Version,
}

/// Identifies one state of an entry, in terms that only its store understands.
///
/// Redis and SQL stores use the old bytes, Memcached uses its cas id.
#[derive(Clone, PartialEq, Eq)]
pub struct Version(Bytes);

impl Version {
    /// Creates a version from the bytes by which the store tells states of an entry apart.
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

    /// Returns the bytes from which the version was created.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The condition of a write or a deletion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// The key has no entry: the id is new.
    Absent,
    /// The key has an entry: nobody has logged out meanwhile.
    Present,
    /// The key still has exactly the entry that was read.
    Unchanged(Version),
    /// Any state of the key, with or without an entry.
    Always,
}

/// The outcome of a write.
#[derive(Clone, Debug)]
pub enum Saved {
    /// The entry was written; holds the version of the new entry if the store knows it.
    Done(Option<Version>),
    /// Nothing was written, because the key has no entry.
    Gone,
    /// Nothing was written, because the key holds this other entry.
    Conflict(Entry),
}

impl fmt::Debug for Version {
    /// Leaves out the bytes: they may be the session's.
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

/// A command for a store, as data: decisions are made without I/O.
#[derive(Clone)]
pub(crate) enum Operation {
    Load {
        key: String,
    },
    /// Reads an entry, unless the mark of a logout is there.
    LoadUnmarked {
        key: String,
        mark: String,
    },
    Save {
        key: String,
        bytes: Bytes,
        ttl: Option<Duration>,
        when: When,
        /// True if the store must not send the save twice.
        is_once: bool,
    },
    Rename {
        from: String,
        to: String,
        bytes: Bytes,
        ttl: Option<Duration>,
        version: Version,
    },
    Touch {
        key: String,
        ttl: Option<Duration>,
    },
    Delete {
        key: String,
        when: When,
    },
    /// Writes the entry of a lock, if the key has none.
    Lock {
        key: String,
        token: Bytes,
        ttl: Duration,
        when: When,
    },
    /// Deletes the entry of a lock.
    Unlock {
        key: String,
        when: When,
    },
}

impl Operation {
    /// Creates the save of the mark that a session was ended. Every column of a database holds it.
    pub(super) fn mark(key: String, ttl: Option<Duration>) -> Self {
        Self::Save {
            key,
            bytes: Bytes::from_static(b"1"),
            ttl,
            when: When::Always,
            is_once: false,
        }
    }
}

/// The answer of a store to an [`Operation`].
#[derive(Clone)]
pub(crate) enum Answer {
    Loaded(Option<Entry>),
    /// The entry is there, and so is the mark of a logout.
    Marked,
    Saved(Saved),
    /// Says whether an entry was touched or deleted.
    Found(bool),
}

type Running<'a> = Pin<Box<dyn Future<Output = Result<Answer, StoreError>> + Send + 'a>>;

/// A [`SessionStore`] as a trait object.
pub(crate) trait AnyStore: Send + Sync {
    fn renames(&self) -> bool;
    fn run(&self, operation: Operation) -> Running<'_>;
}

impl<S: SessionStore> AnyStore for S {
    fn renames(&self) -> bool {
        SessionStore::renames(self)
    }

    fn run(&self, operation: Operation) -> Running<'_> {
        Box::pin(async move {
            Ok(match operation {
                Operation::Load { key } => Answer::Loaded(self.load(&key).await?),
                Operation::LoadUnmarked { key, mark } => {
                    match self.load_with_mark(&key, &mark).await? {
                        (Some(_), true) => Answer::Marked,
                        (entry, _) => Answer::Loaded(entry),
                    }
                }
                Operation::Save {
                    key,
                    bytes,
                    ttl,
                    when,
                    is_once,
                } => Answer::Saved(if is_once {
                    self.save_once(&key, bytes, ttl, &when).await?
                } else {
                    self.save(&key, bytes, ttl, &when).await?
                }),
                Operation::Rename {
                    from,
                    to,
                    bytes,
                    ttl,
                    version,
                } => Answer::Saved(self.rename(&from, &to, bytes, ttl, &version).await?),
                Operation::Touch { key, ttl } => Answer::Found(self.touch(&key, ttl).await?),
                Operation::Delete { key, when } | Operation::Unlock { key, when } => {
                    Answer::Found(self.delete(&key, &when).await?)
                }
                Operation::Lock {
                    key,
                    token,
                    ttl,
                    when,
                } => Answer::Saved(self.save(&key, token, Some(ttl), &when).await?),
            })
        })
    }
}
