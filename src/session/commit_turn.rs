//! The turn of a [`Committing`] among those who save the same session.

use time::OffsetDateTime;

use super::committing::Committing;
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

    /// Returns the key to be saved over the entry that was read.
    pub(super) fn key_to_save(&self) -> &str {
        self.stored.entry.as_ref().map_or("", |entry| &entry.key)
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

    /// Takes the turn to save, after [`Step::Queue`](super::on_server::Step::Queue), with the entry that the saver before wrote. It
    /// counts as if it had just been loaded.
    ///
    /// # Errors
    /// Those of [`step`](Self::step).
    pub(super) fn take_turn(
        &mut self,
        policy: &Policy,
        handed: Option<StoredEntry>,
    ) -> Result<(), Error> {
        let own = self.stored.entry.as_ref();
        let is_news = |handed: &StoredEntry| {
            own.is_some_and(|own| own.key == handed.key && own.version != handed.version)
        };
        if let Some(handed) = handed.filter(is_news) {
            let StoredEntry {
                key,
                bytes,
                version,
            } = handed;
            self.rebase(policy, key, Entry { bytes, version })?;
        }
        Ok(())
    }

    /// Goes on without a turn: others saved the session for long, or the store failed for another.
    ///
    /// # Errors
    /// [`Error::BusySession`] if the commit has waited for a second.
    pub(super) fn go_without_turn(&mut self, policy: &Policy) -> Result<(), Error> {
        self.have_patience(policy)
    }

    /// Takes note of what was written over another entry, for the next saver and the observer.
    pub(super) fn has_written(&mut self, policy: &Policy, version: Option<Version>) {
        self.written = version;
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
