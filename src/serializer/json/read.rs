//! JSON into a [`Value`], without loss: integers of any size, and the order of keys.
//!
//! Strict RFC 8259, nested up to 100 levels as Ruby's parser (`max_nesting`). Of equal keys the
//! last value counts, at the first one's place. Floats beyond all floats are infinities, as in
//! Ruby; `-0` is the Integer 0.

use std::str::FromStr;

use serde::de::DeserializeOwned;

use crate::serializer::value::{BigInteger, Value, unique_pairs};
use crate::serializer::{LoadError, Unfit};

use super::scan::{MAX_DEPTH, Scanner};

/// How many digits an integer may have. Reading them takes time in the square of their number; no
/// cookie holds as many.
const MAX_DIGITS: usize = 20_000;

/// Reads a text as any type.
///
/// What `serde_json` does not take and Rails does (a key twice, a float beyond all floats) goes
/// the longer way, by a [`Value`].
pub(crate) fn load<T: DeserializeOwned>(json: &str) -> Result<T, Unfit> {
    if may_be_too_deep(json) {
        let mut scanner = Scanner::new(json.as_bytes());
        scanner.value(0).map_err(Unfit::Unreadable)?;
    }
    let by_value = |_| {
        let value = from_json_str(json).map_err(Unfit::Unreadable)?;
        T::deserialize(&value).map_err(|_| Unfit::of::<T>(&value))
    };
    serde_json::from_str(json).or_else(by_value)
}

/// Whether there are brackets enough for it: `serde_json` goes 127 levels deep, Rails 100.
fn may_be_too_deep(json: &str) -> bool {
    let opens = |byte: &u8| u8::from(matches!(byte, b'[' | b'{'));
    let chunks = json.as_bytes().chunks(128);
    let brackets: usize = chunks
        .map(|chunk| usize::from(chunk.iter().map(opens).sum::<u8>()))
        .sum();
    brackets > MAX_DEPTH as usize
}

/// The one value that the text is.
pub(crate) fn from_json_str(json: &str) -> Result<Value, LoadError> {
    let mut parser = Parser {
        json,
        at: 0,
        depth: 0,
    };
    parser.skip_space();
    let value = parser.value()?;
    parser.skip_space();
    if parser.at < json.len() {
        return Err(parser.error("more after the value"));
    }
    Ok(value)
}

struct Parser<'a> {
    json: &'a str,
    at: usize,
    depth: u32,
}

impl<'a> Parser<'a> {
    fn error(&self, reason: &'static str) -> LoadError {
        LoadError {
            reason,
            offset: self.at,
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.json.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.json.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        self.skip_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
    }

    /// How many bytes it skipped.
    fn skip_while(&mut self, what: impl Fn(u8) -> bool) -> usize {
        let rest = self.rest();
        let count = rest
            .iter()
            .position(|&byte| !what(byte))
            .unwrap_or(rest.len());
        self.at += count;
        count
    }

    /// Skip this byte if it comes next.
    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self) -> Result<Value, LoadError> {
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'"') => self.string().map(Value::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Nil),
            Some(_) => Err(self.error("unexpected character")),
            None => Err(self.error("unexpected end")),
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, LoadError> {
        if !self.rest().starts_with(word.as_bytes()) {
            return Err(self.error("unexpected character"));
        }
        self.at += word.len();
        Ok(value)
    }

    fn nested(
        &mut self,
        content: fn(&mut Self) -> Result<Value, LoadError>,
    ) -> Result<Value, LoadError> {
        if self.depth == MAX_DEPTH {
            return Err(self.error("nesting deeper than 100 levels"));
        }
        self.depth += 1;
        self.at += 1;
        self.skip_space();
        let value = content(self);
        self.depth -= 1;
        value
    }

    fn array(&mut self) -> Result<Value, LoadError> {
        let mut items = Vec::new();
        if self.eat(b']') {
            return Ok(Value::Array(items));
        }
        loop {
            items.push(self.value()?);
            self.skip_space();
            if self.eat(b']') {
                return Ok(Value::Array(items));
            }
            self.comma("expected , or ]")?;
        }
    }

