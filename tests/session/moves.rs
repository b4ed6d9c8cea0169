//! Sessions that move to a store: what a request hears and keeps if something fails. The acceptance
//! suite shows the moves themselves.
#![cfg(all(feature = "marshal", feature = "test-util"))]

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use hardtack::observe::Observer;
use hardtack::stores::{
    Entry, MemoryStore, ReadEntry, Saved, SessionFormat, SessionStore, StoreError, StoredJson, When,
};
use hardtack::warden::WardenScope;
use hardtack::{
    Commit, CookieStore, Error, LazySession, LoadDefaults, Refusal, RequestOrigin, SecretKeyBase,
    ServerSessions, Session, SessionData,
};
use time::OffsetDateTime;

use crate::session_options::Shared;

const NAME: &str = "_shop_session";
const ID: &str = "c5829f921fee456fdd2b54fc408dfc2e";
const HASH: &str = "$2a$12$abcdefghijklmnopqrstuv0123456789abcdefghijklmnopqrstu";

fn in_cookie() -> CookieStore {
    let secret = SecretKeyBase::new("b3c631c314c0bbca50c1b2843150fe33".repeat(4)).unwrap();
    CookieStore::new(&secret, LoadDefaults::V7_1, NAME)
}

/// Returns the header of a browser whose cookie holds a session.
fn sealed() -> String {
    let session = Session::open(&Arc::new(in_cookie()), "", RequestOrigin::default());
    session.insert("user_id", 7).unwrap();
    header(&session.commit(200).unwrap())
}

fn header(commit: &Commit) -> String {
    let [cookie] = commit.cookies() else {
        panic!("{commit:?}")
    };
    format!("{NAME}={}", cookie.escaped_value())
}

async fn call(
    sessions: ServerSessions,
    header: &str,
    handler: impl FnOnce(&Session),
) -> Result<Commit, Error> {
    let sessions = Arc::new(sessions);
    let lazy = LazySession::open(&sessions, header.to_owned(), RequestOrigin::default());
    handler(&lazy.load().await?);
    lazy.commit(200).await
}

/// A request whose session is loaded.
struct Running(LazySession);

impl Running {
    async fn load(sessions: &Arc<ServerSessions>, header: &str) -> (Self, Session) {
        let lazy = LazySession::open(sessions, header.to_owned(), RequestOrigin::default());
        let session = lazy.load().await.unwrap();
        (Self(lazy), session)
    }

    async fn commit(self) -> Commit {
        self.0.commit(200).await.unwrap()
    }
}

/// Returns a store with a session under the older of its id's keys, and the sessions of that store.
async fn under_older_key() -> (Arc<MemoryStore>, Arc<ServerSessions>) {
    let store = Arc::new(MemoryStore::new());
    put(&store, &StoredJson.keys(ID)[1]).await;
    let sessions = ServerSessions::new(StoredJson, Shared(store.clone()), NAME);
    (store, Arc::new(sessions))
}

async fn put(store: &MemoryStore, key: &str) {
    let mut session = SessionData::new();
    session.insert("cart", "tea").unwrap();
    let now = OffsetDateTime::now_utc();
    let bytes = StoredJson.write(&session, None, None, now).unwrap();
    let put = store.save(key, bytes, None, &When::Absent);
    assert!(matches!(put.await, Ok(Saved::Done(_))));
}

/// A store that writes nothing.
struct Full;

impl SessionStore for Full {
    async fn load(&self, _: &str) -> Result<Option<Entry>, StoreError> {
        Ok(None)
    }

    async fn save(
        &self,
        _: &str,
        _: Bytes,
        _: Option<Duration>,
        _: &When,
    ) -> Result<Saved, StoreError> {
        Err(StoreError::new("full"))
    }

    async fn touch(&self, _: &str, _: Option<Duration>) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn delete(&self, _: &str, _: &When) -> Result<bool, StoreError> {
        Ok(false)
    }
}

/// A format that cannot write, or has no ids.
#[derive(Clone, Copy)]
struct Lacks {
    writing: bool,
    ids: bool,
}

impl SessionFormat for Lacks {
    fn id_of_cookie(&self, value: &[u8]) -> Option<String> {
        StoredJson.id_of_cookie(value)
    }

    fn new_id(&self) -> Result<String, Error> {
        if self.ids {
            return Err(Error::NoRandomness);
        }
        StoredJson.new_id()
    }

    fn keys(&self, id: &str) -> Vec<String> {
        StoredJson.keys(id)
    }

