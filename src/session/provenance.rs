//! [`Provenance`]: the source of a request's session.

use time::OffsetDateTime;

use crate::error::Refusal;

/// The source of a request's session.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Provenance {
    /// No cookie brought the session, or it was reset since.
    New,
    /// A store may have the session, and was not asked.
    Unasked,
    /// A cookie came, and did not open.
    Refused(Refusal),
    /// A cookie brought the session.
    Opened {
        is_stale: bool,
        expires_at: Option<OffsetDateTime>,
    },
}
