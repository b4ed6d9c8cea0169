//! [`Source`]: where the sessions of an app come from.

use std::any::Any;

use super::loaded::Loaded;
use super::observer::Outcome;
use super::policy::Policy;
use crate::cookie::header::CookieHeader;

/// Where the sessions of an app come from, and by which rules they are written.
pub(crate) trait Source: Send + Sync + 'static {
    fn policy(&self) -> &Policy;

    /// Returns what the framework's own parts need of the app.
    fn part(&self) -> Option<&dyn Any>;

    /// Checks whether a cookie of this name may be the session's.
    fn is_sessions(&self, name: &str) -> bool;

    /// Reads the session from a request's header; one that does not open is an empty one. Also
    /// returns how it went, where one was sent.
    fn read(&self, header: &CookieHeader<'_>) -> (Loaded, Option<Outcome>);
}
