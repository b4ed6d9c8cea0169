//! Saves of one session at the same time: each waits for its turn, and takes the entry that the save
//! before it wrote.

use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hardtack::observe::{Observer, StoreOperation, StoreOutcome};
use hardtack::stores::{ConflictPolicy, StoredJson};
use hardtack::{Commit, Error, LazySession, ServerSessions, Session};
use time::OffsetDateTime;

use crate::held_store::{
    Crowd, Held, ID, NAME, Outcome, crowd, kept, look, now, put, release, request, sessions, set,
};

/// 64 requests of one session, all of which loaded it before any of them saves.
#[test]
fn each_save_is_one_command() {
    let store = Held::default();
    let sessions = sessions(&store);
    put(&sessions, &store, ID);
    let names: Vec<String> = (0..64).map(|number| format!("k{number}")).collect();
    let keys: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut crowd = crowd(&sessions, &store, &keys);
    crowd.run();
    assert_eq!(store.waiting(), 1, "the others wait for their turn");
    crowd.finish(&store);
    assert_eq!(store.answered(), ["save"; 64]);
    release(&store);
    // In the order in which they came.
    assert_eq!(kept(&sessions), [&["begun"], &keys[..]].concat());
    for number in 0..64 {
        assert!(crowd.outcome(number).is_ok());
    }
}

/// Two processes: a save loses to the other process at most once for each save there.
#[test]
fn two_processes_lose_nothing() {
    let store = Held::default();
    let both = [sessions(&store), sessions(&store)];
    put(&both[0], &store, ID);
    let mut crowd = Crowd::default();
    let names: Vec<String> = (0..128).map(|number| format!("k{number}")).collect();
    for (number, name) in names.iter().enumerate() {
        crowd.add(set(&both[number % 2], name));
    }
    store.answered();
    store.0.is_held.store(true, SeqCst);
    crowd.finish(&store);
    let commands = store.answered();
    let saves = commands
        .iter()
        .filter(|command| **command == "save")
        .count();
    assert_eq!(saves, 128);
    assert!(commands.len() <= 2 * 128, "{} commands", commands.len());
    release(&store);
    let mut kept = kept(&both[0]);
    kept.sort();
    let mut expected: Vec<&str> = names.iter().map(String::as_str).collect();
    expected.push("begun");
    expected.sort_unstable();
    assert_eq!(kept, expected);
}

/// One after the other would learn that the store is down after one time limit each.
#[test]
fn a_store_that_fails_holds_nobody_up() {
    let store = Held::default();
    let sessions = sessions(&store);
    put(&sessions, &store, ID);
    let mut crowd = crowd(&sessions, &store, &["a", "b", "c"]);
    crowd.run();
    assert!(store.answer(false));
    crowd.run();
    assert!(matches!(crowd.outcome(0), Err(Error::Store(_))));
    assert_eq!(store.waiting(), 2);
    assert!(store.answer(false));
    crowd.finish(&store);
    assert!(matches!(crowd.outcome(1), Err(Error::Store(_))));
    assert!(crowd.outcome(2).is_ok());
    assert_eq!(store.answered(), ["save"]);
    release(&store);
    assert_eq!(kept(&sessions), ["begun", "c"]);
}

/// Those who were let go meet each other's saves, and wait for each other from then on.
#[test]
fn a_burst_waits_again_after_a_failure() {
    let store = Held::default();
    let sessions = sessions(&store);
    put(&sessions, &store, ID);
    let mut crowd = crowd(&sessions, &store, &["a", "b", "c", "d"]);
    crowd.run();
    assert!(store.answer(false));
    crowd.run();
    assert_eq!(store.waiting(), 3);
    crowd.finish(&store);
    let commands = ["save", "conflict", "conflict", "save", "save"];
    assert_eq!(store.answered(), commands);
    release(&store);
    assert_eq!(kept(&sessions), ["begun", "b", "c", "d"]);
}

