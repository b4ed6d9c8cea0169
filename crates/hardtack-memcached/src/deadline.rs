//! [`Deadline`]: when an operation ends.

use std::time::Duration;

use tokio::time::Instant;

/// The longest time limit: tokio's clock does not reach much further.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The end of an operation or of a part of it, and the time limit of the whole.
#[derive(Clone, Copy)]
pub(crate) struct Deadline {
    pub(crate) at: Instant,
    pub(crate) limit: Duration,
}

impl Deadline {
    pub(crate) fn after(limit: Duration) -> Self {
        let limit = limit.min(LONGEST);
        let at = Instant::now() + limit;
        Self { at, limit }
    }

    /// Returns the end of the first of so many equal parts of the time that is left.
    pub(crate) fn share(self, parts: u32) -> Self {
        let now = Instant::now();
        let left = self.at.saturating_duration_since(now);
        let at = now + left / parts.max(1);
        Self { at, ..self }
    }
}
