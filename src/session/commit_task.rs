//! [`Task`]: a step of a commit.

use super::session_store::Version;

/// An operation of the store, and the way to continue after its answer.
#[derive(Clone)]
pub(super) enum Task {
    /// Writes the session under its id, if the key has no entry.
    Create,
    /// Writes the session over the entry that was read. The changes are rebased on another entry
    /// there.
    Update,
    /// Writes the session under its id, which this request created or moved it to.
    Overwrite,
    /// Moves the entry that was read to the session's present key.
    Rename,
    /// Extends the life of the entry that was read.
    Touch,
    /// Remembers that a session was ended, under this key.
    Mark(String),
    /// Deletes a key unconditionally.
    Delete(String),
    /// Deletes an entry unless somebody changed it since; otherwise `Reread` follows.
    DeleteUnchanged {
        key: String,
        version: Version,
        why: Why,
    },
    /// Reads again the entry of a key that somebody changed.
    Reread { key: String, why: Why },
}

/// The reason to delete an entry only if it is unchanged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// The session is empty now.
    IsEmpty,
    /// The session has another id now.
    HasNewId,
    /// The session was found under an older key, and is now kept under the present one.
    IsMoved,
}
