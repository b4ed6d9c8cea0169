//! The entries of a [`Value`]'s collections, as serde's visitors take them.

use std::borrow::Cow;

use serde::de::value::{Error, MapDeserializer, SeqDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, Unexpected,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::hand_off::RAW_VALUE;
use super::key::Key;
use super::text_deserializer::{Text, visit_text};
use super::{Field, Value, text_pairs};

pub(super) fn visit_list<'de, V: Visitor<'de>>(
    items: &'de [Value],
    visitor: V,
) -> Result<V::Value, Error> {
    let mut seq = SeqDeserializer::new(items.iter());
    let value = visitor.visit_seq(&mut seq)?;
    seq.end()?;
    Ok(value)
}

pub(super) fn visit_pairs<'de, V: Visitor<'de>>(
    pairs: &'de [(Value, Value)],
    visitor: V,
) -> Result<V::Value, Error> {
    let mut map = MapDeserializer::new(pairs.iter().map(|(key, value)| (Key(key), value)));
    let value = visitor.visit_map(&mut map)?;
    map.end()?;
    Ok(value)
}

pub(super) fn visit_struct<'de, V: Visitor<'de>>(
    pairs: &'de [(Value, Value)],
    visitor: V,
) -> Result<V::Value, Error> {
    let Some(pairs) = text_pairs(pairs) else {
        return visit_pairs(pairs, visitor);
    };
    let mut map = MapDeserializer::new(pairs.into_iter().map(|(key, value)| (Text(key), value)));
    let value = visitor.visit_map(&mut map)?;
    map.end()?;
    Ok(value)
}

pub(super) fn visit_fields<'de, V: Visitor<'de>>(
    fields: Vec<(&'de str, Field<'de>)>,
    visitor: V,
) -> Result<V::Value, Error> {
    let fields = fields
        .into_iter()
        .map(|(name, field)| (Text(Cow::Borrowed(name)), field));
    let mut map = MapDeserializer::new(fields);
    let value = visitor.visit_map(&mut map)?;
    map.end()?;
    Ok(value)
}

/// The one entry under which `serde_json`'s `RawValue` takes its text.
pub(super) fn visit_raw<'de, V: Visitor<'de>>(json: String, visitor: V) -> Result<V::Value, Error> {
    visitor.visit_map(MapDeserializer::new(std::iter::once((RAW_VALUE, json))))
}

impl<'de> Deserializer<'de> for Field<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Field::Value(value) => value.deserialize_any(visitor),
            Field::Text(text) => visit_text(text, visitor),
            Field::Number(number) => visitor.visit_i8(number),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Field::Value(value) => value.deserialize_option(visitor),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self {
            Field::Value(value) => value.deserialize_newtype_struct(name, visitor),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self {
            Field::Value(value) => value.deserialize_enum(name, variants, visitor),
            Field::Text(text) => Text(text).deserialize_enum(name, variants, visitor),
            Field::Number(number) => Err(Error::invalid_type(
                Unexpected::Signed(number.into()),
                &"an enum",
            )),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self {
            Field::Value(value) => value.deserialize_struct(name, fields, visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Field::Value(value) => value.deserialize_f64(visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Field::Value(value) => value.deserialize_i128(visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Field::Value(value) => value.deserialize_u128(visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Field::Value(value) => value.deserialize_bytes(visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_bytes(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 char str string unit
        unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, Error> for Field<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// An enum in externally tagged form: a Hash of one key, which names the variant.
pub(super) fn visit_tagged<'de, V: Visitor<'de>>(
    tag: &'de Value,
    content: &'de Value,
    visitor: V,
) -> Result<V::Value, Error> {
    visitor.visit_enum(Tagged { tag, content })
}

struct Tagged<'de> {
    tag: &'de Value,
    content: &'de Value,
}

impl<'de> EnumAccess<'de> for Tagged<'de> {
    type Error = Error;
    type Variant = Content<'de>;

    fn variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<(T::Value, Content<'de>), Error> {
        Ok((seed.deserialize(Key(self.tag))?, Content(self.content)))
    }
}

struct Content<'de>(&'de Value);

impl<'de> VariantAccess<'de> for Content<'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        if self.0.is_nil() {
            return Ok(());
        }
        Err(Error::custom("expected a variant without content"))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Error> {
        self.0.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.0.deserialize_struct("", fields, visitor)
    }
}
