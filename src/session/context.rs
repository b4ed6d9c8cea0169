//! [`Context`]: the session and cookies of a request, shared by all of its handles.

use std::any::Any;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::beside::Beside;
use super::bound_cookie::BoundCookie;
use super::commit::Commit;
use super::committing::Committing;
use super::conflict_policy::ConflictPolicy;
use super::data::SessionData;
use super::events::Event;
use super::held_lock::HeldLock;
use super::key_update::KeyUpdate;
use super::leaving::{Farewell, Leaving};
use super::load_turn::LoadTurn;
use super::loaded::Loaded;
use super::loading::{Heard, Loading, Next};
use super::origin::RequestOrigin;
use super::place::Place;
use super::policy::Policy;
use super::provenance::Provenance;
use super::recent_saves::RecentSaves;
use super::running_commit::RunningCommit;
use super::saving::Saving;
use super::session_store::{Answer, Operation};
use super::sessions::Sessions;
use super::watched_store::WatchedStore;
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
    /// The turn to take the session's lock: several loads of one request take one.
    load_turn: LoadTurn,
    /// The framework's own state of this request, such as Rails' login.
    own: OnceLock<Box<dyn Any + Send + Sync>>,
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
    /// The lock of the session, until it is committed.
    lock: Option<HeldLock>,
    /// The app's updates, so that the session never drops the last copy of one under the lock.
    updates: Vec<KeyUpdate>,
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
            load_turn: LoadTurn::default(),
            own: OnceLock::new(),
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

    /// Returns the framework's own state of this request, and makes it if there is none; `None` if
    /// it is of another type.
    pub(crate) fn own<T: Any + Send + Sync>(&self, make: impl FnOnce() -> T) -> Option<&T> {
        let own = self.0.own.get_or_init(|| Box::new(make()));
        own.downcast_ref()
    }

    /// Checks whether a cookie of this name may be the session's.
    pub(crate) fn is_sessions(&self, name: &str) -> bool {
        let mut places = self.0.sessions.all();
        places.any(|sessions| sessions.place.is_sessions(name, &sessions.policy))
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

    /// Checks that the response headers were not sent yet.
    pub(crate) fn check_uncommitted(&self) -> Result<(), Error> {
        if self.state().is_committed {
            return Err(Error::CommittedSession);
        }
        Ok(())
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

    /// Keeps an update until the session is committed.
    pub(super) fn keep_update(&self, update: KeyUpdate) -> Result<(), Error> {
        let mut state = self.state();
        self.writable_in(&state)?;
        state.updates.push(update);
        Ok(())
    }

    /// Drops the app's updates, which may hold this very session.
    fn drop_updates(&self) {
        let mut state = self.state();
        let updates = std::mem::take(&mut state.updates);
        if let Some(loaded) = &mut state.loaded
            && !updates.is_empty()
        {
            Arc::make_mut(loaded).data.forget_updates();
        }
        // The app's code runs without the lock.
        drop(state);
        drop(updates);
    }

    /// Returns the current session, for reading without the lock.
    ///
    /// The session is also opened without the lock, because the clock or an observer may ask for
    /// this very session.
    pub(crate) fn loaded(&self) -> Arc<Loaded> {
        if let Some(loaded) = &self.state().loaded {
            return loaded.clone();
        }
        let (sessions, header) = (&*self.0.sessions, self.header());
        let step = Loading::begin(sessions, &header).step(sessions, &header, None);
        if let Ok(Next::Done(loaded, heard)) = step {
            return self.keep(loaded, heard);
        }
        let (kept, data) = (sessions.place.kept(), SessionData::new());
        let unasked = Loaded::new(kept, data, Provenance::Unasked);
        self.keep(Arc::new(unasked), None)
    }

    /// Checks whether the session is available without asking a store.
    pub(super) fn is_loaded(&self) -> bool {
        let mut places = self.0.sessions.all();
        places.all(|sessions| sessions.place.store().is_none()) || self.seen().is_some()
    }

    /// Loads the session from its store, if a store keeps it. A future dropped before it ends
    /// leaves nothing but a lock, which is released on the app's runtime or ends by itself.
    pub(super) async fn load(&self) -> Result<(), Error> {
        let loaded = self.load_from_stores().await;
        loaded.inspect_err(|error| self.policy().tell(Event::NotLoaded(error)))
    }

    async fn load_from_stores(&self) -> Result<(), Error> {
        if self.is_loaded() {
            return Ok(());
        }
        if self.policy().lock.is_none() || self.state().is_committed {
            return self.find().await;
        }
        // Another load of this request may run: it waits for no lock of its own.
        let _turn = self.0.load_turn.enter().await;
        if self.is_loaded() {
            return Ok(());
        }
        let lock = HeldLock::take(&self.0.sessions, &self.header()).await?;
        let outcome = self.find().await;
        if let Some(lock) = lock {
            // Nobody else has the id of a session that is not there.
            let is_kept = outcome.is_ok() && self.loaded().is_opened();
            if let Some(lock) = self.keep_lock(lock, is_kept) {
                lock.release().await;
            }
        }
        outcome
    }

    /// Keeps the lock until the commit; returns it if it is not to be kept, or the session was
    /// committed meanwhile.
    fn keep_lock(&self, lock: HeldLock, is_kept: bool) -> Option<HeldLock> {
        let mut state = self.state();
        if !is_kept || state.is_committed {
            return Some(lock);
        }
        state.lock = Some(lock);
        None
    }

    /// Finds the session in its store.
    async fn find(&self) -> Result<(), Error> {
        let (sessions, header) = (&*self.0.sessions, self.header());
        let recent = self.recent_saves(0);
        let count = recent.map_or(0, RecentSaves::count);
        let mut next = Loading::begin(sessions, &header).step(sessions, &header, None)?;
        loop {
            next = match next {
                Next::Run(loading, operation) => {
                    let answer = self.run(loading.place(), operation).await?;
                    loading.step(sessions, &header, Some(answer))?
                }
                Next::Done(loaded, heard) => {
                    let reverted = recent.map_or(0, |recent| loaded.reverted(recent, count));
                    self.keep(loaded, heard);
                    if reverted > 0 {
                        self.store(0)?.reverted(reverted);
                    }
                    return Ok(());
                }
            }
        }
    }

    /// Runs an operation of the store of a place.
    async fn run(&self, place: usize, operation: Operation) -> Result<Answer, Error> {
        self.store(place)?.run(operation).await
    }

    /// Returns what is remembered of the last saves in a place, if an observer or the log can
    /// report it.
    fn recent_saves(&self, place: usize) -> Option<&RecentSaves> {
        let policy = self.policy();
        let is_heard = cfg!(feature = "tracing") || policy.observer.is_some();
        let here = self.0.sessions.at(place);
        // Whoever overwrites undoes the changes of others as well, and knows nothing of it.
        let is_kept = is_heard && here.policy.conflicts == ConflictPolicy::Merge;
        here.place.recent_saves().filter(|_| is_kept)
    }

    /// Returns the store of a place.
    fn store(&self, place: usize) -> Result<WatchedStore<'_>, Error> {
        let here = self.0.sessions.at(place);
        Ok(WatchedStore {
            store: here.place.store().ok_or(Error::NeedsStore)?,
            name: &here.policy.name,
            policy: self.policy(),
            recent: self.recent_saves(place),
        })
    }

    /// Keeps the session that was loaded, unless somebody else loaded it meanwhile.
    fn keep(&self, loaded: Arc<Loaded>, heard: Option<Heard>) -> Arc<Loaded> {
        let id_was = self.policy().remembers_id.then(|| loaded.id_was());
        let id_was = id_was.flatten();
        // If several threads read the session, the first one reports how it arrived.
        let mut state = self.state();
        let is_first = state.loaded.is_none();
        if is_first {
            state.loaded = Some(loaded.clone());
            state.id_was = id_was;
        }
        drop(state);
        if is_first {
            self.hear(heard);
        }
        self.state().loaded.clone().unwrap_or(loaded)
    }

    /// Tells the observer how the cookie of the session opened, or why none did.
    fn hear(&self, heard: Option<Heard>) {
        match heard {
            Some((0, outcome)) => self.policy().heard(Some(outcome)),
            Some((place, outcome)) => {
                let name = &self.0.sessions.at(place).policy.name;
                self.policy().heard_of_cookie(name, outcome);
            }
            None => {}
        }
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
        let checked = match seen.check(self.policy(), &self.0.origin) {
            Ok(checked) => checked,
            Err(error) => {
                let (place, stayed) = seen.staying(&error).ok_or(error)?;
                let policy = &self.0.sessions.at(place).policy;
                return stayed.check(policy, &self.0.origin).map(|_| ());
            }
        };
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
        let decision = self.decision(status);
        // The commit has its own copies.
        self.drop_updates();
        decision
    }

    fn decision(&self, status: u16) -> Result<Decision, Error> {
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
            if !loaded.is_reset() {
                return Ok(Decision::Done(Commit::Keep));
            }
            writing = Writing::Dropped;
        }
        if writing == Writing::Dropped {
            Arc::make_mut(&mut loaded).reset();
        }
        let (sessions, header, origin) = (&*self.0.sessions, self.header(), &self.0.origin);
        let leaving = Leaving {
            sessions,
            header: &header,
            origin,
        };
        let came = leaving.came();
        // As it was: a cookie gives the session an id of its own before it is found too long.
        let moving = loaded.moved.is_some().then(|| loaded.clone());
        let decided = Loaded::commit(&mut loaded, &sessions.policy, origin, &header, status, came);
        // The cookie of an id is no proof that the new store's format can write the session.
        let decided = decided.and_then(|commit| {
            if moving.is_some() && matches!(commit, Commit::Set(_)) {
                loaded.kept.check(&loaded.data, &sessions.policy)?;
            }
            Ok(commit)
        });
        let (mut place, mut farewell) = (0, Farewell::default());
        let mut commit = match decided {
            Ok(commit) => commit,
            Err(error) => {
                let stayed = moving.and_then(|moving| moving.staying(&error));
                let stayed = stayed.ok_or_else(|| error.clone())?;
                self.policy().tell(Event::NotMoved(&error));
                (place, loaded) = (stayed.0, Arc::new(stayed.1));
                let policy = &sessions.at(place).policy;
                Loaded::commit(&mut loaded, policy, origin, &header, status, false)?
            }
        };
        if place == 0 && commit != Commit::Keep {
            if matches!(loaded.provenance, Provenance::Unasked) {
                return Err(Error::NeedsStore);
            }
            farewell = leaving.operations(&loaded, &commit);
            if let Commit::Set(cookies) | Commit::Remove(cookies) = &mut commit {
                cookies.extend(leaving.removed()?);
            }
        }
        if let (Writing::Dropped, Commit::Remove(cookies)) = (writing, &mut commit) {
            cookies.clear();
        }
        let here = sessions.at(place);
        let committing = here.place.store();
        let committing = committing
            .and_then(|store| Committing::begin(&loaded, &commit, &here.policy, store.renames()));
        let is_changed = loaded.is_changed();
        self.state().loaded = Some(loaded);
        if committing.is_none() && farewell.first.is_empty() && farewell.then.is_empty() {
            return Ok(Decision::Done(commit));
        }
        Ok(Decision::Ask(Box::new(Ask {
            place,
            committing,
            commit,
            farewell,
            is_changed,
        })))
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
        let decision = self.told(self.decide(status));
        let lock = self.state().lock.take();
        let mut ask = match decision {
            Ok(Decision::Ask(ask)) => ask,
            decided => {
                let outcome = decided.map(|decision| match decision {
                    Decision::Done(commit) => commit,
                    Decision::Ask(ask) => ask.commit,
                });
                if let Ok(commit) = &outcome {
                    self.settle(commit);
                }
                let Some(lock) = lock else {
                    return Finish::Done(outcome);
                };
                return self.running(async move {
                    lock.release().await;
                    outcome
                });
            }
        };
        let context = self.clone();
        self.running(async move {
            let outcome = context.drive(&mut ask).await;
            if let Some(lock) = lock {
                lock.release().await;
            }
            match context.told(outcome) {
                // Nothing is lost if nothing was changed: the response goes out.
                Err(_) if !ask.is_changed => {
                    context.settle(&Commit::Keep);
                    Ok(Commit::Keep)
                }
                outcome => outcome,
            }
        })
    }

    fn running(
        &self,
        commit: impl Future<Output = Result<Commit, Error>> + Send + 'static,
    ) -> Finish {
        Finish::Running(RunningCommit::new(commit, self.policy().spawn.clone()))
    }

    /// Gives the session the id under which it was written.
    fn rename(&self, id: Option<&String>) {
        let mut state = self.state();
        if let Some(loaded) = &mut state.loaded
            && loaded.id().as_ref() != id
        {
            Arc::make_mut(loaded).kept.rename(id.cloned());
        }
    }

    async fn drive(&self, ask: &mut Ask) -> Result<Commit, Error> {
        let sessions = &*self.0.sessions;
        let here = sessions.at(ask.place);
        let Farewell { first, then, last } = std::mem::take(&mut ask.farewell);
        for (place, operation) in first {
            self.run(place, operation).await?;
        }
        let mut commit = ask.commit.clone();
        if let Some(committing) = &mut ask.committing {
            let saving = Saving {
                store: self.store(ask.place)?,
                queue: here.place.queue(),
                policy: &here.policy,
            };
            commit = saving.run(committing).await?;
            self.rename(committing.id());
        }
        let mut is_there = then.is_empty();
        for (place, operation) in then {
            let is_touch = matches!(operation, Operation::Touch { .. });
            match self.run(place, operation).await {
                Ok(Answer::Found(false)) => continue,
                Ok(_) => {}
                // The session has moved: an entry that stays behind longer loses nothing.
                Err(error) => self.policy().tell(Event::Failed(&error)),
            }
            is_there = true;
            if is_touch {
                break;
            }
        }
        if !is_there {
            // A logout came between: it ends what this request wrote, too.
            let written = ask.committing.as_ref();
            if let Some(operation) = written.and_then(Committing::undo) {
                self.run(ask.place, operation).await?;
            }
            commit = Commit::Keep;
        }
        if commit != Commit::Keep {
            for (place, operation) in last {
                // The session has its new id: an entry that stays behind ends in ten minutes.
                if let Err(error) = self.run(place, operation).await {
                    self.policy().tell(Event::Failed(&error));
                }
            }
        }
        self.settle(&commit);
        Ok(commit)
    }
}

enum Decision {
    Done(Commit),
    Ask(Box<Ask>),
}

/// The work of the stores at the end of a request.
struct Ask {
    /// The place in which the session is written.
    place: usize,
    committing: Option<Committing>,
    /// The cookies, unless `committing` decides them.
    commit: Commit,
    farewell: Farewell,
    /// True if the request changed the session. If it did not, its response does not fail with the
    /// store.
    is_changed: bool,
}

/// A commit: done at once, or as soon as the store has answered.
pub(crate) enum Finish {
    Done(Result<Commit, Error>),
    Running(RunningCommit),
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("name", &self.policy().name)
            .field("data", &self.seen().as_ref().map(|loaded| &loaded.data))
            .finish_non_exhaustive()
    }
}
