//! Reads a value into any type, without a [`Value`] in between: only what the type asks for is
//! read.

use std::borrow::Cow;

use serde::de::value::{MapAccessDeserializer, MapDeserializer};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess,
    SeqAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::array_key::ArrayKey;
use super::node_value::{Budget, is_list, property_text};
use super::nodes::Nodes;
use super::read_fault::ReadFault;
use super::read_key::{ReadKey, visit_bytes, visit_integer};
use crate::serializer::Unfit;
use crate::serializer::value::{RAW_VALUE, TOKEN, give, hex_text, plain_properties};

/// Reads a value as a type.
pub(super) fn read<T: DeserializeOwned>(nodes: &Nodes, node: u32) -> Result<T, Unfit> {
    let budget = Budget::of(nodes);
    let reading = Reading {
        nodes,
        node,
        budget: &budget,
    };
    T::deserialize(reading).map_err(|fault| match fault {
        ReadFault::Unreadable(error) => Unfit::Unreadable(error),
        ReadFault::Unfit => {
            let kind = kind(nodes.kind(nodes.resolved(node)));
            Unfit::OfAnotherType(format!("it is {kind}, not {}", std::any::type_name::<T>()))
        }
    })
}

/// Names a type of PHP by its letter.
fn kind(letter: u8) -> &'static str {
    match letter {
        b'b' => "a boolean",
        b'i' => "an integer",
        b'd' => "a float",
        b's' | b'S' => "a string",
        b'a' => "an array",
        b'E' => "an enum's case",
        b'O' | b'C' => "an object",
        _ => "null",
    }
}

/// The number of times that an array or object may contain itself: a post's author may refer to
/// that post, while the type asks only for its title.
const MOST_INSIDE_ITSELF: usize = 2;

/// A value that is being read.
#[derive(Clone, Copy)]
struct Reading<'a> {
    nodes: &'a Nodes,
    node: u32,
    budget: &'a Budget,
}

impl<'a> Reading<'a> {
    /// Returns the letter and the node of the value itself, and counts it.
    fn begin(self) -> Result<(u8, u32), ReadFault> {
        let node = self.nodes.resolved(self.node);
        let counted = self.budget.spend(self.nodes, node);
        counted.map_err(ReadFault::Unreadable)?;
        Ok((self.nodes.kind(node), node))
    }

