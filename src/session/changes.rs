//! [`Changes`]: the keys set, removed and cleared in a session since it was read.

use serde::Serialize;

use super::key_update::KeyUpdate;
use crate::serializer::json::exact::write_exactly;
use crate::serializer::value::Value;
use crate::serializer::{DumpError, NewValue, Span, to_value};

/// The sizes that fit most sessions: the bytes of keys and values, and the number of keys.
const USUAL_SIZE: usize = 1024;
const USUAL_KEYS: usize = 8;

/// The changes of a session, of which it keeps the last one of each key.
///
/// Each change has a number, so that changes made after some moment can be told from earlier ones.
#[derive(Clone, Default)]
pub(super) struct Changes {
    edits: Vec<Edit>,
    /// The keys of the edits and their values, one after the other. A session that is built key by
    /// key allocates once, rather than for each part of each value.
    text: Vec<u8>,
    /// The number of changes that were made.
    revision: u64,
    /// The revision that discarded everything that was read; 0 if none did.
    cleared_at: u64,
    /// The updates of keys whose value depends on the one that came, in the order in which they
    /// were made.
    updates: Vec<KeyUpdate>,
    /// The number of the latest loan to a closure.
    pub(super) loan: u64,
    /// True if the session asks for another id: in a store the id is no entry of the data.
    pub(super) asks_for_id: bool,
}

/// The last change of a key, as it is kept.
#[derive(Clone)]
struct Edit {
    key: Span,
    content: Content,
    is_anew: bool,
    at: u64,
}

#[derive(Clone)]
enum Content {
    Json(Span),
    Value(Value),
    Removed,
}

