//! What a map is written from: [`Key`]s and [`Part`]s, new or of an entry that was read; and
//! [`Untouched`], by which bytes that were read go out as they stand.
//!
//! JSON and MessagePack copy a read entry's bytes. Marshal cannot: its links count objects from the
//! start, so that a read entry is a node of the document, and is encoded anew.

use super::Span;
use super::value::Value;

/// A key that is to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Key<'a, Read> {
    /// As it was read.
    Read(Read),
    /// A String.
    New(&'a str),
}

/// A value that is to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part<'a, Read> {
    /// As it was read.
    Read(Read),
    Changed(NewValue<'a>),
}

/// A value that was set.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NewValue<'a> {
    /// As JSON text that says all of it ([`write_exactly`](super::json::exact::write_exactly)).
    Json(&'a [u8]),
    Value(&'a Value),
}

impl NewValue<'_> {
    pub(crate) fn is_nil(self) -> bool {
        match self {
            Self::Json(json) => json == b"null",
            Self::Value(value) => *value == Value::Nil,
        }
    }
}

/// Stretches of a source that go out as they stand: those that stand behind each other, at once.
pub(crate) struct Untouched<'a> {
    source: &'a [u8],
    start: usize,
    end: usize,
}

impl<'a> Untouched<'a> {
    pub(crate) fn new(source: &'a [u8]) -> Self {
        Self {
            source,
            start: 0,
            end: 0,
        }
    }

    /// Puts a stretch behind the others, after what stands between entries. Where the source has
    /// as many bytes there, they are the same.
    pub(crate) fn add(&mut self, out: &mut Vec<u8>, separator: &[u8], stretch: Span) {
        let is_empty = self.start == self.end;
        if is_empty || stretch.start() != self.end + separator.len() {
            self.copy(out);
            out.extend_from_slice(separator);
            self.start = stretch.start();
        }
        self.end = stretch.end();
    }

    /// Writes what was put together.
    pub(crate) fn copy(&mut self, out: &mut Vec<u8>) {
        let stretch = self.source.get(self.start..self.end);
        out.extend_from_slice(stretch.unwrap_or_default());
        self.start = self.end;
    }
}
