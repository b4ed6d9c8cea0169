//! [`ReadFault`]: the reason why a value is not read as a type.

use std::fmt;

use serde::de;

use crate::serializer::LoadError;

/// The reason why a value is not read. The text of a type's own `Deserialize` may hold the value,
/// and is left out.
#[derive(Debug)]
pub(super) enum ReadFault {
    Unreadable(LoadError),
    Unfit,
}

impl fmt::Display for ReadFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreadable(error) => error.reason,
            Self::Unfit => "a value of another type",
        })
    }
}

impl std::error::Error for ReadFault {}

impl de::Error for ReadFault {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Unfit
    }
}