/// A request that deletes the entry of a session meets the saves of others once, and then waits for
/// its turn.
#[test]
fn a_deletion_takes_its_turn() {
    let names: Vec<String> = (0..16).map(|number| format!("k{number}")).collect();
    let keys: Vec<&str> = names.iter().map(String::as_str).collect();
    let renew = |session: &Session| session.renew().unwrap();
    let remove = |session: &Session| assert!(session.remove("begun").unwrap());
    for (what, change, deletions) in [
        // One of them deletes the older key of the id, unconditionally.
        ("renewal", &renew as &dyn Fn(&Session), 1 + 2),
        // It finds that the session is not empty any more, and saves it.
        ("emptying", &remove, 1 + 1),
    ] {
        let store = Held::default();
        let sessions = sessions(&store);
        put(&sessions, &store, ID);
        let lazy = request(&sessions, ID, change);
        let mut crowd = crowd(&sessions, &store, &keys);
        crowd.run();
        let number = crowd.add(lazy);
        crowd.finish(&store);
        let commands = store.answered();
        let count = |name| commands.iter().filter(|command| **command == name).count();
        assert_eq!(count("conflict"), 0, "{what}: {commands:?}");
        assert_eq!(count("delete"), deletions, "{what}: {commands:?}");
        assert!(crowd.outcome(number).is_ok(), "{what}");
        release(&store);
        assert_eq!(store.0.store.len(), 1, "{what}");
    }
}

/// A clock that a test moves.
#[derive(Clone)]
struct Hands(Arc<AtomicI64>);

impl Hands {
    fn new() -> Self {
        Self(Arc::new(AtomicI64::new(1_900_000_000_000)))
    }

    fn move_by(&self, milliseconds: i64) {
        self.0.fetch_add(milliseconds, SeqCst);
    }

    fn sessions(&self, store: &Held) -> Arc<ServerSessions> {
        let clock = self.0.clone();
        let sessions = ServerSessions::new(StoredJson, store.clone(), NAME).clock(move || {
            let nanoseconds = i128::from(clock.load(SeqCst)) * 1_000_000;
            OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).unwrap()
        });
        Arc::new(sessions)
    }
}

fn is_busy(outcome: &Outcome) -> bool {
    matches!(outcome, Err(Error::BusySession { .. }))
}

#[test]
fn nobody_waits_longer_than_a_second() {
    let (store, hands) = (Held::default(), Hands::new());
    let sessions = hands.sessions(&store);
    put(&sessions, &store, ID);
    let late = set(&sessions, "late");
    let mut crowd = crowd(&sessions, &store, &["a", "b", "c"]);
    crowd.run();
    hands.move_by(600);
    crowd.add(late);
    crowd.run();
    hands.move_by(401);
    assert!(store.answer(true));
    crowd.run();
    // The first one had its turn. Two have waited for 1,001 ms, the last for 401.
    assert!(crowd.outcome(0).is_ok());
    assert!(is_busy(crowd.outcome(1)) && is_busy(crowd.outcome(2)));
    crowd.finish(&store);
    assert!(crowd.outcome(3).is_ok());
    assert_eq!(store.answered(), ["save", "save"]);
    release(&store);
    assert_eq!(kept(&sessions), ["begun", "a", "late"]);
}

/// A future that nobody polls any more, though nobody dropped it either.
#[test]
fn a_turn_that_does_not_end_holds_nobody_up() {
    let (store, hands) = (Held::default(), Hands::new());
    let sessions = hands.sessions(&store);
    put(&sessions, &store, ID);
    let (second, third) = (set(&sessions, "second"), set(&sessions, "third"));
    let mut crowd = crowd(&sessions, &store, &["stuck", "first"]);
    crowd.run();
    hands.move_by(700);
    let second = crowd.add(second);
    crowd.run();
    hands.move_by(301);
    assert_eq!(store.waiting(), 1);
    let third = crowd.add(third);
    crowd.run();
    // Whoever has waited for a second gets an error, and the others are at the store.
    assert!(is_busy(crowd.outcome(1)));
    assert_eq!(store.waiting(), 3);
    let stuck = store.0.waiting.lock().unwrap().pop_front().unwrap();
    crowd.finish(&store);
    assert!(crowd.outcome(second).is_ok() && crowd.outcome(third).is_ok());
    assert!(crowd.is_waiting(0));
    release(&store);
    let mut there = kept(&sessions);
    there.sort();
    assert_eq!(there, ["begun", "second", "third"]);
    // It meets a conflict, as it would have without a turn, and is too late to save again.
    *stuck.answer.lock().unwrap() = Some(true);
    stuck.waker.lock().unwrap().take().unwrap().wake();
    crowd.run();
    assert!(is_busy(crowd.outcome(0)));
    assert_eq!(kept(&sessions).len(), 3);
}

