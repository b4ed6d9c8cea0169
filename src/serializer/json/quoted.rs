//! [`Quoted`]: a JSON string in a text, with its quotes (RFC 8259, section 7).

use std::borrow::Cow;

use crate::lanes::Lanes;
use crate::serializer::{LoadError, Span};

/// The place of a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quoted {
    pub(crate) span: Span,
    /// True if the string holds an escape or an invalid character, so that its text is not its
    /// bytes.
    pub(crate) escaped: bool,
}

impl Quoted {
    pub(super) fn new(start: usize, end: usize, escaped: bool) -> Self {
        let span = Span::new(start, end);
        Self { span, escaped }
    }

    /// Returns the text that the string stands for.
    pub(crate) fn text(self, json: &str) -> Result<Cow<'_, str>, LoadError> {
        let mut at = self.span.start() + 1;
        let last = self.span.end().saturating_sub(1);
        if !self.escaped {
            return Ok(Cow::Borrowed(json.get(at..last).unwrap_or_default()));
        }
        let bytes = json.as_bytes().get(..last).unwrap_or_default();
        let mut text = String::with_capacity(last - at);
        loop {
            let plain = after_plain(bytes, at);
            // Both ends are beside ASCII characters, so no character is cut.
            text.push_str(json.get(at..plain).unwrap_or_default());
            match bytes.get(plain..) {
                None | Some([]) => return Ok(Cow::Owned(text)),
                Some(escape @ [b'\\', ..]) => {
                    let (character, length) =
                        unescape(escape).or_else(|reason| error(reason, plain))?;
                    text.push(character);
                    at = plain + length;
                }
                Some(_) => return error("control character in a string", plain),
            }
        }
    }
}

/// Returns true if a text is one JSON string without escapes or invalid characters.
pub(crate) fn is_plain_string(text: &str) -> bool {
    after_string(text.as_bytes(), 0) == Ok((text.len(), false))
}

/// Returns the end of the string whose quote is at `start`, and if it is escaped ([`Quoted`]).
#[inline]
pub(super) fn after_string(text: &[u8], start: usize) -> Result<(usize, bool), LoadError> {
    if text.get(start) != Some(&b'"') {
        return error("expected a string", start);
    }
    let end = after_plain(text, start + 1);
    if text.get(end) == Some(&b'"') {
        return Ok((end + 1, false));
    }
    Ok((end_of_escaped(text, end)? + 1, true))
}

#[cold]
fn error<T>(reason: &'static str, offset: usize) -> Result<T, LoadError> {
    Err(LoadError { reason, offset })
}

/// Finds the closing quote, starting from the first character that is not of a plain string. Any
/// escape and any control character is passed over: the string's end is known even if its text is
/// invalid.
#[cold]
fn end_of_escaped(text: &[u8], mut at: usize) -> Result<usize, LoadError> {
    loop {
        match text.get(at) {
            Some(b'"') => return Ok(at),
            Some(b'\\') => at = after_plain(text, at + 2),
            Some(_) => at = after_plain(text, at + 1),
            None => return error("a string that does not end", text.len()),
        }
    }
}

/// Returns the place of the next quote, backslash or control character, or the text's end.
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

/// Returns the character of the escape that these bytes begin with, and the number of bytes that it
/// takes.
fn unescape(bytes: &[u8]) -> Result<(char, usize), &'static str> {
    let character = match bytes.get(1) {
        Some(same @ (b'"' | b'\\' | b'/')) => char::from(*same),
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{C}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unicode(bytes),
        _ => return Err("unknown escape"),
    };
    Ok((character, 2))
}

/// Reads `\uXXXX`, or two of them for a character beyond U+FFFF. Half of such a pair is not a
/// character: Ruby's text would be invalid.
fn unicode(bytes: &[u8]) -> Result<(char, usize), &'static str> {
    let unit = four_digits(bytes)?;
    if let 0xD800..0xDC00 = unit
        && let Some(second @ [b'\\', b'u', ..]) = bytes.get(6..)
        && let low @ 0xDC00..0xE000 = four_digits(second)?
    {
        let point = 0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
        return Ok((char::from_u32(point).unwrap_or_default(), 12));
    }
    match char::from_u32(unit) {
        Some(character) => Ok((character, 6)),
        None => Err("an unpaired surrogate"),
    }
}

/// Reads the number after a `\u`.
fn four_digits(bytes: &[u8]) -> Result<u32, &'static str> {
    let digits = bytes.get(2..6).unwrap_or_default();
    let add = |number, &digit: &u8| Some(number << 4 | char::from(digit).to_digit(16)?);
    match digits.iter().try_fold(0, add) {
        Some(unit) if !digits.is_empty() => Ok(unit),
        _ => Err("expected four hexadecimal digits"),
    }
}
