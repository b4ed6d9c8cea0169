//! Reads JSON into a [`Value`] without loss: integers of any size, and the order of keys.
//!
//! The reader is strict RFC 8259, nested up to 100 levels as Ruby's parser (`max_nesting`). Of
//! equal keys the last value counts, at the place of the first. Numbers beyond all floats are
//! infinities, as in Ruby; `-0` is the Integer 0.

use serde::de::DeserializeOwned;

use crate::serializer::value::{BigInteger, Value, unique_pairs};
use crate::serializer::{LoadError, Span, Unfit};

use super::quoted::Quoted;
use super::scan::{MAX_DEPTH, Scanner, Sink, Skip};

/// The largest number of digits of an integer. The time to read them grows with the square of their
/// number; no cookie holds as many.
const MAX_DIGITS: usize = 20_000;

/// Reads a text as any type.
///
/// `serde_json` refuses some texts that Rails accepts (a repeated key, a number beyond all floats).
/// Such texts are read into a [`Value`] first, which takes longer.
pub(crate) fn load<T: DeserializeOwned>(json: &str) -> Result<T, Unfit> {
    if may_be_too_deep(json) {
        let whole = Scanner::new(json).value(0, &mut Skip);
        whole.map_err(Unfit::Unreadable)?;
    }
    let by_value = |_| {
        let value = from_json_str(json).map_err(Unfit::Unreadable)?;
        T::deserialize(&value).map_err(|_| Unfit::of::<T>(&value))
    };
    serde_json::from_str(json).or_else(by_value)
}

/// Returns true if the text has enough brackets to nest too deep: `serde_json` reads 127 levels,
/// Rails 100.
fn may_be_too_deep(json: &str) -> bool {
    let opens = |byte: &u8| u8::from(matches!(byte, b'[' | b'{'));
    let chunks = json.as_bytes().chunks(128);
    let brackets: usize = chunks
        .map(|chunk| usize::from(chunk.iter().map(opens).sum::<u8>()))
        .sum();
    brackets > MAX_DEPTH
}

/// Reads the one value of a text.
pub(crate) fn from_json_str(json: &str) -> Result<Value, LoadError> {
    let mut builder = Builder {
        json,
        open: Vec::new(),
        built: Value::Nil,
    };
    let mut scanner = Scanner::new(json);
    scanner.value(0, &mut builder)?;
    scanner.end()?;
    Ok(builder.built)
}

/// Reads the number in a span.
pub(super) fn number(json: &str, span: Span, is_integer: bool) -> Result<Value, LoadError> {
    let error = |reason| LoadError {
        reason,
        offset: span.start(),
    };
    let text = span.of(json);
    let number = if !is_integer {
        text.parse().ok().map(Value::Float)
    } else if let Ok(small) = text.parse() {
        Some(Value::Integer(small))
    } else if text.trim_start_matches('-').len() > MAX_DIGITS {
        return Err(error("integer of more than 20000 digits"));
    } else {
        text.parse::<BigInteger>().ok().map(Value::from)
    };
    number.ok_or_else(|| error("not a number"))
}

/// Builds a value from the parts that the scanner finds.
struct Builder<'a> {
    json: &'a str,
    /// The containers that have not ended, the innermost last.
    open: Vec<Open>,
    built: Value,
}

enum Open {
    Array(Vec<Value>),
    /// The last pair has no value yet if its key has just been read.
    Object(Vec<(Value, Value)>),
}

impl Builder<'_> {
    fn add(&mut self, value: Value) {
        match self.open.last_mut() {
            None => self.built = value,
            Some(Open::Array(items)) => items.push(value),
            Some(Open::Object(pairs)) => {
                if let Some(pair) = pairs.last_mut() {
                    pair.1 = value;
                }
            }
        }
    }
}

impl Sink for Builder<'_> {
    fn open(&mut self, is_object: bool) {
        self.open.push(if is_object {
            Open::Object(Vec::new())
        } else {
            Open::Array(Vec::new())
        });
    }

    fn close(&mut self) {
        match self.open.pop() {
            None => {}
            Some(Open::Array(items)) => self.add(Value::Array(items)),
            Some(Open::Object(pairs)) => self.add(Value::Hash(unique_pairs(pairs))),
        }
    }

    fn key(&mut self, key: Quoted) -> Result<(), LoadError> {
        let key = Value::String(key.text(self.json)?.into_owned());
        if let Some(Open::Object(pairs)) = self.open.last_mut() {
            pairs.push((key, Value::Nil));
        }
        Ok(())
    }

    fn string(&mut self, string: Quoted) -> Result<(), LoadError> {
        let text = string.text(self.json)?.into_owned();
        self.add(Value::String(text));
        Ok(())
    }

    fn number(&mut self, span: Span, is_integer: bool) -> Result<(), LoadError> {
        let number = number(self.json, span, is_integer)?;
        self.add(number);
        Ok(())
    }

    fn word(&mut self, boolean: Option<bool>) {
        self.add(boolean.map_or(Value::Nil, Value::Bool));
    }
}
