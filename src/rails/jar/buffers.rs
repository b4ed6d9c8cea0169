//! [`Buffers`]: a thread's memory for the cookies that it reads and writes.

use std::cell::Cell;

/// Reusable buffers, of sizes for which allocators are slow. They hold the last cookie, sealed and
/// unsealed, as freshly freed memory would too. They never hold a key.
#[derive(Default)]
pub(super) struct Buffers {
    /// A serialized value.
    pub(super) serialized: Vec<u8>,
    /// A cookie value, unescaped; or a message to be sent.
    pub(super) value: Vec<u8>,
    /// The ciphertext, decoded from base64.
    pub(super) ciphertext: Vec<u8>,
    /// The text to be sealed: the envelope.
    pub(super) text: Vec<u8>,
}

/// The most bytes that a buffer keeps: four times the longest value that is read.
const KEPT: usize = 64 * 1024;

thread_local! {
    static BUFFERS: Cell<Buffers> = const {
        Cell::new(Buffers {
            serialized: Vec::new(),
            value: Vec::new(),
            ciphertext: Vec::new(),
            text: Vec::new(),
        })
    };
}

impl Buffers {
    /// Lends the thread's buffers, with old contents in them. A second borrower, or a thread that
    /// is ending, gets new buffers.
    pub(super) fn lend<T>(to: impl FnOnce(&mut Self) -> T) -> T {
        let mut buffers = BUFFERS.try_with(Cell::take).unwrap_or_default();
        let result = to(&mut buffers);
        let Self {
            serialized,
            value,
            ciphertext,
            text,
        } = &mut buffers;
        for buffer in [serialized, value, ciphertext, text] {
            if buffer.capacity() > KEPT {
                *buffer = Vec::new();
            }
        }
        let _ = BUFFERS.try_with(|kept| kept.set(buffers));
        result
    }
}
