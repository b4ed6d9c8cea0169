//! [`DumpError`]: the reason why a value cannot be written.

use std::fmt;

use super::load_error::LoadError;
use crate::error::Error;

pub(crate) const NO_TEXT: &str = "a String that is not valid text, and JSON holds only text";

/// The reason why a value cannot be written in a format. Its text holds nothing of the value.
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
    /// Discards the message: the text of a type's own `Serialize` may hold the value.
    fn custom<T: fmt::Display>(message: T) -> Self {
        // The message of [`Value`](super::value::Value) itself, which any serializer may be given.
        if message.to_string() == NO_TEXT {
            return Self(NO_TEXT.to_owned());
        }
        let refused =
            "its own Serialize refuses it; the message is left out, since it may hold the value";
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
