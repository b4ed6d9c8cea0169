//! Any `T: Serialize` as JSON, written as Rails does.
//!
//! `serde_json`'s own serializer looks at each byte of a string by itself, and a formatter of ours
//! would have to look a second time. What types become is as there.

use std::fmt::Display;

use serde::Serialize;
use serde::ser::{self, Error as _};

use super::escape::{JsonStyle, escape};
use super::read::from_json_str;
use super::scan::{MAX_DEPTH, Scanner};
use crate::serializer::DumpError;
use crate::serializer::value::{RAW_VALUE, ruby_float, ruby_float_of_single};

/// Appends to a Vec.
pub(super) struct JsonSerializer<'a> {
    out: &'a mut Vec<u8>,
    style: JsonStyle,
    depth: u32,
}

/// What is open: how many brackets, and whether it is a raw value.
pub(super) struct Compound<'a, 'b> {
    serializer: &'b mut JsonSerializer<'a>,
    end: &'static [u8],
    /// How many brackets `end` has.
    levels: u32,
    raw: bool,
}

impl<'a> JsonSerializer<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>, style: JsonStyle) -> Self {
        Self {
            out,
            style,
            depth: 0,
        }
    }

    fn write(&mut self, text: &[u8]) {
        self.out.extend_from_slice(text);
    }

    fn text(&mut self, text: &str) {
        self.out.push(b'"');
        escape(self.out, text, self.style.escapes());
        self.out.push(b'"');
    }

    fn integer(&mut self, integer: impl Serialize) -> Result<(), DumpError> {
        serde_json::to_writer(&mut *self.out, &integer).map_err(DumpError::custom)
    }

    fn open<'b>(
        &'b mut self,
        start: &[u8],
        end: &'static [u8],
    ) -> Result<Compound<'a, 'b>, DumpError> {
        if self.depth == MAX_DEPTH {
            return Err(DumpError::too_deep(MAX_DEPTH as usize));
        }
        self.depth += 1;
        self.write(start);
        Ok(Compound {
            serializer: self,
            end,
            levels: 1,
            raw: false,
        })
    }

    /// Opens `{"variant":` and what stands in it.
    fn open_variant<'b>(
        &'b mut self,
        variant: &str,
        start: &[u8],
        end: &'static [u8],
    ) -> Result<Compound<'a, 'b>, DumpError> {
        self.open(b"{", end)?;
        self.text(variant);
        self.out.push(b':');
        let compound = self.open(start, end)?;
        Ok(Compound {
            levels: 2,
            ..compound
        })
    }
}

impl Compound<'_, '_> {
    fn separate(&mut self) {
        if !matches!(self.serializer.out.last(), Some(b'[' | b'{')) {
            self.serializer.out.push(b',');
        }
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), DumpError> {
        self.separate();
        value.serialize(&mut *self.serializer)
    }

    fn pair<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<(), DumpError> {
        self.separate();
        self.serializer.text(key);
        self.serializer.out.push(b':');
        value.serialize(&mut *self.serializer)
    }

    fn close(self) {
        self.serializer.write(self.end);
        self.serializer.depth -= self.levels;
    }
}

macro_rules! integers {
    ($($method:ident: $type:ty,)+) => {
        $(fn $method(self, v: $type) -> Result<(), DumpError> {
            self.integer(v)
        })+
    };
}

impl<'a, 'b> ser::Serializer for &'b mut JsonSerializer<'a> {
    type Ok = ();
    type Error = DumpError;
    type SerializeSeq = Compound<'a, 'b>;
    type SerializeTuple = Compound<'a, 'b>;
    type SerializeTupleStruct = Compound<'a, 'b>;
    type SerializeTupleVariant = Compound<'a, 'b>;
    type SerializeMap = Compound<'a, 'b>;
    type SerializeStruct = Compound<'a, 'b>;
    type SerializeStructVariant = Compound<'a, 'b>;

    integers! {
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

    fn serialize_char(self, v: char) -> Result<(), DumpError> {
        self.text(v.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn serialize_str(self, v: &str) -> Result<(), DumpError> {
        self.text(v);
        Ok(())
    }

    fn serialize_bytes(self, v: &[u8]) -> Result<(), DumpError> {
        v.serialize(self)
    }

    fn serialize_none(self) -> Result<(), DumpError> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), DumpError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), DumpError> {
        self.write(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), DumpError> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), DumpError> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<(), DumpError> {
        value.serialize(self)
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
        map.close();
        Ok(())
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Compound<'a, 'b>, DumpError> {
        self.open(b"[", b"]")
    }

    fn serialize_tuple(self, _length: usize) -> Result<Compound<'a, 'b>, DumpError> {
        self.open(b"[", b"]")
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _length: usize,
    ) -> Result<Compound<'a, 'b>, DumpError> {
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
        if name == RAW_VALUE {
            return Ok(Compound {
                serializer: self,
                end: b"",
                levels: 0,
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

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), DumpError> {
        self.text(&value.to_string());
        Ok(())
    }
}

macro_rules! sequences {
    ($($trait:ident::$method:ident,)+) => {
        $(impl ser::$trait for Compound<'_, '_> {
            type Ok = ();
            type Error = DumpError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), DumpError> {
                self.item(value)
            }

            fn end(self) -> Result<(), DumpError> {
                self.close();
                Ok(())
            }
        })+
    };
}

sequences! {
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field,
}

impl ser::SerializeMap for Compound<'_, '_> {
    type Ok = ();
    type Error = DumpError;

    /// Keys are texts: numbers, booleans and nil become such, nothing else does.
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
        self.serializer.out.push(b':');
        value.serialize(&mut *self.serializer)
    }

    fn end(self) -> Result<(), DumpError> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeStruct for Compound<'_, '_> {
    type Ok = ();
    type Error = DumpError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), DumpError> {
        if !self.raw {
            return self.pair(key, value);
        }
        // A RawValue's text is JSON; it comes as a string, and goes without its quotes.
        let mut text = Vec::new();
        serde_json::to_writer(&mut text, value).map_err(DumpError::custom)?;
        let text: String = serde_json::from_slice(&text).map_err(DumpError::custom)?;
        // serde_json looked at its structure alone.
        let nested = Scanner::new(text.as_bytes()).value(self.serializer.depth);
        nested
            .and_then(|()| from_json_str(&text))
            .map_err(|error| DumpError(error.reason.to_owned()))?;
        escape(
            self.serializer.out,
            &text,
            self.serializer.style.escapes_in_raw_json(),
        );
        Ok(())
    }

    fn end(self) -> Result<(), DumpError> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeStructVariant for Compound<'_, '_> {
    type Ok = ();
    type Error = DumpError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), DumpError> {
        self.pair(key, value)
    }

    fn end(self) -> Result<(), DumpError> {
        self.close();
        Ok(())
    }
}
