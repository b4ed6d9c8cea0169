//! The form encoding of cookie values, in both directions (Ruby's `URI.encode_www_form_component`,
//! which Rack 2.2 and 3.1 use).
//!
//! A cookie is 200 to 4,000 bytes of base64, of which every thirtieth byte is escaped. A loop over
//! bytes mispredicts a branch at each of these. This code classifies 64 bytes at once without a
//! branch, and copies the runs between in pieces of fixed size. That is four times as fast, and
//! needs no `unsafe`. On processors with AVX-512, `escape_avx512` is faster still.

#[cfg(all(feature = "simd", target_arch = "x86_64"))]
mod escape_avx512;
mod table;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use table::{ESCAPES, MARGIN, NIBBLES, stays, usual_end};

use crate::lanes::{BLOCK, Lanes, mask};

/// Escapes a cookie's value for `Set-Cookie`.
///
/// Takes any bytes and returns ASCII: `A-Z a-z 0-9 * - . _` stay, a space becomes `+`, and every
/// other byte becomes `%XX` in upper case. So the `+`, `/` and `=` of base64 are escaped; Rack
/// would read a plain `+` as a space. (Rack 2.2 `utils.rb`, `escape`; the URL standard's
/// `application/x-www-form-urlencoded`.)
///
/// ```
/// assert_eq!(hardtack::headers::escape(b"a b+c/d="), "a+b%2Bc%2Fd%3D");
/// assert_eq!(hardtack::headers::escape(b"~\xFF"), "%7E%FF");
/// ```
#[must_use]
pub fn escape(value: &[u8]) -> String {
    let mut out = Vec::new();
    escape_into(&mut out, value);
    // The output is always ASCII, so the default is never used.
    String::from_utf8(out).unwrap_or_default()
}

/// Appends the escaped value to `out`, as [`escape`] does, without allocating a buffer of its own.
///
/// ```
/// let mut header = b"k=".to_vec();
/// hardtack::internal::escape_into(&mut header, b"1+1");
/// assert_eq!(header, b"k=1%2B1");
/// ```
pub fn escape_into(out: &mut Vec<u8>, value: &[u8]) {
    #[cfg(all(feature = "simd", target_arch = "x86_64"))]
    if let Some(avx512) = crate::lanes::avx512::found() {
        return escape_avx512::escape_into(avx512, out, value);
    }
    escape_anywhere(out, value);
}

/// Escapes as [`escape_into`] does, on any processor.
fn escape_anywhere(out: &mut Vec<u8>, value: &[u8]) {
    let mut to = out.len();
    out.resize(usual_end(to, value), 0);
    let mut copied = 0;
    // Stops at all bytes that are neither letter nor digit: a more exact test would cost more than it
    // saves on the few `-` and `.`.
    for_each(value, not_alphanumeric, |at| {
        let Some(byte) = value.get(at) else { return };
        if out.len() < to + (value.len() - copied) + MARGIN {
            out.resize(out.len() * 2, 0);
        }
        to = copy_run(out, to, value, copied, at);
        let escaped = escape_of(*byte);
        if let Some(room) = out.get_mut(to..).and_then(<[u8]>::first_chunk_mut) {
            *room = escaped;
        }
        to += usize::from(escaped[3]);
        copied = at + 1;
    });
    out.truncate(to);
    out.extend_from_slice(value.get(copied..).unwrap_or_default());
}

/// Returns the length of the value that [`escape`] makes, without making it.
///
/// ```
/// assert_eq!(hardtack::internal::escaped_len(b"a b+"), "a+b%2B".len());
/// ```
#[must_use]
pub fn escaped_len(value: &[u8]) -> usize {
    let grows = |byte: &u8| u8::from(!stays(*byte) && *byte != b' ');
    // Counted in bytes, so that the compiler vectorizes it; no chunk is long enough to overflow one.
    let escapes: usize = value
        .chunks(128)
        .map(|chunk| usize::from(chunk.iter().map(grows).sum::<u8>()))
        .sum();
    value.len() + 2 * escapes
}

