//! [`Committing`]: the operations of a store at the end of a request, without I/O.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use time::OffsetDateTime;

use super::commit::Commit;
use super::commit_task::{Task, Why};
use super::conflict_policy::ConflictPolicy;
use super::data::SessionData;
use super::kept::{Kept, Stored, StoredEntry};
use super::loaded::Loaded;
use super::on_server::Step;
use super::policy::Policy;
use super::save_queue::PATIENCE;
use super::session_format::{ReadEntry, Touch};
use super::session_store::{Answer, Entry, Operation, Saved, Version, When};
use crate::error::Error;

/// The number of new ids to try. Two equal ids of 128 random bits mean a fault of the system or the
/// store.
const MOST_IDS: u32 = 3;

/// The maximum number of retries, for a clock that was set and does not move.
const MOST_TRIES: u32 = 10_000;

/// The commit of one session in a store: [`step`](Self::step) returns the next operation for the
/// store, and takes its answer. The cookies are decided before, except for a new id that the store
/// already has, and are not set if nothing was written.
pub(crate) struct Committing {
    pub(super) data: SessionData,
    pub(super) stored: Stored,
    pub(super) cookies: Commit,
    pub(super) todo: VecDeque<Task>,
    /// The bytes that were saved last.
    pub(super) sent: Bytes,
    pub(super) began: OffsetDateTime,
    tries: u32,
    pub(super) queued: Queued,
    /// True if the session was written under a key that had no entry.
    is_created: bool,
    /// The version of what was written there last, if the store knows it.
    pub(super) created: Option<Version>,
    /// The entry under the older key from which the session moves, as it was loaded and as it is
    /// now, if somebody changed it meanwhile.
    older: Option<[Bytes; 2]>,
    /// True if the session moves from another store under its id, as another request may do.
    keeps_id: bool,
    /// True if the store can move an entry to another key.
    pub(super) renames: bool,
    /// The number of new ids that the store already had.
    taken_ids: u32,
    /// The entry that was loaded, once the changes were applied to a later one.
    pub(super) before: Option<Bytes>,
    /// The version of what this commit wrote over another entry, if the store knows it.
    pub(super) written: Option<Version>,
    /// The number of keys that both this request and another one changed, once the session was
    /// saved over another entry.
    pub(super) conflicts: Option<usize>,
}

/// The commit's turn to save among others of this process.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Queued {
    Not,
    /// An entry that is to be deleted was changed meanwhile: the deletion gains by a turn, too.
    Due,
    /// It waits for its turn, or has it.
    InTurn,
    /// It was let go without a turn, and goes on until it meets another save.
    LetGo,
}

impl Committing {
    /// Plans the operations of a session in a store; `None` if there are none.
    pub(crate) fn begin(
        loaded: &Loaded,
        cookies: &Commit,
        policy: &Policy,
        renames: bool,
    ) -> Option<Self> {
        let Kept::OnServer(stored) = &loaded.kept else {
            return None;
        };
        if *cookies == Commit::Keep {
            return None;
        }
        let mut committing = Self {
            data: loaded.data.clone(),
            stored: (**stored).clone(),
            cookies: cookies.clone(),
            todo: VecDeque::new(),
            sent: Bytes::new(),
            began: policy.now(),
            tries: 0,
            queued: Queued::Not,
            is_created: false,
            created: None,
            older: None,
            keeps_id: loaded.keeps_id(),
            renames,
            taken_ids: 0,
            before: None,
            written: None,
            conflicts: None,
        };
        committing.plan(loaded, policy);
        Some(committing)
    }

    /// Returns the session's id as it is written: a new one if the store already had the id that
    /// was decided.
    pub(crate) fn id(&self) -> Option<&String> {
        self.stored.id.as_ref()
    }

    /// Returns the deletion of the session, if this commit wrote it under a key without an entry.
    pub(crate) fn undo(&self) -> Option<Operation> {
        self.is_created.then(|| Operation::Delete {
            key: self.key(),
            when: When::Always,
        })
    }

