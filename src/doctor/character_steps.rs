//! Steps that replace characters of a copied text: encodings, escape sequences and typography.
//!
//! Each step returns `None` if it changes nothing. None of them changes an intact cookie: its
//! characters are letters, digits and `+ / = - _ %`.

use std::borrow::Cow;

use crate::hex;
use crate::shown::is_hidden;

/// The longest sequence of parameters of a terminal's escape sequence, in bytes.
const LONGEST_SEQUENCE: usize = 64;

/// The longest tag of HTML that is removed, in bytes.
const LONGEST_TAG: usize = 200;

/// The tags of HTML that stand inside a word.
const INLINE_TAGS: [&str; 24] = [
    "a", "b", "bdi", "bdo", "br", "code", "del", "em", "font", "i", "ins", "kbd", "mark", "nobr",
    "q", "s", "samp", "small", "span", "strong", "sub", "tt", "u", "wbr",
];

/// Decodes UTF-16, with a byte order mark or with a zero in nearly every other byte.
pub(super) fn without_utf16(text: &[u8]) -> Option<Vec<u8>> {
    let (text, is_little) = match text {
        [0xFF, 0xFE, rest @ ..] => (rest, true),
        [0xFE, 0xFF, rest @ ..] => (rest, false),
        _ => {
            let zeros = |odd: usize| text.iter().skip(odd).step_by(2).filter(|byte| **byte == 0);
            let (even, odd) = (zeros(0).count(), zeros(1).count());
            let most = text.len() / 2 * 9 / 10;
            if text.len() < 16 || even.max(odd) < most || even.min(odd) > 0 {
                return None;
            }
            (text, odd > even)
        }
    };
    let units = text.chunks_exact(2).map(|unit| match *unit {
        [low, high] if is_little => u16::from_le_bytes([low, high]),
        [high, low] => u16::from_be_bytes([high, low]),
        _ => 0,
    });
    let decoded = char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER));
    Some(decoded.collect::<String>().into_bytes())
}

/// Removes the escape sequences of a terminal (ECMA-48 section 5.4): `ESC [ 33 m`. The character
/// ESC may be written as `\x1b`, `\033`, `\e` or `^[`, or be lost.
pub(super) fn without_colours(text: &[u8]) -> Option<Vec<u8>> {
    const ESCAPES: [&[u8]; 8] = [
        b"\x1b", b"\\x1b", b"\\x1B", b"\\u001b", b"\\u001B", b"\\033", b"\\e", b"^[",
    ];
    if !text.iter().any(|byte| matches!(byte, b'[' | 0x1B)) {
        return None;
    }
    replaced(text, |rest| {
        let escape = ESCAPES.iter().find(|escape| rest.starts_with(escape));
        let start = escape.map_or(0, |escape| escape.len());
        let after = rest.get(start..)?;
        match after {
            [b'[', parameters @ ..] => {
                let count = parameters.iter().take(LONGEST_SEQUENCE);
                let count = count
                    .take_while(|byte| (0x20..0x40).contains(*byte))
                    .count();
                let last = *parameters.get(count)?;
                // Without ESC only colours are recognized: `[33m`.
                let is_colour = last == b'm'
                    && parameters
                        .get(..count)?
                        .iter()
                        .all(|byte| byte.is_ascii_digit() || *byte == b';');
                let is_sequence = match escape {
                    Some(_) => (0x40..0x7F).contains(&last),
                    None => is_colour && count > 0,
                };
                is_sequence.then_some((start + 1 + count + 1, Cow::Borrowed(&b""[..])))
            }
            // A command to the operating system, such as a hyperlink, ends with BEL or ESC \.
            [b']', command @ ..] if rest.starts_with(b"\x1b") => {
                let end = command
                    .iter()
                    .take(LONGEST_TAG)
                    .position(|byte| matches!(byte, 7 | 0x1B))?;
                let end = match command.get(end..)? {
                    [0x1B, b'\\', ..] => end + 2,
                    _ => end + 1,
                };
                Some((start + 1 + end, Cow::Borrowed(&b""[..])))
            }
            _ => None,
        }
    })
}