/// The browser never gets the new id of a renewal that fails, and nobody could end its entry.
#[test]
fn a_renewal_that_fails_leaves_nothing() {
    let (store, hands) = (Held::default(), Hands::new());
    let sessions = hands.sessions(&store);
    put(&sessions, &store, ID);
    let renewal = request(&sessions, ID, |session| session.renew().unwrap());
    assert!(now(set(&sessions, "meanwhile").commit(200)).is_ok());
    store.answered();
    store.0.is_held.store(true, SeqCst);
    let mut crowd = Crowd::default();
    crowd.add(renewal);
    crowd.run();
    assert!(store.answer(true));
    crowd.run();
    hands.move_by(1001);
    crowd.finish(&store);
    assert!(is_busy(crowd.outcome(0)));
    assert_eq!(
        store.answered(),
        ["save", "delete", "delete", "load", "delete"]
    );
    release(&store);
    assert_eq!(kept(&sessions), ["begun", "meanwhile"]);
    assert_eq!(store.0.store.len(), 1);
}

#[test]
fn only_savers_of_one_session_wait() {
    let store = Held::default();
    let sessions = sessions(&store);
    let other = ID.replace('0', "f");
    put(&sessions, &store, ID);
    put(&sessions, &store, &other);
    let elsewhere = request(&sessions, &other, |session| session.insert("a", 1).unwrap());
    let logout = request(&sessions, ID, |session| session.reset().unwrap());
    let mut crowd = crowd(&sessions, &store, &["a", "b"]);
    crowd.run();
    assert_eq!(store.waiting(), 1);
    let logout = crowd.add(logout);
    crowd.run();
    assert_eq!(store.waiting(), 2, "a logout waits for nobody");
    crowd.add(elsewhere);
    crowd.run();
    assert_eq!(store.waiting(), 3, "nor does the save of another session");
    // The save of `a`, the first deletion, and the second one, which is the last that waits.
    for place in [0, 0, 2] {
        assert!(store.answer_at(place, true));
        crowd.run();
    }
    crowd.finish(&store);
    release(&store);
    // `b` got the entry of `a`, and finds that it is gone: it sets no cookie.
    assert_eq!(
        store.answered(),
        ["save", "delete", "delete", "save", "gone"]
    );
    assert_eq!(crowd.outcome(1), &Ok(Commit::Keep));
    assert!(matches!(crowd.outcome(logout), Ok(Commit::Remove(_))));
    assert_eq!(look(&sessions, &other, "a"), Some(1));
    assert_eq!(store.0.store.len(), 1);
}

/// A store that does not tell versions hands on nothing: each of the others meets one conflict.
#[test]
fn without_a_version_nothing_is_handed_on() {
    let store = Held::default();
    store.0.is_silent.store(true, SeqCst);
    let sessions = sessions(&store);
    put(&sessions, &store, ID);
    let mut crowd = crowd(&sessions, &store, &["a", "b", "c"]);
    crowd.finish(&store);
    let commands = ["save", "conflict", "save", "conflict", "save"];
    assert_eq!(store.answered(), commands);
    release(&store);
    assert_eq!(kept(&sessions), ["begun", "a", "b", "c"]);
}

/// Nothing is compared, and so nothing is gained by waiting.
#[test]
fn overwriting_saves_do_not_wait() {
    let store = Held::default();
    let sessions = ServerSessions::new(StoredJson, store.clone(), NAME);
    let sessions = Arc::new(sessions.conflicts(ConflictPolicy::Overwrite));
    put(&sessions, &store, ID);
    let mut crowd = crowd(&sessions, &store, &["a", "b", "c"]);
    crowd.run();
    assert_eq!(store.waiting(), 3);
    crowd.finish(&store);
    assert_eq!(store.answered(), ["save"; 3]);
    release(&store);
    assert_eq!(kept(&sessions), ["begun", "c"]);
}

