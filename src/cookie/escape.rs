//! The form encoding of cookie values, both ways (Ruby's `URI.encode_www_form_component`, which Rack 2.2 and 3.1 use).
//!
//! A cookie is 200 to 4,000 bytes of base64 of which every thirtieth needs work. A loop over bytes mispredicts at
//! each of these; here 64 bytes are classified at once without a branch, and the runs between are copied in
//! pieces of fixed size. That is four times faster, and needs no `unsafe`.

use std::borrow::Cow;

/// How many bytes are classified at a time: as many as a mask has bits.
const BLOCK: usize = 64;

/// The size of piece in which runs are copied: longer than most runs between two escapes of a base64 text.
const PIECE: usize = 32;

/// What each byte becomes: up to three bytes, then how many of them count.
#[expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "evaluated by the compiler"
)]
static ESCAPES: [[u8; 4]; 256] = {
    let digits = b"0123456789ABCDEF";
    let mut table = [[0; 4]; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = if stays(byte as u8) {
            [byte as u8, 0, 0, 1]
        } else if byte == b' ' as usize {
            [b'+', 0, 0, 1]
        } else {
            [b'%', digits[byte >> 4], digits[byte & 15], 3]
        };
        byte += 1;
    }
    table
};

const fn stays(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'*' | b'-' | b'.' | b'_')
}

/// Escapes a cookie's value for `Set-Cookie`.
///
/// Takes any bytes and gives ASCII: `A-Z a-z 0-9 * - . _` stay, a space becomes `+`, every other byte `%XX` in upper
/// case. So `+`, `/` and `=` of base64 are escaped; left alone, Rack would read a `+` as a space.
/// (Rack 2.2 `utils.rb`, `escape`; the URL standard's `application/x-www-form-urlencoded`.)
///
/// ```
/// assert_eq!(hardtack::escape(b"a b+c/d="), "a+b%2Bc%2Fd%3D");
/// assert_eq!(hardtack::escape(b"~\xFF"), "%7E%FF");
/// ```
#[must_use]
pub fn escape(value: &[u8]) -> String {
    let mut out = Vec::new();
    escape_into(&mut out, value);
    // Always ASCII, so this never takes the default.
    String::from_utf8(out).unwrap_or_default()
}

/// Appends the escaped value to `out`: as [`escape`], without a buffer of its own.
///
/// ```
/// let mut header = b"k=".to_vec();
/// hardtack::escape_into(&mut header, b"1+1");
/// assert_eq!(header, b"k=1%2B1");
/// ```
pub fn escape_into(out: &mut Vec<u8>, value: &[u8]) {
    // Base64 grows by 2 bytes in 32; the margin is for pieces that reach beyond their run.
    out.reserve(value.len() + value.len() / 8 + BLOCK);
    let mut copied = 0;
    // All that is neither letter nor digit: testing for less costs less than leaving out the few `-` and `.`.
    for_each(value, is_not_alphanumeric, |at| {
        let Some(byte) = value.get(at) else { return };
        copy_run(out, value, copied, at);
        let escaped = escape_of(*byte);
        let end = out.len() + usize::from(escaped[3]);
        out.extend_from_slice(&escaped);
        out.truncate(end);
        copied = at + 1;
    });
    out.extend_from_slice(value.get(copied..).unwrap_or_default());
}

/// How many bytes [`escape`] makes of this value, without making them.
///
/// ```
/// assert_eq!(hardtack::escaped_len(b"a b+"), "a+b%2B".len());
/// ```
#[must_use]
pub fn escaped_len(value: &[u8]) -> usize {
    let grows = |byte: &u8| u8::from(!stays(*byte) && *byte != b' ');
    // Counted in bytes, which vectorizes; no chunk can make one overflow.
    let escapes: usize = value
        .chunks(128)
        .map(|chunk| usize::from(chunk.iter().map(grows).sum::<u8>()))
        .sum();
    value.len() + 2 * escapes
}

/// Reads an escaped value: `+` is a space, `%XX` (either case) a byte, all else itself.
///
/// One `%` without two hex digits leaves the WHOLE value as it is, its `+` included, as Rack does.
/// Nothing is allocated where there is nothing to decode. (Rack 2.2 `utils.rb`, `unescape` and
/// `parse_cookies_header`.)
///
/// ```
/// assert_eq!(*hardtack::unescape(b"a+b%2Bc%2f"), *b"a b+c/");
/// assert_eq!(*hardtack::unescape(b"a+b%zz"), *b"a+b%zz");
/// ```
#[must_use]
pub fn unescape(value: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr2(b'%', b'+', value).is_none() {
        return Cow::Borrowed(value);
    }
    let mut out = Vec::new();
    if decode(&mut out, value) {
        Cow::Owned(out)
    } else {
        Cow::Borrowed(value)
    }
}

