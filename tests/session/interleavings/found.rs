//! Faults that the interleavings found, each with as few requests as it takes.

use std::sync::Arc;

use hardtack::stores::{ConflictPolicy, MemoryStore, StoredJson};
use hardtack::{Commit, LazySession, RequestOrigin, ServerSessions, Session};

use super::browser::{NAME, content};
use super::report::Content;
use super::scheduler::alone;
use super::world::{Switching, World};

type Change = fn(&Session);

/// The sessions of a store whose operations take three polls each, and a browser with a session.
struct Browser {
    sessions: Arc<ServerSessions>,
    /// The same sessions in another process: those who save there do not wait for those here.
    elsewhere: Arc<ServerSessions>,
    header: String,
}

impl Browser {
    fn new(policy: ConflictPolicy) -> Self {
        let store = Arc::new(MemoryStore::new());
        let sessions = || {
            let store = Switching {
                store: store.clone(),
                world: World::new(false),
                is_older: false,
            };
            Arc::new(ServerSessions::new(StoredJson, store, NAME).conflicts(policy))
        };
        let mut browser = Self {
            sessions: sessions(),
            elsewhere: sessions(),
            header: String::new(),
        };
        let begun = browser.request(|session| session.insert("a", 1).unwrap());
        browser.header = format!("{NAME}={}", begun.cookies()[0].escaped_value());
        browser
    }

    fn open(&self) -> LazySession {
        self.open_in(&self.sessions)
    }

    fn open_in(&self, sessions: &Arc<ServerSessions>) -> LazySession {
        LazySession::open(sessions, self.header.clone(), RequestOrigin::default())
    }

    /// Runs a whole request elsewhere.
    fn request(&self, change: Change) -> Commit {
        let lazy = self.open_in(&self.elsewhere);
        change(&alone(lazy.load()).unwrap());
        alone(lazy.commit(200)).unwrap()
    }

    fn content(&self) -> Content {
        content(&alone(self.open().load()).unwrap())
    }
}

fn set_a(session: &Session) {
    session.insert("a", 2).unwrap();
}

fn remove_a(session: &Session) {
    assert!(session.remove("a").unwrap());
}

fn reset(session: &Session) {
    session.reset().unwrap();
}

fn renew(session: &Session) {
    session.renew().unwrap();
}

/// A session that is emptied, beside another request that was answered before.
#[test]
fn who_empties_a_session_removes_its_cookie_alone() {
    const MERGE: ConflictPolicy = ConflictPolicy::Merge;
    const OVERWRITE: ConflictPolicy = ConflictPolicy::Overwrite;
    let rows: &[(&str, ConflictPolicy, Change, usize)] = &[
        // The session is still empty after the other request.
        ("a change of the same key", MERGE, set_a, 1),
        ("a change of the same key", OVERWRITE, set_a, 1),
        // The browser has the cookie of the new id, or none.
        ("a renewal", MERGE, renew, 0),
        ("a renewal", OVERWRITE, renew, 0),
        ("a logout", MERGE, reset, 0),
        ("a logout", OVERWRITE, reset, 0),
        ("the same", MERGE, remove_a, 0),
        ("the same", OVERWRITE, remove_a, 0),
    ];
    for (other, policy, change, cookies) in rows {
        let browser = Browser::new(*policy);
        let lazy = browser.open();
        remove_a(&alone(lazy.load()).unwrap());
        let _ = browser.request(*change);
        let commit = alone(lazy.commit(200)).unwrap();
        assert_eq!(commit.cookies().len(), *cookies, "{other}, {policy:?}");
        assert!(browser.content().is_empty(), "{other}, {policy:?}");
    }
}

/// A key that is removed stays so, although the session that the change is first applied to has no
/// such key, and the next one has.
#[test]
fn a_removal_outlasts_two_conflicts() {
    let browser = Browser::new(ConflictPolicy::Merge);
    let lazy = browser.open();
    let session = alone(lazy.load()).unwrap();
    remove_a(&session);
    session.insert("c", 3).unwrap();
    let _ = browser.request(|session| {
        remove_a(session);
        session.insert("b", 2).unwrap();
    });
    let mut commit = Box::pin(lazy.commit(200));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    // The first save runs, and finds another session.
    for _ in 0..2 {
        assert!(commit.as_mut().poll(&mut context).is_pending());
    }
    let _ = browser.request(set_a);
    let _ = alone(commit).unwrap();
    let expected = [("b", 2), ("c", 3)].map(|(key, value)| (key.to_owned(), value));
    assert_eq!(browser.content(), Content::from(expected));
}
