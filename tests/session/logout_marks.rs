//! `remember_logouts`: a session that was ended stays ended, although another program writes its entry
//! again.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::time::Duration;

use bytes::Bytes;
use hardtack::stores::{MemoryStore, SessionFormat, SessionStore, StoredJson, When};
use hardtack::{Commit, ServerSessions, Session};
use time::OffsetDateTime;

use crate::held_store::{Held, ID, NAME, now, open};
use crate::session_options::Shared;

const CONTENT: &[u8] = br#"{"user":7}"#;

const MINUTE: Duration = Duration::from_secs(60);

fn sessions(store: &Held) -> ServerSessions {
    ServerSessions::new(StoredJson, store.clone(), NAME)
}

/// Writes the entry of the session's id as a framework does: unconditionally.
fn write(store: &Held, key: &str) {
    let written = store
        .0
        .store
        .save(key, Bytes::from_static(CONTENT), None, &When::Always);
    now(written).unwrap();
}

/// Returns the keys of a session's id that have an entry.
fn entries(store: &Held) -> usize {
    let keys = StoredJson.keys(ID).into_iter();
    keys.filter(|key| now(store.0.store.load(key)).unwrap().is_some())
        .count()
}

fn is_open(sessions: &Arc<ServerSessions>) -> bool {
    !now(open(sessions, ID).load()).unwrap().is_empty()
}

type Change = fn(&Session);

/// The ways in which the session of an id ends.
const ENDS: [(&str, Change); 3] = [
    ("a logout", |session| session.reset().unwrap()),
    ("a login, with a new id", |session| session.renew().unwrap()),
    ("a request that clears it", |session| {
        session.clear().unwrap();
    }),
];

#[test]
fn what_is_written_after_the_end_stays_ended() {
    let mut ran = 0;
    for (what, change) in ENDS {
        // A framework writes under the present key, and one before Rack 2.0.8 under the older one.
        for place in 0..2 {
            for is_remembered in [true, false] {
                let store = Held::default();
                let sessions = sessions(&store);
                let sessions = Arc::new(if is_remembered {
                    sessions.remember_logouts(MINUTE)
                } else {
                    sessions
                });
                let key = &StoredJson.keys(ID)[place];
                write(&store, key);
                let lazy = open(&sessions, ID);
                change(&now(lazy.load()).unwrap());
                let _ = now(lazy.commit(200)).unwrap();
                assert_eq!(entries(&store), 0, "{what}, {place}");

                // A slow request of the framework ends.
                write(&store, key);
                assert_eq!(is_open(&sessions), !is_remembered, "{what}, {place}");
                let rest = usize::from(!is_remembered);
                assert_eq!(entries(&store), rest, "{what}, {place}");
                assert_eq!(is_open(&sessions), !is_remembered, "{what}, {place}");
                ran += 1;
            }
        }
    }
    assert_eq!(ran, 3 * 2 * 2);
}

/// The operations of each kind of request, in this order, in a store that reads both keys one after
/// the other.
#[test]
fn a_mark_costs_a_load_and_the_end_a_save() {
    let requests: [(&str, Option<Change>, &[&str]); 5] = [
        ("asks for nothing", None, &[]),
        ("reads", Some(|_| ()), &["load", "load"]),
        (
            "writes",
            Some(|session| session.insert("a", 1).unwrap()),
            &["load", "load", "save"],
        ),
        // The mark comes first: the session is ended from then on.
        (
            "logs out",
            Some(ENDS[0].1),
            &["load", "load", "save", "delete", "delete"],
        ),
        // ... and last here: until the deletion the old session lives.
        (
            "renews",
            Some(ENDS[1].1),
            &["load", "load", "save", "delete", "delete", "save"],
        ),
    ];
    let mut ran = 0;
    for (what, change, expected) in requests {
        let store = Held::default();
        let sessions = Arc::new(sessions(&store).remember_logouts(MINUTE));
        write(&store, &StoredJson.keys(ID)[0]);
        let lazy = open(&sessions, ID);
        if let Some(change) = change {
            change(&now(lazy.load()).unwrap());
        }
        let _ = now(lazy.commit(200)).unwrap();
        assert_eq!(store.answered(), expected, "{what}");
        ran += 1;
    }
    assert_eq!(ran, 5);
}

/// A request that finds a session which was ended has none: it deletes the entry, and begins another.
#[test]
fn a_request_with_an_ended_session_begins_another() {
    let store = Held::default();
    let sessions = Arc::new(sessions(&store).remember_logouts(MINUTE));
    let key = &StoredJson.keys(ID)[0];
    write(&store, key);
    let lazy = open(&sessions, ID);
    now(lazy.load()).unwrap().reset().unwrap();
    let _ = now(lazy.commit(200)).unwrap();
    write(&store, key);
    store.answered();
    let lazy = open(&sessions, ID);
    let session = now(lazy.load()).unwrap();
    assert_eq!(store.answered(), ["load", "load", "delete", "delete"]);
    session.insert("cart", 1).unwrap();
    let Commit::Set(cookies) = now(lazy.commit(200)).unwrap() else {
        panic!("no cookie");
    };
    assert_ne!(cookies[0].value(), ID.as_bytes());
}

