//! [`Packer`]: values as the msgpack gem writes them, each in its smallest form.
//!
//! Source: `ext/msgpack/packer.h` of the msgpack gem (widths: integers are as small as possible,
//! and unsigned if positive; Floats always take 64 bits; `str 8` and `fixext` are used).
//!
//! `rmp` is not used: it writes to an `io::Write` that can fail. The functions here are a dozen
//! short ones, and the reader needs the markers anyway.

use num_bigint::BigInt;

use super::super::DumpError;
use super::super::json::transcode::Target;
use super::super::value::{RubyBytes, Value};
use super::marker::{self, BINARY};
use super::style::Style;
use super::{kind, ruby_number};

pub(super) type Dumped = Result<(), DumpError>;

/// The bytes of a message that is being written.
pub(super) struct Packer {
    out: Vec<u8>,
    style: Style,
}

impl Packer {
    pub(super) fn new(style: Style) -> Self {
        Self {
            out: Vec::new(),
            style,
        }
    }

    /// Returns an empty writer of the same style, for a payload whose length must be known first.
    pub(super) fn beside(&self) -> Self {
        Self::new(self.style)
    }

    pub(super) fn style(&self) -> Style {
        self.style
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    /// Returns the bytes so far, to append MessagePack from another writer.
    pub(super) fn out(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    /// Copies bytes that are already MessagePack.
    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// Writes one value in at most `levels` levels of nesting.
    pub(super) fn value(&mut self, value: &Value, levels: usize) -> Dumped {
        match value {
            Value::Nil => self.byte(marker::NIL),
            Value::Bool(false) => self.byte(marker::FALSE),
            Value::Bool(true) => self.byte(marker::TRUE),
            Value::Integer(number) => self.integer(*number),
            Value::Float(number) => self.marked(marker::FLOAT_64, &number.to_be_bytes()),
            Value::String(text) => self.text(text),
            Value::Bytes(bytes) => self.bytes(bytes),
            Value::Array(elements) => self.array(elements, levels),
            Value::Hash(pairs) => self.map(pairs, levels),
            _ => self.extended(value, levels),
        }
    }

    /// Writes a value that is an extension.
    fn extended(&mut self, value: &Value, levels: usize) -> Dumped {
        match value {
            Value::BigInteger(number) => self.big_integer(&number.0),
            Value::Symbol(text) => self.extension(kind::SYMBOL, text.as_bytes()),
            Value::TimeZone(text) => self.extension(kind::TIME_ZONE, text.as_bytes()),
            Value::Uri(text) => self.extension(kind::URI, text.as_bytes()),
            Value::Pathname(text) => self.extension(kind::PATHNAME, text.as_bytes()),
            Value::Regexp(text) => self.extension(kind::REGEXP, text.as_bytes()),
            Value::SafeBuffer(text) => self.safe_buffer(text, levels),
            Value::BigDecimal(text) => self.big_decimal(text),
            Value::IpAddr(text) => self.ip_addr(text, levels),
            Value::Object(object) => self.object(object, levels),
            _ => self.payload(value, levels),
        }
    }

    #[allow(clippy::unnecessary_wraps)] // an arm of `value` like the others
    pub(super) fn byte(&mut self, byte: u8) -> Dumped {
        self.out.push(byte);
        Ok(())
    }

    #[allow(clippy::unnecessary_wraps)] // an arm of `value` like the others
    fn marked(&mut self, marker: u8, bytes: &[u8]) -> Dumped {
        self.out.push(marker);
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    pub(super) fn integer(&mut self, number: i64) -> Dumped {
        if let Ok(number) = u64::try_from(number) {
            self.unsigned(number)
        } else if let (-32.., Ok(small)) = (number, i8::try_from(number)) {
            self.byte(small.cast_unsigned())
        } else if let Ok(number) = i8::try_from(number) {
            self.marked(marker::INT_8, &number.to_be_bytes())
        } else if let Ok(number) = i16::try_from(number) {
            self.marked(marker::INT_16, &number.to_be_bytes())
        } else if let Ok(number) = i32::try_from(number) {
            self.marked(marker::INT_32, &number.to_be_bytes())
        } else {
            self.marked(marker::INT_64, &number.to_be_bytes())
        }
    }

    fn unsigned(&mut self, number: u64) -> Dumped {
        match (
            u8::try_from(number),
            u16::try_from(number),
            u32::try_from(number),
        ) {
            (Ok(number @ ..marker::FIXMAP), ..) => self.byte(number),
            (Ok(number), ..) => self.marked(marker::UINT_8, &[number]),
            (_, Ok(number), _) => self.marked(marker::UINT_16, &number.to_be_bytes()),
            (.., Ok(number)) => self.marked(marker::UINT_32, &number.to_be_bytes()),
            _ => self.marked(marker::UINT_64, &number.to_be_bytes()),
        }
    }

    fn big_integer(&mut self, number: &BigInt) -> Dumped {
        if let Ok(number) = i64::try_from(number) {
            self.integer(number)
        } else if let Ok(number) = u64::try_from(number) {
            self.unsigned(number)
        } else {
            self.extension(kind::BIG_INTEGER, &ruby_number::big_integer_payload(number))
        }
    }

    /// Writes a length after the smallest of up to three markers that holds it.
    fn length(&mut self, length: usize, markers: (Option<u8>, u8, u8)) -> Dumped {
        let length = u32::try_from(length).map_err(|_| refused("a part is longer than 4 GiB"))?;
        match (markers, u8::try_from(length), u16::try_from(length)) {
            ((Some(marker), ..), Ok(length), _) => self.marked(marker, &[length]),
            ((_, marker, _), _, Ok(length)) => self.marked(marker, &length.to_be_bytes()),
            ((.., marker), ..) => self.marked(marker, &length.to_be_bytes()),
        }
    }

    pub(super) fn text(&mut self, text: &str) -> Dumped {
        self.str(text.as_bytes())
    }

    fn str(&mut self, bytes: &[u8]) -> Dumped {
        match u8::try_from(bytes.len()) {
            Ok(length @ ..32) => self.byte(marker::FIXSTR | length)?,
            _ => self.length(
                bytes.len(),
                (Some(marker::STR_8), marker::STR_16, marker::STR_32),
            )?,
        }
        self.raw(bytes);
        Ok(())
    }

    fn bytes(&mut self, string: &RubyBytes) -> Dumped {
        if string.encoding != BINARY {
            return self.str(&string.bytes);
        }
        let markers = (Some(marker::BIN_8), marker::BIN_16, marker::BIN_32);
        self.length(string.bytes.len(), markers)?;
        self.raw(&string.bytes);
        Ok(())
    }

    pub(super) fn array(&mut self, elements: &[Value], levels: usize) -> Dumped {
        self.array_head(elements.len())?;
        for element in elements {
            self.value(element, inside(levels)?)?;
        }
        Ok(())
    }

    fn array_head(&mut self, elements: usize) -> Dumped {
        match u8::try_from(elements) {
            Ok(length @ ..16) => self.byte(marker::FIXARRAY | length),
            _ => self.length(elements, (None, marker::ARRAY_16, marker::ARRAY_32)),
        }
    }

    pub(super) fn map(&mut self, pairs: &[(Value, Value)], levels: usize) -> Dumped {
        self.map_head(pairs.len())?;
        for (key, value) in pairs {
            self.value(key, inside(levels)?)?;
            self.value(value, inside(levels)?)?;
        }
        Ok(())
    }

    pub(super) fn map_head(&mut self, pairs: usize) -> Dumped {
        match u8::try_from(pairs) {
            Ok(length @ ..16) => self.byte(marker::FIXMAP | length),
            _ => self.length(pairs, (None, marker::MAP_16, marker::MAP_32)),
        }
    }

    pub(super) fn extension(&mut self, kind: i8, payload: &[u8]) -> Dumped {
        match payload.len() {
            1 => self.byte(marker::FIXEXT_1)?,
            2 => self.byte(marker::FIXEXT_2)?,
            4 => self.byte(marker::FIXEXT_4)?,
            8 => self.byte(marker::FIXEXT_8)?,
            16 => self.byte(marker::FIXEXT_16)?,
            length => self.length(
                length,
                (Some(marker::EXT_8), marker::EXT_16, marker::EXT_32),
            )?,
        }
        self.raw(&kind.to_be_bytes());
        self.raw(payload);
        Ok(())
    }
}

impl Target for Packer {
    fn scalar(&mut self, scalar: &Value) -> Dumped {
        self.value(scalar, 0)
    }

    fn text(&mut self, text: &str) -> Dumped {
        self.text(text)
    }

    fn head(&mut self, is_object: bool, length: usize) -> Dumped {
        if is_object {
            self.map_head(length)
        } else {
            self.array_head(length)
        }
    }
}

/// Returns the levels that are left inside one more level.
pub(super) fn inside(levels: usize) -> Result<usize, DumpError> {
    levels
        .checked_sub(1)
        .ok_or_else(|| refused("values are nested deeper than 128 levels"))
}

pub(super) fn refused(reason: &str) -> DumpError {
    DumpError(reason.to_owned())
}
