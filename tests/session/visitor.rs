//! [`Visitor`]: a browser with a session in a store, and two of its requests at once.

use std::sync::Arc;

use hardtack::stores::{MemoryStore, StoredJson};
use hardtack::{Commit, Error, LazySession, RequestOrigin, ServerSessions, Session};

/// A browser with a session in a store.
#[derive(Clone)]
pub(crate) struct Visitor {
    pub(crate) sessions: Arc<ServerSessions>,
    pub(crate) header: String,
}

impl Visitor {
    /// Begins a session in memory.
    pub(crate) async fn begin(
        set: impl FnOnce(ServerSessions) -> ServerSessions,
        change: impl FnOnce(&Session),
    ) -> Self {
        let sessions = ServerSessions::new(StoredJson, MemoryStore::new(), "_session_id");
        let mut visitor = Self {
            sessions: Arc::new(set(sessions)),
            header: String::new(),
        };
        let commit = visitor.request(change).await.unwrap();
        visitor.header = sent(&commit);
        visitor
    }

    pub(crate) fn open(&self) -> LazySession {
        let header = self.header.clone();
        LazySession::open(&self.sessions, header, RequestOrigin::default())
    }

    /// Runs a request.
    pub(crate) async fn request(&self, change: impl FnOnce(&Session)) -> Result<Commit, Error> {
        let request = self.open();
        change(&request.load().await?);
        request.commit(200).await
    }

    /// Runs a request, and another one from its loading to its commit.
    pub(crate) async fn two_requests(
        &self,
        change: impl FnOnce(&Session),
        other: impl FnOnce(&Session),
    ) -> Result<Commit, Error> {
        let request = self.open();
        change(&request.load().await?);
        let _ = self.request(other).await.unwrap();
        request.commit(200).await
    }

    /// Returns the session as JSON, as the next request sees it.
    pub(crate) async fn json(&self) -> String {
        let session = self.open().load().await.unwrap();
        session.read(|data| String::from_utf8(data.to_json().unwrap()).unwrap())
    }
}

/// Returns the header of a browser that got these cookies.
pub(crate) fn sent(commit: &Commit) -> String {
    let pairs = commit.cookies().iter();
    let pairs = pairs.map(|cookie| format!("{}={}", cookie.name(), cookie.escaped_value()));
    pairs.collect::<Vec<_>>().join("; ")
}
