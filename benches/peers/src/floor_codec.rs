//! The floor's escaping and reading of cookie values: what hardtack itself did before it used
//! AVX-512, and still does on other processors. Here it stands still, so that figures that are
//! shares of the floor can be compared over time.

#![expect(
    clippy::cast_possible_truncation,
    clippy::inline_always,
    reason = "tables are evaluated by the compiler; closures must be compiled into the hot loop"
)]

use wide::u8x16;

/// The number of bytes that are classified at a time: as many as a mask has bits.
const BLOCK: usize = 64;

/// The size of piece in which runs are copied, longer than most runs between two escapes of a base64 text; and how
/// much room there must be behind what is written, for pieces that reach beyond their run.
const MARGIN: usize = 64;

/// The escape of each byte: up to three bytes, then how many of them count.
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

/// Appends the escaped value to `out`.
pub(crate) fn escape_into(out: &mut Vec<u8>, value: &[u8]) {
    let start = out.len();
    // Base64 grows by 2 bytes in 32; more than that is made room for when it comes.
    out.resize(start + value.len() + value.len() / 8 + 2 * MARGIN, 0);
    let mut to = start;
    let mut copied = 0;
    // All that is neither letter nor digit: testing for less costs less than leaving out the few `-` and `.`.
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

/// Appends the decoded value to `out`.
pub(crate) fn unescape_into(out: &mut Vec<u8>, value: &[u8]) {
    if !decode(out, value) {
        out.extend_from_slice(value);
    }
}

/// Decodes to the end of `out`; false, with `out` as it was, where a `%` stands without two hex digits.
fn decode(out: &mut Vec<u8>, value: &[u8]) -> bool {
    let start = out.len();
    out.resize(start + value.len() + MARGIN, 0);
    let decoded = decode_to(out.get_mut(start..).unwrap_or_default(), value);
    out.truncate(start + decoded.unwrap_or_default());
    decoded.is_some()
}

/// Decodes into room for the value and [`MARGIN`] bytes more. How many bytes it became; `None` where a `%` stands
/// without two hex digits.
fn decode_to(room: &mut [u8], value: &[u8]) -> Option<usize> {
    let mut to = 0;
    let mut copied = 0;
    let mut valid = true;
    for_each(
        value,
        |bytes| bytes.simd_eq(u8x16::splat(b'%')) | bytes.simd_eq(u8x16::splat(b'+')),
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
/// How many there are in a block no processor can foresee. So the indices are gathered first, a
/// fixed number from each block, of which those that there are count; what is done with them is
/// then one long loop.
#[inline(always)]
fn for_each(value: &[u8], wanted: impl Fn(u8x16) -> u8x16 + Copy, mut each: impl FnMut(usize)) {
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
    // The rest is filled up with what nobody wants.
    let mut last = [b'A'; BLOCK];
    for (to, from) in last.iter_mut().zip(rest) {
        *to = *from;
    }
    found.add(mask(&last, wanted), 0);
    found.drain(from, &mut each);
}

/// The number of blocks that are examined before the result is used: an index in them is a byte.
const BATCH: usize = 4;

/// The number of bytes of a block that are taken without a check that there are as many: in 64 digits of
/// base64 there are two to escape, and more than four in one block of twenty.
const USUAL: usize = 4;

/// Indices that were found.
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
    fn add(&mut self, mut mask: u64, start: u8) {
        loop {
            let Some(room) = self.indices.get_mut(self.count..) else {
                return;
            };
            let Some(room) = room.first_chunk_mut::<USUAL>() else {
                return;
            };
            for index in room {
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
    fn drain(&mut self, from: usize, each: &mut impl FnMut(usize)) {
        for index in self.indices.iter().take(self.count) {
            each(from + usize::from(*index));
        }
        self.count = 0;
    }
}

/// Copies `value[from..end]` to `room[to..]`, and says where that ends: in one piece of fixed size where it fits, of
/// which the rest is written over after, because a copy of unknown length costs a call and a mispredicted branch.
#[inline(always)]
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

/// Marks all that is neither letter nor digit.
#[inline(always)]
fn not_alphanumeric(bytes: u8x16) -> u8x16 {
    let letter = at_most((bytes | u8x16::splat(0x20)) - u8x16::splat(b'a'), 25);
    let digit = at_most(bytes - u8x16::splat(b'0'), 9);
    (letter | digit).simd_eq(u8x16::splat(0))
}

/// Marks the bytes that are at most this one.
#[inline(always)]
fn at_most(bytes: u8x16, limit: u8) -> u8x16 {
    bytes.min(u8x16::splat(limit)).simd_eq(bytes)
}

/// Bit n tells whether byte n of the block is one that `wanted` marks.
#[inline(always)]
fn mask(block: &[u8; BLOCK], wanted: impl Fn(u8x16) -> u8x16) -> u64 {
    let (groups, _) = block.as_chunks::<16>();
    groups.iter().rev().fold(0, |mask, group| {
        mask << 16 | u64::from(wanted(u8x16::new(*group)).to_bitmask())
    })
}

fn escape_of(byte: u8) -> [u8; 4] {
    // Always in the table; there is no check left in the machine code.
    ESCAPES.get(usize::from(byte)).copied().unwrap_or_default()
}

/// The value of a hex digit; 255 for any other byte.
fn nibble(digit: u8) -> u8 {
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
