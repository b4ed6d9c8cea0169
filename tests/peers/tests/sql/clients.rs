//! Clients of an app, each with a session of its own, which remember what the app has acknowledged
//! and check what it finds.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use bytes::Bytes;
use hardtack::stores::{Entry, Saved, SessionFormat, SessionStore, StoreError, When};
use hardtack::tower::SessionLayer;
use hardtack::{Error, ServerSessions, Session};
use hardtack_peers::Connection;
use hardtack_sqlx::SqlStore;
use tokio::task::JoinHandle;

use crate::app::serve;
use crate::browser::SESSION;

/// The time that a busy machine may add: less than a second wait for the limit would.
const SLACK: Duration = Duration::from_millis(450);

/// The store under test, whose operations are timed.
#[derive(Clone)]
struct Timed {
    store: SqlStore,
    operations: Arc<Mutex<Operations>>,
}

/// The operations of the store.
#[derive(Default)]
struct Operations {
    count: u64,
    longest: Duration,
    /// The different errors, with the number of each.
    reasons: BTreeMap<String, u64>,
}

impl Timed {
    async fn timed<T>(
        &self,
        operation: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let start = Instant::now();
        let result = operation.await;
        let taken = start.elapsed();
        let mut operations = self.operations.lock().unwrap();
        operations.count += 1;
        operations.longest = operations.longest.max(taken);
        if let Err(error) = &result {
            let reason = without_numbers(&error.to_string());
            *operations.reasons.entry(reason).or_default() += 1;
        }
        result
    }
}

impl SessionStore for Timed {
    async fn load(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        self.timed(self.store.load(key)).await
    }

    async fn save(
        &self,
        key: &str,
        bytes: Bytes,
        ttl: Option<Duration>,
        when: &When,
    ) -> Result<Saved, StoreError> {
        self.timed(self.store.save(key, bytes, ttl, when)).await
    }

    async fn touch(&self, key: &str, ttl: Option<Duration>) -> Result<bool, StoreError> {
        self.timed(self.store.touch(key, ttl)).await
    }

    async fn delete(&self, key: &str, when: &When) -> Result<bool, StoreError> {
        self.timed(self.store.delete(key, when)).await
    }
}

/// The answers that the clients got.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) requests: u64,
    /// Answers of 503.
    pub(crate) refused: u64,
    /// A session of another client, one that nobody wrote, or another answer.
    wrong: Vec<String>,
    /// The session is gone although it was acknowledged.
    lost: u64,
    /// An older state came back.
    rolled_back: u64,
    longest: Duration,
    operations: u64,
    longest_operation: Duration,
    /// The time limit of the store.
    limit: Duration,
    reasons: BTreeMap<String, u64>,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.requests += other.requests;
        self.refused += other.refused;
        self.wrong.extend(other.wrong);
        self.lost += other.lost;
        self.rolled_back += other.rolled_back;
        self.longest = self.longest.max(other.longest);
    }

    /// Checks that no session was wrong or lost and no wait too long, and prints the figures.
    pub(crate) fn check(&self, name: &str) {
        println!("{name}: {self}");
        for (reason, count) in &self.reasons {
            println!("    {count} x {reason}");
            assert!(!reason.contains("wordpass"), "{reason}");
        }
        assert!(self.wrong.is_empty(), "{name}: {:?}", self.wrong);
        assert_eq!((self.lost, self.rolled_back), (0, 0), "{name}");
        assert!(self.requests > 500, "{name}: {self}");
        assert!(
            self.longest_operation < self.limit + SLACK,
            "{name}: {self}"
        );
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} requests, {} refused, longest {} ms; {} operations, longest {} ms; {} wrong, {} lost, \
             {} rolled back",
            self.requests,
            self.refused,
            self.longest.as_millis(),
            self.operations,
            self.longest_operation.as_millis(),
            self.wrong.len(),
            self.lost,
            self.rolled_back,
        )
    }
}

/// The clients at work.
pub(crate) struct Load {
    clients: Vec<JoinHandle<Tally>>,
    is_over: Arc<AtomicBool>,
    done: Arc<Vec<AtomicU64>>,
    refused: Arc<AtomicU64>,
    operations: Arc<Mutex<Operations>>,
    limit: Duration,
}

impl Load {
    /// Serves an app with sessions in this store, whose operations end within `limit`, and starts the
    /// clients.
    pub(crate) async fn start(
        clients: usize,
        format: impl SessionFormat,
        life: Option<Duration>,
        store: SqlStore,
        limit: Duration,
    ) -> Self {
        let store = Timed {
            store: store.time_limit(limit),
            operations: Arc::default(),
        };
        let operations = store.operations.clone();
        let mut sessions = ServerSessions::new(format, store, SESSION);
        if let Some(life) = life {
            sessions = sessions.expire_after(life);
        }
        let app = Router::new()
            .route("/change/{client}/{change}", get(change))
            .layer(SessionLayer::new(sessions));
        let port = serve(app).port();

        let mut load = Self {
            clients: Vec::new(),
            is_over: Arc::default(),
            done: Arc::new((0..clients).map(|_| AtomicU64::new(0)).collect()),
            refused: Arc::default(),
            operations,
            limit,
        };
        for number in 0..clients {
            let client = Client {
                server: Connection::open(port).await.expect("it listens"),
                number,
                cookie: String::new(),
                acknowledged: None,
                unknown: BTreeSet::new(),
                next: 1,
                tally: Tally::default(),
            };
            let (is_over, done) = (load.is_over.clone(), load.done.clone());
            let refused = load.refused.clone();
            load.clients
                .push(tokio::spawn(client.work(is_over, done, refused)));
        }
        load.wait_for_work("at the start").await;
        load
    }

