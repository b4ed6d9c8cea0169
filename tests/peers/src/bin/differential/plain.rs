//! [`Plain`]: what MessagePack has by itself.

use std::fmt;

use hardtack_peers::Generator;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// A value of MessagePack without extension types.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Plain {
    Nil,
    Bool(bool),
    Integer(i64),
    /// Above an `i64`.
    Unsigned(u64),
    /// A Float by its bits: NaN is no equal of its own.
    Float(u64),
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<Plain>),
    Map(Vec<(Plain, Plain)>),
}

impl Plain {
    /// Makes a value. Lengths and integers lie about the bounds at which their form changes.
    pub(crate) fn random(random: &mut Generator, depth: usize) -> Self {
        match random.below(if depth == 0 { 8 } else { 11 }) {
            0 => Self::Nil,
            1 => Self::Bool(random.below(2) == 1),
            2 | 3 => integer(random),
            4 => match random.float() {
                hardtack_peers::Data::Float(float) => Self::Float(float.to_bits()),
                other => panic!("no Float: {other:?}"),
            },
            5 => Self::Text(random.text(12)),
            6 => Self::Text("é".repeat(length(random) / 2)),
            7 => Self::Bytes((0..length(random)).map(|_| byte(random)).collect()),
            8 => Self::List(
                (0..random.below(20))
                    .map(|_| Self::random(random, depth - 1))
                    .collect(),
            ),
            9 => Self::List(vec![Self::Integer(1); length(random)]),
            _ => {
                let mut pairs: Vec<(Self, Self)> = Vec::new();
                for _ in 0..random.below(20) {
                    let key = match random.below(4) {
                        0 => integer(random),
                        1 => Self::Bool(random.below(2) == 1),
                        _ => Self::Text(random.text(3)),
                    };
                    if pairs.iter().all(|(known, _)| *known != key) {
                        pairs.push((key, Self::random(random, depth - 1)));
                    }
                }
                Self::Map(pairs)
            }
        }
    }

    /// Reads the whole of these bytes by `rmp-serde`.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        let mut rest = bytes;
        let read = rmp_serde::from_read(&mut rest).map_err(|error| error.to_string())?;
        if rest.is_empty() {
            Ok(read)
        } else {
            Err("more bytes than a value".to_owned())
        }
    }

    /// Writes the value with lengths and integers of any width, which readers must accept.
    pub(crate) fn in_any_width(&self, random: &mut Generator) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write(random, &mut bytes);
        bytes
    }

    fn write(&self, random: &mut Generator, to: &mut Vec<u8>) {
        match self {
            Self::Nil => to.push(0xc0),
            Self::Bool(boolean) => to.push(0xc2 + u8::from(*boolean)),
            Self::Integer(integer) if *integer >= 0 => {
                number([0xcc, 0xcd, 0xce, 0xcf], integer.unsigned_abs(), random, to);
            }
            Self::Integer(integer) => {
                let fits = [i64::from(i8::MIN), i64::from(i16::MIN), i64::from(i32::MIN)];
                let least = fits.iter().take_while(|least| *integer < **least).count();
                let width = least + random.below(4 - least);
                to.push(0xd0 + u8::try_from(width).expect("it is small"));
                to.extend(&integer.to_be_bytes()[8 - (1 << width)..]);
            }
            Self::Unsigned(integer) => {
                to.push(0xcf);
                to.extend(integer.to_be_bytes());
            }
            Self::Float(float) => {
                to.push(0xcb);
                to.extend(float.to_be_bytes());
            }
            Self::Text(text) => {
                number([0xd9, 0xda, 0xdb, 0xdb], text.len() as u64, random, to);
                to.extend(text.as_bytes());
            }
            Self::Bytes(bytes) => {
                number([0xc4, 0xc5, 0xc6, 0xc6], bytes.len() as u64, random, to);
                to.extend(bytes);
            }
            Self::List(items) => {
                number([0xdc, 0xdc, 0xdd, 0xdd], items.len() as u64, random, to);
                for item in items {
                    item.write(random, to);
                }
            }
            Self::Map(pairs) => {
                number([0xde, 0xde, 0xdf, 0xdf], pairs.len() as u64, random, to);
                for (key, value) in pairs {
                    key.write(random, to);
                    value.write(random, to);
                }
            }
        }
    }
}

