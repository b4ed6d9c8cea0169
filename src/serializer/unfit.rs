//! [`Unfit`]: the reason why a value does not read as a type.

use super::load_error::LoadError;
use super::value::Value;
use crate::error::Error;

/// The reason why a value does not read as the type that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// The bytes are not a value.
    Unreadable(LoadError),
    /// The value is of another type; the text names the types and nothing of the value.
    OfAnotherType(String),
}

impl Unfit {
    /// Creates the reason for a value of another type than `T`.
    pub(crate) fn of<T>(value: &Value) -> Self {
        Self::OfAnotherType(unexpected::<T>(value))
    }

    /// Returns the error for the entry's key.
    pub(crate) fn at(self, key: &str) -> Error {
        let key = key.to_owned();
        match self {
            Self::Unreadable(LoadError { reason, .. }) => Error::UnreadableValue { key, reason },
            Self::OfAnotherType(reason) => Error::UnexpectedValue { key, reason },
        }
    }
}

/// Names the value's kind and the type that was asked for, without the value.
pub(crate) fn unexpected<T>(value: &Value) -> String {
    format!("it is {}, not {}", value.kind(), std::any::type_name::<T>())
}
