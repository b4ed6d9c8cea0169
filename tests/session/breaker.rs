//! Faults that a review found: each test says what has to be.

use std::cell::Cell;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use hardtack::stores::{
    Entry, MemoryStore, Saved, SessionStore, StoreError, StoredJson, When,
};
use hardtack::value::Value;
use hardtack::{
    Commit, CookieAttributes, CookieStore, Keyring, LazySession, LoadDefaults, RequestOrigin,
    ServerSessions, Session, SessionData,
};
use serde::{Serialize, Serializer};
use time::OffsetDateTime;

use crate::support::{in_time, secret};

const NAME: &str = "_app_session";
const NOON: i64 = 1_900_000_000;

fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

fn at(clock: &Arc<AtomicI64>) -> impl Fn() -> OffsetDateTime + Send + Sync + 'static {
    let clock = clock.clone();
    move || OffsetDateTime::from_unix_timestamp(clock.load(SeqCst)).unwrap()
}

fn header(commit: &Commit) -> String {
    let cookie = &commit.cookies()[0];
    format!("{}={}", cookie.name(), cookie.escaped_value())
}

fn open(store: &Arc<CookieStore>, header: &str) -> Session {
    Session::open(store, header.to_owned(), RequestOrigin::default())
}

fn cookie_store() -> CookieStore {
    CookieStore::new(&secret(), LoadDefaults::V7_1, NAME)
}

const MONTH: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// "`None` goes back to the store's": a cookie of a store without an expiry ends with the browser.
#[test]
fn a_cookie_goes_back_to_the_browsers_end() {
    let store = Arc::new(cookie_store());
    let session = open(&store, "");
    session.insert("user_id", 42).unwrap();
    session.expire_after(MONTH).unwrap();
    let sent = header(&session.commit(200).unwrap());

    let session = open(&store, &sent);
    session.expire_after(None).unwrap();
    let commit = session.commit(200).unwrap();
    assert_eq!(commit.cookies()[0].expires(), None);
}

/// The same with an expiry of the store that is fixed: an hour, not the month of before.
#[test]
fn a_cookie_goes_back_to_the_stores_fixed_end() {
    let clock = Arc::new(AtomicI64::new(NOON));
    let store = cookie_store()
        .expire_after_fixed(Duration::from_secs(3600))
        .clock(at(&clock));
    let store = Arc::new(store);
    let session = open(&store, "");
    session.insert("user_id", 42).unwrap();
    session.expire_after(MONTH).unwrap();
    let sent = header(&session.commit(200).unwrap());

    let session = open(&store, &sent);
    session.expire_after(None).unwrap();
    let commit = session.commit(200).unwrap();
    let end = OffsetDateTime::from_unix_timestamp(NOON + 3600).unwrap();
    assert!(commit.cookies()[0].expires().unwrap() <= end);
}

struct Shared(Arc<MemoryStore>);

impl SessionStore for Shared {
    async fn load(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        self.0.load(key).await
    }

    async fn save(
        &self,
        key: &str,
        bytes: Bytes,
        ttl: Option<Duration>,
        when: &When,
    ) -> Result<Saved, StoreError> {
        self.0.save(key, bytes, ttl, when).await
    }

    async fn touch(&self, key: &str, ttl: Option<Duration>) -> Result<bool, StoreError> {
        self.0.touch(key, ttl).await
    }

    async fn delete(&self, key: &str, when: &When) -> Result<bool, StoreError> {
        self.0.delete(key, when).await
    }
}

/// A server whose store goes by the same clock.
fn server(clock: &Arc<AtomicI64>) -> (ServerSessions, Arc<MemoryStore>) {
    let store = Arc::new(MemoryStore::new().clock(at(clock)));
    let sessions = ServerSessions::new(StoredJson, Shared(store.clone()), NAME).clock(at(clock));
    (sessions, store)
}

fn request(
    sessions: &Arc<ServerSessions>,
    header: &str,
    handler: impl FnOnce(&Session),
) -> Commit {
    let lazy = LazySession::open(sessions, header.to_owned(), RequestOrigin::default());
    handler(&now(lazy.load()).unwrap());
    now(lazy.commit(200)).unwrap()
}

/// The browser has a cookie of a month, and is told that it ends with the browser now.
#[test]
fn an_id_goes_back_to_the_browsers_end() {
    let clock = Arc::new(AtomicI64::new(NOON));
    let sessions = Arc::new(server(&clock).0);
    let commit = request(&sessions, "", |session| {
        session.insert("user_id", 42).unwrap();
        session.expire_after(MONTH).unwrap();
    });
    let sent = header(&commit);
    assert!(commit.cookies()[0].expires().is_some());
    let commit = request(&sessions, &sent, |session| {
        session.expire_after(None).unwrap();
    });
    let Commit::Set(cookies) = &commit else {
        panic!("the browser keeps the cookie of a month: {commit:?}")
    };
    assert_eq!(cookies[0].expires(), None);
}

