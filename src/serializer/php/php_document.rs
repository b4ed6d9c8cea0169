//! [`PhpDocument`]: the entries of a session as PHP stores it.

use std::borrow::Cow;

use memchr::memchr;
use serde::de::DeserializeOwned;

use super::array_key::{ArrayKey, LastOfEach};
use super::deserializer;
use super::handler::PhpHandler;
use super::node_value::Budget;
use super::nodes::Nodes;
use super::parser::Parser;
use crate::serializer::value::Value;
use crate::serializer::{LoadError, Span, Unfit};

/// A session in PHP's bytes, of which each value is read when it is asked for.
#[derive(Clone, Debug)]
pub(crate) struct PhpDocument {
    pub(super) nodes: Nodes,
    entries: Vec<Entry>,
    pub(super) handler: PhpHandler,
}

/// A key's place, and the value under it.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// A serialized key under `php_serialize`; otherwise the key's bytes.
    key: Span,
    node: u32,
}

impl PhpDocument {
    /// Finds the entries of a session; `None` if a `php_serialize` session is one value that is no
    /// array.
    ///
    /// The last of several equal keys gives the value, and the first one the place.
    pub(crate) fn load(handler: PhpHandler, input: &[u8]) -> Result<Option<Self>, LoadError> {
        let found = match handler {
            PhpHandler::Php => Self::of_pairs(handler, input, key_before_bar),
            PhpHandler::PhpBinary => Self::of_pairs(handler, input, key_of_length),
            PhpHandler::PhpSerialize => Self::of_array(input),
        };
        found.map_err(|error| foreign(input).unwrap_or(error))
    }

    /// Finds a single value.
    pub(crate) fn load_single(input: &[u8]) -> Result<Self, LoadError> {
        let mut parser = Parser::new(input)?;
        let (node, end) = parser.value(0)?;
        if end < input.len() {
            return Err(LoadError {
                reason: "bytes after the value",
                offset: end,
            });
        }
        let key = Span::new(0, 0);
        Ok(Self {
            nodes: parser.finish(&[]),
            entries: vec![Entry { key, node }],
            handler: PhpHandler::Php,
        })
    }

    /// Finds keys with a value behind each; `key_at` reads the key at a place, and returns it with
    /// the place of its value.
    fn of_pairs(
        handler: PhpHandler,
        input: &[u8],
        key_at: impl Fn(&[u8], usize) -> Option<(Span, usize)>,
    ) -> Result<Option<Self>, LoadError> {
        let mut parser = Parser::new(input)?;
        let mut found = LastOfEach::new();
        let mut replaced = Vec::new();
        let mut at = 0;
        while at < input.len() {
            let (key, value_at) = key_at(input, at).ok_or(LoadError {
                reason: "a key that does not end",
                offset: at,
            })?;
            let (node, end) = parser.value(value_at)?;
            let entry = Entry { key, node };
            if let Some(former) = found.put(key.of_bytes(input), entry) {
                replaced.push((former.node, node));
            }
            at = end;
        }
        let entries = found.pairs.into_iter().map(|(_, entry)| entry);
        Ok(Some(Self {
            entries: entries.collect(),
            nodes: parser.finish(&replaced),
            handler,
        }))
    }

    /// Finds the entries of one serialized array. Bytes after it are ignored, as PHP ignores them.
    fn of_array(input: &[u8]) -> Result<Option<Self>, LoadError> {
        let mut parser = Parser::new(input)?;
        let is_empty = input.is_empty() || input.starts_with(b"N;");
        if !is_empty {
            parser.value(0)?;
        }
        let mut nodes = parser.finish(&[]);
        let mut entries = Vec::new();
        if !is_empty {
            if nodes.kind(0) != b'a' {
                return Ok(None);
            }
            let mut found = LastOfEach::new();
            let mut replaced = Vec::new();
            for child in nodes.children(0) {
                let (key, node) = (child.token, child.node);
                if let Some(former) = found.put(child.key, Entry { key, node }) {
                    replaced.push((former.node, node));
                }
            }
            entries.extend(found.pairs.into_iter().map(|(_, entry)| entry));
            nodes.relink(&replaced);
        }
        Ok(Some(Self {
            nodes,
            entries,
            handler: PhpHandler::PhpSerialize,
        }))
    }