/// A request that meets no other one costs the same under each policy.
#[test]
fn without_conflicts_merging_costs_nothing_more() {
    type Change = fn(&Session);
    let rows: [(Change, &[&str]); 5] = [
        (|_| (), &[]),
        (|session| session.insert("a", 1).unwrap(), &["save"]),
        (
            |session| session.renew().unwrap(),
            &["save", "delete", "delete"],
        ),
        (
            |session| assert!(session.remove("begun").unwrap()),
            &["delete", "delete"],
        ),
        (|session| session.reset().unwrap(), &["delete", "delete"]),
    ];
    let mut ran = 0;
    for policy in [ConflictPolicy::Merge, ConflictPolicy::Overwrite] {
        for (change, commands) in rows {
            let store = Held::default();
            let sessions = ServerSessions::new(StoredJson, store.clone(), NAME);
            let sessions = Arc::new(sessions.conflicts(policy));
            put(&sessions, &store, ID);
            let lazy = request(&sessions, ID, change);
            assert_eq!(store.answered(), ["load"], "{policy:?}");
            assert!(now(lazy.commit(200)).is_ok());
            assert_eq!(store.answered(), commands, "{policy:?}");
            ran += 1;
        }
    }
    assert_eq!(ran, 10);
}

/// An entry is for those who waited while it was written, and not for anybody later.
#[test]
fn no_entry_is_kept() {
    let store = Held::default();
    let [here, elsewhere] = [sessions(&store), sessions(&store)];
    put(&here, &store, ID);
    let before = set(&here, "before");
    let commit = |lazy: LazySession| {
        assert!(now(lazy.commit(200)).is_ok());
    };
    commit(set(&here, "a"));
    commit(set(&elsewhere, "b"));
    let after = set(&here, "after");
    store.answered();
    commit(after);
    assert_eq!(store.answered(), ["save"]);
    commit(before);
    assert_eq!(store.answered(), ["conflict", "save"]);
    assert_eq!(kept(&here), ["begun", "a", "b", "after", "before"]);
}

/// An observer that saves the session whose store has just answered.
struct Busybody {
    sessions: Mutex<Option<Arc<ServerSessions>>>,
    heard: Mutex<Vec<(StoreOperation, StoreOutcome)>>,
}

impl Observer for Busybody {
    fn store_answered(
        &self,
        _: &str,
        operation: StoreOperation,
        outcome: StoreOutcome,
        _: Duration,
    ) {
        self.heard.lock().unwrap().push((operation, outcome));
        let sessions = self.sessions.lock().unwrap().take();
        if let Some(sessions) = sessions {
            assert!(now(set(&sessions, "observed").commit(200)).is_ok());
        }
    }
}

#[test]
fn an_observer_may_save_the_session() {
    let store = Held::default();
    let busybody = Arc::new(Busybody {
        sessions: Mutex::default(),
        heard: Mutex::default(),
    });
    let sessions = ServerSessions::new(StoredJson, store.clone(), NAME);
    let sessions = Arc::new(sessions.observer(busybody.clone()));
    let elsewhere = self::sessions(&store);
    put(&sessions, &store, ID);
    // The save meets a conflict first, and the observer hears of both operations.
    let lazy = set(&sessions, "a");
    assert!(now(set(&elsewhere, "b").commit(200)).is_ok());
    *busybody.sessions.lock().unwrap() = Some(sessions.clone());
    busybody.heard.lock().unwrap().clear();
    assert!(now(lazy.commit(200)).is_ok());
    let heard = busybody.heard.lock().unwrap().clone();
    let first = (StoreOperation::Save, StoreOutcome::Conflict);
    let last = (StoreOperation::Save, StoreOutcome::Done);
    assert_eq!((heard.first(), heard.last()), (Some(&first), Some(&last)));
    assert_eq!(heard.len(), 4, "the observer's own load and save too");
    assert_eq!(kept(&sessions), ["begun", "b", "a", "observed"]);
}
