//! Random bytes from the operating system, for every key, nonce, id and token.

use rand::TryRng;

use crate::error::Error;

/// Fills the bytes at random.
///
/// # Errors
/// [`Error::NoRandomness`] if the operating system gives none.
pub(crate) fn fill(bytes: &mut [u8]) -> Result<(), Error> {
    rand::rngs::SysRng
        .try_fill_bytes(bytes)
        .map_err(|_| Error::NoRandomness)
}
