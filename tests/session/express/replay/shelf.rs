//! A store in memory on a clock that stands still, which records the commands of connect-redis.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use hardtack::stores::{Entry, Saved, SessionStore, StoreError, Version, When};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

#[derive(Clone, Default)]
pub(super) struct Shelf(Arc<Inside>);

#[derive(Default)]
struct Inside {
    now_ms: AtomicI64,
    entries: Mutex<BTreeMap<String, Held>>,
    commands: Mutex<Vec<Vec<String>>>,
    /// True if the end in the JSON counts, as in `MemoryStore` and session-file-store.
    is_ended_inside: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) text: String,
    /// The end, in milliseconds since 1970.
    pub(super) ends_at: Option<i64>,
}

impl Shelf {
    pub(super) fn new(is_ended_inside: bool) -> Self {
        Self(Arc::new(Inside {
            is_ended_inside,
            ..Inside::default()
        }))
    }

    pub(super) fn set_clock(&self, now_ms: i64) {
        self.0.now_ms.store(now_ms, SeqCst);
    }

    pub(super) fn now(&self) -> OffsetDateTime {
        let now = i128::from(self.0.now_ms.load(SeqCst)) * 1_000_000;
        OffsetDateTime::from_unix_timestamp_nanos(now).unwrap()
    }

    /// Returns an entry, even one that has ended and that nobody has asked for since.
    pub(super) fn held(&self, key: &str) -> Option<Held> {
        self.0.entries.lock().unwrap().get(key).cloned()
    }

    pub(super) fn put(&self, key: &str, held: Option<Held>) {
        let mut entries = self.0.entries.lock().unwrap();
        match held {
            Some(held) => entries.insert(key.to_owned(), held),
            None => entries.remove(key),
        };
    }

    pub(super) fn commands(&self) -> Vec<Vec<String>> {
        std::mem::take(&mut *self.0.commands.lock().unwrap())
    }

    fn note<const N: usize>(&self, command: [&str; N]) {
        let command = command.iter().map(|&part| part.to_owned()).collect();
        self.0.commands.lock().unwrap().push(command);
    }

    fn ends_at(&self, ttl: Option<Duration>) -> Option<i64> {
        let ttl = i64::try_from(ttl?.as_millis()).unwrap();
        Some(self.0.now_ms.load(SeqCst) + ttl)
    }
}

/// Returns whole seconds as hardtack-redis rounds a life up.
fn seconds(ttl: Duration) -> String {
    (ttl.as_secs() + u64::from(ttl.subsec_nanos() > 0)).to_string()
}

/// Returns `cookie.expires`, in milliseconds since 1970.
fn end_inside(text: &str) -> Option<i64> {
    let whole: Value = serde_json::from_str(text).ok()?;
    let end = whole.get("cookie")?.get("expires")?.as_str()?;
    let end = OffsetDateTime::parse(end, &Rfc3339).unwrap();
    i64::try_from(end.unix_timestamp_nanos() / 1_000_000).ok()
}

impl SessionStore for Shelf {
    async fn load(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        let Some(held) = self.held(key) else {
            return Ok(None);
        };
        let end = if self.0.is_ended_inside {
            end_inside(&held.text)
        } else {
            held.ends_at
        };
        if end.is_some_and(|end| end <= self.0.now_ms.load(SeqCst)) {
            self.put(key, None);
            return Ok(None);
        }
        let bytes = Bytes::from(held.text);
        Ok(Some(Entry {
            version: Version::new(bytes.clone()),
            bytes,
        }))
    }

    async fn save(
        &self,
        key: &str,
        bytes: Bytes,
        ttl: Option<Duration>,
        when: &When,
    ) -> Result<Saved, StoreError> {
        let found = self.load(key).await?;
        match (when, found) {
            (When::Absent, Some(entry)) => return Ok(Saved::Conflict(entry)),
            (When::Present | When::Unchanged(_), None) => return Ok(Saved::Gone),
            (When::Unchanged(version), Some(entry)) if entry.version != *version => {
                return Ok(Saved::Conflict(entry));
            }
            _ => {}
        }
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        match ttl {
            Some(ttl) => self.note(["SET", key, &text, "EX", &seconds(ttl)]),
            None => self.note(["SET", key, &text]),
        }
        let ends_at = self.ends_at(ttl);
        self.put(key, Some(Held { text, ends_at }));
        Ok(Saved::Done(Some(Version::new(bytes))))
    }

    async fn touch(&self, key: &str, ttl: Option<Duration>) -> Result<bool, StoreError> {
        if self.load(key).await?.is_none() {
            return Ok(false);
        }
        if let (Some(ttl), Some(mut held)) = (ttl, self.held(key)) {
            self.note(["EXPIRE", key, &seconds(ttl)]);
            held.ends_at = self.ends_at(Some(ttl));
            self.put(key, Some(held));
        }
        Ok(true)
    }

    async fn delete(&self, key: &str, _: &When) -> Result<bool, StoreError> {
        self.note(["DEL", key]);
        let is_there = self.held(key).is_some();
        self.put(key, None);
        Ok(is_there)
    }
}
