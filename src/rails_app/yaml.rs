//! Reads the secrets in a YAML document, and nothing else.
//!
//! Uses `serde-saphyr`, with the limits set here: a document has at most a mebibyte and 64 levels,
//! and its aliases expand to at most a hundred thousand nodes. The parser's own buffers are not
//! wiped; the kept parts of the document are.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Error, Options};
use zeroize::Zeroizing;

use super::rails_app_error::MissingSecret;

/// The most nodes that all aliases expand to together.
const MOST_OF_ALIASES: usize = 100_000;

/// The most bytes of texts that are kept: an alias in a list is a copy.
const MOST_OF_TEXTS: usize = 1024 * 1024;

/// The most bytes that are kept for anchors.
const MOST_OF_ANCHORS: usize = 4 * 1024 * 1024;

/// A kept part of a document.
#[derive(Clone)]
pub(super) enum Node {
    Text(Zeroizing<String>),
    List(Vec<Node>),
    /// The entries with the requested names.
    Mapping(Vec<(String, Node)>),
    Nil,
    /// A number, a date, or a mapping that was not requested.
    Other,
}

impl Node {
    /// Returns the texts of a list that contains only texts.
    pub(super) fn into_texts(self) -> Option<Vec<Zeroizing<String>>> {
        let Self::List(items) = self else {
            return None;
        };
        let text = |item| match item {
            Self::Text(text) => Some(text),
            _ => None,
        };
        items.into_iter().map(text).collect()
    }

    /// Removes and returns an entry of a mapping. If two have the same name, the last counts, as in
    /// Psych. An entry that is nil counts as missing.
    pub(super) fn take(&mut self, name: &str) -> Option<Self> {
        let Self::Mapping(entries) = self else {
            return None;
        };
        let place = entries.iter().rposition(|(key, _)| key == name)?;
        match entries.swap_remove(place).1 {
            Self::Nil => None,
            node => Some(node),
        }
    }
}

/// Reads a document: the entries of its root that are named in `names`, and, with more levels of
/// names, the entries of the mappings below. Everything else is ignored.
pub(super) fn read(text: &str, names: &[&[&str]]) -> Result<Node, MissingSecret> {
    let mut options = Options::default();
    options.with_snippet = false;
    // As in Psych, the last of two equal keys counts.
    options.duplicate_keys = serde_saphyr::DuplicateKeyPolicy::LastWins;
    options.alias_limits.max_total_replayed_events = MOST_OF_ALIASES;
    if let Some(budget) = &mut options.budget {
        budget.max_recorded_anchor_bytes = MOST_OF_ANCHORS;
    }
    let read = serde_saphyr::with_deserializer_from_str_with_options(text, options, |yaml| {
        let room = Cell::new(MOST_OF_TEXTS);
        Kept { names, room: &room }.deserialize(yaml)
    });
    // The error's own text may quote the document.
    read.map_err(|error: Error| MissingSecret::Yaml {
        line: error
            .location()
            .and_then(|location| u32::try_from(location.line()).ok()),
    })
}

/// The names that are kept at each level.
#[derive(Clone, Copy)]
struct Kept<'n> {
    names: &'n [&'n [&'n str]],
    /// The bytes left for texts.
    room: &'n Cell<usize>,
}

impl<'n> Kept<'n> {
    /// Returns the names for the next level.
    const fn below(self, names: &'n [&'n [&'n str]]) -> Self {
        Self { names, ..self }
    }
}

impl<'de> DeserializeSeed<'de> for Kept<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<Node, D::Error> {
        value.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Kept<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Node, E> {
        let left = self.room.get().checked_sub(text.len());
        self.room
            .set(left.ok_or_else(|| E::custom("too much text"))?);
        Ok(Node::Text(Zeroizing::new(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self.below(&[]))? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let (names, below) = match self.names {
            [names, below @ ..] => (*names, below),
            [] => (&[][..], &[][..]),
        };
        let mut kept = Vec::new();
        while let Some(key) = entries.next_key_seed(self.below(&[]))? {
            // A Symbol and a text are the same name here (`deep_symbolize_keys`).
            let name = match &key {
                Node::Text(key) => key.strip_prefix(':').unwrap_or(key),
                _ => "",
            };
            match names.iter().find(|wanted| **wanted == name) {
                Some(name) => kept.push((
                    (*name).to_owned(),
                    entries.next_value_seed(self.below(below))?,
                )),
                None => {
                    entries.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(if names.is_empty() {
            Node::Other
        } else {
            Node::Mapping(kept)
        })
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Node, D::Error> {
        inner.deserialize_any(self)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Nil)
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Nil)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_bytes<E>(self, _: &[u8]) -> Result<Node, E> {
        Ok(Node::Other)
    }
}
