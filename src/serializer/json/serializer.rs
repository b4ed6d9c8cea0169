//! [`JsonSerializer`]: any `T: Serialize` as JSON in Rails' form. All JSON is written here, also
//! that of a [`Value`].
//!
//! `serde_json`'s own serializer scans the bytes of a string one by one, and a formatter of ours
//! would have to scan them again. Types become the same JSON as there.
//!
//! [`Value`]: crate::serializer::value::Value

use serde::Serialize;
use serde::ser::{self, Error as _};

use super::escape::{Escapes, JsonStyle, NOTHING, PLAIN, escape};
use super::scan::{MAX_DEPTH, check};
use crate::serializer::DumpError;
use crate::serializer::shapes::{alike, each, lists, structs};
use crate::serializer::value::{ADDRESS, is_raw, ruby_float, ruby_float_of_single};

/// A serializer that appends to a Vec.
pub(super) struct JsonSerializer<'a> {
    out: &'a mut Vec<u8>,
    /// The escapes in strings.
    escapes: &'static Escapes,
    /// The escapes in text that is JSON already.
    in_raw: &'static Escapes,
    /// Puts each item on a line of its own. Enum variants stay on one line: no value is one.
    indented: bool,
    /// Writes the prefix of an `IPAddr`.
    ip_prefix: bool,
    depth: usize,
    max_depth: usize,
}

/// An open container: the number of its brackets, and if it is a raw value.
pub(super) struct Compound<'a, 'b> {
    serializer: &'b mut JsonSerializer<'a>,
    /// The brackets that close it.
    end: &'static [u8],
    raw: bool,
}

impl<'a> JsonSerializer<'a> {
    /// Creates a serializer that writes as Rails does, nested in `outer` containers. Values that
    /// nest deeper than Rails reads are an error.
    pub(super) fn new(out: &'a mut Vec<u8>, style: JsonStyle, outer: usize) -> Self {
        Self {
            out,
            escapes: style.escapes(),
            in_raw: style.escapes_in_raw_json(),
            indented: false,
            ip_prefix: style.ip_prefix,
            depth: outer,
            max_depth: MAX_DEPTH,
        }
    }

    /// Creates a serializer of readable JSON without a limit on depth.
    pub(super) fn for_people(out: &'a mut Vec<u8>, indented: bool) -> Self {
        Self {
            out,
            escapes: &PLAIN,
            in_raw: &NOTHING,
            indented,
            ip_prefix: true,
            depth: 0,
            max_depth: usize::MAX,
        }
    }

    fn write(&mut self, text: &[u8]) {
        self.out.extend_from_slice(text);
    }

    fn text(&mut self, text: &str) {
        self.out.push(b'"');
        escape(self.out, text.as_bytes(), self.escapes);
        self.out.push(b'"');
    }

    fn integer(&mut self, integer: impl Serialize) -> Result<(), DumpError> {
        serde_json::to_writer(&mut *self.out, &integer).map_err(DumpError::custom)
    }

    #[inline]
    fn colon(&mut self) {
        self.out.push(b':');
        if self.indented {
            self.out.push(b' ');
        }
    }

    #[cold]
    fn new_line(&mut self) {
        self.out.push(b'\n');
        let spaces = 2 * self.depth;
        self.out.extend(std::iter::repeat_n(b' ', spaces));
    }

    fn open<'b>(
        &'b mut self,
        start: &[u8],
        end: &'static [u8],
    ) -> Result<Compound<'a, 'b>, DumpError> {
        if self.depth >= self.max_depth {
            return Err(DumpError::too_deep(self.max_depth));
        }
        self.depth += 1;
        self.write(start);
        Ok(Compound {
            serializer: self,
            end,
            raw: false,
        })
    }

    /// Opens `{"variant":` and the variant's content.
    fn open_variant<'b>(
        &'b mut self,
        variant: &str,
        start: &[u8],
        end: &'static [u8],
    ) -> Result<Compound<'a, 'b>, DumpError> {
        self.open(b"{", end)?;
        self.text(variant);
        self.colon();
        self.open(start, end)
    }
}

impl Compound<'_, '_> {
    fn is_empty(&self) -> bool {
        matches!(self.serializer.out.last(), Some(b'[' | b'{'))
    }

    fn separate(&mut self) {
        if !self.is_empty() {
            self.serializer.out.push(b',');
        }
        if self.serializer.indented {
            self.serializer.new_line();
        }
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), DumpError> {
        self.separate();
        value.serialize(&mut *self.serializer)
    }

