//! [`to_value`]: any type that serde knows, as a [`Value`].

use std::fmt::Display;

use serde::ser::{Serialize, Serializer};

use super::collector::{Items, Pairs, Struct, Variant, tagged};
use super::hand_off::{RAW_VALUE, TOKEN, capture};
use super::{MAX_DEPTH, RubyBytes, Value};
use crate::serializer::DumpError;

/// The struct name under which `serde_json` passes a number where its feature
/// `arbitrary_precision` is on: one field with JSON text, as a `RawValue`.
const RAW_NUMBER: &str = "$serde_json::private::Number";

/// How many newtypes and `Some`s may stand around each other: they are no levels of the value, but
/// they are levels of the stack.
const MAX_WRAPPERS: usize = 512;

/// The value of any type. A [`Value`] anywhere inside it stays exactly what it is.
pub(crate) fn to_value<T: Serialize + ?Sized>(value: &T) -> Result<Value, DumpError> {
    value.serialize(ValueSerializer::default())
}

#[derive(Clone, Copy, Default)]
pub(super) struct ValueSerializer {
    levels: usize,
    wrappers: usize,
}

impl ValueSerializer {
    /// The serializer for what stands in an array or a map here.
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

    pub(super) fn check(self, value: Value) -> Result<Value, DumpError> {
        if value.nests_at_most(MAX_DEPTH - self.levels) {
            Ok(value)
        } else {
            Err(DumpError::too_deep(MAX_DEPTH))
        }
    }
}

impl Serializer for ValueSerializer {
    type Ok = Value;
    type Error = DumpError;
    type SerializeSeq = Items;
    type SerializeTuple = Items;
    type SerializeTupleStruct = Items;
    type SerializeTupleVariant = Variant<Items>;
    type SerializeMap = Pairs;
    type SerializeStruct = Struct;
    type SerializeStructVariant = Variant<Pairs>;

    fn serialize_bool(self, v: bool) -> Result<Value, DumpError> {
        Ok(Value::Bool(v))
    }

    fn serialize_i8(self, v: i8) -> Result<Value, DumpError> {
        Ok(v.into())
    }

    fn serialize_i16(self, v: i16) -> Result<Value, DumpError> {
        Ok(v.into())
    }

    fn serialize_i32(self, v: i32) -> Result<Value, DumpError> {
        Ok(v.into())
    }

    fn serialize_i64(self, v: i64) -> Result<Value, DumpError> {
        Ok(v.into())
    }

    fn serialize_i128(self, v: i128) -> Result<Value, DumpError> {
        Ok(v.into())
    }

    fn serialize_u8(self, v: u8) -> Result<Value, DumpError> {
        Ok(v.into())
    }

    fn serialize_u16(self, v: u16) -> Result<Value, DumpError> {
        Ok(v.into())
    }

    fn serialize_u32(self, v: u32) -> Result<Value, DumpError> {
        Ok(v.into())
    }

    fn serialize_u64(self, v: u64) -> Result<Value, DumpError> {
        Ok(v.into())
    }

    fn serialize_u128(self, v: u128) -> Result<Value, DumpError> {
        Ok(v.into())
    }

    /// By its shortest digits, as JSON has it: 0.1, not the 0.10000000149011612 of a mere widening.
    /// It reads back to the same `f32`.
    fn serialize_f32(self, v: f32) -> Result<Value, DumpError> {
        Ok(Value::Float(v.to_string().parse().unwrap_or(f64::from(v))))
    }

    fn serialize_f64(self, v: f64) -> Result<Value, DumpError> {
        Ok(Value::Float(v))
    }

    fn serialize_char(self, v: char) -> Result<Value, DumpError> {
        Ok(Value::String(v.to_string()))
    }

    fn serialize_str(self, v: &str) -> Result<Value, DumpError> {
        Ok(v.into())
    }

    fn serialize_bytes(self, v: &[u8]) -> Result<Value, DumpError> {
        Ok(Value::Bytes(RubyBytes {
            bytes: v.to_vec(),
            encoding: "ASCII-8BIT".to_owned(),
        }))
    }

    fn serialize_none(self) -> Result<Value, DumpError> {
        Ok(Value::Nil)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, DumpError> {
        value.serialize(self.wrapped()?)
    }

    fn serialize_unit(self) -> Result<Value, DumpError> {
        Ok(Value::Nil)
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<Value, DumpError> {
        Ok(Value::Nil)
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<Value, DumpError> {
        Ok(variant.into())
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
        Ok(tagged(variant, value.serialize(self.deeper()?)?))
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Items, DumpError> {
        // A length is a promise of somebody's code, not a reason to reserve any amount.
        let items = Vec::with_capacity(len.unwrap_or(0).min(1_024));
        Ok(Items {
            items,
            inner: self.deeper()?,
        })
    }

    fn serialize_tuple(self, len: usize) -> Result<Items, DumpError> {
        self.serialize_seq(Some(len))
    }

    fn serialize_tuple_struct(self, _name: &'static str, len: usize) -> Result<Items, DumpError> {
        self.serialize_seq(Some(len))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Variant<Items>, DumpError> {
        Ok(Variant {
            name: variant,
            content: self.deeper()?.serialize_seq(Some(len))?,
        })
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Pairs, DumpError> {
        let entries = Vec::with_capacity(len.unwrap_or(0).min(1_024));
        Ok(Pairs {
            entries,
            key: None,
            inner: self.deeper()?,
        })
    }

    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Struct, DumpError> {
        if name == RAW_VALUE || name == RAW_NUMBER {
            return Ok(Struct::Raw {
                json: None,
                place: self,
            });
        }
        self.serialize_map(Some(len)).map(Struct::Plain)
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Variant<Pairs>, DumpError> {
        Ok(Variant {
            name: variant,
            content: self.deeper()?.serialize_map(Some(len))?,
        })
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<Value, DumpError> {
        Ok(Value::String(value.to_string()))
    }
}
