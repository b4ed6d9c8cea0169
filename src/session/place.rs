//! [`Place`]: the place of an app's sessions, in cookies or in a store.

use std::any::Any;
use std::sync::Arc;

use super::kept::Kept;
use super::loaded::Loaded;
use super::observer::Outcome;
use super::policy::Policy;
use super::recent_saves::RecentSaves;
use super::save_queue::SaveQueue;
use super::session_store::AnyStore;
use crate::clock::Clock;
use crate::http::cookie_header::CookieHeader;

/// The part of an app that a framework's own features need if a store keeps the sessions, such as
/// the app's jars.
pub(crate) trait AppPart: Any + Send + Sync {
    /// Returns the same part, by another clock.
    fn at(&self, clock: &Clock) -> Arc<dyn AppPart>;
}

/// The place of an app's sessions: their cookies, or a store. Only the library's own places
/// implement this sealed trait.
#[expect(private_interfaces, reason = "nobody else implements or calls it")]
pub trait Place: Send + Sync + 'static {
    /// Returns the framework's own parts of the app, such as its jars.
    #[doc(hidden)]
    fn part(&self) -> Option<&dyn Any>;

    #[doc(hidden)]
    fn set_clock(&mut self, clock: &Clock);

    /// Checks whether a cookie of this name may be the session's.
    #[doc(hidden)]
    fn is_sessions(&self, name: &str, policy: &Policy) -> bool;

    /// Returns the store that keeps the sessions; `None` if they live in their cookies.
    #[doc(hidden)]
    fn store(&self) -> Option<&dyn AnyStore> {
        None
    }

    /// Returns the queue of those who save in the store.
    #[doc(hidden)]
    fn queue(&self) -> Option<&SaveQueue> {
        None
    }

    /// Returns what is remembered of the last saves in the store.
    #[doc(hidden)]
    fn recent_saves(&self) -> Option<&RecentSaves> {
        None
    }

    /// Returns the place of a session that has no content yet.
    #[doc(hidden)]
    fn kept(&self) -> Kept;

    /// Reads the session from a request's header; a session that does not open is empty. If a
    /// cookie was sent, also returns how it opened, or why it did not.
    #[doc(hidden)]
    fn read(&self, policy: &Policy, header: &CookieHeader<'_>) -> (Loaded, Option<Outcome>);
}
