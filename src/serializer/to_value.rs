//! [`to_value`]: converts any type that serde can serialize into a [`Value`].

use serde::ser::{self, Serialize, Serializer};

use super::DumpError;
use super::json::read::from_json_str;
use super::shapes::{alike, each, lists, structs};
use super::value::{MAX_DEPTH, TOKEN, Value, capture, is_raw, unique_pairs};

/// The newtypes and `Some`s that may be nested in each other. They are not levels of the value, but
/// they are levels of the stack.
const MAX_WRAPPERS: usize = 512;

/// Converts any type into a value. A [`Value`] anywhere inside it is kept unchanged.
pub(crate) fn to_value<T: Serialize + ?Sized>(value: &T) -> Result<Value, DumpError> {
    value.serialize(ValueSerializer::default())
}

#[derive(Clone, Copy, Default)]
struct ValueSerializer {
    levels: usize,
    wrappers: usize,
}

impl ValueSerializer {
    /// Returns the serializer for the items of an array or a map here.
    fn deeper(self) -> Result<Self, DumpError> {
        if self.levels == MAX_DEPTH {
            return Err(DumpError::too_deep(MAX_DEPTH));
        }
        Ok(Self {
            levels: self.levels + 1,
            ..self
        })
    }

    fn wrapped(self) -> Result<Self, DumpError> {
        if self.wrappers == MAX_WRAPPERS {
            return Err(DumpError::too_deep(MAX_DEPTH));
        }
        Ok(Self {
            wrappers: self.wrappers + 1,
            ..self
        })
    }

    fn check(self, value: Value) -> Result<Value, DumpError> {
        if value.nests_at_most(MAX_DEPTH - self.levels) {
            Ok(value)
        } else {
            Err(DumpError::too_deep(MAX_DEPTH))
        }
    }
}

impl Serializer for ValueSerializer {
    alike! { Value, Items, Pairs }

    each! {
        |_this, v| Ok(v.into()) => Value;
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32,
        serialize_i64: i64, serialize_i128: i128, serialize_u8: u8, serialize_u16: u16,
        serialize_u32: u32, serialize_u64: u64, serialize_u128: u128, serialize_f64: f64,
        serialize_str: &str,
    }

    /// Keeps the shortest digits, as JSON does: 0.1, not the 0.10000000149011612 of a plain
    /// widening. The value reads back to the same `f32`.
    fn serialize_f32(self, v: f32) -> Result<Value, DumpError> {
        Ok(Value::Float(v.to_string().parse().unwrap_or(f64::from(v))))
    }

    fn serialize_bytes(self, v: &[u8]) -> Result<Value, DumpError> {
        Ok(Value::bytes(v, "ASCII-8BIT"))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, DumpError> {
        value.serialize(self.wrapped()?)
    }

    fn serialize_unit(self) -> Result<Value, DumpError> {
        Ok(Value::Nil)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<Value, DumpError> {
        let inner = self.wrapped()?;
        if name == TOKEN {
            return self.check(capture(|| value.serialize(inner))?);
        }
        value.serialize(inner)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value, DumpError> {
        Ok(tagged(Some(variant), value.serialize(self.deeper()?)?))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Items, DumpError> {
        Ok(Items {
            variant: None,
            collected: room(length),
            inner: self.deeper()?,
        })
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Items, DumpError> {
        Ok(Items {
            variant: Some(variant),
            ..self.deeper()?.serialize_seq(Some(length))?
        })
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Pairs, DumpError> {
        Ok(Pairs {
            variant: None,
            collected: room(length),
            key: None,
            raw: false,
            inner: self.deeper()?,
        })
    }

    fn serialize_struct(self, name: &'static str, length: usize) -> Result<Pairs, DumpError> {
        if is_raw(name) {
            return Ok(Pairs {
                variant: None,
                collected: Vec::new(),
                key: None,
                raw: true,
                inner: self,
            });
        }
        self.serialize_map(Some(length))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Pairs, DumpError> {
        Ok(Pairs {
            variant: Some(variant),
            ..self.deeper()?.serialize_map(Some(length))?
        })
    }
}

/// Reserves room for at most 1,024 items: a length is only a claim of foreign code.
fn room<T>(length: Option<usize>) -> Vec<T> {
    Vec::with_capacity(length.unwrap_or(0).min(1_024))
}

/// Returns the value; if it is an enum's, in serde's externally tagged form.
fn tagged(variant: Option<&str>, content: Value) -> Value {
    match variant {
        Some(variant) => Value::Hash(vec![(variant.into(), content)]),
        None => content,
    }
}

/// An array, a tuple or an enum's variant of several values.
struct Items {
    variant: Option<&'static str>,
    collected: Vec<Value>,
    inner: ValueSerializer,
}

/// A map, a struct or an enum's variant with fields; or the JSON text of a raw value, which arrives
/// as a struct.
struct Pairs {
    variant: Option<&'static str>,
    collected: Vec<(Value, Value)>,
    key: Option<Value>,
    raw: bool,
    inner: ValueSerializer,
}

impl Items {
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), DumpError> {
        self.collected.push(value.serialize(self.inner)?);
        Ok(())
    }

    #[expect(clippy::unnecessary_wraps, reason = "as any collection ends")]
    fn finish(self) -> Result<Value, DumpError> {
        Ok(tagged(self.variant, Value::Array(self.collected)))
    }
}

impl Pairs {
    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), DumpError> {
        self.collected
            .push((name.into(), value.serialize(self.inner)?));
        Ok(())
    }

    fn finish(mut self) -> Result<Value, DumpError> {
        if !self.raw {
            let pairs = Value::Hash(unique_pairs(self.collected));
            return Ok(tagged(self.variant, pairs));
        }
        match self.collected.pop() {
            Some((_, Value::String(json))) => self.inner.check(from_json_str(&json)?),
            _ => Err(DumpError("raw JSON without its text".to_owned())),
        }
    }
}

lists! { Items => Value }
structs! { Pairs => Value }

impl ser::SerializeMap for Pairs {
    type Ok = Value;
    type Error = DumpError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), DumpError> {
        self.key = Some(key.serialize(self.inner)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), DumpError> {
        let key = self
            .key
            .take()
            .ok_or_else(|| DumpError("a map's value without a key".to_owned()))?;
        self.collected.push((key, value.serialize(self.inner)?));
        Ok(())
    }

    fn end(self) -> Result<Value, DumpError> {
        self.finish()
    }
}
