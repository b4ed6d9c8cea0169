//! Where the top-level entries of a JSON object stand, so that a value is read only when somebody
//! asks for it, and copied as it is when nobody changed it.

use std::borrow::Cow;

use crate::serializer::value::object_key_text;
use crate::serializer::{LoadError, Span};

use super::scan::Scanner;

/// One entry of the object: its key with the quotes, and its value, both as they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IndexEntry {
    pub(crate) key: Span,
    pub(crate) value: Span,
    /// Whether the key holds an escape or what no key can, so that its text is not its bytes.
    pub(crate) escaped: bool,
}

/// Finds the top-level entries of a JSON text, in order, doubles and all; `None` where it is no
/// object. The structure is checked and the strings are not, so that one that cannot be read costs
/// its own entry alone.
pub(crate) fn index(text: &str) -> Result<Option<Vec<IndexEntry>>, LoadError> {
    let mut scanner = Scanner::new(text.as_bytes());
    if scanner.peek() != Some(b'{') {
        scanner.value(0)?;
        scanner.end()?;
        return Ok(None);
    }
    scanner.take(b'{');
    let mut entries = Vec::with_capacity(EXPECTED_ENTRIES.min(text.len() / 5 + 1));
    if !scanner.take(b'}') {
        loop {
            scanner.peek();
            let key_start = scanner.position();
            let escaped = scanner.string()?;
            let key = Span::new(key_start, scanner.position());
            if !scanner.take(b':') {
                return Err(scanner.error("a colon was expected"));
            }
            scanner.peek();
            let value_start = scanner.position();
            scanner.value(1)?;
            let value = Span::new(value_start, scanner.position());
            entries.push(IndexEntry {
                key,
                value,
                escaped,
            });
            if scanner.take(b',') {
                continue;
            }
            if scanner.take(b'}') {
                break;
            }
            return Err(scanner.error("a comma or a closing bracket was expected"));
        }
    }
    scanner.end()?;
    Ok(Some(entries))
}

/// Room for the entries of most sessions.
const EXPECTED_ENTRIES: usize = 8;

/// Up to this many entries, comparing each key with each is faster than hashing them.
pub(crate) const FEW: usize = 16;

/// Whether this is an entry's key.
pub(crate) fn has_key(text: &str, entry: IndexEntry, key: &str) -> bool {
    // Most differ in length: with its quotes, a plain key is two bytes longer than its text.
    (entry.escaped || entry.key.len() == key.len() + 2) && key_text(text, entry) == key
}

/// Whether two entries have one key.
fn have_one_key(text: &str, one: &IndexEntry, other: &IndexEntry) -> bool {
    if one.escaped || other.escaped {
        return key_text(text, *one) == key_text(text, *other);
    }
    one.key.len() == other.key.len() && one.key.of(text) == other.key.of(text)
}

/// Whether any two entries have one key.
pub(crate) fn has_doubles(text: &str, index: &[IndexEntry]) -> bool {
    // Most differ in length.
    let is_double = |(place, entry): (usize, &IndexEntry)| {
        let mut before = index.iter().take(place);
        before.any(|other| have_one_key(text, entry, other))
    };
    index.iter().enumerate().any(is_double)
}

/// Whether an entry's value is nil.
pub(crate) fn is_nil(text: &str, entry: IndexEntry) -> bool {
    entry.value.len() == 4 && entry.value.of(text) == "null"
}

/// The text of an entry's key. Of one that cannot be read a name that nothing else has.
pub(crate) fn key_text(text: &str, entry: IndexEntry) -> Cow<'_, str> {
    let by_place = |_| Cow::Owned(object_key_text(entry.key.start()));
    readable_key(text, entry).unwrap_or_else(by_place)
}

/// The text of an entry's key, if that can be read.
pub(crate) fn readable_key(text: &str, entry: IndexEntry) -> Result<Cow<'_, str>, LoadError> {
    let quoted = entry.key.of(text);
    let plain = || {
        quoted
            .get(1..quoted.len().saturating_sub(1))
            .unwrap_or_default()
    };
    if entry.escaped {
        let unreadable = |_| LoadError {
            reason: "an unreadable key",
            offset: entry.key.start(),
        };
        serde_json::from_str(quoted)
            .map(Cow::Owned)
            .map_err(unreadable)
    } else {
        Ok(Cow::Borrowed(plain()))
    }
}
