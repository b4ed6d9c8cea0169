//! [`Context`]: the session and cookies of a request, shared by all of its handles.

use std::any::Any;
use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::beside::Beside;
use super::bound_cookie::BoundCookie;
use super::commit::Commit;
use super::committing::Committing;
use super::data::SessionData;
use super::events::Event;
use super::loaded::Loaded;
use super::observer::Outcome;
use super::on_server::{Loading, Step};
use super::origin::RequestOrigin;
use super::place::Place;
use super::policy::Policy;
use super::sessions::Sessions;
use super::write_policy::WritePolicy;
use crate::error::Error;
use crate::http::cookie_attributes::CookieAttributes;
use crate::http::cookie_header::{CookieHeader, CookieIndex};
use crate::http::set_cookie::SetCookie;

/// The state shared by the handles of a request: its header `Cookie`, its origin, its session once
/// somebody has asked for it, and the cookies that its response sets.
#[derive(Clone)]
pub(crate) struct Context(Arc<Shared<dyn AsRef<[u8]> + Send + Sync>>);

struct Shared<H: ?Sized> {
    sessions: Arc<Sessions<dyn Place>>,
    origin: RequestOrigin,
    state: Mutex<State>,
    /// True if the response depends on the request's cookies, or sets some.
    is_asked: AtomicBool,
    /// The places of the header's cookies, once somebody has asked for one.
    index: OnceLock<CookieIndex>,
    header: H,
}

#[derive(Default)]
pub(super) struct State {
    /// Shared with readers, so that nobody reads under the lock.
    pub(super) loaded: Option<Arc<Loaded>>,
    /// The id of the session that was loaded, if the policy asks for it.
    pub(super) id_was: Option<String>,
    /// The cookie that is bound to the session, if this request uses it.
    pub(super) bound: Option<Arc<dyn BoundCookie>>,
    /// Cookies to be set beside the session's.
    pub(super) cookies: Vec<SetCookie>,
    /// Cookies that a rotation opened. They are set again unless the handler sets them.
    rewritten: Vec<SetCookie>,
    writing: Writing,
    is_committed: bool,
}

/// The choice of how the response treats the session.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Writing {
    /// The policy decides.
    #[default]
    ByPolicy,
    /// The response neither writes nor removes the session.
    Skipped,
    /// The session is deleted from its store, and the response sets no cookie.
    Dropped,
}

impl Context {
    pub(crate) fn new(
        sessions: Arc<Sessions<dyn Place>>,
        cookie_header: impl AsRef<[u8]> + Send + Sync + 'static,
        origin: RequestOrigin,
    ) -> Self {
        Self(Arc::new(Shared {
            sessions,
            origin,
            state: Mutex::default(),
            is_asked: AtomicBool::new(false),
            index: OnceLock::new(),
            header: cookie_header,
        }))
    }

    pub(crate) fn origin(&self) -> &RequestOrigin {
        &self.0.origin
    }

    pub(crate) fn policy(&self) -> &Policy {
        &self.0.sessions.policy
    }

    /// Returns the framework's own parts of the app; `None` if the app belongs to another
    /// framework.
    pub(crate) fn part<T: Any>(&self) -> Option<&T> {
        self.0.sessions.place.part()?.downcast_ref()
    }

    /// Checks whether a cookie of this name may be the session's.
    pub(crate) fn is_sessions(&self, name: &str) -> bool {
        self.0.sessions.place.is_sessions(name, self.policy())
    }

