//! [`SessionLock`]: the requests of one session run one after the other.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// PHP's own `max_execution_time`, for which its stores hold a lock.
const HOLD: Duration = Duration::from_secs(30);
const WAIT: Duration = Duration::from_secs(10);

/// The first pause between two attempts; each is twice the one before, up to the last one.
const PAUSES: (Duration, Duration) = (Duration::from_millis(4), Duration::from_millis(128));

/// Lets the requests of one session run one after the other, as PHP does: in this process and in
/// all others that lock their sessions in the same store.
///
/// A request takes the lock when it loads its session, and holds it until the session is committed;
/// a request that does not ask for its session takes none. So `get` and `insert` count exactly
/// without [`Session::update_key`](crate::Session::update_key), and a page that sends ten requests
/// gets ten answers one after the other. Prefer [`ConflictPolicy::Merge`] without a lock if the
/// handlers do not depend on it: that saves two commands in each request, and nobody waits.
///
/// The lock is an entry of the store beside the session's
/// ([`SessionFormat::lock_key`](crate::stores::SessionFormat::lock_key)). A request that is dropped
/// before its commit releases it where [`finish_commits`](crate::ServerSessions::finish_commits)
/// gives the sessions a runtime; otherwise, and after a crash, the lock ends by its own time. A
/// request that lasted longer than the lock does not overwrite what others wrote: its changes are
/// applied to that, as under [`ConflictPolicy::Merge`]. A framework that takes no such lock does
/// not wait for it.
///
/// ```
/// use std::time::Duration;
///
/// use hardtack::ServerSessions;
/// use hardtack::stores::{MemoryStore, SessionLock, StoredJson};
///
/// // hardtack starts no runtime: it waits by the app's own timer.
/// let lock = SessionLock::new(tokio::time::sleep).wait(Duration::from_secs(5));
/// let sessions = ServerSessions::new(StoredJson, MemoryStore::new(), "_session_id")
///     .lock(lock)
///     .finish_commits(|commit| {
///         tokio::spawn(commit);
///     });
/// ```
///
/// [`ConflictPolicy::Merge`]: crate::stores::ConflictPolicy::Merge
#[derive(Clone)]
pub struct SessionLock {
    sleep: Sleep,
    wait: Duration,
    hold: Duration,
}

type Sleep = Arc<dyn Fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

impl SessionLock {
    /// Creates a lock that waits for 10 s at most, and is held for 30 s at most.
    ///
    /// `sleep` returns a future that ends after a time, such as `tokio::time::sleep`.
    #[must_use]
    pub fn new<S>(sleep: impl Fn(Duration) -> S + Send + Sync + 'static) -> Self
    where
        S: Future<Output = ()> + Send + 'static,
    {
        Self {
            sleep: Arc::new(move |time| Box::pin(sleep(time))),
            wait: WAIT,
            hold: HOLD,
        }
    }

    /// Sets how long a request waits for the lock; then its load is
    /// [`Error::LockedSession`](crate::Error::LockedSession).
    ///
    /// The time of the store's own operations is not counted.
    #[must_use]
    pub fn wait(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// Sets when the lock ends if nobody releases it. It should be longer than any request.
    #[must_use]
    pub fn hold(mut self, hold: Duration) -> Self {
        self.hold = hold;
        self
    }

    /// Returns the pause before the next look, in a wait that has lasted for a time; `None` if the
    /// wait is over. `byte` is random: those who wait look at different times.
    pub(super) fn pause(&self, waited: Duration, looks: u32, byte: u8) -> Option<Duration> {
        let rest = self
            .wait
            .checked_sub(waited)
            .filter(|rest| !rest.is_zero())?;
        let most = (PAUSES.0 * 2_u32.saturating_pow(looks)).min(PAUSES.1);
        Some((most * (4 + u32::from(byte % 4)) / 8).min(rest))
    }

    pub(super) async fn sleep(&self, time: Duration) {
        (self.sleep)(time).await;
    }

    /// Returns the time after which the lock ends by itself.
    pub(super) fn longest(&self) -> Duration {
        self.hold
    }
}

impl fmt::Debug for SessionLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionLock")
            .field("wait", &self.wait)
            .field("hold", &self.hold)
            .finish_non_exhaustive()
    }
}
