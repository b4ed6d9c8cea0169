//! What [`to_value`](super::to_value()) gathers: the items, pairs and fields of a collection.

use serde::ser::{self, Serialize};

use super::to_value::ValueSerializer;
use super::{Value, unique_pairs};
use crate::serializer::DumpError;
use crate::serializer::json::read::from_json_str;

/// An enum's value in serde's externally tagged form.
pub(super) fn tagged(variant: &str, content: Value) -> Value {
    Value::Hash(vec![(variant.into(), content)])
}

/// An array, a tuple.
pub(super) struct Items {
    pub(super) items: Vec<Value>,
    pub(super) inner: ValueSerializer,
}

impl Items {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), DumpError> {
        self.items.push(value.serialize(self.inner)?);
        Ok(())
    }
}

impl ser::SerializeSeq for Items {
    type Ok = Value;
    type Error = DumpError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), DumpError> {
        self.push(value)
    }

    fn end(self) -> Result<Value, DumpError> {
        Ok(Value::Array(self.items))
    }
}

impl ser::SerializeTuple for Items {
    type Ok = Value;
    type Error = DumpError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), DumpError> {
        self.push(value)
    }

    fn end(self) -> Result<Value, DumpError> {
        Ok(Value::Array(self.items))
    }
}

impl ser::SerializeTupleStruct for Items {
    type Ok = Value;
    type Error = DumpError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), DumpError> {
        self.push(value)
    }

    fn end(self) -> Result<Value, DumpError> {
        Ok(Value::Array(self.items))
    }
}

/// A map.
pub(super) struct Pairs {
    pub(super) entries: Vec<(Value, Value)>,
    pub(super) key: Option<Value>,
    pub(super) inner: ValueSerializer,
}

impl Pairs {
    fn push<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), DumpError> {
        self.entries
            .push((name.into(), value.serialize(self.inner)?));
        Ok(())
    }

    fn finish(self) -> Value {
        Value::Hash(unique_pairs(self.entries))
    }
}

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
        self.entries.push((key, value.serialize(self.inner)?));
        Ok(())
    }

    fn end(self) -> Result<Value, DumpError> {
        Ok(self.finish())
    }
}

/// A struct; or the JSON text of a `RawValue`, which comes as one.
pub(super) enum Struct {
    Plain(Pairs),
    Raw {
        json: Option<Value>,
        place: ValueSerializer,
    },
}

impl ser::SerializeStruct for Struct {
    type Ok = Value;
    type Error = DumpError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), DumpError> {
        match self {
            Self::Plain(pairs) => pairs.push(name, value),
            Self::Raw { json, place } => {
                *json = Some(value.serialize(*place)?);
                Ok(())
            }
        }
    }

    fn end(self) -> Result<Value, DumpError> {
        match self {
            Self::Plain(pairs) => Ok(pairs.finish()),
            Self::Raw {
                json: Some(Value::String(json)),
                place,
            } => place.check(from_json_str(&json)?),
            Self::Raw { .. } => Err(DumpError("raw JSON without its text".to_owned())),
        }
    }
}

/// An enum's variant with more than one field.
pub(super) struct Variant<C> {
    pub(super) name: &'static str,
    pub(super) content: C,
}

impl ser::SerializeTupleVariant for Variant<Items> {
    type Ok = Value;
    type Error = DumpError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), DumpError> {
        self.content.push(value)
    }

    fn end(self) -> Result<Value, DumpError> {
        Ok(tagged(self.name, Value::Array(self.content.items)))
    }
}

impl ser::SerializeStructVariant for Variant<Pairs> {
    type Ok = Value;
    type Error = DumpError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), DumpError> {
        self.content.push(name, value)
    }

    fn end(self) -> Result<Value, DumpError> {
        Ok(tagged(self.name, self.content.finish()))
    }
}
