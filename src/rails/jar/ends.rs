//! Checks the end of a value before anything is decoded, to see whether it can be a message.
//!
//! Many values in a session's place are cut off, or come from another program. Refusing them by
//! their end costs a small part of what opening would.

use crate::lanes::{BLOCK, mask};
use crate::message::codec::Codec;

/// The ends of the messages that a jar opens: the length in characters of the last part, and of the
/// part before it if that is fixed. Computed when the jar is made, to keep the refusal of junk
/// fast.
#[derive(Clone)]
pub(super) struct Ends {
    known: Vec<(usize, Option<usize>)>,
    /// The number of characters at the end to check, if each of them is escaped.
    longest: usize,
}

impl Ends {
    pub(super) fn of<'a>(codecs: impl Iterator<Item = &'a Codec>) -> Self {
        let mut known: Vec<_> = codecs.map(Codec::last_parts).collect();
        known.sort_unstable();
        known.dedup();
        let length = |(last, before_it): &(usize, Option<usize>)| {
            last + before_it.map_or(0, |length| length + HYPHENS)
        };
        let longest = known.iter().map(length).max().unwrap_or(0);
        Self {
            known,
            longest: 3 * (longest + HYPHENS),
        }
    }

    /// Checks that a value as sent, still escaped, ends as a message does. Any other value is
    /// malformed.
    pub(super) fn fit(&self, raw: &[u8]) -> bool {
        let end = raw
            .get(raw.len().saturating_sub(self.longest)..)
            .unwrap_or_default();
        let (before, last) = match last_part(end) {
            LastPart::Found { before, length } => (before, length),
            LastPart::None => return false,
            LastPart::Unclear => return true,
        };
        let fits = |wanted| match last_part(before) {
            LastPart::Found { length, .. } => length == wanted,
            LastPart::None => false,
            LastPart::Unclear => true,
        };
        let mut known = self.known.iter();
        known.any(|(wanted, before_it)| *wanted == last && before_it.is_none_or(fits))
    }
}

/// The number of hyphens before each part but the first.
const HYPHENS: usize = 2;

/// The part after the last two hyphens.
enum LastPart<'a> {
    /// The part's length in characters, and the text before the hyphens.
    Found { before: &'a [u8], length: usize },
    /// There are no two such hyphens.
    None,
    /// A hyphen may be escaped. A client that sends cookies back unchanged never does that.
    Unclear,
}

fn last_part(end: &[u8]) -> LastPart<'_> {
    let (before, part) = match memchr::memrchr(b'-', end) {
        Some(at) => (
            end.get(..at).unwrap_or_default(),
            end.get(at + 1..).unwrap_or_default(),
        ),
        None => (&[][..], end),
    };
    // Escapes are counted as if all of them were right: a value with a wrong one is not decoded at
    // all, and no part of a message holds a `%`. Of the at most 390 characters, 130 escapes can be
    // right: if a byte cannot count them, some are wrong. All are counted at once, without a
    // branch, which is many times as fast as finding them one by one.
    let (escapes, is_unclear) = match end.last_chunk() {
        Some(block) if (1..=BLOCK).contains(&part.len()) => escapes_of_last(block, part.len()),
        _ => escapes_of(part),
    };
    if is_unclear {
        return LastPart::Unclear;
    }
    match before {
        [before @ .., b'-'] => LastPart::Found {
            before,
            length: part.len().saturating_sub(2 * escapes as usize),
        },
        [.., b'%', b'2', b'D' | b'd'] => LastPart::Unclear,
        _ => LastPart::None,
    }
}

/// Counts the escapes, and tells whether any of them is an escaped hyphen.
fn escapes_of(part: &[u8]) -> (u32, bool) {
    let behind = |by: usize| part.get(by..).unwrap_or_default();
    let triples = part.iter().zip(behind(1)).zip(behind(2));
    let (escapes, hyphens) =
        triples.fold((0u8, 0), |(escapes, hyphens), ((percent, high), low)| {
            let is_escape = u8::from(*percent == b'%');
            let is_hyphen = is_escape & u8::from(*high == b'2') & u8::from(*low | 0x20 == b'd');
            (is_escape.wrapping_add(escapes), hyphens | is_hyphen)
        });
    (u32::from(escapes), hyphens != 0)
}

/// Counts as [`escapes_of`] in the last `length` bytes of a block: too few for a loop to pay.
fn escapes_of_last(block: &[u8; BLOCK], length: usize) -> (u32, bool) {
    // A `%` among the last two bytes has no two digits after it.
    let counted = u64::MAX << (BLOCK - length) & u64::MAX >> 2;
    let escapes = mask(block, |lanes| lanes.eq(b'%')) & counted;
    let twos = mask(block, |lanes| lanes.eq(b'2'));
    let ds = mask(block, |lanes| lanes.with_bits(0x20).eq(b'd'));
    (escapes.count_ones(), escapes & twos >> 1 & ds >> 2 != 0)
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, escapes_of, escapes_of_last};

    /// Tries every combination at the end of a part, and of the bytes before it in the block.
    #[test]
    fn escapes_are_counted_alike_in_a_block() {
        const BYTES: &[u8] = b"%2Ddm";
        let mut checked = 0;
        for length in 1..=BLOCK {
            for number in 0..BYTES.len().pow(5) {
                let mut block = [b'm'; BLOCK];
                let mut rest = number;
                // The last four, and the first of the part.
                let places = [BLOCK - 1, BLOCK - 2, BLOCK - 3, BLOCK - 4, BLOCK - length];
                for place in places {
                    block[place] = BYTES[rest % BYTES.len()];
                    rest /= BYTES.len();
                }
                let part = &block[BLOCK - length..];
                let counted = escapes_of(part);
                assert_eq!(escapes_of_last(&block, length), counted, "{part:?}");
                // The same part after the bytes `%2`, with which its first byte may be an escape.
                if let Some(before) =
                    block.get_mut(BLOCK.saturating_sub(length + 2)..BLOCK - length)
                {
                    before.copy_from_slice(&b"%2"[..before.len()]);
                }
                assert_eq!(escapes_of_last(&block, length), counted, "{block:?}");
                checked += 1;
            }
        }
        assert_eq!(checked, BLOCK * BYTES.len().pow(5));
    }
}
