//! [`Expanded`]: a cipher's expanded key that leaves no copies in memory.

use std::ops::Deref;
use std::sync::Arc;

use crate::stack;

/// An expanded key, shared rather than copied, and wiped when its last owner drops it.
///
/// It never leaves its place on the heap: a move or a clone would leave copies on the stack. The
/// drop also overwrites the pieces that the cipher left on the stack of the thread that drops it.
/// Uses overwrite their own pieces, those of AES where nothing is optimised (`tests/key_care`).
pub(crate) struct Expanded<K>(Arc<Kept<K>>);

struct Kept<K>(K);

impl<K> Expanded<K> {
    /// Expands a key.
    pub(crate) fn new(expand: impl FnOnce() -> K) -> Self {
        stack::wiped(|| Self(Arc::new(Kept(expand()))))
    }
}

impl<K> Clone for Expanded<K> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K> Deref for Expanded<K> {
    type Target = K;

    fn deref(&self) -> &K {
        &self.0.0
    }
}

impl<K> Drop for Kept<K> {
    fn drop(&mut self) {
        stack::overwrite();
    }
}
