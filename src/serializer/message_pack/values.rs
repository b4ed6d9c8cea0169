//! Reads whole values from an [`Unpacker`].

use super::super::LoadError;
use super::super::value::{Value, unique_pairs};
use super::extension;
use super::marker::BINARY;
use super::room::Room;
use super::ruby_number::unsigned_value;
use super::unpacker::{Head, Unpacker};

impl Unpacker<'_> {
    /// Reads one value.
    // Recursive, up to 128 levels: the arms are calls, so that an unoptimized build keeps no
    // temporaries of other arms on the stack meanwhile.
    pub(super) fn value(&mut self, room: Room) -> Result<Value, LoadError> {
        match self.head() {
            Ok(Head::Array(count)) => self.elements(count, room).map(Value::Array),
            Ok(Head::Map(count)) => self.pairs(count, room).map(Value::Hash),
            Ok(Head::Extension(kind, payload)) => self.extension_value(kind, payload, room),
            Ok(leaf) => Ok(leaf_value(leaf)),
            Err(error) => Err(error),
        }
    }

    fn extension_value(
        &self,
        kind: i8,
        payload: Unpacker<'_>,
        room: Room,
    ) -> Result<Value, LoadError> {
        self.keep_owed(room)?;
        extension::load(kind, payload, room.levels())
    }

    /// Reads the elements of an array whose first bytes were read.
    pub(super) fn elements(&mut self, count: usize, room: Room) -> Result<Vec<Value>, LoadError> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let room = self.open(count, room)?;
        let mut elements = Vec::with_capacity(count);
        for left in (0..count).rev() {
            elements.push(self.value(room.owing(left))?);
        }
        Ok(elements)
    }

    /// Reads the pairs of a map whose first bytes were read. Of two equal keys the first keeps its
    /// place and the last its value, as in a Ruby Hash.
    pub(super) fn pairs(
        &mut self,
        count: usize,
        room: Room,
    ) -> Result<Vec<(Value, Value)>, LoadError> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let room = self.open(count.saturating_mul(2), room)?;
        let mut pairs = Vec::with_capacity(count);
        for left in (0..count).rev() {
            let key = self.value(room.owing(2 * left + 1))?;
            let value = self.value(room.owing(2 * left))?;
            pairs.push((key, value));
        }
        Ok(unique_pairs(pairs))
    }
}

/// Returns a value that contains no others.
fn leaf_value(head: Head<'_>) -> Value {
    match head {
        Head::Bool(truth) => Value::Bool(truth),
        Head::Integer(number) => Value::Integer(number),
        Head::Unsigned(number) => unsigned_value(number),
        Head::Float(number) => Value::Float(number),
        Head::Str(bytes) => text_value(bytes),
        Head::Bin(bytes) => Value::bytes(bytes, BINARY),
        // The callers handle these four.
        Head::Nil | Head::Array(_) | Head::Map(_) | Head::Extension(..) => Value::Nil,
    }
}

fn text_value(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => Value::String(text.to_owned()),
        // Ruby keeps a String whose bytes are invalid in its encoding.
        Err(_) => Value::bytes(bytes, "UTF-8"),
    }
}
