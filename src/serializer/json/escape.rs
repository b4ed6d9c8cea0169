//! Escapes JSON strings as Rails' encoder does.

#![expect(
    clippy::indexing_slicing,
    reason = "a byte is always in a table of 256, a nibble in one of 16"
)]

use std::ops::Range;

use crate::lanes::{BLOCK, Lanes, mask};

/// The settings of Rails' encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own, and none excludes another"
)]
pub(crate) struct JsonStyle {
    /// Escapes U+2028 and U+2029, which old JavaScript did not accept in a string. Rails up to 8.0
    /// always escapes them, 8.1 does not by default (`ActiveSupport.escape_js_separators_in_json`).
    pub(crate) escape_js_separators: bool,
    /// Writes an `IPAddr` with its prefix, as Rails 8.1 does, and older versions with the gem ipaddr
    /// 1.2.7 and later.
    pub(crate) ip_prefix: bool,
    /// Escapes the characters that end a script or an attribute in HTML. Ruby's own `JSON`, which
    /// stores of sessions call, escapes neither these nor the separators.
    pub(crate) escape_html: bool,
    /// Writes floats as JavaScript does: `1.0` as `1`.
    pub(crate) javascript_numbers: bool,
}

impl Default for JsonStyle {
    fn default() -> Self {
        Self {
            escape_js_separators: true,
            ip_prefix: true,
            escape_html: true,
            javascript_numbers: false,
        }
    }
}

/// The escape of each byte of a string: 0 is none, `u` is `\u00XX`, [`SEPARATOR`] depends on the
/// next two bytes, any other letter is a backslash and that letter.
pub(super) type Escapes = [u8; 256];

/// The first byte of U+2028 (E2 80 A8) and U+2029 (E2 80 A9).
const SEPARATOR: u8 = 0xE2;

/// Returns the escapes that RFC 8259, section 7 requires, in their short forms.
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

/// Adds Active Support's `ESCAPED_CHARS` (json/encoding.rb).
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
/// Escapes for readable JSON, for people.
pub(super) static PLAIN: Escapes = plain();
static RAILS: Escapes = html(plain(), true);
static RAILS_8_1: Escapes = html(plain(), false);
static IN_RAW: Escapes = html([0; 256], true);
static IN_RAW_8_1: Escapes = html([0; 256], false);

impl JsonStyle {
    /// Returns the escapes for the text of a string.
    pub(super) fn escapes(self) -> &'static Escapes {
        match self {
            Self {
                escape_html: false, ..
            } => &PLAIN,
            Self {
                escape_js_separators: true,
                ..
            } => &RAILS,
            _ => &RAILS_8_1,
        }
    }

    /// Returns the escapes for text that is JSON already: the characters that Rails escapes can
    /// only occur in its strings.
    pub(super) fn escapes_in_raw_json(self) -> &'static Escapes {
        match self {
            Self {
                escape_html: false, ..
            } => &NOTHING,
            Self {
                escape_js_separators: true,
                ..
            } => &IN_RAW,
            _ => &IN_RAW_8_1,
        }
    }
}

/// Returns true if no byte needs an escape. The check reads every byte without a branch: strings
/// have any length, which a processor cannot predict.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "the closure must be compiled into the loop: it is the hot one"
)]
fn has_none(text: &[u8], escapes: &Escapes, special: impl Fn(Lanes) -> Lanes) -> bool {
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

/// Marks the bytes that any table escapes.
#[inline(always)]
#[expect(clippy::inline_always, reason = "it is the body of a hot loop")]
fn special(lanes: Lanes) -> Lanes {
    let quotes = lanes.eq(b'"').or(lanes.eq(b'\\'));
    quotes.or(lanes.at_most(0x1F)).or(styled(lanes))
}

/// Marks the bytes that a style escapes in text that is JSON already.
#[inline(always)]
#[expect(clippy::inline_always, reason = "it is the body of a hot loop")]
fn styled(lanes: Lanes) -> Lanes {
    let html = lanes.eq(b'&').or(lanes.eq(b'<')).or(lanes.eq(b'>'));
    html.or(lanes.eq(SEPARATOR))
}

/// Appends escaped text; stretches without escapes are copied in runs.
pub(super) fn escape(out: &mut Vec<u8>, bytes: &[u8], escapes: &Escapes) {
    if has_none(bytes, escapes, special) {
        out.extend_from_slice(bytes);
        return;
    }
    let copied = escape_stretch(out, bytes, 0..bytes.len(), 0, escapes);
    out.extend_from_slice(bytes.get(copied..).unwrap_or_default());
}

/// Appends text that is JSON already, and escapes the characters that the style escapes beyond RFC
/// 8259.
pub(super) fn escape_in_json(out: &mut Vec<u8>, bytes: &[u8], style: JsonStyle) {
    let escapes = style.escapes_in_raw_json();
    if has_none(bytes, escapes, styled) {
        out.extend_from_slice(bytes);
        return;
    }
    let mut copied = 0;
    for (number, block) in bytes.chunks(BLOCK).enumerate() {
        let is_special = match block.first_chunk() {
            Some(block) => mask(block, styled) != 0,
            None => block.iter().any(|byte| escapes[usize::from(*byte)] != 0),
        };
        if is_special {
            let start = number * BLOCK;
            copied = escape_stretch(out, bytes, start..start + block.len(), copied, escapes);
        }
    }
    out.extend_from_slice(bytes.get(copied..).unwrap_or_default());
}

/// Appends the bytes from `copied` to the last byte in the stretch that needs an escape. Returns
/// the end of the appended part.
fn escape_stretch(
    out: &mut Vec<u8>,
    bytes: &[u8],
    stretch: Range<usize>,
    mut copied: usize,
    escapes: &Escapes,
) -> usize {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let start = stretch.start;
    let stretch = bytes.get(stretch).unwrap_or_default();
    for (at, &byte) in stretch.iter().enumerate() {
        let at = start + at;
        let escape = escapes[usize::from(byte)];
        if escape == 0 {
            continue;
        }
        let mut width = 1;
        let separator = match bytes.get(at + 1..at + 3) {
            _ if escape != SEPARATOR => None,
            Some([0x80, last @ (0xA8 | 0xA9)]) => Some(*last),
            // Another character with the same first byte, such as the euro sign.
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
    copied
}
