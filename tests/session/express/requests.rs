//! Requests that bring a session of Express: what the store gets, and which ids are taken.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use hardtack::express::{CookieSignature, ExpressSession};
use hardtack::headers::escape;
use hardtack::stores::{Entry, Saved, SessionFormat, SessionStore, StoreError, Version, When};
use hardtack::{Commit, LazySession, RequestOrigin, ServerSessions, Session};
use time::OffsetDateTime;

pub(super) const ID: &str = "kWkUrpGrN_tfBPGy6fGZr1ke9dVpJZa6";
pub(super) const KEY: &str = "sess:kWkUrpGrN_tfBPGy6fGZr1ke9dVpJZa6";

/// An hour's session, which was written a day ago and only read since.
pub(super) const STALE: &str = r#"{"cookie":{"originalMaxAge":3600000,"expires":"2026-03-03T19:47:40.000Z","httpOnly":true,"path":"/"},"passport":{"user":42},"n":null}"#;

pub(super) fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_772_650_060).unwrap()
}

pub(super) fn signature() -> CookieSignature {
    CookieSignature::new("keyboard cat 779c6e755323").unwrap()
}

/// A store that shows what it was given.
#[derive(Clone, Default)]
pub(super) struct Shelf(Arc<Mutex<BTreeMap<String, Kept>>>);

/// An entry and its life.
pub(super) type Kept = (Bytes, Option<Duration>);

impl Shelf {
    pub(super) fn of(key: &str, text: &str) -> Self {
        let shelf = Self::default();
        let entry = (Bytes::from(text.to_owned()), Some(Duration::from_secs(1)));
        shelf.0.lock().unwrap().insert(key.to_owned(), entry);
        shelf
    }

    pub(super) fn text(&self, key: &str) -> (String, Option<Duration>) {
        let (bytes, ttl) = self.0.lock().unwrap()[key].clone();
        (String::from_utf8(bytes.to_vec()).unwrap(), ttl)
    }

    pub(super) fn keys(&self) -> Vec<String> {
        self.0.lock().unwrap().keys().cloned().collect()
    }
}

