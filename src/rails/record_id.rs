//! [`RecordId`]: the primary key of a record of Active Record.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::serializer::value::Value;

/// The longest text of a key, in bytes: Rails' string columns hold 255 characters in MySQL.
const LONGEST: usize = 255;

/// The primary key of a record: of a row of Rails' table `sessions`, or of a user.
///
/// `Display` writes the key as Rails' `to_s` does.
///
/// ```
/// use hardtack::authentication::RecordId;
///
/// assert_eq!(RecordId::from(7), RecordId::Integer(7));
/// let uuid = RecordId::from("0193c2a8-7d4e-7a51-9a0b-5a1d2f6f3c11");
/// assert_eq!(uuid.as_integer(), None);
/// assert_eq!(uuid.to_string(), "0193c2a8-7d4e-7a51-9a0b-5a1d2f6f3c11");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RecordId {
    /// A key of a column `bigint` or `integer`.
    Integer(i64),
    /// A key that is a text: a UUID.
    Text(String),
}

impl RecordId {
    /// Returns the key if it is an integer (example: at [`RecordId`]).
    #[must_use]
    pub const fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(id) => Some(*id),
            Self::Text(_) => None,
        }
    }

    /// Returns the key if it is a text.
    ///
    /// ```
    /// use hardtack::authentication::RecordId;
    ///
    /// assert_eq!(RecordId::from("5f2c").as_text(), Some("5f2c"));
    /// assert_eq!(RecordId::from(7).as_text(), None);
    /// ```
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Integer(_) => None,
            Self::Text(id) => Some(id),
        }
    }

    /// Returns the key in a cookie's value; `None` if the value is not a key.
    pub(super) fn of_value(value: &Value) -> Option<Self> {
        match value {
            Value::Integer(id) => Some(Self::Integer(*id)),
            Value::String(_) | Value::Bytes(_) => {
                let text = value.as_str()?;
                let is_key = (1..=LONGEST).contains(&text.len());
                (is_key && !text.contains(char::is_control)).then(|| Self::Text(text.to_owned()))
            }
            _ => None,
        }
    }
}

impl From<i64> for RecordId {
    fn from(id: i64) -> Self {
        Self::Integer(id)
    }
}

impl From<i32> for RecordId {
    fn from(id: i32) -> Self {
        Self::Integer(id.into())
    }
}

impl From<u32> for RecordId {
    fn from(id: u32) -> Self {
        Self::Integer(id.into())
    }
}

impl From<String> for RecordId {
    fn from(id: String) -> Self {
        Self::Text(id)
    }
}

impl From<&str> for RecordId {
    fn from(id: &str) -> Self {
        Self::Text(id.to_owned())
    }
}

impl From<&RecordId> for RecordId {
    fn from(id: &RecordId) -> Self {
        id.clone()
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(id) => id.fmt(f),
            Self::Text(id) => id.fmt(f),
        }
    }
}

/// Serializes an integer as a number, and a text as a text.
impl Serialize for RecordId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Integer(id) => serializer.serialize_i64(*id),
            Self::Text(id) => serializer.serialize_str(id),
        }
    }
}
