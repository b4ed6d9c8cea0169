//! [`ConflictPolicy`]: what a save does if another request wrote the session meanwhile.

/// Chooses what a request does if another one wrote the same session since it was loaded.
///
/// Under either policy a session that was deleted meanwhile stays deleted: the request writes
/// nothing, and sets no cookie.
///
/// ```
/// use hardtack::ServerSessions;
/// use hardtack::stores::{ConflictPolicy, MemoryStore, StoredJson};
///
/// let sessions = ServerSessions::new(StoredJson, MemoryStore::new(), "_session_id")
///     .conflicts(ConflictPolicy::Overwrite); // as Rails does
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ConflictPolicy {
    /// Applies the keys that this request set and removed to the session that is there now, and
    /// saves again. If both changed a key, the later save counts, except for changes by
    /// [`Session::update_key`](crate::Session::update_key), which are made again on its value.
    ///
    /// Within this process, the saves of one session run one after the other, and each gets the
    /// entry that the one before it wrote: each save is one command.
    #[default]
    Merge,
    /// Saves the session as this request has it, over whatever is there now: changes that others
    /// made to other keys are lost, as in Rails and Express. The store compares nothing, unless a
    /// [`SessionLock`](crate::stores::SessionLock) is set: the lock may have ended before the request.
    ///
    /// A request that only read the session overwrites nothing, even if its format rewrites the
    /// entry to extend the session's life.
    Overwrite,
}