/// Decodes an escaped value: `+` is a space, `%XX` (in either case) is a byte, and all other bytes
/// stay.
///
/// A single `%` without two hex digits leaves the WHOLE value unchanged, its `+` included, as in
/// Rack. If there is nothing to decode, nothing is allocated. (Rack 2.2 `utils.rb`, `unescape` and
/// `parse_cookies_header`.)
///
/// ```
/// assert_eq!(*hardtack::headers::unescape(b"a+b%2Bc%2f"), *b"a b+c/");
/// assert_eq!(*hardtack::headers::unescape(b"a+b%zz"), *b"a+b%zz");
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

/// Appends the decoded value to `out`, as [`unescape`] decodes it, so that the caller can reuse a
/// buffer.
///
/// ```
/// let mut out = Vec::new();
/// hardtack::internal::unescape_into(&mut out, b"a%3D");
/// hardtack::internal::unescape_into(&mut out, b"+%");
/// assert_eq!(out, b"a=+%");
/// ```
pub fn unescape_into(out: &mut Vec<u8>, value: &[u8]) {
    if !decode(out, value) {
        out.extend_from_slice(value);
    }
}

/// Replaces a buffer's contents with the decoded value, as [`unescape_into`] decodes it. The old
/// contents are overwritten in place; emptying the buffer first would mean filling it with zeros.
pub(crate) fn unescape_over(buffer: &mut Vec<u8>, value: &[u8]) {
    buffer.resize(value.len() + MARGIN, 0);
    if let Some(length) = decode_to(buffer, value) {
        buffer.truncate(length);
    } else {
        buffer.clear();
        buffer.extend_from_slice(value);
    }
}

/// Decodes to the end of `out`; returns `false`, with `out` unchanged, if a `%` has no two hex
/// digits.
fn decode(out: &mut Vec<u8>, value: &[u8]) -> bool {
    let start = out.len();
    out.resize(start + value.len() + MARGIN, 0);
    let decoded = decode_to(out.get_mut(start..).unwrap_or_default(), value);
    out.truncate(start + decoded.unwrap_or_default());
    decoded.is_some()
}

/// Decodes into room for the value and [`MARGIN`] bytes more. Returns the length of the decoded
/// value; `None` if a `%` has no two hex digits.
fn decode_to(room: &mut [u8], value: &[u8]) -> Option<usize> {
    #[cfg(all(feature = "simd", target_arch = "x86_64"))]
    if let Some(avx512) = crate::lanes::avx512::found() {
        return escape_avx512::decode_to(avx512, room, value);
    }
    decode_anywhere(room, value)
}

/// Decodes as [`decode_to`] does, on any processor.
fn decode_anywhere(room: &mut [u8], value: &[u8]) -> Option<usize> {
    let mut to = 0;
    let mut copied = 0;
    let mut valid = true;
    for_each(
        value,
        |lanes| lanes.eq(b'%').or(lanes.eq(b'+')),
        |at| {
            to = copy_run(room, to, value, copied, at);
            let (byte, width) = match value.get(at..) {
                Some([b'+', ..]) => (b' ', 1),
                Some([_, high, low, ..]) => {
                    let (high, low) = (nibble(*high), nibble(*low));
                    valid &= (high | low) < 16;
                    (high << 4 | low, 3)
                }
                _ => {
                    valid = false;
                    (0, 1)
                }
            };
            if let Some(room) = room.get_mut(to) {
                *room = byte;
            }
            to += 1;
            copied = at + width;
        },
    );
    if !valid {
        return None;
    }
    let rest = value.get(copied..)?;
    room.get_mut(to..)?
        .get_mut(..rest.len())?
        .copy_from_slice(rest);
    Some(to + rest.len())
}

