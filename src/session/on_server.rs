//! [`OnServer`]: the place of sessions that a store keeps under an id.

use std::any::Any;
use std::sync::Arc;

use super::kept::{Kept, Stored, StoredEntry};
use super::loaded::Loaded;
use super::observer::Outcome;
use super::place::{AppPart, Place};
use super::policy::Policy;
use super::provenance::Provenance;
use super::session_format::{ReadEntry, SessionFormat};
use super::session_store::{Answer, AnyStore, Entry, Operation, SessionStore};
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
            place: OnServer {
                format: Arc::new(format),
                store: Arc::new(store),
                part: None,
            },
        }
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

    /// Reads only the header; [`Loading`] does the rest.
    fn read(&self, policy: &Policy, header: &CookieHeader<'_>) -> (Loaded, Option<Outcome>) {
        let id = header
            .get(&policy.name)
            .map(|value| self.format.id_of_cookie(&value));
        let (provenance, outcome) = match id {
            Some(None) => (
                Provenance::Refused(Refusal::Malformed),
                Some(Err(Refusal::Malformed)),
            ),
            _ => (Provenance::New, None),
        };
        let stored = Stored {
            format: self.format.clone(),
            id: None,
            entry: None,
            former: None,
        };
        let loaded = Loaded::new(
            Kept::OnServer(Box::new(stored)),
            self.format.begin(),
            provenance,
        );
        (loaded, outcome)
    }

    fn store(&self) -> Option<&dyn AnyStore> {
        Some(&*self.store)
    }
}

/// The next step of a loading or a commit.
pub(crate) enum Step<T> {
    /// Run this operation, and call again with the store's answer.
    Run(Operation),
    Done(T),
}

/// The loading of one session, without I/O: [`step`](Self::step) returns the next operation for the
/// store, and takes its answer.
pub(crate) struct Loading {
    loaded: Loaded,
    id: String,
    /// The keys that were not asked for yet.
    keys: std::vec::IntoIter<String>,
    asked: String,
    /// The number of keys that were asked for.
    tries: usize,
}

impl Loading {
    /// Begins to load the session that a request's cookie names; `None` if it names none.
    pub(crate) fn begin(
        loaded: &Loaded,
        policy: &Policy,
        header: &CookieHeader<'_>,
    ) -> Option<Self> {
        let Kept::OnServer(stored) = &loaded.kept else {
            return None;
        };
        let value = header.get(&policy.name)?;
        let id = stored.format.id_of_cookie(&value)?;
        let mut keys = stored.format.keys(&id);
        if keys.len() > 1 {
            // Another request may move the session to the first key between two loads.
            keys.extend(keys.first().cloned());
        }
        Some(Self {
            keys: keys.into_iter(),
            loaded: loaded.clone(),
            id,
            asked: String::new(),
            tries: 0,
        })
    }

    /// Takes the store's answer (`None` at the beginning), and returns the next step.
    ///
    /// # Errors
    /// [`Error::UnreadableSession`] if the entry is not a session of the format.
    pub(crate) fn step(
        &mut self,
        policy: &Policy,
        answer: Option<Answer>,
    ) -> Result<Step<Loaded>, Error> {
        if let Some(Answer::Loaded(Some(entry))) = answer {
            self.read(policy, entry)?;
            return Ok(Step::Done(self.loaded.clone()));
        }
        Ok(match self.keys.next() {
            Some(key) => {
                self.tries += 1;
                self.asked.clone_from(&key);
                Step::Run(Operation::Load { key })
            }
            // The id came from outside and nobody has it: it is never adopted.
            None => Step::Done(self.loaded.clone()),
        })
    }

    fn read(&mut self, policy: &Policy, entry: Entry) -> Result<(), Error> {
        let Kept::OnServer(stored) = &mut self.loaded.kept else {
            return Ok(());
        };
        let data = match stored.format.read(&entry.bytes, policy.now()) {
            ReadEntry::Session(data) => data,
            ReadEntry::Expired => return Ok(()),
            ReadEntry::Unreadable => {
                return Err(Error::UnreadableSession {
                    name: policy.name.clone(),
                });
            }
        };
        if policy.has_ended(&data) {
            return Ok(());
        }
        stored.id = Some(self.id.clone());
        stored.entry = Some(StoredEntry {
            key: self.asked.clone(),
            bytes: entry.bytes,
            version: entry.version,
        });
        self.loaded.data = data;
        self.loaded.provenance = Provenance::Opened {
            is_stale: self.tries > 1 && self.keys.len() > 0,
            expires_at: None,
        };
        Ok(())
    }
}
