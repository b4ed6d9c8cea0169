//! `Serialize` for [`Value`]: through our own [`to_value`](super::to_value()) as it is, through
//! any other serializer as Rails' `as_json` has it.

use serde::ser::{Error, Serialize, SerializeMap, SerializeSeq, Serializer};

use super::hand_off::{self, TOKEN};
use crate::serializer::NO_TEXT;

use super::{BigInteger, Field, Value, View, text_pairs};

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(TOKEN, &Carrier(self))
    }
}

/// What stands in the newtype.
struct Carrier<'a>(&'a Value);

impl Serialize for Carrier<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match hand_off::offer(self.0, serializer) {
            Ok(handed_over) => handed_over,
            Err(serializer) => serialize_view(self.0.as_json(), serializer),
        }
    }
}

fn serialize_view<S: Serializer>(view: View<'_>, serializer: S) -> Result<S::Ok, S::Error> {
    match view {
        View::Nil => serializer.serialize_unit(),
        View::Bool(boolean) => serializer.serialize_bool(boolean),
        View::Integer(integer) => serializer.serialize_i64(integer),
        View::BigInteger(big) => big.serialize(serializer),
        View::Float(float) => serializer.serialize_f64(float),
        View::Text(text) => serializer.serialize_str(&text),
        View::Bytes(bytes) if serializer.is_human_readable() => {
            let text = bytes.to_text().ok_or_else(|| S::Error::custom(NO_TEXT))?;
            serializer.serialize_str(&text)
        }
        View::Bytes(bytes) => serializer.serialize_bytes(&bytes.bytes),
        View::List(items) => {
            let mut seq = serializer.serialize_seq(Some(items.len()))?;
            for item in items {
                seq.serialize_element(item)?;
            }
            seq.end()
        }
        View::Pairs(pairs) => {
            let mut map = serializer.serialize_map(Some(pairs.len()))?;
            if let Some(pairs) = text_pairs(pairs) {
                for (key, value) in &pairs {
                    map.serialize_entry(key, value)?;
                }
            } else {
                for (key, value) in pairs {
                    map.serialize_entry(key.as_str().unwrap_or_default(), value)?;
                }
            }
            map.end()
        }
        View::Fields(fields) => {
            let mut map = serializer.serialize_map(Some(fields.len()))?;
            for (name, field) in &fields {
                match field {
                    Field::Value(value) => map.serialize_entry(name, value)?,
                    Field::Text(text) => map.serialize_entry(name, text)?,
                    Field::Number(number) => map.serialize_entry(name, number)?,
                }
            }
            map.end()
        }
        View::Same(value) => value.serialize(serializer),
    }
}

impl Serialize for BigInteger {
    /// As a number: bare digits in `serde_json`, whatever the size.
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
