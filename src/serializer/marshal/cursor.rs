//! [`Cursor`]: the input's bytes, and the integers and counts in them.

use super::document::Text;
use crate::serializer::LoadError;

/// The input and the place of the reader in it.
pub(super) struct Cursor<'a> {
    input: &'a [u8],
    position: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(input: &'a [u8]) -> Self {
        Self { input, position: 0 }
    }

    pub(super) fn byte(&mut self) -> Result<u8, LoadError> {
        let Some(&byte) = self.input.get(self.position) else {
            return Err(self.error("the input ends too early"));
        };
        self.position += 1;
        Ok(byte)
    }

    /// Skips the next byte if it is this one.
    pub(super) fn skip(&mut self, byte: u8) -> bool {
        let is_next = self.input.get(self.position) == Some(&byte);
        self.position += usize::from(is_next);
        is_next
    }

    /// Reads an integer in the format's own form (`r_long`).
    pub(super) fn long(&mut self) -> Result<i64, LoadError> {
        let first = i64::from(self.byte()?.cast_signed());
        let width = match first {
            0 => return Ok(0),
            5.. => return Ok(first - 5),
            ..=-5 => return Ok(first + 5),
            width => width.unsigned_abs(),
        };
        let mut number = 0;
        for place in 0..width {
            number |= i64::from(self.byte()?) << (8 * place);
        }
        Ok(if first < 0 {
            number - (1 << (8 * width))
        } else {
            number
        })
    }

    /// Reads the number of the following items, each of at least `size` bytes; more than the input
    /// can hold is an error.
    pub(super) fn count(&mut self, size: usize) -> Result<usize, LoadError> {
        let count = self.long()?;
        match usize::try_from(count) {
            Ok(count) if count <= (self.input.len() - self.position) / size => Ok(count),
            _ => Err(self.error("a count that exceeds the input")),
        }
    }

    pub(super) fn take(&mut self, length: usize) -> Result<Text, LoadError> {
        if length > self.input.len() - self.position {
            return Err(self.error("the input ends too early"));
        }
        let text = Text {
            start: narrow(self.position),
            len: narrow(length),
        };
        self.position += length;
        Ok(text)
    }

    /// Returns the bytes of a range that was read.
    pub(super) fn bytes(&self, text: Text) -> &'a [u8] {
        let start = text.start as usize;
        self.input
            .get(start..start + text.len as usize)
            .unwrap_or_default()
    }

    pub(super) fn error(&self, reason: &'static str) -> LoadError {
        LoadError {
            reason,
            offset: self.position,
        }
    }
}

/// Lossless: nothing here outgrows the input, whose length the reader checks.
pub(super) fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
