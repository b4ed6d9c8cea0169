//! [`OnServer`]: the place of sessions that a store keeps under an id.

use std::any::Any;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::conflict_policy::ConflictPolicy;
use super::kept::{Kept, Stored};
use super::loaded::Loaded;
use super::observer::Outcome;
use super::place::{AppPart, Place};
use super::policy::Policy;
use super::provenance::Provenance;
use super::recent_saves::RecentSaves;
use super::save_queue::SaveQueue;
use super::session_format::SessionFormat;
use super::session_lock::SessionLock;
use super::session_store::{AnyStore, Operation, SessionStore};
use super::sessions::Sessions;
use crate::clock::Clock;
use crate::error::{Error, Refusal};
use crate::http::cookie_header::CookieHeader;

/// The sessions of an app that a store on a server keeps, under an id in the cookie.
pub type ServerSessions = Sessions<OnServer>;

/// The place of sessions on a server. See [`ServerSessions`].
#[derive(Clone)]
pub struct OnServer {
    pub(crate) format: Arc<dyn SessionFormat>,
    pub(crate) store: Arc<dyn AnyStore>,
    pub(crate) queue: Arc<SaveQueue>,
    pub(crate) recent: Arc<RecentSaves>,
    /// The framework's own parts of the app.
    pub(crate) part: Option<Arc<dyn AppPart>>,
}

impl ServerSessions {
    /// Creates the sessions that `store` keeps in `format`, under the cookie `name`.
    ///
    /// The cookie has `path=/`, `HttpOnly` and `SameSite=Lax`, and lasts until the browser is
    /// closed. The store is given a time to live only with
    /// [`expire_after`](crate::Sessions::expire_after) or another expiry; without one, entries stay
    /// until the store drops them.
    #[must_use]
    pub fn new(
        format: impl SessionFormat,
        store: impl SessionStore,
        name: impl Into<String>,
    ) -> Self {
        let mut policy = Policy::new(name.into());
        policy.on_server = true;
        Self {
            policy,
            older: Vec::new(),
            place: OnServer {
                format: Arc::new(format),
                store: Arc::new(store),
                queue: Arc::default(),
                recent: Arc::default(),
                part: None,
            },
        }
    }

    /// Sets what a request does if another one wrote the session meanwhile; the default is
    /// [`ConflictPolicy::Merge`].
    #[must_use]
    pub fn conflicts(mut self, policy: ConflictPolicy) -> Self {
        self.policy.conflicts = policy;
        self
    }

    /// Lets the requests of one session run one after the other (example: at [`SessionLock`]).
    #[must_use]
    pub fn lock(mut self, lock: SessionLock) -> Self {
        self.policy.lock = Some(lock);
        self
    }

    /// Remembers for `duration` that a session was ended, by a logout or a renewal: it stays ended
    /// even if another program writes its entry again. The default is off.
    ///
    /// A framework writes a session back as it had loaded it, even if the user has logged out
    /// meanwhile: the entry exists again. With this setting a mark beside the entry records the
    /// logout. A request that finds both has no session, and deletes the entry. Until then the
    /// framework itself opens the entry, since it does not read the mark.
    ///
    /// Choose a `duration` above that of the framework's slowest request. A logout and a renewal
    /// cost one command more, and in a store other than Redis each load one more.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use hardtack::ServerSessions;
    /// use hardtack::stores::{MemoryStore, StoredJson};
    ///
    /// let sessions = ServerSessions::new(StoredJson, MemoryStore::new(), "_session_id")
    ///     .remember_logouts(Duration::from_secs(60));
    /// ```
    #[must_use]
    pub fn remember_logouts(mut self, duration: Duration) -> Self {
        self.policy.logout_mark = Some(duration);
        self
    }

    /// Finishes a commit that has begun even if the client leaves before the response.
    ///
    /// Without it such a commit ends after the operation that it had reached. That leaves no wrong
    /// session: a renewal saves the new entry before it deletes the old one, and a reset deletes
    /// the old one first. But the change may be lost, or an entry may remain whose id no browser
    /// has.
    ///
    /// With it a renewal always ends with the deletion of the old entry. A browser that did not get
    /// the response, and the new id in it, then has no session.
    ///
    /// `spawn` gets the rest of the commit, and must not wait for it. hardtack starts no runtime.
    /// Poll the rest to its end or drop it: until then other savers of the session wait, for a
    /// second at most.
    ///
    /// ```
    /// use hardtack::ServerSessions;
    /// use hardtack::stores::{MemoryStore, StoredJson};
    ///
    /// let sessions = ServerSessions::new(StoredJson, MemoryStore::new(), "_session_id")
    ///     .finish_commits(|commit| {
    ///         tokio::spawn(commit);
    ///     });
    /// ```
    #[must_use]
    pub fn finish_commits(
        mut self,
        spawn: impl Fn(Pin<Box<dyn Future<Output = ()> + Send>>) + Send + Sync + 'static,
    ) -> Self {
        self.policy.spawn = Some(Arc::new(spawn));
        self
    }

    /// Checks that the session's cookie can be set: its name, attributes and expiry.
    ///
    /// Call it when the program starts, so that a mistake does not wait for the first request. The
    /// store is not asked.
    ///
    /// ```
    /// use hardtack::ServerSessions;
    /// use hardtack::stores::{MemoryStore, StoredJson};
    ///
    /// let sessions = |name| ServerSessions::new(StoredJson, MemoryStore::new(), name);
    /// assert!(sessions("_session_id").check().is_ok());
    /// assert!(sessions("session id").check().is_err());
    /// ```
    ///
    /// # Errors
    /// As [`CookieStore::check`](crate::CookieStore::check), except for the jars.
    pub fn check(&self) -> Result<(), Error> {
        self.policy
            .check(|attributes| attributes.check(self.name()))
    }
}

#[expect(private_interfaces, reason = "nobody else calls it")]
impl Place for OnServer {
    fn part(&self) -> Option<&dyn Any> {
        let part: &dyn Any = self.part.as_deref()?;
        Some(part)
    }

    fn set_clock(&mut self, clock: &Clock) {
        self.part = self.part.as_ref().map(|part| part.at(clock));
    }

    fn is_sessions(&self, name: &str, policy: &Policy) -> bool {
        name == policy.name
    }

    fn kept(&self) -> Kept {
        Kept::OnServer(Box::new(Stored {
            format: self.format.clone(),
            id: None,
            entry: None,
            former: None,
        }))
    }

    /// Reads only the header; [`Finding`](super::finding::Finding) does the rest.
    fn read(&self, policy: &Policy, header: &CookieHeader<'_>) -> (Loaded, Option<Outcome>) {
        let id = self
            .format
            .cookie_value(header, &policy.name)
            .map(|value| self.format.id_of_cookie(&value));
        let (provenance, outcome) = match id {
            Some(None) => (
                Provenance::Refused(Refusal::Malformed),
                Some(Err(Refusal::Malformed)),
            ),
            _ => (Provenance::New, None),
        };
        let loaded = Loaded::new(self.kept(), self.format.begin(), provenance);
        (loaded, outcome)
    }

    fn store(&self) -> Option<&dyn AnyStore> {
        Some(&*self.store)
    }

    fn queue(&self) -> Option<&SaveQueue> {
        Some(&self.queue)
    }

    fn recent_saves(&self) -> Option<&RecentSaves> {
        Some(&self.recent)
    }
}

/// The next step of a commit.
pub(crate) enum Step<T> {
    /// Run this operation, and call again with the store's answer.
    Run(Operation),
    /// Wait for the turn to save, and call again.
    Queue,
    Done(T),
}
