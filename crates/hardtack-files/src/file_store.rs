//! [`FileStore`]: a store of sessions in files, as PHP has them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hardtack::observe::Shown;
use hardtack::stores::{Entry, Saved, SessionStore, StoreError, Version, When};

use crate::failure::Failure;
use crate::held_files::{HeldFiles, locked_key};
use crate::operation::{Answer, Attempt, Operation, What, lock};
use crate::save_path::SavePath;
use crate::session_file::{Kind, SessionFile};
use crate::threads::Threads;

const TIME_LIMIT: Duration = Duration::from_secs(1);
const MAX_LENGTH: u64 = 1 << 20;
const MAX_LIFE: Duration = Duration::from_secs(1440);

/// The time for which a lock without a time of its own is held: PHP's `max_execution_time`.
const MOST_HELD: Duration = Duration::from_secs(30);

/// Keeps sessions in files, as PHP's handler `files` does (example: at [the crate](crate)).
#[derive(Clone)]
pub struct FileStore {
    pub(crate) save_path: Arc<SavePath>,
    pub(crate) threads: Threads,
    pub(crate) max_length: u64,
    pub(crate) max_life: Duration,
    held: HeldFiles,
}

impl FileStore {
    /// Creates a store in the folder of PHP's `session.save_path`: `DIR`, `N;DIR` or `N;MODE;DIR`.
    ///
    /// `N` is the number of folders between `DIR` and a file, each named by a character of the id:
    /// they must be there. `MODE` is the octal mode of a new file under the umask, 600 by default.
    /// Debian's PHP has `/var/lib/php/sessions`.
    ///
    /// ```
    /// use hardtack_files::FileStore;
    ///
    /// let store = FileStore::new("/var/lib/php/sessions")?;
    /// let store = FileStore::new("2;0640;/srv/sessions")?;
    /// assert!(FileStore::new("two;/srv/sessions").is_err());
    /// # Ok::<(), hardtack::stores::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// The save path is not understood, or has no folder. The folder itself is first looked at by
    /// an operation.
    pub fn new(save_path: impl AsRef<str>) -> Result<Self, StoreError> {
        let save_path = Arc::new(SavePath::parse(save_path.as_ref())?);
        Ok(Self {
            threads: Threads::new(&save_path.folder, TIME_LIMIT),
            save_path,
            max_length: MAX_LENGTH,
            max_life: MAX_LIFE,
            held: HeldFiles::default(),
        })
    }

    /// Sets how long an operation may take, waiting for a lock included; 1 s by default, at most a
    /// day.
    ///
    /// PHP holds the lock of a session for a whole request: the limit should be longer than the
    /// requests of the PHP app, and shorter than the patience of its users.
    ///
    /// ```
    /// # use hardtack_files::FileStore;
    /// use std::time::Duration;
    ///
    /// let store = FileStore::new("/var/lib/php/sessions")?.time_limit(Duration::from_secs(5));
    /// # Ok::<(), hardtack::stores::StoreError>(())
    /// ```
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.threads.set_limit(limit);
        self
    }

    /// Sets the length of the longest session, in bytes; 1 MiB by default. A longer one is neither
    /// read nor written, which is an error.
    ///
    /// ```
    /// # use hardtack_files::FileStore;
    /// let store = FileStore::new("/var/lib/php/sessions")?.max_length(64 << 10);
    /// # Ok::<(), hardtack::stores::StoreError>(())
    /// ```
    #[must_use]
    pub fn max_length(self, bytes: u64) -> Self {
        Self {
            max_length: bytes,
            ..self
        }
    }

    /// Sets `session.gc_maxlifetime`: [`sweep`](Self::sweep) deletes sessions that were not used
    /// for longer. It is 1440 s by default, as in PHP, and has no other effect.
    ///
    /// ```
    /// # use hardtack_files::FileStore;
    /// use std::time::Duration;
    ///
    /// let store = FileStore::new("/srv/sessions")?.gc_maxlifetime(Duration::from_secs(3600));
    /// # Ok::<(), hardtack::stores::StoreError>(())
    /// ```
    #[must_use]
    pub fn gc_maxlifetime(self, life: Duration) -> Self {
        Self {
            max_life: life,
            ..self
        }
    }

    /// Runs an operation on a key's file; `None` if no file can have the key.
    async fn run(&self, key: &str, what: What) -> Result<Option<Answer>, Failure> {
        let Some(path) = self.save_path.file(key)? else {
            return Ok(None);
        };
        let operation = Operation {
            save_path: Arc::clone(&self.save_path),
            path,
            most: self.max_length,
            held: self.held.file(key),
            what,
        };
        let attempt = move || operation.attempt();
        self.threads.until_unlocked(attempt).await.map(Some)
    }

    /// Locks the file of a session for a request, in place of the entry of a `SessionLock`. A
    /// session without a file needs no lock.
    async fn lock(
        &self,
        key: &str,
        token: Bytes,
        time: Option<Duration>,
        when: &When,
    ) -> Result<Saved, StoreError> {
        // Another one's time has passed, if its version is given.
        if matches!(when, When::Unchanged(_)) {
            self.held.release(key, when);
        }
        if let Some(there) = self.held.entry(key) {
            return Ok(Saved::Conflict(there));
        }
        let done = Saved::Done(Some(Version::new(token.clone())));
        let Some(path) = self.save_path.file(key)? else {
            return Ok(done);
        };
        let save_path = Arc::clone(&self.save_path);
        let open = move || SessionFile::open(&save_path, path.clone());
        let attempt = move || lock(Kind::Exclusive, open);
        match self.threads.once(attempt).await? {
            Attempt::Done(Some(file)) => {
                let time = time.unwrap_or(MOST_HELD);
                self.held.hold(key, token, file, time);
                Ok(done)
            }
            Attempt::Done(None) => Ok(done),
            // PHP has it, or another process: nobody's token.
            Attempt::Locked => Ok(Saved::Conflict(Entry {
                bytes: Bytes::new(),
                version: Version::new(Bytes::new()),
            })),
        }
    }
}

