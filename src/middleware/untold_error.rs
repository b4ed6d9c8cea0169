//! [`UntoldError`]: an error that became a response, on its way to the operator.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::error::Error;
use crate::session::context::Context;
use crate::session::events::{CountedLimit, Event};

/// An error that became a response, in the response's extensions. The session's middleware tells
/// the operator, since its events are limited; without one around, the error tells itself when it
/// is dropped.
#[derive(Clone)]
pub(crate) struct UntoldError(Arc<Untold>);

struct Untold {
    error: Error,
    is_told: AtomicBool,
}

impl UntoldError {
    /// Takes an error; `None` if the operator was told where it happened.
    pub(crate) fn of(error: Error) -> Option<Self> {
        let is_told = matches!(
            error,
            Error::Store(_)
                | Error::UnreadableSession { .. }
                | Error::BusySession { .. }
                | Error::LockedSession { .. }
                | Error::TakenIds { .. }
        );
        (!is_told).then(|| {
            Self(Arc::new(Untold {
                error,
                is_told: AtomicBool::new(false),
            }))
        })
    }

    /// Tells the operator, unless a middleware further inside has.
    pub(crate) fn tell(&self, context: &Context) {
        if !self.0.is_told.swap(true, Relaxed) {
            let event = Event::RequestFailed(&self.0.error);
            context.policy().tell(event);
        }
    }

    /// Tells nobody: the operator knows the error.
    pub(crate) fn hush(&self) {
        self.0.is_told.store(true, Relaxed);
    }
}

impl Drop for Untold {
    fn drop(&mut self) {
        static LIMIT: CountedLimit = CountedLimit::new();
        if !*self.is_told.get_mut()
            && let Some(count) = LIMIT.pass()
        {
            let reason = &self.error;
            tracing::error!(target: "hardtack", %reason, count, "a request failed; the client gets an empty response");
        }
    }
}
