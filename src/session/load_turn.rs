//! [`LoadTurn`]: of several loads of one request, one runs at a time.

use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Lets one load of a request run at a time where sessions are locked: the extractors of a handler
/// may be polled together, and would wait for each other's lock.
#[derive(Debug, Default)]
pub(super) struct LoadTurn(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    is_taken: bool,
    waiting: Vec<Waker>,
}

impl LoadTurn {
    /// Waits for the turn. Dropping it passes it on.
    pub(super) fn enter(&self) -> Entering<'_> {
        Entering(self)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Nothing in here panics halfway.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct Entering<'t>(&'t LoadTurn);

impl<'t> Future for Entering<'t> {
    type Output = Turn<'t>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // A waker is the code of the app's runtime: it is cloned without the lock. One that is woken
        // for nothing asks again.
        let waker = cx.waker().clone();
        let mut inner = self.0.inner();
        if inner.is_taken {
            if !inner.waiting.iter().any(|other| other.will_wake(&waker)) {
                inner.waiting.push(waker);
            }
            return Poll::Pending;
        }
        inner.is_taken = true;
        drop(inner);
        Poll::Ready(Turn(self.0))
    }
}

/// The turn to load the session.
pub(super) struct Turn<'t>(&'t LoadTurn);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut inner = self.0.inner();
        inner.is_taken = false;
        let waiting = std::mem::take(&mut inner.waiting);
        drop(inner);
        waiting.into_iter().for_each(Waker::wake);
    }
}
