//! `&Value` as a serde deserializer: `T::deserialize(&value)` for any type.

use std::borrow::Cow;

use serde::de::value::{Error, StrDeserializer, StringDeserializer};
use serde::de::{Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::hand_off::{RAW_VALUE, TOKEN, give};
use super::text_deserializer::visit_text;
use super::{Value, View, entries};

/// Reads a value into any type, and borrows text that needs no conversion.
///
/// Kinds that are kept as text (Symbol, URI, `BigDecimal` ...) are read as text, a Time as RFC 3339
/// text with all its decimals, a Date as ISO 8601, a Set as a sequence, an object as a map of its
/// instance variables. A [`Value`] inside the type is read unchanged. The exception: serde buffers
/// for `#[serde(flatten)]` and `#[serde(untagged)]`, and a `Value` behind such a buffer has the
/// plain form, with integers of more than 64 bits as floats.
impl<'de> Deserializer<'de> for &'de Value {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.as_data() {
            View::Nil => visitor.visit_unit(),
            View::Bool(boolean) => visitor.visit_bool(boolean),
            View::Integer(integer) => visit_integer(integer, visitor),
            // As serde_json does with such a number: most visitors do not take 128 bits.
            View::BigInteger(big) => match u64::try_from(&*big) {
                Ok(integer) => visitor.visit_u64(integer),
                Err(_) => visitor.visit_f64(big.to_f64()),
            },
            View::Float(float) => visitor.visit_f64(float),
            View::Text(text) => visit_text(text, visitor),
            View::Address(text) => visit_text(Cow::Borrowed(text), visitor),
            View::Bytes(bytes) => match bytes.to_text() {
                Some(text) => visit_text(text, visitor),
                None => visitor.visit_borrowed_bytes(&bytes.bytes),
            },
            View::List(items) => entries::visit_list(items, visitor),
            View::Pairs(pairs) => entries::visit_pairs(pairs, visitor),
            View::Fields(fields) => entries::visit_fields(fields, visitor),
            View::Same(value) => value.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 char str string unit unit_struct seq tuple tuple_struct
        map identifier
    }

    fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.as_data() {
            View::Integer(integer) => visitor.visit_i128(integer.into()),
            View::BigInteger(big) => {
                visitor.visit_i128(i128::try_from(&*big).map_err(Error::custom)?)
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.as_data() {
            View::Integer(integer) => match u128::try_from(integer) {
                Ok(integer) => visitor.visit_u128(integer),
                Err(_) => Err(Error::custom("integer out of range")),
            },
            View::BigInteger(big) => {
                visitor.visit_u128(u128::try_from(&*big).map_err(Error::custom)?)
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.as_f64() {
            Some(float) => visitor.visit_f64(float),
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Value::Bytes(bytes) => visitor.visit_borrowed_bytes(&bytes.bytes),
            _ => match self.as_data() {
                View::Text(Cow::Borrowed(text)) => visitor.visit_borrowed_bytes(text.as_bytes()),
                View::Text(Cow::Owned(text)) => visitor.visit_byte_buf(text.into_bytes()),
                _ => self.deserialize_any(visitor),
            },
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.is_nil() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        match name {
            TOKEN => give(self.clone(), || visitor.visit_unit()),
            RAW_VALUE => entries::visit_raw(self.to_string(), visitor),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    /// Reads a map whose keys are their texts: `:a` and `"a"` in one Hash are one field, not a
    /// duplicate.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.as_data() {
            View::Pairs(pairs) => entries::visit_struct(pairs, visitor),
            View::Same(value) => value.deserialize_struct(name, fields, visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.as_data() {
            View::Text(Cow::Borrowed(text)) => {
                let variant: StrDeserializer<'_, Error> = text.into_deserializer();
                visitor.visit_enum(variant)
            }
            View::Text(Cow::Owned(text)) => {
                let variant: StringDeserializer<Error> = text.into_deserializer();
                visitor.visit_enum(variant)
            }
            View::Pairs([(tag, content)]) => entries::visit_tagged(tag, content, visitor),
            View::Bytes(bytes) => match bytes.to_text() {
                Some(text) => visitor.visit_enum(text.into_deserializer()),
                None => Err(Error::custom("expected an enum, found bytes")),
            },
            View::Same(value) => value.deserialize_enum(name, variants, visitor),
            _ => Err(Error::custom(
                "expected an enum: text, or a hash of one key",
            )),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }
}

impl<'de> IntoDeserializer<'de, Error> for &'de Value {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// Passes an integer as `serde_json` does: unsigned if it is not negative.
pub(super) fn visit_integer<'de, V: Visitor<'de>>(
    integer: i64,
    visitor: V,
) -> Result<V::Value, Error> {
    match u64::try_from(integer) {
        Ok(unsigned) => visitor.visit_u64(unsigned),
        Err(_) => visitor.visit_i64(integer),
    }
}