    /// Counts the entries.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns an entry's key as PHP's array has it.
    pub(super) fn array_key(&self, entry: usize) -> Option<ArrayKey<'_>> {
        let key = self.entries.get(entry)?.key;
        Some(match self.handler {
            PhpHandler::PhpSerialize => self.nodes.key(key, false),
            _ => ArrayKey::Text(Cow::Borrowed(key.of_bytes(&self.nodes.input))),
        })
    }

    /// Returns an entry's key as text.
    pub(crate) fn key(&self, entry: usize) -> Option<Cow<'_, str>> {
        self.array_key(entry).map(ArrayKey::into_text)
    }

    pub(super) fn entry_node(&self, entry: usize) -> Option<u32> {
        self.entries.get(entry).map(|entry| entry.node)
    }

    /// Returns true if an entry's value is null.
    pub(crate) fn is_nil(&self, entry: usize) -> bool {
        let node = self.entry_node(entry);
        node.is_some_and(|node| self.nodes.kind(self.nodes.resolved(node)) == b'N')
    }

    /// Returns the bytes that an entry takes.
    pub(crate) fn size(&self, entry: usize) -> usize {
        self.entries.get(entry).map_or(0, |entry| {
            // The bar or the length
            let around = usize::from(self.handler != PhpHandler::PhpSerialize);
            entry.key.len() + around + self.nodes.bytes(entry.node).len()
        })
    }

    /// Reads an entry's value.
    pub(crate) fn value(&self, entry: usize) -> Result<Value, LoadError> {
        let node = self.entry_node(entry).ok_or(LoadError {
            reason: "no such entry",
            offset: 0,
        })?;
        let budget = Budget::of(&self.nodes);
        self.nodes.value(node, &budget)
    }

    /// Reads an entry's value as a type.
    pub(crate) fn get<T: DeserializeOwned>(&self, entry: usize) -> Result<T, Unfit> {
        match self.entry_node(entry) {
            Some(node) => deserializer::read(&self.nodes, node),
            None => Err(Unfit::OfAnotherType("it is missing".to_owned())),
        }
    }
}

/// Reads the key before a `|` (`PS_DECODE_FUNC(php)`).
fn key_before_bar(input: &[u8], at: usize) -> Option<(Span, usize)> {
    let bar = at + memchr(b'|', input.get(at..)?)?;
    Some((Span::new(at, bar), bar + 1))
}

/// Reads a key after a byte with its length, whose high bit is ignored
/// (`PS_DECODE_FUNC(php_binary)`).
fn key_of_length(input: &[u8], at: usize) -> Option<(Span, usize)> {
    let length = usize::from(input.get(at)? & 0x7f);
    let end = at + 1 + length;
    (end < input.len()).then(|| (Span::new(at + 1, end), end))
}

/// Names the extension that wrote bytes that PHP's own handlers cannot read.
fn foreign(input: &[u8]) -> Option<LoadError> {
    let reason = match input {
        // The versions 1 and 2 of the format.
        [0, 0, 0, 1 | 2, ..] => {
            "the session is in the format of igbinary, which hardtack does not read; set PHP's session.serialize_handler to php_serialize"
        }
        // A map of up to 15 pairs, or of a length of two or four bytes.
        [0x80..=0x8f | 0xde | 0xdf, ..] => {
            "the session seems to be in the format of msgpack, which hardtack does not read; set PHP's session.serialize_handler to php_serialize"
        }
        _ => return None,
    };
    Some(LoadError { reason, offset: 0 })
}
