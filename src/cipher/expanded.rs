//! [`Expanded`]: a cipher's key where nothing of it stays.

use std::ops::Deref;
use std::sync::Arc;

use crate::stack;

/// A key that is expanded, shared rather than copied, and wiped when the last of them is dropped.
///
/// It never leaves its place on the heap: what is moved, or cloned, leaves copies on the stack. What
/// the cipher itself left on the stack of the thread that drops it is overwritten then. (Not at
/// every use, which takes 12 KiB and its time: as long as a key is in use, it is in memory.
/// Other threads' stacks keep such pieces until they compute something else.)
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
