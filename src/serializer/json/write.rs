//! JSON as Rails' encoder writes it (`ActiveSupport::JSON.encode`, json/encoding.rb and
//! `core_ext/object/json.rb`, the same from 4.1 to 8.1 but for U+2028 and U+2029).
//!
//! No spaces; `<`, `>`, `&` escaped; floats in Ruby's form; integers of any size as digits; NaN and
//! infinities null; keys by their text. What `as_json` makes of each kind is said in `View`.

use std::fmt;

use serde::Serialize;

pub(crate) use super::escape::JsonStyle;
use super::escape::{escape, escape_in_json};
use super::serializer::JsonSerializer;
use crate::serializer::value::{AsJson, MAX_DEPTH, Shown, Value};
use crate::serializer::{DumpError, NewValue};

/// Appends a value that stands `outer` containers deep. A String that is no UTF-8 is written as
/// text where its encoding is known here, and is an error otherwise, as in Rails. On an error
/// nothing is appended.
pub(crate) fn value(
    out: &mut Vec<u8>,
    value: &Value,
    style: JsonStyle,
    outer: usize,
) -> Result<(), DumpError> {
    serialize(out, &AsJson(value), style, outer)
}

/// Appends a value that was set, as [`value`].
pub(crate) fn new_value(
    out: &mut Vec<u8>,
    new: NewValue<'_>,
    style: JsonStyle,
    outer: usize,
) -> Result<(), DumpError> {
    match new {
        NewValue::Json(json) => escape_in_json(out, json, style),
        NewValue::Value(set) => value(out, set, style, outer)?,
    }
    Ok(())
}

/// Appends what any type serializes to, as [`value`]. Bytes (`serialize_bytes`) are an array of
/// numbers, as in `serde_json`, so that they read back.
pub(crate) fn serialize<T: Serialize + ?Sized>(
    out: &mut Vec<u8>,
    value: &T,
    style: JsonStyle,
    outer: usize,
) -> Result<(), DumpError> {
    let start = out.len();
    let written = value.serialize(&mut JsonSerializer::new(out, style, outer));
    written.inspect_err(|_| out.truncate(start))
}

/// Appends a key, of which these are the bytes, with its quotes.
pub(super) fn key(out: &mut Vec<u8>, key: &[u8], style: JsonStyle) {
    out.push(b'"');
    escape(out, key, style.escapes());
    out.push(b'"');
}

/// Appends a string of these parts, with its quotes.
pub(crate) fn string<const N: usize>(out: &mut Vec<u8>, parts: [&str; N], style: JsonStyle) {
    out.push(b'"');
    for part in parts {
        escape(out, part.as_bytes(), style.escapes());
    }
    out.push(b'"');
}

impl fmt::Display for Value {
    /// JSON without the escapes that are there for HTML: compact, or with `{:#}` indented by two
    /// spaces. Beyond 128 levels stands null.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Vec::new();
        let mut serializer = JsonSerializer::for_people(&mut out, f.alternate());
        let shown = Shown {
            value: self,
            levels: MAX_DEPTH,
        };
        // For people nothing is an error.
        let _ = shown.serialize(&mut serializer);
        f.write_str(&String::from_utf8_lossy(&out))
    }
}
