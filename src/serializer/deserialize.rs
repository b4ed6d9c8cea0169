//! `Deserialize` for [`Value`]: unchanged from a `&Value`, the natural kind from any other
//! deserializer.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::json::read::from_json_str;
use super::value::{BigInteger, RAW_NUMBER, RAW_VALUE, TOKEN, Value, handed_over, unique_pairs};

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(TOKEN, ValueVisitor)
    }
}

/// Takes a value's text if `serde_json` gives it instead of the parts. Only so can an Integer of
/// more than 64 bits be read, of which it would make a float. Any other deserializer ignores the
/// name.
struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Value, D::Error> {
        inner.deserialize_any(ValueVisitor)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        map.next_key::<IgnoredAny>()?;
        let text: Cow<'de, str> = map.next_value()?;
        from_json_str(&text).map_err(|error| {
            A::Error::custom(format_args!("{} at byte {}", error.reason, error.offset))
        })
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    /// Called by a foreign deserializer, which ignores the name.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Value, D::Error> {
        inner.deserialize_newtype_struct(RAW_VALUE, RawVisitor)
    }

    /// Called by our own deserializer, which has put the value into the slot.
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(handed_over().unwrap_or(Value::Nil))
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Nil)
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Value, D::Error> {
        Value::deserialize(inner)
    }

    fn visit_bool<E>(self, v: bool) -> Result<Value, E> {
        Ok(v.into())
    }

    fn visit_i64<E>(self, v: i64) -> Result<Value, E> {
        Ok(v.into())
    }

    fn visit_u64<E>(self, v: u64) -> Result<Value, E> {
        Ok(v.into())
    }

    fn visit_i128<E>(self, v: i128) -> Result<Value, E> {
        Ok(v.into())
    }

    fn visit_u128<E>(self, v: u128) -> Result<Value, E> {
        Ok(v.into())
    }

    fn visit_f64<E>(self, v: f64) -> Result<Value, E> {
        Ok(v.into())
    }

    fn visit_str<E>(self, v: &str) -> Result<Value, E> {
        Ok(v.into())
    }

    fn visit_string<E>(self, v: String) -> Result<Value, E> {
        Ok(v.into())
    }

    fn visit_bytes<E: Error>(self, v: &[u8]) -> Result<Value, E> {
        self.visit_byte_buf(v.to_vec())
    }

    fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Value, E> {
        Ok(Value::bytes(bytes, "ASCII-8BIT"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(key) = map.next_key::<Value>()? {
            if pairs.is_empty() && key.as_str() == Some(RAW_NUMBER) {
                return number(&map.next_value::<String>()?);
            }
            pairs.push((key, map.next_value()?));
        }
        Ok(Value::Hash(unique_pairs(pairs)))
    }
}

fn number<E: Error>(text: &str) -> Result<Value, E> {
    if let Ok(integer) = text.parse::<BigInteger>() {
        return Ok(integer.into());
    }
    text.parse()
        .map(Value::Float)
        .map_err(|_| E::custom("not a number"))
}

/// Deserializes a number of any size.
impl<'de> Deserialize<'de> for BigInteger {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Integer(integer) => Ok(Self::from(i128::from(integer))),
            Value::BigInteger(big) => Ok(big),
            _ => Err(D::Error::custom("expected an integer")),
        }
    }
}
