//! Requests that are dropped while their session is committed, since the client has left: at every
//! operation of the store, before it and after it.

use std::convert::Infallible;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use actix_web::dev::Service as _;
use actix_web::test::{TestRequest, init_service};
use actix_web::{App, HttpResponse, web};
use bytes::Bytes;
use hardtack::actix::SessionMiddleware;
use hardtack::stores::{Entry, MemoryStore, Saved, SessionStore, StoreError, StoredJson, When};
use hardtack::tower::SessionLayer;
use hardtack::{LazySession, RequestOrigin, ServerSessions, Session};
use sha2::{Digest, Sha256};
use tower::{ServiceBuilder, ServiceExt, service_fn};

const NAME: &str = "_session_id";
const ID: &str = "0123456789abcdef0123456789abcdef";

/// The operation at which a store waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    Before(usize),
    After(usize),
    Nowhere,
}

/// A store that waits at one operation until its gate is opened.
#[derive(Clone)]
struct Gated(Arc<Gate>);

struct Gate {
    store: MemoryStore,
    stop: Mutex<Stop>,
    asked: AtomicUsize,
    is_open: AtomicBool,
    waiting: Mutex<Vec<Waker>>,
    /// The keys of new entries.
    created: Mutex<Vec<String>>,
}

impl Gated {
    fn new(stop: Stop) -> Self {
        Self(Arc::new(Gate {
            store: MemoryStore::new(),
            stop: Mutex::new(stop),
            asked: AtomicUsize::new(0),
            is_open: AtomicBool::new(false),
            waiting: Mutex::default(),
            created: Mutex::default(),
        }))
    }

    fn open(&self) {
        self.0.is_open.store(true, SeqCst);
        for waker in self.0.waiting.lock().unwrap().drain(..) {
            waker.wake();
        }
    }

