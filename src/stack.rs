//! Wiping of the stack, which keeps old values until other calls overwrite them.
//!
//! Ciphers wipe their keys when they are dropped. They do not wipe the values that they put on the
//! stack while they run, nor the copies that the compiler puts there: PBKDF2's state, round keys
//! that find no register.

use std::hint::black_box;

/// The bytes of stack that deriving or expanding a key takes at most, and encrypting or decrypting
/// a message. An unoptimised build takes four times as much.
const DEPTH: usize = if cfg!(debug_assertions) { 64 } else { 16 } * 1024;

/// The bytes of stack that an HMAC takes at most, counted in the same way.
const HMAC_DEPTH: usize = if cfg!(debug_assertions) { 16 } else { 4 } * 1024;

/// Computes something with a secret, and overwrites the stack that the computation took. The result
/// is moved, so its secrets should be on the heap.
///
/// The language does not promise that both calls use the same part of the stack. `tests/key_care`
/// tests that they do; the result is right either way.
pub(crate) fn wiped<T>(compute: impl FnOnce() -> T) -> T {
    let computed = call(compute);
    overwrite();
    computed
}

/// Computes an HMAC, and overwrites the stack that the computation took: it leaves a copy of the
/// expanded key there. Server threads live long, and need not be the thread that drops the key.
pub(crate) fn wiped_hmac<T>(compute: impl FnOnce() -> T) -> T {
    let computed = call(compute);
    overwrite_bytes::<HMAC_DEPTH>();
    computed
}

/// Encrypts or decrypts, and overwrites the stack that this took: AES with AVX-512 repeats each
/// round key there over the width of a register, and GCM keeps powers of its key there.
///
/// An optimised build leaves the stack as it is: it takes 16 KiB, and overwriting these takes 100
/// ns (docs/security.md).
pub(crate) fn wiped_cipher<T>(compute: impl FnOnce() -> T) -> T {
    if cfg!(debug_assertions) {
        wiped(compute)
    } else {
        compute()
    }
}

#[inline(never)]
fn call<T>(compute: impl FnOnce() -> T) -> T {
    compute()
}

/// Overwrites this thread's stack from here on, as far as [`wiped`] does.
pub(crate) fn overwrite() {
    overwrite_bytes::<DEPTH>();
}

#[inline(never)]
#[allow(clippy::large_stack_arrays, reason = "the stack is what it is for")]
fn overwrite_bytes<const BYTES: usize>() {
    // Not with `zeroize`, which writes byte by byte. A constant behind a reference would be a
    // static.
    let mut room = [0_u8; BYTES];
    black_box(&mut room);
}