    /// Takes the store's answer (`None` at the beginning), and returns the next step.
    ///
    /// # Errors
    /// [`Error::UnwritableValue`] if the format cannot write the session, the errors of
    /// `Session::update_key` if an update fails on another value, [`Error::UnreadableSession`] if
    /// an entry became unreadable, [`Error::BusySession`] if other requests kept writing the
    /// session for 1 s, and [`Error::TakenIds`] if the store already had three new ids.
    pub(crate) fn step(
        &mut self,
        policy: &Policy,
        answer: Option<Answer>,
    ) -> Result<Step<Commit>, Error> {
        if let Some(answer) = answer
            && let Some(task) = self.todo.pop_front()
        {
            self.take(policy, task, answer)?;
        }
        let Some(task) = self.todo.front().cloned() else {
            let cookies = std::mem::replace(&mut self.cookies, Commit::Keep);
            return Ok(Step::Done(match cookies {
                // The browser already has that cookie.
                Commit::Set(cookies) if cookies.is_empty() => Commit::Keep,
                cookies => cookies,
            }));
        };
        // Only what compares versions gains by its turn. A new id has no other savers, a touch retries
        // nothing, and a logout waits for nobody. A deletion gains by it once it has failed.
        let gains = match &task {
            Task::Update => true,
            Task::Overwrite | Task::DeleteUnchanged { .. } => self.queued == Queued::Due,
            _ => false,
        };
        let may_queue = matches!(self.queued, Queued::Not | Queued::Due);
        if may_queue && gains && policy.conflicts == ConflictPolicy::Merge {
            self.queued = Queued::InTurn;
            return Ok(Step::Queue);
        }
        self.operation(policy, task).map(Step::Run)
    }

    fn operation(&mut self, policy: &Policy, task: Task) -> Result<Operation, Error> {
        self.conflicts = None;
        let Stored { format, entry, .. } = &self.stored;
        let (ttl, now) = (self.stored.time_to_live(&self.data, policy), policy.now());
        let writes = matches!(
            task,
            Task::Create | Task::Update | Task::Overwrite | Task::Touch | Task::Rename
        );
        if writes && ttl == Some(Duration::ZERO) {
            let own = entry.as_ref().map(|entry| entry.key.clone());
            let (key, when) = (own.unwrap_or_else(|| self.key()), When::Always);
            return Ok(Operation::Delete { key, when });
        }
        let (bytes, key, when) = match (task, entry) {
            (Task::Mark(key), _) => return Ok(Operation::mark(key, policy.logout_mark)),
            (Task::Delete(key), _) => {
                let when = When::Always;
                return Ok(Operation::Delete { key, when });
            }
            (Task::DeleteUnchanged { key, version, .. }, _) => {
                let when = unless_changed(policy, version, When::Always);
                return Ok(Operation::Delete { key, when });
            }
            (Task::Reread { key, .. }, _) => return Ok(Operation::Load { key }),
            (Task::Touch, Some(entry)) => {
                let key = entry.key.clone();
                match format.touch(&self.data, &entry.bytes, ttl, now) {
                    Touch::Entry => return Ok(Operation::Touch { key, ttl }),
                    // Still asked: a session that is gone gets no cookie.
                    Touch::Nothing => return Ok(Operation::Touch { key, ttl: None }),
                    Touch::Rewrite(bytes) => (bytes, key, When::Unchanged(entry.version.clone())),
                }
            }
            (Task::Rename, Some(entry)) => {
                return Ok(Operation::Rename {
                    from: entry.key.clone(),
                    to: self.key(),
                    bytes: format.write(&self.data, Some(&entry.bytes), ttl, now)?,
                    ttl,
                    version: entry.version.clone(),
                });
            }
            (Task::Update, Some(entry)) => (
                format.write(&self.data, Some(&entry.bytes), ttl, now)?,
                entry.key.clone(),
                unless_changed(policy, entry.version.clone(), When::Present),
            ),
            (task, entry) => (
                format.write(
                    &self.data,
                    entry.as_ref().map(|entry| &entry.bytes),
                    ttl,
                    now,
                )?,
                self.key(),
                match (task, &self.created) {
                    // Others know the id of a session that moves.
                    (Task::Overwrite, Some(version)) if self.stored.former.is_none() => {
                        unless_changed(policy, version.clone(), When::Present)
                    }
                    // Somebody may have logged out since.
                    (Task::Overwrite, _) => When::Present,
                    _ => When::Absent,
                },
            ),
        };
        self.sent = bytes.clone();
        Ok(Operation::Save {
            key,
            bytes,
            ttl,
            when,
            is_once: self.data.may_count(),
        })
    }

