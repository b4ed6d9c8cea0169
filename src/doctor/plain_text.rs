//! Undoes the escapes that JSON, HTML or a log put into a text.

use std::borrow::Cow;

/// The longest name or number of an HTML character reference that is recognized, with its `;`.
const LONGEST_REFERENCE: usize = 8;

/// Replaces the escapes of JSON, JavaScript and logs (`\u002B`, `\x2B`, `\/`) and the character
/// references of HTML (`&#43;`, `&#x2B;`, `&plus;`). Rails' own escapes have neither `\` nor `&`.
/// Only escapes of printable ASCII characters are replaced: a cookie holds no others.
pub(super) fn unescaped(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr2(b'\\', b'&', text).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(place) = memchr::memchr2(b'\\', b'&', rest) {
        let (before, escape) = rest.split_at_checked(place).unwrap_or_default();
        out.extend_from_slice(before);
        let first = escape.first().map(|byte| (*byte, 1));
        let Some((byte, length)) = escaped(escape).or(first) else {
            break;
        };
        out.push(byte);
        rest = escape.get(length..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    Cow::Owned(out)
}

/// Decodes the escape at the start of the text: the ASCII character, and the escape's length.
fn escaped(text: &[u8]) -> Option<(u8, usize)> {
    match text {
        [b'\\', b'u', digits @ ..] => Some((code(digits.get(..4)?, 16)?, 6)),
        [b'\\', b'x', digits @ ..] => Some((code(digits.get(..2)?, 16)?, 4)),
        [b'\\', byte @ (b'/' | b'"' | b'\''), ..] => Some((*byte, 2)),
        [b'&', reference @ ..] => {
            let end = reference.iter().take(LONGEST_REFERENCE);
            let end = end.clone().position(|byte| *byte == b';')?;
            let byte = match reference.get(..end)? {
                [b'#', b'x' | b'X', digits @ ..] => code(digits, 16)?,
                [b'#', digits @ ..] => code(digits, 10)?,
                b"plus" => b'+',
                b"equals" => b'=',
                b"sol" => b'/',
                b"percnt" => b'%',
                b"quot" => b'"',
                b"apos" => b'\'',
                b"amp" => b'&',
                _ => return None,
            };
            Some((byte, end + 2))
        }
        _ => None,
    }
}

/// Parses the number of a printable ASCII character; returns `None` for any other.
fn code(digits: &[u8], radix: u32) -> Option<u8> {
    let digits = std::str::from_utf8(digits).ok()?;
    let number = u8::from_str_radix(digits, radix).ok()?;
    (b' '..=b'~').contains(&number).then_some(number)
}
