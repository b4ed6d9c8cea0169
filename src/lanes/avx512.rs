//! Blocks of 64 bytes in one register, on processors with AVX-512 of Ice Lake's kind (Intel since
//! 2019, AMD since Zen 4), and what is done with them in more than one place. `fearless_simd` looks
//! for the processor when the program runs, and makes safe functions of its instructions.
//!
//! Whatever is to be compiled to these must be inlined into [`Simd::vectorize`], with every function
//! that it calls.

use fearless_simd::prelude::*;
use fearless_simd::{Avx512, Level, Simd, mask8x64, u8x64};

/// The proof that this processor has it; `None` where it has not.
#[inline]
pub(crate) fn found() -> Option<Avx512> {
    Level::new().as_avx512()
}

/// What a table of two halves has for each byte below 128; for others it may be anything.
#[inline(always)]
#[expect(clippy::inline_always, reason = "it must be compiled for AVX-512")]
pub(crate) fn lookup<S: Simd>(simd: S, table: &[[u8; 64]; 2], bytes: u8x64<S>) -> u8x64<S> {
    let [lower, upper] = table;
    let lower = u8x64::load_array_ref(simd, lower);
    lower.concat_swizzle_dyn(u8x64::load_array_ref(simd, upper), bytes)
}

/// Marks the bytes whose highest bit is set.
#[inline(always)]
#[expect(clippy::inline_always, reason = "it must be compiled for AVX-512")]
pub(crate) fn highest_bits<S: Simd>(bytes: u8x64<S>) -> mask8x64<S> {
    mask8x64::from_vector(bytes.bitcast())
}

/// The first bytes of those, and behind them a filling.
pub(crate) fn padded<const N: usize>(bytes: &[u8], filling: u8) -> [u8; N] {
    let mut padded = [filling; N];
    let count = bytes.len().min(N);
    if let (Some(to), Some(from)) = (padded.get_mut(..count), bytes.get(..count)) {
        to.copy_from_slice(from);
    }
    padded
}
