//! [`Committing`]: what a store is asked at the end of a request, without I/O.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use time::OffsetDateTime;

use super::commit::Commit;
use super::data::SessionData;
use super::kept::{Former, Kept, Stored, StoredEntry};
use super::loaded::Loaded;
use super::on_server::Step;
use super::policy::Policy;
use super::session_format::{ReadEntry, Touch};
use super::session_store::{Answer, Entry, Operation, Saved, When};
use crate::error::Error;

/// How long a commit tries again where others write the same session.
const PATIENCE: Duration = Duration::from_secs(1);

/// The commit of one session that a store keeps: [`step`](Self::step) says what to ask the store,
/// and takes its answer. The cookies are decided before, and are not set where nothing was written.
pub(crate) struct Committing {
    data: SessionData,
    stored: Stored,
    cookies: Commit,
    todo: VecDeque<Task>,
    /// What was saved last.
    sent: Bytes,
    began_at: OffsetDateTime,
}

enum Task {
    /// Writes the session under its id, which is new.
    Create,
    /// Writes the session over the entry that was read.
    Update,
    /// Lets the entry that was read live for longer.
    Touch,
    /// Deletes an entry.
    Delete(String),
    /// Takes the entry that was found under an older key from there; where somebody else did, that
    /// is all.
    Move,
}

impl Committing {
    /// Decides what becomes of a session in a store. `None` where nothing does.
    pub(crate) fn begin(loaded: &Loaded, cookies: &Commit, policy: &Policy) -> Option<Self> {
        let Kept::OnServer(stored) = &loaded.kept else {
            return None;
        };
        let mut todo = VecDeque::new();
        match cookies {
            Commit::Keep => return None,
            Commit::Remove(_) => {
                let key = stored.entry.as_ref().map(|entry| entry.key.clone());
                todo.extend(key.map(Task::Delete));
            }
            Commit::Set(_) => match &stored.entry {
                None => todo.push_back(Task::Create),
                Some(_) if loaded.is_stale() => todo.extend([Task::Move, Task::Create]),
                Some(_) if loaded.data.is_changed() || policy.writes_unchanged(&loaded.data) => {
                    todo.push_back(Task::Update);
                }
                Some(_) => todo.push_back(Task::Touch),
            },
        }
        match &stored.former {
            Some(Former { key, is_first }) if *is_first => {
                todo.push_front(Task::Delete(key.clone()));
            }
            Some(Former { key, .. }) => todo.push_back(Task::Delete(key.clone())),
            None => {}
        }
        Some(Self {
            data: loaded.data.clone(),
            stored: (**stored).clone(),
            cookies: cookies.clone(),
            todo,
            sent: Bytes::new(),
            began_at: policy.now(),
        })
    }

    /// Takes the store's answer, `None` at the beginning, and returns what comes next.
    ///
    /// # Errors
    /// What the format cannot write, an id that no randomness makes, an entry that became
    /// unreadable, and [`Error::BusySession`].
    pub(crate) fn step(
        &mut self,
        policy: &Policy,
        answer: Option<Answer>,
    ) -> Result<Step<Commit>, Error> {
        if let Some(answer) = answer
            && !self.take(policy, answer)?
        {
            // Whoever took the session away decides; its cookie is another's by now.
            return Ok(Step::Done(Commit::Keep));
        }
        match self.todo.front() {
            None => Ok(Step::Done(std::mem::replace(
                &mut self.cookies,
                Commit::Keep,
            ))),
            Some(task) => self.operation(policy, task).map(|(operation, sent)| {
                self.sent = sent;
                Step::Run(operation)
            }),
        }
    }

    fn operation(&self, policy: &Policy, task: &Task) -> Result<(Operation, Bytes), Error> {
        let (ttl, now) = (policy.time_to_live(&self.data), policy.now());
        let Stored { format, entry, .. } = &self.stored;
        let previous = entry.as_ref().map(|entry| &entry.bytes);
        let save = |key, bytes: Bytes, when| {
            let save = Operation::Save {
                key,
                bytes: bytes.clone(),
                ttl,
                when,
            };
            (save, bytes)
        };
        Ok(match (task, entry) {
            (Task::Delete(key), _) => {
                let (key, when) = (key.clone(), When::Always);
                (Operation::Delete { key, when }, Bytes::new())
            }
            (Task::Move, Some(StoredEntry { key, version, .. })) => {
                let (key, when) = (key.clone(), When::Unchanged(version.clone()));
                (Operation::Delete { key, when }, Bytes::new())
            }
            (
                Task::Touch,
                Some(StoredEntry {
                    key,
                    bytes,
                    version,
                }),
            ) => {
                match format.touch(&self.data, bytes, ttl, now) {
                    Touch::Rewrite(bytes) => {
                        save(key.clone(), bytes, When::Unchanged(version.clone()))
                    }
                    // Without a time to live there is nothing to prolong, and the answer is the same.
                    Touch::Entry | Touch::Nothing => (
                        Operation::Touch {
                            key: key.clone(),
                            ttl,
                        },
                        Bytes::new(),
                    ),
                }
            }
            (Task::Update, Some(StoredEntry { key, version, .. })) => {
                let bytes = format.write(&self.data, previous, ttl, now)?;
                save(key.clone(), bytes, When::Unchanged(version.clone()))
            }
            (Task::Create | Task::Move | Task::Touch | Task::Update, _) => {
                let bytes = format.write(&self.data, previous, ttl, now)?;
                let id = self.stored.id.as_deref().unwrap_or_default();
                let key = format.keys(id).into_iter().next().unwrap_or_default();
                save(key, bytes, When::Absent)
            }
        })
    }

    /// Takes the answer to the first task. Returns `false` where the session is gone.
    fn take(&mut self, policy: &Policy, answer: Answer) -> Result<bool, Error> {
        let Some(task) = self.todo.pop_front() else {
            return Ok(true);
        };
        match (task, answer) {
            (Task::Delete(_), _) | (_, Answer::Saved(Saved::Done(_))) => Ok(true),
            (_, Answer::Found(is_there)) => Ok(is_there),
            (task, Answer::Saved(Saved::Conflict(entry))) => {
                if entry.bytes == self.sent {
                    // Our own, whose answer was lost.
                    return Ok(true);
                }
                if matches!(task, Task::Touch) {
                    // Whoever wrote it prolonged it.
                    return Ok(true);
                }
                if policy.now() - self.began_at > PATIENCE {
                    let name = policy.name.clone();
                    return Err(Error::BusySession { name });
                }
                self.rebase(policy, &task, entry)
            }
            (_, Answer::Saved(Saved::Gone) | Answer::Loaded(_)) => Ok(false),
        }
    }

    /// Puts the changes of this request on what somebody else wrote meanwhile, to be saved again.
    fn rebase(&mut self, policy: &Policy, task: &Task, entry: Entry) -> Result<bool, Error> {
        if let Some(own) = &mut self.stored.entry
            && matches!(task, Task::Update)
        {
            match self.stored.format.read(&entry.bytes, policy.now()) {
                ReadEntry::Session(mut fresh) => {
                    std::mem::take(&mut self.data).rebase_onto(&mut fresh);
                    self.data = fresh;
                }
                ReadEntry::Expired => return Ok(false),
                ReadEntry::Unreadable => {
                    let name = policy.name.clone();
                    return Err(Error::UnreadableSession { name });
                }
            }
            own.bytes = entry.bytes;
            own.version = entry.version;
            self.todo.push_front(Task::Update);
            return Ok(true);
        }
        // An id that somebody has already, which is not overwritten.
        let name = policy.name.clone();
        Err(Error::BusySession { name })
    }
}
