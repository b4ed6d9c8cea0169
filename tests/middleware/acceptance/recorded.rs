//! A store in memory that records its operations, and fails where a case wants it.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use hardtack::stores::{Entry, MemoryStore, Saved, SessionStore, StoreError, When};
use sha2::{Digest, Sha256};

/// Runs a future that never waits.
pub(crate) fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

/// A store in memory that records its operations, and runs the hooks of a case.
#[derive(Clone, Default)]
pub(crate) struct Recorded(Arc<Inside>);

#[derive(Default)]
struct Inside {
    store: MemoryStore,
    asked: Mutex<Vec<String>>,
    hooks: Mutex<VecDeque<Hook>>,
    fault: Mutex<Option<Fault>>,
    deletions: Mutex<VecDeque<Option<Run>>>,
}

type Run = Box<dyn FnOnce() + Send>;

/// An event at the next save, instead of it or before it.
pub(crate) enum Hook {
    Before(Run),
    Fail,
    /// Saves, and loses the answer.
    FailAfter,
}

/// The failure of one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The store refuses this operation, counted from 1 on.
    Refused(usize),
    /// The store runs this operation, and its answer is lost.
    Lost(usize),
}

/// The text of the store's error, which is for the operator alone.
pub(crate) const REASON: &str = "connection to 10.0.0.9 refused\n\u{1b}[31mforged line";

impl Recorded {
    /// Returns the operations since the last call.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.asked.lock().unwrap())
    }

    /// Counts the operation, and returns its failure.
    fn note(&self, asked: String) -> Option<Fault> {
        let mut all = self.0.asked.lock().unwrap();
        all.push(asked);
        let number = all.len();
        let fault = *self.0.fault.lock().unwrap();
        fault.filter(|fault| *fault == Fault::Refused(number) || *fault == Fault::Lost(number))
    }

    pub(crate) fn at_next_save(&self, hook: Hook) {
        self.0.hooks.lock().unwrap().push_back(hook);
    }

    /// Runs a closure after the deletion with this number, counted from 0 on.
    pub(crate) fn after_deletion(&self, number: usize, run: impl FnOnce() + Send + 'static) {
        let mut deletions = self.0.deletions.lock().unwrap();
        deletions.extend((0..number).map(|_| None));
        deletions.push_back(Some(Box::new(run)));
    }

    /// Forgets the operations so far, and sets which of the next ones fails.
    pub(crate) fn fail(&self, fault: impl Into<Option<Fault>>) {
        self.asked();
        *self.0.fault.lock().unwrap() = fault.into();
    }

    pub(crate) fn bytes(&self, key: &str) -> Option<Bytes> {
        Some(now(self.0.store.load(key)).unwrap()?.bytes)
    }

    pub(crate) fn text(&self, key: &str) -> Option<String> {
        Some(String::from_utf8(self.bytes(key)?.to_vec()).unwrap())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.store.len()
    }

    pub(crate) fn put(&self, key: &str, bytes: impl Into<Bytes>) {
        now(self.0.store.save(key, bytes.into(), None, &When::Always)).unwrap();
    }

    pub(crate) fn remove(&self, key: &str) -> bool {
        now(self.0.store.delete(key, &When::Always)).unwrap()
    }

    async fn run<T>(
        &self,
        asked: String,
        run: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        match self.note(asked) {
            Some(Fault::Refused(_)) => refused(),
            Some(Fault::Lost(_)) => {
                run.await?;
                refused()
            }
            None => run.await,
        }
    }
}

pub(crate) fn refused<T>() -> Result<T, StoreError> {
    Err(StoreError::new(REASON))
}

impl SessionStore for Recorded {
    async fn load(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        let asked = format!("load {}", short(key));
        self.run(asked, self.0.store.load(key)).await
    }

    async fn save(
        &self,
        key: &str,
        bytes: Bytes,
        ttl: Option<Duration>,
        when: &When,
    ) -> Result<Saved, StoreError> {
        let hook = self.0.hooks.lock().unwrap().pop_front();
        let when_name = match when {
            When::Absent => "absent",
            When::Present => "present",
            When::Unchanged(_) => "unchanged",
            When::Always => "always",
        };
        let asked = format!("save {} {when_name}{}", short(key), lifetime(ttl));
        self.run(asked, async {
            match hook {
                Some(Hook::Before(before)) => before(),
                Some(Hook::Fail) => return refused(),
                Some(Hook::FailAfter) => {
                    self.0.store.save(key, bytes, ttl, when).await?;
                    return refused();
                }
                None => {}
            }
            self.0.store.save(key, bytes, ttl, when).await
        })
        .await
    }

    async fn touch(&self, key: &str, ttl: Option<Duration>) -> Result<bool, StoreError> {
        let asked = format!("touch {}{}", short(key), lifetime(ttl));
        self.run(asked, self.0.store.touch(key, ttl)).await
    }

    async fn delete(&self, key: &str, when: &When) -> Result<bool, StoreError> {
        let asked = format!("delete {}", short(key));
        let deleted = self.run(asked, self.0.store.delete(key, when)).await;
        let after = self.0.deletions.lock().unwrap().pop_front();
        if let Some(run) = after.flatten() {
            run();
        }
        deleted
    }
}

fn lifetime(ttl: Option<Duration>) -> String {
    ttl.map_or(String::new(), |ttl| format!(" for {} s", ttl.as_secs()))
}

/// Returns the kind of a key: private ids begin with `2::`.
fn short(key: &str) -> &'static str {
    if key.contains("2::") {
        "private"
    } else {
        "public"
    }
}

/// Returns Rack's private id (`Rack::Session::SessionId#private_id`).
pub(crate) fn private_id(id: &str) -> String {
    let digest = Sha256::digest(id);
    let digits = digest.iter().map(|byte| format!("{byte:02x}"));
    format!("2::{}", digits.collect::<String>())
}