    /// Returns the key under which the session is written.
    fn key(&self) -> String {
        let id = self.stored.id.as_deref().unwrap_or_default();
        let keys = self.stored.format.keys(id);
        keys.into_iter().next().unwrap_or_default()
    }

    /// Ends the commit of a session that is gone: nothing is written, and no cookie is set.
    fn give_up(&mut self) {
        self.todo.clear();
        self.cookies = Commit::Keep;
    }

    fn take(&mut self, policy: &Policy, task: Task, answer: Answer) -> Result<(), Error> {
        match (task, answer) {
            (Task::Create | Task::Overwrite, Answer::Saved(Saved::Done(version))) => {
                (self.is_created, self.created) = (true, version);
            }
            // Even if the bytes are equal: two users never share a session.
            (Task::Create, Answer::Saved(Saved::Conflict(_)))
                if self.stored.entry.is_none() && !self.keeps_id =>
            {
                self.take_other_id(policy)?;
                self.todo.push_front(Task::Create);
            }
            (Task::Update, Answer::Saved(Saved::Done(version))) => {
                self.has_written(policy, version);
            }
            // The session is under its present key, and under no other.
            (Task::Rename, Answer::Saved(Saved::Done(_))) => self.todo.clear(),
            // One that was not moved was changed, moved or ended meanwhile: the next operations learn that.
            (Task::Rename | Task::Delete(_) | Task::Mark(_), _)
            | (_, Answer::Saved(Saved::Done(_)) | Answer::Found(true)) => {}
            (Task::DeleteUnchanged { key, why, .. }, _) => {
                self.todo.push_front(Task::Reread { key, why });
            }
            (Task::Reread { key, why }, Answer::Loaded(entry)) => {
                self.reread(policy, key, why, entry)?;
            }
            (task, Answer::Saved(Saved::Conflict(entry))) => {
                if matches!(task, Task::Create) {
                    // Who moved the session deletes its older entry: to that request a deletion by
                    // anybody else is a logout.
                    self.todo.retain(|task| {
                        !matches!(
                            task,
                            Task::DeleteUnchanged {
                                why: Why::IsMoved,
                                ..
                            }
                        )
                    });
                }
                // Equal bytes are this commit's own, whose answer was lost; or their writer extended
                // the session's life. Two requests that count make the same bytes of the same value.
                if matches!(task, Task::Touch) {
                } else if entry.bytes != self.sent || self.data.may_count() {
                    self.conflict(policy, &task, entry)?;
                } else if matches!(task, Task::Update) {
                    self.has_written(policy, Some(entry.version));
                } else {
                    self.created = Some(entry.version);
                }
            }
            (
                _,
                Answer::Found(false)
                | Answer::Saved(Saved::Gone)
                | Answer::Loaded(_)
                | Answer::Marked,
            ) => {
                self.give_up();
            }
        }
        Ok(())
    }

    /// Gives a new session another id in place of one that the store already has, in its cookie
    /// too.
    fn take_other_id(&mut self, policy: &Policy) -> Result<(), Error> {
        self.taken_ids += 1;
        if self.taken_ids == MOST_IDS {
            let name = policy.name.clone();
            return Err(Error::TakenIds { name });
        }
        let format = &self.stored.format;
        let id = format.new_id()?;
        if let Commit::Set(cookies) = &mut self.cookies
            && let Some(cookie) = cookies.first_mut()
        {
            *cookie = cookie.with_value(format.cookie_of_id(&id)?.as_bytes());
        }
        self.stored.id = Some(id);
        Ok(())
    }

    /// Handles an entry that somebody else wrote in the same place.
    fn conflict(&mut self, policy: &Policy, task: &Task, entry: Entry) -> Result<(), Error> {
        self.have_patience(policy)?;
        self.queue_again();
        let key = match (task, &self.stored.entry) {
            (Task::Update, Some(own)) => own.key.clone(),
            _ => self.key(),
        };
        if self.rebase(policy, key, entry)? {
            self.todo.push_front(Task::Update);
        }
        Ok(())
    }

