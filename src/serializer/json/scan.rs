//! Where a JSON value ends (RFC 8259), without making anything of it. What structure there is gets
//! checked on the way; what stands in strings is for whoever reads them.
//!
//! No recursion: the open containers are bits of one integer, so that depth costs no stack.

use crate::lanes::Lanes;
use crate::serializer::LoadError;

/// The deepest nesting that Ruby's parser takes (`JSON.parse`, `max_nesting`).
pub(crate) const MAX_DEPTH: u32 = 100;

/// A place in a JSON text, moving forward only.
pub(crate) struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// How far it has come, in bytes.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    pub(crate) fn error(&self, reason: &'static str) -> LoadError {
        LoadError {
            reason,
            offset: self.at,
        }
    }

    /// The next byte that is no white space, without taking it.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        self.at = after_space(self.text, self.at);
        self.text.get(self.at).copied()
    }

    /// Takes this byte, if it is the next one after white space.
    pub(crate) fn take(&mut self, wanted: u8) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    /// Passes over a string whose quote is next. Says whether its text is not what stands there.
    pub(crate) fn string(&mut self) -> Result<bool, LoadError> {
        let (end, escaped) = after_string(self.text, after_space(self.text, self.at))?;
        self.at = end;
        Ok(escaped)
    }

    /// Passes over one value of any kind that stands `outer` containers deep.
    pub(crate) fn value(&mut self, outer: u32) -> Result<(), LoadError> {
        self.at = after_value(self.text, self.at, outer)?;
        Ok(())
    }

    /// Nothing but white space may be left.
    pub(crate) fn end(&mut self) -> Result<(), LoadError> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.error("something after the value")),
        }
    }
}

/// The byte that stands there; behind the end NUL, which JSON has nowhere.
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

/// The end of the value that stands there after white space, `outer` containers deep.
fn after_value(text: &[u8], mut at: usize, outer: u32) -> Result<usize, LoadError> {
    // One bit for each open container, the innermost lowest: 1 is an object.
    let mut objects: u128 = 0;
    let mut depth = 0;
    loop {
        match byte(text, at) {
            b'"' => at = after_string(text, at)?.0,
            b'-' | b'0'..=b'9' => at = after_number(text, at)?,
            open @ (b'{' | b'[') => {
                if outer + depth >= MAX_DEPTH {
                    return error("nesting deeper than 100 levels", at);
                }
                let is_object = open == b'{';
                at = after_space(text, at + 1);
                if byte(text, at) == closing(is_object) {
                    at += 1;
                } else {
                    depth += 1;
                    objects = objects << 1 | u128::from(is_object);
                    if is_object {
                        at = after_key(text, at)?;
                    }
                    continue;
                }
            }
            b' ' | b'\n' | b'\r' | b'\t' => {
                at = after_space(text, at);
                continue;
            }
            _ => at = after_word(text, at)?,
        }
        // A value has ended: what follows it, in what stands around it?
        loop {
            if depth == 0 {
                return Ok(at);
            }
            let in_object = objects & 1 == 1;
            at = after_space(text, at);
            let found = byte(text, at);
            if found == b',' {
                at += 1;
                if in_object {
                    at = after_key(text, after_space(text, at))?;
                }
                break;
            }
            if found != closing(in_object) {
                return error("a comma or a closing bracket was expected", at);
            }
            at += 1;
            depth -= 1;
            objects >>= 1;
        }
    }
}

fn closing(is_object: bool) -> u8 {
    if is_object { b'}' } else { b']' }
}

/// The end of the colon behind the key that stands there.
#[inline]
fn after_key(text: &[u8], at: usize) -> Result<usize, LoadError> {
    let at = after_space(text, after_string(text, at)?.0);
    if byte(text, at) != b':' {
        return error("a colon was expected", at);
    }
    Ok(at + 1)
}

/// The end of the string whose quote stands there, and whether anything in it is not for itself:
/// an escape, or a control character, which no JSON has there.
#[inline]
fn after_string(text: &[u8], at: usize) -> Result<(usize, bool), LoadError> {
    if byte(text, at) != b'"' {
        return error("a string was expected", at);
    }
    let end = after_plain(text, at + 1);
    if byte(text, end) == b'"' {
        return Ok((end + 1, false));
    }
    after_rest_of_string(text, end)
}

/// The same from the first character on that is none of a plain string. An escape is passed over
/// whatever it is, and so is a control character: where the string ends is known all the same.
#[cold]
fn after_rest_of_string(text: &[u8], mut at: usize) -> Result<(usize, bool), LoadError> {
    loop {
        match text.get(at) {
            Some(b'"') => return Ok((at + 1, true)),
            Some(b'\\') => at = after_plain(text, at + 2),
            Some(_) => at = after_plain(text, at + 1),
            None => return error("a string without an end", text.len()),
        }
    }
}

/// Where the next quote, backslash or control character stands, or the text ends.
#[inline]
fn after_plain(text: &[u8], mut at: usize) -> usize {
    while let Some(bytes) = text.get(at..).and_then(<[u8]>::first_chunk) {
        let lanes = Lanes::new(bytes);
        let special = lanes.eq(b'"').or(lanes.eq(b'\\')).or(lanes.at_most(0x1F));
        let special = special.bits();
        if special != 0 {
            return at + special.trailing_zeros() as usize;
        }
        at += bytes.len();
    }
    let rest = text.get(at..).unwrap_or_default();
    let special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    at + rest.iter().position(special).unwrap_or(rest.len())
}

/// The end of the `true`, `false` or `null` that stands there.
#[inline]
fn after_word(text: &[u8], at: usize) -> Result<usize, LoadError> {
    let rest = text.get(at..).unwrap_or_default();
    for word in [&b"true"[..], b"false", b"null"] {
        if rest.starts_with(word) {
            return Ok(at + word.len());
        }
    }
    error("no JSON value", at)
}

/// The end of the number that stands there.
#[inline]
fn after_number(text: &[u8], mut at: usize) -> Result<usize, LoadError> {
    at += usize::from(byte(text, at) == b'-');
    if byte(text, at) == b'0' {
        at += 1;
    } else {
        at = after_digits(text, at)?;
    }
    if byte(text, at) == b'.' {
        at = after_digits(text, at + 1)?;
    }
    if matches!(byte(text, at), b'e' | b'E') {
        at += 1;
        at += usize::from(matches!(byte(text, at), b'+' | b'-'));
        at = after_digits(text, at)?;
    }
    Ok(at)
}

/// The end of the digits that stand there, one or more.
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
        return error("no JSON value", at);
    }
    Ok(at)
}