/// The last change of a key, for readers.
#[derive(Clone, Copy)]
pub(super) enum Change<'a> {
    Set(NewValue<'a>),
    /// Set after it was removed: the key is new, and has lost its place.
    SetAnew(NewValue<'a>),
    Removed,
}

/// A value to be set.
pub(super) enum Incoming {
    /// JSON text that represents the value completely.
    Json(String),
    Value(Value),
}

impl Incoming {
    /// Keeps a value as JSON text if that is allowed and represents the value completely.
    pub(super) fn new<T: Serialize + ?Sized>(
        value: &T,
        may_be_text: bool,
    ) -> Result<Self, DumpError> {
        let mut json = Vec::new();
        if may_be_text
            && write_exactly(&mut json, value)
            && let Ok(json) = String::from_utf8(json)
        {
            return Ok(Self::Json(json));
        }
        to_value(value).map(Self::Value)
    }
}

impl Changes {
    /// Returns the number of changes, including those that set a key to the value that it had.
    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    pub(super) fn get(&self, key: &str) -> Option<Change<'_>> {
        self.find(key).map(|edit| self.change(edit))
    }

    /// Returns the keys and their changes; keys that lost their place come last.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, Change<'_>)> + Clone {
        let pair = |edit| (self.key(edit), self.change(edit));
        self.edits.iter().map(pair)
    }

    /// Returns the changes of keys that were made after a revision.
    pub(super) fn after(&self, revision: u64) -> impl Iterator<Item = (&str, Change<'_>)> + Clone {
        self.edits
            .iter()
            .filter(move |edit| edit.at > revision)
            .map(|edit| (self.key(edit), self.change(edit)))
    }

    /// Returns the bytes of the keys and their new values; `None` if any key was removed or set to
    /// nil.
    pub(super) fn sets(&self) -> Option<impl Iterator<Item = (&[u8], NewValue<'_>)> + Clone> {
        let is_set = |edit| match self.change(edit) {
            Change::Set(value) => !value.is_nil(),
            Change::SetAnew(_) | Change::Removed => false,
        };
        let set = |edit| match self.change(edit) {
            Change::Set(value) => Some((self.key_bytes(edit), value)),
            Change::SetAnew(_) | Change::Removed => None,
        };
        let are_sets = self.edits.iter().all(is_set);
        are_sets.then(|| self.edits.iter().filter_map(set))
    }

    /// Returns the revision that last changed a key.
    pub(super) fn changed_at(&self, key: &str) -> u64 {
        self.find(key).map_or(self.cleared_at, |edit| edit.at)
    }

    /// Counts a change that belongs to no key.
    pub(super) fn touch(&mut self) -> u64 {
        self.revision += 1;
        self.revision
    }

    /// Sets a key to a value of any type, as JSON text if that is allowed and represents the value
    /// completely.
    pub(super) fn insert<T: Serialize + ?Sized>(
        &mut self,
        key: &str,
        value: &T,
        may_be_text: bool,
    ) -> Result<(), DumpError> {
        if may_be_text {
            self.reserve();
        }
        let start = self.text.len();
        let content = if may_be_text && write_exactly(&mut self.text, value) {
            Content::Json(Span::new(start, self.text.len()))
        } else {
            Content::Value(to_value(value)?)
        };
        self.put(key, content);
        Ok(())
    }

    /// Sets a key to a value whose JSON text represents it completely.
    pub(super) fn set_json(&mut self, key: &str, json: &[u8]) {
        self.reserve();
        let json = self.append(json);
        self.put(key, Content::Json(json));
    }

    pub(super) fn set(&mut self, key: &str, value: Value) {
        self.put(key, Content::Value(value));
    }

    pub(super) fn remove(&mut self, key: &str) {
        self.put(key, Content::Removed);
    }

    /// Gives a key the value that an update made of the present one; `None` leaves it unchanged.
    ///
    /// The update is kept, to be made again on the value of another session, unless the key was
    /// set, removed or cleared before: then its value depends on nothing that came.
    pub(super) fn update(&mut self, update: KeyUpdate, value: Option<Value>) {
        let key = update.key();
        let is_given = self.cleared_at > 0 || self.find(key).is_some();
        let mut updates = std::mem::take(&mut self.updates);
        let is_kept = !is_given || updates.iter().any(|other| other.key() == key);
        match value {
            Some(Value::Nil) => self.remove(key),
            Some(value) => self.set(key, value),
            None => {}
        }
        if is_kept {
            updates.push(update);
        }
        self.updates = updates;
    }

    /// Returns the updates to make again on another session.
    pub(super) fn updates(&self) -> &[KeyUpdate] {
        &self.updates
    }

    /// Checks whether the value of a key was made by updates.
    pub(super) fn is_updated(&self, key: &str) -> bool {
        self.updates.iter().any(|update| update.key() == key)
    }

    /// Replaces the updates to make again, without a change of any value.
    pub(super) fn set_updates(&mut self, updates: Vec<KeyUpdate>) {
        self.updates = updates;
    }

    /// Drops the updates: the values that they made stay.
    pub(super) fn forget_updates(&mut self) {
        self.updates.clear();
    }

    /// Removes a key of a session that nobody has changed, without counting that as a change.
    pub(super) fn leave_out(&mut self, key: &str) {
        let key = self.append(key.as_bytes());
        self.edits.push(Edit {
            key,
            content: Content::Removed,
            is_anew: false,
            at: 0,
        });
    }

    /// Discards everything, earlier changes too.
    pub(super) fn clear(&mut self) {
        self.edits.clear();
        self.text.clear();
        self.updates.clear();
        self.cleared_at = self.touch();
    }

    /// Checks whether everything was discarded after a revision.
    pub(super) fn is_cleared_after(&self, revision: u64) -> bool {
        self.cleared_at > revision
    }

    /// Counts all changes here as made after everything in `before`.
    pub(super) fn replace(&mut self, before: &Self) {
        self.revision = self.revision.max(before.revision) + 1;
        self.cleared_at = self.revision;
        self.updates.clear();
        for edit in &mut self.edits {
            edit.at = self.revision;
        }
    }

    #[cfg(test)]
    pub(super) fn text_len(&self) -> usize {
        self.text.len()
    }

    fn put(&mut self, key: &str, content: Content) {
        let at = self.touch();
        self.updates.retain(|update| update.key() != key);
        let place = self.edits.iter().position(|edit| self.is_key(edit, key));
        let Some(place) = place else {
            let key = self.append(key.as_bytes());
            return self.edits.push(Edit {
                key,
                content,
                is_anew: false,
                at,
            });
        };
        if let Some(edit) = self.edits.get_mut(place) {
            let is_anew = edit.is_gone() && !matches!(content, Content::Removed);
            (edit.content, edit.at) = (content, at);
            // As in Ruby's Hash, a key that is set after its removal comes last.
            if is_anew {
                let mut edit = self.edits.remove(place);
                edit.is_anew = true;
                self.edits.push(edit);
            }
        }
        self.drop_old_text();
    }

    /// Reserves the room that suffices for most sessions built key by key.
    fn reserve(&mut self) {
        if self.text.capacity() == 0 {
            self.text.reserve(USUAL_SIZE);
            self.edits.reserve(USUAL_KEYS);
        }
    }

    fn append(&mut self, text: &[u8]) -> Span {
        let start = self.text.len();
        self.text.extend_from_slice(text);
        Span::new(start, self.text.len())
    }

    /// Copies the text if most of it belongs to values that were overwritten.
    fn drop_old_text(&mut self) {
        let lengths = self.edits.iter().map(|edit| match edit.content {
            Content::Json(json) => edit.key.len() + json.len(),
            Content::Value(_) | Content::Removed => edit.key.len(),
        });
        let needed: usize = lengths.sum();
        if self.text.len() <= 2 * needed + USUAL_SIZE {
            return;
        }
        let mut text = Vec::with_capacity(needed + USUAL_SIZE);
        let mut keep = |span: &mut Span| {
            let start = text.len();
            text.extend_from_slice(span.of_bytes(&self.text));
            *span = Span::new(start, text.len());
        };
        for edit in &mut self.edits {
            keep(&mut edit.key);
            if let Content::Json(json) = &mut edit.content {
                keep(json);
            }
        }
        self.text = text;
    }

    fn find(&self, key: &str) -> Option<&Edit> {
        self.edits.iter().find(|edit| self.is_key(edit, key))
    }

    fn is_key(&self, edit: &Edit, key: &str) -> bool {
        edit.key.len() == key.len() && self.key_bytes(edit) == key.as_bytes()
    }

    fn change<'a>(&'a self, edit: &'a Edit) -> Change<'a> {
        let value = match &edit.content {
            Content::Json(json) => NewValue::Json(json.of_bytes(&self.text)),
            Content::Value(value) => NewValue::Value(value),
            Content::Removed => return Change::Removed,
        };
        if edit.is_anew {
            Change::SetAnew(value)
        } else {
            Change::Set(value)
        }
    }

    fn key(&self, edit: &Edit) -> &str {
        std::str::from_utf8(self.key_bytes(edit)).unwrap_or_default()
    }

    fn key_bytes(&self, edit: &Edit) -> &[u8] {
        edit.key.of_bytes(&self.text)
    }
}

impl Edit {
    fn is_gone(&self) -> bool {
        matches!(self.content, Content::Removed)
    }
}
