//! [`Untouched`]: what nobody changed of a JSON object, copied as it stands.

use super::index::IndexEntry;

/// Entries of a JSON object that stand behind each other in its text, and are written so.
pub(crate) struct Untouched<'a> {
    source: &'a str,
    start: usize,
    end: usize,
}

impl<'a> Untouched<'a> {
    pub(crate) fn new(source: &'a str) -> Self {
        Self {
            source,
            start: 0,
            end: 0,
        }
    }

    /// Puts an entry behind the others. Those that are not its neighbours, or not as close as
    /// Rails and hardtack write them, are written first.
    pub(crate) fn add(&mut self, out: &mut Vec<u8>, entry: IndexEntry, is_first: bool) {
        let (key, value) = (entry.key.span, entry.value);
        let is_compact = key.end() + 1 == value.start();
        if is_compact && !is_first && key.start() == self.end + 1 && self.end > self.start {
            self.end = value.end();
            return;
        }
        self.copy(out);
        if !is_first {
            out.push(b',');
        }
        if is_compact {
            self.start = key.start();
            self.end = value.end();
        } else {
            out.extend_from_slice(key.of(self.source).as_bytes());
            out.push(b':');
            out.extend_from_slice(value.of(self.source).as_bytes());
        }
    }

    /// Writes what was put together.
    pub(crate) fn copy(&mut self, out: &mut Vec<u8>) {
        let stretch = self.source.as_bytes().get(self.start..self.end);
        out.extend_from_slice(stretch.unwrap_or_default());
        self.start = 0;
        self.end = 0;
    }
}
