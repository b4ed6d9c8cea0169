//! [`SessionData`]: the content of a session.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::changes::{Change, Changes};
use crate::error::Error;
use crate::serializer::entries::Entries;
use crate::serializer::json::read::from_json_str;
#[cfg(feature = "rails-stores")]
use crate::serializer::marshal::Document;
#[cfg(feature = "php")]
use crate::serializer::php;
use crate::serializer::value::Value;
use crate::serializer::{
    DumpError, DumpStyle, Format, Key, NewValue, Part, Serialized, Unfit, text,
};

/// The content of a session: text keys, and values of any kind.
///
/// It keeps the serialized session that it was read from, and beside it only the changes. A value
/// is decoded when somebody asks for it. A value that nobody changed is written back byte for byte:
/// key order, integers of any size, floats, escapes.
///
/// ```
/// use hardtack::{CookieAttributes, CookieHeader, Jar, SessionData};
///
/// let jar = Jar::ephemeral()?;
///
/// let mut session = SessionData::new();
/// session.insert("user_id", 42)?;
/// let cookie = session.write(&jar, "_shop_session", &CookieAttributes::new().http_only(true))?;
///
/// let header = format!("_shop_session={}", cookie.escaped_value());
/// let session = SessionData::read(&jar, "_shop_session", &CookieHeader::new(&header))?.unwrap();
/// assert_eq!(session.value().get::<u32>("user_id")?, Some(42));
/// assert_eq!(session.value().session_id().unwrap().len(), 32);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct SessionData {
    read: Entries,
    pub(super) changes: Changes,
    /// What this request asks of the format beside the data, in a type of the format.
    aside: Option<Arc<dyn Any + Send + Sync>>,
}

impl SessionData {
    /// Creates an empty session.
    ///
    /// ```
    /// use hardtack::SessionData;
    ///
    /// let session = SessionData::new();
    /// assert!(session.is_empty() && !session.is_changed());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates the session of a serialized value; `None` if it cannot be read or is not a map.
    pub(crate) fn of_payload(payload: Serialized) -> Option<Self> {
        let read = Entries::load(payload).ok().flatten()?;
        Some(Self {
            read,
            ..Self::default()
        })
    }

    /// Creates the session of the Hash at a document's root; `None` if the root is another object.
    #[cfg(feature = "rails-stores")]
    pub(crate) fn of_document(document: Document) -> Option<Self> {
        let read = Entries::of_document(document)?;
        Some(Self {
            read,
            ..Self::default()
        })
    }

    /// Creates the session of bytes that PHP stored.
    #[cfg(feature = "php")]
    pub(crate) fn of_php(document: php::PhpDocument) -> Self {
        Self {
            read: Entries::Php(Box::new(document)),
            ..Self::default()
        }
    }

    /// Writes the session as PHP stores it; null values stay, unlike in a session of Rack.
    #[cfg(feature = "php")]
    pub(crate) fn dump_php(&self, style: php::PhpStyle) -> Result<Vec<u8>, DumpError> {
        self.read.dump_php(self.all(), style)
    }

