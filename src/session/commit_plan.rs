//! The operations that a [`Committing`] begins with.

use super::commit::Commit;
use super::commit_task::{Task, Why};
use super::committing::Committing;
use super::kept::{Former, StoredEntry};
use super::loaded::Loaded;
use super::policy::Policy;

impl Committing {
    /// Plans the operations of a session whose cookies are decided.
    pub(super) fn plan(&mut self, loaded: &Loaded, policy: &Policy) {
        let is_removed = matches!(self.cookies, Commit::Remove(_));
        match &self.stored.former {
            // A logout comes first: if a later step fails, still nobody can return to the old
            // session.
            Some(Former {
                id, is_first: true, ..
            }) => self.delete_all(policy, &id.clone()),
            Some(Former { id, .. }) if is_removed => self.delete_all(policy, &id.clone()),
            _ => {}
        }
        match &self.stored.entry {
            Some(_) if is_removed && loaded.data.is_cleared() => {
                let id = self.stored.id.clone().unwrap_or_default();
                self.delete_all(policy, &id);
            }
            Some(entry) if is_removed => {
                let (id, entry) = (self.stored.id.clone(), entry.clone());
                self.delete_unchanged(policy, &id.unwrap_or_default(), entry, Why::IsEmpty);
            }
            None if is_removed => {}
            None => self.todo.push_back(Task::Create),
            Some(StoredEntry { key, version, .. }) if loaded.is_stale() => {
                let (key, version) = (key.clone(), version.clone());
                let why = Why::IsMoved;
                if self.renames {
                    self.todo.push_back(Task::Rename);
                }
                self.todo.push_back(Task::Create);
                self.todo
                    .push_back(Task::DeleteUnchanged { key, version, why });
            }
            Some(_) if self.data.is_changed() || policy.writes_unchanged(&loaded.data) => {
                self.todo.push_back(Task::Update);
            }
            Some(_) => self.todo.push_back(Task::Touch),
        }
        if let Some(Former {
            id,
            entry,
            is_first: false,
        }) = &self.stored.former
            && !is_removed
        {
            let (id, entry) = (id.clone(), entry.clone());
            self.delete_unchanged(policy, &id, entry, Why::HasNewId);
        }
    }

    /// Deletes all keys of an id, the present one last: a request that loads meanwhile finds the
    /// session or none, but never an older state of it.
    fn delete_all(&mut self, policy: &Policy, id: &str) {
        let keys = self.stored.format.keys(id);
        // First: what is written again after its deletion is known to be ended.
        self.todo.extend(self.mark(policy, &keys));
        self.todo.extend(keys.into_iter().rev().map(Task::Delete));
    }

    /// Deletes all keys of an id: the older ones first, then the entry that was read, unless
    /// somebody changed it. If a deletion fails before that, the browser still has its session. If
    /// the entry is under an older key, the present key comes at last: another request may have
    /// moved the session there.
    fn delete_unchanged(&mut self, policy: &Policy, id: &str, entry: StoredEntry, why: Why) {
        let StoredEntry { key, version, .. } = entry;
        let mut keys = self.stored.format.keys(id);
        // Last: until the deletion the session may live on. One that was emptied was not ended: what
        // another program adds to it stays.
        let mark = self.mark(policy, &keys).filter(|_| why == Why::HasNewId);
        let present = (keys.first() != Some(&key) && !keys.is_empty()).then(|| keys.remove(0));
        keys.retain(|other| *other != key);
        self.todo.extend(keys.into_iter().rev().map(Task::Delete));
        self.todo
            .push_back(Task::DeleteUnchanged { key, version, why });
        self.todo.extend(present.map(Task::Delete));
        self.todo.extend(mark);
    }

    /// Checks whether everything is done but the mark that the session was ended.
    pub(super) fn has_only_a_mark_left(&self) -> bool {
        matches!(self.todo.front(), Some(Task::Mark(_))) && self.todo.len() == 1
    }

    /// Returns the task that remembers the end of a session with these keys, if the policy asks for
    /// it.
    fn mark(&self, policy: &Policy, keys: &[String]) -> Option<Task> {
        let key = keys.first().filter(|_| policy.logout_mark.is_some())?;
        Some(Task::Mark(self.stored.format.logout_key(key)))
    }
}
