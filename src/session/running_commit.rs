//! [`RunningCommit`]: a commit that waits for its store.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::commit::Commit;
use crate::error::Error;

/// Runs a future to its end, on the app's runtime.
pub(crate) type Spawn = Arc<dyn Fn(Pin<Box<dyn Future<Output = ()> + Send>>) + Send + Sync>;

/// A commit that waits for its store.
///
/// If it is dropped before its end, since the client has left, it is handed to the app's runtime,
/// which finishes it. Without one it ends where it is.
pub(crate) struct RunningCommit {
    commit: Option<Unfinished>,
    spawn: Option<Spawn>,
}

type Unfinished = Pin<Box<dyn Future<Output = Result<Commit, Error>> + Send>>;

impl RunningCommit {
    pub(super) fn new(
        commit: impl Future<Output = Result<Commit, Error>> + Send + 'static,
        spawn: Option<Spawn>,
    ) -> Self {
        Self {
            commit: Some(Box::pin(commit)),
            spawn,
        }
    }
}

impl Future for RunningCommit {
    type Output = Result<Commit, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // A commit that has completed is not polled again. Nor is one that panicked: it is not put
        // back.
        let Some(mut commit) = self.commit.take() else {
            return Poll::Pending;
        };
        let outcome = commit.as_mut().poll(cx);
        if outcome.is_pending() {
            self.commit = Some(commit);
        }
        outcome
    }
}

impl Drop for RunningCommit {
    fn drop(&mut self) {
        let (Some(commit), Some(spawn)) = (self.commit.take(), &self.spawn) else {
            return;
        };
        let finish = Box::pin(async move { drop(commit.await) });
        // Without a runtime around it `tokio::spawn` panics, and a panic during another one would
        // end the process. The panic is reported all the same.
        let _ = catch_unwind(AssertUnwindSafe(|| spawn(finish)));
    }
}
