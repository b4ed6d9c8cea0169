//! A session under an older key, in a store that moves an entry to another key in one step.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use bytes::Bytes;
use hardtack::stores::{SessionFormat, SessionStore, StoredJson, When};
use hardtack::{LazySession, ServerSessions, Session};

use crate::held_store::{Held, ID, look, now, request, sessions};

/// Writes an entry as an older Rack does, or a framework of today.
fn write(store: &Held, place: usize, json: &'static str) {
    let key = &StoredJson.keys(ID)[place];
    let written = store.0.store.save(
        key,
        Bytes::from_static(json.as_bytes()),
        None,
        &When::Always,
    );
    now(written).unwrap();
}

fn end(store: &Held) {
    for key in StoredJson.keys(ID) {
        now(store.0.store.delete(&key, &When::Always)).unwrap();
    }
}

/// Returns the entries of the session's keys, the present one first.
fn entries(store: &Held) -> [Option<String>; 2] {
    let keys: [String; 2] = StoredJson.keys(ID).try_into().unwrap();
    keys.map(|key| {
        let entry = now(store.0.store.load(&key)).unwrap()?;
        Some(String::from_utf8(entry.bytes.to_vec()).unwrap())
    })
}

/// Begins with a session under its older key, and a request that has loaded it.
fn found(change: impl FnOnce(&Session)) -> (Held, Arc<ServerSessions>, LazySession) {
    let store = Held::default();
    store.0.renames.store(true, SeqCst);
    let sessions = sessions(&store);
    write(&store, 1, r#"{"a":1}"#);
    let lazy = request(&sessions, ID, change);
    assert_eq!(store.answered(), ["load", "load"]);
    (store, sessions, lazy)
}

type Change = fn(&Session);

#[test]
fn a_session_is_moved_in_one_step() {
    let changes: [(Change, &str); 2] = [
        (|_| (), r#"{"a":1}"#),
        (
            |session| session.insert("b", 2).unwrap(),
            r#"{"a":1,"b":2}"#,
        ),
    ];
    let mut ran = 0;
    for (change, expected) in changes {
        let (store, _, lazy) = found(change);
        let _ = now(lazy.commit(200)).unwrap();
        assert_eq!(store.answered(), ["rename"]);
        assert_eq!(entries(&store), [Some(expected.to_owned()), None]);
        ran += 1;
    }
    assert_eq!(ran, 2);
}

/// Nothing is lost, and nothing comes back, by an operation that comes before the move.
#[test]
fn a_move_that_others_come_before_loses_nothing() {
    type Between = fn(&Held, &Arc<ServerSessions>);
    let cases: [(&str, Between, [Option<&str>; 2]); 4] = [
        (
            "an older Rack changed it",
            |store, _| write(store, 1, r#"{"a":1,"c":3}"#),
            [Some(r#"{"a":1,"c":3,"b":2}"#), None],
        ),
        (
            "another request moved it",
            |_, sessions| {
                let other = request(sessions, ID, |session| session.insert("c", 3).unwrap());
                let _ = now(other.commit(200)).unwrap();
            },
            [Some(r#"{"a":1,"c":3,"b":2}"#), None],
        ),
        ("somebody logged out", |store, _| end(store), [None, None]),
        (
            "another request renewed it",
            |_, sessions| {
                let other = request(sessions, ID, |session| session.renew().unwrap());
                let _ = now(other.commit(200)).unwrap();
            },
            [None, None],
        ),
    ];
    let mut ran = 0;
    for (what, between, expected) in cases {
        let (store, sessions, lazy) = found(|session| session.insert("b", 2).unwrap());
        between(&store, &sessions);
        let commit = now(lazy.commit(200)).unwrap();
        assert_eq!(
            entries(&store),
            expected.map(|json| json.map(str::to_owned)),
            "{what}"
        );
        if expected == [None, None] {
            assert_eq!(commit, hardtack::Commit::Keep, "{what}");
            assert_eq!(look(&sessions, ID, "a"), None, "{what}");
        }
        ran += 1;
    }
    assert_eq!(ran, 4);
}