/// A session that was emptied was not ended: what another program adds to it stays.
#[test]
fn an_emptied_session_may_come_back() {
    let store = Held::default();
    let sessions = Arc::new(sessions(&store).remember_logouts(MINUTE));
    let key = &StoredJson.keys(ID)[0];
    write(&store, key);
    let lazy = open(&sessions, ID);
    now(lazy.load()).unwrap().remove("user").unwrap();
    let _ = now(lazy.commit(200)).unwrap();
    assert_eq!(entries(&store), 0);
    write(&store, key);
    assert!(is_open(&sessions));
}

/// The session has its new id by then: a request fails for no mark.
#[test]
fn a_renewal_whose_mark_fails_is_done() {
    let store = Held::default();
    let sessions = Arc::new(sessions(&store).remember_logouts(MINUTE));
    write(&store, &StoredJson.keys(ID)[0]);
    let lazy = open(&sessions, ID);
    now(lazy.load()).unwrap().renew().unwrap();
    store.0.is_held.store(true, SeqCst);
    let mut crowd = crate::held_store::Crowd::default();
    let number = crowd.add(lazy);
    crowd.run();
    for is_done in [true, true, true, false] {
        assert!(store.answer(is_done));
        crowd.run();
    }
    assert!(matches!(crowd.outcome(number), Ok(Commit::Set(_))));
}

/// A session that moves from an older store is ended there, too.
#[test]
fn a_logout_is_remembered_in_an_older_store() {
    let (older, present) = (Held::default(), Held::default());
    let former = Arc::new(sessions(&older).remember_logouts(MINUTE));
    let sessions = sessions(&present).remember_logouts(MINUTE);
    let sessions = Arc::new(sessions.migrating_from(former));
    let key = &StoredJson.keys(ID)[0];
    write(&older, key);
    let lazy = open(&sessions, ID);
    now(lazy.load()).unwrap().reset().unwrap();
    let _ = now(lazy.commit(200)).unwrap();
    for store in [&older, &present] {
        write(store, key);
        assert!(!is_open(&sessions));
        assert_eq!(entries(store), 0);
    }
}

/// Whoever fails to end a session does not mark it.
#[test]
fn a_renewal_that_fails_marks_nothing() {
    let store = Held::default();
    let sessions = Arc::new(sessions(&store).remember_logouts(MINUTE));
    write(&store, &StoredJson.keys(ID)[0]);
    let lazy = open(&sessions, ID);
    now(lazy.load()).unwrap().renew().unwrap();
    store.0.is_held.store(true, SeqCst);
    let mut crowd = crate::held_store::Crowd::default();
    let number = crowd.add(lazy);
    crowd.run();
    // Its new entry, the deletion of the older key, and then the store fails.
    assert!(store.answer(true));
    crowd.run();
    assert!(store.answer(true));
    crowd.run();
    assert!(store.answer(false));
    crowd.run();
    assert!(crowd.outcome(number).is_err());
    store.0.is_held.store(false, SeqCst);
    assert!(is_open(&sessions));
}

#[test]
fn a_mark_ends_by_its_time() {
    let clock = Arc::new(AtomicI64::new(1_900_000_000));
    let at = clock.clone();
    let time = move || OffsetDateTime::from_unix_timestamp(at.load(SeqCst)).unwrap();
    let store = Arc::new(MemoryStore::new().clock(time));
    let sessions = ServerSessions::new(StoredJson, Shared(store.clone()), NAME);
    let sessions = Arc::new(sessions.remember_logouts(MINUTE));
    let key = &StoredJson.keys(ID)[0];
    let write = || now(store.save(key, Bytes::from_static(CONTENT), None, &When::Always)).unwrap();
    write();
    let lazy = open(&sessions, ID);
    now(lazy.load()).unwrap().reset().unwrap();
    let _ = now(lazy.commit(200)).unwrap();
    clock.fetch_add(59, SeqCst);
    write();
    assert!(!is_open(&sessions));
    clock.fetch_add(1, SeqCst);
    write();
    assert!(is_open(&sessions));
}

/// A mark is in the slot of its session's key in a Redis Cluster: the part in braces decides.
#[test]
fn the_mark_of_a_key_is_in_its_slot() {
    for (key, mark) in [
        ("session:2::ab", "{session:2::ab}:gone"),
        ("{shop}:session:2::ab", "{shop}:session:2::ab:gone"),
    ] {
        assert_eq!(StoredJson.logout_key(key), mark);
    }
}
