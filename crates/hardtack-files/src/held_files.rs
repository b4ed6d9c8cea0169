//! [`HeldFiles`]: files whose lock a request holds from its load to its commit, as PHP does.
//!
//! hardtack's [`SessionLock`](hardtack::stores::SessionLock) is an entry beside the session's, under
//! the key with `:lock` behind it. PHP would not see such an entry: here it is the lock of the
//! session's own file, and no entry is written.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use hardtack::stores::{Entry, Version, When};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::session_file::SessionFile;

/// The longest time for which a file is held: tokio's clock does not reach much further.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The files that are held, by the keys of their sessions.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeldFiles(Arc<Held>);

type Held = Mutex<HashMap<String, HeldFile>>;

#[derive(Debug)]
struct HeldFile {
    /// The operations of this process on the file run one after the other.
    file: Arc<Mutex<SessionFile>>,
    /// The bytes that the entry of the lock would have.
    token: Bytes,
    /// Releases the lock at the end of its time, if nobody has.
    end: JoinHandle<()>,
}

/// Returns the key of the session whose lock has this key; `None` for a key that is no lock's.
pub(crate) fn locked_key(key: &str) -> Option<&str> {
    key.strip_suffix(":lock")
}

impl HeldFiles {
    /// Holds a file, which this process has locked, until it is released or the time has passed.
    pub(crate) fn hold(&self, key: &str, token: Bytes, file: SessionFile, time: Duration) {
        let (held, of) = (Arc::downgrade(&self.0), key.to_owned());
        let ended = token.clone();
        let end = tokio::spawn(async move {
            sleep(time.min(LONGEST)).await;
            if let Some(held) = Weak::upgrade(&held) {
                let _ = Self(held).release(&of, &When::Unchanged(Version::new(ended)));
            }
        });
        let file = HeldFile {
            file: Arc::new(Mutex::new(file)),
            token,
            end,
        };
        let former = self.held().insert(key.to_owned(), file);
        drop(former);
    }

    /// Releases the lock of a file if `when` allows it; returns `false` if nothing was released.
    pub(crate) fn release(&self, key: &str, when: &When) -> bool {
        let mut held = self.held();
        let may = held.get(key).is_some_and(|held| match when {
            When::Absent => false,
            When::Present | When::Always => true,
            When::Unchanged(version) => held.token == version.as_bytes(),
        });
        let released = if may { held.remove(key) } else { None };
        // The file is closed without the lock of the map.
        drop(held);
        released.is_some()
    }

    /// Returns the file of a session, if it is held.
    pub(crate) fn file(&self, key: &str) -> Option<Arc<Mutex<SessionFile>>> {
        let held = self.held();
        held.get(key).map(|held| Arc::clone(&held.file))
    }

    /// Returns what the entry of a lock would be, if the file is held.
    pub(crate) fn entry(&self, key: &str) -> Option<Entry> {
        let held = self.held();
        held.get(key).map(|held| Entry {
            bytes: held.token.clone(),
            version: Version::new(held.token.clone()),
        })
    }

    fn held(&self) -> MutexGuard<'_, HashMap<String, HeldFile>> {
        // Nothing in here panics halfway.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for HeldFile {
    fn drop(&mut self) {
        self.end.abort();
    }
}
