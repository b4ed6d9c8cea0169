//! The parts that a map is written from: [`Key`]s and [`Part`]s, each new or an entry that was
//! read; and [`Untouched`], which copies bytes that were read.
//!
//! JSON and MessagePack copy the bytes of an entry that was read. Marshal cannot: its links count
//! objects from the start, so that such an entry is a node of the document, and is encoded anew.

use super::Span;
use super::value::Value;

/// A key to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Key<'a, Read> {
    /// A key that was read, unchanged.
    Read(Read),
    /// A new key, a String.
    New(&'a str),
}

/// A value to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part<'a, Read> {
    /// A value that was read, unchanged.
    Read(Read),
    Changed(NewValue<'a>),
}

/// A value that was set.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NewValue<'a> {
    /// A value as lossless JSON text ([`write_exactly`](super::json::exact::write_exactly)).
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

/// Stretches of a source that are copied unchanged; adjacent ones are copied at once.
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

    /// Adds a stretch after the separator between entries. If the source has as many bytes between
    /// the stretches, those bytes equal the separator.
    pub(crate) fn add(&mut self, out: &mut Vec<u8>, separator: &[u8], stretch: Span) {
        let is_empty = self.start == self.end;
        if is_empty || stretch.start() != self.end + separator.len() {
            self.copy(out);
            out.extend_from_slice(separator);
            self.start = stretch.start();
        }
        self.end = stretch.end();
    }

    /// Copies the stretches that were added.
    pub(crate) fn copy(&mut self, out: &mut Vec<u8>) {
        let stretch = self.source.get(self.start..self.end);
        out.extend_from_slice(stretch.unwrap_or_default());
        self.start = self.end;
    }
}
