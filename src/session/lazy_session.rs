//! [`LazySession`]: the session of a request, before it is loaded.

use std::sync::Arc;

use super::commit::Commit;
use super::context::{Context, Finish};
use super::cookies::CookieJar;
use super::handle::Session;
use super::on_server::ServerSessions;
use super::origin::RequestOrigin;
use crate::error::Error;

/// The session of a request, before it is loaded: what a middleware puts into the request's
/// extensions. A request that never loads it costs its store nothing.
///
/// The extractors of axum and actix-web load it. Take a `LazySession` itself where the body is long
/// (an upload), and load it after that.
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

    /// Loads the session. Where a cookie holds it, nothing is waited for, and it is opened when it
    /// is asked. Loading it again gives the same one.
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
    pub fn cookies(&self) -> CookieJar {
        CookieJar(self.0.clone())
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
