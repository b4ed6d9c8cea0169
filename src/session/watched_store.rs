//! [`WatchedStore`]: a store whose work an observer hears of.

use super::policy::Policy;
use super::session_store::{Answer, AnyStore, Operation};
use super::store_operation::{StoreOperation, StoreOutcome};
use crate::error::Error;

/// A store whose work an observer hears of.
pub(super) struct WatchedStore<'a> {
    pub(super) store: &'a dyn AnyStore,
    /// The name of the cookie whose sessions it keeps.
    pub(super) name: &'a str,
    pub(super) policy: &'a Policy,
}

impl WatchedStore<'_> {
    /// Runs an operation, once. Its time is measured only if there is an observer.
    pub(super) async fn run(&self, operation: Operation) -> Result<Answer, Error> {
        let Some(observer) = &self.policy.observer else {
            return Ok(self.store.run(operation).await?);
        };
        let (kind, before) = (StoreOperation::of(&operation), self.policy.now());
        let answer = self.store.run(operation).await;
        // A clock that was set back meanwhile counts as no time.
        let duration = (self.policy.now() - before).try_into().unwrap_or_default();
        let outcome = StoreOutcome::of(&answer);
        observer.store_answered(self.name, kind, outcome, duration);
        Ok(answer?)
    }
}
