//! Writes JSON as Rails' encoder does (`ActiveSupport::JSON.encode`, json/encoding.rb and
//! `core_ext/object/json.rb`, the same from 4.1 to 8.1 except for U+2028 and U+2029).
//!
//! There are no spaces; `<`, `>`, `&` are escaped; floats have Ruby's form; integers of any size
//! are digits; NaN and infinities are null; keys are their text. `View` defines the result of
//! `as_json` for each kind.

use std::fmt;

use serde::Serialize;

pub(crate) use super::escape::JsonStyle;
use super::escape::{escape, escape_in_json};
use super::numbers::as_in_javascript;
use super::serializer::JsonSerializer;
use crate::serializer::value::{AsJson, MAX_DEPTH, Shown, Value};
use crate::serializer::{DumpError, NewValue};

/// Appends a value that is nested in `outer` containers. A String that is not UTF-8 is written as
/// text if hardtack decodes its encoding; otherwise it is an error, as in Rails. On an error
/// nothing is appended.
pub(crate) fn value(
    out: &mut Vec<u8>,
    value: &Value,
    style: JsonStyle,
    outer: usize,
) -> Result<(), DumpError> {
    serialize(out, &AsJson(value), style, outer)
}

/// Appends a value that was set, as [`value`] does.
pub(crate) fn new_value(
    out: &mut Vec<u8>,
    new: NewValue<'_>,
    style: JsonStyle,
    outer: usize,
) -> Result<(), DumpError> {
    let start = out.len();
    match new {
        NewValue::Json(json) => escape_in_json(out, json, style),
        NewValue::Value(set) => value(out, set, style, outer)?,
    }
    if style.javascript_numbers {
        as_in_javascript(out, start);
    }
    Ok(())
}

/// Appends the serialization of any type, as [`value`] does. Bytes (`serialize_bytes`) become an
/// array of numbers, as in `serde_json`, so that they read back.
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

/// Appends a key of these bytes, with its quotes.
pub(super) fn key(out: &mut Vec<u8>, key: &[u8], style: JsonStyle) {
    out.push(b'"');
    escape(out, key, style.escapes());
    out.push(b'"');
}

/// Appends a string that joins these parts, with its quotes.
pub(crate) fn string<const N: usize>(out: &mut Vec<u8>, parts: [&str; N], style: JsonStyle) {
    out.push(b'"');
    for part in parts {
        escape(out, part.as_bytes(), style.escapes());
    }
    out.push(b'"');
}

impl fmt::Display for Value {
    /// Writes JSON without the escapes that protect HTML: compact, or indented by two spaces with
    /// `{:#}`. Values beyond 128 levels are null.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Vec::new();
        let mut serializer = JsonSerializer::for_people(&mut out, f.alternate());
        let shown = Shown {
            value: self,
            levels: MAX_DEPTH,
        };
        // `for_people` gives no errors.
        let _ = shown.serialize(&mut serializer);
        f.write_str(&String::from_utf8_lossy(&out))
    }
}
