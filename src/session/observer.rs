//! [`Observer`]: what is told of the cookies that come in.

use std::sync::Arc;

use crate::error::Refusal;
use crate::message::sealed_by::SealedBy;

/// How a cookie opened, or why it did not.
pub(crate) type Outcome = Result<SealedBy, Refusal>;

/// Hears of every sealed cookie that is read: the session of a [`CookieStore`](crate::CookieStore),
/// when a request first asks for it, and every `get` through [`SealedCookies`](crate::SealedCookies) of a
/// cookie that came with the request. Of sessions in a store it hears of a cookie that is no id.
///
/// So one knows when an older secret or format can go: when no cookie is opened by it any more.
/// It is called on the request's thread, without any lock, and has to be quick. [`Tally`](crate::observe::Tally) counts in
/// memory; `CookieMetrics` (feature `metrics`) counts for an exporter.
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
    /// A cookie opened, whatever type was asked for. The name is the one that it was asked for by,
    /// whatever it was sent as.
    fn opened(&self, cookie: &str, how: &SealedBy) {
        let _ = (cookie, how);
    }

    /// A cookie was sent that did not open (example: at the trait).
    fn refused(&self, cookie: &str, refusal: Refusal) {
        let _ = (cookie, refusal);
    }
}

impl<O: Observer + ?Sized> Observer for Arc<O> {
    fn opened(&self, cookie: &str, how: &SealedBy) {
        (**self).opened(cookie, how);
    }

    fn refused(&self, cookie: &str, refusal: Refusal) {
        (**self).refused(cookie, refusal);
    }
}
