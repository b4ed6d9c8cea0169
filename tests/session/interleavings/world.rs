//! [`World`]: what the requests of one interleaving share, and the store and format that they use.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use hardtack::stores::{
    Entry, ReadEntry, Saved, SessionFormat, SessionStore, StoreError, Touch, When,
};
use hardtack::{Error, SessionData};
use time::OffsetDateTime;

use super::report::Report;
use super::scheduler::{Running, Scene, Task, yield_now};

/// The time of every interleaving: nothing depends on the machine's clock.
pub(crate) const NOW: OffsetDateTime = time::macros::datetime!(2026-01-01 00:00 UTC);

tokio::task_local! {
    /// The request that a task of tokio runs, where requests run at the same time.
    pub(crate) static REQUEST: usize;
}

pub(crate) struct World {
    is_traced: bool,
    trace: Mutex<Vec<String>>,
    /// The number of events so far.
    steps: AtomicU64,
    /// The request that the scheduler runs.
    current: AtomicUsize,
    /// The number of ids that were made.
    issued: AtomicU64,
    /// The id in the browser's cookie.
    pub(crate) jar: Mutex<Option<u64>>,
    reports: Mutex<Vec<Report>>,
    spawned: Mutex<Vec<Task>>,
    pub(crate) conflicts: AtomicU64,
    pub(crate) gone: AtomicU64,
}

impl World {
    pub(crate) fn new(is_traced: bool) -> Arc<Self> {
        Arc::new(Self {
            is_traced,
            trace: Mutex::default(),
            steps: AtomicU64::new(0),
            current: AtomicUsize::new(0),
            issued: AtomicU64::new(0),
            jar: Mutex::default(),
            reports: Mutex::default(),
            spawned: Mutex::default(),
            conflicts: AtomicU64::new(0),
            gone: AtomicU64::new(0),
        })
    }

    /// Begins to report on a number of requests.
    pub(crate) fn expect(&self, requests: usize) {
        *self.reports.lock().unwrap() = (0..requests).map(|_| Report::default()).collect();
    }

    /// Returns the request that runs.
    fn current(&self) -> usize {
        let running = REQUEST.try_with(|request| *request);
        running.unwrap_or_else(|_| self.current.load(SeqCst))
    }

    pub(crate) fn step(&self) -> u64 {
        self.steps.fetch_add(1, SeqCst)
    }

    pub(crate) fn issued(&self) -> u64 {
        self.issued.load(SeqCst)
    }

    /// Changes the report of a request.
    pub(crate) fn report<R>(&self, request: usize, change: impl FnOnce(&mut Report) -> R) -> R {
        change(&mut self.reports.lock().unwrap()[request])
    }

    pub(crate) fn reports(&self) -> Vec<Report> {
        self.reports.lock().unwrap().clone()
    }

    /// Adds a line to the trace, if somebody is to read it.
    pub(crate) fn tell(&self, line: impl FnOnce() -> String) {
        if self.is_traced {
            let line = format!("  request {}: {}", self.current(), line());
            self.trace.lock().unwrap().push(line);
        }
    }

    pub(crate) fn trace(&self) -> String {
        self.trace.lock().unwrap().join("\n")
    }

    /// Takes a commit whose client has left.
    pub(crate) fn finish(self: &Arc<Self>, commit: Running) {
        let request = self.current();
        self.tell(|| "its commit is finished without it".to_owned());
        self.report(request, |report| report.is_handed_over = true);
        let world = self.clone();
        let commit = async move {
            commit.await;
            let step = world.step();
            world.report(request, |report| report.ended(step));
        };
        let task = Task::new(request, Box::pin(commit), None);
        self.spawned.lock().unwrap().push(task);
    }

    /// An operation found an entry.
    fn hit(&self, is_older: bool) {
        let mut reports = self.reports.lock().unwrap();
        if let Some(report) = reports.get_mut(self.current()) {
            report.hit(is_older);
        }
    }

    fn asked(&self) {
        let step = self.step();
        let mut reports = self.reports.lock().unwrap();
        if let Some(report) = reports.get_mut(self.current()) {
            report.asked(step);
        }
    }
}

impl Scene for Arc<World> {
    fn enter(&self, request: usize) {
        self.current.store(request, SeqCst);
    }

    fn left(&self, request: usize) {
        self.tell(|| "its client leaves".to_owned());
        let step = self.step();
        self.report(request, |report| {
            report.is_dropped = true;
            if !report.is_handed_over {
                report.ended(step);
            }
        });
    }

    fn spawned(&self) -> Vec<Task> {
        std::mem::take(&mut *self.spawned.lock().unwrap())
    }
}

/// A store that lets other requests run before and after each of its operations.
pub(crate) struct Switching<S> {
    pub(crate) store: Arc<S>,
    pub(crate) world: Arc<World>,
    pub(crate) is_older: bool,
}