    fn read(&self, bytes: &Bytes, now: OffsetDateTime) -> ReadEntry {
        StoredJson.read(bytes, now)
    }

    fn write(
        &self,
        session: &SessionData,
        previous: Option<&Bytes>,
        ttl: Option<Duration>,
        now: OffsetDateTime,
    ) -> Result<Bytes, Error> {
        if self.writing {
            // The error of a value without a form.
            let before_1970 = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
            SessionData::new().insert("at", before_1970)?;
        }
        StoredJson.write(session, previous, ttl, now)
    }
}

#[tokio::test]
async fn the_beginning_of_a_lifetime_is_no_change() {
    let sessions = || {
        ServerSessions::new(StoredJson, Full, NAME)
            .absolute_lifetime(Duration::from_secs(3600))
            .migrating_from(in_cookie())
    };
    let cookie = sealed();
    let read = call(sessions(), &cookie, |session| {
        assert_eq!(session.get::<u32>("user_id").unwrap(), Some(7));
    });
    assert_eq!(read.await.unwrap(), Commit::Keep);
    let changed = call(sessions(), &cookie, |session| {
        session.insert("paid", true).unwrap();
    });
    assert!(matches!(changed.await, Err(Error::Store(_))));
}

#[tokio::test]
async fn a_session_that_the_new_format_cannot_write_stays() {
    let format = Lacks {
        writing: true,
        ids: false,
    };
    let sessions = ServerSessions::new(format, MemoryStore::new(), NAME);
    let cookie = sealed();
    let commit = call(sessions.migrating_from(in_cookie()), &cookie, |session| {
        session.insert("paid", true).unwrap();
    });
    let header = header(&commit.await.unwrap());
    let stayed = Session::open(&Arc::new(in_cookie()), header, RequestOrigin::default());
    assert_eq!(stayed.get::<u32>("user_id").unwrap(), Some(7));
    assert_eq!(stayed.get::<bool>("paid").unwrap(), Some(true));
}

#[tokio::test]
async fn a_dropped_session_sets_no_cookie() {
    let sessions = ServerSessions::new(StoredJson, MemoryStore::new(), NAME);
    let older = ServerSessions::new(StoredJson, MemoryStore::new(), "_old_session");
    let header = format!("{}; _old_session={ID}", sealed());
    let sessions = sessions.migrating_from(in_cookie()).migrating_from(older);
    let commit = call(sessions, &header, |session| session.drop().unwrap());
    assert_eq!(commit.await.unwrap().cookies().len(), 0);
}

#[tokio::test]
async fn a_login_without_an_id_is_none() {
    let format = Lacks {
        writing: false,
        ids: true,
    };
    let sessions = ServerSessions::new(format, MemoryStore::new(), NAME);
    let commit = call(sessions, "", |session| {
        let login = |data: &mut SessionData| WardenScope::new("user").log_in(data, &7, HASH);
        assert_eq!(session.update(login), Err(Error::NoRandomness));
        assert!(session.is_empty());
    });
    assert_eq!(commit.await.unwrap(), Commit::Keep);
}

#[tokio::test]
async fn a_login_during_a_move_ends_the_older_id() {
    let (store, key) = (Arc::new(MemoryStore::new()), StoredJson.keys(ID).remove(0));
    put(&store, &key).await;

    let older = ServerSessions::new(StoredJson, Shared(store.clone()), "_old_session");
    let sessions = ServerSessions::new(StoredJson, MemoryStore::new(), NAME);
    let header = format!("_old_session={ID}");
    let commit = call(sessions.migrating_from(older), &header, |session| {
        let login = |data: &mut SessionData| WardenScope::new("user").log_in(data, &7, HASH);
        session.update(login).unwrap();
    });
    assert!(matches!(commit.await, Ok(Commit::Set(_))));
    assert!(store.load(&key).await.unwrap().is_none());
}

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<Refusal>>>);

impl Observer for Heard {
    fn refused(&self, _: &str, refusal: Refusal) {
        self.0.lock().unwrap().push(refusal);
    }
}

