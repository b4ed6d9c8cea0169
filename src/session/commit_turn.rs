//! The turn of a [`Committing`] among those who save the same session.

use time::OffsetDateTime;

use super::commit_task::Task;
use super::committing::{Committing, Queued};
use super::data::SessionData;
use super::kept::StoredEntry;
use super::policy::Policy;
use super::session_format::ReadEntry;
use super::session_store::{Entry, Version};
use crate::error::Error;
use crate::serializer::value::Value;

impl Committing {
    /// Returns the time at which the commit began.
    pub(super) fn began(&self) -> OffsetDateTime {
        self.began
    }

    /// Returns the key whose savers the commit waits for: of the entry that was read, or of the one
    /// that is to be deleted.
    pub(super) fn key_to_save(&self) -> &str {
        let entry = self.stored.entry.as_ref().map_or("", |entry| &entry.key);
        match self.todo.front() {
            Some(Task::Overwrite | Task::DeleteUnchanged { .. }) => {
                self.deleted().map_or(entry, |(key, _)| key)
            }
            _ => entry,
        }
    }

    /// Returns the entry that is to be deleted next, if nobody has changed it.
    fn deleted(&self) -> Option<(&str, &Version)> {
        self.todo.iter().find_map(|task| match task {
            Task::DeleteUnchanged { key, version, .. } => Some((&**key, version)),
            _ => None,
        })
    }

    /// Returns the entry that this commit wrote over another one, once it has ended.
    pub(super) fn take_written(&mut self) -> Option<StoredEntry> {
        let (version, entry) = (self.written.take()?, self.stored.entry.take()?);
        Some(StoredEntry {
            key: entry.key,
            bytes: std::mem::take(&mut self.sent),
            version,
        })
    }

    /// Takes the turn to save, after [`Step::Queue`](super::on_server::Step::Queue), with the entry
    /// that the saver before wrote. It counts as if it had just been loaded.
    ///
    /// # Errors
    /// Those of [`step`](Self::step).
    pub(super) fn take_turn(
        &mut self,
        policy: &Policy,
        handed: Option<StoredEntry>,
    ) -> Result<(), Error> {
        let Some(StoredEntry {
            key,
            bytes,
            version,
        }) = handed
        else {
            return Ok(());
        };
        let is_news = |known: &str, of: &Version| known == key && *of != version;
        let entry = Entry {
            bytes,
            version: version.clone(),
        };
        if let Some(Task::Overwrite | Task::DeleteUnchanged { .. }) = self.todo.front() {
            if self.deleted().is_some_and(|(known, of)| is_news(known, of)) {
                while let Some(task) = self.todo.pop_front() {
                    if let Task::DeleteUnchanged { why, .. } = task {
                        return self.reread(policy, key, why, Some(entry));
                    }
                }
            }
        } else if let Some(own) = &self.stored.entry
            && is_news(&own.key, &own.version)
        {
            self.rebase(policy, key, entry)?;
        }
        Ok(())
    }

    /// Goes on without a turn: other saves of the session took too long, or the store failed for
    /// one of them.
    ///
    /// # Errors
    /// [`Error::BusySession`] if the commit has waited for a second.
    pub(super) fn go_without_turn(&mut self, policy: &Policy) -> Result<(), Error> {
        self.queued = Queued::LetGo;
        self.have_patience(policy)
    }

    /// Lets a commit without a turn wait for one, now that a deletion met another save.
    pub(super) fn queue_for_deletion(&mut self) {
        if self.queued != Queued::InTurn {
            self.queued = Queued::Due;
        }
    }

    /// Lets a commit without a turn wait for one, now that it met another save.
    pub(super) fn queue_again(&mut self) {
        if self.queued == Queued::LetGo {
            self.queued = Queued::Not;
        }
    }

    /// Takes note of what was written over another entry, for the next saver and the observer.
    pub(super) fn has_written(&mut self, policy: &Policy, version: Option<Version>) {
        self.written.clone_from(&version);
        self.created = version;
        self.conflicts = Some(self.count_conflicts(policy));
    }

    /// Returns the number of keys that another request changed since this one loaded the session,
    /// and that this one has just written otherwise.
    pub(super) fn conflicts(&self) -> usize {
        self.conflicts.unwrap_or_default()
    }

    /// Reads the session of another entry in the same place.
    pub(super) fn read(&self, policy: &Policy, entry: &Entry) -> Option<SessionData> {
        match self.stored.format.read(&entry.bytes, policy.now()) {
            ReadEntry::Session(data) => Some(data),
            ReadEntry::Expired | ReadEntry::Unreadable | ReadEntry::Foreign(_) => None,
        }
    }

    /// Returns the session as it was saved over another entry, if it was.
    pub(super) fn saved(&self) -> Option<&SessionData> {
        self.conflicts.map(|_| &self.data)
    }

    fn count_conflicts(&self, policy: &Policy) -> usize {
        let (Some(before), Some(there)) = (&self.before, &self.stored.entry) else {
            return 0;
        };
        let (format, now) = (&self.stored.format, policy.now());
        let (ReadEntry::Session(before), ReadEntry::Session(there)) =
            (format.read(before, now), format.read(&there.bytes, now))
        else {
            return 0;
        };
        let is_conflict = |key: &str| {
            let [before, there, ours] =
                [&before, &there, &self.data].map(|data| data.get::<Value>(key));
            // An update was made on the value there: nothing of it was replaced.
            before != there && there != ours && !self.data.changes.is_updated(key)
        };
        if self.data.is_cleared() {
            // A key that is set again is among those that it had, or is new.
            let (before, there) = (before.keys(), there.keys());
            let gone = before.iter().filter(|key| !there.contains(key));
            return there
                .iter()
                .chain(gone)
                .filter(|key| is_conflict(key))
                .count();
        }
        let changed = self.data.changes.iter().map(|(key, _)| key);
        changed.filter(|key| is_conflict(key)).count()
    }
}