impl SessionStore for Shelf {
    async fn load(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        let entry = self.0.lock().unwrap().get(key).cloned();
        Ok(entry.map(|(bytes, _)| Entry {
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
        let version = Version::new(bytes.clone());
        self.0.lock().unwrap().insert(key.to_owned(), (bytes, ttl));
        Ok(Saved::Done(Some(version)))
    }

    async fn touch(&self, key: &str, ttl: Option<Duration>) -> Result<bool, StoreError> {
        let mut entries = self.0.lock().unwrap();
        let found = entries.get_mut(key);
        let is_there = found.is_some();
        if let (Some((_, left)), Some(ttl)) = (found, ttl) {
            *left = Some(ttl);
        }
        Ok(is_there)
    }

    async fn delete(&self, key: &str, _: &When) -> Result<bool, StoreError> {
        Ok(self.0.lock().unwrap().remove(key).is_some())
    }
}

/// Runs a request with this value of the cookie.
pub(super) async fn request(
    format: ExpressSession,
    shelf: &Shelf,
    value: &str,
    handler: impl FnOnce(&Session),
) -> Commit {
    let sessions = ServerSessions::new(format, shelf.clone(), "connect.sid").clock(now);
    let header = format!("connect.sid={}", escape(value.as_bytes()));
    let request = LazySession::open(&Arc::new(sessions), header, RequestOrigin::default());
    handler(&request.load().await.unwrap());
    request.commit(200).await.unwrap()
}

pub(super) fn cookie(id: &str) -> String {
    format!("s:{}", signature().sign(id))
}

pub(super) fn redis() -> ExpressSession {
    ExpressSession::connect_redis(signature())
}

#[tokio::test]
async fn a_session_that_was_only_read_is_alive_and_lives_on() {
    let hour = Some(Duration::from_secs(3600));
    let shelf = Shelf::of(KEY, STALE);
    let read = |session: &Session| {
        assert_eq!(session.get::<u8>("cookie").unwrap(), None);
        let user: BTreeMap<String, u32> = session.get("passport").unwrap().unwrap();
        assert_eq!(user["user"], 42);
    };
    let commit = request(redis(), &shelf, &cookie(ID), read).await;
    assert_eq!(commit.cookies(), []);
    assert_eq!(shelf.text(KEY), (STALE.to_owned(), hour));

    let shelf = Shelf::of(ID, STALE);
    let memcached = ExpressSession::connect_memcached(signature());
    let _ = request(memcached, &shelf, &cookie(ID), read).await;
    let touched = STALE.replace("2026-03-03T19:47:40.000Z", "2026-03-04T19:47:40.000Z");
    assert_eq!(shelf.text(ID), (touched, hour));

    for format in [redis().disable_touch(), redis().ttl(None)] {
        let shelf = Shelf::of(KEY, STALE);
        let _ = request(format, &shelf, &cookie(ID), read).await;
        let left = Some(Duration::from_secs(1));
        assert_eq!(shelf.text(KEY), (STALE.to_owned(), left));
    }
}

#[tokio::test]
async fn a_change_keeps_the_life_and_everything_else() {
    let shelf = Shelf::of(KEY, STALE);
    let change = |session: &Session| session.insert("name", "<é\u{2028}>").unwrap();
    let commit = request(redis(), &shelf, &cookie(ID), change).await;
    let set = &commit.cookies()[0];
    assert_eq!(redis().id_of_cookie(&set.value()).as_deref(), Some(ID));
    assert_eq!(set.expires(), Some(now() + Duration::from_secs(3600)));
    let touched = STALE.replace("2026-03-03T19:47:40.000Z", "2026-03-04T19:47:40.000Z");
    let changed = touched.replace("null}", "null,\"name\":\"<é\u{2028}>\"}");
    assert_eq!(shelf.text(KEY), (changed, Some(Duration::from_secs(3600))));
}

#[tokio::test]
async fn an_id_from_outside_is_never_adopted() {
    let other = signature().older_secret("another secret").unwrap();
    let others = [
        // Signed, and the store does not have it.
        cookie("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        // Not signed, escaped twice, and signed under another secret.
        ID.to_owned(),
        format!("s:{ID}"),
        escape(cookie(ID).as_bytes()),
        format!(
            "s:{}",
            CookieSignature::new("another secret").unwrap().sign(ID)
        ),
        // Signed, and of another form.
        cookie("../../etc/passwd"),
        cookie(""),
        cookie("two words"),
    ];
    for value in &others {
        let shelf = Shelf::of(KEY, STALE);
        let login = |session: &Session| {
            assert_eq!(session.get::<u8>("passport").unwrap(), None);
            session.insert("user", 7).unwrap();
        };
        let commit = request(redis(), &shelf, value, login).await;
        let set = commit.cookies()[0].value().into_owned();
        let id = redis().id_of_cookie(&set).unwrap();
        let keys = redis().keys(&id);
        assert!(id != ID && !value.contains(&id), "{value}");
        assert_eq!(shelf.keys().len(), 2, "{value}");
        let (text, ttl) = shelf.text(&keys[0]);
        assert_eq!(
            text,
            r#"{"cookie":{"originalMaxAge":null,"expires":null,"httpOnly":true,"path":"/"},"user":7}"#
        );
        assert_eq!(ttl, Some(Duration::from_secs(86_400)));
        assert_eq!(shelf.text(KEY).0, STALE);
    }
    // An older secret still opens it.
    let format = ExpressSession::connect_redis(other);
    assert_eq!(
        format.id_of_cookie(others[4].as_bytes()).as_deref(),
        Some(ID)
    );
}

#[tokio::test]
async fn a_logout_deletes_the_entry_and_a_renewal_moves_it() {
    let shelf = Shelf::of(KEY, STALE);
    let _ = request(redis(), &shelf, &cookie(ID), |session| {
        session.reset().unwrap();
    })
    .await;
    assert_eq!(shelf.keys(), [""; 0]);

    let shelf = Shelf::of(KEY, STALE);
    let commit = request(redis(), &shelf, &cookie(ID), |session| {
        session.renew().unwrap();
    })
    .await;
    let id = redis().id_of_cookie(&commit.cookies()[0].value()).unwrap();
    assert_eq!(shelf.keys(), redis().keys(&id));
    assert_ne!(id, ID);
    let (text, _) = shelf.text(&shelf.keys()[0]);
    assert!(text.contains(r#""passport":{"user":42}"#), "{text}");
}
