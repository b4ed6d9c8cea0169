//! [`Loan`]: a copy of a session's data in the hands of a closure, and how it comes back.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::changes::Change;
use super::data::SessionData;
use crate::serializer::NewValue;

/// The number of a copy that was lent, and the revision that it had by then.
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
        Loan {
            number: self.changes.loan,
            revision: self.changes.revision(),
        }
    }

    /// Takes a copy back that was lent, while others may have changed this session.
    pub(super) fn take_back(&mut self, mut lent: Self, loan: Loan) {
        if lent.changes.loan != loan.number {
            // The closure put another session in its place (`*data = SessionData::new()`), whose
            // revisions say nothing here.
            lent.changes.replace(&self.changes);
            *self = lent;
        } else if self.changes.revision() == loan.revision {
            *self = lent;
        } else {
            lent.rebase_after(self, loan.revision);
        }
    }

    /// Applies the changes that were made here since it was read to another state of the session.
    pub(crate) fn rebase_onto(self, fresh: &mut Self) {
        self.rebase_after(fresh, 0);
    }

    /// Applies the changes that were made here after a revision to another session, key by key.
    fn rebase_after(self, other: &mut Self, revision: u64) {
        if self.changes.is_cleared_after(revision) {
            other.clear();
        } else if self.changes.revision() > revision {
            // What is of no key
            other.changes.touch();
        }
        for (key, change) in self.changes.after(revision) {
            if let Change::SetAnew(_) | Change::Removed = change {
                other.remove(key);
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
