//! [`Changes`]: what was set, removed and cleared in a session since it was read.

use crate::serializer::value::Value;

/// The changes of a session, the last one of each key.
///
/// Each has a number, so that those which were made after some moment can be told from the rest.
#[derive(Clone, Default)]
pub(super) struct Changes {
    edits: Vec<Edit>,
    /// The number of changes that were made.
    revision: u64,
    /// The revision by which everything that was read went; 0 where nothing did.
    cleared_at: u64,
    /// The loan by which a closure has the session, or had it.
    pub(super) loan: u64,
}

/// The last change of a key.
#[derive(Clone)]
pub(super) struct Edit {
    pub(super) key: Box<str>,
    pub(super) change: Change,
    at: u64,
}

#[derive(Clone, Debug)]
pub(super) enum Change {
    Set(Value),
    /// Set after it was removed: a new key, which has lost its place.
    SetAnew(Value),
    Removed,
}

impl Changes {
    /// Counts every change: one that was set to what it had been, too.
    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    pub(super) fn get(&self, key: &str) -> Option<&Change> {
        let edit = self.edits.iter().find(|edit| *edit.key == *key);
        edit.map(|edit| &edit.change)
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, Edit> {
        self.edits.iter()
    }

    /// The revision by which a key was changed last.
    pub(super) fn changed_at(&self, key: &str) -> u64 {
        let edit = self.edits.iter().find(|edit| *edit.key == *key);
        edit.map_or(self.cleared_at, |edit| edit.at)
    }

    /// Counts a change that is of no key.
    pub(super) fn touch(&mut self) -> u64 {
        self.revision += 1;
        self.revision
    }

    pub(super) fn set(&mut self, key: Box<str>, value: Value) {
        let at = self.touch();
        let change = match self.edits.iter_mut().find(|edit| edit.key == key) {
            None => Change::Set(value),
            Some(edit) => match &mut edit.change {
                Change::Set(earlier) | Change::SetAnew(earlier) => {
                    (*earlier, edit.at) = (value, at);
                    return;
                }
                Change::Removed => {
                    self.edits.retain(|edit| edit.key != key);
                    Change::SetAnew(value)
                }
            },
        };
        self.edits.push(Edit { key, change, at });
    }

    pub(super) fn remove(&mut self, key: &str) {
        let at = self.touch();
        match self.edits.iter_mut().find(|edit| *edit.key == *key) {
            Some(edit) => (edit.change, edit.at) = (Change::Removed, at),
            None => self.edits.push(Edit {
                key: key.into(),
                change: Change::Removed,
                at,
            }),
        }
    }

    /// Everything goes, what was changed too.
    pub(super) fn clear(&mut self) {
        self.edits.clear();
        self.cleared_at = self.touch();
    }

    /// Checks whether everything went after a revision.
    pub(super) fn is_cleared_after(&self, revision: u64) -> bool {
        self.cleared_at > revision
    }

    /// The changes of keys that were made after a revision.
    pub(super) fn after(self, revision: u64) -> impl Iterator<Item = Edit> {
        self.edits
            .into_iter()
            .filter(move |edit| edit.at > revision)
    }

    /// Counts all that is here as changed after everything that was there before.
    pub(super) fn replace(&mut self, before: &Self) {
        self.revision = self.revision.max(before.revision) + 1;
        self.cleared_at = self.revision;
        for edit in &mut self.edits {
            edit.at = self.revision;
        }
    }
}
