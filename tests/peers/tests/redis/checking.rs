//! Clients that remember what the store has acknowledged, and check what it returns.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hardtack::stores::{Saved, SessionStore, StoreError, When};
use tokio::task::JoinHandle;

/// The time limit of the store under test, which each test sets.
pub(crate) const LIMIT: Duration = Duration::from_millis(500);

/// The time that a busy machine may add: less than a second wait for the limit would.
const SLACK: Duration = Duration::from_millis(450);

const CLIENTS: usize = 24;

/// The answers that the clients got.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) operations: u64,
    pub(crate) errors: u64,
    pub(crate) longest: Duration,
    /// A session of another client, or one that nobody wrote.
    pub(crate) wrong: Vec<String>,
    /// The entry is gone although it was acknowledged, and nobody deleted it.
    pub(crate) lost: u64,
    /// An older state came back; holds when the newer one was acknowledged.
    pub(crate) rolled_back: Vec<Instant>,
    /// The different errors, with the number of each.
    pub(crate) reasons: std::collections::BTreeMap<String, u64>,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.operations += other.operations;
        self.errors += other.errors;
        self.longest = self.longest.max(other.longest);
        self.wrong.extend(other.wrong);
        self.lost += other.lost;
        self.rolled_back.extend(other.rolled_back);
        for (reason, count) in other.reasons {
            *self.reasons.entry(reason).or_default() += count;
        }
    }

    /// Checks what holds in every case, and prints the figures.
    pub(crate) fn check(&self, name: &str) {
        println!("{name}: {self}");
        for (reason, count) in &self.reasons {
            println!("    {count} x {reason}");
        }
        assert!(self.wrong.is_empty(), "{name}: {:?}", self.wrong);
        assert!(self.operations > 500, "{name}: {self}");
        assert!(self.longest < LIMIT + SLACK, "{name}: {self}");
    }

    /// Checks that nothing was lost that the server had acknowledged.
    pub(crate) fn check_nothing_lost(&self, name: &str) {
        assert_eq!(self.lost, 0, "{name}");
        assert!(self.rolled_back.is_empty(), "{name}: {self}");
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} operations, {} errors, longest wait {} ms, {} wrong, {} lost, {} rolled back",
            self.operations,
            self.errors,
            self.longest.as_millis(),
            self.wrong.len(),
            self.lost,
            self.rolled_back.len(),
        )
    }
}

/// The clients at work.
pub(crate) struct Load {
    clients: Vec<JoinHandle<Tally>>,
    is_over: Arc<AtomicBool>,
    done: Arc<Vec<AtomicU64>>,
    failed: Arc<AtomicU64>,
}

