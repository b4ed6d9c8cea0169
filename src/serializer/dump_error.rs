//! [`DumpError`]: why a value cannot be written.

use std::fmt;

use super::load_error::LoadError;
use crate::error::Error;

pub(crate) const NO_TEXT: &str = "a String that is no text, and JSON can hold no other";

/// Why a value cannot be written in a format, in words that tell nothing of the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DumpError(pub(crate) String);

impl DumpError {
    pub(crate) fn too_deep(levels: usize) -> Self {
        Self(format!("nesting deeper than {levels} levels"))
    }
}

impl fmt::Display for DumpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for DumpError {}

impl serde::ser::Error for DumpError {
    /// What a type's own `Serialize` says may hold the value.
    fn custom<T: fmt::Display>(message: T) -> Self {
        // [`Value`](super::value::Value)'s own, which any serializer may be told.
        if message.to_string() == NO_TEXT {
            return Self(NO_TEXT.to_owned());
        }
        let refused = "its own Serialize refuses it, and what that says may hold the value";
        Self(refused.to_owned())
    }
}

impl From<LoadError> for DumpError {
    fn from(error: LoadError) -> Self {
        Self(format!("{} (at byte {})", error.reason, error.offset))
    }
}

impl From<DumpError> for Error {
    fn from(DumpError(reason): DumpError) -> Self {
        Self::UnwritableValue { reason }
    }
}
