//! A store whose operations wait until a test answers them, and the commits that wait for it.

use std::collections::VecDeque;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use bytes::Bytes;
use hardtack::stores::{
    Entry, MemoryStore, Saved, SessionFormat, SessionStore, StoreError, StoredJson, Version, When,
};
use hardtack::{Commit, Error, LazySession, RequestOrigin, ServerSessions, Session};

pub(crate) const NAME: &str = "_session_id";
pub(crate) const ID: &str = "0123456789abcdef0123456789abcdef";

/// Runs a future that never waits.
pub(crate) fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

/// A store in memory whose operations wait until a test answers them, once it is held.
#[derive(Clone, Default)]
pub(crate) struct Held(pub(crate) Arc<Inside>);

#[derive(Default)]
pub(crate) struct Inside {
    pub(crate) store: MemoryStore,
    pub(crate) is_held: AtomicBool,
    /// True if the store does not tell the versions of what it saves.
    pub(crate) is_silent: AtomicBool,
    /// True if the store moves entries to other keys.
    pub(crate) renames: AtomicBool,
    pub(crate) waiting: Mutex<VecDeque<Arc<Gate>>>,
    answered: Mutex<Vec<&'static str>>,
}

#[derive(Default)]
pub(crate) struct Gate {
    /// True to carry the operation out, false to fail.
    pub(crate) answer: Mutex<Option<bool>>,
    pub(crate) waker: Mutex<Option<Waker>>,
}

impl Held {
    async fn wait(&self) -> Result<(), StoreError> {
        if !self.0.is_held.load(SeqCst) {
            return Ok(());
        }
        let gate = Arc::new(Gate::default());
        self.0.waiting.lock().unwrap().push_back(gate.clone());
        let is_done = std::future::poll_fn(|cx| {
            if let Some(is_done) = *gate.answer.lock().unwrap() {
                return Poll::Ready(is_done);
            }
            *gate.waker.lock().unwrap() = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
        if is_done {
            Ok(())
        } else {
            Err(StoreError::new("connection lost"))
        }
    }

    /// Answers the operation that has waited longest; returns `false` if none waits.
    pub(crate) fn answer(&self, is_done: bool) -> bool {
        self.answer_at(0, is_done)
    }

    /// Answers the operation that came after so many others that wait.
    pub(crate) fn answer_at(&self, place: usize, is_done: bool) -> bool {
        let Some(gate) = self.0.waiting.lock().unwrap().remove(place) else {
            return false;
        };
        *gate.answer.lock().unwrap() = Some(is_done);
        if let Some(waker) = gate.waker.lock().unwrap().take() {
            waker.wake();
        }
        true
    }

    /// Returns the number of operations that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.0.waiting.lock().unwrap().len()
    }

    /// Returns the operations that were answered since the last call.
    pub(crate) fn answered(&self) -> Vec<&'static str> {
        std::mem::take(&mut *self.0.answered.lock().unwrap())
    }

    fn note(&self, answered: &'static str) {
        self.0.answered.lock().unwrap().push(answered);
    }
}

impl SessionStore for Held {
    async fn load(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        self.wait().await?;
        self.note("load");
        self.0.store.load(key).await
    }

    async fn save(
        &self,
        key: &str,
        bytes: Bytes,
        ttl: Option<Duration>,
        when: &When,
    ) -> Result<Saved, StoreError> {
        self.wait().await?;
        let saved = self.0.store.save(key, bytes, ttl, when).await?;
        self.note(match saved {
            Saved::Done(_) => "save",
            Saved::Gone => "gone",
            Saved::Conflict(_) => "conflict",
        });
        Ok(match saved {
            Saved::Done(_) if self.0.is_silent.load(SeqCst) => Saved::Done(None),
            saved => saved,
        })
    }

    fn renames(&self) -> bool {
        self.0.renames.load(SeqCst)
    }

    async fn rename(
        &self,
        from: &str,
        to: &str,
        bytes: Bytes,
        ttl: Option<Duration>,
        version: &Version,
    ) -> Result<Saved, StoreError> {
        self.wait().await?;
        let store = &self.0.store;
        let is_free = store.load(to).await?.is_none();
        if !is_free
            || !store
                .delete(from, &When::Unchanged(version.clone()))
                .await?
        {
            self.note("not renamed");
            return Ok(Saved::Gone);
        }
        self.note("rename");
        store.save(to, bytes, ttl, &When::Absent).await
    }

    async fn touch(&self, key: &str, ttl: Option<Duration>) -> Result<bool, StoreError> {
        self.wait().await?;
        self.note("touch");
        self.0.store.touch(key, ttl).await
    }

    async fn delete(&self, key: &str, when: &When) -> Result<bool, StoreError> {
        self.wait().await?;
        self.note("delete");
        self.0.store.delete(key, when).await
    }
}

pub(crate) type Outcome = Result<Commit, Error>;

/// The commits of some requests, polled whenever they are woken, and no more often.
#[derive(Default)]
pub(crate) struct Crowd(Vec<Member>);

