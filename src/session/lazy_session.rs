//! [`LazySession`]: the session of a request, before it is loaded.

use std::sync::Arc;

use super::commit::Commit;
use super::context::{Context, Finish};
use super::cookies::Cookies;
use super::handle::Session;
use super::on_server::ServerSessions;
use super::origin::RequestOrigin;
use crate::error::Error;

/// The session of a request before it is loaded, in the request's extensions.
///
/// A middleware puts it there. A request that never loads the session costs the store nothing.
///
/// The extractors of axum and actix-web load the session. For a request with a long body (an
/// upload), take a `LazySession` itself, and load it after the body.
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
/// // What a middleware does for a request that brings no cookie ...
/// let lazy = LazySession::open(&sessions, "", RequestOrigin::default());
/// // ... what the handler does ...
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
    /// Opens the session of a request, and reads nothing yet.
    ///
    /// `header` is the request's header `Cookie`, which may be empty.
    #[must_use]
    pub fn open(
        sessions: &Arc<ServerSessions>,
        cookie_header: impl AsRef<[u8]> + Send + Sync + 'static,
        origin: RequestOrigin,
    ) -> Self {
        Self(Context::new(sessions.clone(), cookie_header, origin))
    }

    /// Loads the session from its store; loading again returns the same session.
    ///
    /// A session in a cookie needs no waiting: it is opened on first use.
    ///
    /// # Errors
    /// [`Error::Store`] if the store could not answer, and [`Error::UnreadableSession`] if the
    /// entry is not a session of this format.
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
    /// Call it in your own middleware, before the response headers are sent.
    ///
    /// # Errors
    /// As [`Session::commit`] if the session cannot be written. With a store also
    /// [`Error::BusySession`], [`Error::UnreadableSession`] and [`Error::Store`]; after
    /// [`Error::Store`] it is unknown whether the session was written.
    pub async fn commit(&self, status: u16) -> Result<Commit, Error> {
        match self.0.finish(status) {
            Finish::Done(outcome) => outcome,
            Finish::Running(running) => running.await,
        }
    }

    /// Returns the session if no loading is needed; for code that cannot wait.
    ///
    /// A session needs no loading if its cookie holds it, or if it was loaded before.
    #[must_use]
    pub fn loaded(&self) -> Option<Session> {
        self.0.is_loaded().then(|| Session(self.0.clone()))
    }
}

/// A session that was opened by hand, for a request's extensions.
impl From<Session> for LazySession {
    fn from(session: Session) -> Self {
        Self(session.0)
    }
}