impl Load {
    /// Starts the clients, each with a session of its own.
    pub(crate) async fn start(store: &(impl SessionStore + Clone)) -> Self {
        let mut load = Self {
            clients: Vec::new(),
            is_over: Arc::default(),
            done: Arc::new((0..CLIENTS).map(|_| AtomicU64::new(0)).collect()),
            failed: Arc::default(),
        };
        for number in 0..CLIENTS {
            let client = Client {
                store: store.clone(),
                number,
                acknowledged: None,
                unknown: BTreeSet::new(),
                next: 1,
                when_acknowledged: Instant::now(),
                tally: Tally::default(),
            };
            let (is_over, done) = (load.is_over.clone(), load.done.clone());
            let failed = load.failed.clone();
            load.clients
                .push(tokio::spawn(client.work(is_over, done, failed)));
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
            let waited = start.elapsed();
            assert!(waited < Duration::from_secs(30), "{when}: {:?}", done());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until operations have failed since: the fault is felt.
    pub(crate) async fn wait_for_errors(&self, count: u64) {
        let (start, before) = (Instant::now(), self.failed.load(Ordering::Relaxed));
        while self.failed.load(Ordering::Relaxed) < before + count {
            assert!(start.elapsed() < Duration::from_secs(30), "no errors");
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
        tally
    }
}

/// A client with a session of its own, which holds the number of its last change.
struct Client<S> {
    store: S,
    number: usize,
    /// The change that the store has acknowledged or returned last.
    acknowledged: Option<u64>,
    when_acknowledged: Instant,
    /// Changes since then whose outcome is unknown: they may be there, or come later.
    unknown: BTreeSet<u64>,
    next: u64,
    tally: Tally,
}

impl<S: SessionStore + Clone> Client<S> {
    async fn work(
        mut self,
        is_over: Arc<AtomicBool>,
        done: Arc<Vec<AtomicU64>>,
        failed: Arc<AtomicU64>,
    ) -> Tally {
        while !is_over.load(Ordering::Relaxed) {
            match self.round().await {
                Ok(()) => {
                    done[self.number].fetch_add(1, Ordering::Relaxed);
                }
                Err(error) => {
                    failed.fetch_add(1, Ordering::Relaxed);
                    self.tally.errors += 1;
                    let reason = without_numbers(&error.to_string());
                    *self.tally.reasons.entry(reason).or_default() += 1;
                }
            }
            tokio::time::sleep(Duration::from_millis(4)).await;
        }
        self.tally
    }

    /// Loads the session, checks it, and saves a change: as `Merge` does, or as `Overwrite`.
    async fn round(&mut self) -> Result<(), StoreError> {
        let key = format!("session-{}", self.number);
        let store = self.store.clone();
        let entry = self.timed(store.load(&key)).await?;
        let when = if let Some(entry) = &entry {
            self.check(&entry.bytes);
            if self.number.is_multiple_of(2) {
                When::Unchanged(entry.version.clone())
            } else {
                When::Present
            }
        } else {
            if self.acknowledged.take().is_some() {
                self.tally.lost += 1;
                self.unknown.clear();
            }
            When::Absent
        };
        let change = self.next;
        self.next += 1;
        let bytes = self.bytes(change);
        self.unknown.insert(change); // until it is acknowledged
        let hour = Some(Duration::from_hours(1));
        match self
            .timed(store.save(&key, bytes.into(), hour, &when))
            .await?
        {
            Saved::Done(_) => {
                self.acknowledged = Some(change);
                self.when_acknowledged = Instant::now();
                self.unknown.clear();
            }
            Saved::Conflict(there) => {
                // An earlier change of this client's, whose outcome was unknown.
                self.unknown.remove(&change);
                self.check(&there.bytes);
            }
            Saved::Gone => {
                self.unknown.remove(&change);
                self.tally.lost += 1;
                self.acknowledged = None;
            }
        }
        Ok(())
    }

    fn bytes(&self, change: u64) -> String {
        format!("client {} change {change} {}", self.number, "x".repeat(600))
    }

    /// Checks that this is the last acknowledged change, or one whose outcome was unknown.
    fn check(&mut self, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        let change = text
            .split(' ')
            .nth(3)
            .and_then(|change| change.parse().ok());
        let Some(change) = change.filter(|change| self.bytes(*change) == text) else {
            self.tally.wrong.push(text.into_owned());
            return;
        };
        if self.acknowledged == Some(change) {
            return;
        }
        if self.unknown.contains(&change) {
            self.acknowledged = Some(change);
            self.unknown.retain(|unknown| *unknown > change);
        } else if self.acknowledged.is_some_and(|last| change < last) {
            self.tally.rolled_back.push(self.when_acknowledged);
            self.acknowledged = Some(change);
        } else {
            self.tally.wrong.push(text.into_owned());
        }
    }

    async fn timed<T>(&mut self, operation: impl Future<Output = T>) -> T {
        let start = Instant::now();
        let result = operation.await;
        self.tally.operations += 1;
        self.tally.longest = self.tally.longest.max(start.elapsed());
        result
    }
}

/// Ports and milliseconds make no different reason.
fn without_numbers(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|character| {
            if character.is_ascii_digit() {
                '0'
            } else {
                character
            }
        })
        .collect();
    let mut short = text.clone();
    while short.contains("00") {
        short = short.replace("00", "0");
    }
    short
}
