//! JSON's grammar (RFC 8259): finds the end of each value of a text. A [`Sink`] is told of the
//! value's parts.
//!
//! The structure is checked on the way. The contents of strings are checked when they are read
//! ([`Quoted::text`]). There is no recursion: the open containers are bits of one integer, so that
//! depth costs no stack.

use super::quoted::{Quoted, after_string};
use crate::lanes::Lanes;
use crate::serializer::{LoadError, Span};

/// The deepest nesting that Ruby's parser takes (`JSON.parse`, `max_nesting`).
pub(crate) const MAX_DEPTH: usize = 100;

/// Receives the parts of a value, in the order of the text.
pub(super) trait Sink {
    /// An object or an array begins.
    fn open(&mut self, _is_object: bool) {}

    /// The container that began last ends.
    fn close(&mut self) {}

    fn key(&mut self, _key: Quoted) -> Result<(), LoadError> {
        Ok(())
    }

    fn string(&mut self, _string: Quoted) -> Result<(), LoadError> {
        Ok(())
    }

    fn number(&mut self, _number: Span, _is_integer: bool) -> Result<(), LoadError> {
        Ok(())
    }

    /// `true`, `false`, or `null` as `None`.
    fn word(&mut self, _boolean: Option<bool>) {}
}

/// A sink that ignores all parts.
pub(super) struct Skip;

impl Sink for Skip {}

/// A place in a JSON text that only moves forward.
pub(super) struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let text = text.as_bytes();
        Self { text, at: 0 }
    }

    /// Passes over white space and then this bracket, if it is the next byte.
    pub(super) fn bracket(&mut self, wanted: u8) -> bool {
        self.at = after_space(self.text, self.at);
        let found = byte(self.text, self.at) == wanted;
        self.at += usize::from(found);
        found
    }

    /// Passes over a key and its colon.
    pub(super) fn key(&mut self) -> Result<Quoted, LoadError> {
        let start = after_space(self.text, self.at);
        let (end, escaped) = after_string(self.text, start)?;
        self.at = after_colon(self.text, end)?;
        Ok(Quoted::new(start, end, escaped))
    }

    /// Passes over one value of any kind that is nested in `outer` containers.
    pub(super) fn value(&mut self, outer: usize, sink: &mut impl Sink) -> Result<Span, LoadError> {
        let start = after_space(self.text, self.at);
        self.at = after_value(self.text, start, outer, sink)?;
        Ok(Span::new(start, self.at))
    }

    /// Passes over the comma after an entry of an object, or over the object's end. Returns true if
    /// another entry follows.
    pub(super) fn has_more_entries(&mut self) -> Result<bool, LoadError> {
        let (at, is_comma) = after_item(self.text, self.at, true)?;
        self.at = at;
        Ok(is_comma)
    }

    /// Checks that only white space is left.
    pub(super) fn end(&self) -> Result<(), LoadError> {
        let at = after_space(self.text, self.at);
        if at < self.text.len() {
            return error("more text after the value", at);
        }
        Ok(())
    }
}

/// Checks that a text is one value, nested in `outer` containers, whose strings can be read.
pub(super) fn check(text: &str, outer: usize) -> Result<(), LoadError> {
    struct Strings<'a>(&'a str);

    impl Sink for Strings<'_> {
        fn key(&mut self, key: Quoted) -> Result<(), LoadError> {
            key.text(self.0).map(drop)
        }

        fn string(&mut self, string: Quoted) -> Result<(), LoadError> {
            string.text(self.0).map(drop)
        }
    }

    let mut scanner = Scanner::new(text);
    scanner.value(outer, &mut Strings(text))?;
    scanner.end()
}

/// Returns the byte at a place. Beyond the end that is NUL, which no JSON token contains.
#[inline]
fn byte(text: &[u8], at: usize) -> u8 {
    text.get(at).copied().unwrap_or(0)
}

#[cold]
fn error<T>(reason: &'static str, offset: usize) -> Result<T, LoadError> {
    Err(LoadError { reason, offset })
}

#[inline]
fn after_space(text: &[u8], mut at: usize) -> usize {
    while matches!(byte(text, at), b' ' | b'\n' | b'\r' | b'\t') {
        at += 1;
    }
    at
}

