//! [`Stage`]: the sessions of a row and their stores, with the session of a first request.

use std::sync::Arc;
use std::time::Duration;

use hardtack::stores::{ReadEntry, SessionFormat as _, SessionStore, When};
use hardtack::{LazySession, RequestOrigin, ServerSessions};

use super::browser::NAME;
use super::report::Content;
use super::rows::{Clients, Place, Row};
use super::rules::State;
use super::world::{Counted, NOW, Switching, World, id};

pub(crate) struct Stage<S> {
    world: Arc<World>,
    format: Counted,
    pub(crate) store: Arc<S>,
    older: Arc<S>,
    /// The sessions of two processes, whose savers do not wait for each other.
    processes: [Arc<ServerSessions>; 2],
    /// The id of the first session.
    pub(crate) first: u64,
}

impl<S: SessionStore> Stage<S> {
    /// Begins with empty stores, of which the second one is the older one.
    pub(crate) async fn new(
        row: &Row,
        format: Counted,
        stores: [S; 2],
        world: &Arc<World>,
    ) -> Self {
        let [store, older] = stores.map(Arc::new);
        let switching = |store: &Arc<S>, is_older| Switching {
            store: store.clone(),
            world: world.clone(),
            is_older,
        };
        let present = || {
            let mut sessions = ServerSessions::new(format.clone(), switching(&store, false), NAME)
                .conflicts(row.conflicts)
                .clock(|| NOW);
            if row.expires {
                sessions = sessions.expire_after(Duration::new(600, 0));
            }
            if row.clients == Clients::LeaveFinished {
                let world = world.clone();
                sessions = sessions.finish_commits(move |commit| world.finish(commit));
            }
            sessions
        };
        let mut processes = [present(), present()];
        let mut first_sessions = Arc::new(processes[0].clone());
        if row.first == Place::OlderStore {
            let sessions_there =
                ServerSessions::new(format.clone(), switching(&older, true), NAME).clock(|| NOW);
            first_sessions = Arc::new(sessions_there);
            processes = processes.map(|sessions| sessions.migrating_from(first_sessions.clone()));
        }
        begin(&first_sessions).await;
        let first = world.issued();
        *world.jar.lock().unwrap() = Some(first);
        if row.first == Place::OlderKey {
            let keys = format.keys(&id(first));
            let entry = store.load(&keys[0]).await.unwrap().unwrap();
            let saved = store.save(&keys[1], entry.bytes, None, &When::Always);
            saved.await.unwrap();
            store.delete(&keys[0], &When::Always).await.unwrap();
        }
        Self {
            world: world.clone(),
            format,
            store,
            older,
            processes: processes.map(Arc::new),
            first,
        }
    }

    /// Returns the sessions of the process that a request comes to.
    pub(crate) fn sessions(&self, request: usize) -> Arc<ServerSessions> {
        self.processes[request % self.processes.len()].clone()
    }

    /// Returns the sessions that are stored, of all ids that were ever made.
    pub(crate) async fn state(&self) -> State {
        let mut state = State::default();
        for number in 1..=self.world.issued() {
            if let Some(content) = self.stored(&self.store, number).await {
                state.open.insert(number, content);
            }
        }
        let older = self.stored(&self.older, self.first).await;
        state.older = older.map(|content| (self.first, content));
        state
    }

    /// Returns the session that an id leads to in a store.
    async fn stored(&self, store: &S, number: u64) -> Option<Content> {
        let mut found = None;
        for key in self.format.keys(&id(number)) {
            if found.is_none() {
                found = store.load(&key).await.unwrap();
            }
        }
        let entry = found?;
        let ReadEntry::Session(data) = self.format.read(&entry.bytes, NOW) else {
            panic!("it is no session");
        };
        let keys = data.keys().into_iter();
        let entries = keys.map(|key| {
            let value = data.get(&key).unwrap().unwrap();
            (key.into_owned(), value)
        });
        Some(entries.collect())
    }
}

/// The first request, which makes the session.
async fn begin(sessions: &Arc<ServerSessions>) {
    let lazy = LazySession::open(sessions, "", RequestOrigin::default());
    let session = lazy.load().await.unwrap();
    session.insert("a", 0).unwrap();
    session.insert("b", 0).unwrap();
    let _ = lazy.commit(200).await.unwrap();
}
