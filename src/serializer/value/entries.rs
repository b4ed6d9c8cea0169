//! The entries of a [`Value`]'s collections, as serde's visitors take them.

use serde::de::value::{Error, I8Deserializer, MapDeserializer, SeqDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::hand_off::RAW_VALUE;
use super::key::Key;
use super::text_deserializer::Text;
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
    visit_map(pairs.iter().map(|(key, value)| (Key(key), value)), visitor)
}

pub(super) fn visit_struct<'de, V: Visitor<'de>>(
    pairs: &'de [(Value, Value)],
    visitor: V,
) -> Result<V::Value, Error> {
    match text_pairs(pairs) {
        None => visit_pairs(pairs, visitor),
        Some(pairs) => {
            let pairs = pairs.into_iter();
            visit_map(pairs.map(|(key, value)| (Text(key), value)), visitor)
        }
    }
}

pub(super) fn visit_fields<'de, V: Visitor<'de>>(
    fields: Vec<(&'de str, Field<'de>)>,
    visitor: V,
) -> Result<V::Value, Error> {
    let fields = fields.into_iter();
    visit_map(
        fields.map(|(name, field)| (Text(name.into()), field)),
        visitor,
    )
}

fn visit_map<'de, K, T, V>(
    pairs: impl Iterator<Item = (K, T)>,
    visitor: V,
) -> Result<V::Value, Error>
where
    K: IntoDeserializer<'de, Error>,
    T: IntoDeserializer<'de, Error>,
    V: Visitor<'de>,
{
    let mut map = MapDeserializer::new(pairs);
    let value = visitor.visit_map(&mut map)?;
    map.end()?;
    Ok(value)
}

/// Passes the one entry from which `serde_json`'s `RawValue` takes its text.
pub(super) fn visit_raw<'de, V: Visitor<'de>>(json: String, visitor: V) -> Result<V::Value, Error> {
    visitor.visit_map(MapDeserializer::new(std::iter::once((RAW_VALUE, json))))
}

macro_rules! by_kind {
    ($($method:ident($($argument:ident: $type:ty),*))*) => {$(
        fn $method<V: Visitor<'de>>(
            self,
            $($argument: $type,)*
            visitor: V,
        ) -> Result<V::Value, Error> {
            match self {
                Field::Value(value) => value.$method($($argument,)* visitor),
                Field::Text(text) => Text(text).$method($($argument,)* visitor),
                Field::Number(number) => {
                    I8Deserializer::new(number).$method($($argument,)* visitor)
                }
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Field<'de> {
    type Error = Error;

    by_kind! {
        deserialize_any()
        deserialize_i128()
        deserialize_u128()
        deserialize_f32()
        deserialize_f64()
        deserialize_bytes()
        deserialize_byte_buf()
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
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

/// Passes an enum in externally tagged form: a Hash of one key, which names the variant.
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
