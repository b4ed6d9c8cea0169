//! Writes one value, a whole document, or a session of which some entries changed.

use super::document::{Document, Kind, NodeId};
use super::writer::Writer;
use crate::serializer::json::transcode::transcode;
use crate::serializer::value::Value;
use crate::serializer::{DumpError, Key, NewValue, Part};

/// Writes one value.
pub(crate) fn dump_value(value: &Value) -> Result<Vec<u8>, DumpError> {
    let mut writer = Writer::new(None);
    writer.value(value, &[], 0)?;
    Ok(writer.bytes)
}

/// Writes a session: a Hash of these entries, with the class, the default and the instance
/// variables of the Hash at `document`'s root.
///
/// Objects that entries of the document shared are still shared. Each of them is written whole at
/// its new first place.
pub(crate) fn dump_root<'a>(
    document: Option<&'a Document>,
    entries: impl Iterator<Item = (Key<'a, NodeId>, Part<'a, NodeId>)>,
) -> Result<Vec<u8>, DumpError> {
    let entries: Vec<_> = entries.collect();
    let mut writer = Writer::new(document);
    let root = document.map_or(NodeId::NONE, Document::root);
    let mut default = NodeId::NONE;
    let mut ivars = None;
    if let Some(document) = document
        && let Kind::Hash { default: found, .. } = document.kind(root)
    {
        default = found;
        ivars = document.extra(root).and_then(|extra| extra.ivars);
        writer.prefix(document, root);
        writer.remember(root);
    } else {
        writer.count_object();
    }
    writer.byte(if default == NodeId::NONE { b'{' } else { b'}' });
    writer.length(entries.len());
    for (key, part) in entries {
        match key {
            Key::Read(id) => writer.node(id),
            Key::New(text) => writer.string(text.as_bytes(), "UTF-8", &[]),
        }
        match part {
            Part::Read(id) => writer.node(id),
            Part::Changed(NewValue::Json(json)) => transcode(json, &mut writer)?,
            Part::Changed(NewValue::Value(value)) => writer.value(value, &[], 1)?,
        }
    }
    if default != NodeId::NONE {
        writer.node(default);
    }
    if let (Some(document), Some(ivars)) = (document, ivars) {
        writer.pairs(document, ivars);
    }
    Ok(writer.bytes)
}

#[cfg(any(test, feature = "_fuzzing"))]
impl Document {
    /// Writes the whole document: a stream that Ruby wrote comes out byte for byte.
    pub(crate) fn dump(&self) -> Vec<u8> {
        let mut writer = Writer::new(Some(self));
        writer.node(self.root());
        writer.bytes
    }
}