/// "In place of the store's own expiry", in a cookie as on a server.
#[test]
fn an_own_expiry_takes_the_place_of_a_fixed_one() {
    let clock = Arc::new(AtomicI64::new(NOON));
    let remember = |session: &Session| {
        session.insert("user_id", 42).unwrap();
        session.expire_after(MONTH).unwrap();
    };
    let hour = Duration::from_secs(3600);
    let end = OffsetDateTime::from_unix_timestamp(NOON).unwrap() + MONTH;

    let store = Arc::new(cookie_store().expire_after_fixed(hour).clock(at(&clock)));
    let session = open(&store, "");
    remember(&session);
    assert_eq!(session.commit(200).unwrap().cookies()[0].expires(), Some(end));

    let sessions = Arc::new(server(&clock).0.expire_after_fixed(hour));
    let commit = request(&sessions, "", remember);
    assert_eq!(commit.cookies()[0].expires(), Some(end));
    clock.fetch_add(3601, SeqCst);
    request(&sessions, &header(&commit), |session| {
        assert_eq!(session.get::<u32>("user_id").unwrap(), Some(42));
    });
}

/// Rack deletes what is dropped before it asks whether the rest is skipped
/// (`Rack::Session::Abstract::Persisted#commit_session`).
#[test]
fn what_is_dropped_is_dropped_though_the_rest_is_skipped() {
    let clock = Arc::new(AtomicI64::new(NOON));
    let (sessions, store) = server(&clock);
    let sessions = Arc::new(sessions);
    let sent = header(&request(&sessions, "", |session| {
        session.insert("user_id", 42).unwrap();
    }));
    assert_eq!(store.len(), 1);
    request(&sessions, &sent, |session| {
        session.drop().unwrap();
        session.skip().unwrap();
    });
    assert_eq!(store.len(), 0);
}

/// "Closures, values, observers and subscribers run under no lock", and so does the clock
/// (`Context::loaded`).
#[test]
fn the_clock_may_use_the_session_whose_expiry_is_set() {
    in_time("expire_after", || {
        let handle: Arc<std::sync::OnceLock<Session>> = Arc::default();
        let seen = handle.clone();
        let store = cookie_store().clock(move || {
            if let Some(session) = seen.get() {
                let _ = session.contains_key("user_id");
            }
            OffsetDateTime::from_unix_timestamp(NOON).unwrap()
        });
        let session = open(&Arc::new(store), "");
        assert!(handle.set(session.clone()).is_ok());
        session.expire_after(MONTH).unwrap();
    });
}

/// What serializes once, as iterators do.
struct Once<I>(Cell<Option<I>>);

impl<I: Iterator<Item: Serialize>> Serialize for Once<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.take().into_iter().flatten())
    }
}

#[test]
fn a_value_that_serializes_once_is_whole() {
    let once = |items: Vec<f64>| Once(Cell::new(Some(items.into_iter())));
    let mut data = SessionData::new();
    data.insert("plain", once(vec![1.0, 2.0])).unwrap();
    data.insert("odd", once(vec![1.0, f64::INFINITY])).unwrap();
    let length = |key| match data.get::<Value>(key).unwrap() {
        Some(Value::Array(items)) => items.len(),
        other => panic!("{other:?}"),
    };
    assert_eq!(length("plain"), 2);
    assert_eq!(length("odd"), 2);
}

/// A closure put another session in its place, and somebody else wrote meanwhile.
#[test]
fn a_session_that_was_put_in_place_outlives_a_conflict() {
    let run = |has_conflict: bool| {
        let clock = Arc::new(AtomicI64::new(NOON));
        let sessions = Arc::new(server(&clock).0);
        let sent = header(&request(&sessions, "", |session| {
            session.insert("user_id", 42).unwrap();
        }));
        request(&sessions, &sent, |session| {
            session
                .update(|data| {
                    *data = SessionData::from_json(r#"{"a":1,"b":2}"#).unwrap();
                    data.insert("c", 3)
                })
                .unwrap();
            if has_conflict {
                request(&sessions, &sent, |other| other.insert("other", 1).unwrap());
            }
        });
        let mut keys = Vec::new();
        request(&sessions, &sent, |session| {
            keys = session.keys();
            keys.retain(|key| key != "other");
        });
        keys
    };
    assert_eq!(run(false), ["a", "b", "c"]);
    assert_eq!(run(true), ["a", "b", "c"]);
}

/// The clock of a server's sessions is that of its sealed cookies, as a `CookieStore`'s is.
#[test]
fn sealed_cookies_go_by_the_clock_of_the_sessions() {
    let minute = CookieAttributes::new().max_age(Duration::from_secs(60));
    let clock = Arc::new(AtomicI64::new(NOON));
    let keyring = Keyring::new(&secret(), LoadDefaults::V7_1);

    let cookies = Arc::new(CookieStore::with_keyring(keyring.clone(), NAME).clock(at(&clock)));
    let server = Arc::new(server(&clock).0.keyring(keyring));
    let on_server = |header: &str| {
        let lazy = LazySession::open(&server, header.to_owned(), RequestOrigin::default());
        now(lazy.load()).unwrap()
    };
    let written = |session: Session| {
        let encrypted = session.cookies().encrypted();
        encrypted.write("offer", 7, &minute).unwrap();
        let cookie = session.cookies().take().remove(0);
        format!("offer={}", cookie.escaped_value())
    };
    let (in_cookie, in_server) = (written(open(&cookies, "")), written(on_server("")));
    clock.fetch_add(61, SeqCst);
    let read = |session: Session| session.cookies().encrypted().get::<u8>("offer").unwrap();
    assert_eq!(read(open(&cookies, &in_cookie)), None);
    assert_eq!(read(on_server(&in_server)), None);
}
