//! [`dump_root`]: a message put together from the bytes of an older one and from new values.

use std::ops::Range;

use super::super::DumpError;
use super::super::value::Value;
use super::extension;
use super::index::{reader_at, value_at};
use super::marker::SIGNATURE;
use super::room::Room;
use super::style::Style;
use super::writer::{Dumped, Writer, refused};

/// The key of an entry.
#[derive(Clone, Debug)]
pub(crate) enum Key<'a> {
    /// As it stands in the source: a Symbol stays a Symbol.
    Raw(Range<u32>),
    /// A new String.
    Text(&'a str),
}

/// The value of an entry.
#[derive(Clone, Debug)]
pub(crate) enum Part<'a> {
    /// As it stands in the source, whatever it is.
    Raw(Range<u32>),
    /// A new value.
    Value(&'a Value),
}

/// Writes a message whose root is a map as the newest Rails does. See [`Style::dump_root`].
#[cfg(test)]
pub(crate) fn dump_root<'a>(
    source: &[u8],
    root_is_indifferent: bool,
    entries: impl ExactSizeIterator<Item = (Key<'a>, Part<'a>)>,
) -> Result<Vec<u8>, DumpError> {
    Style::default().dump_root(source, root_is_indifferent, entries)
}

impl Style {
    /// Writes a message whose root is a map. Ranges are those of [`super::index`] of `source`,
    /// whose bytes are copied as they stand, unless they hold what this style writes otherwise.
    pub(crate) fn dump_root<'a>(
        self,
        source: &[u8],
        root_is_indifferent: bool,
        entries: impl ExactSizeIterator<Item = (Key<'a>, Part<'a>)>,
    ) -> Result<Vec<u8>, DumpError> {
        let levels = Room::of_entry(root_is_indifferent).levels();
        let mut map = Writer::new(self);
        map.map_head(entries.len())?;
        for (key, part) in entries {
            match key {
                Key::Raw(range) => self.read(&mut map, source, range, levels)?,
                Key::Text(text) => map.text(text)?,
            }
            match part {
                Part::Raw(range) => self.read(&mut map, source, range, levels)?,
                Part::Value(value) => map.value(value, levels)?,
            }
        }
        let map = map.into_bytes();
        let mut message = Writer::new(self);
        message.raw(&SIGNATURE);
        if root_is_indifferent {
            message.extension(extension::INDIFFERENT_HASH, &map)?;
        } else {
            message.raw(&map);
        }
        Ok(message.into_bytes())
    }

    /// Writes what was read.
    fn read(self, map: &mut Writer, source: &[u8], range: Range<u32>, levels: usize) -> Dumped {
        let read = reader_at(source, &range)
            .filter(|read| !read.rest().is_empty())
            .ok_or_else(|| refused("an entry is not in the message it was read from"))?;
        // What cannot be read has no other form either.
        if !self.keeps_all(read)
            && let Ok(value) = value_at(source, range)
        {
            return map.value(&value, levels);
        }
        map.raw(read.rest());
        Ok(())
    }
}