struct Member {
    commit: Option<Pin<Box<dyn Future<Output = Outcome> + Send>>>,
    outcome: Option<Outcome>,
    is_woken: Arc<Woken>,
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, SeqCst);
    }
}

impl Crowd {
    /// Begins the commit of a request, without polling it; returns its number.
    pub(crate) fn add(&mut self, lazy: LazySession) -> usize {
        self.0.push(Member {
            commit: Some(Box::pin(async move { lazy.commit(200).await })),
            outcome: None,
            is_woken: Arc::new(Woken(AtomicBool::new(true))),
        });
        self.0.len() - 1
    }

    /// Begins to load a session, without polling.
    pub(crate) fn add_load(&mut self, lazy: LazySession) -> usize {
        self.0.push(Member {
            commit: Some(Box::pin(
                async move { lazy.load().await.map(|_| Commit::Keep) },
            )),
            outcome: None,
            is_woken: Arc::new(Woken(AtomicBool::new(true))),
        });
        self.0.len() - 1
    }

    /// Polls one commit, if it was woken; returns whether it was.
    pub(crate) fn poll(&mut self, number: usize) -> bool {
        let member = &mut self.0[number];
        let Some(commit) = &mut member.commit else {
            return false;
        };
        if !member.is_woken.0.swap(false, SeqCst) {
            return false;
        }
        let waker = Waker::from(member.is_woken.clone());
        if let Poll::Ready(outcome) = commit.as_mut().poll(&mut Context::from_waker(&waker)) {
            (member.commit, member.outcome) = (None, Some(outcome));
        }
        true
    }

    /// Polls until nobody is woken.
    pub(crate) fn run(&mut self) {
        loop {
            let polled = (0..self.0.len()).filter(|number| self.poll(*number));
            if polled.count() == 0 {
                return;
            }
        }
    }

    /// Answers the store's operations in their order, until all commits have ended.
    pub(crate) fn finish(&mut self, store: &Held) {
        self.run();
        while store.answer(true) {
            self.run();
        }
    }

    pub(crate) fn drop_commit(&mut self, number: usize) {
        self.0[number].commit = None;
    }

    /// Returns the outcome of a commit that has ended.
    pub(crate) fn outcome(&self, number: usize) -> &Outcome {
        self.0[number].outcome.as_ref().unwrap()
    }

    pub(crate) fn is_waiting(&self, number: usize) -> bool {
        self.0[number].commit.is_some()
    }
}

pub(crate) fn sessions(store: &Held) -> Arc<ServerSessions> {
    Arc::new(ServerSessions::new(StoredJson, store.clone(), NAME))
}

/// Begins a session under this id.
pub(crate) fn put(sessions: &Arc<ServerSessions>, store: &Held, id: &str) {
    let key = StoredJson.keys(id).remove(0);
    let bytes = Bytes::from_static(br#"{"begun":true}"#);
    now(store.0.store.save(&key, bytes, None, &When::Always)).unwrap();
    assert_eq!(look(sessions, id, "begun"), Some(1));
    store.answered();
}

pub(crate) fn open(sessions: &Arc<ServerSessions>, id: &str) -> LazySession {
    LazySession::open(sessions, format!("{NAME}={id}"), RequestOrigin::default())
}

/// Loads the session in a request of its own, and changes it.
pub(crate) fn request(
    sessions: &Arc<ServerSessions>,
    id: &str,
    change: impl FnOnce(&Session),
) -> LazySession {
    let lazy = open(sessions, id);
    change(&now(lazy.load()).unwrap());
    lazy
}

pub(crate) fn set(sessions: &Arc<ServerSessions>, key: &str) -> LazySession {
    request(sessions, ID, |session| session.insert(key, 1).unwrap())
}

/// Returns what a key holds, as a number.
pub(crate) fn look(sessions: &Arc<ServerSessions>, id: &str, key: &str) -> Option<u64> {
    let session = now(open(sessions, id).load()).unwrap();
    match key {
        "begun" => session.get::<bool>(key).unwrap().map(u64::from),
        key => session.get(key).unwrap(),
    }
}

/// Returns the keys that are in the store.
pub(crate) fn kept(sessions: &Arc<ServerSessions>) -> Vec<String> {
    let session = now(open(sessions, ID).load()).unwrap();
    session.read(|data| {
        data.keys()
            .into_iter()
            .map(std::borrow::Cow::into_owned)
            .collect()
    })
}

/// Makes requests that set these keys, with a store that waits from here on.
pub(crate) fn crowd(sessions: &Arc<ServerSessions>, store: &Held, keys: &[&str]) -> Crowd {
    let mut crowd = Crowd::default();
    for key in keys {
        crowd.add(set(sessions, key));
    }
    store.0.is_held.store(true, SeqCst);
    store.answered();
    crowd
}

pub(crate) fn release(store: &Held) {
    assert_eq!(store.waiting(), 0);
    store.0.is_held.store(false, SeqCst);
}
