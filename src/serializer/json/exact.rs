//! Writes any `T: Serialize` as lossless JSON text: read again, the text is exactly the [`Value`]
//! that [`to_value`] makes of the same `T`.
//!
//! A session keeps such text rather than values of many parts. Values without such a text stay a
//! `Value`: bytes, NaN, a map with two equal keys or with keys that are not texts, a [`Value`], raw
//! JSON. `<`, `>`, `&` and the like are not escaped in the text: the set of escaped characters is
//! known only when the session is written ([`new_value`]).
//!
//! [`Value`]: crate::serializer::value::Value
//! [`to_value`]: crate::serializer::to_value
//! [`new_value`]: super::write::new_value

use serde::Serialize;
use serde::ser::{self, Error as _};

use super::escape::{PLAIN, escape};
use super::index_entry::index;
use crate::serializer::shapes::{alike, each, lists, structs};
use crate::serializer::value::{TOKEN, is_raw, ruby_float, ruby_float_of_single};
use crate::serializer::{DumpError, Span};

/// The containers, newtypes and `Some`s that may be nested in each other. The limit is far below
/// those of the formats, so that a value that exceeds one of those is a `Value` and meets that
/// format's own rule.
const MOST_LEVELS: usize = 64;

/// Up to this many keys of the open objects are compared as they arrive.
const MOST_KEYS: usize = 24;

/// Appends a value's text. Returns `false`, and appends nothing, if the value has no lossless text
/// or cannot be written.
pub(crate) fn write_exactly<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) -> bool {
    let start = out.len();
    let mut serializer = ExactSerializer {
        out,
        keys: [Span::new(0, 0); MOST_KEYS],
        key_count: 0,
        levels: 0,
        wrappers: 0,
        is_exact: true,
    };
    let is_written = value.serialize(&mut serializer).is_ok();
    let is_exact = is_written && serializer.is_exact;
    if !is_exact {
        out.truncate(start);
    }
    is_exact
}

struct ExactSerializer<'a> {
    out: &'a mut Vec<u8>,
    /// The spans of the keys of the open objects, the innermost object's last.
    keys: [Span; MOST_KEYS],
    key_count: usize,
    levels: usize,
    wrappers: usize,
    /// True while the text is lossless. A type's own code may ignore an error, so the result of its
    /// `serialize` is not enough.
    is_exact: bool,
}

impl ExactSerializer<'_> {
    #[cold]
    fn refuse<T>(&mut self) -> Result<T, DumpError> {
        self.is_exact = false;
        // The text is never read: `to_value` reports what is wrong, if anything is.
        Err(DumpError(String::new()))
    }

    fn write(&mut self, text: &[u8]) {
        self.out.extend_from_slice(text);
    }

    #[inline]
    fn text(&mut self, text: &str) {
        self.out.push(b'"');
        escape(self.out, text.as_bytes(), &PLAIN);
        self.out.push(b'"');
    }

    fn integer(&mut self, integer: impl Serialize) -> Result<(), DumpError> {
        serde_json::to_writer(&mut *self.out, &integer).map_err(DumpError::custom)
    }

    #[inline]
    fn open(&mut self, bracket: u8) -> Result<(), DumpError> {
        if self.levels == MOST_LEVELS {
            return self.refuse();
        }
        self.levels += 1;
        self.out.push(bracket);
        Ok(())
    }

    /// Opens `{"variant":` and the variant's content.
    fn open_variant(&mut self, variant: &str, bracket: u8) -> Result<(), DumpError> {
        self.open(b'{')?;
        self.text(variant);
        self.out.push(b':');
        self.open(bracket)
    }

    /// Closes one container for each bracket.
    #[inline]
    fn close(&mut self, brackets: &[u8]) {
        self.levels -= brackets.len();
        self.write(brackets);
    }

    fn wrapped<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), DumpError> {
        if self.wrappers == MOST_LEVELS {
            return self.refuse();
        }
        self.wrappers += 1;
        value.serialize(&mut *self)?;
        self.wrappers -= 1;
        Ok(())
    }

    /// Writes a value inside a container.
    #[inline]
    fn nested<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), DumpError> {
        let written = value.serialize(&mut *self);
        self.is_exact &= written.is_ok();
        written
    }
}

/// An array, a tuple or an enum's variant of several values.
struct Items<'a, 'b> {
    serializer: &'b mut ExactSerializer<'a>,
    is_empty: bool,
    end: &'static [u8],
}

impl<'a, 'b> Items<'a, 'b> {
    fn new(serializer: &'b mut ExactSerializer<'a>, end: &'static [u8]) -> Self {
        Self {
            serializer,
            is_empty: true,
            end,
        }
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), DumpError> {
        if !std::mem::take(&mut self.is_empty) {
            self.serializer.out.push(b',');
        }
        self.serializer.nested(value)
    }

    #[expect(clippy::unnecessary_wraps, reason = "as any collection ends")]
    fn finish(self) -> Result<(), DumpError> {
        self.serializer.close(self.end);
        Ok(())
    }
}

/// A map, a struct or an enum's variant with fields.
struct Pairs<'a, 'b> {
    serializer: &'b mut ExactSerializer<'a>,
    /// The place where the object begins.
    start: usize,
    /// The number of keys that are remembered of the enclosing objects.
    outer_keys: usize,
    /// The keys as bits, each by its length and first byte: only keys with the same bit can be
    /// equal.
    bits: u64,
    /// True if there was no room to remember a key.
    is_long: bool,
    /// True if a key has been written and its value has not.
    is_key: bool,
    end: &'static [u8],
}

