//! [`Entries`]: the top-level entries of a serialized map, each read only when it is asked for.
//!
//! All formats share one shape: an entry has a number, and its content is either as it was read or
//! changed. JSON and MessagePack entries are stretches of the bytes that they were read from, and
//! are copied. Marshal's links count objects from the start of the stream, so its entries are nodes
//! of a decoded document and are encoded anew. PHP's references count values in the same way: its
//! entries are copied, and the references in them are numbered anew.

mod rebuild;

use std::borrow::Cow;
use std::collections::HashMap;

use serde::de::DeserializeOwned;

use super::json::index_entry::{
    FEW, IndexEntry, has_doubles, has_key, index, is_nil, key_text, readable_key,
};
use super::json::quoted::is_plain_string;
use super::json::read;
#[cfg(feature = "marshal")]
use super::marshal;
#[cfg(feature = "message_pack")]
use super::message_pack;
#[cfg(feature = "php")]
use super::php;
use super::value::Value;
use super::{Format, LoadError, Serialized, Unfit};
#[cfg(feature = "marshal")]
use super::{Key, Part};

/// The entries of a serialized map.
#[derive(Clone, Debug, Default)]
pub(crate) enum Entries {
    #[default]
    Empty,
    Json {
        text: String,
        index: Vec<IndexEntry>,
    },
    #[cfg(feature = "marshal")]
    Marshal {
        document: Box<marshal::Document>,
        entries: Vec<marshal::Entry>,
    },
    #[cfg(feature = "message_pack")]
    MessagePack {
        bytes: Vec<u8>,
        index: Vec<message_pack::RawEntry>,
    },
    #[cfg(feature = "php")]
    Php(Box<php::PhpDocument>),
}

impl Entries {
    /// Finds the entries of a serialized value; `None` if it is not a map. This step finds where
    /// each entry ends. It does not check that keys and values can be read: in JSON and MessagePack
    /// an unreadable one affects its own entry alone.
    pub(crate) fn load(payload: Serialized) -> Result<Option<Self>, LoadError> {
        match payload.format {
            Format::Json => {
                let text = String::from_utf8(payload.bytes).map_err(|error| LoadError {
                    reason: "not UTF-8",
                    offset: error.utf8_error().valid_up_to(),
                })?;
                Ok(index(&text)?.map(|index| Self::Json { text, index }))
            }
            #[cfg(feature = "marshal")]
            Format::Marshal => marshal::Document::load(&payload.bytes).map(Self::of_document),
            #[cfg(feature = "message_pack")]
            Format::MessagePack => {
                let index = message_pack::index(&payload.bytes)?;
                let bytes = payload.bytes;
                Ok(index.map(|index| Self::MessagePack { bytes, index }))
            }
            #[cfg(not(all(feature = "marshal", feature = "message_pack")))]
            format => Err(format.not_built_in()),
        }
    }

    /// Finds the entries of the object at a document's root; `None` if it is not a Hash.
    #[cfg(feature = "marshal")]
    pub(crate) fn of_document(document: marshal::Document) -> Option<Self> {
        let (entries, document) = (document.entries()?, Box::new(document));
        Some(Self::Marshal { document, entries })
    }

    /// Counts the entries, with repeated keys.
    fn count(&self) -> usize {
        match self {
            Self::Empty => 0,
            Self::Json { index, .. } => index.len(),
            #[cfg(feature = "marshal")]
            Self::Marshal { entries, .. } => entries.len(),
            #[cfg(feature = "message_pack")]
            Self::MessagePack { index, .. } => index.len(),
            #[cfg(feature = "php")]
            Self::Php(document) => document.len(),
        }
    }

