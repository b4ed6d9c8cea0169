//! Writes [`Entries`] as a map again: unchanged entries of the same format byte for byte, changed
//! ones in their places.

use std::borrow::Cow;
use std::fmt;

use super::super::json::splice::{self, splice};
#[cfg(feature = "marshal")]
use super::super::marshal;
#[cfg(feature = "message_pack")]
use super::super::message_pack;
#[cfg(feature = "php")]
use super::super::php;
use super::super::value::Value;
use super::super::{DumpError, DumpStyle, Format, Key, LoadError, NewValue, Part, Serialized};
use super::Entries;

impl Entries {
    /// Writes the map with these values set, none of them nil: as [`dump`](Self::dump), but in long
    /// stretches. Returns the room if that is impossible.
    pub(crate) fn dump_with<'a>(
        &self,
        mut room: Vec<u8>,
        sets: impl Iterator<Item = (&'a [u8], NewValue<'a>)> + Clone,
        style: DumpStyle,
    ) -> Result<Serialized, Vec<u8>> {
        let written = match self {
            Self::Empty if style.format == Format::Json => {
                splice::write_new(&mut room, sets, style.json)
            }
            Self::Json { text, index } if style.format == Format::Json => {
                splice(&mut room, text, index, sets, style.json)
            }
            _ => None,
        };
        match written {
            Some(()) => Ok(Serialized {
                bytes: room,
                format: Format::Json,
            }),
            None => Err(room),
        }
    }

    /// Writes a map of these parts; parts that were read in the same format are copied. JSON is
    /// written into `room`, which is emptied first.
    pub(crate) fn dump<'a>(
        &'a self,
        room: Vec<u8>,
        parts: impl Iterator<Item = (Key<'a, usize>, Part<'a, usize>)>,
        style: DumpStyle,
    ) -> Result<Serialized, DumpError> {
        let bytes = if self.is_read_from(style.format) {
            self.dump_in_its_own(room, parts, style)?
        } else {
            let (nothing, converted) = (Self::Empty, self.converted(parts)?);
            let parts = converted.iter();
            let parts = parts.map(|(key, value)| (Key::New(key), Part::Changed(value.as_new())));
            nothing.dump_in_its_own(room, parts, style)?
        };
        Ok(Serialized {
            bytes,
            format: style.format,
        })
    }

    /// Writes the entries of a session as PHP stores it, null values too; parts that were read from
    /// PHP's own bytes are copied.
    #[cfg(feature = "php")]
    pub(crate) fn dump_php<'a>(
        &'a self,
        parts: impl Iterator<Item = (Key<'a, usize>, Part<'a, usize>)>,
        style: php::PhpStyle,
    ) -> Result<Vec<u8>, DumpError> {
        if let Self::Php(document) = self {
            return php::dump_entries(Some(document), parts, style);
        }
        let converted = self.converted(parts)?;
        let parts = converted.iter();
        let parts = parts.map(|(key, value)| (Key::New(key), Part::Changed(value.as_new())));
        php::dump_entries(None, parts, style)
    }

    /// Returns true if the entries were read in this format, or if there are none.
    fn is_read_from(&self, format: Format) -> bool {
        match self {
            Self::Empty => true,
            Self::Json { .. } => format == Format::Json,
            #[cfg(feature = "marshal")]
            Self::Marshal { .. } => format == Format::Marshal,
            #[cfg(feature = "message_pack")]
            Self::MessagePack { .. } => format == Format::MessagePack,
            #[cfg(feature = "php")]
            Self::Php(_) => false,
        }
    }

    fn dump_in_its_own<'a>(
        &'a self,
        mut room: Vec<u8>,
        parts: impl Iterator<Item = (Key<'a, usize>, Part<'a, usize>)>,
        style: DumpStyle,
    ) -> Result<Vec<u8>, DumpError> {
        match style.format {
            Format::Json => {
                let (text, index) = if let Self::Json { text, index } = self {
                    (text.as_str(), index.as_slice())
                } else {
                    ("", &[][..])
                };
                let parts = resolved(parts, index, |entry| (entry.key.span, entry.value));
                splice::write_object(&mut room, text, parts, style.json)?;
                Ok(room)
            }
            #[cfg(feature = "marshal")]
            Format::Marshal => {
                let (document, entries) = if let Self::Marshal { document, entries } = self {
                    (Some(&**document), entries.as_slice())
                } else {
                    (None, &[][..])
                };
                let parts = resolved(parts, entries, |entry| (entry.key_node, entry.value_node));
                marshal::dump_root(document, parts)
            }
            #[cfg(feature = "message_pack")]
            Format::MessagePack => {
                let (bytes, index) = if let Self::MessagePack { bytes, index } = self {
                    (bytes.as_slice(), index.as_slice())
                } else {
                    (&[][..], &[][..])
                };
                let parts = resolved(parts, index, |entry| (entry.key, entry.value));
                let indifferent = message_pack::root_is_indifferent(bytes);
                style.message_pack.dump_root(bytes, indifferent, parts)
            }
            #[cfg(not(all(feature = "marshal", feature = "message_pack")))]
            format => Err(format.not_built_in().into()),
        }
    }

    /// Returns the parts as values, for another format than the one that they were read in.
    fn converted<'a>(
        &'a self,
        parts: impl Iterator<Item = (Key<'a, usize>, Part<'a, usize>)>,
    ) -> Result<Vec<New<'a>>, DumpError> {
        let converted = parts.map(|(key, part)| {
            let key = match key {
                Key::Read(entry) => self.key_to_convert(entry)?,
                Key::New(key) => Cow::Borrowed(key),
            };
            let value = match part {
                Part::Read(entry) => Converted::Read(self.value_to_convert(entry)?),
                Part::Changed(value) => Converted::Changed(value),
            };
            Ok((key, value))
        });
        converted.collect()
    }

    /// Returns the key of an entry, for another format than the one that it was read in.
    fn key_to_convert(&self, entry: usize) -> Result<Cow<'_, str>, DumpError> {
        let key = self.key(entry);
        match self.check_key(entry) {
            Ok(()) => Ok(key),
            Err(error) => Err(not_converted(format_args!("the key {key:?}"), error)),
        }
    }

    /// Returns the value of an entry, for another format than the one that it was read in.
    fn value_to_convert(&self, entry: usize) -> Result<Value, DumpError> {
        let key = || self.key(entry);
        self.value(entry)
            .map_err(|error| not_converted(format_args!("the value of {:?}", key()), error))
    }
}

