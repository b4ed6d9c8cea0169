//! The whole session as a type of the app.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt;

use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Expected, IntoDeserializer, MapAccess,
    Unexpected, Visitor,
};
use serde::{Serialize, forward_to_deserialize_any};

use super::changes::Incoming;
use super::data::SessionData;
use crate::error::Error;
use crate::serializer::json::index_entry::{index, is_nil, key_text};
use crate::serializer::value::Value;
use crate::serializer::{DumpError, unexpected};
use crate::shown::Shown;

impl SessionData {
    /// Reads the whole session as a type.
    ///
    /// Keys that the type does not name stay in the session, and are not even decoded.
    ///
    /// ```
    /// use serde::{Deserialize, Serialize};
    /// use hardtack::SessionData;
    ///
    /// #[derive(Serialize, Deserialize)]
    /// struct Shopper {
    ///     user_id: Option<u64>,
    ///     #[serde(default)]
    ///     cart: Vec<String>,
    /// }
    ///
    /// let mut session = SessionData::new();
    /// session.insert("user_id", 42)?;
    /// session.insert("_csrf_token", "of Rails")?;
    ///
    /// let mut shopper: Shopper = session.view()?;
    /// assert_eq!(shopper.user_id, Some(42));
    /// shopper.cart.push("tea".to_owned());
    /// session.merge(&shopper)?;
    /// assert_eq!(session.keys(), ["user_id", "_csrf_token", "cart"]);
    ///
    /// session.insert("cart", 3)?;
    /// assert!(session.view::<Shopper>().is_err());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnexpectedValue`] if the session does not fit the type.
    pub fn view<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let view = View {
            session: self,
            entries: &OnceCell::new(),
        };
        T::deserialize(view).map_err(|error| Error::UnexpectedValue {
            key: String::new(),
            reason: error.to_string(),
        })
    }

    /// Sets the keys that `value` has, and leaves all others unchanged.
    ///
    /// A key whose new value is nil (`None`) is removed. A key that already has its new value is
    /// not changed, so that the session is not written needlessly.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// use hardtack::{Error, SessionData};
    ///
    /// let mut session = SessionData::new();
    /// session.merge(&BTreeMap::from([("theme", "dark"), ("locale", "fr")]))?;
    /// assert_eq!(session.get::<String>("theme")?.as_deref(), Some("dark"));
    /// session.merge(&BTreeMap::from([("theme", None::<u8>)]))?;
    /// assert_eq!(session.keys(), ["locale"]);
    /// assert!(matches!(session.merge("dark"), Err(Error::UnwritableValue { .. })));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnwritableValue`] if `value` is not a map of text keys, or a session cannot hold
    /// one of its values.
    pub fn merge<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.merge_incoming(Incoming::new(value, self.may_be_text())?)
    }

    pub(super) fn merge_incoming(&mut self, incoming: Incoming) -> Result<(), Error> {
        match incoming {
            Incoming::Json(json) => self.merge_json(&json),
            Incoming::Value(value) => self.merge_value(value),
        }
    }

    fn merge_json(&mut self, json: &str) -> Result<(), Error> {
        let entries = index(json).map_err(DumpError::from)?.ok_or_else(no_map)?;
        for entry in entries {
            let key = key_text(json, entry);
            let value = entry.value.of(json);
            if is_nil(json, entry) {
                self.remove(&key);
            } else if !self.is_json(&key, value) {
                self.changes.set_json(&key, value.as_bytes());
            }
        }
        Ok(())
    }

    pub(super) fn merge_value(&mut self, value: Value) -> Result<(), Error> {
        let Value::Hash(pairs) = value else {
            return Err(no_map());
        };
        let text = |(key, value): (Value, Value)| match key {
            Value::String(key) => Ok((key, value)),
            _ => Err(no_map()),
        };
        let pairs: Vec<_> = pairs.into_iter().map(text).collect::<Result<_, _>>()?;
        for (key, value) in pairs {
            if value == Value::Nil {
                self.remove(&key);
            } else if self.get::<Value>(&key).ok().flatten().as_ref() != Some(&value) {
                self.changes.set(&key, value);
            }
        }
        Ok(())
    }
}

fn no_map() -> Error {
    Error::UnwritableValue {
        reason: "only a struct, or a map with text keys, can be merged into a session".to_owned(),
    }
}

/// A session as serde sees it: the entries that a type asks for are decoded into `entries`.
struct View<'a> {
    session: &'a SessionData,
    entries: &'a OnceCell<Vec<(String, Value)>>,
}

impl<'de> View<'de> {
    fn visit<V: Visitor<'de>>(
        self,
        visitor: V,
        keys: impl Iterator<Item = String>,
    ) -> Result<V::Value, ViewError> {
        let entry = |key: String| match self.session.get(&key) {
            Ok(value) => Ok((key, value.unwrap_or(Value::Nil))),
            Err(error) => Err(ViewError(error.to_string())),
        };
        let entries = keys.map(entry).collect::<Result<_, _>>()?;
        let entries = self.entries.get_or_init(|| entries);
        visitor.visit_map(Access {
            rest: entries.iter(),
            value: None,
        })
    }
}

impl<'de> Deserializer<'de> for View<'de> {
    type Error = ViewError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ViewError> {
        let keys = self.session.keys().into_iter();
        self.visit(visitor, keys.map(Cow::into_owned))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ViewError> {
        let session = self.session;
        let known = fields.iter().filter(|field| session.contains_key(field));
        self.visit(visitor, known.map(|field| (*field).to_owned()))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// Returns the entries one after the other; an error names the key.
struct Access<'de> {
    rest: std::slice::Iter<'de, (String, Value)>,
    value: Option<&'de (String, Value)>,
}

impl<'de> MapAccess<'de> for Access<'de> {
    type Error = ViewError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, ViewError> {
        self.value = self.rest.next();
        let key = self.value.map(|(key, _)| key.as_str());
        key.map(|key| seed.deserialize(key.into_deserializer()))
            .transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ViewError> {
        // serde asks for a key first.
        let (key, value) = self
            .value
            .ok_or_else(|| ViewError("a value without a key".to_owned()))?;
        seed.deserialize(value).map_err(|_| {
            let key = Shown::new(key);
            ViewError(format!("{key}: {}", unexpected::<V::Value>(value)))
        })
    }
}

/// The reason why a session does not fit a type, in words without any value, unlike serde's own.
#[derive(Debug)]
struct ViewError(String);

impl fmt::Display for ViewError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ViewError {}

impl serde::de::Error for ViewError {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self("a value has another form".to_owned())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self(format!("it is {}, not {expected}", kind(found)))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self(format!("it is not {expected}"))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self(format!("it is not one of {}", expected.join(", ")))
    }

    fn unknown_field(field: &str, _: &'static [&'static str]) -> Self {
        Self(format!("the type has no field {}", Shown::new(field)))
    }

    fn missing_field(field: &'static str) -> Self {
        Self(format!("{field} is missing"))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self(format!("{field} appears twice"))
    }
}

fn kind(found: Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "a boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "an integer",
        Unexpected::Float(_) => "a float",
        Unexpected::Char(_) | Unexpected::Str(_) => "a string",
        Unexpected::Seq => "an array",
        Unexpected::Map => "a map",
        Unexpected::Unit | Unexpected::Option => "nil",
        _ => "of another type",
    }
}
