//! [`Finding`]: asks one place for the session of a request.

use super::kept::{Kept, StoredEntry};
use super::loaded::Loaded;
use super::policy::Policy;
use super::provenance::Provenance;
use super::session_format::ReadEntry;
use super::session_store::{Answer, Entry, Operation, When};
use super::store_operation::Lookup;
use crate::error::Error;
use crate::http::cookie_header::CookieHeader;

/// The loading of a session from one place, without I/O: [`step`](Self::step) returns the next
/// operation for the place's store, and takes its answer. A place without a store needs none.
pub(super) struct Finding {
    pub(super) loaded: Loaded,
    pub(super) id: Option<String>,
    /// The keys that were not asked for yet.
    keys: std::vec::IntoIter<String>,
    asked: String,
    /// The key of the mark that the session was ended, if the policy asks for it.
    mark: Option<String>,
    /// True if the session was ended, and its keys are to be deleted.
    is_ended: bool,
    /// The number of keys that were asked for.
    tries: usize,
    /// The result that the observer hears, if a store was asked.
    pub(super) outcome: Option<Lookup>,
}

impl Finding {
    /// Begins with what the place read from the request's header.
    pub(super) fn begin(loaded: Loaded, policy: &Policy, header: &CookieHeader<'_>) -> Self {
        let (mut id, mut keys) = (None, Vec::new());
        if let Kept::OnServer(stored) = &loaded.kept {
            id = stored.sent_id(policy, header);
            let keys_of = |id: &String| stored.format.keys(id);
            keys = id.as_ref().map(keys_of).unwrap_or_default();
        }
        let mark = keys.first().filter(|_| policy.logout_mark.is_some());
        let mark = mark.and_then(|key| match &loaded.kept {
            Kept::OnServer(stored) => Some(stored.format.logout_key(key)),
            Kept::InCookie(_) => None,
        });
        if keys.len() > 1 {
            // Another request may move the session to the first key between two loads.
            keys.extend(keys.first().cloned());
        }
        Self {
            keys: keys.into_iter(),
            loaded,
            id,
            asked: String::new(),
            mark,
            is_ended: false,
            tries: 0,
            outcome: None,
        }
    }

    /// Takes the store's answer (`None` at the beginning), and returns the next operation; `None`
    /// if `loaded` is what the place has.
    ///
    /// # Errors
    /// [`Error::UnreadableSession`] if the entry is not a session of the format.
    pub(super) fn step(
        &mut self,
        policy: &Policy,
        answer: Option<Answer>,
    ) -> Result<Option<Operation>, Error> {
        if let Some(Answer::Loaded(Some(entry))) = answer {
            let read = self.read(policy, entry);
            self.outcome = Some(match &read {
                Ok(true) => Lookup::Hit,
                Ok(false) => Lookup::Miss,
                Err(_) => Lookup::Unreadable,
            });
            return read.map(|_| None);
        }
        if matches!(answer, Some(Answer::Marked)) {
            self.end();
        }
        let Some(key) = self.keys.next() else {
            // If nobody has the id, which came from outside, it is never adopted.
            self.outcome = self.id.as_ref().map(|_| Lookup::Miss);
            return Ok(None);
        };
        if self.is_ended {
            let when = When::Always;
            return Ok(Some(Operation::Delete { key, when }));
        }
        self.tries += 1;
        self.asked.clone_from(&key);
        Ok(Some(match &self.mark {
            Some(mark) => {
                let mark = mark.clone();
                Operation::LoadUnmarked { key, mark }
            }
            None => Operation::Load { key },
        }))
    }

    /// Ends the session again: another program wrote it after a logout.
    fn end(&mut self) {
        self.is_ended = true;
        if let (Kept::OnServer(stored), Some(id)) = (&self.loaded.kept, &self.id) {
            let mut keys = stored.format.keys(id);
            keys.reverse();
            self.keys = keys.into_iter();
        }
    }

    /// Reads an entry; returns `false` if its time has passed.
    fn read(&mut self, policy: &Policy, entry: Entry) -> Result<bool, Error> {
        let Kept::OnServer(stored) = &mut self.loaded.kept else {
            return Ok(false);
        };
        let data = match stored.format.read(&entry.bytes, policy.now()) {
            ReadEntry::Session(data) => data,
            ReadEntry::Expired => return Ok(false),
            ReadEntry::Unreadable => return Err(policy.unreadable_session(None)),
            ReadEntry::Foreign(reason) => return Err(policy.unreadable_session(Some(reason))),
        };
        if policy.has_ended(&data) {
            return Ok(false);
        }
        stored.id.clone_from(&self.id);
        stored.entry = Some(StoredEntry {
            key: self.asked.clone(),
            bytes: entry.bytes,
            version: entry.version,
        });
        self.loaded.data = data;
        self.loaded.provenance = Provenance::Opened {
            is_stale: self.tries > 1 && self.keys.len() > 0,
            expires_at: None,
        };
        Ok(true)
    }
}
