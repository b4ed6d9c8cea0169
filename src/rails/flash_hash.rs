//! [`FlashHash`]: messages that live until the next request (`ActionDispatch::Flash::FlashHash`,
//! `flash.rb`).

use std::fmt;

use serde::de::DeserializeOwned;

use super::stored_flash::{stored, waiting};
use crate::error::Error;
use crate::serializer::to_value;
use crate::serializer::value::Value;
use crate::session::beside::Beside;
use crate::session::data::{SessionData, from_value};
use crate::session::key_update::KeyUpdate;

/// The session's key for the flash in every version of Rails.
const KEY: &str = "flash";

/// The messages from one request to the next, as Rails keeps them in a session (`FlashHash`,
/// unchanged from Rails 5.0 to 8.1). In a handler, use [`Session::flash`](crate::Session::flash).
///
/// Loading the flash counts as access to it, as in Rails: messages from the last request are swept,
/// and [`commit`](Self::commit) keeps only those that this request set or kept. A flash that is not
/// loaded waits in the session.
///
/// ```
/// use hardtack::SessionData;
/// use hardtack::flash::FlashHash;
///
/// let mut session = SessionData::new();
/// let mut flash = FlashHash::load(&session);
/// flash.set("notice", "Saved");
/// flash.commit(&mut session)?;
///
/// // The next request shows it, and the request after that has an empty flash.
/// let flash = FlashHash::load(&session);
/// assert_eq!(flash.notice(), Some("Saved"));
/// flash.commit(&mut session)?;
/// assert!(!session.contains_key("flash"));
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct FlashHash {
    entries: Vec<Entry>,
    /// The messages as they were loaded, which this request may have shown.
    shown: Vec<(String, Value)>,
}

#[derive(Clone)]
struct Entry {
    key: String,
    value: Value,
    /// Dropped at the end of this request.
    discarded: bool,
    /// Set by this request, not loaded.
    is_new: bool,
}

impl Beside for FlashHash {
    fn commit(&self, data: &mut SessionData) -> Result<(), Error> {
        Self::commit(self, data)
    }

    fn boxed(&self) -> Box<dyn Beside> {
        Box::new(self.clone())
    }
}