impl<'a, 'b> Pairs<'a, 'b> {
    /// Creates the pairs of the object whose bracket was written last.
    fn new(serializer: &'b mut ExactSerializer<'a>, end: &'static [u8]) -> Self {
        Self {
            start: serializer.out.len() - 1,
            outer_keys: serializer.key_count,
            serializer,
            bits: 0,
            is_long: false,
            is_key: false,
            end,
        }
    }

    #[inline]
    fn separate(&mut self) {
        if self.bits != 0 {
            self.serializer.out.push(b',');
        }
    }

    /// Remembers the key that was written from `start` on.
    #[inline]
    fn count_key(&mut self, start: usize) -> Result<(), DumpError> {
        let ExactSerializer {
            out,
            keys,
            key_count,
            ..
        } = &mut *self.serializer;
        let span = Span::new(start, out.len());
        let first = out.get(start + 1).copied().unwrap_or_default();
        let bit = 1 << ((7 * span.len() + usize::from(first)) & 63);
        if self.bits & bit != 0 {
            let known = keys.get(self.outer_keys..*key_count).unwrap_or_default();
            let key = span.of_bytes(out);
            let is_same = |other: &Span| other.len() == key.len() && other.of_bytes(out) == key;
            if known.iter().any(is_same) {
                return self.serializer.refuse();
            }
        }
        self.bits |= bit;
        match keys.get_mut(*key_count) {
            Some(key) => {
                *key = span;
                *key_count += 1;
            }
            None => self.is_long = true,
        }
        Ok(())
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), DumpError> {
        self.separate();
        let start = self.serializer.out.len();
        self.serializer.text(name);
        self.count_key(start)?;
        self.serializer.out.push(b':');
        self.serializer.nested(value)
    }

    /// Returns true if two of many keys are equal; it is called when all of them are written.
    fn has_doubles(&self) -> bool {
        let text = self.serializer.out.get(self.start..).unwrap_or_default();
        let Ok(text) = std::str::from_utf8(text) else {
            return true;
        };
        let Ok(Some(entries)) = index(text) else {
            return true;
        };
        let mut keys: Vec<_> = entries
            .iter()
            .map(|entry| entry.key.span.of(text))
            .collect();
        keys.sort_unstable();
        let count = keys.len();
        keys.dedup();
        keys.len() < count
    }

    fn finish(self) -> Result<(), DumpError> {
        if self.is_key {
            return self.serializer.refuse();
        }
        self.serializer.close(b"}");
        self.serializer.key_count = self.outer_keys;
        if self.is_long && self.has_doubles() {
            return self.serializer.refuse();
        }
        self.serializer.close(self.end);
        Ok(())
    }
}

impl<'a, 'b> ser::Serializer for &'b mut ExactSerializer<'a> {
    alike! { (), Items<'a, 'b>, Pairs<'a, 'b> }

    each! {
        |this, v| this.integer(v) => ();
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
        serialize_i128: i128, serialize_u128: u128,
    }

    fn serialize_bool(self, v: bool) -> Result<(), DumpError> {
        self.write(if v { b"true" } else { b"false" });
        Ok(())
    }

    fn serialize_f32(self, v: f32) -> Result<(), DumpError> {
        if !v.is_finite() {
            return self.refuse();
        }
        ruby_float_of_single(self.out, v);
        Ok(())
    }

    fn serialize_f64(self, v: f64) -> Result<(), DumpError> {
        if !v.is_finite() {
            return self.refuse();
        }
        ruby_float(self.out, v);
        Ok(())
    }

    fn serialize_str(self, v: &str) -> Result<(), DumpError> {
        self.text(v);
        Ok(())
    }

    fn serialize_bytes(self, _v: &[u8]) -> Result<(), DumpError> {
        self.refuse()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), DumpError> {
        self.wrapped(value)
    }

    fn serialize_unit(self) -> Result<(), DumpError> {
        self.write(b"null");
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), DumpError> {
        if name == TOKEN {
            return self.refuse();
        }
        self.wrapped(value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), DumpError> {
        self.open(b'{')?;
        self.text(variant);
        self.out.push(b':');
        value.serialize(&mut *self)?;
        self.close(b"}");
        Ok(())
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Items<'a, 'b>, DumpError> {
        self.open(b'[')?;
        Ok(Items::new(self, b"]"))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Items<'a, 'b>, DumpError> {
        self.open_variant(variant, b'[')?;
        Ok(Items::new(self, b"]}"))
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Pairs<'a, 'b>, DumpError> {
        self.open(b'{')?;
        Ok(Pairs::new(self, b""))
    }

    fn serialize_struct(
        self,
        name: &'static str,
        length: usize,
    ) -> Result<Pairs<'a, 'b>, DumpError> {
        if is_raw(name) {
            return self.refuse();
        }
        self.serialize_map(Some(length))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Pairs<'a, 'b>, DumpError> {
        self.open_variant(variant, b'{')?;
        Ok(Pairs::new(self, b"}"))
    }
}

lists! { Items<'_, '_> => () }
structs! { Pairs<'_, '_> => () }

impl ser::SerializeMap for Pairs<'_, '_> {
    type Ok = ();
    type Error = DumpError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), DumpError> {
        self.separate();
        let start = self.serializer.out.len();
        self.serializer.nested(key)?;
        let is_text = self.serializer.out.get(start) == Some(&b'"');
        if !is_text || std::mem::replace(&mut self.is_key, true) {
            return self.serializer.refuse();
        }
        self.count_key(start)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), DumpError> {
        if !std::mem::take(&mut self.is_key) {
            return self.serializer.refuse();
        }
        self.serializer.out.push(b':');
        self.serializer.nested(value)
    }

    fn end(self) -> Result<(), DumpError> {
        self.finish()
    }
}
