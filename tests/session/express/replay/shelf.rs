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
    ends: Ends,
}

/// The time at which a recorded store takes an entry for ended. The others were real servers, whose
/// clock did not stand still.
#[derive(Clone, Copy, Default)]
enum Ends {
    #[default]
    Never,
    /// By the JSON, as in `MemoryStore`.
    Inside,
    /// In the second after its end, as in connect-pg-simple.
    Second,
    /// At its end, as in connect-mongo.
    Then,
}

#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) text: String,
    /// The end, in milliseconds since 1970.
    pub(super) ends_at: Option<i64>,
    /// The life that was set last, in milliseconds.
    pub(super) life_ms: Option<i64>,
}

impl Shelf {
    pub(super) fn new(store: &str) -> Self {
        let ends = match store {
            "memory" => Ends::Inside,
            "pg" => Ends::Second,
            "mongo" => Ends::Then,
            _ => Ends::Never,
        };
        Self(Arc::new(Inside {
            ends,
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

    fn hold(&self, text: String, ttl: Option<Duration>) -> Held {
        let life_ms = ttl.map(|ttl| i64::try_from(ttl.as_millis()).unwrap());
        Held {
            text,
            ends_at: life_ms.map(|life| self.0.now_ms.load(SeqCst) + life),
            life_ms,
        }
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
        let now = self.0.now_ms.load(SeqCst);
        let ceil = |ms: i64| ms.div_euclid(1000) + i64::from(ms.rem_euclid(1000) > 0);
        let has_ended = match self.0.ends {
            Ends::Never => false,
            Ends::Inside => end_inside(&held.text).is_some_and(|end| end <= now),
            Ends::Second => held.ends_at.is_some_and(|end| ceil(end) < ceil(now)),
            Ends::Then => held.ends_at.is_some_and(|end| end <= now),
        };
        if has_ended {
            // A row stays until it is swept.
            if matches!(self.0.ends, Ends::Inside) {
                self.put(key, None);
            }
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
        self.put(key, Some(self.hold(text, ttl)));
        Ok(Saved::Done(Some(Version::new(bytes))))
    }

    async fn touch(&self, key: &str, ttl: Option<Duration>) -> Result<bool, StoreError> {
        if self.load(key).await?.is_none() {
            return Ok(false);
        }
        if let (Some(ttl), Some(held)) = (ttl, self.held(key)) {
            self.note(["EXPIRE", key, &seconds(ttl)]);
            self.put(key, Some(self.hold(held.text, Some(ttl))));
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