/// Decodes quoted-printable (RFC 2045 section 6.7). In a text without `=3D` the sign `=` is not
/// encoded: it may stand before two digits by chance, and at the end of a line as padding. There
/// only the ends of lines count, if most lines end with it.
pub(super) fn without_quoted_printable(text: &[u8]) -> Option<Vec<u8>> {
    let has_equals = ["=3D", "=3d"]
        .iter()
        .any(|sign| memchr::memmem::find(text, sign.as_bytes()).is_some());
    let lines = text.split(|byte| *byte == b'\n');
    let (all, soft) = lines.fold((0, 0), |(all, soft), line| {
        let is_soft = line.trim_ascii_end().ends_with(b"=");
        (all + 1, soft + usize::from(is_soft))
    });
    let has_soft_ends = has_equals || 2 * soft >= all;
    replaced(text, |rest| match rest {
        [b'=', b'\n', ..] if has_soft_ends => Some((2, Cow::Borrowed(&b""[..]))),
        [b'=', b'\r', b'\n', ..] if has_soft_ends => Some((3, Cow::Borrowed(&b""[..]))),
        [b'=', high, low, ..] if has_equals => {
            let byte =
                hex::value(high.to_ascii_lowercase())? << 4 | hex::value(low.to_ascii_lowercase())?;
            Some((3, Cow::Owned(vec![byte])))
        }
        _ => None,
    })
}

/// Removes the tags of HTML that stand inside a word, such as `<wbr>`.
pub(super) fn without_markup(text: &[u8]) -> Option<Vec<u8>> {
    memchr::memchr(b'<', text)?;
    replaced(text, |rest| {
        let inside = rest.strip_prefix(b"<")?;
        let end = inside.iter().take(LONGEST_TAG);
        let end = end.clone().position(|byte| *byte == b'>')?;
        let tag = inside.get(..end)?;
        let tag = tag.strip_prefix(b"/").unwrap_or(tag);
        let name = tag.split(|byte| matches!(byte, b' ' | b'/')).next()?;
        INLINE_TAGS
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
            .then_some((end + 2, Cow::Borrowed(&b""[..])))
    })
}

/// Removes characters that nobody sees, and replaces the other white spaces of Unicode by ours.
pub(super) fn without_invisible(text: &[u8]) -> Option<Vec<u8>> {
    recoded(text, |character| match character {
        // White space of ours, and the dashes and quotes of Windows-1252.
        '\n' | '\r' | '\t' | '\u{80}'..='\u{9F}' => None,
        // No-break and other spaces.
        '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}' => {
            Some(" ")
        }
        '\u{2028}' | '\u{2029}' => Some("\n"),
        _ => is_hidden(character).then_some(""),
    })
}

/// Replaces typographic quotes by those of ASCII.
pub(super) fn with_plain_quotes(text: &[u8]) -> Option<Vec<u8>> {
    recoded(text, |character| match character {
        '\u{201C}'..='\u{201F}' | '\u{AB}' | '\u{BB}' | '\u{2033}' | '\u{2036}' | '\u{FF02}'
        // Windows-1252, read byte by byte.
        | '\u{93}' | '\u{94}' | '\u{84}' => Some("\""),
        '\u{2018}'..='\u{201B}' | '\u{2039}' | '\u{203A}' | '\u{2032}' | '\u{2035}' | '\u{B4}'
        | '\u{FF07}' | '\u{91}' | '\u{92}' | '\u{82}' => Some("'"),
        _ => None,
    })
}