    fn object(&mut self) -> Result<Value, LoadError> {
        let mut pairs = Vec::new();
        if self.eat(b'}') {
            return Ok(Value::Hash(pairs));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.error("expected a key"));
            }
            let key = Value::String(self.string()?);
            self.skip_space();
            if !self.eat(b':') {
                return Err(self.error("expected :"));
            }
            self.skip_space();
            pairs.push((key, self.value()?));
            self.skip_space();
            if self.eat(b'}') {
                return Ok(Value::Hash(unique_pairs(pairs)));
            }
            self.comma("expected , or }")?;
        }
    }

    fn comma(&mut self, otherwise: &'static str) -> Result<(), LoadError> {
        if !self.eat(b',') {
            return Err(self.error(otherwise));
        }
        self.skip_space();
        Ok(())
    }

    fn number(&mut self) -> Result<Value, LoadError> {
        let start = self.at;
        self.eat(b'-');
        let digits = self.digits()?;
        if digits > 1 && self.json.as_bytes().get(self.at - digits) == Some(&b'0') {
            self.at -= digits;
            return Err(self.error("number with a leading zero"));
        }
        let mut integer = true;
        if self.eat(b'.') {
            self.digits()?;
            integer = false;
        }
        if self.eat(b'e') || self.eat(b'E') {
            if !self.eat(b'+') {
                self.eat(b'-');
            }
            self.digits()?;
            integer = false;
        }
        let text = self.json.get(start..self.at).unwrap_or_default();
        let value = if !integer {
            text.parse().ok().map(Value::Float)
        } else if let Ok(small) = text.parse() {
            Some(Value::Integer(small))
        } else if digits > MAX_DIGITS {
            self.at = start;
            return Err(self.error("integer of more than 20000 digits"));
        } else {
            BigInteger::from_str(text).ok().map(Value::from)
        };
        value.ok_or_else(|| self.error("not a number"))
    }

    /// At least one digit.
    fn digits(&mut self) -> Result<usize, LoadError> {
        match self.skip_while(|byte| byte.is_ascii_digit()) {
            0 => Err(self.error("expected a digit")),
            count => Ok(count),
        }
    }

    fn string(&mut self) -> Result<String, LoadError> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let start = self.at;
            self.skip_while(|byte| byte != b'"' && byte != b'\\' && byte >= 0x20);
            // Both ends are beside ASCII characters: no character is cut.
            text.push_str(self.json.get(start..self.at).unwrap_or_default());
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => text.push(self.escape()?),
                Some(_) => return Err(self.error("control character in a string")),
                None => return Err(self.error("string without an end")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, LoadError> {
        let start = self.at;
        let character = match self.rest().get(1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(start),
            _ => return Err(self.error("unknown escape")),
        };
        self.at += 2;
        Ok(character)
    }

    /// `\uXXXX`, or two of them for a character beyond U+FFFF (RFC 8259, section 7). Half of such
    /// a pair is no character, and Ruby's text would be invalid.
    fn unicode_escape(&mut self, start: usize) -> Result<char, LoadError> {
        let mut unit = self.hex4()?;
        if let 0xD800..0xDC00 = unit {
            let low = if self.rest().starts_with(b"\\u") {
                self.hex4()?
            } else {
                0
            };
            unit = match low {
                0xDC00..0xE000 => 0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00),
                _ => unit,
            };
        }
        char::from_u32(unit).ok_or(LoadError {
            reason: "half of a surrogate pair",
            offset: start,
        })
    }

    /// The four digits of the `\u` that comes next.
    fn hex4(&mut self) -> Result<u32, LoadError> {
        let digits = self.rest().get(2..6).and_then(|digits| {
            digits.iter().try_fold(0, |number, &digit| {
                Some(number << 4 | char::from(digit).to_digit(16)?)
            })
        });
        let unit = digits.ok_or_else(|| self.error("expected four hexadecimal digits"))?;
        self.at += 6;
        Ok(unit)
    }
}
