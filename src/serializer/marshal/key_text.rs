//! The keys of a session as text. Two keys have the same text only if a Rails session takes them
//! for the same key.

use std::borrow::Cow;
use std::collections::HashSet;

use super::bignum;
use super::document::{Document, Encoding, Kind, NodeId, Span};
use super::writer::BINARY;
use crate::serializer::value::{foreign_key_text, object_key_text, ruby_float_text};

/// The encodings in which Ruby does not take ASCII bytes for ASCII text
/// (`Encoding.list.reject(&:ascii_compatible?)`), by the start of their names.
const NO_ASCII: [&[u8]; 6] = [
    b"UTF-16",
    b"UTF-32",
    b"UTF-7",
    b"ISO-2022-JP",
    b"CP5022",
    b"IBM037",
];

impl Document {
    /// Returns the text of each key.
    pub(super) fn key_texts(&self, pairs: Span) -> Vec<Cow<'_, str>> {
        let mut texts: Vec<_> = self
            .pairs(pairs)
            .map(|(key, _)| self.key_text(key))
            .collect();
        // Ruby 1.8 wrote no encodings: such a key is the text that its bytes spell, unless another
        // key has that text.
        let unnamed = |place: usize| match self.parts(pairs).get(2 * place) {
            Some(&key) => self.unnamed_text(key),
            None => None,
        };
        if (0..texts.len()).any(|place| unnamed(place).is_some()) {
            let taken: HashSet<_> = texts.iter().cloned().collect();
            for (place, text) in texts.iter_mut().enumerate() {
                if let Some(unnamed) = unnamed(place).filter(|text| !taken.contains(*text)) {
                    *text = Cow::Borrowed(unnamed);
                }
            }
        }
        texts
    }

    /// Returns a key as `to_s` gives it, if that is text in UTF-8: JSON and Rails' sessions use
    /// that text. Otherwise returns a text that no other key has.
    fn key_text(&self, id: NodeId) -> Cow<'_, str> {
        match self.kind(id) {
            Kind::String(text) => {
                let ivars = self.extra(id).and_then(|extra| extra.ivars);
                key_string(self.text(text), self.encoding(ivars))
            }
            Kind::Symbol(symbol) => {
                let encoding = self.encoding(Some(symbol.ivars));
                key_string(self.text(symbol.text), encoding)
            }
            Kind::Nil => Cow::Borrowed(""),
            Kind::Bool(flag) => Cow::Owned(flag.to_string()),
            Kind::Fixnum(number) => Cow::Owned(number.to_string()),
            Kind::Bignum {
                negative,
                magnitude,
            } => Cow::Owned(bignum::bignum(negative, self.text(magnitude)).to_string()),
            Kind::Float(text) => Cow::Owned(
                bignum::float(self.text(text))
                    .map_or_else(|| object_key_text(id.place()), ruby_float_text),
            ),
            _ => Cow::Owned(object_key_text(id.place())),
        }
    }

    /// Returns the text of a String or Symbol beyond ASCII that names no encoding.
    fn unnamed_text(&self, id: NodeId) -> Option<&str> {
        let (text, ivars) = match self.kind(id) {
            Kind::String(text) => (text, self.extra(id).and_then(|extra| extra.ivars)),
            Kind::Symbol(symbol) => (symbol.text, Some(symbol.ivars)),
            _ => return None,
        };
        let text = self.text(text);
        let unnamed = !text.is_ascii() && self.encoding(ivars) == Encoding::Unnamed;
        unnamed.then(|| std::str::from_utf8(text).ok()).flatten()
    }
}

/// Returns the text of a key that is a String or a Symbol.
fn key_string<'a>(bytes: &'a [u8], encoding: Encoding<'_>) -> Cow<'a, str> {
    let text = std::str::from_utf8(bytes).ok();
    let (text, name) = match encoding {
        Encoding::Utf8 | Encoding::Named(b"UTF-8") => (text, Cow::Borrowed("UTF-8")),
        Encoding::Unnamed => (text.filter(|text| text.is_ascii()), Cow::Borrowed(BINARY)),
        Encoding::UsAscii => (
            text.filter(|text| text.is_ascii()),
            Cow::Borrowed("US-ASCII"),
        ),
        Encoding::Named(name) => (
            // Ruby: "a" == "a".encode("Shift_JIS"), and so are their hashes.
            text.filter(|text| text.is_ascii() && !NO_ASCII.iter().any(|no| name.starts_with(no))),
            String::from_utf8_lossy(name),
        ),
    };
    text.map_or_else(|| Cow::Owned(foreign_key_text(bytes, &name)), Cow::Borrowed)
}
