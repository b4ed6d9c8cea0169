//! [`CacheFormatVersion`] and [`CacheForm`]: the forms of an entry in Rails' cache.

use std::time::Duration;

use time::OffsetDateTime;

use crate::serializer::value::Value;

/// The version in which an app writes the entries of its cache
/// (`config.active_support.cache_format_version`).
///
/// Every Rails reads the forms of earlier versions, and none reads a later one: while an upgrade is
/// rolled out, write the form that the oldest running Rails reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CacheFormatVersion {
    /// Marshal of an `ActiveSupport::Cache::Entry`: Rails 6.1, and `load_defaults` below "7.0".
    V6_1,
    /// A byte, and Marshal of an Array: `load_defaults "7.0"`.
    V7_0,
    /// A header of binary numbers, and the value alone: from `load_defaults "7.1"` on.
    V7_1,
}

/// The form of one entry, with the times and the version in it as they were read.
#[derive(Clone, Debug)]
pub(super) enum CacheForm {
    /// The value alone, without an entry around it, which GitLab reads.
    Bare,
    V6_1 {
        /// Seconds since 1970. Rails 7.0 and later write 0, and the time of expiry as `expires_in`.
        created_at: f64,
        expires_in: Option<f64>,
        version: Value,
    },
    V7_0 {
        expires_at: Option<f64>,
        version: Value,
    },
    V7_1 {
        /// Seconds since 1970; a negative number is none.
        expires_at: f64,
        version: Option<Vec<u8>>,
    },
}

impl CacheForm {
    /// Creates the form of an entry that is written now.
    pub(super) fn new(
        version: CacheFormatVersion,
        previous: Option<&Self>,
        ttl: Option<Duration>,
        now: OffsetDateTime,
    ) -> Self {
        let (now, ttl) = (seconds(now), ttl.map(|ttl| ttl.as_secs_f64()));
        let expires_at = ttl.map(|ttl| now + ttl);
        match version {
            CacheFormatVersion::V6_1 => {
                let counts_from_1970 =
                    matches!(previous, Some(Self::V6_1 { created_at, .. }) if *created_at == 0.0);
                let (created_at, expires_in) = if counts_from_1970 {
                    (0.0, expires_at)
                } else {
                    (now, ttl)
                };
                Self::V6_1 {
                    created_at,
                    expires_in,
                    version: Value::Nil,
                }
            }
            CacheFormatVersion::V7_0 => Self::V7_0 {
                expires_at,
                version: Value::Nil,
            },
            CacheFormatVersion::V7_1 => Self::V7_1 {
                expires_at: expires_at.unwrap_or(-1.0),
                version: None,
            },
        }
    }

    /// Returns the same form with another end.
    pub(super) fn ending(self, ttl: Duration, now: OffsetDateTime) -> Self {
        let (now, ttl) = (seconds(now), ttl.as_secs_f64());
        match self {
            Self::Bare => Self::Bare,
            Self::V6_1 {
                created_at: 0.0,
                version,
                ..
            } => Self::V6_1 {
                created_at: 0.0,
                expires_in: Some(now + ttl),
                version,
            },
            Self::V6_1 { version, .. } => Self::V6_1 {
                created_at: now,
                expires_in: Some(ttl),
                version,
            },
            Self::V7_0 { version, .. } => Self::V7_0 {
                expires_at: Some(now + ttl),
                version,
            },
            Self::V7_1 { version, .. } => Self::V7_1 {
                expires_at: now + ttl,
                version,
            },
        }
    }

    /// Returns the version whose form this is; `None` for a bare value.
    pub(super) fn version(&self) -> Option<CacheFormatVersion> {
        match self {
            Self::Bare => None,
            Self::V6_1 { .. } => Some(CacheFormatVersion::V6_1),
            Self::V7_0 { .. } => Some(CacheFormatVersion::V7_0),
            Self::V7_1 { .. } => Some(CacheFormatVersion::V7_1),
        }
    }

    /// Returns when the entry ends, in seconds since 1970.
    pub(super) fn expires_at(&self) -> Option<f64> {
        match self {
            Self::Bare => None,
            Self::V6_1 {
                created_at,
                expires_in,
                ..
            } => expires_in.map(|expires_in| created_at + expires_in),
            Self::V7_0 { expires_at, .. } => *expires_at,
            Self::V7_1 { expires_at, .. } => Some(*expires_at).filter(|end| *end >= 0.0),
        }
    }

    /// Checks whether the entry's own time has passed (`ActiveSupport::Cache::Entry#expired?`).
    pub(super) fn has_ended(&self, now: OffsetDateTime) -> bool {
        self.expires_at().is_some_and(|end| end <= seconds(now))
    }
}

/// Returns a time as Ruby's `Time#to_f` does.
pub(super) fn seconds(time: OffsetDateTime) -> f64 {
    (time - OffsetDateTime::UNIX_EPOCH).as_seconds_f64()
}
