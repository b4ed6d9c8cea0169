//! The keys that two requests changed at once, as an observer hears of them.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use hardtack::observe::Tally;
use hardtack::stores::StoredJson;
use hardtack::{ServerSessions, Session};

use crate::held_store::{Crowd, Held, ID, NAME, now, put, request};

/// The work of a request.
type Change = fn(&Session);

fn insert(session: &Session, key: &str, value: u64) {
    session.insert(key, value).unwrap();
}

/// Two requests that load one session, and the number of keys that both change.
type Row = (&'static str, Change, Change, u64);

const ROWS: &[Row] = &[
    (
        "other keys",
        |s| insert(s, "a", 5),
        |s| insert(s, "b", 6),
        0,
    ),
    ("one key", |s| insert(s, "a", 5), |s| insert(s, "a", 6), 1),
    (
        "one key, one value",
        |s| insert(s, "a", 5),
        |s| insert(s, "a", 5),
        0,
    ),
    (
        "set to what it was",
        |s| insert(s, "a", 1),
        |s| insert(s, "a", 6),
        0,
    ),
    (
        "set over a removal",
        |s| assert!(s.remove("a").is_ok()),
        |s| insert(s, "a", 6),
        1,
    ),
    (
        "a removal over a set",
        |s| insert(s, "a", 5),
        |s| assert!(s.remove("a").is_ok()),
        1,
    ),
    (
        "two removals",
        |s| assert!(s.remove("a").is_ok()),
        |s| assert!(s.remove("a").is_ok()),
        0,
    ),
    (
        "two keys",
        |s| {
            insert(s, "a", 5);
            insert(s, "new", 5);
            insert(s, "b", 5);
        },
        |s| {
            insert(s, "a", 6);
            insert(s, "new", 6);
            insert(s, "c", 6);
        },
        2,
    ),
    (
        "a clear over a set and a removal",
        |s| {
            insert(s, "a", 5);
            s.remove("b").unwrap();
        },
        |s| {
            s.clear().unwrap();
            insert(s, "c", 6);
        },
        1, // `b` is as the clear would have it
    ),
];

#[test]
fn the_observer_hears_of_keys_that_two_requests_changed() {
    let mut ran = 0;
    for (what, first, second, expected) in ROWS {
        // In one process, where the entry is handed on, and between two, where there is a conflict.
        for is_one in [true, false] {
            let (store, tally) = (Held::default(), Arc::new(Tally::new()));
            let observed = || {
                let sessions = ServerSessions::new(StoredJson, store.clone(), NAME);
                Arc::new(sessions.observer(tally.clone()))
            };
            let one = observed();
            let two = if is_one { one.clone() } else { observed() };
            let mut crowd = Crowd::default();
            put(&one, &store, ID);
            let begun = request(&one, ID, |session| {
                insert(session, "a", 1);
                insert(session, "b", 1);
            });
            assert!(now(begun.commit(200)).is_ok());
            crowd.add(request(&one, ID, first));
            crowd.add(request(&two, ID, second));
            store.0.is_held.store(true, SeqCst);
            crowd.finish(&store);
            let expected: Vec<_> = (*expected > 0)
                .then(|| (NAME.to_owned(), *expected))
                .into_iter()
                .collect();
            assert_eq!(
                tally.conflicts(),
                expected,
                "{what}, in one process: {is_one}"
            );
            ran += 1;
        }
    }
    assert_eq!(ran, 18);
}

/// Two requests that set the same two keys.
#[cfg(any(feature = "tracing", feature = "metrics"))]
fn two_conflicts(observed: impl FnOnce(ServerSessions) -> ServerSessions) {
    let store = Held::default();
    let sessions = ServerSessions::new(StoredJson, store.clone(), NAME);
    let sessions = Arc::new(observed(sessions));
    put(&sessions, &store, ID);
    let requests = [1, 2].map(|value| {
        request(&sessions, ID, |session| {
            session.insert("card\nnumber", value).unwrap();
            session.insert("b", value).unwrap();
        })
    });
    for lazy in requests {
        assert!(now(lazy.commit(200)).is_ok());
    }
}

/// No key is named: the app may have taken it from outside.
#[cfg(feature = "tracing")]
#[test]
fn an_event_tells_their_number() {
    let lines = crate::logged::logged(|| two_conflicts(|sessions| sessions));
    let expected = [
        r#"DEBUG hardtack: two requests changed the same keys of a session; the later save counts cookie="_session_id" keys=2 untold=0"#,
    ];
    assert_eq!(lines, expected);
}

#[cfg(feature = "metrics")]
#[test]
fn a_metric_counts_them() {
    use hardtack::observe::CookieMetrics;

    use crate::cookie_metrics::counters;

    let counted = counters(|| two_conflicts(|sessions| sessions.observer(CookieMetrics::new())));
    let name = r#"hardtack_store_conflicts_total{cookie="_session_id"}"#;
    assert_eq!(counted.get(name), Some(&2));
}