impl<S> Switching<S> {
    async fn run<T>(
        &self,
        run: impl Future<Output = Result<T, StoreError>>,
        told: impl FnOnce(&T) -> String,
    ) -> Result<T, StoreError> {
        yield_now().await;
        let answer = run.await?;
        self.world.asked();
        self.world.tell(|| {
            let name = if self.is_older {
                "older store"
            } else {
                "store"
            };
            format!("{name}: {}", told(&answer))
        });
        yield_now().await;
        Ok(answer)
    }
}

fn short(key: &str) -> &str {
    let digits = key.rsplit(':').next().unwrap_or(key);
    if key.contains("2::") {
        &key[..key.len() - digits.len() + 6]
    } else {
        key.trim_start_matches('0')
    }
}

fn shown(when: &When) -> &'static str {
    match when {
        When::Absent => "if absent",
        When::Present => "if present",
        When::Unchanged(_) => "if unchanged",
        When::Always => "always",
    }
}

impl<S: SessionStore> SessionStore for Switching<S> {
    async fn load(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        let told = |entry: &Option<Entry>| {
            let bytes = entry.as_ref().map(|entry| entry.bytes.escape_ascii());
            match bytes {
                Some(bytes) => format!("load {}: {bytes}", short(key)),
                None => format!("load {}: nothing", short(key)),
            }
        };
        let found = self.run(self.store.load(key), told).await?;
        if found.is_some() {
            self.world.hit(self.is_older || !key.contains("2::"));
        }
        Ok(found)
    }

    async fn save(
        &self,
        key: &str,
        bytes: Bytes,
        ttl: Option<Duration>,
        when: &When,
    ) -> Result<Saved, StoreError> {
        let text = bytes.clone();
        let told = |saved: &Saved| {
            let what = format!("save {} {}", short(key), shown(when));
            match saved {
                Saved::Done(_) => format!("{what}: {}", text.escape_ascii()),
                Saved::Gone => format!("{what}: gone"),
                Saved::Conflict(entry) => {
                    format!("{what}: there is {}", entry.bytes.escape_ascii())
                }
            }
        };
        let saved = self
            .run(self.store.save(key, bytes, ttl, when), told)
            .await?;
        match saved {
            Saved::Done(_) => {}
            Saved::Gone => drop(self.world.gone.fetch_add(1, SeqCst)),
            Saved::Conflict(_) => drop(self.world.conflicts.fetch_add(1, SeqCst)),
        }
        Ok(saved)
    }

    async fn touch(&self, key: &str, ttl: Option<Duration>) -> Result<bool, StoreError> {
        let told = |found: &bool| format!("touch {}: {found}", short(key));
        self.run(self.store.touch(key, ttl), told).await
    }

    async fn delete(&self, key: &str, when: &When) -> Result<bool, StoreError> {
        let told = |found: &bool| format!("delete {} {}: {found}", short(key), shown(when));
        self.run(self.store.delete(key, when), told).await
    }
}

type Keys = Arc<Mutex<BTreeMap<String, Vec<String>>>>;

/// The keys of the ids of each row, whose digests are most of what an interleaving would wait for.
#[derive(Default)]
pub(crate) struct KnownKeys(Mutex<BTreeMap<usize, Keys>>);

impl KnownKeys {
    pub(crate) fn of_row(&self, row: usize) -> Keys {
        self.0.lock().unwrap().entry(row).or_default().clone()
    }
}

/// A format whose ids are counted.
#[derive(Clone)]
pub(crate) struct Counted {
    pub(crate) format: Arc<dyn SessionFormat>,
    pub(crate) keys: Keys,
    pub(crate) world: Arc<World>,
}

/// Returns the number of an id.
pub(crate) fn number(id: &str) -> u64 {
    u64::from_str_radix(id, 16).unwrap()
}

/// Returns the id of a number.
pub(crate) fn id(number: u64) -> String {
    format!("{number:032x}")
}

impl SessionFormat for Counted {
    fn id_of_cookie(&self, value: &[u8]) -> Option<String> {
        self.format.id_of_cookie(value)
    }

    fn cookie_of_id(&self, id: &str) -> Result<String, Error> {
        self.format.cookie_of_id(id)
    }

    fn new_id(&self) -> Result<String, Error> {
        let number = self.world.issued.fetch_add(1, SeqCst) + 1;
        let mut reports = self.world.reports.lock().unwrap();
        if let Some(report) = reports.get_mut(self.world.current()) {
            report.ids.push(number);
        }
        Ok(id(number))
    }

    fn keys(&self, id: &str) -> Vec<String> {
        let mut known = self.keys.lock().unwrap();
        if let Some(keys) = known.get(id) {
            return keys.clone();
        }
        let keys = self.format.keys(id);
        known.insert(id.to_owned(), keys.clone());
        keys
    }

    fn begin(&self) -> SessionData {
        self.format.begin()
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

    fn is_touch_due(&self, previous: &Bytes, ttl: Option<Duration>, now: OffsetDateTime) -> bool {
        self.format.is_touch_due(previous, ttl, now)
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
