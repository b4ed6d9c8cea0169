//! [`Place`]: where the sessions of an app are kept.

use std::any::Any;

use super::loaded::Loaded;
use super::observer::Outcome;
use super::policy::Policy;
use super::session_store::AnyStore;
use crate::clock::Clock;
use crate::http::cookie_header::CookieHeader;

/// Where the sessions of an app are kept. Sealed: the library's own places implement it.
#[expect(private_interfaces, reason = "nobody else implements or calls it")]
pub trait Place: Send + Sync + 'static {
    /// Returns what the framework's own parts need of the app.
    #[doc(hidden)]
    fn part(&self) -> Option<&dyn Any>;

    #[doc(hidden)]
    fn set_clock(&mut self, clock: &Clock);

    /// Checks whether a cookie of this name may be the session's.
    #[doc(hidden)]
    fn is_sessions(&self, name: &str, policy: &Policy) -> bool;

    /// Returns the store that keeps the sessions; `None` where they live in their cookie.
    #[doc(hidden)]
    fn store(&self) -> Option<&dyn AnyStore> {
        None
    }

    /// Reads the session from a request's header; one that does not open is an empty one. Also
    /// returns how it went, where one was sent.
    #[doc(hidden)]
    fn read(&self, policy: &Policy, header: &CookieHeader<'_>) -> (Loaded, Option<Outcome>);
}
