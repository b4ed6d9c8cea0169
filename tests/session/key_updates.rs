//! `Session::update_key`: nothing is lost where requests change one key at the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use hardtack::stores::ConflictPolicy;
use hardtack::{Commit, CookieStore, Error, RequestOrigin, Session};
use time::OffsetDateTime;
use tokio::task::{JoinSet, yield_now};

use crate::visitor::{Visitor, sent};

const TASKS: usize = 64;

type Change = fn(&Session);

fn add(session: &Session) {
    let add = |n: Option<u64>| n.unwrap_or(0) + 1;
    session.update_key("n", add).unwrap();
}

fn get_and_insert(session: &Session) {
    let n = session.get::<u64>("n").unwrap().unwrap_or(0);
    session.insert("n", n + 1).unwrap();
}

fn push(session: &Session, text: String) {
    let push = move |list: Option<Vec<String>>| {
        let mut list = list.unwrap_or_default();
        list.push(text.clone());
        list
    };
    session.update_key("list", push).unwrap();
}

/// Runs requests of one session in many tasks: each loads the session before another one saves.
async fn requests(
    rounds: usize,
    change: impl Fn(&Session, usize, usize) + Clone + Send + Sync + 'static,
) -> Visitor {
    // The time stands still: on a busy machine the patience of a commit ends.
    let visitor = Visitor::begin(
        |sessions| sessions.clock(|| OffsetDateTime::UNIX_EPOCH),
        |session| {
            session.insert("other", 1).unwrap();
        },
    );
    let visitor = visitor.await;
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let (visitor, change) = (visitor.clone(), change.clone());
        tasks.spawn(async move {
            for round in 0..rounds {
                let request = visitor.open();
                change(&request.load().await.unwrap(), task, round);
                yield_now().await;
                let _ = request.commit(200).await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    visitor
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_counter_is_exact() {
    let visitor = requests(200, |session, _, _| add(session)).await;
    assert_eq!(visitor.json().await, r#"{"other":1,"n":12800}"#);

    // Without `update_key` most of them are lost.
    let visitor = requests(20, |session, _, _| get_and_insert(session)).await;
    let session = visitor.open().load().await.unwrap();
    let count = session.get::<u64>("n").unwrap().unwrap();
    assert!(count < 640, "{count}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_is_exact() {
    let visitor = requests(5, |session, task, round| {
        push(session, format!("{task:02}.{round}"));
    });
    let session = visitor.await.open().load().await.unwrap();
    let list = session.get::<Vec<String>>("list").unwrap().unwrap();
    assert_eq!(list.len(), TASKS * 5);
    // Each task's own are in order.
    let mut sorted = list.clone();
    sorted.sort();
    let expected =
        (0..TASKS).flat_map(|task| (0..5).map(move |round| format!("{task:02}.{round}")));
    assert_eq!(sorted, expected.collect::<Vec<_>>());
    for task in 0..TASKS {
        let prefix = format!("{task:02}.");
        let own: Vec<_> = list
            .iter()
            .filter(|text| text.starts_with(&prefix))
            .collect();
        assert!(own.is_sorted(), "{own:?}");
    }
}

/// What a request does, what another one does meanwhile, and the session afterwards. It begins as
/// `{"n":5}`.
const CASES: [(&str, Change, Change, &str); 21] = [
    ("one beside one", add, add, r#"{"n":7}"#),
    (
        "an update beside a set",
        add,
        |session| {
            session.insert("n", 10).unwrap();
        },
        r#"{"n":11}"#,
    ),
    (
        "an update beside another key",
        add,
        |session| {
            session.insert("m", 1).unwrap();
        },
        r#"{"n":6,"m":1}"#,
    ),
    (
        "an update beside a removal",
        add,
        |session| {
            session.remove("n").unwrap();
            session.insert("m", 1).unwrap();
        },
        r#"{"m":1,"n":1}"#,
    ),
    (
        "two in their order",
        |session| {
            add(session);
            session
                .update_key("n", |n: Option<u64>| n.map(|n| n * 10))
                .unwrap();
            assert_eq!(session.get::<u64>("n").unwrap(), Some(60));
        },
        add,
        r#"{"n":70}"#,
    ),
    (
        "a removal",
        |session| {
            session
                .update_key("n", |n: Option<u64>| n.filter(|n| *n > 5))
                .unwrap();
            assert!(!session.contains_key("n"));
            session.insert("m", 1).unwrap();
        },
        |session| session.insert("o", 1).unwrap(),
        r#"{"o":1,"m":1}"#,
    ),
    (
        "a removal that is none any more",
        |session| {
            session
                .update_key("n", |n: Option<u64>| n.filter(|n| *n > 5))
                .unwrap();
            session.insert("m", 1).unwrap();
        },
        add,
        r#"{"n":6,"m":1}"#,
    ),
    (
        "a removal that emptied the session",
        |session| {
            session
                .update_key("n", |n: Option<u64>| n.filter(|n| *n > 5))
                .unwrap();
            assert!(session.is_empty());
        },
        add,
        r#"{"n":6}"#,
    ),
    (
        "a removal, and an update",
        |session| {
            session
                .update_key("n", |_: Option<u64>| None::<u64>)
                .unwrap();
            add(session);
        },
        add,
        r#"{"n":1}"#,
    ),
    (
        "an update that changes nothing yet",
        |session| {
            session
                .update_key("n", |n: Option<u64>| n.map(|n| n.max(5)))
                .unwrap();
            session.insert("m", 1).unwrap();
        },
        |session| session.insert("n", 4).unwrap(),
        r#"{"n":5,"m":1}"#,
    ),
    (
        "after a set",
        |session| {
            session.insert("n", 20).unwrap();
            add(session);
        },
        add,
        r#"{"n":21}"#,
    ),
    (
        "before a set",
        |session| {
            add(session);
            session.insert("n", 20).unwrap();
        },
        add,
        r#"{"n":20}"#,
    ),
    (
        "before a removal",
        |session| {
            add(session);
            session.remove("n").unwrap();
            session.insert("m", 1).unwrap();
        },
        add,
        r#"{"m":1}"#,
    ),
    (
        "before a removal, and it had removed the key",
        |session| {
            let large = |n: Option<u64>| n.filter(|n| *n > 29);
            session.update_key("n", large).unwrap();
            assert!(!session.remove("n").unwrap());
            session.insert("m", 1).unwrap();
        },
        |session| session.insert("n", 30).unwrap(),
        r#"{"m":1}"#,
    ),
    (
        "after a removal",
        |session| {
            session.remove("n").unwrap();
            add(session);
        },
        add,
        r#"{"n":1}"#,
    ),
    (
        "after a clear",
        |session| {
            session.clear().unwrap();
            add(session);
        },
        add,
        r#"{"n":1}"#,
    ),
    (
        "before a clear",
        |session| {
            add(session);
            session.clear().unwrap();
            session.insert("m", 1).unwrap();
        },
        add,
        r#"{"m":1}"#,
    ),
    (
        "around a closure on the whole session",
        |session| {
            add(session);
            session.update(|data| data.insert("m", 1)).unwrap();
            session
                .update(|data| {
                    add(session);
                    data.insert("o", 1)
                })
                .unwrap();
            add(session);
            assert_eq!(session.get::<u64>("n").unwrap(), Some(8));
        },
        add,
        r#"{"n":9,"m":1,"o":1}"#,
    ),
    (
        "a closure on the whole session that sets the key",
        |session| {
            add(session);
            session.update(|data| data.insert("n", 40)).unwrap();
        },
        add,
        r#"{"n":40}"#,
    ),
    (
        "an update without effect in the closure of another change",
        |session| {
            let at_most_5 = |n: Option<u64>| n.map(|n| n.min(5));
            let change = |data: &mut hardtack::SessionData| {
                session.update_key("n", at_most_5)?;
                data.insert("x", 1)
            };
            session.update(change).unwrap();
        },
        |session| session.insert("n", 9).unwrap(),
        r#"{"n":5,"x":1}"#,
    ),
    (
        "the same, where the closure changes the session under itself too",
        |session| {
            let at_most_5 = |n: Option<u64>| n.map(|n| n.min(5));
            let change = |data: &mut hardtack::SessionData| {
                session.update_key("n", at_most_5)?;
                session.insert("y", 2)?;
                data.insert("x", 1)
            };
            session.update(change).unwrap();
        },
        |session| session.insert("n", 9).unwrap(),
        r#"{"n":5,"y":2,"x":1}"#,
    ),
];

#[tokio::test]
async fn updates_are_made_again_on_what_is_there() {
    let mut ran = 0;
    for (what, change, other, expected) in CASES {
        let visitor = five(|sessions| sessions).await;
        let _ = visitor.two_requests(change, other).await.unwrap();
        assert_eq!(visitor.json().await, expected, "{what}");
        ran += 1;
    }
    assert_eq!(ran, 21);
}

async fn five(set: impl FnOnce(hardtack::ServerSessions) -> hardtack::ServerSessions) -> Visitor {
    Visitor::begin(set, |session| session.insert("n", 5).unwrap()).await
}

#[tokio::test]
async fn an_update_without_effect_writes_nothing() {
    let visitor = five(|sessions| sessions).await;
    let changes: [Change; 3] = [
        |session| session.update_key("n", |n: Option<u64>| n).unwrap(),
        |session| session.update_key("m", |m: Option<u64>| m).unwrap(),
        |session| {
            add(session);
            session
                .update_key("n", |n: Option<u64>| n.map(|n| n - 1))
                .unwrap();
        },
    ];
    // The last one counts as a change, as setting a key to the value that it has does.
    for (change, is_changed) in changes.into_iter().zip([false, false, true]) {
        let session = visitor.open().load().await.unwrap();
        change(&session);
        assert_eq!(session.read(hardtack::SessionData::is_changed), is_changed);
    }
}

/// Under `Overwrite`, and in a cookie, it is a get and an insert.
#[tokio::test]
async fn where_nothing_is_compared_the_last_one_counts() {
    let visitor = five(|sessions| sessions.conflicts(ConflictPolicy::Overwrite)).await;
    let _ = visitor.two_requests(add, add).await.unwrap();
    assert_eq!(visitor.json().await, r#"{"n":6}"#);

    let store = Arc::new(CookieStore::ephemeral("_shop_session").unwrap());
    let open = |header: String| Session::open(&store, header, RequestOrigin::default());
    let session = open(String::new());
    add(&session);
    let header = sent(&session.commit(200).unwrap());
    let session = open(header);
    add(&session);
    assert_eq!(session.get::<u64>("n").unwrap(), Some(2));
    let session = open(sent(&session.commit(200).unwrap()));
    assert_eq!(session.get::<u64>("n").unwrap(), Some(2));
}

#[tokio::test]
async fn a_session_that_is_gone_stays_so() {
    let visitor = five(|sessions| sessions).await;
    let reset = |session: &Session| session.reset().unwrap();
    assert_eq!(visitor.two_requests(add, reset).await, Ok(Commit::Keep));
    assert_eq!(visitor.json().await, "{}");
}

#[tokio::test]
async fn an_update_follows_a_session_under_its_new_id() {
    let renew: [Change; 2] = [
        |session| {
            add(session);
            session.renew().unwrap();
        },
        |session| {
            session.renew().unwrap();
            add(session);
        },
    ];
    for change in renew {
        let mut visitor = five(|sessions| sessions).await;
        let commit = visitor.two_requests(change, add).await.unwrap();
        visitor.header = sent(&commit);
        assert_eq!(visitor.json().await, r#"{"n":7}"#);
    }
}

#[tokio::test]
async fn a_value_that_does_not_fit_is_an_error_at_once_or_at_the_end() {
    let visitor = five(|sessions| sessions).await;
    let session = visitor.open().load().await.unwrap();
    let refused = session.update_key("n", |n: Option<String>| n);
    assert!(matches!(refused, Err(Error::UnexpectedValue { key, .. }) if key == "n"));
    let unwritable = std::time::SystemTime::UNIX_EPOCH - std::time::Duration::from_secs(1);
    let refused = session.update_key("n", move |_: Option<u64>| unwritable);
    assert!(matches!(refused, Err(Error::UnwritableValue { .. })));
    assert!(!session.read(hardtack::SessionData::is_changed));

    let text = |session: &Session| session.insert("n", "text").unwrap();
    let refused = visitor.two_requests(add, text).await;
    assert!(matches!(refused, Err(Error::UnexpectedValue { key, .. }) if key == "n"));
    assert_eq!(visitor.json().await, r#"{"n":"text"}"#);
}

#[tokio::test]
async fn a_panic_at_the_end_writes_nothing() {
    let visitor = five(|sessions| sessions).await;
    let runs = AtomicUsize::new(0);
    let change = |session: &Session| {
        session.insert("m", 1).unwrap();
        let update = move |n: Option<u64>| {
            assert_eq!(runs.fetch_add(1, SeqCst), 0, "it runs again");
            n.map(|n| n + 1)
        };
        session.update_key("n", update).unwrap();
    };
    let refused = visitor.two_requests(change, add).await;
    let Err(error @ Error::FailedUpdate { .. }) = refused else {
        panic!("{refused:?}")
    };
    let expected = r#"the session's "n" was not updated: its closure panicked when it ran again; give update_key a closure that only computes the new value"#;
    assert_eq!(error.to_string(), expected);
    assert_eq!(visitor.json().await, r#"{"n":6}"#);
    // The next request is none the worse.
    let _ = visitor.request(add).await.unwrap();
    assert_eq!(visitor.json().await, r#"{"n":7}"#);
}

/// A closure may use its own session, but cannot change its own key.
#[tokio::test]
async fn a_closure_that_changes_its_own_key_is_refused() {
    let visitor = five(|sessions| sessions).await;
    let request = visitor.open();
    let session = request.load().await.unwrap();
    let same = session.clone();
    let update = move |n: Option<u64>| {
        let _ = same.insert("m", 1);
        n.map(|n| n + 1)
    };
    session.update_key("n", update).unwrap();
    let same = session.clone();
    let refused = session.update_key("n", move |n: Option<u64>| {
        same.update_key("n", |n: Option<u64>| n.map(|n| n + 1))
            .unwrap();
        n
    });
    assert!(matches!(refused, Err(Error::FailedUpdate { key, .. }) if key == "n"));
    // The session holds no closure any more that holds the session.
    let weak = Arc::downgrade(&visitor.sessions);
    let _ = request.commit(200).await.unwrap();
    drop((request, session, visitor));
    assert!(weak.upgrade().is_none());
}

/// Threads of one request update one key: each update runs until no other one came between.
#[tokio::test]
async fn threads_of_one_request_lose_nothing() {
    const THREADS: u64 = 4;
    const ROUNDS: u64 = 200;
    let visitor = five(|sessions| sessions).await;
    let request = visitor.open();
    let session = request.load().await.unwrap();
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| (0..ROUNDS).for_each(|_| add(&session)));
        }
    });
    assert_eq!(session.get::<u64>("n").unwrap(), Some(5 + THREADS * ROUNDS));
    let _ = visitor.request(add).await.unwrap();
    let _ = request.commit(200).await.unwrap();
    assert_eq!(visitor.json().await, r#"{"n":806}"#);
}
