//! A store whose content can be seen, and a format whose new ids are known.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use hardtack::stores::{
    Entry, ReadEntry, Saved, SessionFormat, SessionStore, StoreError, Touch, Version, When,
};
use hardtack::{Error, SessionData};
use time::OffsetDateTime;

pub(super) type Shelf = BTreeMap<String, (Bytes, Option<Duration>)>;

/// A store whose content can be seen.
#[derive(Clone, Default)]
pub(super) struct Shelves(pub(super) Arc<Mutex<Shelf>>);

fn entry(bytes: &Bytes) -> Entry {
    Entry {
        bytes: bytes.clone(),
        version: Version::new(bytes.clone()),
    }
}

fn refusal(there: Option<&(Bytes, Option<Duration>)>, when: &When) -> Option<Saved> {
    match (there, when) {
        (_, When::Always) | (None, When::Absent) | (Some(_), When::Present) => None,
        (Some((bytes, _)), When::Unchanged(version)) if version.as_bytes() == bytes => None,
        (Some((bytes, _)), _) => Some(Saved::Conflict(entry(bytes))),
        (None, _) => Some(Saved::Gone),
    }
}

impl SessionStore for Shelves {
    async fn load(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        Ok(self
            .0
            .lock()
            .unwrap()
            .get(key)
            .map(|(bytes, _)| entry(bytes)))
    }

    async fn save(
        &self,
        key: &str,
        bytes: Bytes,
        ttl: Option<Duration>,
        when: &When,
    ) -> Result<Saved, StoreError> {
        let mut kept = self.0.lock().unwrap();
        if let Some(refusal) = refusal(kept.get(key), when) {
            return Ok(refusal);
        }
        kept.insert(key.to_owned(), (bytes, ttl));
        Ok(Saved::Done(None))
    }

    async fn touch(&self, key: &str, ttl: Option<Duration>) -> Result<bool, StoreError> {
        let mut kept = self.0.lock().unwrap();
        let Some((_, expiry)) = kept.get_mut(key) else {
            return Ok(false);
        };
        *expiry = ttl.or(*expiry);
        Ok(true)
    }

    async fn delete(&self, key: &str, when: &When) -> Result<bool, StoreError> {
        let mut kept = self.0.lock().unwrap();
        Ok(refusal(kept.get(key), when).is_none() && kept.remove(key).is_some())
    }
}

/// A format whose new ids are those that were recorded.
pub(super) struct Recorded {
    pub(super) format: Box<dyn SessionFormat>,
    pub(super) ids: Arc<Mutex<VecDeque<String>>>,
}

impl SessionFormat for Recorded {
    fn id_of_cookie(&self, value: &[u8]) -> Option<String> {
        self.format.id_of_cookie(value)
    }

    fn cookie_of_id(&self, id: &str) -> Result<String, Error> {
        self.format.cookie_of_id(id)
    }

    fn new_id(&self) -> Result<String, Error> {
        self.ids
            .lock()
            .unwrap()
            .pop_front()
            .ok_or(Error::NoRandomness)
    }

    fn keys(&self, id: &str) -> Vec<String> {
        self.format.keys(id)
    }

    fn time_to_live(&self) -> Option<Duration> {
        self.format.time_to_live()
    }

    fn read(&self, bytes: &Bytes, now: OffsetDateTime) -> ReadEntry {
        self.format.read(bytes, now)
    }

    fn write(
        &self,
        session: &SessionData,
        previous: Option<&Bytes>,
        ttl: Option<Duration>,
        now: OffsetDateTime,
    ) -> Result<Bytes, Error> {
        self.format.write(session, previous, ttl, now)
    }

    fn touch(
        &self,
        session: &SessionData,
        previous: &Bytes,
        ttl: Option<Duration>,
        now: OffsetDateTime,
    ) -> Touch {
        self.format.touch(session, previous, ttl, now)
    }

    fn renew(&self, session: &mut SessionData) {
        self.format.renew(session);
    }
}