/// A key and a value that are to be written anew.
type New<'a> = (Cow<'a, str>, Converted<'a>);

/// A value for another format than the one that its map was read in.
enum Converted<'a> {
    Read(Value),
    Changed(NewValue<'a>),
}

impl Converted<'_> {
    fn as_new(&self) -> NewValue<'_> {
        match self {
            Self::Read(value) => NewValue::Value(value),
            Self::Changed(value) => *value,
        }
    }
}

/// Resolves the parts for a format: `read` gives the key and the value of an entry.
fn resolved<'a, Entry, Read>(
    parts: impl Iterator<Item = (Key<'a, usize>, Part<'a, usize>)>,
    entries: &[Entry],
    read: impl Fn(&Entry) -> (Read, Read),
) -> impl Iterator<Item = (Key<'a, Read>, Part<'a, Read>)> {
    parts.filter_map(move |(key, part)| {
        let key = match key {
            Key::Read(entry) => Key::Read(read(entries.get(entry)?).0),
            Key::New(key) => Key::New(key),
        };
        let part = match part {
            Part::Read(entry) => Part::Read(read(entries.get(entry)?).1),
            Part::Changed(value) => Part::Changed(value),
        };
        Some((key, part))
    })
}

/// Returns the error for an entry that cannot be read, and so not be written in another format.
fn not_converted(what: fmt::Arguments<'_>, error: LoadError) -> DumpError {
    let LoadError { reason, .. } = error;
    DumpError(format!(
        "{what} cannot be read ({reason}), and so cannot be written in another format; remove it"
    ))
}