/// Replaces full-width characters and ligatures by those of ASCII. Hyphens are left to
/// [`with_two_hyphens`].
pub(super) fn with_plain_forms(text: &[u8]) -> Option<Vec<u8>> {
    // The printable characters of ASCII, of which U+FF01 to U+FF5E are the full-width forms.
    const ASCII: &str = "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";
    recoded(text, |character| match character {
        '\u{FB00}' => Some("ff"),
        '\u{FB01}' => Some("fi"),
        '\u{FB02}' => Some("fl"),
        '\u{FB03}' => Some("ffi"),
        '\u{FB04}' => Some("ffl"),
        '\u{FB05}' | '\u{FB06}' => Some("st"),
        '\u{FF0D}' => None,
        '\u{FF01}'..='\u{FF5E}' => {
            let place = usize::try_from(u32::from(character) - 0xFF01).ok()?;
            ASCII.get(place..=place)
        }
        _ => None,
    })
}

/// Replaces dashes by the `--` of which an editor made them. A hyphen of another kind, alone, stands
/// for one `-`. Two signs of which at least one is such a dash stand for `--`.
pub(super) fn with_two_hyphens(text: &[u8]) -> Option<Vec<u8>> {
    let plain = recoded(text, |character| match character {
        // A hyphen, a non-breaking hyphen, and hyphens of other widths.
        '\u{2010}' | '\u{2011}' | '\u{FE63}' | '\u{FF0D}' | '\u{2043}' => Some("-"),
        // A dash. It is marked, and replaced below.
        '\u{2012}'..='\u{2015}'
        | '\u{2212}'
        | '\u{FE58}'
        | '\u{FE31}'
        | '\u{2E3A}'
        | '\u{96}'
        | '\u{97}' => Some("\0"),
        _ => None,
    })?;
    let mut out = Vec::with_capacity(plain.len() + 16);
    let mut rest = &plain[..];
    while !rest.is_empty() {
        let run = rest.iter().take_while(|byte| matches!(byte, b'-' | 0));
        let (signs, after) = rest.split_at(run.count().max(1));
        if signs.contains(&0) {
            out.extend_from_slice(b"--");
        } else {
            out.extend_from_slice(signs);
        }
        rest = after;
    }
    Some(out)
}

/// Replaces what `find` recognizes at a place: its length, and the text in its stead.
pub(super) fn replaced<'t>(
    text: &'t [u8],
    find: impl Fn(&'t [u8]) -> Option<(usize, Cow<'static, [u8]>)>,
) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut kept = 0;
    let mut place = 0;
    while let Some(rest) = text.get(place..).filter(|rest| !rest.is_empty()) {
        let Some((length, instead)) = find(rest) else {
            place += 1;
            continue;
        };
        out.reserve(text.len().saturating_sub(out.capacity()));
        out.extend_from_slice(text.get(kept..place).unwrap_or_default());
        out.extend_from_slice(&instead);
        place += length.max(1);
        kept = place;
    }
    (kept > 0).then(|| {
        out.extend_from_slice(text.get(kept..).unwrap_or_default());
        out
    })
}

/// Replaces characters. A byte that is not UTF-8 is read as the character of this number, as in
/// ISO 8859-1.
fn recoded(text: &[u8], instead: impl Fn(char) -> Option<&'static str>) -> Option<Vec<u8>> {
    // Control characters, and all that is not ASCII.
    if !text.iter().any(|byte| *byte >= 0x7F || *byte < b' ') {
        return None;
    }
    let mut out = Vec::with_capacity(text.len());
    let mut is_changed = false;
    for chunk in text.utf8_chunks() {
        for character in chunk.valid().chars() {
            if let Some(other) = instead(character) {
                out.extend_from_slice(other.as_bytes());
                is_changed = true;
            } else {
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        for byte in chunk.invalid() {
            if let Some(other) = instead(char::from(*byte)) {
                out.extend_from_slice(other.as_bytes());
                is_changed = true;
            } else {
                out.push(*byte);
            }
        }
    }
    is_changed.then_some(out)
}