impl SessionStore for FileStore {
    async fn load(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        if let Some(key) = locked_key(key) {
            return Ok(self.held.entry(key));
        }
        match self.run(key, What::Load).await? {
            Some(Answer::Loaded(entry)) => Ok(entry),
            None => Ok(None),
            _ => Err(Failure::mixed_up().into()),
        }
    }

    async fn save(
        &self,
        key: &str,
        bytes: Bytes,
        ttl: Option<Duration>,
        when: &When,
    ) -> Result<Saved, StoreError> {
        if let Some(key) = locked_key(key) {
            return self.lock(key, bytes, ttl, when).await;
        }
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if length > self.max_length {
            let folder = &self.save_path.folder;
            return Err(Failure::too_long(folder, length, self.max_length).into());
        }
        let when = when.clone();
        match self.run(key, What::Save { bytes, when }).await? {
            Some(Answer::Saved(saved)) => Ok(saved),
            None => Err(Failure::new(
                "the key of a session is too long for the name of a file, or too short for the \
                 levels of the save path",
            )
            .into()),
            _ => Err(Failure::mixed_up().into()),
        }
    }

    async fn touch(&self, key: &str, ttl: Option<Duration>) -> Result<bool, StoreError> {
        if let Some(key) = locked_key(key) {
            return Ok(self.held.entry(key).is_some());
        }
        // Without a life the entry keeps its time.
        let Some(_) = ttl else {
            return Ok(self.load(key).await?.is_some());
        };
        match self.run(key, What::Touch).await? {
            Some(Answer::Found(is_found)) => Ok(is_found),
            None => Ok(false),
            _ => Err(Failure::mixed_up().into()),
        }
    }

    async fn delete(&self, key: &str, when: &When) -> Result<bool, StoreError> {
        if let Some(key) = locked_key(key) {
            return Ok(self.held.release(key, when));
        }
        let when = when.clone();
        match self.run(key, What::Delete { when }).await? {
            Some(Answer::Found(is_found)) => Ok(is_found),
            None => Ok(false),
            _ => Err(Failure::mixed_up().into()),
        }
    }
}

impl fmt::Debug for FileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SavePath {
            folder,
            levels,
            mode,
        } = &*self.save_path;
        f.debug_struct("FileStore")
            .field("folder", &Shown::path(folder))
            .field("levels", levels)
            .field("mode", &format_args!("{mode:o}"))
            .field("time_limit", &self.threads.limit())
            .field("max_length", &self.max_length)
            .field("gc_maxlifetime", &self.max_life)
            .finish_non_exhaustive()
    }
}