/// Writes a marker and a number of its width; the markers are for 1, 2, 4 and 8 bytes. Where two are
/// equal, it is of the width that both have: the wider one of the first two, the narrower of the last.
fn number(markers: [u8; 4], number: u64, random: &mut Generator, to: &mut Vec<u8>) {
    let needed = [0xff, 0xffff, 0xffff_ffff];
    let least = needed.iter().take_while(|most| number > **most).count();
    let mut width = least + random.below(4 - least);
    if width == 0 && markers[0] == markers[1] {
        width = 1;
    }
    if width == 3 && markers[3] == markers[2] {
        width = 2;
    }
    to.push(markers[width]);
    to.extend(&number.to_be_bytes()[8 - (1 << width)..]);
}

fn integer(random: &mut Generator) -> Plain {
    let bits = [0, 5, 7, 8, 15, 16, 31, 32, 62, 63][random.below(10)];
    let around = (1_i128 << bits) + i128::try_from(random.below(5)).expect("small") - 2;
    let number = if random.below(2) == 1 {
        -around
    } else {
        around
    };
    match (i64::try_from(number), u64::try_from(number)) {
        (Ok(number), _) => Plain::Integer(number),
        (_, Ok(number)) => Plain::Unsigned(number),
        _ => Plain::Integer(i64::MIN),
    }
}

fn length(random: &mut Generator) -> usize {
    let around = [2, 16, 32, 256, 300][random.below(5)];
    around + random.below(4) - 2
}

fn byte(random: &mut Generator) -> u8 {
    u8::try_from(random.below(256)).expect("it is a byte")
}

impl Serialize for Plain {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Nil => serializer.serialize_unit(),
            Self::Bool(boolean) => serializer.serialize_bool(*boolean),
            Self::Integer(integer) => serializer.serialize_i64(*integer),
            Self::Unsigned(integer) => serializer.serialize_u64(*integer),
            Self::Float(float) => serializer.serialize_f64(f64::from_bits(*float)),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Bytes(bytes) => serializer.serialize_bytes(bytes),
            Self::List(items) => serializer.collect_seq(items),
            Self::Map(pairs) => {
                let mut map = serializer.serialize_map(Some(pairs.len()))?;
                for (key, value) in pairs {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PlainVisitor)
    }
}

struct PlainVisitor;

impl<'de> Visitor<'de> for PlainVisitor {
    type Value = Plain;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value without an extension type")
    }

    fn visit_unit<E>(self) -> Result<Plain, E> {
        Ok(Plain::Nil)
    }

    fn visit_bool<E>(self, boolean: bool) -> Result<Plain, E> {
        Ok(Plain::Bool(boolean))
    }

    fn visit_i64<E>(self, integer: i64) -> Result<Plain, E> {
        Ok(Plain::Integer(integer))
    }

    fn visit_u64<E>(self, integer: u64) -> Result<Plain, E> {
        let small = i64::try_from(integer);
        Ok(small.map_or(Plain::Unsigned(integer), Plain::Integer))
    }

    fn visit_f64<E>(self, float: f64) -> Result<Plain, E> {
        Ok(Plain::Float(float.to_bits()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Plain, E> {
        Ok(Plain::Text(text.to_owned()))
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Plain, E> {
        Ok(Plain::Bytes(bytes.to_vec()))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, _: D) -> Result<Plain, D::Error> {
        Err(D::Error::custom("an extension type"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Plain, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Plain::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Plain, A::Error> {
        let mut pairs: Vec<(Plain, Plain)> = Vec::new();
        while let Some((key, value)) = entries.next_entry()? {
            // Of equal keys the last value counts, in the place of the first, as in Ruby's Hash.
            match pairs.iter_mut().find(|(known, _)| *known == key) {
                Some((_, known)) => *known = value,
                None => pairs.push((key, value)),
            }
        }
        Ok(Plain::Map(pairs))
    }
}
