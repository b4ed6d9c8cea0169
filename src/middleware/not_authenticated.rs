//! [`NotAuthenticated`]: the rejection of a handler that needs a login.

use std::fmt;

/// The rejection of a handler that asks for a
/// [`CurrentSession`](crate::authentication::CurrentSession) in a request without a login. The
/// response is an empty 401.
///
/// ```
/// use hardtack::authentication::NotAuthenticated;
///
/// assert!(NotAuthenticated.to_string().starts_with("nobody is logged in"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAuthenticated;

impl fmt::Display for NotAuthenticated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody is logged in: no cookie session_id names a row of the table sessions")
    }
}

impl std::error::Error for NotAuthenticated {}
