//! [`ReadKey`]: a serde deserializer of an array's key, and the visits of integers and strings.

use std::borrow::Cow;

use serde::de::{Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::array_key::ArrayKey;
use super::read_fault::ReadFault;
use crate::serializer::value::{TOKEN, give};

/// A key that is being read: an integer as text too if text is asked for, and the number in a text
/// if that is asked for.
pub(super) struct ReadKey<'a>(pub(super) ArrayKey<'a>);

macro_rules! numbers {
    ($($method:ident $type:ty => $visit:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadFault> {
            let text = match &self.0 {
                ArrayKey::Text(bytes) => std::str::from_utf8(bytes).ok(),
                ArrayKey::Integer(_) => None,
            };
            match text.and_then(|text| text.parse::<$type>().ok()) {
                Some(number) => visitor.$visit(number),
                None => self.deserialize_any(visitor),
            }
        }
    )*};
}

macro_rules! texts {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadFault> {
            match self.0 {
                ArrayKey::Integer(integer) => visitor.visit_string(integer.to_string()),
                ArrayKey::Text(bytes) => visit_bytes(bytes, visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for ReadKey<'de> {
    type Error = ReadFault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadFault> {
        match self.0 {
            ArrayKey::Integer(integer) => visit_integer(integer, visitor),
            ArrayKey::Text(bytes) => visit_bytes(bytes, visitor),
        }
    }

    numbers! {
        deserialize_bool bool => visit_bool
        deserialize_i8 i8 => visit_i8
        deserialize_i16 i16 => visit_i16
        deserialize_i32 i32 => visit_i32
        deserialize_i64 i64 => visit_i64
        deserialize_i128 i128 => visit_i128
        deserialize_u8 u8 => visit_u8
        deserialize_u16 u16 => visit_u16
        deserialize_u32 u32 => visit_u32
        deserialize_u64 u64 => visit_u64
        deserialize_u128 u128 => visit_u128
        deserialize_f32 f32 => visit_f32
        deserialize_f64 f64 => visit_f64
    }

    texts! { deserialize_char deserialize_str deserialize_string deserialize_identifier }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadFault> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadFault> {
        if name == TOKEN {
            return give(self.0.into_value(), || visitor.visit_unit());
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadFault> {
        visitor.visit_enum(self.0.into_text().into_owned().into_deserializer())
    }

    forward_to_deserialize_any! {
        bytes byte_buf unit unit_struct seq tuple tuple_struct map struct ignored_any
    }
}

/// Passes an integer as `serde_json` does: unsigned if it is not negative.
pub(super) fn visit_integer<'de, V: Visitor<'de>>(
    integer: i64,
    visitor: V,
) -> Result<V::Value, ReadFault> {
    match u64::try_from(integer) {
        Ok(unsigned) => visitor.visit_u64(unsigned),
        Err(_) => visitor.visit_i64(integer),
    }
}

/// Passes a string: as text if it is UTF-8.
pub(super) fn visit_bytes<'de, V: Visitor<'de>>(
    bytes: Cow<'de, [u8]>,
    visitor: V,
) -> Result<V::Value, ReadFault> {
    match bytes {
        Cow::Borrowed(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => visitor.visit_borrowed_str(text),
            Err(_) => visitor.visit_borrowed_bytes(bytes),
        },
        Cow::Owned(bytes) => match String::from_utf8(bytes) {
            Ok(text) => visitor.visit_string(text),
            Err(error) => visitor.visit_byte_buf(error.into_bytes()),
        },
    }
}
