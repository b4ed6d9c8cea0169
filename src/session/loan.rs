//! [`Loan`]: a copy of a session's data lent to a closure, and how it is taken back.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::changes::Change;
use super::data::SessionData;
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
        } else if self.changes.revision() == loan.revision {
            *self = lent;
        } else {
            lent.rebase_after(self, loan.revision);
        }
    }

    /// Applies the changes made since this session was read to another state of it.
    pub(crate) fn rebase_onto(self, fresh: &mut Self) {
        self.rebase_after(fresh, 0);
    }

    /// Applies the changes made after a revision to another session, key by key.
    fn rebase_after(self, other: &mut Self, revision: u64) {
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
        for (key, change) in self.changes.after(revision) {
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
