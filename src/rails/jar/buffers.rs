//! [`Buffers`]: room that every cookie of a thread passes through on its way in and out.

use std::cell::Cell;

/// Room of sizes for which allocators are slow, used again and again. What is in it is the last
/// cookie, sealed and not: what memory that was just freed would hold as well. There is no key in
/// it.
#[derive(Default)]
pub(super) struct Buffers {
    /// A value that was serialized.
    pub(super) serialized: Vec<u8>,
    /// A value as the browser sent it, no longer escaped; or a message to be sent.
    pub(super) value: Vec<u8>,
    /// The ciphertext, no longer base64.
    pub(super) ciphertext: Vec<u8>,
    /// The text that is sealed: the envelope.
    pub(super) text: Vec<u8>,
}

/// What a buffer may keep, in bytes: four times the longest value that is read.
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
    /// Lends the thread's buffers, whatever was in them before. Whoever asks while they are lent,
    /// or when the thread has ended, gets new ones.
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