/// Appends the decoded value to `out`: as [`unescape`], into a buffer that the caller uses again.
///
/// ```
/// let mut out = Vec::new();
/// hardtack::unescape_into(&mut out, b"a%3D");
/// hardtack::unescape_into(&mut out, b"+%");
/// assert_eq!(out, b"a=+%");
/// ```
pub fn unescape_into(out: &mut Vec<u8>, value: &[u8]) {
    if !decode(out, value) {
        out.extend_from_slice(value);
    }
}

/// Decodes to the end of `out`; false, with `out` as it was, where a `%` stands without two hex digits.
fn decode(out: &mut Vec<u8>, value: &[u8]) -> bool {
    let start = out.len();
    out.reserve(value.len() + PIECE);
    let mut copied = 0;
    let mut valid = true;
    for_each(
        value,
        |byte| matches!(byte, b'%' | b'+'),
        |at| {
            if !valid {
                return;
            }
            copy_run(out, value, copied, at);
            if value.get(at) == Some(&b'+') {
                out.push(b' ');
                copied = at + 1;
                return;
            }
            match value.get(at + 1..).and_then(<[u8]>::first_chunk) {
                Some(&[high, low]) if (nibble(high) | nibble(low)) < 16 => {
                    out.push(nibble(high) << 4 | nibble(low));
                    copied = at + 3;
                }
                _ => valid = false,
            }
        },
    );
    if valid {
        out.extend_from_slice(value.get(copied..).unwrap_or_default());
    } else {
        out.truncate(start);
    }
    valid
}

/// Calls `each` with the index of every byte that `wanted` holds for, in order.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "the closures must be compiled into the loop: it is the hot one"
)]
fn for_each(value: &[u8], wanted: impl Fn(u8) -> bool + Copy, mut each: impl FnMut(usize)) {
    let (blocks, rest) = value.as_chunks::<BLOCK>();
    let mut start = 0;
    for block in blocks {
        each_bit(mask(block, wanted), start, &mut each);
        start += BLOCK;
    }
    // The rest is filled up with what nobody wants.
    let mut last = [b'A'; BLOCK];
    for (to, from) in last.iter_mut().zip(rest) {
        *to = *from;
    }
    each_bit(mask(&last, wanted), start, &mut each);
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "see for_each")]
fn each_bit(mut mask: u64, start: usize, each: &mut impl FnMut(usize)) {
    while mask != 0 {
        each(start + mask.trailing_zeros() as usize);
        mask &= mask - 1;
    }
}

/// Bit n tells whether byte n is wanted. Written so that the compiler makes vector code of the comparisons; the eight
/// flags of a group are then brought together by one multiplication, which moves flag n to bit 56 + n. (A sum of
/// weights reads better, but the compiler takes it apart again, at three times the cost.)
#[inline(always)]
#[expect(clippy::inline_always, reason = "see for_each")]
fn mask(block: &[u8; BLOCK], wanted: impl Fn(u8) -> bool) -> u64 {
    let flags = block.map(|byte| u8::from(wanted(byte)));
    let (groups, _) = flags.as_chunks::<8>();
    let bits =
        |group: &[u8; 8]| u64::from_le_bytes(*group).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    groups
        .iter()
        .rev()
        .fold(0, |mask, group| mask << 8 | bits(group))
}

/// Appends `value[from..to]`: in one piece of fixed size where it fits, cut to length after, because a copy of
/// unknown length costs a call and a mispredicted branch.
#[inline(always)]
#[expect(clippy::inline_always, reason = "see for_each")]
fn copy_run(out: &mut Vec<u8>, value: &[u8], from: usize, to: usize) {
    let end = out.len() + (to - from);
    match value.get(from..).and_then(<[u8]>::first_chunk::<PIECE>) {
        Some(piece) if to - from <= PIECE => {
            out.extend_from_slice(piece);
            out.truncate(end);
        }
        _ => out.extend_from_slice(value.get(from..to).unwrap_or_default()),
    }
}

/// Signed comparisons, because SSE2 has no unsigned ones.
fn is_not_alphanumeric(byte: u8) -> bool {
    let letter = (byte | 0x20)
        .wrapping_sub(b'a')
        .wrapping_add(0x80)
        .cast_signed()
        < i8::MIN + 26;
    let digit = byte.wrapping_sub(b'0').wrapping_add(0x80).cast_signed() < i8::MIN + 10;
    !(letter | digit)
}

fn escape_of(byte: u8) -> [u8; 4] {
    // Always in the table; there is no check left in the machine code.
    ESCAPES.get(usize::from(byte)).copied().unwrap_or_default()
}

/// The value of a hex digit; 255 for any other byte.
fn nibble(digit: u8) -> u8 {
    #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
    static NIBBLES: [u8; 256] = {
        let mut table = [255; 256];
        let mut value = 0;
        while value < 16 {
            let digit = b"0123456789abcdef"[value as usize];
            table[digit as usize] = value;
            table[digit.to_ascii_uppercase() as usize] = value;
            value += 1;
        }
        table
    };
    NIBBLES.get(usize::from(digit)).copied().unwrap_or(255)
}
