//! Writes a session, or one value, for PHP.

use std::borrow::Cow;

use super::array_key::{ArrayKey, integer_of};
use super::handler::PhpHandler;
use super::php_document::PhpDocument;
use super::php_writer::PhpWriter;
use crate::serializer::json::transcode::transcode;
use crate::serializer::value::Value;
use crate::serializer::{DumpError, Key, NewValue, Part};

/// The longest key of `php_binary`, in bytes (`PS_BIN_MAX`).
const LONGEST_BINARY_KEY: usize = 127;

/// The form in which a session is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PhpStyle {
    pub(crate) handler: PhpHandler,
    /// The significant digits of a float (`serialize_precision`); `None` is -1.
    pub(crate) precision: Option<u8>,
}

/// Writes one value.
pub(crate) fn dump_single(value: &Value) -> Result<Vec<u8>, DumpError> {
    let mut writer = PhpWriter::new(None, None);
    writer.value(value, 0)?;
    Ok(writer.bytes)
}

/// Writes a session of these entries; those that were read are entries of the document.
pub(crate) fn dump_entries<'a>(
    document: Option<&'a PhpDocument>,
    entries: impl Iterator<Item = (Key<'a, usize>, Part<'a, usize>)>,
    style: PhpStyle,
) -> Result<Vec<u8>, DumpError> {
    let nodes = document.map(|document| &document.nodes);
    let mut writer = PhpWriter::new(nodes, style.precision);
    let entries: Vec<_> = entries.collect();
    if style.handler == PhpHandler::PhpSerialize {
        writer.raw(&format!("a:{}:{{", entries.len()));
        match document {
            // The whole array, which has a slot too.
            Some(document) if document.handler == PhpHandler::PhpSerialize => writer.count(0),
            _ => writer.slots += 1,
        }
    }
    for (key, part) in entries {
        let key = match key {
            Key::Read(entry) => document.and_then(|document| document.array_key(entry)),
            Key::New(text) => Some(new_key(text, style.handler)?),
        };
        write_key(
            &mut writer,
            &key.unwrap_or(ArrayKey::Integer(0)),
            style.handler,
        )?;
        match part {
            Part::Read(entry) => {
                if let Some(document) = document
                    && let Some(node) = document.entry_node(entry)
                {
                    writer.copy(&document.nodes, node)?;
                }
            }
            Part::Changed(NewValue::Json(json)) => transcode(json, &mut writer)?,
            Part::Changed(NewValue::Value(value)) => writer.value(value, 1)?,
        }
    }
    if style.handler == PhpHandler::PhpSerialize {
        writer.raw("}");
    }
    Ok(writer.bytes)
}

/// Returns a new key as PHP's array has it. In `php` and `php_binary` PHP drops a key that is an
/// integer: it would be lost at PHP's next write.
fn new_key(text: &str, handler: PhpHandler) -> Result<ArrayKey<'_>, DumpError> {
    let bytes = text.as_bytes();
    match (handler, integer_of(bytes)) {
        (PhpHandler::PhpSerialize, _) => Ok(ArrayKey::of_text(Cow::Borrowed(bytes))),
        (_, None) => Ok(ArrayKey::Text(Cow::Borrowed(bytes))),
        (_, Some(integer)) => Err(DumpError(format!(
            "the key {integer} is an integer in PHP, which leaves it out of a session of the handler {}; take another key",
            handler.name()
        ))),
    }
}

fn write_key(
    writer: &mut PhpWriter,
    key: &ArrayKey<'_>,
    handler: PhpHandler,
) -> Result<(), DumpError> {
    let text = match (handler, key) {
        (PhpHandler::PhpSerialize, _) => {
            writer.key(key);
            return Ok(());
        }
        (_, ArrayKey::Text(text)) => text,
        (_, ArrayKey::Integer(_)) => {
            return Err(DumpError(format!(
                "an integer key, which the handler {} leaves out",
                handler.name()
            )));
        }
    };
    if handler == PhpHandler::PhpBinary {
        let length = u8::try_from(text.len()).ok();
        let length = length.filter(|length| usize::from(*length) <= LONGEST_BINARY_KEY);
        writer.bytes.push(length.ok_or_else(|| {
            DumpError(
                "a key of more than 127 bytes, which the handler php_binary leaves out".to_owned(),
            )
        })?);
        writer.bytes.extend_from_slice(text);
        return Ok(());
    }
    if text.contains(&b'|') {
        return Err(DumpError(
            "a key with '|', for which the handler php would empty the session; take another key"
                .to_owned(),
        ));
    }
    writer.bytes.extend_from_slice(text);
    writer.bytes.push(b'|');
    Ok(())
}
