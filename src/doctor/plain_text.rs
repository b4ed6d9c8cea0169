//! Undoes the escapes that JSON, HTML, source code or a log put into a text.

use std::borrow::Cow;

/// The longest name or number of an HTML character reference that is recognized, with its `;`.
const LONGEST_REFERENCE: usize = 16;

/// The most times that a text is unescaped: JSON in JSON has two layers.
const ROUNDS: usize = 3;

/// The named character references of HTML that may stand for a character of a cookie, for a dash or
/// a quote that an editor put in, or for nothing that is seen.
const REFERENCES: [(&[u8], char); 32] = [
    (b"plus", '+'),
    (b"equals", '='),
    (b"sol", '/'),
    (b"percnt", '%'),
    (b"lowbar", '_'),
    (b"UnderBar", '_'),
    (b"hyphen", '\u{2010}'),
    (b"dash", '\u{2010}'),
    (b"ndash", '\u{2013}'),
    (b"mdash", '\u{2014}'),
    (b"horbar", '\u{2015}'),
    (b"minus", '\u{2212}'),
    (b"quot", '"'),
    (b"apos", '\''),
    (b"amp", '&'),
    (b"lt", '<'),
    (b"gt", '>'),
    (b"semi", ';'),
    (b"colon", ':'),
    (b"num", '#'),
    (b"bsol", '\\'),
    (b"Tab", '\t'),
    (b"NewLine", '\n'),
    (b"nbsp", '\u{A0}'),
    (b"shy", '\u{AD}'),
    (b"zwj", '\u{200D}'),
    (b"zwnj", '\u{200C}'),
    (b"ZeroWidthSpace", '\u{200B}'),
    (b"ldquo", '\u{201C}'),
    (b"rdquo", '\u{201D}'),
    (b"lsquo", '\u{2018}'),
    (b"rsquo", '\u{2019}'),
];

/// Replaces the escapes of JSON, JavaScript, other source code and logs (`\u002B`, `\x2B`, `\053`,
/// `\/`), and the character references of HTML (`&#43;`, `&#x2B;`, `&plus;`). Returns `None` if it
/// changes nothing. Rails' own escapes have neither `\` nor `&`.
pub(super) fn unescaped(text: &[u8]) -> Option<Vec<u8>> {
    let mut text = Cow::Borrowed(text);
    for _ in 0..ROUNDS {
        match unescaped_once(&text) {
            Some(plain) => text = Cow::Owned(plain),
            None => break,
        }
    }
    match text {
        Cow::Owned(plain) => Some(plain),
        Cow::Borrowed(_) => None,
    }
}

fn unescaped_once(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut is_changed = false;
    let mut rest = text;
    while let Some(place) = memchr::memchr2(b'\\', b'&', rest) {
        let (before, escape) = rest.split_at_checked(place).unwrap_or_default();
        out.extend_from_slice(before);
        let length = if let Some((character, length)) = escaped(escape) {
            is_changed = true;
            match character {
                Escaped::Byte(byte) => out.push(byte),
                Escaped::Character(character) => {
                    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                }
            }
            length
        } else {
            out.extend(escape.first());
            1
        };
        rest = escape.get(length..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    is_changed.then_some(out)
}

/// The character that an escape stands for.
enum Escaped {
    Byte(u8),
    Character(char),
}

/// Decodes the escape at the start of the text, and returns the escape's length.
fn escaped(text: &[u8]) -> Option<(Escaped, usize)> {
    let character = |digits, radix| code(digits, radix).map(Escaped::Character);
    match text {
        [b'\\', b'u', b'{', digits @ ..] => {
            let end = digits.iter().take(LONGEST_REFERENCE);
            let end = end.clone().position(|byte| *byte == b'}')?;
            Some((character(digits.get(..end)?, 16)?, end + 4))
        }
        [b'\\', b'u', digits @ ..] => Some((character(digits.get(..4)?, 16)?, 6)),
        // A byte, of which several may make up a character.
        [b'\\', b'x', digits @ ..] => {
            let byte = number(digits.get(..2)?, 16)?;
            Some((Escaped::Byte(u8::try_from(byte).ok()?), 4))
        }
        [b'\\', digits @ ..] if digits.first().is_some_and(u8::is_ascii_digit) => {
            let byte = number(digits.get(..3)?, 8)?;
            Some((Escaped::Byte(u8::try_from(byte).ok()?), 4))
        }
        [b'\\', byte @ (b'/' | b'"' | b'\'' | b'\\'), ..] => Some((Escaped::Byte(*byte), 2)),
        [b'\\', b'n', ..] => Some((Escaped::Byte(b'\n'), 2)),
        [b'\\', b'r', ..] => Some((Escaped::Byte(b'\r'), 2)),
        [b'\\', b't', ..] => Some((Escaped::Byte(b'\t'), 2)),
        [b'&', reference @ ..] => {
            let end = reference.iter().take(LONGEST_REFERENCE);
            let end = end.clone().position(|byte| *byte == b';')?;
            let character = match reference.get(..end)? {
                [b'#', b'x' | b'X', digits @ ..] => code(digits, 16)?,
                [b'#', digits @ ..] => code(digits, 10)?,
                name => REFERENCES.iter().find(|(known, _)| *known == name)?.1,
            };
            Some((Escaped::Character(character), end + 2))
        }
        _ => None,
    }
}

/// Parses the number of a character that a text may hold.
fn code(digits: &[u8], radix: u32) -> Option<char> {
    let character = char::from_u32(number(digits, radix)?)?;
    let is_text = !character.is_control() || matches!(character, '\n' | '\r' | '\t' | '\u{1B}');
    is_text.then_some(character)
}

/// Parses digits alone: `from_str_radix` takes a sign too.
fn number(digits: &[u8], radix: u32) -> Option<u32> {
    let digits = std::str::from_utf8(digits).ok()?;
    let is_number = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    is_number.then(|| u32::from_str_radix(digits, radix).ok())?
}