/// Returns the end of the value that follows white space, nested in `outer` containers.
fn after_value(
    text: &[u8],
    mut at: usize,
    outer: usize,
    sink: &mut impl Sink,
) -> Result<usize, LoadError> {
    // One bit for each open container, the innermost lowest: 1 is an object.
    let mut objects: u128 = 0;
    let mut depth = 0;
    loop {
        match byte(text, at) {
            b'"' => {
                let (end, escaped) = after_string(text, at)?;
                sink.string(Quoted::new(at, end, escaped))?;
                at = end;
            }
            b'-' | b'0'..=b'9' => {
                let (end, is_integer) = after_number(text, at)?;
                sink.number(Span::new(at, end), is_integer)?;
                at = end;
            }
            open @ (b'{' | b'[') => {
                if outer + depth >= MAX_DEPTH {
                    return error("nesting deeper than 100 levels", at);
                }
                let is_object = open == b'{';
                sink.open(is_object);
                at = after_space(text, at + 1);
                if byte(text, at) == closing(is_object) {
                    sink.close();
                    at += 1;
                } else {
                    depth += 1;
                    objects = objects << 1 | u128::from(is_object);
                    if is_object {
                        at = after_key(text, at, sink)?;
                    }
                    continue;
                }
            }
            b' ' | b'\n' | b'\r' | b'\t' => {
                at = after_space(text, at);
                continue;
            }
            _ => {
                let (end, boolean) = after_word(text, at)?;
                sink.word(boolean);
                at = end;
            }
        }
        // A value has ended: the byte after it depends on the container around it.
        loop {
            if depth == 0 {
                return Ok(at);
            }
            let in_object = objects & 1 == 1;
            let (end, is_comma) = after_item(text, at, in_object)?;
            at = end;
            if is_comma {
                if in_object {
                    at = after_key(text, after_space(text, at), sink)?;
                }
                break;
            }
            sink.close();
            depth -= 1;
            objects >>= 1;
        }
    }
}

fn closing(is_object: bool) -> u8 {
    if is_object { b'}' } else { b']' }
}

/// Passes over the comma after a value in a container, or over the container's closing bracket.
/// Returns the end, and true for a comma.
#[inline]
fn after_item(text: &[u8], at: usize, in_object: bool) -> Result<(usize, bool), LoadError> {
    let at = after_space(text, at);
    match byte(text, at) {
        b',' => Ok((at + 1, true)),
        found if found == closing(in_object) => Ok((at + 1, false)),
        _ => error("expected a comma or a closing bracket", at),
    }
}

/// Returns the end of the colon after the key at a place.
#[inline]
fn after_key(text: &[u8], at: usize, sink: &mut impl Sink) -> Result<usize, LoadError> {
    let (end, escaped) = after_string(text, at)?;
    sink.key(Quoted::new(at, end, escaped))?;
    after_colon(text, end)
}

#[inline]
fn after_colon(text: &[u8], at: usize) -> Result<usize, LoadError> {
    let at = after_space(text, at);
    if byte(text, at) != b':' {
        return error("expected a colon", at);
    }
    Ok(at + 1)
}

/// Returns the end of the `true`, `false` or `null` at a place, and the word itself.
#[inline]
fn after_word(text: &[u8], at: usize) -> Result<(usize, Option<bool>), LoadError> {
    let rest = text.get(at..).unwrap_or_default();
    let words = [
        (&b"true"[..], Some(true)),
        (b"false", Some(false)),
        (b"null", None),
    ];
    for (word, boolean) in words {
        if rest.starts_with(word) {
            return Ok((at + word.len(), boolean));
        }
    }
    error("not a JSON value", at)
}

/// Returns the end of the number at a place, and true if it is an integer.
#[inline]
fn after_number(text: &[u8], mut at: usize) -> Result<(usize, bool), LoadError> {
    at += usize::from(byte(text, at) == b'-');
    if byte(text, at) == b'0' {
        at += 1;
    } else {
        at = after_digits(text, at)?;
    }
    let whole = at;
    if byte(text, at) == b'.' {
        at = after_digits(text, at + 1)?;
    }
    if matches!(byte(text, at), b'e' | b'E') {
        at += 1;
        at += usize::from(matches!(byte(text, at), b'+' | b'-'));
        at = after_digits(text, at)?;
    }
    Ok((at, at == whole))
}
/// Returns the end of one or more digits.
#[inline]
fn after_digits(text: &[u8], start: usize) -> Result<usize, LoadError> {
    let mut at = start;
    while let Some(bytes) = text.get(at..).and_then(<[u8]>::first_chunk) {
        let others = Lanes::new(bytes).minus(b'0').at_most(9).not().bits();
        at += others.trailing_zeros().min(16) as usize;
        if others != 0 {
            break;
        }
    }
    let rest = text.get(at..).unwrap_or_default();
    at += rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if at == start {
        return error("not a JSON value", at);
    }
    Ok(at)
}
