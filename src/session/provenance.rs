//! [`Provenance`]: where the session of a request comes from.

use time::OffsetDateTime;

use crate::error::Refusal;

/// Where a session comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Provenance {
    /// No cookie brought it, or what came was reset since.
    New,
    /// The cookie that came did not open.
    Refused(Refusal),
    /// A cookie brought it.
    Opened {
        is_stale: bool,
        expires_at: Option<OffsetDateTime>,
    },
}
