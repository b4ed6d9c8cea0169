//! Converts JSON text directly into another format, without a [`Value`] in between.

use super::quoted::Quoted;
use super::read::number;
use super::scan::{Scanner, Sink};
use crate::serializer::value::Value;
use crate::serializer::{DumpError, LoadError, Span, text};

/// A format whose containers begin with the number of their items.
pub(crate) trait Target {
    /// Writes nil, a boolean or a number.
    fn scalar(&mut self, scalar: &Value) -> Result<(), DumpError>;

    /// Writes a String.
    fn text(&mut self, text: &str) -> Result<(), DumpError>;

    /// Writes the start of a container of `length` values, or pairs of an object.
    fn head(&mut self, is_object: bool, length: usize) -> Result<(), DumpError>;
}

/// Writes the one value of a text, as the `Value` read from it would be written.
pub(crate) fn transcode(json: &[u8], target: &mut impl Target) -> Result<(), DumpError> {
    let json = text(json)?;
    let mut counter = Counter::default();
    match json {
        "{}" | "[]" => return target.head(json == "{}", 0),
        _ if json.starts_with(['{', '[']) => {
            counter.lengths.reserve(json.len() / 16 + 1);
            Scanner::new(json).value(0, &mut counter)?;
        }
        _ => {}
    }
    let mut transcoder = Transcoder {
        json,
        target,
        lengths: counter.lengths.into_iter(),
        outcome: Ok(()),
    };
    Scanner::new(json).value(0, &mut transcoder)?;
    transcoder.outcome
}

/// Counts the items of each container, in the order in which the containers begin.
#[derive(Default)]
struct Counter {
    lengths: Vec<usize>,
    /// The indices of the containers that have not ended, and if they are objects.
    open: Vec<(usize, bool)>,
}

impl Counter {
    /// Counts a value in an array, or a key in an object.
    fn count(&mut self, in_object: bool) {
        if let Some((place, is_object)) = self.open.last()
            && *is_object == in_object
            && let Some(length) = self.lengths.get_mut(*place)
        {
            *length += 1;
        }
    }
}

impl Sink for Counter {
    fn open(&mut self, is_object: bool) {
        self.count(false);
        self.open.push((self.lengths.len(), is_object));
        self.lengths.push(0);
    }

    fn close(&mut self) {
        self.open.pop();
    }

    fn key(&mut self, _key: Quoted) -> Result<(), LoadError> {
        self.count(true);
        Ok(())
    }

    fn string(&mut self, _string: Quoted) -> Result<(), LoadError> {
        self.count(false);
        Ok(())
    }

    fn number(&mut self, _number: Span, _is_integer: bool) -> Result<(), LoadError> {
        self.count(false);
        Ok(())
    }

    fn word(&mut self, _boolean: Option<bool>) {
        self.count(false);
    }
}

struct Transcoder<'a, T> {
    json: &'a str,
    target: &'a mut T,
    lengths: std::vec::IntoIter<usize>,
    /// The target's first error.
    outcome: Result<(), DumpError>,
}

impl<T: Target> Transcoder<'_, T> {
    fn write(&mut self, write: impl FnOnce(&mut T) -> Result<(), DumpError>) {
        if self.outcome.is_ok() {
            self.outcome = write(self.target);
        }
    }
}

impl<T: Target> Sink for Transcoder<'_, T> {
    fn open(&mut self, is_object: bool) {
        let length = self.lengths.next().unwrap_or_default();
        self.write(|target| target.head(is_object, length));
    }

    fn key(&mut self, key: Quoted) -> Result<(), LoadError> {
        self.string(key)
    }

    fn string(&mut self, string: Quoted) -> Result<(), LoadError> {
        let text = string.text(self.json)?;
        self.write(|target| target.text(&text));
        Ok(())
    }

    fn number(&mut self, span: Span, is_integer: bool) -> Result<(), LoadError> {
        let number = number(self.json, span, is_integer)?;
        self.write(|target| target.scalar(&number));
        Ok(())
    }

    fn word(&mut self, boolean: Option<bool>) {
        let word = boolean.map_or(Value::Nil, Value::Bool);
        self.write(|target| target.scalar(&word));
    }
}
