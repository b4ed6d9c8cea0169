//! [`Unfit`]: why a value is not to be had as a type.

use super::load_error::LoadError;
use super::value::Value;
use crate::error::Error;

/// Why a value is not to be had as the type that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// It is none.
    Unreadable(LoadError),
    /// In words that tell nothing of it.
    OfAnotherType(String),
}

impl Unfit {
    /// That the value of a type that was asked for is another one.
    pub(crate) fn of<T>(value: &Value) -> Self {
        Self::OfAnotherType(unexpected::<T>(value))
    }

    /// The error of the key whose value it is.
    pub(crate) fn at(self, key: &str) -> Error {
        let key = key.to_owned();
        match self {
            Self::Unreadable(LoadError { reason, .. }) => Error::UnreadableValue { key, reason },
            Self::OfAnotherType(reason) => Error::UnexpectedValue { key, reason },
        }
    }
}

/// Says that a value is of another type than was asked for, without the value.
pub(crate) fn unexpected<T>(value: &Value) -> String {
    format!("it is {}, not {}", value.kind(), std::any::type_name::<T>())
}
