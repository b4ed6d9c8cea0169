//! Writes a JSON object from its old text, with new values in some places and new keys at the end.
//! All other text is copied unchanged.

use crate::serializer::{DumpError, Key, NewValue, Part, Span, Untouched};

use super::escape::JsonStyle;
use super::index_entry::{FEW, IndexEntry, has_doubles, has_key, is_nil};
use super::write;

/// Writes an object of these parts in place of the contents of `out`. `source` is the text that the
/// read parts come from.
pub(crate) fn write_object<'a>(
    out: &mut Vec<u8>,
    source: &str,
    mut parts: impl Iterator<Item = (Key<'a, Span>, Part<'a, Span>)>,
    style: JsonStyle,
) -> Result<(), DumpError> {
    out.clear();
    out.reserve(source.len() + 64);
    out.push(b'{');
    let mut untouched = Untouched::new(source.as_bytes());
    let mut comma: &[u8] = b"";
    // `try_for_each`: compilers make better code of it than of a loop around the iterator.
    parts.try_for_each(|(key, part)| {
        match key {
            Key::Read(key) => untouched.add(out, comma, key),
            Key::New(key) => {
                untouched.copy(out);
                out.extend_from_slice(comma);
                write::string(out, [key], style);
            }
        }
        comma = b",";
        match part {
            Part::Read(value) => untouched.add(out, b":", value),
            Part::Changed(value) => {
                untouched.copy(out);
                out.push(b':');
                write::new_value(out, value, style, 1)?;
            }
        }
        Ok::<_, DumpError>(())
    })?;
    untouched.copy(out);
    out.push(b'}');
    Ok(())
}

/// Writes a map's text with these values set, none of them nil, in place of the contents of `out`.
/// It makes one pass over the index, in long stretches rather than entry by entry.
///
/// `None`, with anything in `out`, if the text is not in the form of Rails and hardtack (no spaces
/// between entries, each key once, no nil), or if a value cannot be written.
pub(crate) fn splice<'a>(
    out: &mut Vec<u8>,
    text: &str,
    index: &[IndexEntry],
    sets: impl Iterator<Item = (&'a [u8], NewValue<'a>)> + Clone,
    style: JsonStyle,
) -> Option<()> {
    if !is_usual(text, index) {
        return None;
    }
    out.clear();
    out.reserve(text.len() + 64);
    let mut copied = 0;
    let mut left = sets.clone().count();
    for entry in index {
        if let Some((_, value)) = sets.clone().find(|(key, _)| has_key(text, *entry, key)) {
            out.extend_from_slice(text.as_bytes().get(copied..entry.value.start())?);
            write::new_value(out, value, style, 1).ok()?;
            copied = entry.value.end();
            left -= 1;
        }
    }
    let bracket = text.len() - 1;
    out.extend_from_slice(text.as_bytes().get(copied..bracket)?);
    if left > 0 {
        let is_new = |(key, _): &(&[u8], NewValue<'_>)| {
            !index.iter().any(|entry| has_key(text, *entry, key))
        };
        for (key, value) in sets.filter(is_new) {
            out.push(b',');
            write::key(out, key, style);
            out.push(b':');
            write::new_value(out, value, style, 1).ok()?;
        }
    }
    out.push(b'}');
    Some(())
}

/// Writes an object of these values alone, none of them nil, in place of the contents of `out`.
/// `None`, with anything in `out`, if a value cannot be written.
pub(crate) fn write_new<'a>(
    out: &mut Vec<u8>,
    sets: impl Iterator<Item = (&'a [u8], NewValue<'a>)>,
    style: JsonStyle,
) -> Option<()> {
    out.clear();
    out.push(b'{');
    for (key, value) in sets {
        if out.len() > 1 {
            out.push(b',');
        }
        write::key(out, key, style);
        out.push(b':');
        write::new_value(out, value, style, 1).ok()?;
    }
    out.push(b'}');
    Some(())
}

/// Returns true if the entries follow each other without spaces, no value is nil, and each key
/// occurs once.
fn is_usual(text: &str, index: &[IndexEntry]) -> bool {
    // The bracket before the first entry, and a colon and a comma or bracket for each.
    let mut length = 1;
    // One bit for each length: only keys of one length can be equal.
    let mut lengths = 0u64;
    let mut may_be_double = false;
    for entry in index {
        let key = entry.key.span.len();
        length += key + entry.value.len() + 2;
        let bit = 1 << (key & 63);
        may_be_double |= entry.key.escaped || lengths & bit != 0;
        lengths |= bit;
        if is_nil(text, *entry) {
            return false;
        }
    }
    (1..=FEW).contains(&index.len())
        && length == text.len()
        && !(may_be_double && has_doubles(text, index))
}