    fn pair<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<(), DumpError> {
        self.key(key);
        value.serialize(&mut *self.serializer)
    }

    /// Writes a pair's key with the punctuation around it.
    #[inline]
    fn key(&mut self, key: &str) {
        self.separate();
        self.serializer.text(key);
        self.serializer.colon();
    }

    /// Appends the text of a raw value, which arrives as a string and is written without quotes.
    fn raw_text<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), DumpError> {
        let serializer = &mut *self.serializer;
        match serde_json::to_value(value).map_err(DumpError::custom)? {
            serde_json::Value::String(text) => {
                // serde_json has only checked its structure.
                check(&text, serializer.depth)
                    .map_err(|error| DumpError(error.reason.to_owned()))?;
                escape(serializer.out, text.as_bytes(), serializer.in_raw);
                Ok(())
            }
            _ => Err(DumpError("raw JSON without its text".to_owned())),
        }
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), DumpError> {
        if self.raw {
            self.raw_text(value)
        } else {
            self.pair(name, value)
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "as any collection ends")]
    fn finish(self) -> Result<(), DumpError> {
        self.serializer.depth -= self.end.len();
        if self.serializer.indented && !self.raw && !self.is_empty() {
            self.serializer.new_line();
        }
        self.serializer.write(self.end);
        Ok(())
    }
}

impl<'a, 'b> ser::Serializer for &'b mut JsonSerializer<'a> {
    alike! { (), Compound<'a, 'b>, Compound<'a, 'b> }

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
        if v.is_finite() {
            ruby_float_of_single(self.out, v);
        } else {
            self.write(b"null");
        }
        Ok(())
    }

    fn serialize_f64(self, v: f64) -> Result<(), DumpError> {
        if v.is_finite() {
            ruby_float(self.out, v);
        } else {
            self.write(b"null");
        }
        Ok(())
    }

    fn serialize_str(self, v: &str) -> Result<(), DumpError> {
        self.text(v);
        Ok(())
    }

    fn serialize_bytes(self, v: &[u8]) -> Result<(), DumpError> {
        v.serialize(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), DumpError> {
        value.serialize(self)
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
        if name != ADDRESS || self.ip_prefix {
            return value.serialize(self);
        }
        let start = self.out.len();
        value.serialize(&mut *self)?;
        let text = self.out.get(start..).unwrap_or_default();
        if let Some(at) = memchr::memchr(b'/', text) {
            self.out.truncate(start + at);
            self.out.push(b'"');
        }
        Ok(())
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), DumpError> {
        let mut map = self.open(b"{", b"}")?;
        map.pair(variant, value)?;
        map.finish()
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Compound<'a, 'b>, DumpError> {
        self.open(b"[", b"]")
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Compound<'a, 'b>, DumpError> {
        self.open_variant(variant, b"[", b"]}")
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Compound<'a, 'b>, DumpError> {
        self.open(b"{", b"}")
    }

    fn serialize_struct(
        self,
        name: &'static str,
        _length: usize,
    ) -> Result<Compound<'a, 'b>, DumpError> {
        if is_raw(name) {
            return Ok(Compound {
                serializer: self,
                end: b"",
                raw: true,
            });
        }
        self.open(b"{", b"}")
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Compound<'a, 'b>, DumpError> {
        self.open_variant(variant, b"{", b"}}")
    }
}

lists! { Compound<'_, '_> => () }
structs! { Compound<'_, '_> => () }

impl ser::SerializeMap for Compound<'_, '_> {
    type Ok = ();
    type Error = DumpError;

    /// Writes a key. Numbers, booleans and nil become text; keys of other kinds are an error.
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), DumpError> {
        self.separate();
        let out = self.serializer.out.len();
        key.serialize(&mut *self.serializer)?;
        match self.serializer.out.get(out) {
            Some(b'"') => {}
            Some(b'-' | b'0'..=b'9' | b't' | b'f') => {
                self.serializer.out.insert(out, b'"');
                self.serializer.out.push(b'"');
            }
            // nil, as in `as_json`.
            Some(b'n') => {
                self.serializer.out.truncate(out);
                self.serializer.write(b"\"\"");
            }
            _ => return Err(DumpError("key must be a string".to_owned())),
        }
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), DumpError> {
        self.serializer.colon();
        value.serialize(&mut *self.serializer)
    }

    fn end(self) -> Result<(), DumpError> {
        self.finish()
    }
}
