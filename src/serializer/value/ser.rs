//! `Serialize` for [`Value`]: unchanged through our own `to_value`, by Rails' `as_json` through any
//! other serializer.

use serde::ser::{Error, Serialize, SerializeMap, Serializer};

use super::hand_off::{self, ADDRESS, TOKEN};
use crate::serializer::NO_TEXT;

use super::{BigInteger, Field, Value, View, text_pairs};

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(TOKEN, &Carrier(self))
    }
}

/// The content of the newtype.
struct Carrier<'a>(&'a Value);

impl Serialize for Carrier<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match hand_off::offer(self.0, serializer) {
            Ok(handed_over) => handed_over,
            Err(serializer) => serialize_view(self.0.as_json(), serializer, |value| value),
        }
    }
}

/// A value for a serializer that cannot take a value over.
pub(crate) struct AsJson<'a>(pub(crate) &'a Value);

impl Serialize for AsJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_view(self.0.as_json(), serializer, AsJson)
    }
}

/// A value for display, written without an error: nil replaces a value that nests too deep, and
/// U+FFFD bytes that are not text.
pub(crate) struct Shown<'a> {
    pub(crate) value: &'a Value,
    pub(crate) levels: usize,
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let nested = |value, levels| Shown { value, levels };
        match (self.value.as_json(), self.levels.checked_sub(1)) {
            (View::Bytes(bytes), _) => serializer.serialize_str(&bytes.text_or_replacements()),
            (View::Same(value), _) => nested(value, self.levels).serialize(serializer),
            (view, Some(levels)) => serialize_view(view, serializer, |v| nested(v, levels)),
            (View::List(_) | View::Pairs(_) | View::Fields(_), None) => serializer.serialize_unit(),
            (leaf, None) => serialize_view(leaf, serializer, AsJson),
        }
    }
}

/// Serializes a value's view; `nested` wraps each value inside it.
fn serialize_view<'a, S: Serializer, N: Serialize>(
    view: View<'a>,
    serializer: S,
    nested: impl Fn(&'a Value) -> N,
) -> Result<S::Ok, S::Error> {
    match view {
        View::Nil => serializer.serialize_unit(),
        View::Bool(boolean) => serializer.serialize_bool(boolean),
        View::Integer(integer) => serializer.serialize_i64(integer),
        View::BigInteger(big) => big.serialize(serializer),
        View::Float(float) => serializer.serialize_f64(float),
        View::Text(text) => serializer.serialize_str(&text),
        // A foreign serializer takes the text, our own may leave the prefix out.
        View::Address(text) => serializer.serialize_newtype_struct(ADDRESS, text),
        View::Bytes(bytes) if serializer.is_human_readable() => {
            let text = bytes.to_text().ok_or_else(|| S::Error::custom(NO_TEXT))?;
            serializer.serialize_str(&text)
        }
        View::Bytes(bytes) => serializer.serialize_bytes(&bytes.bytes),
        View::List(items) => serializer.collect_seq(items.iter().map(nested)),
        View::Pairs(pairs) => {
            if let Some(pairs) = text_pairs(pairs) {
                let pair = |(key, value)| (key, nested(value));
                return serializer.collect_map(pairs.into_iter().map(pair));
            }
            let text = |key: &'a Value| key.as_str().unwrap_or_default();
            let pairs = pairs.iter();
            serializer.collect_map(pairs.map(|(key, value)| (text(key), nested(value))))
        }
        View::Fields(fields) => {
            let mut map = serializer.serialize_map(Some(fields.len()))?;
            for (name, field) in fields {
                match field {
                    Field::Value(value) => map.serialize_entry(name, &nested(value))?,
                    Field::Text(text) => map.serialize_entry(name, &text)?,
                    Field::Number(number) => map.serialize_entry(name, &number)?,
                }
            }
            map.end()
        }
        View::Same(value) => nested(value).serialize(serializer),
    }
}

impl Serialize for BigInteger {
    /// Serializes as a number: bare digits in `serde_json`, at any size.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            if let Ok(integer) = i128::try_from(self) {
                return serializer.serialize_i128(integer);
            }
            return serializer.serialize_str(&self.to_string());
        }
        serde_json::value::RawValue::from_string(self.to_string())
            .map_err(S::Error::custom)?
            .serialize(serializer)
    }
}
