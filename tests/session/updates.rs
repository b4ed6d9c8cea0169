//! Closures change a session while other code changes it too: no change is lost.

use std::cell::Cell;
use std::sync::Arc;
use std::thread;

use hardtack::{Commit, CookieStore, Error, LoadDefaults, RequestOrigin, Session, SessionData};
use serde::{Deserialize, Deserializer};

use crate::support::{in_time, secret};

const NAME: &str = "_app_session";

/// Opens the session of a request.
fn open() -> Session {
    let store = CookieStore::new(&secret(), LoadDefaults::V7_1, NAME);
    let session = serde_json::json!({ "a": "text", "session_id": "00", "user_id": 42 });
    let jar = store.keyring();
    let cookie = jar.session().write(NAME, &session, None);
    let header = format!("{NAME}={}", cookie.unwrap().escaped_value());
    Session::open(&Arc::new(store), header, RequestOrigin::default())
}

#[test]
fn what_both_changed_is_there() {
    let session = open();
    let inner = session.clone();
    in_time("update", move || {
        inner.insert("theme", "dark").unwrap();
        inner.insert("visits", 1).unwrap();
        let outcome = inner.update(|data| {
            // Not seen by the copy, and not lost.
            inner.insert("inner", 1).unwrap();
            inner.insert("theme", "light").unwrap();
            inner.remove("user_id").unwrap();
            assert_eq!(data.get::<u32>("user_id").unwrap(), Some(42));
            data.insert("outer", 2)?;
            // Both change it: the closure ends last.
            inner.insert("visits", 2).unwrap();
            data.insert("visits", 3)?;
            // Removed and set again, it comes last.
            data.remove("a");
            data.insert("a", "anew")?;
            data.get::<u32>("outer")
        });
        assert_eq!(outcome, Ok(Some(2)));
    });
    let keys = ["session_id", "theme", "visits", "inner", "outer", "a"];
    assert_eq!(session.keys(), keys);
    assert_eq!(session.get::<String>("theme").unwrap().unwrap(), "light");
    assert_eq!(session.get::<u8>("visits").unwrap(), Some(3));
    assert_eq!(session.get::<String>("a").unwrap().unwrap(), "anew");
}

type Closure = fn(&mut SessionData);

#[test]
fn what_is_cleared_or_put_in_place_is_written() {
    // The closure, whether somebody else changes the session meanwhile, and what is left.
    let cases: [(&str, Closure, bool, &[&str]); 8] = [
        ("clear", |data| data.clear(), false, &[]),
        ("clear, and another", |data| data.clear(), true, &[]),
        (
            "clear and set, and another",
            |data| {
                data.clear();
                data.insert("new", 1).unwrap();
            },
            true,
            &["new"],
        ),
        ("new", |data| *data = SessionData::new(), false, &[]),
        (
            "new, and another",
            |data| *data = SessionData::new(),
            true,
            &[],
        ),
        (
            "another session, and another",
            |data| {
                let mut other = SessionData::new();
                other.insert("x", 1).unwrap();
                other.insert("y", 2).unwrap();
                *data = other;
            },
            true,
            &["x", "y"],
        ),
        (
            "undone",
            |data| {
                let before = data.clone();
                data.clear();
                *data = before;
                data.insert("new", 1).unwrap();
            },
            false,
            &["a", "session_id", "user_id", "new"],
        ),
        (
            "undone, and another",
            |data| {
                let before = data.clone();
                data.clear();
                *data = before;
                data.insert("new", 1).unwrap();
            },
            true,
            &["a", "session_id", "user_id", "other", "new"],
        ),
    ];
    let mut ran = 0;
    for (what, closure, other, left) in cases {
        let session = open();
        session
            .update(|data| {
                if other {
                    session.insert("other", 1)?;
                }
                closure(data);
                Ok(())
            })
            .unwrap();
        assert_eq!(session.keys(), left, "{what}");
        let commit = session.commit(200).unwrap();
        assert_ne!(commit, Commit::Keep, "{what}");
        ran += 1;
    }
    assert_eq!(ran, 8);
}

#[test]
fn an_error_changes_nothing() {
    let session = open();
    let refused = session.update(|data| {
        data.clear();
        data.insert("user_id", "text")?;
        data.get::<u32>("user_id")
    });
    assert!(matches!(refused, Err(Error::UnexpectedValue { .. })));
    assert_eq!(session.get::<u32>("user_id").unwrap(), Some(42));
    assert_eq!(session.commit(200).unwrap(), Commit::Keep);
}

/// Threads change a session at the same time, each under its own keys: all keys are there
/// afterwards.
#[test]
fn no_thread_loses_what_another_changed() {
    const THREADS: usize = 4;
    const ROUNDS: usize = 50;
    let session = open();
    session.clear().unwrap();
    let shared = session.clone();
    in_time("threads", move || {
        thread::scope(|scope| {
            for number in 0..THREADS {
                let session = &shared;
                scope.spawn(move || {
                    for round in 0..ROUNDS {
                        let key = format!("{number}.{round}");
                        if round % 2 == 0 {
                            session.insert(key.as_str(), round).unwrap();
                        } else {
                            session.update(|data| data.insert(key, round)).unwrap();
                        }
                        if round >= 10 {
                            let old = format!("{number}.{}", round - 10);
                            let taken = session.take::<usize>(&old).unwrap();
                            assert_eq!(taken, Some(round - 10));
                        }
                    }
                });
            }
        });
    });
    let mut keys = session.keys();
    keys.sort();
    let rounds = ROUNDS - 10..ROUNDS;
    let expected = (0..THREADS).flat_map(|number| {
        let rounds = rounds.clone();
        rounds.map(move |round| format!("{number}.{round}"))
    });
    assert_eq!(keys, expected.collect::<Vec<_>>());
}

thread_local! {
    /// The session that a value changes while it is read.
    static MEANWHILE: Cell<Option<Session>> = const { Cell::new(None) };
}

struct Takes;

impl<'de> Deserialize<'de> for Takes {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        let session = MEANWHILE.take().unwrap();
        assert_eq!(session.take("token").unwrap(), Some(7));
        Ok(Self)
    }
}

struct Sets;

impl<'de> Deserialize<'de> for Sets {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        let session = MEANWHILE.take().unwrap();
        session.insert("token", 8).unwrap();
        Ok(Self)
    }
}

/// If two threads take a value at the same time, one gets it. A value set meanwhile stays.
#[test]
fn a_value_is_taken_once() {
    in_time("take", || {
        let with_token = || {
            let session = open();
            session.insert("token", 7).unwrap();
            MEANWHILE.set(Some(session.clone()));
            session
        };
        let session = with_token();
        assert!(session.take::<Takes>("token").unwrap().is_none());
        assert!(!session.contains_key("token"));

        let session = with_token();
        assert!(session.take::<Sets>("token").unwrap().is_some());
        assert_eq!(session.get::<u8>("token").unwrap(), Some(8));
    });
}
