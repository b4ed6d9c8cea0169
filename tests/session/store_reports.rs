//! The reports that an observer gets of a store's work.

use std::pin::pin;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use hardtack::observe::{Lookup, Observer, StoreOperation, StoreOutcome, Tally};
use hardtack::stores::{Entry, MemoryStore, Saved, SessionStore, StoreError, StoredJson, When};
use hardtack::{Error, LazySession, RequestOrigin, ServerSessions, Session};
use time::OffsetDateTime;

fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

const NAME: &str = "_session_id";
const QUARTER: i64 = 250;

/// A store whose operations take a quarter of a second each, and fail if they are told to.
#[derive(Clone)]
struct Slow {
    store: Arc<MemoryStore>,
    milliseconds: Arc<AtomicI64>,
    step: i64,
    fails: Arc<Mutex<bool>>,
}

impl Slow {
    fn take_time<T>(&self, answer: Result<T, StoreError>) -> Result<T, StoreError> {
        self.milliseconds.fetch_add(self.step, SeqCst);
        if std::mem::take(&mut *self.fails.lock().unwrap()) {
            return Err(StoreError::new("timed out"));
        }
        answer
    }
}

impl SessionStore for Slow {
    async fn load(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        self.take_time(self.store.load(key).await)
    }

    async fn save(
        &self,
        key: &str,
        bytes: Bytes,
        ttl: Option<Duration>,
        when: &When,
    ) -> Result<Saved, StoreError> {
        self.take_time(self.store.save(key, bytes, ttl, when).await)
    }

    async fn touch(&self, key: &str, ttl: Option<Duration>) -> Result<bool, StoreError> {
        self.take_time(self.store.touch(key, ttl).await)
    }

    async fn delete(&self, key: &str, when: &When) -> Result<bool, StoreError> {
        self.take_time(self.store.delete(key, when).await)
    }
}

/// Returns a store and its sessions, by a clock that only the store moves.
fn slow(step: i64) -> (Slow, ServerSessions) {
    let store = Slow {
        store: Arc::new(MemoryStore::new()),
        milliseconds: Arc::new(AtomicI64::new(1_900_000_000_000)),
        step,
        fails: Arc::default(),
    };
    let clock = store.milliseconds.clone();
    let sessions = ServerSessions::new(StoredJson, store.clone(), NAME).clock(move || {
        let nanoseconds = i128::from(clock.load(SeqCst)) * 1_000_000;
        OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).unwrap()
    });
    (store, sessions)
}

fn call(
    sessions: &Arc<ServerSessions>,
    id: &str,
    handler: impl FnOnce(&Session),
) -> Result<Option<String>, Error> {
    let header = match id {
        "" => String::new(),
        id => format!("{NAME}={id}"),
    };
    let lazy = LazySession::open(sessions, header, RequestOrigin::default());
    handler(&now(lazy.load())?);
    let commit = now(lazy.commit(200))?;
    let cookie = commit.cookies().first();
    Ok(cookie.map(|cookie| cookie.escaped_value().to_owned()))
}

fn write(session: &Session) {
    session.insert("user_id", 42).unwrap();
}

fn look(session: &Session) {
    assert_eq!(session.get::<u32>("user_id"), Ok(Some(42)));
}

/// Runs one request of each kind.
pub(crate) fn visits(observed: impl FnOnce(ServerSessions) -> ServerSessions) {
    let (store, sessions) = slow(QUARTER);
    let sessions = Arc::new(observed(sessions.expire_after(Duration::from_secs(600))));
    // A session begins, is read, and changed.
    let id = call(&sessions, "", write).unwrap().unwrap();
    call(&sessions, &id, look).unwrap();
    call(&sessions, &id, write).unwrap();
    // An id that nobody has: each of its keys is looked up.
    let unknown = "0123456789abcdef0123456789abcdef";
    call(&sessions, unknown, |session| assert!(session.is_empty())).unwrap();
    // A conflict with a request in between.
    let between = sessions.clone();
    let same = id.clone();
    call(&sessions, &id, move |session| {
        write(session);
        let add = |other: &Session| other.insert("cart", 1).unwrap();
        call(&between, &same, add).unwrap();
    })
    .unwrap();
    // A save after a logout.
    let between = sessions.clone();
    let same = id.clone();
    let gone = call(&sessions, &id, move |session| {
        write(session);
        call(&between, &same, |other| other.reset().unwrap()).unwrap();
    });
    assert_eq!(gone.unwrap(), None);
    // A store that fails, and an entry that cannot be read.
    *store.fails.lock().unwrap() = true;
    assert!(matches!(call(&sessions, &id, look), Err(Error::Store(_))));
    let bytes = Bytes::from_static(b"no json");
    now(store.store.save(unknown, bytes, None, &When::Always)).unwrap();
    let unreadable = call(&sessions, unknown, look);
    assert!(matches!(unreadable, Err(Error::UnreadableSession { .. })));
}

#[test]
fn each_operation_of_a_store_is_counted_and_timed() {
    use Lookup::{Hit, Miss, Unreadable};
    use StoreOperation::{Delete, Load, Save, Touch};
    use StoreOutcome::{Absent, Conflict, Done};

    let tally = Arc::new(Tally::new());
    visits(|sessions| sessions.observer(tally.clone()));
    let expected = [(Hit, 6), (Miss, 1), (Unreadable, 1)];
    let expected = expected.map(|(lookup, count)| (NAME.to_owned(), lookup, count));
    assert_eq!(tally.lookups(), expected);
    let expected = [
        (Load, Done, 7),
        (Load, Absent, 4),
        (Load, StoreOutcome::Error, 1),
        (Save, Done, 4),
        (Save, Absent, 1),
        (Save, Conflict, 1),
        (Touch, Done, 1),
        (Delete, Done, 1),
        (Delete, Absent, 1),
    ];
    let expected = expected.map(|(operation, outcome, count)| {
        let total = Duration::from_millis(250) * u32::try_from(count).unwrap();
        (NAME.to_owned(), operation, outcome, count, total)
    });
    assert_eq!(tally.operations(), expected);
    assert!(tally.snapshot().is_empty());
}

/// A clock that is set back during an operation makes no time of it.
#[test]
fn a_clock_that_is_set_back_counts_as_no_time() {
    let tally = Arc::new(Tally::new());
    let (_, sessions) = slow(-60_000);
    let sessions = Arc::new(sessions.observer(tally.clone()));
    assert!(call(&sessions, "", write).unwrap().is_some());
    let save = (StoreOperation::Save, StoreOutcome::Done);
    let expected = (NAME.to_owned(), save.0, save.1, 1, Duration::ZERO);
    assert_eq!(tally.operations(), [expected]);
}

/// Nobody measures what nobody hears of.
#[test]
fn without_an_observer_the_clock_is_not_asked() {
    struct Deaf;
    impl Observer for Deaf {}

    let asked = |is_observed: bool| {
        let reads = Arc::new(AtomicI64::new(0));
        let clock = reads.clone();
        let sessions = ServerSessions::new(StoredJson, MemoryStore::new(), NAME).clock(move || {
            clock.fetch_add(1, SeqCst);
            OffsetDateTime::UNIX_EPOCH
        });
        let sessions = if is_observed {
            sessions.observer(Deaf)
        } else {
            sessions
        };
        let unknown = "0123456789abcdef0123456789abcdef";
        call(&Arc::new(sessions), unknown, |session| {
            assert!(session.is_empty());
        })
        .unwrap();
        reads.load(SeqCst)
    };
    // Three loads.
    assert_eq!((asked(false), asked(true)), (0, 6));
}
