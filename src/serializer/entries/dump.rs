//! [`Entries`] written as a map again: what was read in the same format as it came, what was
//! changed in its place.

use std::borrow::Cow;
use std::fmt;

use super::super::json::splice::splice;
use super::super::json::untouched::Untouched;
use super::super::json::write;
#[cfg(feature = "marshal")]
use super::super::marshal;
#[cfg(feature = "message_pack")]
use super::super::message_pack;
use super::super::value::Value;
use super::super::{DumpError, DumpStyle, Format, LoadError, Serialized};
use super::{Entries, Key, Part};

impl Entries {
    /// Writes the map with these values set, none of them nil: as [`dump`](Self::dump), but in long
    /// stretches. The room comes back where it cannot be done so.
    pub(crate) fn dump_with<'a>(
        &self,
        mut room: Vec<u8>,
        sets: impl Iterator<Item = (&'a str, &'a Value)> + Clone,
        style: DumpStyle,
    ) -> Result<Serialized, Vec<u8>> {
        if let Self::Json { text, index } = self
            && style.format == Format::Json
            && splice(&mut room, text, index, sets, style.json).is_some()
        {
            return Ok(Serialized {
                bytes: room,
                format: Format::Json,
            });
        }
        Err(room)
    }

    /// Writes a map of these parts: those that were read in the same format as they were. JSON in
    /// the room that is given, in place of what was in it.
    pub(crate) fn dump<'a>(
        &self,
        room: Vec<u8>,
        parts: impl Iterator<Item = (Key<'a>, Part<'a>)>,
        style: DumpStyle,
    ) -> Result<Serialized, DumpError> {
        let bytes = match style.format {
            Format::Json => self.dump_json(room, parts, style)?,
            #[cfg(feature = "marshal")]
            Format::Marshal => self.dump_marshal(parts)?,
            #[cfg(feature = "message_pack")]
            Format::MessagePack => self.dump_message_pack(parts, style)?,
            #[cfg(not(all(feature = "marshal", feature = "message_pack")))]
            format => return Err(format.not_built_in().into()),
        };
        Ok(Serialized {
            bytes,
            format: style.format,
        })
    }

    fn dump_json<'a>(
        &self,
        mut out: Vec<u8>,
        mut parts: impl Iterator<Item = (Key<'a>, Part<'a>)>,
        style: DumpStyle,
    ) -> Result<Vec<u8>, DumpError> {
        let (source, index) = if let Self::Json { text, index } = self {
            (text.as_str(), index.as_slice())
        } else {
            ("", &[][..])
        };
        out.clear();
        out.reserve(source.len() + 64);
        out.push(b'{');
        let read = |entry: usize| index.get(entry);
        // What was not touched is copied as far as it stands together.
        let mut untouched = Untouched::new(source);
        let mut place = 0;
        // From within, which compilers make better code of than of a loop around it.
        parts.try_for_each(|(key, part)| {
            place += 1;
            let is_first = place == 1;
            if let (Key::Read(key), Part::Read(value)) = (key, part)
                && key == value
                && let Some(entry) = read(key)
            {
                untouched.add(&mut out, *entry, is_first);
                return Ok(());
            }
            untouched.copy(&mut out);
            if !is_first {
                out.push(b',');
            }
            match key {
                Key::New(key) => write::string(&mut out, [key], style.json),
                Key::Read(entry) => match read(entry) {
                    Some(read) => out.extend_from_slice(read.key.span.of(source).as_bytes()),
                    None => write::string(&mut out, [&self.key_to_convert(entry)?], style.json),
                },
            }
            out.push(b':');
            match part {
                Part::Changed(value) => write::value(&mut out, value, style.json, 1)?,
                Part::Read(entry) => match read(entry) {
                    Some(read) => out.extend_from_slice(read.value.of(source).as_bytes()),
                    None => write::value(&mut out, &self.value_to_convert(entry)?, style.json, 1)?,
                },
            }
            Ok::<_, DumpError>(())
        })?;
        untouched.copy(&mut out);
        out.push(b'}');
        Ok(out)
    }

    #[cfg(feature = "marshal")]
    fn dump_marshal<'a>(
        &self,
        parts: impl Iterator<Item = (Key<'a>, Part<'a>)>,
    ) -> Result<Vec<u8>, DumpError> {
        if let Self::Marshal { document, entries } = self {
            let parts = parts.filter_map(|(key, part)| {
                let key = match key {
                    Key::Read(entry) => marshal::Key::Node(entries.get(entry)?.key_node),
                    Key::New(key) => marshal::Key::Text(key),
                };
                let part = match part {
                    Part::Read(entry) => marshal::Part::Node(entries.get(entry)?.value_node),
                    Part::Changed(value) => marshal::Part::Value(value),
                };
                Some((key, part))
            });
            return marshal::dump_root(Some(document), parts);
        }
        let converted = self.converted(parts)?;
        let parts = converted
            .iter()
            .map(|(key, value)| (marshal::Key::Text(key), marshal::Part::Value(value)));
        marshal::dump_root(None, parts)
    }

    #[cfg(feature = "message_pack")]
    fn dump_message_pack<'a>(
        &self,
        parts: impl Iterator<Item = (Key<'a>, Part<'a>)>,
        style: DumpStyle,
    ) -> Result<Vec<u8>, DumpError> {
        if let Self::MessagePack { bytes, index } = self {
            let parts: Vec<_> = parts
                .filter_map(|(key, part)| {
                    let key = match key {
                        Key::Read(entry) => message_pack::Key::Raw(index.get(entry)?.key.clone()),
                        Key::New(key) => message_pack::Key::Text(key),
                    };
                    let part = match part {
                        Part::Read(entry) => {
                            message_pack::Part::Raw(index.get(entry)?.value.clone())
                        }
                        Part::Changed(value) => message_pack::Part::Value(value),
                    };
                    Some((key, part))
                })
                .collect();
            let indifferent = message_pack::root_is_indifferent(bytes);
            return style
                .message_pack
                .dump_root(bytes, indifferent, parts.into_iter());
        }
        let converted = self.converted(parts)?;
        let parts = converted.iter().map(|(key, value)| {
            (
                message_pack::Key::Text(key),
                message_pack::Part::Value(value),
            )
        });
        style.message_pack.dump_root(&[], false, parts)
    }

    /// The parts as values, for another format than they were read in.
    #[cfg(any(feature = "marshal", feature = "message_pack"))]
    fn converted<'a>(
        &self,
        parts: impl Iterator<Item = (Key<'a>, Part<'a>)>,
    ) -> Result<Vec<(String, Value)>, DumpError> {
        let converted = parts.map(|(key, part)| {
            let key = match key {
                Key::Read(entry) => self.key_to_convert(entry)?.into_owned(),
                Key::New(key) => key.to_owned(),
            };
            let value = match part {
                Part::Read(entry) => self.value_to_convert(entry)?,
                Part::Changed(value) => value.clone(),
            };
            Ok((key, value))
        });
        converted.collect()
    }

    /// The key of an entry, for another format than it was read in.
    fn key_to_convert(&self, entry: usize) -> Result<Cow<'_, str>, DumpError> {
        let key = self.key(entry);
        match self.check_key(entry) {
            Ok(()) => Ok(key),
            Err(error) => Err(not_converted(format_args!("the key {key:?}"), error)),
        }
    }

    /// The value of an entry, for another format than it was read in.
    fn value_to_convert(&self, entry: usize) -> Result<Value, DumpError> {
        let key = || self.key(entry);
        self.value(entry)
            .map_err(|error| not_converted(format_args!("the value of {:?}", key()), error))
    }
}

/// What cannot be read cannot be written in another format.
fn not_converted(what: fmt::Arguments<'_>, error: LoadError) -> DumpError {
    let LoadError { reason, .. } = error;
    DumpError(format!(
        "{what} cannot be read ({reason}), and so cannot be written in another format; remove it"
    ))
}
