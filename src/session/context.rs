//! [`Context`]: a request's session and cookies, which all of its handles share.

use std::any::Any;
use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::beside::Beside;
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
use crate::http::cookie_header::CookieHeader;
use crate::http::set_cookie::SetCookie;

/// What a request's handles share: its header `Cookie`, where it came to, its session once somebody
/// has asked for it, and the cookies that its response sets.
#[derive(Clone)]
pub(crate) struct Context(Arc<Shared<dyn AsRef<[u8]> + Send + Sync>>);

struct Shared<H: ?Sized> {
    sessions: Arc<Sessions<dyn Place>>,
    origin: RequestOrigin,
    state: Mutex<State>,
    /// The response depends on the request's cookies, or sets some.
    is_asked: AtomicBool,
    header: H,
}

#[derive(Default)]
struct State {
    /// Shared with whoever reads meanwhile, so that nobody reads under the lock.
    loaded: Option<Arc<Loaded>>,
    /// Cookies beside the session's that are to be set.
    cookies: Vec<SetCookie>,
    /// Cookies that a rotation opened, to be set again where the handler does not set them.
    rewritten: Vec<SetCookie>,
    writing: Writing,
    is_committed: bool,
}

/// What the response does with the session.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Writing {
    /// What the policy says.
    #[default]
    ByPolicy,
    /// Nothing.
    Skipped,
    /// Its store forgets it, and the browser hears nothing.
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
            header: cookie_header,
        }))
    }

    pub(crate) fn origin(&self) -> &RequestOrigin {
        &self.0.origin
    }

    pub(crate) fn policy(&self) -> &Policy {
        &self.0.sessions.policy
    }

    /// Returns what a framework's own parts need of the app; `None` where it is another's.
    pub(crate) fn part<T: Any>(&self) -> Option<&T> {
        self.0.sessions.place.part()?.downcast_ref()
    }

    /// Checks whether a cookie of this name may be the session's.
    pub(crate) fn is_sessions(&self, name: &str) -> bool {
        self.0.sessions.place.is_sessions(name, self.policy())
    }

    /// The request's header `Cookie`, on which the response depends from here on.
    pub(crate) fn header(&self) -> &[u8] {
        self.0.is_asked.store(true, Relaxed);
        self.header_for_debug()
    }

    /// The same, for what the operator sees: a level of logging changes no response.
    pub(crate) fn header_for_debug(&self) -> &[u8] {
        self.0.header.as_ref()
    }

    /// Checks whether anybody looked at the request's cookies, or the response sets some.
    pub(crate) fn is_asked(&self) -> bool {
        self.0.is_asked.load(Relaxed)
    }

    pub(crate) fn for_host(&self, attributes: &CookieAttributes) -> CookieAttributes {
        attributes.for_host(self.0.origin.host().unwrap_or_default())
    }

    /// Returns the cookie of a name that is to be set: of several, the last one.
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
        let is_same = |other: &SetCookie| {
            (other.name(), other.path(), other.domain())
                == (cookie.name(), cookie.path(), cookie.domain())
        };
        state.cookies.retain(|other| !is_same(other));
        state.cookies.push(cookie);
        Ok(())
    }

    /// Checks whether the cookie that is written under this name may be written again: once, and
    /// not after the response headers.
    pub(crate) fn may_rewrite(&self, name: &str) -> bool {
        let state = self.state();
        let is_same = |cookie: &SetCookie| cookie.name() == name;
        !state.is_committed && !state.rewritten.iter().any(is_same)
    }

    /// Queues cookies that are written again; what the handler sets or deletes wins.
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

    /// Changes what will be written. That it will be is checked under the same lock: a commit in
    /// between would lose the change, and nobody would be told. The closure is none of the app's.
    pub(crate) fn write<R>(
        &self,
        write: impl FnOnce(&mut Loaded) -> Result<R, Error>,
    ) -> Result<R, Error> {
        self.writable()?;
        let seen = self.loaded();
        let mut state = self.state();
        self.writable_in(&state)?;
        // What was sealed by `check` is not what it is now.
        let loaded = Arc::make_mut(state.loaded.get_or_insert(seen));
        loaded.checked = None;
        write(loaded)
    }

    /// The session as it is now, for reading without the lock. It is read without the lock too: the
    /// clock, or an observer, may ask this very session.
    pub(crate) fn loaded(&self) -> Arc<Loaded> {
        if let Some(loaded) = &self.state().loaded {
            return loaded.clone();
        }
        let header = CookieHeader::new(self.header());
        let (loaded, outcome) = self.0.sessions.place.read(self.policy(), &header);
        self.keep(loaded, outcome)
    }

    /// Checks whether the session is there without asking a store.
    pub(super) fn is_loaded(&self) -> bool {
        self.0.sessions.place.store().is_none() || self.seen().is_some()
    }

    /// Loads the session from its store, where a store keeps it. Where this is dropped before it
    /// ends, nothing has happened.
    pub(super) async fn load(&self) -> Result<(), Error> {
        let Some(store) = self.0.sessions.place.store() else {
            return Ok(());
        };
        if self.is_loaded() {
            return Ok(());
        }
        let (policy, header) = (self.policy(), CookieHeader::new(self.header()));
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

    /// Keeps what was loaded, where nobody else loaded it meanwhile.
    fn keep(&self, loaded: Loaded, outcome: Option<Outcome>) -> Arc<Loaded> {
        let loaded = Arc::new(loaded);
        // Of several threads that read it, the first tells how it came.
        if Arc::ptr_eq(
            self.state().loaded.get_or_insert_with(|| loaded.clone()),
            &loaded,
        ) {
            self.policy().heard(outcome);
        }
        self.state().loaded.clone().unwrap_or(loaded)
    }

    /// The session as it is now, where somebody has asked for it.
    pub(crate) fn seen(&self) -> Option<Arc<Loaded>> {
        self.state().loaded.clone()
    }

    /// The session with what a framework keeps beside it, which is made where it is not there yet.
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

    /// A handler that panicked leaves a session that is whole: values are put in one at a time.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets what this response does with the session.
    pub(super) fn set_writing(&self, writing: Writing) -> Result<(), Error> {
        let mut state = self.state();
        if state.is_committed {
            return Err(Error::CommittedSession);
        }
        state.writing = writing;
        Ok(())
    }

    /// Seals the session as it is now, so that what cannot be written is an error here.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.writable()?;
        let seen = self.loaded();
        // The clock, and whoever hears of how often the key has sealed, may look at the session.
        let checked = seen.check(self.policy(), &self.0.origin)?;
        let mut state = self.state();
        if let Some(loaded) = &mut state.loaded
            && Arc::ptr_eq(loaded, &seen)
        {
            *loaded = Arc::new(checked);
        }
        Ok(())
    }

    /// Decides what the response says of the session, and what its store is asked for that, if one
    /// keeps it. Nobody changes the session from here on.
    fn decide(&self, status: u16) -> Result<Decision, Error> {
        let (loaded, writing) = {
            let mut state = self.state();
            state.is_committed = true;
            (state.loaded.clone(), state.writing)
        };
        let Some(mut loaded) = loaded.filter(|_| writing != Writing::Skipped) else {
            return Ok(Decision::Done(Commit::Keep));
        };
        if writing == Writing::Dropped {
            Arc::make_mut(&mut loaded).reset();
        }
        let policy = self.policy();
        let header = CookieHeader::new(self.header());
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

    /// Tells the operator of a session that could not be written.
    fn told<T>(&self, outcome: Result<T, Error>) -> Result<T, Error> {
        outcome.inspect_err(|error| self.policy().tell(Event::Failed(error)))
    }

    /// Commits a session that lives in its cookie.
    pub(super) fn commit(&self, status: u16) -> Result<Commit, Error> {
        match self.told(self.decide(status))? {
            Decision::Done(commit) => Ok(commit),
            Decision::Ask(_) => Err(Error::NeedsStore),
        }
    }

    /// Commits a session, wherever it is kept. Returns a future only where a store is to be asked.
    pub(crate) fn finish(&self, status: u16) -> Finish {
        let mut committing = match self.told(self.decide(status)) {
            Ok(Decision::Done(commit)) => return Finish::Done(Ok(commit)),
            Ok(Decision::Ask(committing)) => committing,
            Err(error) => return Finish::Done(Err(error)),
        };
        let context = self.clone();
        Finish::Running(Box::pin(async move {
            let outcome = context.drive(&mut committing).await;
            match context.told(outcome) {
                // Nothing is lost where nothing was changed: the response goes out.
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
                Step::Done(commit) => return Ok(commit),
            }
        }
    }
}

enum Decision {
    Done(Commit),
    Ask(Box<Committing>),
}

/// A commit: over at once, or as soon as the store has answered.
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
