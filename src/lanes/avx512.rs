//! Blocks of 64 bytes in one register, on processors with the AVX-512 of Ice Lake (Intel's servers
//! since then, AMD since Zen 4), and the functions on them that several modules use.
//! `fearless_simd` detects the processor when the program runs, and makes its instructions safe
//! functions.
//!
//! Code that is to be compiled to these instructions must be inlined into [`Simd::vectorize`], with
//! every function that it calls with vectors.

#![expect(
    clippy::inline_always,
    reason = "what has vectors in it must be compiled for AVX-512"
)]

use fearless_simd::prelude::*;
use fearless_simd::{Avx512, Level, Simd, i8x64, mask8x64, u8x64};

/// Returns the proof that this processor has the instructions; `None` if it has not.
#[inline]
pub(crate) fn found() -> Option<Avx512> {
    Level::new().as_avx512()
}

/// Returns the entries of a table for the bytes below 128, in two halves.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
pub(crate) const fn below_128(table: &[u8; 256]) -> [[u8; 64]; 2] {
    let mut halves = [[0; 64]; 2];
    let mut byte = 0;
    while byte < 128 {
        halves[byte / 64][byte % 64] = table[byte];
        byte += 1;
    }
    halves
}

/// Looks up each byte below 128 in a table of two halves; the result for other bytes is
/// unspecified.
#[inline(always)]
pub(crate) fn lookup<S: Simd>(simd: S, table: &[[u8; 64]; 2], bytes: u8x64<S>) -> u8x64<S> {
    let [lower, upper] = table;
    let lower = u8x64::load_array_ref(simd, lower);
    lower.concat_swizzle_dyn(u8x64::load_array_ref(simd, upper), bytes)
}

/// Marks the bytes whose highest bit is set.
#[inline(always)]
pub(crate) fn highest_bits<S: Simd>(bytes: u8x64<S>) -> mask8x64<S> {
    bytes.bitcast::<i8x64<S>>().simd_lt(0)
}

/// Returns the first `N` bytes, padded with `filling`.
pub(crate) fn padded<const N: usize>(bytes: &[u8], filling: u8) -> [u8; N] {
    let mut padded = [filling; N];
    let count = bytes.len().min(N);
    if let (Some(to), Some(from)) = (padded.get_mut(..count), bytes.get(..count)) {
        to.copy_from_slice(from);
    }
    padded
}

#[cfg(test)]
mod tests {
    use fearless_simd::prelude::*;
    use fearless_simd::{Level, Simd, dispatch, u8x64};

    use super::{found, highest_bits};

    /// Instructions that the processor reports as AVX-512 are found.
    #[test]
    fn is_found_where_it_is() {
        let is_there = std::arch::is_x86_feature_detected!("avx512vbmi2")
            && std::arch::is_x86_feature_detected!("avx512bitalg")
            && std::arch::is_x86_feature_detected!("vpclmulqdq");
        assert_eq!(found().is_some(), is_there);
    }

    /// Every byte, beside others of which some are marked; on any processor, with the instructions
    /// that it has.
    #[test]
    fn highest_bits_of_every_byte() {
        dispatch!(Level::new(), simd => check_highest_bits(simd));
    }

    fn check_highest_bits<S: Simd>(simd: S) {
        let mut checked = 0;
        for byte in 0..=255 {
            let bytes = [0x7F, byte, 0x80, byte].repeat(16);
            let bytes = u8x64::from_slice(simd, &bytes);
            let expected = if byte < 0x80 { 0x4 } else { 0xE };
            let marked = highest_bits(bytes).to_bitmask();
            assert_eq!(marked, expected * 0x1111_1111_1111_1111, "{byte}");
            checked += 1;
        }
        assert_eq!(checked, 256);
    }
}