    /// Returns the key of an entry.
    pub(crate) fn key(&self, entry: usize) -> Cow<'_, str> {
        match self {
            Self::Empty => None,
            Self::Json { text, index } => index.get(entry).map(|entry| key_text(text, *entry)),
            #[cfg(feature = "marshal")]
            Self::Marshal { entries, .. } => entries
                .get(entry)
                .map(|entry| Cow::Borrowed(entry.key.as_str())),
            #[cfg(feature = "message_pack")]
            Self::MessagePack { bytes, index } => index
                .get(entry)
                .map(|entry| Cow::Borrowed(entry.text(bytes))),
            #[cfg(feature = "php")]
            Self::Php(document) => document.key(entry),
        }
        .unwrap_or_default()
    }

    /// Finds the entry of this key: the last if there are several, as in Ruby.
    pub(crate) fn find(&self, key: &str) -> Option<usize> {
        (0..self.count())
            .rev()
            .find(|entry| self.has_key(*entry, key))
    }

    /// Returns true if this is the key of an entry.
    pub(crate) fn has_key(&self, entry: usize, key: &str) -> bool {
        if let Self::Json { text, index } = self {
            return index
                .get(entry)
                .is_some_and(|entry| has_key(text, *entry, key.as_bytes()));
        }
        self.key(entry) == key
    }

    /// Returns true if two entries have the same key.
    fn have_one_key(&self, one: usize, other: usize) -> bool {
        self.key(one) == self.key(other)
    }

    /// Returns true if any two entries have the same key.
    fn has_doubles(&self) -> bool {
        if let Self::Json { text, index } = self {
            return has_doubles(text, index);
        }
        let is_double = |entry| (0..entry).any(|other| self.have_one_key(other, entry));
        (0..self.count()).any(is_double)
    }

    /// Iterates over each key once, in the order of first occurrence; of equal keys the last entry
    /// counts.
    pub(crate) fn unique(&self) -> impl Iterator<Item = usize> {
        let count = self.count();
        let (few, many) = if count <= FEW {
            (count, Vec::new())
        } else {
            (0, self.unique_of_many())
        };
        let has_doubles = few > 0 && self.has_doubles();
        let is_double = |entry| (0..entry).any(|other| self.have_one_key(other, entry));
        let first = move |entry: &usize| !has_doubles || !is_double(*entry);
        let last = move |entry: usize| {
            if !has_doubles {
                return entry;
            }
            (entry + 1..few)
                .rev()
                .find(|other| self.have_one_key(entry, *other))
                .unwrap_or(entry)
        };
        (0..few).filter(first).map(last).chain(many)
    }

    fn unique_of_many(&self) -> Vec<usize> {
        let count = self.count();
        let mut places: HashMap<Cow<'_, str>, usize> = HashMap::with_capacity(count);
        let mut unique: Vec<usize> = Vec::with_capacity(count);
        for entry in 0..count {
            let place = places.get(&self.key(entry));
            if let Some(last) = place.and_then(|place| unique.get_mut(*place)) {
                *last = entry;
            } else {
                places.insert(self.key(entry), unique.len());
                unique.push(entry);
            }
        }
        unique
    }

    /// Reads the value of an entry as a type.
    pub(crate) fn get<T: DeserializeOwned>(&self, entry: usize) -> Result<T, Unfit> {
        if let Self::Json { text, index } = self {
            let value = index.get(entry).map(|entry| entry.value.of(text));
            return read::load(value.unwrap_or_default());
        }
        #[cfg(feature = "php")]
        if let Self::Php(document) = self {
            return document.get(entry);
        }
        let value = self.value(entry).map_err(Unfit::Unreadable)?;
        T::deserialize(&value).map_err(|_| Unfit::of::<T>(&value))
    }

    /// Returns true if the value of an entry is nil, without reading the value.
    pub(crate) fn is_nil(&self, entry: usize) -> bool {
        match self {
            Self::Empty => false,
            Self::Json { text, index } => {
                index.get(entry).is_some_and(|entry| is_nil(text, *entry))
            }
            #[cfg(feature = "marshal")]
            Self::Marshal { document, entries } => entries
                .get(entry)
                .is_some_and(|entry| document.is_nil(entry.value_node)),
            #[cfg(feature = "message_pack")]
            Self::MessagePack { bytes, index } => index
                .get(entry)
                .is_some_and(|entry| message_pack::is_nil_at(bytes, entry.value)),
            #[cfg(feature = "php")]
            Self::Php(document) => document.is_nil(entry),
        }
    }

    /// Returns true if the value of an entry is this JSON text.
    pub(crate) fn is_json(&self, entry: usize, json: &str) -> bool {
        let Self::Json { text, index } = self else {
            return false;
        };
        let entry = index.get(entry);
        entry.is_some_and(|entry| entry.value.of(text) == json)
    }

    /// Returns true if the value of an entry is a String.
    pub(crate) fn is_string(&self, entry: usize) -> bool {
        if let Self::Json { text, index } = self
            && let Some(entry) = index.get(entry)
            // Most strings have no escape, and need no copy.
            && is_plain_string(entry.value.of(text))
        {
            return true;
        }
        self.get::<String>(entry).is_ok()
    }

    /// Reads the value of an entry.
    fn value(&self, entry: usize) -> Result<Value, LoadError> {
        let missing = LoadError {
            reason: "no such entry",
            offset: 0,
        };
        match self {
            Self::Empty => Err(missing),
            Self::Json { text, index } => {
                read::from_json_str(index.get(entry).ok_or(missing)?.value.of(text))
            }
            #[cfg(feature = "marshal")]
            Self::Marshal { document, entries } => {
                document.value(entries.get(entry).ok_or(missing)?.value_node)
            }
            #[cfg(feature = "message_pack")]
            Self::MessagePack { bytes, index } => {
                message_pack::value_at(bytes, index.get(entry).ok_or(missing)?.value)
            }
            #[cfg(feature = "php")]
            Self::Php(document) => document.value(entry),
        }
    }

    /// Checks that the key of an entry can be read.
    fn check_key(&self, entry: usize) -> Result<(), LoadError> {
        match self {
            Self::Json { text, index } => index
                .get(entry)
                .map_or(Ok(()), |entry| readable_key(text, *entry).map(|_| ())),
            #[cfg(feature = "message_pack")]
            Self::MessagePack { bytes, index } => index.get(entry).map_or(Ok(()), |entry| {
                message_pack::value_at(bytes, entry.key).map(|_| ())
            }),
            _ => Ok(()),
        }
    }

    /// Iterates over the entries that cannot be read: their keys and the errors.
    #[cfg(feature = "doctor")]
    pub(crate) fn unreadable(&self) -> impl Iterator<Item = (Cow<'_, str>, LoadError)> {
        self.unique().filter_map(|entry| {
            let read = self.check_key(entry).and_then(|()| self.value(entry));
            Some((self.key(entry), read.err()?))
        })
    }

    /// Returns the serialized bytes that each entry takes, largest first.
    pub(crate) fn sizes(&self) -> Vec<(String, usize)> {
        let size = |entry: usize| match self {
            Self::Empty => 0,
            // Key, colon, value, and the comma or bracket after it.
            Self::Json { index, .. } => index
                .get(entry)
                .map_or(0, |entry| entry.key.span.len() + entry.value.len() + 2),
            // Each entry alone: an object that two entries share counts for both.
            #[cfg(feature = "marshal")]
            Self::Marshal { document, entries } => entries.get(entry).map_or(0, |entry| {
                let (key, value) = (Key::Read(entry.key_node), Part::Read(entry.value_node));
                let alone = marshal::dump_root(Some(document), std::iter::once((key, value)));
                // Without the version, the Hash's type and the count.
                alone.map_or(0, |bytes| bytes.len().saturating_sub(4))
            }),
            #[cfg(feature = "message_pack")]
            Self::MessagePack { index, .. } => index
                .get(entry)
                .map_or(0, |entry| entry.key.len() + entry.value.len()),
            #[cfg(feature = "php")]
            Self::Php(document) => document.size(entry),
        };
        let sizes = self
            .unique()
            .map(|entry| (self.key(entry).into_owned(), size(entry)));
        let mut sizes: Vec<_> = sizes.collect();
        sizes.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
        sizes
    }
}

impl Serialized {
    /// Returns the keys of the top-level entries that cannot be read, and the reasons.
    #[cfg(feature = "doctor")]
    pub(crate) fn unreadable_entries(&self) -> Vec<(String, &'static str)> {
        let entries = Entries::load(self.clone()).ok().flatten();
        let unreadable = entries.iter().flat_map(Entries::unreadable);
        unreadable
            .map(|(key, error)| (key.into_owned(), error.reason))
            .collect()
    }

    /// Returns the bytes that each top-level entry takes, largest first; empty if the value has no
    /// entries.
    pub(crate) fn entry_sizes(&self) -> Vec<(String, usize)> {
        let entries = Entries::load(self.clone()).ok().flatten();
        entries.map(|entries| entries.sizes()).unwrap_or_default()
    }
}
