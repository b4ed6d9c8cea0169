//! What hardtack decides itself: sessions that ended, that are empty, or that it does not open.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hardtack::express::ExpressSession;
use hardtack::headers::escape;
use hardtack::stores::{ConflictPolicy, ReadEntry, SessionFormat};
use hardtack::{Commit, Error, LazySession, RequestOrigin, ServerSessions, Session, SetCookie};

use super::lines;
use super::replay::Scenario;
use super::requests::{ID, KEY, STALE, Shelf, cookie, now, redis, request, signature};

const EMPTY: &str =
    r#"{"cookie":{"originalMaxAge":null,"expires":null,"httpOnly":true,"path":"/"}}"#;

fn count(session: &Session) {
    let views = session.get::<u32>("views").unwrap().unwrap_or(0);
    session.insert("views", views + 1).unwrap();
}

#[tokio::test]
async fn lives_above_thirty_days_reach_memcached_as_they_are() {
    // Memcached takes a greater number for a time in 1970; hardtack-memcached sends it as a time.
    let life = Duration::from_secs(400 * 86_400);
    let shelf = Shelf::default();
    let format = || ExpressSession::connect_memcached(signature()).max_age(life);
    let commit = request(format(), &shelf, "", count).await;
    let id = format().id_of_cookie(&commit.cookies()[0].value()).unwrap();
    assert_eq!(shelf.text(&id).1, Some(life));
    let _ = request(format(), &shelf, &cookie(&id), |_| ()).await;
    assert_eq!(shelf.text(&id).1, Some(life));
}

#[tokio::test]
async fn a_life_of_nothing_deletes_the_entry() {
    for format in [
        redis(),
        ExpressSession::connect_memcached(signature()).key_prefix("sess:"),
    ] {
        for handler in [|_: &Session| (), count] {
            let shelf = Shelf::of(KEY, STALE);
            let commit = request(format.clone(), &shelf, &cookie(ID), |session| {
                handler(session);
                session.express_max_age(Duration::ZERO).unwrap();
            })
            .await;
            assert_eq!(shelf.keys(), [""; 0]);
            let ends = commit.cookies().iter().map(SetCookie::expires);
            assert!(ends.clone().all(|end| end == Some(now())), "{commit:?}");
        }
        let shelf = Shelf::default();
        let format = format.max_age(Duration::ZERO);
        assert_eq!(request(format, &shelf, "", count).await, Commit::Keep);
        assert_eq!(shelf.keys(), [""; 0]);
    }
}

#[tokio::test]
async fn a_session_without_keys_is_kept() {
    // Express stored it with `saveUninitialized: true`.
    for handler in [|_: &Session| (), count] {
        let shelf = Shelf::of(KEY, EMPTY);
        let commit = request(redis(), &shelf, &cookie(ID), handler).await;
        assert_eq!(commit.cookies(), []);
        assert_eq!(shelf.keys(), [KEY]);
    }
    let shelf = Shelf::of(KEY, &EMPTY.replace("}}", "},\"a\":1}"));
    let commit = request(redis(), &shelf, &cookie(ID), |session| {
        session.remove("a").unwrap();
    })
    .await;
    assert_eq!(commit.cookies(), []);
    assert_eq!(shelf.text(KEY).0, EMPTY);
    // Those that are ended have no key either.
    let ends: [fn(&Session); 3] = [
        |session| session.clear().unwrap(),
        |session| session.reset().unwrap(),
        |session| session.drop().unwrap(),
    ];
    for end in ends {
        let shelf = Shelf::of(KEY, EMPTY);
        let format = redis().save_uninitialized();
        let _ = request(format, &shelf, &cookie(ID), end).await;
        assert_eq!(shelf.keys(), [""; 0]);
    }
}

/// A change, and `true` if it changes the session.
type Row = (fn(&Session), bool);

