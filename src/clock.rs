//! [`Clock`]: the present time, which tests can set.

use std::fmt;
use std::sync::Arc;

use time::OffsetDateTime;

/// The system's time, or the time that a closure returns.
#[derive(Clone, Default)]
pub(crate) enum Clock {
    #[default]
    System,
    Told(Arc<dyn Fn() -> OffsetDateTime + Send + Sync>),
}

impl Clock {
    pub(crate) fn told(now: impl Fn() -> OffsetDateTime + Send + Sync + 'static) -> Self {
        Self::Told(Arc::new(now))
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        match self {
            Self::System => OffsetDateTime::now_utc(),
            Self::Told(now) => now(),
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock(..)")
    }
}