    /// Reads a session from a JSON object, for a [`SessionFormat`](crate::stores::SessionFormat).
    ///
    /// None of its keys count as changed. Returns `None` if the text is not a JSON object.
    ///
    /// ```
    /// use hardtack::SessionData;
    ///
    /// let mut session = SessionData::from_json(r#"{"user_id":42,"big":1e400}"#).unwrap();
    /// assert_eq!(session.get::<u64>("user_id")?, Some(42));
    /// assert!(!session.is_changed());
    /// session.insert("user_id", 43)?;
    /// assert_eq!(session.to_json()?, br#"{"user_id":43,"big":1e400}"#);
    ///
    /// assert!(SessionData::from_json("[]").is_none());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn from_json(json: impl Into<Vec<u8>>) -> Option<Self> {
        Self::of_payload(Serialized {
            bytes: json.into(),
            format: Format::Json,
        })
    }

    /// Writes the session as a JSON object (example: at [`from_json`](Self::from_json)).
    ///
    /// Values that nobody changed are written back unchanged.
    ///
    /// # Errors
    /// [`Error::UnwritableValue`] if a value has no form in JSON.
    pub fn to_json(&self) -> Result<Vec<u8>, Error> {
        Ok(self.dump(Vec::new(), DumpStyle::json())?.bytes)
    }

    /// Writes the session as a JSON object; null values stay, unlike in a session of Rack.
    #[cfg(feature = "laravel")]
    pub(crate) fn dump_json_with_nulls(&self) -> Result<Vec<u8>, DumpError> {
        let payload = self.read.dump(Vec::new(), self.all(), DumpStyle::json())?;
        Ok(payload.bytes)
    }

    /// Writes the session as JavaScript's `JSON.stringify` does; null values stay, unlike in a
    /// session of Rack.
    #[cfg(feature = "express")]
    pub(crate) fn dump_javascript(&self) -> Result<Vec<u8>, DumpError> {
        let payload = self
            .read
            .dump(Vec::new(), self.all(), DumpStyle::javascript())?;
        Ok(payload.bytes)
    }

    /// Serializes the session; untouched values stay byte for byte.
    pub(crate) fn dump(&self, room: Vec<u8>, style: DumpStyle) -> Result<Serialized, DumpError> {
        match self.dump_if_set(room, style) {
            Ok(payload) => Ok(payload),
            Err(room) => self.read.dump(room, self.parts(), style),
        }
    }

    /// Checks whether a key holds a text.
    pub(crate) fn holds_text(&self, key: &str) -> bool {
        match self.place(key) {
            Some(Held::Read(entry)) if self.read.is_string(entry) => true,
            Some(Held::Changed(NewValue::Json(json))) => json.starts_with(b"\""),
            Some(Held::Changed(NewValue::Value(Value::String(_)))) => true,
            Some(_) => matches!(self.get::<String>(key), Ok(Some(_))),
            None => false,
        }
    }

    /// Checks whether everything that was read was discarded.
    pub(crate) fn is_cleared(&self) -> bool {
        self.changes.is_cleared_after(0)
    }

    /// Removes a key, and counts that as a change even if the session has no such key.
    pub(crate) fn forget(&mut self, key: &str) {
        self.changes.remove(key);
    }

    /// Removes a key without counting that as a change.
    pub(crate) fn leave_out(&mut self, key: &str) {
        if self.contains_key(key) {
            self.changes.leave_out(key);
        }
    }

    /// Returns the revision that last changed a key; 0 if the key is as it came.
    pub(crate) fn changed_at(&self, key: &str) -> u64 {
        self.changes.changed_at(key)
    }

    /// Asks for another id, which a session in a store has outside its data.
    pub(crate) fn ask_for_id(&mut self) {
        self.changes.asks_for_id = true;
        self.touch();
    }

    /// Marks the session as changed without a change of any key.
    pub(crate) fn touch(&mut self) {
        self.changes.touch();
    }

    /// Forgets changes that change nothing, in a format that compares what it writes.
    pub(super) fn forget_changes(&mut self) {
        self.changes = Changes::default();
    }

    /// Checks whether the changes mean more than the values that they leave behind.
    pub(super) fn has_only_values(&self) -> bool {
        !self.is_cleared() && !self.changes.asks_for_id && self.changes.updates().is_empty()
    }

    /// Returns what this request asks of the format beside the data.
    #[cfg(feature = "express")]
    pub(crate) fn aside<T: Any>(&self) -> Option<&T> {
        self.aside.as_deref()?.downcast_ref()
    }

    /// Asks the format for something beside the data, which counts as no change of the session.
    #[cfg(feature = "express")]
    pub(crate) fn set_aside<T: Any + Send + Sync>(&mut self, aside: T) {
        self.aside = Some(Arc::new(aside));
    }

    /// Drops what this request asked of the format beside the data.
    pub(super) fn drop_aside(&mut self) {
        self.aside = None;
    }

    /// Takes over what another state of this session asks of the format.
    pub(super) fn take_aside_of(&mut self, other: &Self) {
        self.aside.clone_from(&other.aside);
    }

    /// Returns the value of a key as a type; `None` if the key is missing or its value is nil.
    ///
    /// ```
    /// use hardtack::SessionData;
    ///
    /// let mut session = SessionData::new();
    /// session.insert("user_id", 42)?;
    /// assert_eq!(session.get::<u32>("user_id")?, Some(42));
    /// assert_eq!(session.get::<u32>("cart")?, None);
    /// assert!(session.get::<Vec<String>>("user_id").is_err());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnexpectedValue`] if the value does not fit the type, [`Error::UnreadableValue`] if
    /// it cannot be read at all. An unreadable value is written back unchanged, unless it is set or
    /// removed.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Error> {
        match self.place(key) {
            None => Ok(None),
            Some(Held::Changed(value)) if value.is_nil() => Ok(None),
            Some(Held::Read(entry)) if self.read.is_nil(entry) => Ok(None),
            Some(Held::Read(entry)) => {
                let value = self.read.get(entry);
                value.map(Some).map_err(|unfit| unfit.at(key))
            }
            Some(Held::Changed(NewValue::Json(json))) => {
                let value = text(json).and_then(from_json_str);
                let value = value.map_err(|error| Unfit::Unreadable(error).at(key))?;
                from_value(key, &value).map(Some)
            }
            Some(Held::Changed(NewValue::Value(value))) => from_value(key, value).map(Some),
        }
    }

    /// Sets the value of a key: a new key comes last, an existing key keeps its place, as in Ruby's
    /// Hash.
    ///
    /// The value's `Serialize` may run twice.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use hardtack::{Error, SessionData};
    ///
    /// let mut session = SessionData::new();
    /// session.insert("cart", [("tea", 2), ("milk", 1)])?;
    /// session.insert("cart", [("tea", 3)])?;
    /// assert_eq!(session.get::<Vec<(String, u8)>>("cart")?.unwrap(), [("tea".to_owned(), 3)]);
    ///
    /// let before_1970 = SystemTime::UNIX_EPOCH - Duration::from_secs(1); // serde refuses it
    /// assert!(matches!(session.insert("at", before_1970), Err(Error::UnwritableValue { .. })));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnwritableValue`] if a session cannot hold the value.
    pub fn insert(&mut self, key: impl AsRef<str>, value: impl Serialize) -> Result<(), Error> {
        let may_be_text = self.may_be_text();
        self.changes.insert(key.as_ref(), &value, may_be_text)?;
        Ok(())
    }

    /// Removes a key, and returns whether it was there.
    ///
    /// ```
    /// use hardtack::SessionData;
    ///
    /// let mut session = SessionData::new();
    /// session.insert("user_id", 42)?;
    /// assert!(session.remove("user_id"));
    /// assert!(!session.remove("user_id"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    pub fn remove(&mut self, key: &str) -> bool {
        let found = self.contains_key(key);
        // An update that removed the key would run again on another value.
        if found || self.changes.is_updated(key) {
            self.changes.remove(key);
        }
        found
    }

    /// Removes a key and returns its value as a type; `None` if the key is missing or its value is
    /// nil.
    ///
    /// ```
    /// use hardtack::SessionData;
    ///
    /// let mut session = SessionData::new();
    /// session.insert("return_to", "/orders")?;
    /// assert!(session.take::<u32>("return_to").is_err()); // and it stays
    /// assert_eq!(session.take::<String>("return_to")?.as_deref(), Some("/orders"));
    /// assert_eq!(session.take::<String>("return_to")?, None);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnexpectedValue`] if the value does not fit the type, and
    /// [`Error::UnreadableValue`] if it cannot be read; the value stays in the session.
    pub fn take<T: DeserializeOwned>(&mut self, key: &str) -> Result<Option<T>, Error> {
        let value = self.get(key)?;
        self.remove(key);
        Ok(value)
    }

    /// Removes every key, `session_id` too: the next [`write`](Self::write) creates a new id.
    ///
    /// ```
    /// use hardtack::SessionData;
    ///
    /// let mut session = SessionData::new();
    /// session.insert("user_id", 42)?;
    /// session.clear();
    /// assert!(session.is_empty());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    pub fn clear(&mut self) {
        self.read = Entries::default();
        self.changes.clear();
    }

    /// Checks whether the session has this key, even with a nil value.
    ///
    /// ```
    /// use hardtack::SessionData;
    ///
    /// let mut session = SessionData::new();
    /// session.insert("referrer", ())?;
    /// assert!(session.contains_key("referrer")); // nil, until the session is written
    /// assert!(!session.contains_key("user_id"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn contains_key(&self, key: &str) -> bool {
        self.place(key).is_some()
    }

    /// Returns the value that a key had when the session was read; `None` if it was missing or nil.
    pub(super) fn value_before(&self, key: &str) -> Result<Option<Value>, Unfit> {
        match self.read.find(key) {
            Some(entry) if !self.read.is_nil(entry) => self.read.get(entry).map(Some),
            _ => Ok(None),
        }
    }

    /// Checks whether a key was set, removed or cleared since the session was read.
    pub(super) fn is_key_changed(&self, key: &str) -> bool {
        self.changes.changed_at(key) > 0
    }

    /// Returns the keys, in the order in which they were first written.
    ///
    /// ```
    /// use hardtack::SessionData;
    ///
    /// let mut session = SessionData::new();
    /// session.insert("b", 1)?;
    /// session.insert("a", 2)?;
    /// assert_eq!(session.keys(), ["b", "a"]);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn keys(&self) -> Vec<Cow<'_, str>> {
        let key = |(key, _)| match key {
            Key::Read(entry) => self.read.key(entry),
            Key::New(key) => Cow::Borrowed(key),
        };
        self.all().map(key).collect()
    }

    /// Checks whether the session has no keys.
    ///
    /// ```
    /// use hardtack::SessionData;
    ///
    /// let mut session = SessionData::new();
    /// assert!(session.is_empty());
    /// session.insert("step", 1)?;
    /// assert!(!session.is_empty());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all().next().is_none()
    }

    /// Checks whether any key was set, removed or cleared since the session was read or created.
    ///
    /// A changed session has to be written. Setting a key to the value that it already has counts
    /// as a change.
    ///
    /// ```
    /// use hardtack::SessionData;
    ///
    /// let mut session = SessionData::new();
    /// session.remove("user_id"); // was not there
    /// assert!(!session.is_changed());
    /// session.insert("user_id", 42)?;
    /// assert!(session.is_changed());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.changes.revision() > 0
    }

    /// Checks whether new values may be kept as JSON text.
    ///
    /// A session that was read as Marshal or MessagePack is written back in that format, and a
    /// short text takes longer to convert than a `Value`.
    pub(super) fn may_be_text(&self) -> bool {
        matches!(self.read, Entries::Empty | Entries::Json { .. })
    }

    /// Checks whether a key holds exactly the value of this JSON text.
    pub(super) fn is_json(&self, key: &str, json: &str) -> bool {
        let is_same_text = match self.place(key) {
            None => return false,
            Some(Held::Read(entry)) => self.read.is_json(entry, json),
            Some(Held::Changed(NewValue::Json(held))) => held == json.as_bytes(),
            Some(Held::Changed(NewValue::Value(_))) => false,
        };
        is_same_text || {
            let value = self.get::<Value>(key).ok().flatten();
            value.is_some() && value == from_json_str(json).ok()
        }
    }

    /// Finds the value of a key, among the changes or the entries that were read.
    fn place(&self, key: &str) -> Option<Held<'_>> {
        match self.changes.get(key) {
            Some(Change::Set(value) | Change::SetAnew(value)) => Some(Held::Changed(value)),
            Some(Change::Removed) => None,
            None => self.read.find(key).map(Held::Read),
        }
    }

    /// Checks that the session has this key and no other.
    pub(super) fn holds_only(&self, key: &str) -> bool {
        self.contains_key(key) && self.all().nth(1).is_none()
    }

    /// Returns every entry: those that were read at their old places, then the new ones.
    fn all(&self) -> impl Iterator<Item = (Key<'_, usize>, Part<'_, usize>)> {
        let new = self
            .changes
            .iter()
            .filter_map(|(key, change)| match change {
                Change::Set(value) if self.read.find(key).is_none() => {
                    Some((Key::New(key), Part::Changed(value)))
                }
                Change::SetAnew(value) => Some((Key::New(key), Part::Changed(value))),
                _ => None,
            });
        let old = self.read.unique().filter_map(|entry| {
            let changed = |(key, _): &(&str, _)| self.read.has_key(entry, key);
            match self.changes.iter().find(changed).map(|(_, change)| change) {
                None => Some((Key::Read(entry), Part::Read(entry))),
                Some(Change::Set(value)) => Some((Key::Read(entry), Part::Changed(value))),
                Some(Change::SetAnew(_) | Change::Removed) => None,
            }
        });
        old.chain(new)
    }

    /// Serializes by the fast path, for changes that only set keys, which most are.
    ///
    /// Returns the buffer unused if other changes were made, or the fast path cannot write them.
    fn dump_if_set(&self, room: Vec<u8>, style: DumpStyle) -> Result<Serialized, Vec<u8>> {
        if style.format != Format::Json {
            return Err(room);
        }
        let Some(sets) = self.changes.sets() else {
            return Err(room);
        };
        self.read.dump_with(room, sets, style)
    }

    /// Returns the entries to write: all except those that are nil, which Rack leaves out too
    /// (`Rack::Session::Abstract::Persisted#commit_session`, 2.2).
    fn parts(&self) -> impl Iterator<Item = (Key<'_, usize>, Part<'_, usize>)> {
        self.all().filter(|(_, part)| match part {
            Part::Read(entry) => !self.read.is_nil(*entry),
            Part::Changed(value) => !value.is_nil(),
        })
    }
}

/// Returns the value of a key as a type.
pub(crate) fn from_value<T: DeserializeOwned>(key: &str, value: &Value) -> Result<T, Error> {
    T::deserialize(value).map_err(|_| Unfit::of::<T>(value).at(key))
}

enum Held<'a> {
    Read(usize),
    Changed(NewValue<'a>),
}

impl fmt::Debug for SessionData {
    /// Shows the keys alone: values may be personal, or secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionData")
            .field("keys", &self.keys())
            .field("is_changed", &self.is_changed())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "data_tests.rs"]
mod tests;
