//! Whether a value can be a message at all: told by its end, before anything is decoded.
//!
//! Much of what is sent in a session's place is cut off, or another program's. It is refused for a
//! small part of what opening costs.

use crate::lanes::{BLOCK, mask};
use crate::message::codec::Codec;

/// How the messages end that a jar opens: the lengths in characters of their last part, and of the
/// part before it where all have the same. Found out when the jar is made, since junk is refused by it.
#[derive(Clone)]
pub(super) struct Ends {
    known: Vec<(usize, Option<usize>)>,
    /// The characters from the end that matter, if each of them is escaped.
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

    /// Checks whether a value as sent, still escaped, ends as a message does. What does not is
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

/// How many characters stand before each part but the first.
const HYPHENS: usize = 2;

/// What stands behind the last two hyphens.
enum LastPart<'a> {
    /// So many characters, with what stands before the hyphens.
    Found { before: &'a [u8], length: usize },
    /// There are no such hyphens.
    None,
    /// One may be escaped, which nobody does who takes cookies as they come.
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
    // all, and no part of a message holds a `%`. At most 390 characters are looked at, of which 130
    // escapes can be right: if there are more than a byte counts, some are wrong. All at once,
    // without a branch, which is many times as fast as finding them one by one.
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

/// How many escapes there are, and whether any is one of a hyphen.
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

/// The same of the last `length` bytes of a block: too few for a loop to pay.
fn escapes_of_last(block: &[u8; BLOCK], length: usize) -> (u32, bool) {
    // A `%` among the last two has no two digits.
    let counted = u64::MAX << (BLOCK - length) & u64::MAX >> 2;
    let escapes = mask(block, |lanes| lanes.eq(b'%')) & counted;
    let twos = mask(block, |lanes| lanes.eq(b'2'));
    let ds = mask(block, |lanes| lanes.with_bits(0x20).eq(b'd'));
    (escapes.count_ones(), escapes & twos >> 1 & ds >> 2 != 0)
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, escapes_of, escapes_of_last};

    /// Every combination at the end of a part, and of what stands before it in the block.
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
                // The same behind two bytes that would make an escape of the first, or be one.
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
