//! [`Observer`]: hears of incoming cookies, and of the work of a store.

use std::sync::Arc;
use std::time::Duration;

use super::store_operation::{Lookup, StoreOperation, StoreOutcome};
use crate::error::Refusal;
use crate::message::sealed_by::SealedBy;

/// The way in which a cookie opened, or the reason why it did not.
pub(crate) type Outcome = Result<SealedBy, Refusal>;

/// Hears of every sealed cookie that is read, and of the work of a store of sessions.
///
/// It hears of the session of a [`CookieStore`](crate::CookieStore) when a request first asks for
/// it, and of every `get` through [`SealedCookies`](crate::SealedCookies) of a cookie that came
/// with the request. For sessions in a store it hears of cookies whose value is not an id, of the
/// ids that were looked up, and of each operation of the store.
///
/// With it you learn when an older secret or format can be removed: when it opens no more cookies.
/// Observers run on the request's thread, without any lock, and must be quick.
/// [`Tally`](crate::observe::Tally) counts in memory; `CookieMetrics` (feature `metrics`) counts
/// for an exporter.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
/// use hardtack::observe::Observer;
/// use hardtack::{CookieStore, Refusal, RequestOrigin, Session};
///
/// #[derive(Default)]
/// struct Junk(AtomicUsize);
///
/// impl Observer for Junk {
///     fn refused(&self, _cookie: &str, refusal: Refusal) {
///         if refusal == Refusal::Malformed {
///             self.0.fetch_add(1, Relaxed);
///         }
///     }
/// }
///
/// let junk = Arc::new(Junk::default());
/// let store = CookieStore::ephemeral("_shop_session")?.observer(junk.clone());
/// let session = Session::open(&Arc::new(store), "_shop_session=junk", RequestOrigin::default());
/// assert!(session.is_empty());
/// assert_eq!(junk.0.load(Relaxed), 1);
/// # Ok::<(), hardtack::Error>(())
/// ```
pub trait Observer: Send + Sync {
    /// Hears that a cookie opened, regardless of the type that was asked for.
    ///
    /// `cookie` is the name by which the app asked, even if the cookie was sent under a former
    /// name.
    fn opened(&self, cookie: &str, how: &SealedBy) {
        let _ = (cookie, how);
    }

    /// Hears that a cookie was sent and did not open (example: at the trait).
    fn refused(&self, cookie: &str, refusal: Refusal) {
        let _ = (cookie, refusal);
    }

    /// Hears whether the store has the session of a cookie's id. If the store fails, it is not
    /// called.
    fn looked_up(&self, cookie: &str, lookup: Lookup) {
        let _ = (cookie, lookup);
    }

    /// Hears that the store has answered an operation, or failed.
    ///
    /// The duration is measured by the clock of the sessions, and includes the wait for a
    /// connection. A loading may take several operations: one for each key of the id.
    fn store_answered(
        &self,
        cookie: &str,
        operation: StoreOperation,
        outcome: StoreOutcome,
        duration: Duration,
    ) {
        let _ = (cookie, operation, outcome, duration);
    }

    /// Hears that a save replaced what another request had written since the session was loaded,
    /// and under how many keys. The later save counts; equal values are no conflict.
    ///
    /// It is called once for a save, after the store has answered it. Under
    /// [`ConflictPolicy::Overwrite`](crate::stores::ConflictPolicy::Overwrite) nothing is compared,
    /// and it is not called.
    fn conflicted(&self, cookie: &str, keys: usize) {
        let _ = (cookie, keys);
    }

    /// Hears that keys of a loaded session have their former values again, and how many keys. These
    /// sessions had saved other values, and have not written the session since.
    ///
    /// A framework that writes whole sessions sets keys back if it had loaded the session before
    /// the save. Another program that sets the keys back on purpose looks the same. It is called
    /// once for a save; [the guide](crate::stores#a-key-that-is-changed-back) lists the saves that
    /// are not watched.
    fn reverted(&self, cookie: &str, keys: usize) {
        let _ = (cookie, keys);
    }
}

impl<O: Observer + ?Sized> Observer for Arc<O> {
    fn opened(&self, cookie: &str, how: &SealedBy) {
        (**self).opened(cookie, how);
    }

    fn refused(&self, cookie: &str, refusal: Refusal) {
        (**self).refused(cookie, refusal);
    }

    fn looked_up(&self, cookie: &str, lookup: Lookup) {
        (**self).looked_up(cookie, lookup);
    }

    fn store_answered(
        &self,
        cookie: &str,
        operation: StoreOperation,
        outcome: StoreOutcome,
        duration: Duration,
    ) {
        (**self).store_answered(cookie, operation, outcome, duration);
    }

    fn conflicted(&self, cookie: &str, keys: usize) {
        (**self).conflicted(cookie, keys);
    }

    fn reverted(&self, cookie: &str, keys: usize) {
        (**self).reverted(cookie, keys);
    }
}