#[tokio::test]
async fn what_changes_nothing_is_no_change() {
    let stored = EMPTY.replace("}}", "},\"a\":1,\"b\":[1.5,{\"c\":\"é\"}]}");
    let rows: [Row; 5] = [
        (|session| session.insert("a", 1).unwrap(), false),
        (|session| session.insert("a", 1.0).unwrap(), false),
        (
            |session| {
                session.insert("a", 2).unwrap();
                session.insert("a", 1).unwrap();
            },
            false,
        ),
        (|session| session.insert("a", 1.25).unwrap(), true),
        // The order of keys is part of Express' hash.
        (
            |session| {
                session.remove("a").unwrap();
                session.insert("a", 1).unwrap();
            },
            true,
        ),
    ];
    for (at, (handler, is_change)) in rows.into_iter().enumerate() {
        let shelf = Shelf::of(KEY, &stored);
        let _ = request(redis(), &shelf, &cookie(ID), handler).await;
        assert_eq!(shelf.text(KEY).0 != stored, is_change, "{at}");
    }
}

/// A request that began before a logout.
async fn race(conflicts: ConflictPolicy, end: fn(&Session)) -> (Shelf, Commit) {
    let shelf = Shelf::of(KEY, STALE);
    let sessions = ServerSessions::new(redis(), shelf.clone(), "connect.sid");
    let sessions = Arc::new(sessions.clock(now).conflicts(conflicts));
    let header = format!("connect.sid={}", escape(cookie(ID).as_bytes()));
    let open = || LazySession::open(&sessions, header.clone(), RequestOrigin::default());
    let (slow, logout) = (open(), open());
    count(&slow.load().await.unwrap());
    end(&logout.load().await.unwrap());
    let _ = logout.commit(200).await.unwrap();
    let commit = slow.commit(200).await.unwrap();
    (shelf, commit)
}

#[tokio::test]
async fn a_slow_request_does_not_bring_back_a_session_that_was_ended() {
    let ends: [fn(&Session); 2] = [
        |session| session.drop().unwrap(),
        |session| session.reset().unwrap(),
    ];
    for conflicts in [ConflictPolicy::Merge, ConflictPolicy::Overwrite] {
        for end in ends {
            let (shelf, commit) = race(conflicts, end).await;
            assert_eq!(commit, Commit::Keep);
            assert_eq!(shelf.keys(), [""; 0]);
        }
    }
}

#[tokio::test]
async fn a_max_age_of_another_request_is_kept() {
    let (shelf, commit) = race(ConflictPolicy::Merge, |session| {
        session.insert("other", 1).unwrap();
        session.express_max_age(Duration::from_secs(60)).unwrap();
    })
    .await;
    assert_eq!(commit.cookies().len(), 1);
    let (text, life) = shelf.text(KEY);
    assert!(text.contains(r#""originalMaxAge":60000,"#), "{text}");
    assert!(text.ends_with(r#""other":1,"views":1}"#), "{text}");
    assert_eq!(life, Some(Duration::from_secs(60)));
}

#[test]
fn only_a_session_of_express_has_a_max_age() {
    let session = Session::ephemeral().unwrap();
    let error = session.express_max_age(Duration::from_secs(60));
    assert!(matches!(error, Err(Error::UnwritableValue { .. })));
}

#[test]
fn entries_of_kruptein_are_named() {
    let mut entries = 0;
    for file in ["connect-memcached-3", "session-file-store-1.5"] {
        for scenario in lines::<Scenario>(&format!("{file}.jsonl.gz")) {
            if !scenario.store_options.contains_key("secret") {
                continue;
            }
            let kept = scenario.steps.iter().flat_map(|step| step.store.values());
            for kept in kept.flatten() {
                let text = Bytes::from(kept.text.clone().unwrap());
                let ReadEntry::Foreign(reason) = redis().read(&text, now()) else {
                    panic!("{text:?}");
                };
                assert!(reason.contains("kruptein"));
                entries += 1;
            }
        }
    }
    // 8 of connect-memcached, 5 of session-file-store.
    assert_eq!(entries, 13);
}
