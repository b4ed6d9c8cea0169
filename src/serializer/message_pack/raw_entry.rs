//! [`index`]: finds the entries of a message's map without making values of them.
//!
//! A session of which one key is read needs one value; a session of which one key is written keeps
//! the bytes of all others. The index checks where each value ends. [`value_at`] checks that a
//! value can be read, so that an unreadable value does not affect the others.

use std::borrow::Cow;

use super::super::value::{Value, exact_key_text, foreign_key_text, object_key_text};
use super::super::{LoadError, Span};
use super::extension;
use super::kind;
use super::marker::{self, BINARY};
use super::room::{MAX_LEVELS, Room};
use super::style::Style;
use super::unpacker::message;
use super::unpacker::{Head, Unpacker};
use crate::safe_buffer_form::SafeBufferForm;

/// Ruby's name of the encoding of every text that is not binary.
const UTF_8: &str = "UTF-8";

/// An entry of a message whose root is a map.
///
/// Two entries may have one text: if the message repeats a key (the last one counts), or if a plain
/// Hash has both `"a"` and `:a`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RawEntry {
    /// The span of the key, which need not be text.
    pub(crate) key: Span,
    /// The span of the value.
    pub(crate) value: Span,
    text: KeyText,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum KeyText {
    /// A span of UTF-8 in the message itself.
    There(Span),
    /// A text made from a key that is not text.
    Made(Box<str>),
}

impl RawEntry {
    /// Returns the key as text, as Rails' `as_json` has it. `source` is the message that was
    /// indexed.
    pub(crate) fn text<'a>(&'a self, source: &'a [u8]) -> &'a str {
        match &self.text {
            KeyText::There(span) => {
                let text = Unpacker::within(source, *span).map(|reader| reader.rest());
                let text = text.and_then(|text| std::str::from_utf8(text).ok());
                text.unwrap_or_default()
            }
            KeyText::Made(text) => text,
        }
    }
}

/// Finds the entries of a message's map, in order; `None` if the message is another value.
pub(crate) fn index(source: &[u8]) -> Result<Option<Vec<RawEntry>>, LoadError> {
    let mut reader = message(source)?;
    if u32::try_from(source.len()).is_err() {
        return Err(reader.error("message longer than 4 GiB"));
    }
    let start = reader;
    let entries = match reader.head()? {
        Head::Map(count) => Some(entries(&mut reader, count, Room::ROOT)?),
        Head::Extension(kind::INDIFFERENT_HASH, mut payload) => {
            let room = payload.open_payload(MAX_LEVELS)?;
            let count = extension::map(&mut payload)?;
            let entries = entries(&mut payload, count, room)?;
            payload.finish()?;
            Some(entries)
        }
        _ => {
            reader = start;
            reader.skip(Room::ROOT)?;
            None
        }
    };
    reader.finish()?;
    Ok(entries)
}

/// Returns true if a message's root is a `HashWithIndifferentAccess`. It reads the first bytes
/// only.
pub(crate) fn root_is_indifferent(source: &[u8]) -> bool {
    let head = message(source).and_then(|mut reader| reader.head());
    matches!(head, Ok(Head::Extension(kind::INDIFFERENT_HASH, _)))
}

/// Reads the key or the value in a span of a message that was indexed.
pub(crate) fn value_at(source: &[u8], span: Span) -> Result<Value, LoadError> {
    let mut reader = Unpacker::within(source, span).ok_or(LoadError {
        reason: "range outside the message",
        offset: source.len(),
    })?;
    let value = reader.value(Room::of_entry(root_is_indifferent(source)))?;
    reader.finish()?;
    Ok(value)
}

/// Returns true if the value in a span of a message is nil.
pub(crate) fn is_nil_at(source: &[u8], span: Span) -> bool {
    Unpacker::within(source, span).is_some_and(|reader| reader.rest() == [marker::NIL])
}

impl Style {
    /// Checks that a message holds nothing that this style writes in another form.
    pub(crate) fn keeps(self, source: &[u8]) -> bool {
        match message(source) {
            Ok(reader) => self.keeps_all(reader),
            Err(_) => true,
        }
    }

    /// Checks that values hold nothing that this style writes in another form.
    ///
    /// The contents of a container follow its first bytes, and the contents of these extensions
    /// follow theirs. So one pass over the first bytes of each value sees all of them.
    pub(super) fn keeps_all(self, mut values: Unpacker<'_>) -> bool {
        while !values.rest().is_empty() {
            match values.head() {
                Ok(Head::Extension(kind::RANGE | kind::SET | kind::INDIFFERENT_HASH, payload)) => {
                    values = values.back_to(payload);
                }
                Ok(Head::Extension(kind, payload)) if !self.keeps_extension(kind, payload) => {
                    return false;
                }
                Ok(_) => {}
                // Unreadable values are reported elsewhere.
                Err(_) => return true,
            }
        }
        true
    }

    fn keeps_extension(self, kind: i8, payload: Unpacker<'_>) -> bool {
        match kind {
            kind::IP_ADDR => extension::ip_addr_form(payload) == self.ip_addr,
            kind::SAFE_BUFFER => match self.safe_buffer {
                SafeBufferForm::Text => false,
                // The app may run on a newer release than its settings say, and have written either
                // form.
                SafeBufferForm::Raw => true,
                SafeBufferForm::String => !matches!(
                    extension::safe_buffer(payload, MAX_LEVELS),
                    Ok((SafeBufferForm::Raw, _))
                ),
            },
            _ => true,
        }
    }
}

fn entries(
    reader: &mut Unpacker<'_>,
    count: usize,
    room: Room,
) -> Result<Vec<RawEntry>, LoadError> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let room = reader.open(count.saturating_mul(2), room)?;
    let mut entries = Vec::with_capacity(count);
    for left in (0..count).rev() {
        let start = *reader;
        reader.skip(room.owing(2 * left + 1))?;
        let key = Span::new(start.at(), reader.at());
        let text = text_of(start, room).unwrap_or_else(|_| {
            // The entry exists nevertheless, under a name that no other entry has.
            KeyText::Made(object_key_text(start.at()).into())
        });
        let value_start = reader.at();
        reader.skip(room.owing(2 * left))?;
        let value = Span::new(value_start, reader.at());
        entries.push(RawEntry { key, value, text });
    }
    Ok(entries)
}

/// Returns the text of a key. Two keys have the same text only if a Rails session takes them for
/// the same key.
fn text_of(mut key: Unpacker<'_>, room: Room) -> Result<KeyText, LoadError> {
    let mut again = key;
    let (bytes, encoding) = match key.head()? {
        Head::Str(bytes) => (bytes, UTF_8),
        Head::Bin(bytes) => (bytes, BINARY),
        Head::Extension(kind::SYMBOL, payload) if std::str::from_utf8(payload.rest()).is_ok() => {
            (payload.rest(), UTF_8)
        }
        _ => {
            let place = again.at();
            let value = again.value(room)?;
            let text = exact_key_text(&value).map(Cow::into_owned);
            let text = text.unwrap_or_else(|| object_key_text(place));
            return Ok(KeyText::Made(text.into()));
        }
    };
    // Ruby: "a" == "a".b, but "é" != "é".b
    let is_text = bytes.is_ascii() || (encoding == UTF_8 && std::str::from_utf8(bytes).is_ok());
    Ok(if is_text {
        KeyText::There(Span::new(key.at() - bytes.len(), key.at()))
    } else {
        KeyText::Made(foreign_key_text(bytes, encoding).into())
    })
}