    /// Reads an array or object by its pairs.
    fn enter<R>(
        self,
        letter: u8,
        node: u32,
        read: impl FnOnce(Vec<(ArrayKey<'a>, u32)>) -> Result<R, ReadFault>,
    ) -> Result<R, ReadFault> {
        let Self { nodes, budget, .. } = self;
        budget.enter(
            nodes,
            node,
            MOST_INSIDE_ITSELF,
            ReadFault::Unreadable,
            || read(self.pairs(letter, node)?),
        )
    }

    /// Returns the pairs of an array, or the properties of an object by their plain names.
    fn pairs(self, letter: u8, node: u32) -> Result<Vec<(ArrayKey<'a>, u32)>, ReadFault> {
        let mut pairs = self.nodes.pairs(node);
        let counted = self.budget.spend_inside(self.nodes, node, pairs.len());
        counted.map_err(ReadFault::Unreadable)?;
        if letter == b'O' {
            let full: Vec<_> = pairs
                .iter()
                .map(|(name, node)| (property_text(name), *node))
                .collect();
            let plain = plain_properties(full.iter().map(|(name, node)| (&**name, *node)));
            pairs = plain
                .into_iter()
                .map(|(name, node)| (ArrayKey::Text(Cow::Owned(name.into())), node))
                .collect();
        }
        Ok(pairs)
    }

    fn map_of(self, pairs: Vec<(ArrayKey<'a>, u32)>) -> Pairs<'a> {
        Pairs {
            around: self,
            left: pairs.into_iter(),
            value: None,
        }
    }

    fn visit_values<V: Visitor<'a>>(
        self,
        pairs: Vec<(ArrayKey<'a>, u32)>,
        visitor: V,
    ) -> Result<V::Value, ReadFault> {
        let mut values = Values {
            around: self,
            values: pairs.into_iter(),
        };
        let value = visitor.visit_seq(&mut values)?;
        match values.values.next() {
            None => Ok(value),
            Some(_) => Err(ReadFault::Unfit),
        }
    }
}

impl<'de> Deserializer<'de> for Reading<'de> {
    type Error = ReadFault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadFault> {
        let (letter, node) = self.begin()?;
        let nodes = self.nodes;
        match letter {
            b'b' => visitor.visit_bool(nodes.bytes(node) == b"b:1;"),
            b'i' => visit_integer(nodes.integer(node), visitor),
            b'd' => visitor.visit_f64(nodes.float(node)),
            b's' | b'S' => visit_bytes(nodes.string(node), visitor),
            b'a' | b'O' => self.enter(letter, node, |pairs| {
                if letter == b'a' && is_list(&pairs) {
                    self.visit_values(pairs, visitor)
                } else {
                    visitor.visit_map(self.map_of(pairs))
                }
            }),
            b'E' => visit_bytes(Cow::Borrowed(nodes.case(node).1), visitor),
            b'C' => {
                let class = String::from_utf8_lossy(nodes.name(node)).into_owned();
                let data = hex_text(nodes.custom_data(node));
                let fields = [("class", class), ("data", data)];
                visitor.visit_map(MapDeserializer::new(fields.into_iter()))
            }
            _ => visitor.visit_unit(),
        }
    }

    /// Reads an array whose keys are integers, in its order: `unset` leaves gaps in a list.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadFault> {
        let (letter, node) = self.begin()?;
        if letter != b'a' {
            return self.deserialize_any(visitor);
        }
        self.enter(letter, node, |pairs| {
            let is_integer = |(key, _): &(ArrayKey<'_>, u32)| matches!(key, ArrayKey::Integer(_));
            if pairs.iter().all(is_integer) {
                self.visit_values(pairs, visitor)
            } else {
                visitor.visit_map(self.map_of(pairs))
            }
        })
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, ReadFault> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, ReadFault> {
        self.deserialize_seq(visitor)
    }

    /// Reads an array of any keys: PHP has one empty array, for lists and maps.
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadFault> {
        let (letter, node) = self.begin()?;
        match letter {
            b'a' | b'O' => self.enter(letter, node, |pairs| visitor.visit_map(self.map_of(pairs))),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadFault> {
        self.deserialize_map(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadFault> {
        if self.nodes.kind(self.nodes.resolved(self.node)) == b'N' {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadFault> {
        match self.begin()? {
            (b's' | b'S', node) => match self.nodes.string(node) {
                Cow::Borrowed(bytes) => visitor.visit_borrowed_bytes(bytes),
                Cow::Owned(bytes) => visitor.visit_byte_buf(bytes),
            },
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadFault> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadFault> {
        if name != TOKEN && name != RAW_VALUE {
            return visitor.visit_newtype_struct(self);
        }
        let value = self.nodes.value(self.node, self.budget);
        let value = value.map_err(ReadFault::Unreadable)?;
        if name == TOKEN {
            return give(value, || visitor.visit_unit());
        }
        let json = [(RAW_VALUE, value.to_string())];
        visitor.visit_map(MapDeserializer::new(json.into_iter()))
    }

    /// Reads a variant without content from its name or from the case of an enum, and any other
    /// from an array of one key.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadFault> {
        let (letter, node) = self.begin()?;
        let name = match letter {
            b's' | b'S' => self.nodes.string(node),
            b'E' => Cow::Borrowed(self.nodes.case(node).1),
            b'a' | b'O' => {
                return self.enter(letter, node, |pairs| {
                    if pairs.len() != 1 {
                        return Err(ReadFault::Unfit);
                    }
                    visitor.visit_enum(MapAccessDeserializer::new(self.map_of(pairs)))
                });
            }
            _ => return Err(ReadFault::Unfit),
        };
        let name = std::str::from_utf8(&name).map_err(ReadFault::custom)?;
        visitor.visit_enum(name.into_deserializer())
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadFault> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string unit unit_struct
        identifier
    }
}

/// The values of an array, for a sequence.
struct Values<'a> {
    around: Reading<'a>,
    values: std::vec::IntoIter<(ArrayKey<'a>, u32)>,
}

impl<'de> SeqAccess<'de> for Values<'de> {
    type Error = ReadFault;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, ReadFault> {
        let next = self.values.next();
        next.map(|(_, node)| {
            seed.deserialize(Reading {
                node,
                ..self.around
            })
        })
        .transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.values.len())
    }
}

/// The keys and values of an array or object, for a map.
struct Pairs<'a> {
    around: Reading<'a>,
    left: std::vec::IntoIter<(ArrayKey<'a>, u32)>,
    value: Option<u32>,
}

impl<'de> MapAccess<'de> for Pairs<'de> {
    type Error = ReadFault;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, ReadFault> {
        let Some((key, node)) = self.left.next() else {
            return Ok(None);
        };
        self.value = Some(node);
        seed.deserialize(ReadKey(key)).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, ReadFault> {
        let node = self.value.take().ok_or(ReadFault::Unfit)?;
        seed.deserialize(Reading {
            node,
            ..self.around
        })
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left.len())
    }
}
