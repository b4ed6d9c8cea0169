//! JSON strings, escaped as Rails' encoder does.

#![expect(
    clippy::indexing_slicing,
    reason = "a byte is always in a table of 256, a nibble in one of 16"
)]

use crate::lanes::Lanes;

/// How Rails' encoder is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct JsonStyle {
    /// Whether U+2028 and U+2029 are escaped, which old JavaScript could not bear in a string:
    /// Rails up to 8.0 always, not with the defaults of 8.1
    /// (`ActiveSupport.escape_js_separators_in_json`).
    pub(crate) escape_js_separators: bool,
}

impl Default for JsonStyle {
    fn default() -> Self {
        Self {
            escape_js_separators: true,
        }
    }
}

/// What each byte of a string needs: 0 nothing, `u` a `\u00XX`, [`SEPARATOR`] a look at the next
/// two bytes, any other letter a backslash and that letter.
pub(super) type Escapes = [u8; 256];

/// The first byte of U+2028 (E2 80 A8) and U+2029 (E2 80 A9).
const SEPARATOR: u8 = 0xE2;

/// RFC 8259, section 7: what must be escaped, in its short forms.
const fn plain() -> Escapes {
    let mut table = [0; 256];
    let mut control = 0;
    while control < 0x20 {
        table[control] = b'u';
        control += 1;
    }
    table[0x08] = b'b';
    table[b'\t' as usize] = b't';
    table[b'\n' as usize] = b'n';
    table[0x0C] = b'f';
    table[b'\r' as usize] = b'r';
    table[b'"' as usize] = b'"';
    table[b'\\' as usize] = b'\\';
    table
}

/// Active Support's `ESCAPED_CHARS` on top of those (json/encoding.rb).
const fn html(mut table: Escapes, separators: bool) -> Escapes {
    table[b'<' as usize] = b'u';
    table[b'>' as usize] = b'u';
    table[b'&' as usize] = b'u';
    if separators {
        table[SEPARATOR as usize] = SEPARATOR;
    }
    table
}

pub(super) static NOTHING: Escapes = [0; 256];
/// Readable JSON, for people.
pub(super) static PLAIN: Escapes = plain();
static RAILS: Escapes = html(plain(), true);
static RAILS_8_1: Escapes = html(plain(), false);
static IN_RAW: Escapes = html([0; 256], true);
static IN_RAW_8_1: Escapes = html([0; 256], false);

impl JsonStyle {
    /// For the text of a string.
    pub(super) fn escapes(self) -> &'static Escapes {
        if self.escape_js_separators {
            &RAILS
        } else {
            &RAILS_8_1
        }
    }

    /// For what is JSON already: the characters that Rails escapes can only stand in its strings.
    pub(super) fn escapes_in_raw_json(self) -> &'static Escapes {
        if self.escape_js_separators {
            &IN_RAW
        } else {
            &IN_RAW_8_1
        }
    }
}

/// Whether nothing in it need be escaped. It looks at every byte without a branch: strings are of
/// any length, which a processor cannot foresee.
fn is_plain(text: &[u8], escapes: &Escapes) -> bool {
    let special = |group| special(Lanes::new(group)).bits();
    let Some(last) = text.last_chunk() else {
        let found = |found, byte: &u8| found | escapes[usize::from(*byte)];
        return text.iter().fold(0, found) == 0;
    };
    // The last group overlaps the one before it.
    let (groups, _) = text.as_chunks();
    groups
        .iter()
        .fold(special(last), |found, group| found | special(group))
        == 0
}

/// Marks all that any table escapes.
#[inline(always)]
#[expect(clippy::inline_always, reason = "it is the body of a hot loop")]
fn special(lanes: Lanes) -> Lanes {
    let quotes = lanes.eq(b'"').or(lanes.eq(b'\\'));
    let html = lanes.eq(b'&').or(lanes.eq(b'<')).or(lanes.eq(b'>'));
    let others = lanes.at_most(0x1F).or(lanes.eq(SEPARATOR));
    quotes.or(html).or(others)
}

/// Append text, escaped; what needs no escape is copied in runs.
pub(super) fn escape(out: &mut Vec<u8>, text: &str, escapes: &Escapes) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let bytes = text.as_bytes();
    if is_plain(bytes, escapes) {
        out.extend_from_slice(bytes);
        return;
    }
    let mut copied = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        let escape = escapes[usize::from(byte)];
        if escape == 0 {
            continue;
        }
        let mut width = 1;
        let separator = match bytes.get(at + 1..at + 3) {
            _ if escape != SEPARATOR => None,
            Some([0x80, last @ (0xA8 | 0xA9)]) => Some(*last),
            // Another character of that first byte, such as the euro sign.
            _ => continue,
        };
        out.extend_from_slice(bytes.get(copied..at).unwrap_or_default());
        if let Some(last) = separator {
            out.extend_from_slice(if last == 0xA8 { b"\\u2028" } else { b"\\u2029" });
            width = 3;
        } else if escape == b'u' {
            let (high, low) = (HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 0xF)]);
            out.extend_from_slice(&[b'\\', b'u', b'0', b'0', high, low]);
        } else {
            out.extend_from_slice(&[b'\\', escape]);
        }
        copied = at + width;
    }
    out.extend_from_slice(bytes.get(copied..).unwrap_or_default());
}
