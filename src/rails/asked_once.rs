//! [`AskedOnce`]: an answer that is asked for once, and shared.

use std::future::poll_fn;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// An answer that several futures of a request want. The first one asks, and the others wait for
/// its answer. If it is dropped before it has the answer, another one asks.
pub(super) struct AskedOnce<T>(Mutex<State<T>>);

enum State<T> {
    Unasked,
    /// Holds those who wait.
    Asking(Vec<Waker>),
    Answered(T),
}

impl<T: Clone> AskedOnce<T> {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(State::Unasked))
    }

    /// Returns the answer; asks for it if nobody has.
    pub(super) async fn get<F: Future<Output = T>>(&self, ask: impl FnOnce() -> F) -> T {
        if let Some(answer) = poll_fn(|cx| self.turn(cx)).await {
            return answer;
        }
        let asking = Asking(self);
        let answer = ask().await;
        asking.0.settle(Some(answer.clone()));
        answer
    }

    /// Replaces the answer: what is asked for has changed.
    pub(super) fn set(&self, answer: T) {
        let before = mem::replace(&mut *self.state(), State::Answered(answer));
        wake(before);
    }

    /// Returns the answer, if there is one.
    pub(super) fn answer(&self) -> Option<T> {
        match &*self.state() {
            State::Answered(answer) => Some(answer.clone()),
            State::Unasked | State::Asking(_) => None,
        }
    }

    /// Waits for the answer, or for the turn to ask (`None`).
    fn turn(&self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let mut state = self.state();
        match &mut *state {
            State::Answered(answer) => Poll::Ready(Some(answer.clone())),
            State::Unasked => {
                *state = State::Asking(Vec::new());
                Poll::Ready(None)
            }
            State::Asking(waiting) => {
                let is_same = |waker: &Waker| waker.will_wake(cx.waker());
                if !waiting.iter().any(is_same) {
                    waiting.push(cx.waker().clone());
                }
                Poll::Pending
            }
        }
    }
}

impl<T> AskedOnce<T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        // No panic leaves a state half written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the asking, with an answer or without one, unless the answer was set meanwhile.
    fn settle(&self, answer: Option<T>) {
        let mut state = self.state();
        if matches!(*state, State::Asking(_)) {
            let next = answer.map_or(State::Unasked, State::Answered);
            let before = mem::replace(&mut *state, next);
            drop(state);
            wake(before);
        }
    }
}

/// Wakes those who wait, without the lock.
fn wake<T>(before: State<T>) {
    if let State::Asking(waiting) = before {
        waiting.into_iter().for_each(Waker::wake);
    }
}

/// The one who asks; if it is dropped without an answer, another one's turn comes.
struct Asking<'a, T>(&'a AskedOnce<T>);

impl<T> Drop for Asking<'_, T> {
    fn drop(&mut self) {
        self.0.settle(None);
    }
}
