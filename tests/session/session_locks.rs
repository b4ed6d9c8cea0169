//! `SessionLock`: the requests of one session run one after the other.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use hardtack::observe::{StoreOutcome, Tally};
use hardtack::stores::{
    ConflictPolicy, Entry, MemoryStore, Saved, SessionFormat, SessionLock, SessionStore,
    StoreError, StoredJson, When,
};
use hardtack::{Error, LazySession, RequestOrigin, ServerSessions, Session};
use time::OffsetDateTime;
use tokio::task::{JoinSet, yield_now};

use crate::held_store::{Crowd, Held, ID, NAME, now, open};
use crate::visitor::Visitor;

/// Waits without a timer: others run meanwhile.
fn patient() -> SessionLock {
    SessionLock::new(|_| yield_now()).wait(Duration::from_secs(1_000_000))
}

fn get_and_insert(session: &Session) {
    let n = session.get::<u64>("n").unwrap().unwrap_or(0);
    session.insert("n", n + 1).unwrap();
}

/// Counts with `get` and `insert` in many tasks, and returns the count.
async fn count(set: impl FnOnce(ServerSessions) -> ServerSessions) -> u64 {
    const TASKS: usize = 16;
    const ROUNDS: usize = 10;
    // The time stands still: on a busy machine the patience of a commit ends.
    let set = |sessions: ServerSessions| set(sessions.clock(|| OffsetDateTime::UNIX_EPOCH));
    let visitor = Visitor::begin(set, |session| session.insert("n", 0).unwrap()).await;
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        let visitor = visitor.clone();
        tasks.spawn(async move {
            for _ in 0..ROUNDS {
                let request = visitor.open();
                let session = request.load().await.unwrap();
                yield_now().await;
                get_and_insert(&session);
                let _ = request.commit(200).await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    let session = visitor.open().load().await.unwrap();
    session.get("n").unwrap().unwrap()
}

#[tokio::test]
async fn get_and_insert_count_exactly() {
    assert_eq!(count(|sessions| sessions.lock(patient())).await, 160);
    let overwriting = |sessions: ServerSessions| sessions.conflicts(ConflictPolicy::Overwrite);
    let locked = |sessions| overwriting(sessions).lock(patient());
    assert_eq!(count(locked).await, 160);
    // The same requests lose most without it.
    assert!(count(|sessions| sessions).await < 100);
}

/// The operations of each kind of request, and that nothing is left.
#[tokio::test]
async fn a_request_takes_the_lock_and_releases_it() {
    type Request = fn(&Session);
    let requests: [(&str, Option<Request>, &[&str]); 5] = [
        ("asks for nothing", None, &[]),
        ("reads", Some(|_| ()), &["lock", "load", "unlock"]),
        (
            "writes",
            Some(|session| session.insert("a", 1).unwrap()),
            &["lock", "load", "save", "unlock"],
        ),
        (
            "renews",
            Some(|session| session.renew().unwrap()),
            &["lock", "load", "save", "delete", "delete", "unlock"],
        ),
        (
            "logs out",
            Some(|session| session.reset().unwrap()),
            &["lock", "load", "delete", "delete", "unlock"],
        ),
    ];
    let mut ran = 0;
    for (what, change, expected) in requests {
        let store = Held::default();
        let tally = Arc::new(Tally::new());
        let sessions = ServerSessions::new(StoredJson, store.clone(), NAME)
            .lock(patient())
            .observer(tally.clone());
        let sessions = Arc::new(sessions);
        place(&store);
        let request = open(&sessions, ID);
        if let Some(change) = change {
            change(&request.load().await.unwrap());
        }
        let _ = request.commit(200).await.unwrap();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(names(&tally), expected, "{what}");
        let entries = store.0.store.len();
        assert_eq!(entries, usize::from(what != "logs out"), "{what}");
        ran += 1;
    }
    assert_eq!(ran, 5);
}

/// Stores a session under an id. To look at it would lock it.
fn place(store: &Held) {
    let key = StoredJson.keys(ID).remove(0);
    let saved = store
        .0
        .store
        .save(&key, r#"{"a":0}"#.into(), None, &When::Always);
    now(saved).unwrap();
}

/// Returns the names of the operations that were done, sorted.
fn names(tally: &Tally) -> Vec<&'static str> {
    let mut names = Vec::new();
    for (_, operation, outcome, count, _) in tally.operations() {
        assert_ne!(outcome, StoreOutcome::Conflict);
        let count = usize::try_from(count).unwrap();
        // The older key has no entry, and its deletion finds none.
        names.extend(std::iter::repeat_n(operation.name(), count));
    }
    names.sort_unstable();
    names
}

/// Waits by the clock of a test.
#[derive(Clone)]
struct Time(Arc<AtomicI64>);

impl Time {
    fn new() -> Self {
        Self(Arc::new(AtomicI64::new(1_900_000_000_000)))
    }

    fn pass(&self, time: Duration) {
        let milliseconds = i64::try_from(time.as_millis()).unwrap();
        self.0.fetch_add(milliseconds, SeqCst);
    }

    fn now(&self) -> OffsetDateTime {
        let nanoseconds = i128::from(self.0.load(SeqCst)) * 1_000_000;
        OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).unwrap()
    }

    fn sessions(&self, lock: SessionLock) -> ServerSessions {
        let [clock, stores] = [self.clone(), self.clone()];
        let store = MemoryStore::new().clock(move || stores.now());
        ServerSessions::new(StoredJson, store, NAME)
            .clock(move || clock.now())
            .lock(lock)
    }
}

fn lock() -> SessionLock {
    SessionLock::new(|_| std::future::ready(()))
}

async fn begin(sessions: &Arc<ServerSessions>) -> String {
    let first = LazySession::open(sessions, "", RequestOrigin::default());
    first.load().await.unwrap().insert("n", 0).unwrap();
    crate::visitor::sent(&first.commit(200).await.unwrap())
}

fn request(sessions: &Arc<ServerSessions>, header: &str) -> LazySession {
    LazySession::open(sessions, header.to_owned(), RequestOrigin::default())
}

#[tokio::test]
async fn a_wait_ends_with_an_error() {
    let waited = Arc::new(AtomicUsize::new(0));
    let pauses = waited.clone();
    let lock = SessionLock::new(move |time| {
        pauses.fetch_add(usize::try_from(time.as_micros()).unwrap(), SeqCst);
        std::future::ready(())
    });
    let sessions = Arc::new(Time::new().sessions(lock.wait(Duration::from_millis(700))));
    let header = begin(&sessions).await;
    let first = request(&sessions, &header);
    get_and_insert(&first.load().await.unwrap());
    let second = request(&sessions, &header);
    let error = second.load().await.unwrap_err();
    assert!(matches!(error, Error::LockedSession { .. }), "{error}");
    assert_eq!(waited.load(SeqCst), 700_000);
    let _ = first.commit(200).await.unwrap();
    // The same request may try again.
    let session = second.load().await.unwrap();
    assert_eq!(session.get::<u64>("n").unwrap(), Some(1));
}

#[tokio::test]
async fn a_dropped_request_releases_its_lock_or_its_time_does() {
    // With a runtime the rest runs there.
    let spawned = Arc::new(Mutex::new(Vec::new()));
    let keep = spawned.clone();
    let time = Time::new();
    let sessions = time.sessions(lock().hold(Duration::from_secs(5)));
    let finished = sessions.clone();
    let finished = Arc::new(finished.finish_commits(move |rest| keep.lock().unwrap().push(rest)));
    let header = begin(&finished).await;
    drop(request(&finished, &header).load().await.unwrap());
    let rest = std::mem::take(&mut *spawned.lock().unwrap());
    assert_eq!(rest.len(), 1);
    for rest in rest {
        rest.await;
    }
    let next = request(&finished, &header);
    assert!(next.load().await.is_ok());
    let _ = next.commit(200).await.unwrap();

    let sessions = Arc::new(sessions);
    let first = request(&sessions, &header);
    get_and_insert(&first.load().await.unwrap());
    drop(first);
    let second = request(&sessions, &header);
    assert!(matches!(
        second.load().await,
        Err(Error::LockedSession { .. })
    ));
    time.pass(Duration::from_secs(5));
    let session = second.load().await.unwrap();
    assert_eq!(
        session.get::<u64>("n").unwrap(),
        Some(0),
        "its change was not committed"
    );
}

/// The longest time ends after all others; it was once added to the present time, which failed.
#[tokio::test]
async fn a_lock_may_be_held_for_ever() {
    let time = Time::new();
    let sessions = Arc::new(time.sessions(lock().hold(Duration::MAX)));
    let header = begin(&sessions).await;
    let first = request(&sessions, &header);
    get_and_insert(&first.load().await.unwrap());
    time.pass(Duration::from_secs(4_000_000_000));
    let second = request(&sessions, &header);
    let error = second.load().await.unwrap_err();
    assert!(matches!(error, Error::LockedSession { .. }), "{error}");
    let _ = first.commit(200).await.unwrap();
    let session = second.load().await.unwrap();
    assert_eq!(session.get::<u64>("n").unwrap(), Some(1));
}

/// A request that lasted longer than its lock overwrites nothing, and releases nobody else's lock.
#[tokio::test]
async fn a_lock_that_has_ended_loses_nothing() {
    let time = Time::new();
    let sessions = Arc::new(time.sessions(lock().hold(Duration::from_secs(5))));
    let header = begin(&sessions).await;
    let late = request(&sessions, &header);
    late.load().await.unwrap().insert("late", 1).unwrap();
    time.pass(Duration::from_secs(5));
    let second = request(&sessions, &header);
    second.load().await.unwrap().insert("second", 2).unwrap();
    let _ = late.commit(200).await.unwrap();
    let third = request(&sessions, &header);
    assert!(matches!(
        third.load().await,
        Err(Error::LockedSession { .. })
    ));
    let _ = second.commit(200).await.unwrap();
    let session = third.load().await.unwrap();
    let json = session.read(|data| String::from_utf8(data.to_json().unwrap()).unwrap());
    assert_eq!(json, r#"{"n":0,"late":1,"second":2}"#);
}

/// The extractors of a handler load together, and hold one lock. Some are dropped meanwhile.
#[test]
fn two_loads_of_a_request_take_one_lock() {
    for is_dropped in [false, true] {
        let store = Held::default();
        let sessions = ServerSessions::new(StoredJson, store.clone(), NAME).lock(lock());
        let sessions = Arc::new(sessions);
        place(&store);
        store.0.is_held.store(true, SeqCst);
        let lazy = open(&sessions, ID);
        let mut crowd = Crowd::default();
        let loads = [(); 3].map(|()| crowd.add_load(lazy.clone()));
        crowd.run();
        assert_eq!(store.waiting(), 1, "the other ones wait for the first");
        if is_dropped {
            crowd.drop_commit(loads[1]);
        }
        crowd.finish(&store);
        assert_eq!(store.answered(), ["save", "load"]);
        assert!(crowd.outcome(loads[0]).is_ok() && crowd.outcome(loads[2]).is_ok());
        crowd.add(lazy);
        crowd.finish(&store);
        assert_eq!(store.answered(), ["delete"]);
    }
}

#[tokio::test]
async fn an_id_that_nobody_has_is_not_locked() {
    let store = Held::default();
    let sessions = ServerSessions::new(StoredJson, store.clone(), NAME).lock(patient());
    let sessions = Arc::new(sessions);
    for header in ["", "_session_id=0123456789abcdef0123456789abcdef"] {
        let lazy = request(&sessions, header);
        assert!(lazy.load().await.unwrap().is_empty());
        assert!(store.0.store.is_empty());
    }
}

#[test]
fn a_store_that_fails_is_an_error_and_never_an_empty_session() {
    let store = Held::default();
    let sessions = ServerSessions::new(StoredJson, store.clone(), NAME).lock(patient());
    let sessions = Arc::new(sessions);
    place(&store);
    store.0.is_held.store(true, SeqCst);
    let lazy = open(&sessions, ID);
    let mut crowd = Crowd::default();
    let number = crowd.add_load(lazy);
    crowd.run();
    assert!(store.answer(false));
    crowd.run();
    assert!(matches!(crowd.outcome(number), Err(Error::Store(_))));
}

/// A store that does not tell the versions of what it saves, and one whose answer was lost.
#[test]
fn a_lock_without_a_version_is_released() {
    let store = Held::default();
    store.0.is_silent.store(true, SeqCst);
    let sessions = ServerSessions::new(StoredJson, store.clone(), NAME).lock(patient());
    let sessions = Arc::new(sessions);
    place(&store);
    let lazy = open(&sessions, ID);
    assert!(now(lazy.load()).is_ok());
    assert!(store.0.store.len() == 2);
    let _ = now(lazy.commit(200)).unwrap();
    assert_eq!(store.answered(), ["save", "load", "load", "delete"]);
    assert_eq!(store.0.store.len(), 1);
}

/// A client leaves while its request takes the lock, and the store writes it all the same.
#[test]
fn a_request_that_is_dropped_while_it_takes_the_lock_releases_it() {
    type Rest = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;
    let spawned: Arc<Mutex<Vec<Rest>>> = Arc::default();
    let keep = spawned.clone();
    let store = Held::default();
    let sessions = ServerSessions::new(StoredJson, store.clone(), NAME)
        .lock(lock())
        .finish_commits(move |rest| keep.lock().unwrap().push(rest));
    let sessions = Arc::new(sessions);
    place(&store);
    store.0.is_held.store(true, SeqCst);
    let mut crowd = Crowd::default();
    let number = crowd.add_load(open(&sessions, ID));
    crowd.run();
    // The store answers nobody any more, and has written the lock.
    let gate = store.0.waiting.lock().unwrap().pop_front().unwrap();
    *gate.answer.lock().unwrap() = Some(true);
    crowd.drop_commit(number);
    store.0.is_held.store(false, SeqCst);
    let rest = std::mem::take(&mut *spawned.lock().unwrap());
    assert_eq!(rest.len(), 1);
    rest.into_iter().for_each(now);
    assert_eq!(store.0.store.len(), 1);
}

/// A table without a time of expiry keeps a lock for ever: its own time counts.
#[tokio::test]
async fn a_lock_ends_in_a_store_without_times() {
    struct Timeless(MemoryStore);
    impl SessionStore for Timeless {
        async fn load(&self, key: &str) -> Result<Option<Entry>, StoreError> {
            self.0.load(key).await
        }
        async fn save(
            &self,
            key: &str,
            bytes: Bytes,
            _: Option<Duration>,
            when: &When,
        ) -> Result<Saved, StoreError> {
            self.0.save(key, bytes, None, when).await
        }
        async fn touch(&self, key: &str, _: Option<Duration>) -> Result<bool, StoreError> {
            self.0.touch(key, None).await
        }
        async fn delete(&self, key: &str, when: &When) -> Result<bool, StoreError> {
            self.0.delete(key, when).await
        }
    }
    let time = Time::new();
    let clock = time.clone();
    let sessions = ServerSessions::new(StoredJson, Timeless(MemoryStore::new()), NAME)
        .clock(move || clock.now())
        .lock(lock().hold(Duration::from_secs(5)));
    let sessions = Arc::new(sessions);
    let header = begin(&sessions).await;
    drop(request(&sessions, &header).load().await.unwrap());
    time.pass(Duration::from_millis(4999));
    let next = request(&sessions, &header);
    assert!(matches!(
        next.load().await,
        Err(Error::LockedSession { .. })
    ));
    time.pass(Duration::from_millis(1));
    assert!(next.load().await.is_ok());
}

/// The lock does not cover a response's body, even if that loads the session first.
#[tokio::test]
async fn a_load_after_the_commit_takes_no_lock() {
    let sessions = Arc::new(Time::new().sessions(lock()));
    let header = begin(&sessions).await;
    let late = request(&sessions, &header);
    let _ = late.commit(200).await.unwrap();
    assert!(late.load().await.is_ok());
    assert!(request(&sessions, &header).load().await.is_ok());
}
