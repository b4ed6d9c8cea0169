//! [`Quoted`]: a JSON string as it stands in a text, with its quotes.

use std::borrow::Cow;

use super::scan::after_plain;
use crate::serializer::{LoadError, Span};

/// Where a string stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quoted {
    pub(crate) span: Span,
    /// Whether it holds an escape or what no string can, so that its text is not its bytes.
    pub(crate) escaped: bool,
}

impl Quoted {
    pub(super) fn new(start: usize, end: usize, escaped: bool) -> Self {
        let span = Span::new(start, end);
        Self { span, escaped }
    }

    pub(super) fn end(self) -> usize {
        self.span.end()
    }

    /// The text that it stands for (RFC 8259, section 7).
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
            // Both ends are beside ASCII characters: no character is cut.
            text.push_str(json.get(at..plain).unwrap_or_default());
            match bytes.get(plain..) {
                None | Some([]) => return Ok(Cow::Owned(text)),
                Some(escape @ [b'\\', ..]) => {
                    let (character, length) = unescape(escape).map_err(|reason| LoadError {
                        reason,
                        offset: plain,
                    })?;
                    text.push(character);
                    at = plain + length;
                }
                Some(_) => {
                    return Err(LoadError {
                        reason: "control character in a string",
                        offset: plain,
                    });
                }
            }
        }
    }
}

/// The character of the escape that these bytes begin with, and how many of them it takes.
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

/// `\uXXXX`, or two of them for a character beyond U+FFFF. Half of such a pair is no character, and
/// Ruby's text would be invalid.
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
        None => Err("half of a surrogate pair"),
    }
}

/// The number behind a `\u`.
fn four_digits(bytes: &[u8]) -> Result<u32, &'static str> {
    let digits = bytes.get(2..6).unwrap_or_default();
    let add = |number, &digit: &u8| Some(number << 4 | char::from(digit).to_digit(16)?);
    match digits.iter().try_fold(0, add) {
        Some(unit) if !digits.is_empty() => Ok(unit),
        _ => Err("expected four hexadecimal digits"),
    }
}
