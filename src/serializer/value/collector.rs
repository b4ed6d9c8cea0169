//! What [`to_value`](super::to_value()) gathers: the items, pairs and fields of a collection.

use serde::de::value::Error;
use serde::ser::{self, Error as _, Serialize};

use super::to_value::ValueSerializer;
use super::{Value, unique_pairs};
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
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.items.push(value.serialize(self.inner)?);
        Ok(())
    }
}

impl ser::SerializeSeq for Items {
    type Ok = Value;
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.push(value)
    }

    fn end(self) -> Result<Value, Error> {
        Ok(Value::Array(self.items))
    }
}

impl ser::SerializeTuple for Items {
    type Ok = Value;
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.push(value)
    }

    fn end(self) -> Result<Value, Error> {
        Ok(Value::Array(self.items))
    }
}

impl ser::SerializeTupleStruct for Items {
    type Ok = Value;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.push(value)
    }

    fn end(self) -> Result<Value, Error> {
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
    fn push<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
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
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.key = Some(key.serialize(self.inner)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let key = self
            .key
            .take()
            .ok_or_else(|| Error::custom("a map's value without a key"))?;
        self.entries.push((key, value.serialize(self.inner)?));
        Ok(())
    }

    fn end(self) -> Result<Value, Error> {
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
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        match self {
            Self::Plain(pairs) => pairs.push(name, value),
            Self::Raw { json, place } => {
                *json = Some(value.serialize(*place)?);
                Ok(())
            }
        }
    }

    fn end(self) -> Result<Value, Error> {
        match self {
            Self::Plain(pairs) => Ok(pairs.finish()),
            Self::Raw {
                json: Some(Value::String(json)),
                place,
            } => {
                let value = from_json_str(&json).map_err(|error| {
                    Error::custom(format_args!("{} at byte {}", error.reason, error.offset))
                })?;
                place.check(value)
            }
            Self::Raw { .. } => Err(Error::custom("raw JSON without its text")),
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
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.content.push(value)
    }

    fn end(self) -> Result<Value, Error> {
        Ok(tagged(self.name, Value::Array(self.content.items)))
    }
}

impl ser::SerializeStructVariant for Variant<Pairs> {
    type Ok = Value;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.content.push(name, value)
    }

    fn end(self) -> Result<Value, Error> {
        Ok(tagged(self.name, self.content.finish()))
    }
}
