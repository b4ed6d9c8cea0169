//! [`Loan`]: a copy of a session's data lent to a closure, and how it is taken back.
//! Also how a request's changes are applied to another state of its session.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::changes::Change;
use super::data::SessionData;
use super::key_update::KeyUpdate;
use crate::error::Error;
use crate::serializer::NewValue;
use crate::serializer::value::Value;

/// The number of a lent copy, and its revision at that time.
#[derive(Clone, Copy)]
pub(super) struct Loan {
    number: u64,
    revision: u64,
}

impl SessionData {
    /// Marks the copy as lent to a closure.
    pub(super) fn lend(&mut self) -> Loan {
        static LOANS: AtomicU64 = AtomicU64::new(1);
        self.changes.loan = LOANS.fetch_add(1, Relaxed);
        self.changes.asks_for_id = false;
        Loan {
            number: self.changes.loan,
            revision: self.changes.revision(),
        }
    }

    /// Takes back a lent copy, while others may have changed this session.
    pub(super) fn take_back(&mut self, mut lent: Self, loan: Loan) {
        if lent.changes.loan != loan.number {
            // The closure replaced the whole session (`*data = SessionData::new()`), whose
            // revisions mean nothing here.
            lent.changes.replace(&self.changes);
            *self = lent;
            return;
        }
        // Those that have changed nothing yet count too: on another value they may. The value of an
        // update here is overwritten by a change there, and so is the update.
        let is_changed = |key| self.changes.changed_at(key) > loan.revision;
        let is_lent_changed = |key| lent.changes.changed_at(key) > loan.revision;
        let mut updates: Vec<KeyUpdate> = lent
            .changes
            .updates()
            .iter()
            .filter(|update| !is_changed(update.key()))
            .cloned()
            .collect();
        let here = self.changes.updates().iter().filter(|update| {
            !is_lent_changed(update.key()) && !updates.iter().any(|other| other.is_same(update))
        });
        updates.extend(here.cloned().collect::<Vec<_>>());
        if self.changes.revision() == loan.revision {
            *self = lent;
        } else {
            lent.rebase_after(self, loan.revision, |_| true);
        }
        self.changes.set_updates(updates);
    }

    /// Applies the changes made since this session was read to another state of it. Updates are
    /// made again, on the values there: they may run code of the app.
    pub(crate) fn rebase_onto(&self, fresh: &mut Self) -> Result<(), Error> {
        fresh.take_aside_of(self);
        self.rebase_after(fresh, 0, |key| !self.changes.is_updated(key));
        for update in self.changes.updates() {
            let value = update.run_again(fresh.value(update.key()))?;
            fresh.put_update(update.clone(), value);
        }
        Ok(())
    }

    /// Applies what differs between two states of a session to a third one.
    ///
    /// # Errors
    /// Those of [`get`](Self::get), if a value cannot be read: it could not be taken over.
    pub(super) fn apply_difference(&mut self, before: &Self, after: &Self) -> Result<(), Error> {
        for key in before.keys().iter().filter(|key| !after.contains_key(key)) {
            self.remove(key);
        }
        for key in after.keys() {
            let (old, new) = (before.value(&key)?, after.value(&key)?);
            if old != new {
                self.changes.set(&key, new);
            }
        }
        Ok(())
    }

    /// Returns the value of a key; nil if the key is missing.
    pub(super) fn value(&self, key: &str) -> Result<Value, Error> {
        Ok(self.get(key)?.unwrap_or(Value::Nil))
    }

    /// Gives a key the value that an update made of the present one (see [`KeyUpdate`]).
    ///
    /// If that is the present value, the session does not count as changed.
    pub(crate) fn put_update(&mut self, update: KeyUpdate, value: Option<Value>) {
        let is_new = |value: &Value| match value {
            Value::Nil => self.contains_key(update.key()),
            value => self.value(update.key()).as_ref() != Ok(value),
        };
        let value = value.filter(is_new);
        self.changes.update(update, value);
    }

    /// Checks whether the changes would have another result if they were saved twice.
    pub(super) fn may_count(&self) -> bool {
        self.changes.updates().iter().any(KeyUpdate::may_count)
    }

    /// Makes the updates final.
    pub(super) fn forget_updates(&mut self) {
        self.changes.forget_updates();
    }

    /// Applies the changes made after a revision to another session, key by key, to the keys that
    /// `is_applied` accepts.
    fn rebase_after(&self, other: &mut Self, revision: u64, is_applied: impl Fn(&str) -> bool) {
        if self.changes.is_cleared_after(revision) {
            other.clear();
            // Data that the closure put in place has entries of its own.
            for key in self.keys() {
                if let Ok(Some(value)) = self.get::<Value>(&key) {
                    other.changes.set(&key, value);
                }
            }
        } else if self.changes.revision() > revision {
            // A change that belongs to no key
            other.changes.touch();
        }
        let changes = self.changes.after(revision);
        for (key, change) in changes.filter(|(key, _)| is_applied(key)) {
            if let Change::SetAnew(_) | Change::Removed = change {
                // Even if the other session has no such key: it is rebased again if it is not saved,
                // onto one that may have it.
                other.forget(key);
            }
            match change {
                Change::Set(NewValue::Json(json)) | Change::SetAnew(NewValue::Json(json)) => {
                    other.changes.set_json(key, json);
                }
                Change::Set(NewValue::Value(value)) | Change::SetAnew(NewValue::Value(value)) => {
                    other.changes.set(key, value.clone());
                }
                Change::Removed => {}
            }
        }
    }
}