    /// Decides about a changed entry that was to be deleted, by its present content.
    pub(super) fn reread(
        &mut self,
        policy: &Policy,
        key: String,
        why: Why,
        entry: Option<Entry>,
    ) -> Result<(), Error> {
        let Some(entry) = entry else {
            if let Some(Task::Delete(present)) = self.todo.front() {
                // Another request moved the session from its older key, or ended it.
                let key = present.clone();
                self.todo.pop_front();
                self.todo.push_front(Task::Reread { key, why });
                return Ok(());
            }
            match why {
                // A logout came between: the entry that this request wrote is deleted as well.
                Why::HasNewId | Why::IsMoved if self.is_created => {
                    let key = self.key();
                    self.give_up();
                    self.todo.push_back(Task::Delete(key));
                }
                // Its cookie is gone too, or the browser has that of another session by now.
                Why::IsEmpty => self.cookies = Commit::Keep,
                Why::HasNewId | Why::IsMoved => {}
            }
            return Ok(());
        };
        self.have_patience(policy)?;
        self.queue_for_deletion();
        let version = entry.version.clone();
        match why {
            Why::IsEmpty => {
                if self.rebase(policy, key.clone(), entry)? {
                    let task = if self.data.is_empty() {
                        Task::DeleteUnchanged { key, version, why }
                    } else {
                        // The cookie to be removed belongs to a session that lives.
                        self.cookies = Commit::Keep;
                        self.todo.clear();
                        Task::Update
                    };
                    self.todo.push_front(task);
                }
            }
            Why::HasNewId | Why::IsMoved => {
                // The entry under the present key takes over the changes made meanwhile.
                let own = self.stored.entry.take();
                let before = own.as_ref().filter(|own| own.key == key);
                let older = before.map(|own| [own.bytes.clone(), entry.bytes.clone()]);
                self.older = None;
                if self.rebase(policy, key.clone(), entry)? {
                    self.stored.entry = own;
                    self.older = older;
                    self.todo
                        .push_front(Task::DeleteUnchanged { key, version, why });
                    self.todo.push_front(Task::Overwrite);
                }
            }
        }
        Ok(())
    }

    /// Returns the deletion of what this commit wrote under a new id, which no browser got: for a
    /// commit that failed afterwards.
    pub(super) fn undo_renewal(&self) -> Option<Operation> {
        let former = self.stored.former.as_ref();
        former.filter(|former| !former.is_first)?;
        self.undo()
    }

    pub(super) fn have_patience(&mut self, policy: &Policy) -> Result<(), Error> {
        self.tries += 1;
        if policy.now() - self.began > PATIENCE || self.tries > MOST_TRIES {
            let name = policy.name.clone();
            return Err(Error::BusySession { name });
        }
        Ok(())
    }

    /// Applies what somebody changed under the older key, since this request loaded the session
    /// there, to what somebody else wrote under the present one.
    fn carry_older_changes(&mut self, fresh: &mut SessionData) -> Result<(), Error> {
        // Both had not ended when this commit began, and their own times do not count any more.
        let (format, now) = (&self.stored.format, self.began);
        if let Some([before, after]) = self.older.take()
            && let ReadEntry::Session(before) = format.read(&before, now)
            && let ReadEntry::Session(after) = format.read(&after, now)
        {
            fresh.apply_difference(&before, &after)?;
        }
        Ok(())
    }

    /// Applies this request's changes to an entry that somebody else wrote. Returns `false` if that
    /// entry has expired.
    pub(super) fn rebase(
        &mut self,
        policy: &Policy,
        key: String,
        entry: Entry,
    ) -> Result<bool, Error> {
        let Entry { bytes, version } = entry;
        match self.stored.format.read(&bytes, policy.now()) {
            ReadEntry::Session(mut fresh) => {
                self.carry_older_changes(&mut fresh)?;
                self.data.rebase_onto(&mut fresh)?;
                self.data = fresh;
                let loaded = self.stored.entry.as_ref();
                self.before = self.before.take().or_else(|| Some(loaded?.bytes.clone()));
            }
            ReadEntry::Expired => {
                self.give_up();
                return Ok(false);
            }
            ReadEntry::Unreadable => return Err(policy.unreadable_session(None)),
            ReadEntry::Foreign(reason) => return Err(policy.unreadable_session(Some(reason))),
        }
        self.stored.entry = Some(StoredEntry {
            key,
            bytes,
            version,
        });
        Ok(true)
    }
}

/// Returns the condition of an operation: under `Overwrite` without a lock it ignores what others
/// wrote meanwhile.
fn unless_changed(policy: &Policy, version: Version, otherwise: When) -> When {
    match policy.conflicts {
        // A lock may have ended before its request.
        ConflictPolicy::Overwrite if policy.lock.is_none() => otherwise,
        _ => When::Unchanged(version),
    }
}
