//! A serde deserializer of a Hash's key.

use std::str::FromStr;

use serde::de::value::Error;
use serde::de::{Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::Value;
use super::text::key_text;
use super::text_deserializer::{Text, visit_text};

/// A key to read into any type: as the value that it is; as text by Rails' `as_json` if text is
/// asked for; as the number or boolean in its text if that is asked for (as in `serde_json`).
pub(super) struct Key<'de>(pub(super) &'de Value);

impl Key<'_> {
    fn parse<T: FromStr>(&self) -> Option<T> {
        match self.0 {
            Value::String(text) | Value::Symbol(text) => text.parse().ok(),
            _ => None,
        }
    }
}

macro_rules! parsed {
    ($($method:ident $visit:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.parse() {
                Some(value) => visitor.$visit(value),
                None => self.0.$method(visitor),
            }
        }
    )*};
}

macro_rules! plain {
    ($($method:ident($($argument:ident: $type:ty),*))*) => {$(
        fn $method<V: Visitor<'de>>(
            self,
            $($argument: $type,)*
            visitor: V,
        ) -> Result<V::Value, Error> {
            self.0.$method($($argument,)* visitor)
        }
    )*};
}

macro_rules! text {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            visit_text(key_text(self.0), visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Key<'de> {
    type Error = Error;

    parsed! {
        deserialize_bool visit_bool
        deserialize_i8 visit_i8
        deserialize_i16 visit_i16
        deserialize_i32 visit_i32
        deserialize_i64 visit_i64
        deserialize_i128 visit_i128
        deserialize_u8 visit_u8
        deserialize_u16 visit_u16
        deserialize_u32 visit_u32
        deserialize_u64 visit_u64
        deserialize_u128 visit_u128
        deserialize_f32 visit_f32
        deserialize_f64 visit_f64
    }

    plain! {
        deserialize_any()
        deserialize_bytes()
        deserialize_byte_buf()
        deserialize_ignored_any()
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
    }

    forward_to_deserialize_any! { unit unit_struct seq tuple tuple_struct map }

    text! { deserialize_char deserialize_str deserialize_string deserialize_identifier }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_nil() {
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
        if name == super::hand_off::TOKEN {
            return self.0.deserialize_newtype_struct(name, visitor);
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        Text(key_text(self.0)).deserialize_enum(name, variants, visitor)
    }
}

impl<'de> IntoDeserializer<'de, Error> for Key<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}
