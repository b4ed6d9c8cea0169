//! [`Threads`]: work on files within a time limit, on the runtime's threads for it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, timeout_at};

use crate::failure::Failure;
use crate::operation::Attempt;

/// The number of threads that a store takes at most, of the 512 that tokio has by default: a disk
/// that hangs stops the sessions, and not the rest of the app.
const MOST: usize = 64;

/// The first pause between two attempts at a lock; each is twice the one before, up to the last.
const PAUSES: (Duration, Duration) = (Duration::from_micros(500), Duration::from_millis(8));

/// The longest time limit: tokio's clock does not reach much further.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Runs work on the files of a folder.
#[derive(Clone)]
pub(crate) struct Threads {
    folder: Arc<PathBuf>,
    free: Arc<Semaphore>,
    limit: Duration,
}

impl Threads {
    pub(crate) fn new(folder: &Path, limit: Duration) -> Self {
        Self {
            folder: Arc::new(folder.to_owned()),
            free: Arc::new(Semaphore::new(MOST)),
            limit,
        }
    }

    pub(crate) fn limit(&self) -> Duration {
        self.limit
    }

    pub(crate) fn set_limit(&mut self, limit: Duration) {
        self.limit = limit.min(LONGEST);
    }

    /// Tries until nobody else holds the lock of the file, or the time limit ends.
    ///
    /// Each attempt ends at once: a thread that waits for a lock itself cannot be called back, and
    /// a PHP that hangs would take all of them.
    pub(crate) async fn until_unlocked<T: Send + 'static>(
        &self,
        attempt: impl Fn() -> Result<Attempt<T>, Failure> + Clone + Send + 'static,
    ) -> Result<T, Failure> {
        let end = Instant::now() + self.limit;
        let (mut was_locked, mut pause) = (false, PAUSES.0);
        loop {
            if let Attempt::Done(answer) = self.run(end, was_locked, attempt.clone()).await? {
                return Ok(answer);
            }
            was_locked = true;
            let rest = end.saturating_duration_since(Instant::now());
            sleep(pause.min(rest)).await;
            if rest <= pause {
                return Err(Failure::locked(&self.folder, self.limit));
            }
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    /// Tries once.
    pub(crate) async fn once<T: Send + 'static>(
        &self,
        attempt: impl FnOnce() -> Result<Attempt<T>, Failure> + Send + 'static,
    ) -> Result<Attempt<T>, Failure> {
        self.run(Instant::now() + self.limit, false, attempt).await
    }

    /// Runs work on a thread. It is not begun after the end, and may go on beyond it.
    async fn run<T: Send + 'static>(
        &self,
        end: Instant,
        was_locked: bool,
        work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let late = || {
            if was_locked {
                Failure::locked(&self.folder, self.limit)
            } else {
                Failure::busy(&self.folder, self.limit)
            }
        };
        let free = timeout_at(end, Arc::clone(&self.free).acquire_owned()).await;
        let free = free.map_err(|_| late())?.map_err(|_| late())?;
        let too_late = late();
        let work = spawn_blocking(move || {
            let _free = free;
            // Nobody waits any more: a save would come after those of later requests.
            if Instant::now() >= end {
                return Err(too_late);
            }
            work()
        });
        match timeout_at(end, work).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(Failure::stopped(&self.folder)),
            Err(_) => Err(Failure::timed_out(&self.folder, self.limit, was_locked)),
        }
    }
}
