//! Objects around a stored value: `ActiveSupport::Cache::Entry` up to cache format 6.1, its Array in
//! 7.0 (`ActiveSupport::Cache::Entry#pack`), and the String that Dalli makes of an entry.

use super::bignum;
use super::document::{Document, Kind, NodeId};
use super::writer::{BINARY, Writer};
use crate::serializer::DumpError;
use crate::serializer::json::transcode::Target;
use crate::serializer::value::Value;

/// The parts of an `ActiveSupport::Cache::Entry`.
#[derive(Clone, Copy)]
pub(crate) struct EntryObject {
    pub(crate) value: NodeId,
    pub(crate) version: NodeId,
    pub(crate) created_at: NodeId,
    pub(crate) expires_in: NodeId,
    pub(crate) is_compressed: bool,
}

/// The value of a cache entry to be written.
#[derive(Clone, Copy)]
pub(crate) enum EntryContent<'a> {
    /// The object at a document's root.
    Object(&'a Document),
    /// The zlib of a value's Marshal.
    Zlib(&'a [u8]),
}

impl Document {
    /// Returns the parts of the cache entry at the root; `None` if the root is another object.
    pub(crate) fn entry_object(&self) -> Option<EntryObject> {
        let Kind::Object { class, ivars } = self.kind(self.root) else {
            return None;
        };
        if self.symbol_bytes(class) != b"ActiveSupport::Cache::Entry" {
            return None;
        }
        let ivar = |wanted: &[u8]| {
            let mut pairs = self.pairs(ivars);
            let found = pairs.find(|(name, _)| self.symbol_bytes(*name) == wanted);
            found.map(|(_, value)| value)
        };
        Some(EntryObject {
            value: ivar(b"@value")?,
            version: ivar(b"@version").unwrap_or(NodeId::NIL),
            created_at: ivar(b"@created_at")?,
            expires_in: ivar(b"@expires_in").unwrap_or(NodeId::NIL),
            is_compressed: ivar(b"@compressed") == Some(NodeId::TRUE),
        })
    }

    /// Returns the elements of the Array at the root; `None` if the root is another object.
    pub(crate) fn elements(&self) -> Option<&[NodeId]> {
        match self.kind(self.root) {
            Kind::Array(span) => Some(self.parts(span)),
            _ => None,
        }
    }

    /// Returns the bytes of a String, in any encoding; `None` for other objects.
    pub(crate) fn string_bytes(&self, id: NodeId) -> Option<&[u8]> {
        match self.kind(id) {
            Kind::String(text) => Some(self.text(text)),
            _ => None,
        }
    }

    /// Returns an Integer or a Float as a float; `None` for other objects.
    pub(crate) fn number(&self, id: NodeId) -> Option<f64> {
        match self.kind(id) {
            Kind::Fixnum(number) => Some(f64::from(number)),
            Kind::Float(text) => bignum::float(self.text(text)),
            _ => None,
        }
    }

    /// Makes another object the root.
    pub(crate) fn rooted_at(self, root: NodeId) -> Self {
        Self { root, ..self }
    }
}

/// Writes an `ActiveSupport::Cache::Entry` (`active_support/cache.rb`, Rails 6.1).
pub(crate) fn dump_entry_object(
    content: EntryContent<'_>,
    version: &Value,
    created_at: f64,
    expires_in: Option<f64>,
) -> Result<Vec<u8>, DumpError> {
    let (document, is_compressed) = match content {
        EntryContent::Object(document) => (Some(document), false),
        EntryContent::Zlib(_) => (None, true),
    };
    let mut writer = Writer::new(document);
    writer.instance(
        "ActiveSupport::Cache::Entry",
        4 + usize::from(is_compressed),
    );
    writer.symbol("@value");
    match content {
        EntryContent::Object(document) => writer.node(document.root()),
        EntryContent::Zlib(bytes) => writer.string(bytes, BINARY, &[]),
    }
    writer.symbol("@version");
    writer.value(version, &[], 1)?;
    writer.symbol("@created_at");
    writer.scalar(&Value::Float(created_at))?;
    writer.symbol("@expires_in");
    writer.scalar(&float_or_nil(expires_in))?;
    if is_compressed {
        writer.symbol("@compressed");
        writer.bool(true);
    }
    Ok(writer.bytes)
}

/// Writes the Array `[value, expires_at, version]` without the nils at its end.
pub(crate) fn dump_packed_entry(
    value: &Document,
    expires_at: Option<f64>,
    version: &Value,
) -> Result<Vec<u8>, DumpError> {
    let length = match (expires_at, version) {
        (None, Value::Nil) => 1,
        (Some(_), Value::Nil) => 2,
        _ => 3,
    };
    let mut writer = Writer::new(Some(value));
    writer.array(length);
    writer.node(value.root());
    if length > 1 {
        writer.scalar(&float_or_nil(expires_at))?;
    }
    if length > 2 {
        writer.value(version, &[], 1)?;
    }
    Ok(writer.bytes)
}

/// Writes a String without an encoding.
pub(crate) fn dump_binary(bytes: &[u8]) -> Vec<u8> {
    let mut writer = Writer::new(None);
    writer.string(bytes, BINARY, &[]);
    writer.bytes
}

fn float_or_nil(number: Option<f64>) -> Value {
    number.map_or(Value::Nil, Value::Float)
}
