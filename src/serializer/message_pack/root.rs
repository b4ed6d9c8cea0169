//! [`dump_root`]: writes a message from the bytes of an older one and from new values.

use super::super::json::transcode::transcode;
use super::super::{DumpError, Key, NewValue, Part, Span, Untouched};
use super::kind;
use super::marker::SIGNATURE;
use super::packer::{Dumped, Packer, refused};
use super::raw_entry::value_at;
use super::room::Room;
use super::style::Style;
use super::unpacker::Unpacker;

/// Writes a message whose root is a map as the newest Rails does. See [`Style::dump_root`].
#[cfg(test)]
pub(crate) fn dump_root<'a>(
    source: &[u8],
    root_is_indifferent: bool,
    entries: impl Iterator<Item = (Key<'a, Span>, Part<'a, Span>)>,
) -> Result<Vec<u8>, DumpError> {
    Style::default().dump_root(source, root_is_indifferent, entries)
}

impl Style {
    /// Writes a message whose root is a map. Spans are those of [`super::index`] of `source`. The
    /// bytes of the spans are copied unchanged unless they hold a value that this style writes in
    /// another form.
    pub(crate) fn dump_root<'a>(
        self,
        source: &[u8],
        root_is_indifferent: bool,
        entries: impl Iterator<Item = (Key<'a, Span>, Part<'a, Span>)>,
    ) -> Result<Vec<u8>, DumpError> {
        let levels = Room::of_entry(root_is_indifferent).levels();
        let mut untouched = Untouched::new(source);
        let entries: Vec<_> = entries.collect();
        let mut map = Packer::new(self);
        map.map_head(entries.len())?;
        for (key, part) in entries {
            match key {
                Key::Read(span) => self.read(&mut map, &mut untouched, source, span, levels)?,
                Key::New(text) => {
                    untouched.copy(map.out());
                    map.text(text)?;
                }
            }
            match part {
                Part::Read(span) => self.read(&mut map, &mut untouched, source, span, levels)?,
                Part::Changed(new) => {
                    untouched.copy(map.out());
                    match new {
                        NewValue::Json(json) => transcode(json, &mut map)?,
                        NewValue::Value(value) => map.value(value, levels)?,
                    }
                }
            }
        }
        untouched.copy(map.out());
        let map = map.into_bytes();
        let mut message = Packer::new(self);
        message.raw(&SIGNATURE);
        if root_is_indifferent {
            message.extension(kind::INDIFFERENT_HASH, &map)?;
        } else {
            message.raw(&map);
        }
        Ok(message.into_bytes())
    }

    /// Writes a key or value that was read.
    fn read(
        self,
        map: &mut Packer,
        untouched: &mut Untouched<'_>,
        source: &[u8],
        span: Span,
        levels: usize,
    ) -> Dumped {
        let read = Unpacker::within(source, span)
            .filter(|read| !read.rest().is_empty())
            .ok_or_else(|| refused("an entry is not in the message it was read from"))?;
        // A value that cannot be read cannot be converted either, so it is copied.
        if !self.keeps_all(read)
            && let Ok(value) = value_at(source, span)
        {
            untouched.copy(map.out());
            return map.value(&value, levels);
        }
        untouched.add(map.out(), b"", span);
        Ok(())
    }
}
