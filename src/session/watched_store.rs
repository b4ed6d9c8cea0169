//! [`WatchedStore`]: a store whose work an observer hears of.

use std::time::Duration;

use super::events::Event;
use super::policy::Policy;
use super::session_store::{Answer, AnyStore, Operation};
use super::store_operation::{StoreOperation, StoreOutcome};
use crate::error::Error;

/// A store whose work an observer hears of.
#[derive(Clone, Copy)]
pub(super) struct WatchedStore<'a> {
    pub(super) store: &'a dyn AnyStore,
    /// The name of the cookie whose sessions it keeps.
    pub(super) name: &'a str,
    pub(super) policy: &'a Policy,
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
        let (answer, report) = self.run_untold(operation).await;
        self.tell(report);
        answer
    }

    /// Runs an operation, once, and returns what the observer is to hear. Its time is measured only
    /// if there is an observer.
    pub(super) async fn run_untold(
        &self,
        operation: Operation,
    ) -> (Result<Answer, Error>, Option<Report>) {
        if self.policy.observer.is_none() {
            return (self.store.run(operation).await.map_err(Error::Store), None);
        }
        let (kind, before) = (StoreOperation::of(&operation), self.policy.now());
        let answer = self.store.run(operation).await;
        // A clock that was set back meanwhile counts as no time.
        let duration = (self.policy.now() - before).try_into().unwrap_or_default();
        let report = Report {
            operation: kind,
            outcome: StoreOutcome::of(&answer),
            duration,
        };
        (answer.map_err(Error::Store), Some(report))
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
}
