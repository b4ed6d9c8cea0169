//! [`LazySession`]: the session of a request, before it is loaded.

use std::sync::Arc;

use super::commit::Commit;
use super::context::{Context, Finish};
use super::cookies::Cookies;
use super::handle::Session;
use super::on_server::ServerSessions;
use super::origin::RequestOrigin;
use crate::error::Error;

/// The session of a request, before it is loaded: what a middleware puts into the request's
/// extensions. A request that never loads it costs its store nothing.
///
/// The extractors of axum and actix-web load it. Take a `LazySession` itself where the body is long
/// (an upload), and load it after that.
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
    /// Opens the session of a request that a store keeps, by the request's header `Cookie`, which
    /// may be empty. Nothing is read yet.
    #[must_use]
    pub fn open(
        sessions: &Arc<ServerSessions>,
        cookie_header: impl AsRef<[u8]> + Send + Sync + 'static,
        origin: RequestOrigin,
    ) -> Self {
        Self(Context::new(sessions.clone(), cookie_header, origin))
    }

    /// Loads the session from its store. A session in a cookie needs no waiting: it is opened when it
    /// is first used. Loading again returns the same session.
    ///
    /// # Errors
    /// [`Error::Store`] where the store cannot be reached, and [`Error::UnreadableSession`].
    pub async fn load(&self) -> Result<Session, Error> {
        self.0.load().await?;
        Ok(Session(self.0.clone()))
    }

    /// Returns the request's other cookies, and those that its response sets; for these nothing is
    /// loaded.
    #[must_use]
    pub fn cookies(&self) -> Cookies {
        Cookies(self.0.clone())
    }

    /// Commits the session with a response of this status, and returns what the response says of
    /// it. For a middleware of one's own: call it before the response headers leave.
    ///
    /// # Errors
    /// What cannot be written, and [`Error::Store`]. After an error of the store nobody knows
    /// whether the session was written.
    pub async fn commit(&self, status: u16) -> Result<Commit, Error> {
        match self.0.finish(status) {
            Finish::Done(outcome) => outcome,
            Finish::Running(running) => running.await,
        }
    }

    /// Returns the session where it needs no loading: its cookie holds it, or it was loaded. For code
    /// that cannot wait.
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
