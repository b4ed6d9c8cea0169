//! The stack, which keeps what was computed on it until something else is.
//!
//! Ciphers wipe their keys when they are dropped, but not what their key schedules, PBKDF2 and
//! HMAC left on the stack while they ran, nor what the compiler copied there on the way.

use std::hint::black_box;

use zeroize::Zeroize;

/// The most bytes of stack that deriving or expanding a key takes: 8 KiB without optimisation.
const DEPTH: usize = 16 * 1024;

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

#[inline(never)]
fn overwrite() {
    let mut room = [0_u8; DEPTH];
    room.zeroize();
    black_box(&room);
}
