//! [`Expiry`]: when a session ends.

use std::time::Duration;

/// When a session ends, if not with the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expiry {
    WithBrowser,
    /// So long after it was written last.
    Rolling(Duration),
    /// So long after it was written first.
    Fixed(Duration),
}
