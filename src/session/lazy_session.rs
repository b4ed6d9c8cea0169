//! [`LazySession`]: the session of a request, before it is loaded.

use std::sync::Arc;

use super::commit::Commit;
use super::context::{Context, Finish};
use super::cookies::Cookies;
use super::handle::Session;
use super::origin::RequestOrigin;
use super::place::Place;
use super::sessions::Sessions;
use crate::error::Error;

/// The session of a request before it is loaded, in the request's extensions.
///
/// A middleware inserts it. If a request never loads the session, the store is not used.
///
/// The extractors of axum and actix-web load the session. For a request with a long body (an
/// upload), take a `LazySession` instead, and load it after you have read the body.
///
/// ```
/// use std::sync::Arc;
/// use hardtack::stores::{MemoryStore, StoredJson};
/// use hardtack::{Commit, LazySession, RequestOrigin, ServerSessions};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), hardtack::Error> {
/// let sessions = Arc::new(ServerSessions::new(StoredJson, MemoryStore::new(), "_session_id"));
///
/// // The middleware, for a request without a cookie ...
/// let lazy = LazySession::open(&sessions, "", RequestOrigin::default());
/// // ... the handler ...
/// let session = lazy.load().await?;
/// session.insert("user_id", 42)?;
/// // ... and the middleware after it.
/// let Commit::Set(cookies) = lazy.commit(200).await? else { panic!() };
///
/// let header = format!("_session_id={}", cookies[0].escaped_value());
/// let next = LazySession::open(&sessions, header, RequestOrigin::default());
/// assert_eq!(next.load().await?.get::<u32>("user_id")?, Some(42));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct LazySession(pub(crate) Context);

impl LazySession {
    /// Creates the lazy session of a request; reads nothing yet.
    ///
    /// `cookie_header` is the request's `Cookie` header, which may be empty.
    #[must_use]
    pub fn open<P: Place>(
        sessions: &Arc<Sessions<P>>,
        cookie_header: impl AsRef<[u8]> + Send + Sync + 'static,
        origin: RequestOrigin,
    ) -> Self {
        Self(Context::new(sessions.clone(), cookie_header, origin))
    }

    /// Loads the session from its store; loading again returns the same session.
    ///
    /// For a session in a cookie it returns at once: the cookie is opened on first use.
    ///
    /// # Errors
    /// [`Error::Store`] if the store could not answer, [`Error::UnreadableSession`] if the entry is
    /// not a session of this format, and [`Error::LockedSession`] if another request held the
    /// session's [`SessionLock`](crate::stores::SessionLock) for too long.
    pub async fn load(&self) -> Result<Session, Error> {
        self.0.load().await?;
        Ok(Session(self.0.clone()))
    }

    /// Returns the request's other cookies, and those that its response sets, without loading the
    /// session.
    #[must_use]
    pub fn cookies(&self) -> Cookies {
        Cookies(self.0.clone())
    }

    /// Commits the session with a response of this status, and returns the cookies to set.
    ///
    /// Call it in your own middleware, before the response headers are sent. If it is dropped while
    /// the store works, [`finish_commits`](crate::ServerSessions::finish_commits) decides what
    /// happens. Once it was polled, poll it to its end or drop it: until then other savers of the
    /// session wait, for a second at most.
    ///
    /// # Errors
    /// As [`Session::commit`] if the session cannot be written. With a store also the errors of
    /// [`Session::update_key`] if a closure fails on the value that another request saved,
    /// [`Error::BusySession`], [`Error::UnreadableSession`], [`Error::TakenIds`] and
    /// [`Error::Store`]; after [`Error::Store`] it is unknown whether the session was written.
    pub async fn commit(&self, status: u16) -> Result<Commit, Error> {
        match self.0.finish(status) {
            Finish::Done(outcome) => outcome,
            Finish::Running(running) => running.await,
        }
    }

    /// Returns the session if it needs no loading; for code that cannot await.
    ///
    /// A session needs no loading if its cookie holds it, or if it was loaded before.
    #[must_use]
    pub fn loaded(&self) -> Option<Session> {
        self.0.is_loaded().then(|| Session(self.0.clone()))
    }
}

/// Converts a session that you opened yourself, for a request's extensions.
impl From<Session> for LazySession {
    fn from(session: Session) -> Self {
        Self(session.0)
    }
}