    /// Waits until every client has done twenty rounds more without an error: it works again.
    pub(crate) async fn wait_for_work(&self, when: &str) {
        let done = || -> Vec<u64> {
            let done = self.done.iter();
            done.map(|done| done.load(Ordering::Relaxed)).collect()
        };
        let (start, before) = (Instant::now(), done());
        while before
            .iter()
            .zip(done())
            .any(|(before, done)| done < before + 20)
        {
            if start.elapsed() > Duration::from_secs(30) {
                let reasons = self.operations.lock().unwrap().reasons.clone();
                panic!("{when}: no work: {:?}; {reasons:?}", done());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until so many requests have been refused since: the fault is felt.
    pub(crate) async fn wait_for_refusals(&self, count: u64) {
        let (start, before) = (Instant::now(), self.refused.load(Ordering::Relaxed));
        while self.refused.load(Ordering::Relaxed) < before + count {
            assert!(start.elapsed() < Duration::from_secs(30), "none is refused");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Ends the clients after a last round that must succeed.
    pub(crate) async fn finish(self) -> Tally {
        self.wait_for_work("at the end").await;
        self.is_over.store(true, Ordering::Relaxed);
        let mut tally = Tally::default();
        for client in self.clients {
            tally.add(client.await.unwrap());
        }
        let operations = self.operations.lock().unwrap();
        tally.operations = operations.count;
        tally.longest_operation = operations.longest;
        tally.limit = self.limit;
        tally.reasons.clone_from(&operations.reasons);
        tally
    }
}

/// Writes a client's next change, and answers with the one that was there.
async fn change(session: Session, Path(next): Path<(usize, u64)>) -> Result<String, Error> {
    let before = session.get::<(usize, u64)>("change")?;
    session.insert("change", next)?;
    session.insert("text", "x".repeat(600))?;
    Ok(before.map_or_else(String::new, |(client, change)| format!("{client} {change}")))
}

/// A client whose session holds the number of its last change.
struct Client {
    server: Connection,
    number: usize,
    cookie: String,
    /// The change that was acknowledged or returned last.
    acknowledged: Option<u64>,
    /// Changes since then whose outcome is unknown.
    unknown: BTreeSet<u64>,
    next: u64,
    tally: Tally,
}

impl Client {
    async fn work(
        mut self,
        is_over: Arc<AtomicBool>,
        done: Arc<Vec<AtomicU64>>,
        refused: Arc<AtomicU64>,
    ) -> Tally {
        while !is_over.load(Ordering::Relaxed) {
            let start = Instant::now();
            let is_done = self.round().await;
            self.tally.longest = self.tally.longest.max(start.elapsed());
            self.tally.requests += 1;
            if is_done {
                done[self.number].fetch_add(1, Ordering::Relaxed);
            } else {
                refused.fetch_add(1, Ordering::Relaxed);
                self.tally.refused += 1;
            }
            tokio::time::sleep(Duration::from_millis(4)).await;
        }
        self.tally
    }

    /// Sends the next change, and checks the one that was there; returns `false` if it was refused.
    async fn round(&mut self) -> bool {
        let change = self.next;
        self.next += 1;
        let request = format!(
            "GET /change/{}/{change} HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\n\r\n",
            self.number, self.cookie
        );
        let answer = self
            .server
            .exchange(request.as_bytes())
            .await
            .expect("HTTP");
        let (status, before) = (answer.status(), answer.body.to_owned());
        if let Some(cookie) = answer.set_cookies().next() {
            let pair = cookie.split(';').next().unwrap_or_default();
            pair.clone_into(&mut self.cookie);
        }
        match status {
            200 => {
                self.check(&before);
                self.acknowledged = Some(change);
                self.unknown.clear();
                true
            }
            503 => {
                self.unknown.insert(change);
                false
            }
            _ => {
                self.tally.wrong.push(format!("{status}: {before}"));
                false
            }
        }
    }

    /// Checks that this is the last acknowledged change, or one whose outcome was unknown.
    fn check(&mut self, before: &str) {
        if before.is_empty() {
            // A first session whose cookie never came may be there as well, under another id.
            self.tally.lost += u64::from(self.acknowledged.is_some());
            return;
        }
        let own = before.strip_prefix(&format!("{} ", self.number));
        let Some(change) = own.and_then(|change| change.parse::<u64>().ok()) else {
            self.tally.wrong.push(before.to_owned());
            return;
        };
        if self.acknowledged == Some(change) || self.unknown.contains(&change) {
            return;
        }
        if self.acknowledged.is_some_and(|last| change < last) {
            self.tally.rolled_back += 1;
        } else {
            self.tally.wrong.push(before.to_owned());
        }
    }
}

/// Ports and milliseconds make no different reason.
fn without_numbers(text: &str) -> String {
    let mut short = String::new();
    for character in text.chars() {
        let character = if character.is_ascii_digit() {
            '0'
        } else {
            character
        };
        if character != '0' || !short.ends_with('0') {
            short.push(character);
        }
    }
    short
}
