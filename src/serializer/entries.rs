//! [`Entries`]: the top-level entries of a serialized map, read only when they are asked for.
//!
//! One shape for every format: an entry has a number, and what it holds is either as it was read
//! or changed. JSON and MessagePack entries are stretches of the bytes they were read from, and
//! are copied as such; Marshal's links count objects from the start, so that its entries are nodes
//! of a decoded document and are encoded anew.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::de::DeserializeOwned;

use super::json::index::{IndexEntry, index, key_text};
use super::json::{read, write};
use super::value::Value;
use super::{DumpError, DumpStyle, Format, LoadError, Payload};

/// Below this many entries, comparing each key with each is faster than hashing them.
const FEW: usize = 16;

/// What a serialized map holds.
#[derive(Clone, Debug, Default)]
pub(crate) enum Entries {
    #[default]
    Empty,
    Json {
        text: String,
        index: Vec<IndexEntry>,
    },
}

/// A key that is to be written: of an entry that was read, or new.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Key<'a> {
    Read(usize),
    New(&'a str),
}

/// A value that is to be written: of an entry that was read, or changed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part<'a> {
    Read(usize),
    Changed(&'a Value),
}

impl Entries {
    /// Checks a whole serialized value and finds its entries; `None` where it is no map.
    pub(crate) fn load(payload: Payload) -> Result<Option<Self>, LoadError> {
        match payload.format {
            Format::Json => {
                let text = String::from_utf8(payload.bytes).map_err(|error| LoadError {
                    reason: "no UTF-8",
                    offset: error.utf8_error().valid_up_to(),
                })?;
                Ok(index(&text)?.map(|index| Self::Json { text, index }))
            }
            Format::Marshal | Format::MessagePack => Err(payload.format.not_built_in()),
        }
    }

    /// How many there are, doubles and all.
    fn count(&self) -> usize {
        match self {
            Self::Empty => 0,
            Self::Json { index, .. } => index.len(),
        }
    }

    /// The key of an entry.
    pub(crate) fn key(&self, entry: usize) -> Cow<'_, str> {
        match self {
            Self::Empty => Cow::Borrowed(""),
            Self::Json { text, index } => index
                .get(entry)
                .and_then(|entry| key_text(text, *entry).ok())
                .unwrap_or_default(),
        }
    }

    /// The entry of this key: of several the last, as in Ruby.
    pub(crate) fn find(&self, key: &str) -> Option<usize> {
        (0..self.count())
            .rev()
            .find(|entry| self.key(*entry) == key)
    }

    /// Each key once, at the place where it stood first, as the entry that stood last.
    pub(crate) fn unique(&self) -> Vec<usize> {
        let count = self.count();
        if count <= FEW {
            let last = |entry| self.find(&self.key(entry)).unwrap_or(entry);
            let first =
                |entry: &usize| (0..*entry).all(|other| self.key(other) != self.key(*entry));
            return (0..count).filter(first).map(last).collect();
        }
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
    pub(crate) fn get<T: DeserializeOwned>(&self, entry: usize) -> Result<T, String> {
        match self {
            Self::Empty => Err("no such entry".to_owned()),
            Self::Json { text, index } => {
                let value = index
                    .get(entry)
                    .map(|entry| entry.value.of(text))
                    .unwrap_or_default();
                serde_json::from_str(value).map_err(|error| error.to_string())
            }
        }
    }

    /// Whether the value of an entry is nil.
    pub(crate) fn is_nil(&self, entry: usize) -> bool {
        match self {
            Self::Empty => true,
            Self::Json { text, index } => index
                .get(entry)
                .is_some_and(|entry| entry.value.of(text) == "null"),
        }
    }

    fn value(&self, entry: usize) -> Result<Value, LoadError> {
        match self {
            Self::Empty => Ok(Value::Nil),
            Self::Json { text, index } => read::from_json_str(
                index
                    .get(entry)
                    .map(|entry| entry.value.of(text))
                    .unwrap_or_default(),
            ),
        }
    }

    /// Writes a map of these parts: those that were read in the same format verbatim.
    pub(crate) fn dump(
        &self,
        parts: &[(Key<'_>, Part<'_>)],
        style: DumpStyle,
    ) -> Result<Payload, DumpError> {
        match style.format {
            Format::Json => Ok(Payload {
                bytes: self.dump_json(parts, style)?,
                format: Format::Json,
            }),
            Format::Marshal | Format::MessagePack => Err(style.format.not_built_in().into()),
        }
    }

    fn dump_json(
        &self,
        parts: &[(Key<'_>, Part<'_>)],
        style: DumpStyle,
    ) -> Result<Vec<u8>, DumpError> {
        let room = match self {
            Self::Json { text, .. } => text.len(),
            Self::Empty => 0,
        };
        let mut out = Vec::with_capacity(room + 64);
        out.push(b'{');
        for (place, (key, part)) in parts.iter().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            match (self, key) {
                (Self::Json { text, index }, Key::Read(entry)) => {
                    let key = index
                        .get(*entry)
                        .map(|entry| entry.key.of(text))
                        .unwrap_or_default();
                    out.extend_from_slice(key.as_bytes());
                }
                (_, Key::Read(entry)) => write::string(&mut out, &self.key(*entry), style.json),
                (_, Key::New(key)) => write::string(&mut out, key, style.json),
            }
            out.push(b':');
            match (self, part) {
                (Self::Json { text, index }, Part::Read(entry)) => {
                    let value = index
                        .get(*entry)
                        .map(|entry| entry.value.of(text))
                        .unwrap_or_default();
                    out.extend_from_slice(value.as_bytes());
                }
                (_, Part::Read(entry)) => {
                    let value = self.value(*entry)?;
                    write::value(&mut out, &value, style.json, 1)?;
                }
                (_, Part::Changed(value)) => write::value(&mut out, value, style.json, 1)?,
            }
        }
        out.push(b'}');
        Ok(out)
    }
}