    async fn wait(&self) {
        poll_fn(|cx| {
            self.0.waiting.lock().unwrap().push(cx.waker().clone());
            if self.0.is_open.load(SeqCst) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    async fn run<T>(&self, run: impl Future<Output = T>) -> T {
        let number = self.0.asked.fetch_add(1, SeqCst) + 1;
        let stop = *self.0.stop.lock().unwrap();
        if stop == Stop::Before(number) {
            self.wait().await;
        }
        let answer = run.await;
        if stop == Stop::After(number) {
            self.wait().await;
        }
        answer
    }

    fn put(&self, key: &str, text: &'static str) {
        now(self.0.store.save(key, text.into(), None, &When::Always)).unwrap();
    }

    fn text(&self, key: &str) -> Option<String> {
        let entry = now(self.0.store.load(key)).unwrap()?;
        Some(String::from_utf8(entry.bytes.to_vec()).unwrap())
    }
}

impl SessionStore for Gated {
    async fn load(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        self.run(self.0.store.load(key)).await
    }

    async fn save(
        &self,
        key: &str,
        bytes: Bytes,
        ttl: Option<Duration>,
        when: &When,
    ) -> Result<Saved, StoreError> {
        if *when == When::Absent {
            self.0.created.lock().unwrap().push(key.to_owned());
        }
        self.run(self.0.store.save(key, bytes, ttl, when)).await
    }

    async fn touch(&self, key: &str, ttl: Option<Duration>) -> Result<bool, StoreError> {
        self.run(self.0.store.touch(key, ttl)).await
    }

    async fn delete(&self, key: &str, when: &When) -> Result<bool, StoreError> {
        self.run(self.0.store.delete(key, when)).await
    }
}

fn private_id(id: &str) -> String {
    let digits = Sha256::digest(id);
    let digits = digits.iter().map(|byte| format!("{byte:02x}"));
    format!("2::{}", digits.collect::<String>())
}

/// Runs a future that does not wait.
fn now<F: Future>(future: F) -> F::Output {
    match Box::pin(future).as_mut().poll(&mut context()) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

fn context() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

type Change = fn(&Session);

/// Runs a request until it has its response or waits, and drops it. Returns `true` if it had its
/// response.
type Serve = fn(&Arc<ServerSessions>, Change) -> bool;

const SERVERS: [(&str, Serve); 4] = [
    ("tower", under_tower),
    ("axum", under_axum),
    ("actix-web", under_actix),
    ("bare", bare),
];

/// Polls a future until it waits.
fn poll_and_drop(future: impl Future) -> bool {
    let mut future = Box::pin(future);
    let mut polls = 0..8;
    polls.any(|_| future.as_mut().poll(&mut context()).is_ready())
}

fn cookie() -> String {
    format!("{NAME}={ID}")
}

fn under_tower(sessions: &Arc<ServerSessions>, change: Change) -> bool {
    let service = ServiceBuilder::new()
        .layer(SessionLayer::new(sessions.clone()))
        .service(service_fn(async |request: http::Request<()>| {
            let lazy = request.extensions().get::<LazySession>().unwrap();
            change(&lazy.load().await.unwrap());
            Ok::<_, Infallible>(http::Response::new(String::new()))
        }));
    let request = http::Request::get("/").header("cookie", cookie());
    poll_and_drop(service.oneshot(request.body(()).unwrap()))
}

fn under_axum(sessions: &Arc<ServerSessions>, change: Change) -> bool {
    let app: axum::Router = axum::Router::new()
        .fallback(async move |session: Session| change(&session))
        .layer(SessionLayer::new(sessions.clone()));
    let request = http::Request::get("/").header("cookie", cookie());
    poll_and_drop(app.oneshot(request.body(axum::body::Body::empty()).unwrap()))
}

fn under_actix(sessions: &Arc<ServerSessions>, change: Change) -> bool {
    let sessions = sessions.clone();
    actix_web::rt::System::new().block_on(async move {
        let handler = move |session: Session| {
            change(&session);
            async { HttpResponse::Ok().finish() }
        };
        let app = App::new()
            .wrap(SessionMiddleware::new(sessions))
            .default_service(web::to(handler));
        let app = init_service(app).await;
        let request = TestRequest::default().append_header(("cookie", cookie()));
        poll_and_drop(app.call(request.to_request()))
    })
}

/// By the public API alone.
fn bare(sessions: &Arc<ServerSessions>, change: Change) -> bool {
    let lazy = LazySession::open(sessions, cookie(), RequestOrigin::default());
    poll_and_drop(async {
        change(&lazy.load().await.unwrap());
        let _ = lazy.commit(200).await.unwrap();
    })
}

fn renew(session: &Session) {
    session.renew().unwrap();
    session.insert("user_id", 7).unwrap();
}

fn reset(session: &Session) {
    session.reset().unwrap();
}

fn reset_and_write(session: &Session) {
    session.reset().unwrap();
    session.insert("user_id", 7).unwrap();
}

fn write(session: &Session) {
    session.insert("user_id", 7).unwrap();
}

fn empty(session: &Session) {
    session.remove("visits").unwrap();
}

const BEFORE: Option<&str> = Some(r#"{"visits":1}"#);
const AFTER: Option<&str> = Some(r#"{"visits":1,"user_id":7}"#);
const RESET: Option<&str> = Some(r#"{"user_id":7}"#);

/// A change, its number of operations, what the browser's id and a new id may lead to at the end of
/// a request that was dropped, and to what they lead if the commit is finished.
struct Row {
    name: &'static str,
    change: Change,
    operations: usize,
    allowed: &'static [(Option<&'static str>, Option<&'static str>)],
    finished: (Option<&'static str>, Option<&'static str>),
}

const ROWS: &[Row] = &[
    Row {
        name: "renew",
        change: renew,
        operations: 4,
        // The old session is left as it was until the new one is there; nothing is ever lost.
        allowed: &[(BEFORE, None), (BEFORE, AFTER), (None, AFTER)],
        finished: (None, AFTER),
    },
    Row {
        name: "log out",
        change: reset,
        operations: 3,
        allowed: &[(BEFORE, None), (None, None)],
        finished: (None, None),
    },
    Row {
        name: "reset and write",
        change: reset_and_write,
        operations: 4,
        // The new session comes when the old one is gone.
        allowed: &[(BEFORE, None), (None, None), (None, RESET)],
        finished: (None, RESET),
    },
    Row {
        name: "write",
        change: write,
        operations: 2,
        allowed: &[(BEFORE, None), (AFTER, None)],
        finished: (AFTER, None),
    },
    Row {
        name: "empty",
        change: empty,
        operations: 3,
        allowed: &[(BEFORE, None), (None, None)],
        finished: (None, None),
    },
];

type Spawned = Arc<Mutex<Vec<Pin<Box<dyn Future<Output = ()> + Send>>>>>;

/// Returns what the browser's id leads to, and what the id leads to that the request created.
fn found(store: &Gated) -> (Option<String>, Option<String>) {
    let own = store.text(&private_id(ID));
    let created = store.0.created.lock().unwrap().clone();
    assert!(created.len() < 2, "one new id");
    (own, created.first().and_then(|key| store.text(key)))
}

fn as_text((own, other): (Option<&str>, Option<&str>)) -> (Option<String>, Option<String>) {
    (own.map(str::to_owned), other.map(str::to_owned))
}

#[test]
fn a_request_that_is_dropped_leaves_nothing_wrong() {
    let mut ran = 0;
    for (server, serve) in SERVERS {
        for row in ROWS {
            for stop in (1..=row.operations).flat_map(|at| [Stop::Before(at), Stop::After(at)]) {
                let what = format!("{server}: {}, {stop:?}", row.name);
                let store = Gated::new(stop);
                store.put(&private_id(ID), r#"{"visits":1}"#);
                let sessions = ServerSessions::new(StoredJson, store.clone(), NAME);
                assert!(!serve(&Arc::new(sessions), row.change), "{what}");
                let found_then = found(&store);
                let allowed = row.allowed.iter().any(|pair| found_then == as_text(*pair));
                assert!(allowed, "{what}: {found_then:?}");
                // Nothing goes on by itself.
                let (Stop::Before(at) | Stop::After(at)) = stop else {
                    panic!("it stops");
                };
                store.open();
                assert_eq!(store.0.asked.load(SeqCst), at, "{what}");
                assert_eq!(found(&store), found_then, "{what}");
                ran += 1;
            }
        }
    }
    assert_eq!(ran, 4 * 2 * (4 + 3 + 4 + 2 + 3));
}

#[test]
fn a_commit_that_has_begun_is_finished() {
    let mut ran = 0;
    for (server, serve) in SERVERS {
        for row in ROWS {
            for stop in (1..=row.operations).flat_map(|at| [Stop::Before(at), Stop::After(at)]) {
                let what = format!("{server}: {}, {stop:?}", row.name);
                let store = Gated::new(stop);
                store.put(&private_id(ID), r#"{"visits":1}"#);
                let spawned = Spawned::default();
                let to = spawned.clone();
                let sessions = ServerSessions::new(StoredJson, store.clone(), NAME)
                    .finish_commits(move |commit| to.lock().unwrap().push(commit));
                assert!(!serve(&Arc::new(sessions), row.change), "{what}");
                let mut commits = std::mem::take(&mut *spawned.lock().unwrap());
                // The load: the handler never ran.
                if matches!(stop, Stop::Before(1) | Stop::After(1)) {
                    assert_eq!(
                        (commits.len(), store.0.asked.load(SeqCst)),
                        (0, 1),
                        "{what}"
                    );
                    assert_eq!(found(&store), as_text((BEFORE, None)), "{what}");
                } else {
                    let mut commit = commits.pop().unwrap();
                    assert!(commits.is_empty(), "{what}");
                    assert!(commit.as_mut().poll(&mut context()).is_pending(), "{what}");
                    store.open();
                    assert!(commit.as_mut().poll(&mut context()).is_ready(), "{what}");
                    // Each operation ran once.
                    assert_eq!(store.0.asked.load(SeqCst), row.operations, "{what}");
                    assert_eq!(found(&store), as_text(row.finished), "{what}");
                }
                ran += 1;
            }
        }
    }
    assert_eq!(ran, 4 * 2 * (4 + 3 + 4 + 2 + 3));
}

#[test]
fn a_commit_that_ends_is_handed_to_nobody() {
    for (server, serve) in SERVERS {
        let store = Gated::new(Stop::Nowhere);
        store.put(&private_id(ID), r#"{"visits":1}"#);
        let sessions = ServerSessions::new(StoredJson, store.clone(), NAME)
            .finish_commits(|_| panic!("it was handed over"));
        assert!(serve(&Arc::new(sessions), renew), "{server}");
        assert_eq!(found(&store), as_text((None, AFTER)), "{server}");
    }
}

/// `tokio::spawn` panics where there is no runtime.
#[test]
fn a_spawner_that_panics_ends_no_process() {
    for (server, serve) in SERVERS {
        let store = Gated::new(Stop::Before(3));
        store.put(&private_id(ID), r#"{"visits":1}"#);
        let sessions = ServerSessions::new(StoredJson, store.clone(), NAME)
            .finish_commits(|_| panic!("no runtime"));
        let sessions = Arc::new(sessions);
        let served = catch_unwind(AssertUnwindSafe(|| serve(&sessions, renew)));
        assert!(matches!(served, Ok(false)), "{server}");
        assert_eq!(found(&store), as_text((BEFORE, AFTER)), "{server}");
    }
}

#[test]
fn tokio_finishes_a_commit() {
    let store = Gated::new(Stop::Before(2));
    store.put(&private_id(ID), r#"{"visits":1}"#);
    let sessions = ServerSessions::new(StoredJson, store.clone(), NAME).finish_commits(|commit| {
        tokio::spawn(commit);
    });
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(async {
        assert!(!under_tower(&Arc::new(sessions), renew));
        store.open();
        let mut turns = 0;
        while found(&store) != as_text((None, AFTER)) {
            tokio::task::yield_now().await;
            turns += 1;
            assert!(turns < 1000, "{:?}", found(&store));
        }
    });
    assert_eq!(store.0.asked.load(SeqCst), 4);
}