/// An id whose session has ended is no cookie that somebody forged.
#[tokio::test]
async fn an_ended_id_is_not_refused() {
    for (value, expected) in [(ID, &[][..]), ("junk", &[Refusal::Malformed])] {
        let heard = Heard::default();
        let sessions = ServerSessions::new(StoredJson, MemoryStore::new(), NAME);
        let sessions = sessions.migrating_from(in_cookie()).observer(heard.clone());
        let header = format!("{NAME}={value}");
        let commit = call(sessions, &header, |session| assert!(session.is_empty()));
        assert_eq!(commit.await.unwrap(), Commit::Keep);
        assert_eq!(*heard.0.lock().unwrap(), expected, "{value}");

        let heard = Heard::default();
        let older = ServerSessions::new(StoredJson, MemoryStore::new(), NAME);
        let sessions = Arc::new(in_cookie().migrating_from(older).observer(heard.clone()));
        let lazy = LazySession::open(&sessions, header, RequestOrigin::default());
        assert!(lazy.load().await.unwrap().is_empty());
        assert_eq!(*heard.0.lock().unwrap(), expected, "{value}");
    }
}

/// A request moves the session to its present key while another one gives it a new id, or empties
/// it.
#[tokio::test]
async fn a_session_that_is_moved_meanwhile_is_found() {
    let cookie = format!("{NAME}={ID}");
    let (store, sessions) = under_older_key().await;
    let (renewing, session) = Running::load(&sessions, &cookie).await;
    let (moving, other) = Running::load(&sessions, &cookie).await;
    other.insert("seen", 1).unwrap();
    drop(moving.commit().await);
    session.renew().unwrap();
    let commit = renewing.commit().await;
    assert_eq!(store.len(), 1);
    let (_, renewed) = Running::load(&sessions, &header(&commit)).await;
    assert_eq!(
        renewed.get::<String>("cart").unwrap().as_deref(),
        Some("tea")
    );
    assert_eq!(renewed.get::<u32>("seen").unwrap(), Some(1));

    let (store, sessions) = under_older_key().await;
    let (emptying, session) = Running::load(&sessions, &cookie).await;
    let (moving, other) = Running::load(&sessions, &cookie).await;
    other.insert("seen", 1).unwrap();
    drop(moving.commit().await);
    session.remove("cart").unwrap();
    assert_eq!(emptying.commit().await, Commit::Keep);
    assert_eq!(store.len(), 1);
    let (_, left) = Running::load(&sessions, &cookie).await;
    assert_eq!(left.get::<u32>("seen").unwrap(), Some(1));
    assert!(!left.contains_key("cart"));

    // A logout meanwhile holds: nobody moved the session.
    let (store, sessions) = under_older_key().await;
    let (renewing, session) = Running::load(&sessions, &cookie).await;
    let (ending, other) = Running::load(&sessions, &cookie).await;
    other.reset().unwrap();
    drop(ending.commit().await);
    session.renew().unwrap();
    assert_eq!(renewing.commit().await, Commit::Keep);
    assert_eq!(store.len(), 0);
}

/// A second request moves the session between the two operations of the first one.
#[tokio::test]
async fn two_requests_that_move_a_session_keep_it() {
    let cookie = format!("{NAME}={ID}");
    for changes in [false, true] {
        let (store, beside) = under_older_key().await;
        let (moving, other) = Running::load(&beside, &cookie).await;
        if changes {
            other.insert("seen", 1).unwrap();
        }
        let first = Interrupted {
            store: store.clone(),
            by: Mutex::new(Some(moving)),
        };
        let first = Arc::new(ServerSessions::new(StoredJson, first, NAME));
        let (moving, _) = Running::load(&first, &cookie).await;
        drop(moving.commit().await);
        assert_eq!(store.len(), 1, "{changes}");
        let (_, session) = Running::load(&beside, &cookie).await;
        assert_eq!(
            session.get::<String>("cart").unwrap().as_deref(),
            Some("tea")
        );
        assert_eq!(session.contains_key("seen"), changes);
    }
}

/// A store in which another request commits before the first deletion.
struct Interrupted {
    store: Arc<MemoryStore>,
    by: Mutex<Option<Running>>,
}

impl SessionStore for Interrupted {
    async fn load(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        self.store.load(key).await
    }

    async fn save(
        &self,
        key: &str,
        bytes: Bytes,
        ttl: Option<Duration>,
        when: &When,
    ) -> Result<Saved, StoreError> {
        self.store.save(key, bytes, ttl, when).await
    }

    async fn touch(&self, key: &str, ttl: Option<Duration>) -> Result<bool, StoreError> {
        self.store.touch(key, ttl).await
    }

    async fn delete(&self, key: &str, when: &When) -> Result<bool, StoreError> {
        let by = self.by.lock().unwrap().take();
        if let Some(by) = by {
            drop(by.commit().await);
        }
        self.store.delete(key, when).await
    }
}