    /// Returns the request's header `Cookie`. The response depends on it from here on.
    pub(crate) fn header(&self) -> CookieHeader<'_> {
        self.0.is_asked.store(true, Relaxed);
        let header = self.0.header.as_ref();
        let mut is_first = false;
        let index = self.0.index.get_or_init(|| {
            is_first = true;
            CookieIndex::of(header)
        });
        // Only now: the clock and the log may ask for this very header.
        if is_first && index.is_cut() {
            self.policy().tell(Event::TooManyCookies);
        }
        CookieHeader::indexed(header, index)
    }

    /// Returns the header `Cookie` for logs, without marking the response as dependent on it: a
    /// level of logging changes no response.
    pub(crate) fn header_for_debug(&self) -> CookieHeader<'_> {
        CookieHeader::new(self.0.header.as_ref())
    }

    /// Checks whether anybody read the request's cookies, or the response sets some.
    pub(crate) fn is_asked(&self) -> bool {
        self.0.is_asked.load(Relaxed)
    }

    pub(crate) fn for_host(&self, attributes: &CookieAttributes) -> CookieAttributes {
        attributes.for_host(self.0.origin.host().unwrap_or_default())
    }

    /// Returns the last queued cookie whose name `is_it` accepts.
    pub(crate) fn pending(&self, is_it: impl Fn(&str) -> bool) -> Option<SetCookie> {
        let state = self.state();
        let mut cookies = state.cookies.iter().rev();
        cookies.find(|cookie| is_it(cookie.name())).cloned()
    }

    pub(crate) fn queue(&self, cookie: SetCookie) -> Result<(), Error> {
        let mut state = self.state();
        if state.is_committed {
            return Err(Error::CommittedSession);
        }
        state.cookies.retain(|other| !other.replaces(&cookie));
        state.cookies.push(cookie);
        Ok(())
    }

    /// Decides the cookies beside the session's: sets the bound one, and drops the handler's cookies
    /// that the session's cookies replace in the browser.
    fn settle(&self, commit: &Commit) {
        self.set_bound(commit);
        let mut overruled = None;
        for own in commit.cookies() {
            self.state().cookies.retain(|other| {
                let is_same = own.replaces(other);
                overruled = overruled.or(is_same.then_some(own));
                !is_same
            });
        }
        if let Some(cookie) = overruled {
            self.policy().tell(Event::SessionsCookieSet(cookie.name()));
        }
    }

    /// Checks whether the cookie of this name may be written again: once only, and not after the
    /// response headers were sent.
    pub(crate) fn may_rewrite(&self, name: &str) -> bool {
        let state = self.state();
        let is_same = |cookie: &SetCookie| cookie.name() == name;
        !state.is_committed && !state.rewritten.iter().any(is_same)
    }

    /// Queues cookies that are written again; a cookie that the handler sets or deletes wins.
    pub(crate) fn queue_rewritten(&self, cookies: Vec<SetCookie>) {
        let mut state = self.state();
        if !state.is_committed {
            for cookie in cookies {
                state
                    .rewritten
                    .retain(|other| other.name() != cookie.name());
                state.rewritten.push(cookie);
            }
        }
    }

    pub(crate) fn take_queue(&self) -> Vec<SetCookie> {
        let mut state = self.state();
        let mut rewritten = std::mem::take(&mut state.rewritten);
        let mut cookies = std::mem::take(&mut state.cookies);
        drop(state);
        rewritten.retain(|own| !cookies.iter().any(|cookie| cookie.name() == own.name()));
        cookies.append(&mut rewritten);
        // As in Rails (`CookieJar#write_cookie?`, 6.1 `cookies.rb`)
        if !self.0.origin.is_ssl() {
            if let Some(secure) = cookies.iter().find(|cookie| cookie.secure()) {
                self.policy().tell(Event::NotOverHttp(secure.name()));
            }
            cookies.retain(|cookie| !cookie.secure());
        }
        if !cookies.is_empty() {
            self.0.is_asked.store(true, Relaxed);
        }
        cookies
    }

    /// Checks that a change would be written.
    pub(crate) fn writable(&self) -> Result<(), Error> {
        self.writable_in(&self.state())
    }

    fn writable_in(&self, state: &State) -> Result<(), Error> {
        if self.policy().writes == WritePolicy::Never {
            Err(Error::ReadOnlySession)
        } else if state.is_committed {
            Err(Error::CommittedSession)
        } else {
            Ok(())
        }
    }

    /// Changes the session that will be written.
    ///
    /// The check that it will be written runs under the same lock: a commit in between would
    /// silently lose the change. The closure must not be the app's code.
    pub(crate) fn write<R>(
        &self,
        write: impl FnOnce(&mut Loaded) -> Result<R, Error>,
    ) -> Result<R, Error> {
        self.writable()?;
        let seen = self.loaded();
        let mut state = self.state();
        self.writable_in(&state)?;
        // The cookie that `check` sealed is out of date after this change.
        let loaded = Arc::make_mut(state.loaded.get_or_insert(seen));
        loaded.checked = None;
        write(loaded)
    }

    /// Returns the current session, for reading without the lock.
    ///
    /// The session is also opened without the lock, because the clock or an observer may ask for
    /// this very session.
    pub(crate) fn loaded(&self) -> Arc<Loaded> {
        if let Some(loaded) = &self.state().loaded {
            return loaded.clone();
        }
        let header = self.header();
        let (loaded, outcome) = self.0.sessions.place.read(self.policy(), &header);
        self.keep(loaded, outcome)
    }

    /// Checks whether the session is available without asking a store.
    pub(super) fn is_loaded(&self) -> bool {
        self.0.sessions.place.store().is_none() || self.seen().is_some()
    }

    /// Loads the session from its store, if a store keeps it. A future dropped before it ends has
    /// no effect.
    pub(super) async fn load(&self) -> Result<(), Error> {
        let Some(store) = self.0.sessions.place.store() else {
            return Ok(());
        };
        if self.is_loaded() {
            return Ok(());
        }
        let (policy, header) = (self.policy(), self.header());
        let (loaded, outcome) = self.0.sessions.place.read(policy, &header);
        let loaded = match Loading::begin(&loaded, policy, &header) {
            None => loaded,
            Some(mut loading) => {
                let mut answer = None;
                loop {
                    match loading.step(policy, answer)? {
                        Step::Run(operation) => answer = Some(store.run(operation).await?),
                        Step::Done(loaded) => break loaded,
                    }
                }
            }
        };
        self.keep(loaded, outcome);
        Ok(())
    }

    /// Keeps the session that was loaded, unless somebody else loaded it meanwhile.
    fn keep(&self, loaded: Loaded, outcome: Option<Outcome>) -> Arc<Loaded> {
        let id_was = self.policy().remembers_id.then(|| loaded.id()).flatten();
        let loaded = Arc::new(loaded);
        // If several threads read the session, the first one reports how it arrived.
        let mut state = self.state();
        let is_first = state.loaded.is_none();
        if is_first {
            state.loaded = Some(loaded.clone());
            state.id_was = id_was;
        }
        drop(state);
        if is_first {
            self.policy().heard(outcome);
        }
        self.state().loaded.clone().unwrap_or(loaded)
    }

    /// Returns the current session, if somebody has asked for it.
    pub(crate) fn seen(&self) -> Option<Arc<Loaded>> {
        self.state().loaded.clone()
    }

    /// Returns the session with the framework's state beside it, and creates that state if it is
    /// missing.
    pub(crate) fn loaded_with<T: Beside>(
        &self,
        make: impl FnOnce(&SessionData) -> T,
    ) -> Arc<Loaded> {
        let seen = self.loaded();
        if seen.beside::<T>().is_some() {
            return seen;
        }
        let mut state = self.state();
        let shared = state.loaded.get_or_insert(seen);
        let loaded = Arc::make_mut(shared);
        loaded.checked = None;
        loaded.beside_mut(make);
        shared.clone()
    }

    /// Locks the state. A handler that panicked leaves a whole session: values are inserted one at
    /// a time.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets how this response treats the session.
    pub(super) fn set_writing(&self, writing: Writing) -> Result<(), Error> {
        let mut state = self.state();
        if state.is_committed {
            return Err(Error::CommittedSession);
        }
        // A session that is dropped is dropped, as in Rack (`commit_session`), whatever is skipped.
        if state.writing != Writing::Dropped {
            state.writing = writing;
        }
        Ok(())
    }

    /// Seals the current session, so that an unwritable one fails here.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.writable()?;
        let seen = self.loaded();
        // The clock, and the observer of a key's seals, may read the session.
        let checked = seen.check(self.policy(), &self.0.origin)?;
        let mut state = self.state();
        if let Some(loaded) = &mut state.loaded
            && Arc::ptr_eq(loaded, &seen)
        {
            *loaded = Arc::new(checked);
        }
        Ok(())
    }

    /// Decides what the response says of the session, and which commands its store gets, if one
    /// keeps it. The session cannot be changed from here on.
    fn decide(&self, status: u16) -> Result<Decision, Error> {
        let (loaded, mut writing) = {
            let mut state = self.state();
            state.is_committed = true;
            (state.loaded.clone(), state.writing)
        };
        let Some(mut loaded) = loaded else {
            return Ok(Decision::Done(Commit::Keep));
        };
        if writing == Writing::Skipped {
            // A logout holds all the same: Rails deletes at once (`Request::Session#destroy`).
            if !loaded.kept.is_reset() {
                return Ok(Decision::Done(Commit::Keep));
            }
            writing = Writing::Dropped;
        }
        if writing == Writing::Dropped {
            Arc::make_mut(&mut loaded).reset();
        }
        let policy = self.policy();
        let header = self.header();
        let mut commit = Loaded::commit(&mut loaded, policy, &self.0.origin, &header, status)?;
        if let (Writing::Dropped, Commit::Remove(cookies)) = (writing, &mut commit) {
            cookies.clear();
        }
        let committing = match self.0.sessions.place.store() {
            Some(_) => Committing::begin(&loaded, &commit, policy),
            None => None,
        };
        self.state().loaded = Some(loaded);
        Ok(match committing {
            Some(committing) => Decision::Ask(Box::new(committing)),
            None => Decision::Done(commit),
        })
    }

    /// Reports to the operator a session that could not be written.
    fn told<T>(&self, outcome: Result<T, Error>) -> Result<T, Error> {
        outcome.inspect_err(|error| self.policy().tell(Event::Failed(error)))
    }

    /// Commits a session that lives in its cookie.
    pub(super) fn commit(&self, status: u16) -> Result<Commit, Error> {
        match self.told(self.decide(status))? {
            Decision::Done(commit) => {
                self.settle(&commit);
                Ok(commit)
            }
            Decision::Ask(_) => Err(Error::NeedsStore),
        }
    }

    /// Commits a session, in a cookie or a store. Returns a future only if a store has to be asked.
    pub(crate) fn finish(&self, status: u16) -> Finish {
        let mut committing = match self.told(self.decide(status)) {
            Ok(Decision::Done(commit)) => {
                self.settle(&commit);
                return Finish::Done(Ok(commit));
            }
            Ok(Decision::Ask(committing)) => committing,
            Err(error) => return Finish::Done(Err(error)),
        };
        let context = self.clone();
        Finish::Running(Box::pin(async move {
            let outcome = context.drive(&mut committing).await;
            match context.told(outcome) {
                // Nothing is lost if nothing was changed: the response goes out.
                Err(_) if !committing.is_changed() => Ok(Commit::Keep),
                outcome => outcome,
            }
        }))
    }

    async fn drive(&self, committing: &mut Committing) -> Result<Commit, Error> {
        let Some(store) = self.0.sessions.place.store() else {
            return Ok(Commit::Keep);
        };
        let mut answer = None;
        loop {
            match committing.step(self.policy(), answer)? {
                Step::Run(operation) => answer = Some(store.run(operation).await?),
                Step::Done(commit) => {
                    self.settle(&commit);
                    return Ok(commit);
                }
            }
        }
    }
}

enum Decision {
    Done(Commit),
    Ask(Box<Committing>),
}

/// A commit: done at once, or as soon as the store has answered.
pub(crate) enum Finish {
    Done(Result<Commit, Error>),
    Running(Pin<Box<dyn Future<Output = Result<Commit, Error>> + Send>>),
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("name", &self.policy().name)
            .field("data", &self.seen().as_ref().map(|loaded| &loaded.data))
            .finish_non_exhaustive()
    }
}
