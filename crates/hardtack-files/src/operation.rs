//! [`Operation`]: what is done with one file, on a thread that may wait for the disk.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use hardtack::stores::{Entry, Saved, Version, When};

use crate::failure::Failure;
use crate::save_path::{SavePath, folder_of};
use crate::session_file::{Kind, SessionFile};

/// The number of times in a row that a file may be deleted between opening and locking it, before
/// that counts as a lock of another one.
const MOST_DELETED: u32 = 16;

/// An operation on the file of a key.
#[derive(Clone)]
pub(crate) struct Operation {
    pub(crate) save_path: Arc<SavePath>,
    pub(crate) path: PathBuf,
    /// The longest content, in bytes.
    pub(crate) most: u64,
    /// The file, if a request of this process holds its lock.
    pub(crate) held: Option<Arc<Mutex<SessionFile>>>,
    pub(crate) what: What,
}

#[derive(Clone)]
pub(crate) enum What {
    Load,
    Save { bytes: Bytes, when: When },
    Touch,
    Delete { when: When },
}

#[derive(Debug)]
pub(crate) enum Answer {
    Loaded(Option<Entry>),
    Saved(Saved),
    /// Says whether a file was touched or deleted.
    Found(bool),
}

/// The outcome of one attempt.
#[derive(Debug)]
pub(crate) enum Attempt<T> {
    Done(T),
    /// Another one holds the lock of the file: nothing was done.
    Locked,
}

/// Opens a file and tries to lock it, without waiting; `None` if there is no file.
pub(crate) fn lock(
    kind: Kind,
    open: impl Fn() -> Result<Option<SessionFile>, Failure>,
) -> Result<Attempt<Option<SessionFile>>, Failure> {
    for _ in 0..MOST_DELETED {
        let Some(mut file) = open()? else {
            return Ok(Attempt::Done(None));
        };
        if !file.try_lock(kind)? {
            return Ok(Attempt::Locked);
        }
        if file.is_current()? {
            return Ok(Attempt::Done(Some(file)));
        }
    }
    Ok(Attempt::Locked)
}

impl Operation {
    /// Tries once, without waiting for a lock.
    pub(crate) fn attempt(&self) -> Result<Attempt<Answer>, Failure> {
        // The time is set without the lock: PHP may hold it long after the session was read.
        if matches!(self.what, What::Touch) {
            let Some(file) = self.open()? else {
                return Ok(Attempt::Done(Answer::Found(false)));
            };
            file.touch()?;
            return Ok(Attempt::Done(Answer::Found(file.is_current()?)));
        }
        if let Some(held) = &self.held {
            let file = held.lock().unwrap_or_else(PoisonError::into_inner);
            if file.is_current()? {
                return self.run(&file).map(Attempt::Done);
            }
        }
        let kind = match self.what {
            What::Load => Kind::Shared,
            _ => Kind::Exclusive,
        };
        Ok(match lock(kind, || self.open())? {
            Attempt::Done(Some(file)) => Attempt::Done(self.run(&file)?),
            Attempt::Done(None) => Attempt::Done(self.without_file()?),
            Attempt::Locked => Attempt::Locked,
        })
    }

    fn open(&self) -> Result<Option<SessionFile>, Failure> {
        let creates = matches!(
            &self.what,
            What::Save {
                when: When::Absent | When::Always,
                ..
            }
        );
        if creates {
            SessionFile::open_or_create(&self.save_path, self.path.clone()).map(Some)
        } else {
            SessionFile::open(&self.save_path, self.path.clone())
        }
    }

    fn without_file(&self) -> Result<Answer, Failure> {
        Ok(match self.what {
            What::Load => Answer::Loaded(None),
            // A session that was read there did not end: its folder was taken away.
            What::Save { .. } if !folder_of(&self.path).is_dir() => {
                return Err(Failure::no_level(&self.save_path.folder));
            }
            What::Save { .. } => Answer::Saved(Saved::Gone),
            What::Touch | What::Delete { .. } => Answer::Found(false),
        })
    }

    /// Runs the operation on a file that is locked by this process.
    fn run(&self, file: &SessionFile) -> Result<Answer, Failure> {
        Ok(match &self.what {
            What::Load => Answer::Loaded(Some(entry(file.read(self.most)?))),
            What::Save { bytes, when } => Answer::Saved(self.save(file, bytes, when)?),
            What::Touch => {
                file.touch()?;
                Answer::Found(true)
            }
            What::Delete { when } => {
                let may = match when {
                    When::Absent => false,
                    When::Present | When::Always => true,
                    When::Unchanged(version) => file.read(self.most)? == version.as_bytes(),
                };
                if may {
                    file.delete()?;
                }
                Answer::Found(may)
            }
        })
    }

    fn save(&self, file: &SessionFile, bytes: &Bytes, when: &When) -> Result<Saved, Failure> {
        // One that is too long is replaced where nobody asks for its content.
        let former = match when {
            When::Present | When::Always if file.length()? > self.most => None,
            _ => Some(file.read(self.most)?),
        };
        let there = former.clone().unwrap_or_default();
        let is_allowed = match when {
            // PHP creates an empty file when it begins a session, and a crash may leave one.
            When::Absent => there.is_empty(),
            When::Present | When::Always => true,
            When::Unchanged(version) => there == version.as_bytes(),
        };
        if !is_allowed {
            return Ok(Saved::Conflict(entry(there)));
        }
        file.replace(former.as_deref(), bytes)?;
        Ok(Saved::Done(Some(Version::new(bytes.clone()))))
    }
}

fn entry(bytes: Bytes) -> Entry {
    Entry {
        version: Version::new(bytes.clone()),
        bytes,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::fs;

    use super::*;

    /// The race itself: between opening a file and locking it, its holder deletes it.
    #[test]
    fn the_lock_of_a_file_that_was_deleted_meanwhile_is_not_taken() {
        let folder = std::env::temp_dir();
        let folder = folder.join(format!("hardtack-files-lock-{}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        let path = folder.join("sess_abc");
        let save_path = SavePath::parse(folder.to_str().unwrap()).unwrap();
        let mut count = 0;
        // The number of times that it happens, and whether there is another file then.
        for (times, is_replaced) in [(0, true), (1, true), (3, true), (1, false), (99, true)] {
            fs::write(&path, "0").unwrap();
            let opened = Cell::new(0);
            let locked = lock(Kind::Exclusive, || {
                let file = SessionFile::open(&save_path, path.clone())?;
                if opened.get() < times {
                    opened.set(opened.get() + 1);
                    fs::remove_file(&path).unwrap();
                    if is_replaced {
                        fs::write(&path, opened.get().to_string()).unwrap();
                    }
                }
                Ok(file)
            });
            match locked.unwrap() {
                Attempt::Done(Some(file)) => {
                    assert!(is_replaced && times < 99);
                    assert_eq!(file.read(9).unwrap(), times.to_string());
                }
                Attempt::Done(None) => assert!(!is_replaced),
                Attempt::Locked => assert_eq!(times, 99),
            }
            count += 1;
        }
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(count, 5);
    }
}
