//! [`Lanes`]: sixteen bytes that are compared all at once.
//!
//! Cookies and JSON are read in blocks of 64 bytes. The bytes that matter in a block are the bits
//! of a 64-bit number, and finding the next one is counting zeros; a loop over bytes would
//! mispredict at each. `wide` compiles each comparison to one instruction without `unsafe` here.

#[cfg(all(feature = "simd", target_arch = "x86_64"))]
pub(crate) mod avx512;

use wide::u8x16;

/// The number of bytes that are classified at a time: as many as a mask has bits.
pub(crate) const BLOCK: usize = 64;

/// Returns a mask: bit n is set if `wanted` marks byte n of the block.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "the closure must be compiled into the caller's loop: it is the hot one"
)]
pub(crate) fn mask(block: &[u8; BLOCK], wanted: impl Fn(Lanes) -> Lanes) -> u64 {
    let (groups, _) = block.as_chunks::<16>();
    groups.iter().rev().fold(0, |mask, group| {
        mask << 16 | u64::from(wanted(Lanes::new(group)).bits())
    })
}

/// Sixteen bytes. A test sets the bytes that it marks to 255, and all others to 0.
#[derive(Clone, Copy)]
pub(crate) struct Lanes(u8x16);

impl Lanes {
    #[inline]
    pub(crate) fn new(bytes: &[u8; 16]) -> Self {
        Self(u8x16::new(*bytes))
    }

    /// Marks the bytes that equal `byte`.
    #[inline]
    pub(crate) fn eq(self, byte: u8) -> Self {
        Self(self.0.simd_eq(u8x16::splat(byte)))
    }

    /// Marks the bytes that are at most `byte`.
    #[inline]
    pub(crate) fn at_most(self, byte: u8) -> Self {
        Self(self.0.min(u8x16::splat(byte)).simd_eq(self.0))
    }

    /// Subtracts `byte` from each byte, without a carry between them.
    #[inline]
    pub(crate) fn minus(self, byte: u8) -> Self {
        Self(self.0 - u8x16::splat(byte))
    }

    /// Combines the bits of both, byte by byte.
    #[inline]
    pub(crate) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Sets these bits in each byte.
    #[inline]
    pub(crate) fn with_bits(self, bits: u8) -> Self {
        Self(self.0 | u8x16::splat(bits))
    }

    /// Marks the bytes that are not marked.
    #[inline]
    pub(crate) fn not(self) -> Self {
        self.eq(0)
    }

    /// Returns a bit for each byte, set if the byte is marked.
    #[inline]
    pub(crate) fn bits(self) -> u16 {
        #[expect(clippy::cast_possible_truncation, reason = "sixteen bits")]
        let bits = self.0.to_bitmask() as u16;
        bits
    }
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, Lanes, mask};

    /// Every test, on every byte at every place of a block.
    #[test]
    fn marks_what_is_asked_for() {
        let mut checked = 0;
        for byte in 0..=255 {
            for place in 0..BLOCK {
                let mut bytes = [b'm'; BLOCK];
                bytes[place] = byte;
                for limit in [0, 9, 0x1F, b'"', b'm', 127, 128, 200, 255] {
                    type Marks<'a> = (&'a dyn Fn(Lanes) -> Lanes, &'a dyn Fn(u8) -> bool);
                    let tests: [Marks<'_>; 6] = [
                        (&|lanes| lanes.eq(limit), &|b| b == limit),
                        (&|lanes| lanes.at_most(limit), &|b| b <= limit),
                        (&|lanes| lanes.minus(limit).at_most(9), &|b| {
                            b.wrapping_sub(limit) <= 9
                        }),
                        (&|lanes| lanes.with_bits(0x20).eq(limit), &|b| {
                            b | 0x20 == limit
                        }),
                        (&|lanes| lanes.eq(limit).or(lanes.eq(b'm')), &|b| {
                            b == limit || b == b'm'
                        }),
                        (&|lanes| lanes.at_most(limit).not(), &|b| b > limit),
                    ];
                    for (marks, is_marked) in tests {
                        let expected = (0..BLOCK)
                            .fold(0, |bits, at| bits | u64::from(is_marked(bytes[at])) << at);
                        assert_eq!(mask(&bytes, marks), expected, "{byte} at {place}, {limit}");
                        checked += 1;
                    }
                }
            }
        }
        assert_eq!(checked, 256 * BLOCK * 9 * 6);
    }
}
