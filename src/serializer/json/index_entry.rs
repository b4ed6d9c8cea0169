//! Finds the top-level entries of a JSON object, so that a value is read only when it is asked for,
//! and copied unchanged if it was not changed.

use std::borrow::Cow;

use crate::serializer::value::object_key_text;
use crate::serializer::{LoadError, Span};

use super::quoted::Quoted;
use super::scan::{Scanner, Skip};

/// An entry of the object: the spans of its key and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IndexEntry {
    pub(crate) key: Quoted,
    pub(crate) value: Span,
}

/// Finds the top-level entries of a JSON text, in order, with repeated keys; `None` if the text is
/// not an object. The structure is checked and the strings are not, so that an unreadable string
/// affects its own entry alone.
pub(crate) fn index(text: &str) -> Result<Option<Vec<IndexEntry>>, LoadError> {
    let mut scanner = Scanner::new(text);
    if !scanner.bracket(b'{') {
        scanner.value(0, &mut Skip)?;
        scanner.end()?;
        return Ok(None);
    }
    let mut entries = Vec::with_capacity(EXPECTED_ENTRIES.min(text.len() / 5 + 1));
    let mut has_more = !scanner.bracket(b'}');
    while has_more {
        let key = scanner.key()?;
        let value = scanner.value(1, &mut Skip)?;
        entries.push(IndexEntry { key, value });
        has_more = scanner.has_more_entries()?;
    }
    scanner.end()?;
    Ok(Some(entries))
}

/// Room for the entries of most sessions.
const EXPECTED_ENTRIES: usize = 8;

/// Up to this many entries, comparing each key with each is faster than hashing them.
pub(crate) const FEW: usize = 16;

/// Returns true if this is an entry's key.
pub(crate) fn has_key(text: &str, entry: IndexEntry, key: &[u8]) -> bool {
    let Quoted { span, escaped } = entry.key;
    // Most keys differ in length: with its quotes, a plain key is two bytes longer than its text.
    (escaped || span.len() == key.len() + 2) && key_text(text, entry).as_bytes() == key
}

/// Returns true if two entries have the same key.
fn have_one_key(text: &str, one: &IndexEntry, other: &IndexEntry) -> bool {
    if one.key.escaped || other.key.escaped {
        return key_text(text, *one) == key_text(text, *other);
    }
    let (one, other) = (one.key.span, other.key.span);
    one.len() == other.len() && one.of(text) == other.of(text)
}

/// Returns true if any two entries have the same key.
pub(crate) fn has_doubles(text: &str, index: &[IndexEntry]) -> bool {
    // Most keys differ in length.
    let is_double = |(place, entry): (usize, &IndexEntry)| {
        let mut before = index.iter().take(place);
        before.any(|other| have_one_key(text, entry, other))
    };
    index.iter().enumerate().any(is_double)
}

/// Returns true if an entry's value is nil.
pub(crate) fn is_nil(text: &str, entry: IndexEntry) -> bool {
    entry.value.len() == 4 && entry.value.of(text) == "null"
}

/// Returns the text of an entry's key; for a key that cannot be read, a text that no other entry
/// has.
pub(crate) fn key_text(text: &str, entry: IndexEntry) -> Cow<'_, str> {
    let by_place = |_| Cow::Owned(object_key_text(entry.key.span.start()));
    entry.key.text(text).unwrap_or_else(by_place)
}

/// Returns the text of an entry's key, if it can be read.
pub(crate) fn readable_key(text: &str, entry: IndexEntry) -> Result<Cow<'_, str>, LoadError> {
    entry.key.text(text).map_err(|_| LoadError {
        reason: "an unreadable key",
        offset: entry.key.span.start(),
    })
}
