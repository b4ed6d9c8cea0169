//! [`ArrayKey`]: a key of PHP's array.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::Hash;

use crate::serializer::value::{Value, foreign_key_text, key_text};

/// The longest decimal text that is an integer: `-9223372036854775808`.
const LONGEST_INTEGER: usize = 20;

/// Up to this many keys, comparing each with all before it is the fastest.
const FEW: usize = 16;

/// A key of an array, or the name of an object's property.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum ArrayKey<'a> {
    Integer(i64),
    Text(Cow<'a, [u8]>),
}

impl<'a> ArrayKey<'a> {
    /// Returns the key that PHP's array makes of a text: `"7"` is the integer 7, and `"07"` and
    /// `"-0"` are text (`ZEND_HANDLE_NUMERIC_STR` in `Zend/zend_hash.h`).
    pub(super) fn of_text(text: Cow<'a, [u8]>) -> Self {
        integer_of(&text).map_or(Self::Text(text), Self::Integer)
    }

    /// Returns the key that a value becomes in PHP: an Integer stays one, and any other value
    /// counts by its text, as in JSON.
    pub(super) fn of_value(value: &'a Value) -> Self {
        match value {
            Value::Integer(integer) => Self::Integer(*integer),
            Value::Bytes(bytes) => Self::of_text(Cow::Borrowed(&bytes.bytes)),
            other => match key_text(other) {
                Cow::Borrowed(text) => Self::of_text(Cow::Borrowed(text.as_bytes())),
                Cow::Owned(text) => Self::of_text(Cow::Owned(text.into_bytes())),
            },
        }
    }

    /// Returns the key as a value.
    pub(super) fn into_value(self) -> Value {
        match self {
            Self::Integer(integer) => Value::Integer(integer),
            Self::Text(bytes) => text_value(bytes),
        }
    }

    /// Returns the key as text. Different keys have different texts, also if they are not UTF-8.
    pub(super) fn into_text(self) -> Cow<'a, str> {
        match self {
            Self::Integer(integer) => Cow::Owned(integer.to_string()),
            Self::Text(Cow::Borrowed(bytes)) => bytes_text(bytes),
            Self::Text(Cow::Owned(bytes)) => Cow::Owned(bytes_text(&bytes).into_owned()),
        }
    }
}

/// Returns a text for a key's bytes that no other key has.
fn bytes_text(bytes: &[u8]) -> Cow<'_, str> {
    let text = std::str::from_utf8(bytes).ok();
    text.map_or_else(
        || Cow::Owned(foreign_key_text(bytes, BINARY)),
        Cow::Borrowed,
    )
}

/// The encoding of a string that is not UTF-8: PHP's strings are bytes.
const BINARY: &str = "ASCII-8BIT";

/// Returns the value of a string.
pub(super) fn text_value(bytes: Cow<'_, [u8]>) -> Value {
    match String::from_utf8(bytes.into_owned()) {
        Ok(text) => Value::String(text),
        Err(error) => Value::bytes(error.into_bytes(), BINARY),
    }
}

/// Returns the integer that a text becomes as a key.
pub(super) fn integer_of(text: &[u8]) -> Option<i64> {
    let (b'-' | b'0'..=b'9', 1..=LONGEST_INTEGER) = (*text.first()?, text.len()) else {
        return None;
    };
    let text = std::str::from_utf8(text).ok()?;
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_canonical = digits.bytes().all(|digit| digit.is_ascii_digit())
        && (!digits.starts_with('0') || text == "0");
    text.parse().ok().filter(|_| is_canonical)
}

/// Keys with their values, each key once: of equal keys the last value counts, at the place of the
/// first.
pub(super) struct LastOfEach<K, V> {
    pub(super) pairs: Vec<(K, V)>,
    /// The place of each key, once there are many. Its hash is seeded, so that no sender can choose
    /// keys that collide.
    places: HashMap<K, usize>,
}

impl<K: Clone + Eq + Hash, V> LastOfEach<K, V> {
    pub(super) fn new() -> Self {
        Self {
            pairs: Vec::new(),
            places: HashMap::new(),
        }
    }

    /// Sets a key; returns the value that it had.
    pub(super) fn put(&mut self, key: K, value: V) -> Option<V> {
        let place = if self.pairs.len() <= FEW {
            self.pairs.iter().position(|(known, _)| *known == key)
        } else {
            self.places.get(&key).copied()
        };
        if let Some((_, known)) = place.and_then(|place| self.pairs.get_mut(place)) {
            return Some(std::mem::replace(known, value));
        }
        if self.pairs.len() == FEW {
            let places = self.pairs.iter().enumerate();
            let places = places.map(|(place, (key, _))| (key.clone(), place));
            self.places.extend(places);
        }
        if self.pairs.len() >= FEW {
            self.places.insert(key.clone(), self.pairs.len());
        }
        self.pairs.push((key, value));
        None
    }
}

/// Returns the pairs with each key once.
pub(super) fn last_of_each<K: Clone + Eq + Hash, V>(
    pairs: impl Iterator<Item = (K, V)>,
) -> Vec<(K, V)> {
    let mut unique = LastOfEach::new();
    for (key, value) in pairs {
        unique.put(key, value);
    }
    unique.pairs
}
