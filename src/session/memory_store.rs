//! [`MemoryStore`]: sessions in the memory of one process.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use time::OffsetDateTime;

use super::session_store::{Entry, Saved, SessionStore, Version, When};
use crate::clock::Clock;
use crate::store_error::StoreError;

/// The maximum number of sessions, unless [`MemoryStore::capacity`] sets another.
const CAPACITY: usize = 100_000;

/// Keeps sessions in the memory of this process, for development, tests and examples.
///
/// The sessions are lost when the process ends, and no other process sees them.
///
/// It holds a limited number of sessions, each of any size. When it is full, a new session replaces
/// the one that was used longest ago, expired or not: a flood of new sessions drops the sessions of
/// users who visit rarely.
pub struct MemoryStore {
    entries: Mutex<Entries>,
    capacity: usize,
    clock: Clock,
}

#[derive(Default)]
struct Entries {
    by_key: HashMap<String, Held>,
    /// The keys in the order of their last use, in which they are dropped.
    by_use: BTreeMap<u64, String>,
    uses: u64,
}

struct Held {
    bytes: Bytes,
    /// The number of the write, counted over all entries, so that no two entries share one.
    version: u64,
    ends_at: Option<OffsetDateTime>,
    used: u64,
}

impl MemoryStore {
    /// Creates an empty store for 100,000 sessions.
    ///
    /// A build without debug assertions logs a warning (feature `tracing`): in production, keep
    /// sessions in a store that outlives the process.
    ///
    /// ```
    /// use hardtack::stores::MemoryStore;
    ///
    /// assert!(MemoryStore::new().is_empty());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        #[cfg(all(feature = "tracing", not(debug_assertions)))]
        tracing::warn!(
            target: "hardtack",
            "sessions are kept in memory: they are lost when the process ends, and no other process sees them; use a store on a server in production"
        );
        Self {
            entries: Mutex::default(),
            capacity: CAPACITY,
            clock: Clock::System,
        }
    }

    /// Sets the maximum number of sessions.
    #[must_use]
    pub fn capacity(mut self, capacity: usize) -> Self {
        self.capacity = capacity.max(1);
        self
    }

    /// Sets the clock, which decides whether a session has expired: for tests, and for platforms
    /// without a clock of their own.
    ///
    /// ```
    /// use hardtack::stores::MemoryStore;
    /// use time::OffsetDateTime;
    ///
    /// let store = MemoryStore::new().clock(|| OffsetDateTime::UNIX_EPOCH);
    /// ```
    #[must_use]
    pub fn clock(mut self, now: impl Fn() -> OffsetDateTime + Send + Sync + 'static) -> Self {
        self.clock = Clock::told(now);
        self
    }

    /// Returns the number of sessions, including expired ones that nobody has asked for since.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries().by_key.len()
    }

    /// Checks whether the store holds no session.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the time before the lock is taken: the clock is the app's own code.
    fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("len", &self.len())
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

impl Entries {
    /// Finds the entry of a key, and counts that as a use.
    fn find(&mut self, key: &str, now: OffsetDateTime) -> Option<&mut Held> {
        if self.by_key.get(key)?.ends_at.is_some_and(|end| end <= now) {
            self.remove(key);
            return None;
        }
        self.uses += 1;
        let held = self.by_key.get_mut(key)?;
        if let Some(key) = self.by_use.remove(&held.used) {
            self.by_use.insert(self.uses, key);
        }
        held.used = self.uses;
        Some(held)
    }

    fn remove(&mut self, key: &str) -> bool {
        let Some(held) = self.by_key.remove(key) else {
            return false;
        };
        self.by_use.remove(&held.used);
        true
    }

    fn entry(&mut self, key: &str, now: OffsetDateTime) -> Option<Entry> {
        self.find(key, now).map(|held| Entry {
            bytes: held.bytes.clone(),
            version: version(held.version),
        })
    }

    /// Returns the reason why a write may not happen.
    fn hindrance(&mut self, key: &str, when: &When, now: OffsetDateTime) -> Option<Saved> {
        let there = self.entry(key, now);
        match (when, there) {
            (When::Always, _) | (When::Absent, None) | (When::Present, Some(_)) => None,
            (When::Unchanged(wanted), Some(entry)) if entry.version == *wanted => None,
            (When::Absent | When::Unchanged(_), Some(entry)) => Some(Saved::Conflict(entry)),
            (When::Present | When::Unchanged(_), None) => Some(Saved::Gone),
        }
    }
}

fn version(number: u64) -> Version {
    Version::new(number.to_be_bytes().to_vec())
}

fn end(ttl: Option<Duration>, now: OffsetDateTime) -> Option<OffsetDateTime> {
    // A time beyond the calendar never comes.
    now.checked_add(ttl?.try_into().ok()?)
}

impl SessionStore for MemoryStore {
    async fn load(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        let now = self.now();
        Ok(self.entries().entry(key, now))
    }

    async fn save(
        &self,
        key: &str,
        bytes: Bytes,
        ttl: Option<Duration>,
        when: &When,
    ) -> Result<Saved, StoreError> {
        let now = self.now();
        let mut entries = self.entries();
        if let Some(hindrance) = entries.hindrance(key, when, now) {
            return Ok(hindrance);
        }
        entries.remove(key);
        while entries.by_key.len() >= self.capacity {
            let Some((_, oldest)) = entries.by_use.pop_first() else {
                break;
            };
            entries.by_key.remove(&oldest);
        }
        entries.uses += 1;
        let used = entries.uses;
        entries.by_use.insert(used, key.to_owned());
        let held = Held {
            bytes,
            version: used,
            ends_at: end(ttl, now),
            used,
        };
        entries.by_key.insert(key.to_owned(), held);
        Ok(Saved::Done(Some(version(used))))
    }

    async fn touch(&self, key: &str, ttl: Option<Duration>) -> Result<bool, StoreError> {
        let now = self.now();
        let mut entries = self.entries();
        let Some(held) = entries.find(key, now) else {
            return Ok(false);
        };
        if ttl.is_some() {
            held.ends_at = end(ttl, now);
        }
        Ok(true)
    }

    async fn delete(&self, key: &str, when: &When) -> Result<bool, StoreError> {
        let now = self.now();
        let mut entries = self.entries();
        Ok(entries.hindrance(key, when, now).is_none() && entries.remove(key))
    }
}