/// Calls `each` with the index of every byte that `wanted` marks, in order.
///
/// No processor can predict how many such bytes a block has. So the indices are gathered first: a
/// fixed number from each block, of which only the valid ones count. Then one long loop handles
/// them.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "the closures must be compiled into the loop: it is the hot one"
)]
fn for_each(value: &[u8], wanted: impl Fn(Lanes) -> Lanes + Copy, mut each: impl FnMut(usize)) {
    let mut found = Found::default();
    let (blocks, rest) = value.as_chunks::<BLOCK>();
    let mut from = 0;
    for batch in blocks.chunks(BATCH) {
        let mut start = 0u8;
        for block in batch {
            found.add(mask(block, wanted), start);
            start = start.wrapping_add(64);
        }
        found.drain(from, &mut each);
        from += BATCH * BLOCK;
    }
    let from = blocks.len() * BLOCK;
    // The last block is filled up with a byte that `wanted` never marks.
    let mut last = [b'A'; BLOCK];
    for (to, from) in last.iter_mut().zip(rest) {
        *to = *from;
    }
    found.add(mask(&last, wanted), 0);
    found.drain(from, &mut each);
}

/// The number of blocks that are searched before the found indices are used: an index in them fits
/// a byte.
const BATCH: usize = 4;

/// The number of indices that are taken from a block without checking how many it has. 64 digits of
/// base64 have two bytes to escape on average, and one block in twenty has more than four.
const USUAL: usize = 4;

/// The indices that were found.
struct Found {
    indices: [u8; BATCH * BLOCK + USUAL],
    count: usize,
}

impl Default for Found {
    fn default() -> Self {
        Self {
            indices: [0; BATCH * BLOCK + USUAL],
            count: 0,
        }
    }
}

impl Found {
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "see for_each")]
    fn add(&mut self, mut mask: u64, start: u8) {
        loop {
            let Some(room) = self.indices.get_mut(self.count..) else {
                return;
            };
            let Some(room) = room.first_chunk_mut::<USUAL>() else {
                return;
            };
            for index in room {
                #[expect(clippy::cast_possible_truncation, reason = "at most 64")]
                let place = mask.trailing_zeros() as u8;
                *index = start.wrapping_add(place);
                self.count += usize::from(mask != 0);
                mask &= mask.wrapping_sub(1);
            }
            if mask == 0 {
                return;
            }
        }
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "see for_each")]
    fn drain(&mut self, from: usize, each: &mut impl FnMut(usize)) {
        for index in self.indices.iter().take(self.count) {
            each(from + usize::from(*index));
        }
        self.count = 0;
    }
}

/// Copies `value[from..end]` to `room[to..]`, and returns where the copy ends. If it fits, it
/// copies one piece of fixed size and the surplus is overwritten later: a copy of unknown length
/// costs a call and a mispredicted branch.
#[inline(always)]
#[expect(clippy::inline_always, reason = "see for_each")]
fn copy_run(room: &mut [u8], to: usize, value: &[u8], from: usize, end: usize) -> usize {
    let length = end.saturating_sub(from);
    let piece = value.get(from..).and_then(<[u8]>::first_chunk::<MARGIN>);
    let place = room.get_mut(to..).and_then(<[u8]>::first_chunk_mut);
    if let (Some(piece), Some(place), true) = (piece, place, length <= MARGIN) {
        *place = *piece;
    } else if let (Some(run), Some(place)) = (value.get(from..end), room.get_mut(to..to + length)) {
        place.copy_from_slice(run);
    }
    to + length
}

/// Marks all bytes that are neither letter nor digit.
#[inline(always)]
#[expect(clippy::inline_always, reason = "see for_each")]
fn not_alphanumeric(lanes: Lanes) -> Lanes {
    let letter = lanes.with_bits(0x20).minus(b'a').at_most(25);
    let digit = lanes.minus(b'0').at_most(9);
    letter.or(digit).not()
}

fn escape_of(byte: u8) -> [u8; 4] {
    // Always in the table; the machine code has no check.
    ESCAPES.get(usize::from(byte)).copied().unwrap_or_default()
}

/// Returns the value of a hex digit; 255 for any other byte.
fn nibble(digit: u8) -> u8 {
    NIBBLES.get(usize::from(digit)).copied().unwrap_or(255)
}