impl FlashHash {
    /// Loads the flash from a session, and marks all of its keys to be dropped at the end of this
    /// request (`FlashHash.from_session_value`).
    ///
    /// Reads the flash of Rails 4.0 and later, and the `FlashHash` objects of 3.1 and 3.2. From the
    /// `Hash` subclass of 2.3 and 3.0 it reads only the entries: the list of entries already shown
    /// is not stored. Any other value is an empty flash.
    ///
    /// ```
    /// use hardtack::SessionData;
    /// use hardtack::flash::FlashHash;
    ///
    /// let mut session = SessionData::new();
    /// assert!(FlashHash::load(&session).is_empty());
    ///
    /// session.insert("flash", "something odd")?;
    /// assert!(FlashHash::load(&session).is_empty());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn load(session: &SessionData) -> Self {
        let stored = session.get::<Value>(KEY).ok().flatten();
        let shown = stored.map_or_else(Vec::new, |stored| waiting(&stored));
        let entry = |(key, value): &(String, Value)| Entry {
            key: key.clone(),
            value: value.clone(),
            discarded: true,
            is_new: false,
        };
        Self {
            entries: shown.iter().map(entry).collect(),
            shown,
        }
    }

    /// Stores the messages for the next request in the session, or removes the key if there are
    /// none (`commit_flash`). The session is changed only if the stored flash differs.
    ///
    /// If another request writes the session before this one saves it, the messages of both are
    /// kept. The flash that is stored then loses the messages that were loaded here, and gets those
    /// that were set here. A message under the same key is replaced. A message that was only kept
    /// here stays as it is stored.
    ///
    /// Rails' `reset_session` drops the loaded flash too. After you clear the session, drop this
    /// flash and load another.
    ///
    /// ```
    /// use hardtack::SessionData;
    /// use hardtack::flash::FlashHash;
    ///
    /// let mut session = SessionData::new();
    /// FlashHash::load(&session).commit(&mut session)?;
    /// assert!(!session.is_changed());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnwritableValue`] if a session cannot hold one of the values.
    pub fn commit(&self, session: &mut SessionData) -> Result<(), Error> {
        if self.entries.is_empty() && self.shown.is_empty() && !session.contains_key(KEY) {
            return Ok(());
        }
        let flash = self.to_session_value();
        let flash = match session.get::<Value>(KEY) {
            // An unreadable flash was not shown to anybody, so it stays.
            Err(Error::UnreadableValue { .. }) if flash.is_none() => None,
            _ => Some(to_value(&flash)?),
        };
        let own = self.clone();
        let merge = KeyUpdate::new(KEY, move |there| Ok(own.merged(there)));
        session.put_update(merge, flash);
        Ok(())
    }

    /// Returns the flash after this request, merged into the one that another request has stored
    /// meanwhile.
    fn merged(&self, there: Result<Value, Error>) -> Option<Value> {
        let mut messages = match there {
            Ok(there) => waiting(&there),
            // As in `commit`
            Err(_) => return self.to_session_value(),
        };
        let kept = self.entries.iter().filter(|entry| !entry.discarded);
        messages.retain(|message| {
            let is_kept = kept.clone().any(|entry| entry.key == message.0);
            is_kept || !self.shown.contains(message)
        });
        for entry in kept.filter(|entry| entry.is_new) {
            match messages.iter_mut().find(|(key, _)| *key == entry.key) {
                Some((_, value)) => value.clone_from(&entry.value),
                None => messages.push((entry.key.clone(), entry.value.clone())),
            }
        }
        Some(stored(messages).unwrap_or(Value::Nil))
    }

    pub(super) fn to_session_value(&self) -> Option<Value> {
        let kept = self.entries.iter().filter(|entry| !entry.discarded);
        stored(kept.map(|entry| (entry.key.clone(), entry.value.clone())))
    }

    /// Returns the value of a key, from the last request or from this one (`flash[:notice]`).
    ///
    /// ```
    /// use hardtack::flash::FlashHash;
    /// use hardtack::value::Value;
    ///
    /// let mut flash = FlashHash::default();
    /// flash.set("errors", vec!["too long"]);
    /// assert_eq!(flash.get("errors").and_then(Value::as_array).map(<[_]>::len), Some(1));
    /// assert_eq!(flash.get("notice"), None);
    /// ```
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// Returns the value of a key as a type; `None` if the key is absent or its value is nil.
    pub(super) fn get_as<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Error> {
        match self.get(key) {
            None | Some(Value::Nil) => Ok(None),
            Some(value) => from_value(key, value).map(Some),
        }
    }

    /// Returns the text of a key; `None` also if its value is not a text.
    ///
    /// ```
    /// use hardtack::flash::FlashHash;
    ///
    /// let mut flash = FlashHash::default();
    /// flash.set("info", "New");
    /// flash.set("count", 3);
    /// assert_eq!(flash.text("info"), Some("New"));
    /// assert_eq!(flash.text("count"), None);
    /// ```
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Value::as_str)
    }

    /// Returns the text of `notice` (`flash.notice`).
    ///
    /// ```
    /// assert_eq!(hardtack::flash::FlashHash::default().notice(), None);
    /// ```
    #[must_use]
    pub fn notice(&self) -> Option<&str> {
        self.text("notice")
    }

    /// Returns the text of `alert` (`flash.alert`).
    ///
    /// ```
    /// assert_eq!(hardtack::flash::FlashHash::default().alert(), None);
    /// ```
    #[must_use]
    pub fn alert(&self) -> Option<&str> {
        self.text("alert")
    }

    /// Sets a value for this request and the next (`flash[:notice] = "Saved"`).
    ///
    /// ```
    /// use hardtack::flash::FlashHash;
    ///
    /// let mut flash = FlashHash::default();
    /// flash.set("notice", "Saved");
    /// assert_eq!(flash.notice(), Some("Saved"));
    /// ```
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<Value>) {
        self.put(key.into(), value.into(), false);
    }

    /// Sets a value for this request only (`flash.now[:alert] = "Full"`).
    ///
    /// ```
    /// use hardtack::SessionData;
    /// use hardtack::flash::FlashHash;
    ///
    /// let mut session = SessionData::new();
    /// let mut flash = FlashHash::load(&session);
    /// flash.now("alert", "Full");
    /// assert_eq!(flash.alert(), Some("Full"));
    /// flash.commit(&mut session)?;
    /// assert!(!session.contains_key("flash"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    pub fn now(&mut self, key: impl Into<String>, value: impl Into<Value>) {
        self.put(key.into(), value.into(), true);
    }

    /// Keeps a key for the next request (`flash.keep(:notice)`).
    ///
    /// ```
    /// use hardtack::SessionData;
    /// use hardtack::flash::FlashHash;
    ///
    /// # let mut session = SessionData::new();
    /// # let mut flash = FlashHash::load(&session);
    /// # flash.set("notice", "Saved");
    /// # flash.commit(&mut session)?;
    /// let mut flash = FlashHash::load(&session);
    /// flash.keep("notice");
    /// flash.commit(&mut session)?;
    /// assert_eq!(FlashHash::load(&session).notice(), Some("Saved"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    pub fn keep(&mut self, key: &str) {
        self.mark(key, false);
    }

    /// Keeps all keys for the next request (`flash.keep`).
    ///
    /// ```
    /// use hardtack::SessionData;
    /// use hardtack::flash::FlashHash;
    ///
    /// # let mut session = SessionData::new();
    /// # let mut flash = FlashHash::load(&session);
    /// flash.now("notice", "Saved");
    /// flash.keep_all();
    /// flash.commit(&mut session)?;
    /// assert_eq!(FlashHash::load(&session).notice(), Some("Saved"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    pub fn keep_all(&mut self) {
        self.mark_all(false);
    }

    /// Drops a key at the end of this request (`flash.discard(:notice)`).
    ///
    /// ```
    /// use hardtack::SessionData;
    /// use hardtack::flash::FlashHash;
    ///
    /// let mut session = SessionData::new();
    /// let mut flash = FlashHash::load(&session);
    /// flash.set("notice", "Saved");
    /// flash.discard("notice");
    /// assert_eq!(flash.notice(), Some("Saved"));
    /// flash.commit(&mut session)?;
    /// assert!(!session.contains_key("flash"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    pub fn discard(&mut self, key: &str) {
        self.mark(key, true);
    }

    /// Drops all keys at the end of this request (`flash.discard`).
    ///
    /// ```
    /// use hardtack::SessionData;
    /// use hardtack::flash::FlashHash;
    ///
    /// # let mut session = SessionData::new();
    /// # let mut flash = FlashHash::load(&session);
    /// flash.set("notice", "Saved");
    /// flash.discard_all();
    /// flash.commit(&mut session)?;
    /// assert!(FlashHash::load(&session).is_empty());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    pub fn discard_all(&mut self) {
        self.mark_all(true);
    }

    /// Removes a key at once and returns its value (`flash.delete(:notice)`).
    ///
    /// ```
    /// use hardtack::flash::FlashHash;
    /// use hardtack::value::Value;
    ///
    /// let mut flash = FlashHash::default();
    /// flash.set("notice", "Saved");
    /// assert_eq!(flash.remove("notice"), Some(Value::from("Saved")));
    /// assert_eq!(flash.remove("notice"), None);
    /// ```
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let place = self.entries.iter().position(|entry| entry.key == key)?;
        Some(self.entries.remove(place).value)
    }

    /// Removes all keys at once (`flash.clear`).
    ///
    /// ```
    /// use hardtack::flash::FlashHash;
    ///
    /// let mut flash = FlashHash::default();
    /// flash.set("notice", "Saved");
    /// flash.clear();
    /// assert!(flash.is_empty());
    /// ```
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// Checks that the flash has this key, even with the value nil (`flash.key?(:notice)`).
    ///
    /// ```
    /// use hardtack::flash::FlashHash;
    /// use hardtack::value::Value;
    ///
    /// let mut flash = FlashHash::default();
    /// flash.set("notice", Value::Nil);
    /// assert!(flash.contains_key("notice") && !flash.contains_key("alert"));
    /// ```
    #[must_use]
    pub fn contains_key(&self, key: &str) -> bool {
        self.entry(key).is_some()
    }

    /// Checks that the flash has no messages (`flash.empty?`).
    ///
    /// ```
    /// assert!(hardtack::flash::FlashHash::default().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns the keys and values, in order (`flash.each`).
    ///
    /// ```
    /// use hardtack::flash::FlashHash;
    ///
    /// let mut flash = FlashHash::default();
    /// flash.set("notice", "Saved");
    /// flash.now("alert", "Full");
    /// let keys: Vec<&str> = flash.iter().map(|(key, _)| key).collect();
    /// assert_eq!(keys, ["notice", "alert"]);
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.entries
            .iter()
            .map(|entry| (entry.key.as_str(), &entry.value))
    }

    fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    fn put(&mut self, key: String, value: Value, discarded: bool) {
        let entry = Entry {
            key,
            value,
            discarded,
            is_new: true,
        };
        match self.entries.iter_mut().find(|old| old.key == entry.key) {
            Some(old) => *old = entry,
            None => self.entries.push(entry),
        }
    }

    fn mark(&mut self, key: &str, discarded: bool) {
        let entry = self.entries.iter_mut().find(|entry| entry.key == key);
        if let Some(entry) = entry {
            entry.discarded = discarded;
        }
    }

    fn mark_all(&mut self, discarded: bool) {
        for entry in &mut self.entries {
            entry.discarded = discarded;
        }
    }
}

impl fmt::Debug for FlashHash {
    /// Shows only the keys: the values may be personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<&str> = self.iter().map(|(key, _)| key).collect();
        f.debug_struct("FlashHash").field("keys", &keys).finish()
    }
}
