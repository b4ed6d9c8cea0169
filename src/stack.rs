//! The stack, which keeps what was computed on it until something else is.
//!
//! Ciphers wipe their keys when they are dropped, but not what they put on the stack while they run,
//! nor what the compiler copies there: PBKDF2's state, round keys that find no register.

use std::hint::black_box;

/// The most bytes of stack that deriving or expanding a key takes; and sealing or opening a message,
/// below the frames of whoever drops the key. Without optimisation it is four times as much.
const DEPTH: usize = if cfg!(debug_assertions) { 64 } else { 16 } * 1024;

/// Computes something of a secret, and overwrites the stack that it took. What is returned should
/// hold its secrets on the heap: it is moved.
///
/// Nothing in the language promises that both calls stand at the same place of the stack; that they
/// do is tested (`tests/key_care`), and what is computed is right either way.
pub(crate) fn wiped<T>(compute: impl FnOnce() -> T) -> T {
    let computed = call(compute);
    overwrite();
    computed
}

#[inline(never)]
fn call<T>(compute: impl FnOnce() -> T) -> T {
    compute()
}

/// Overwrites the stack of this thread from here on.
#[inline(never)]
#[allow(clippy::large_stack_arrays, reason = "the stack is what it is for")]
pub(crate) fn overwrite() {
    // Not by `zeroize`, which writes byte by byte. A constant behind a reference would be a static.
    let mut room = [0_u8; DEPTH];
    black_box(&mut room);
}
