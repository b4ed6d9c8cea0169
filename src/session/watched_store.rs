//! [`WatchedStore`]: a store whose work an observer hears of.

use std::time::Duration;

use bytes::Bytes;

use super::events::Event;
use super::policy::Policy;
use super::recent_saves::{RecentSaves, Write, Written};
use super::session_store::{Answer, AnyStore, Operation, Saved};
use super::store_operation::{StoreOperation, StoreOutcome};
use crate::error::Error;
use crate::store_error::StoreError;

/// A store whose work an observer hears of.
#[derive(Clone, Copy)]
pub(super) struct WatchedStore<'a> {
    pub(super) store: &'a dyn AnyStore,
    /// The name of the cookie whose sessions it keeps.
    pub(super) name: &'a str,
    pub(super) policy: &'a Policy,
    /// The last saves in the store, if anybody wants to hear that one was undone.
    pub(super) recent: Option<&'a RecentSaves>,
}

/// An operation that was run.
pub(super) struct Ran {
    pub(super) answer: Result<Answer, Error>,
    pub(super) report: Option<Report>,
    /// The write, if it was one and ran alone.
    pub(super) written: Option<Written>,
}

/// The message to the observer about an operation.
pub(super) struct Report {
    operation: StoreOperation,
    outcome: StoreOutcome,
    duration: Duration,
}

impl WatchedStore<'_> {
    /// Runs an operation, once, and tells the observer.
    pub(super) async fn run(&self, operation: Operation) -> Result<Answer, Error> {
        let Ran { answer, report, .. } = self.run_untold(operation).await;
        self.tell(report);
        answer
    }

    /// Runs an operation, once, and returns what the observer is to hear. Its time is measured only
    /// if there is an observer.
    pub(super) async fn run_untold(&self, operation: Operation) -> Ran {
        let write = self.begin(&operation);
        let sent = sent(&operation);
        if self.policy.observer.is_none() {
            let answer = self.store.run(operation).await;
            let written = write.and_then(|write| write.end(is_refused(&answer, sent.as_ref())));
            return Ran {
                answer: answer.map_err(Error::Store),
                report: None,
                written,
            };
        }
        let (kind, before) = (StoreOperation::of(&operation), self.policy.now());
        let answer = self.store.run(operation).await;
        let written = write.and_then(|write| write.end(is_refused(&answer, sent.as_ref())));
        // A clock that was set back meanwhile counts as no time.
        let duration = (self.policy.now() - before).try_into().unwrap_or_default();
        let report = Report {
            operation: kind,
            outcome: StoreOutcome::of(&answer),
            duration,
        };
        Ran {
            answer: answer.map_err(Error::Store),
            report: Some(report),
            written,
        }
    }

    fn begin(&self, operation: &Operation) -> Option<Write<'_>> {
        match operation {
            Operation::Save { key, .. }
            | Operation::Rename { to: key, .. }
            | Operation::Delete { key, .. } => Some(self.recent?.begin(key)),
            Operation::Load { .. }
            | Operation::LoadUnmarked { .. }
            | Operation::Touch { .. }
            | Operation::Lock { .. }
            | Operation::Unlock { .. } => None,
        }
    }

    /// Tells the observer of operations that were run.
    pub(super) fn tell(&self, reports: impl IntoIterator<Item = Report>) {
        let Some(observer) = &self.policy.observer else {
            return;
        };
        for Report {
            operation,
            outcome,
            duration,
        } in reports
        {
            observer.store_answered(self.name, operation, outcome, duration);
        }
    }

    /// Tells the observer and the log that a save replaced keys that another request had changed.
    pub(super) fn conflicted(&self, keys: usize) {
        if keys == 0 {
            return;
        }
        // The event comes first: an observer may panic.
        self.policy.tell(Event::Conflicted(self.name, keys));
        if let Some(observer) = &self.policy.observer {
            observer.conflicted(self.name, keys);
        }
    }

    /// Tells the observer and the log that keys have their values from before a save again.
    pub(super) fn reverted(&self, keys: usize) {
        if keys == 0 {
            return;
        }
        self.policy.tell(Event::Reverted(self.name, keys));
        if let Some(observer) = &self.policy.observer {
            observer.reverted(self.name, keys);
        }
    }
}

/// Returns the bytes that an operation saves.
fn sent(operation: &Operation) -> Option<Bytes> {
    match operation {
        Operation::Save { bytes, .. } => Some(bytes.clone()),
        _ => None,
    }
}

/// Checks whether the store has certainly written and deleted nothing.
fn is_refused(answer: &Result<Answer, StoreError>, sent: Option<&Bytes>) -> bool {
    match answer {
        // Equal bytes may be its own, saved by an attempt whose answer was lost.
        Ok(Answer::Saved(Saved::Conflict(there))) => Some(&there.bytes) != sent,
        Ok(Answer::Saved(Saved::Gone) | Answer::Found(false)) => true,
        _ => false,
    }
}
