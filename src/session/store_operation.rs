//! [`StoreOperation`], [`StoreOutcome`] and [`Lookup`]: the work of a store, as observers hear of
//! it.

use super::session_store::{Answer, Operation, Saved};
use crate::store_error::StoreError;

/// A kind of operation of a store of sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum StoreOperation {
    /// Reads an entry.
    Load,
    /// Writes an entry.
    Save,
    /// Extends the life of an entry.
    Touch,
    /// Deletes an entry.
    Delete,
    /// Takes the lock of a session ([`SessionLock`](crate::stores::SessionLock)).
    Lock,
    /// Releases the lock of a session.
    Unlock,
}

impl StoreOperation {
    pub(super) fn of(operation: &Operation) -> Self {
        match operation {
            Operation::Load { .. } | Operation::LoadUnmarked { .. } => Self::Load,
            Operation::Save { .. } | Operation::Rename { .. } => Self::Save,
            Operation::Touch { .. } => Self::Touch,
            Operation::Delete { .. } => Self::Delete,
            Operation::Lock { .. } => Self::Lock,
            Operation::Unlock { .. } => Self::Unlock,
        }
    }

    /// Returns the name, such as `load`.
    ///
    /// ```
    /// assert_eq!(hardtack::observe::StoreOperation::Load.name(), "load");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::Save => "save",
            Self::Touch => "touch",
            Self::Delete => "delete",
            Self::Lock => "lock",
            Self::Unlock => "unlock",
        }
    }
}

/// The outcome of an operation of a store of sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum StoreOutcome {
    /// The store did what it was asked.
    Done,
    /// The key has no entry.
    Absent,
    /// Another entry prevented a save: another request wrote the session or holds its lock, or a
    /// new id was taken.
    Conflict,
    /// The store failed.
    Error,
}

impl StoreOutcome {
    pub(super) fn of(answer: &Result<Answer, StoreError>) -> Self {
        match answer {
            Ok(Answer::Loaded(Some(_)) | Answer::Saved(Saved::Done(_)) | Answer::Found(true)) => {
                Self::Done
            }
            Ok(
                Answer::Loaded(None)
                | Answer::Marked
                | Answer::Saved(Saved::Gone)
                | Answer::Found(false),
            ) => Self::Absent,
            Ok(Answer::Saved(Saved::Conflict(_))) => Self::Conflict,
            Err(_) => Self::Error,
        }
    }

    /// Returns the name, such as `conflict`.
    ///
    /// ```
    /// assert_eq!(hardtack::observe::StoreOutcome::Conflict.name(), "conflict");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Absent => "absent",
            Self::Conflict => "conflict",
            Self::Error => "error",
        }
    }
}

/// The outcome of a search for the session of a cookie's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Lookup {
    /// The store has the session.
    Hit,
    /// The store has no session under that id, or its time has passed.
    Miss,
    /// The store's entry is not a session of the format.
    Unreadable,
}

impl Lookup {
    /// Returns the name, such as `miss`.
    ///
    /// ```
    /// assert_eq!(hardtack::observe::Lookup::Miss.name(), "miss");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Unreadable => "unreadable",
        }
    }
}
