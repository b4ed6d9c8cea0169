//! JSON as Rails' encoder writes it (`ActiveSupport::JSON.encode`, json/encoding.rb and
//! `core_ext/object/json.rb`, the same from 4.1 to 8.1 but for U+2028 and U+2029).
//!
//! No spaces; `<`, `>`, `&` escaped; floats in Ruby's form; integers of any size as digits; NaN and
//! infinities null; keys by their text. What `as_json` makes of each kind is said in `View`.

use std::fmt;
use std::io::Write;

use serde::Serialize;

pub(crate) use super::escape::JsonStyle;
use super::escape::{Escapes, PLAIN, escape};
use super::scan::MAX_DEPTH;
use super::serializer::JsonSerializer;
use crate::serializer::value::{Field, Value, View, ruby_float, text_pairs};
use crate::serializer::{DumpError, NO_TEXT};

/// Why a value is shown to people, but not sealed.
const TOO_DEEP: &str = "nesting deeper than 100 levels";

/// Append a value that stands `outer` containers deep. A String that is no UTF-8 is written as text
/// where its encoding is known here, and is an error otherwise, as in Rails. On an error nothing
/// is appended.
pub(crate) fn value(
    out: &mut Vec<u8>,
    value: &Value,
    style: JsonStyle,
    outer: u32,
) -> Result<(), DumpError> {
    let start = out.len();
    let mut writer = Writer::new(out, style.escapes());
    // What nests deeper could be written, but no Rails would read it.
    writer.levels = MAX_DEPTH.saturating_sub(outer);
    writer.value(value);
    match writer.fault {
        None => Ok(()),
        Some(fault) => {
            out.truncate(start);
            Err(DumpError(fault.to_owned()))
        }
    }
}

/// Append what any type serializes to. Bytes (`serialize_bytes`) are an array of numbers, as in
/// `serde_json`, so that they read back. On an error nothing is appended.
pub(crate) fn serialize<T: Serialize + ?Sized>(
    out: &mut Vec<u8>,
    value: &T,
    style: JsonStyle,
) -> Result<(), DumpError> {
    let start = out.len();
    let mut serializer = JsonSerializer::new(&mut *out, style);
    let written = value.serialize(&mut serializer);
    written.inspect_err(|_| out.truncate(start))
}

/// Append a string of these parts, with its quotes.
pub(crate) fn string<const N: usize>(out: &mut Vec<u8>, parts: [&str; N], style: JsonStyle) {
    out.push(b'"');
    for part in parts {
        escape(out, part, style.escapes());
    }
    out.push(b'"');
}

impl fmt::Display for Value {
    /// JSON without the escapes that are there for HTML: compact, or with `{:#}` indented by two
    /// spaces. Beyond 128 levels stands null.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Vec::new();
        let mut writer = Writer::new(&mut out, &PLAIN);
        writer.indented = f.alternate();
        writer.value(self);
        f.write_str(&String::from_utf8_lossy(&out))
    }
}

/// How deep `Display` goes: as deep as any serializer reads.
const LEVELS_FOR_PEOPLE: u32 = 128;

struct Writer<'a> {
    out: &'a mut Vec<u8>,
    escapes: &'static Escapes,
    indented: bool,
    depth: u32,
    levels: u32,
    /// What must not be sealed so, but may be shown.
    fault: Option<&'static str>,
}

impl<'a> Writer<'a> {
    fn new(out: &'a mut Vec<u8>, escapes: &'static Escapes) -> Self {
        Self {
            out,
            escapes,
            indented: false,
            depth: 0,
            levels: LEVELS_FOR_PEOPLE,
            fault: None,
        }
    }

    fn value(&mut self, value: &Value) {
        match value.as_json() {
            View::Bool(true) => self.raw("true"),
            View::Bool(false) => self.raw("false"),
            View::Integer(integer) => self.display(integer),
            View::BigInteger(big) => self.display(big),
            View::Float(float) if float.is_finite() => ruby_float(self.out, float),
            View::Nil | View::Float(_) => self.raw("null"),
            View::Text(text) => self.text(&text),
            View::Bytes(bytes) => {
                if bytes.to_text().is_none() {
                    self.fault = Some(NO_TEXT);
                }
                self.text(&bytes.text_or_replacements());
            }
            View::List(items) => self.list(items),
            View::Pairs(pairs) => match text_pairs(pairs) {
                Some(pairs) => self.object(pairs.iter().map(|(key, value)| (&**key, *value))),
                None => self.object(
                    pairs
                        .iter()
                        .map(|(key, value)| (key.as_str().unwrap_or_default(), value)),
                ),
            },
            View::Fields(fields) => self.fields(fields),
            View::Same(value) => self.value(value),
        }
    }

    fn display(&mut self, value: impl fmt::Display) {
        // Writing into a Vec cannot fail.
        let _ = write!(self.out, "{value}");
    }

    fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn text(&mut self, text: &str) {
        self.out.push(b'"');
        escape(self.out, text, self.escapes);
        self.out.push(b'"');
    }

    /// One level deeper, unless that is too deep: then null stands there.
    fn nested(&mut self, write: impl FnOnce(&mut Self)) {
        if self.depth == self.levels {
            self.fault = Some(TOO_DEEP);
            self.raw("null");
            return;
        }
        self.depth += 1;
        write(self);
        self.depth -= 1;
    }

    fn list(&mut self, items: &[Value]) {
        self.nested(|writer| {
            writer.raw("[");
            for (at, item) in items.iter().enumerate() {
                writer.separate(at == 0);
                writer.value(item);
            }
            writer.close("]", items.is_empty());
        });
    }

    fn object<'v>(&mut self, pairs: impl ExactSizeIterator<Item = (&'v str, &'v Value)>) {
        self.nested(|writer| {
            let empty = pairs.len() == 0;
            writer.raw("{");
            for (at, (key, value)) in pairs.enumerate() {
                writer.key(at == 0, key);
                writer.value(value);
            }
            writer.close("}", empty);
        });
    }

    fn fields(&mut self, fields: Vec<(&str, Field<'_>)>) {
        self.nested(|writer| {
            let empty = fields.is_empty();
            writer.raw("{");
            for (at, (name, field)) in fields.into_iter().enumerate() {
                writer.key(at == 0, name);
                match field {
                    Field::Value(value) => writer.value(value),
                    Field::Text(text) => writer.text(&text),
                    Field::Number(number) => writer.raw(&number.to_string()),
                }
            }
            writer.close("}", empty);
        });
    }

    fn key(&mut self, first: bool, key: &str) {
        self.separate(first);
        self.text(key);
        self.raw(if self.indented { ": " } else { ":" });
    }

    fn separate(&mut self, first: bool) {
        if !first {
            self.raw(",");
        }
        self.new_line(self.depth);
    }

    fn close(&mut self, bracket: &str, empty: bool) {
        if !empty {
            self.new_line(self.depth.saturating_sub(1));
        }
        self.raw(bracket);
    }

    fn new_line(&mut self, depth: u32) {
        if self.indented {
            self.raw("\n");
            self.out
                .extend(std::iter::repeat_n(b' ', 2 * depth as usize));
        }
    }
}
