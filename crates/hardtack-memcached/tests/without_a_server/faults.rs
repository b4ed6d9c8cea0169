//! Faults that a live server shows only by chance: answers lost at one moment, futures dropped.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Waker};
use std::time::Duration;

use hardtack::stores::{Saved, SessionStore, When};
use hardtack_memcached::MemcachedStore;
use tokio::time::{Instant, timeout};

use crate::fake::{Does, Fake, entry, says, statistics};
use crate::{SESSION, save, store_on};

/// Counts the calls, from 1.
fn counter() -> impl Fn() -> usize + Send + Sync + 'static {
    let count = AtomicUsize::new(0);
    move || count.fetch_add(1, Ordering::Relaxed) + 1
}

const KEY: &str = "key-of-somebody";

/// Sends `answer` up to a byte at the first command, and hangs up; answers all others in full.
async fn cut_once(answer: String, at: usize) -> (Fake, MemcachedStore) {
    let nth = counter();
    let fake = Fake::start(move |line| match line {
        "stats" => Does::AsUsual,
        _ if line.starts_with("touch") => says("TOUCHED\r\n"),
        _ if nth() == 1 => Does::Cuts(answer[..at].to_owned()),
        _ => Does::Says(answer.clone()),
    })
    .await;
    let store = store_on(&fake);
    // The connection has answered before.
    assert!(
        store
            .touch("k", Some(Duration::from_secs(9)))
            .await
            .unwrap()
    );
    (fake, store)
}

#[tokio::test]
async fn an_answer_that_is_cut_at_any_byte_is_asked_for_again() {
    let mut cuts = 0;
    let found = entry(KEY, SESSION, 5);
    for at in 0..found.len() {
        let (fake, store) = cut_once(found.clone(), at).await;
        let entry = store.load(KEY).await.unwrap().unwrap();
        assert_eq!(entry.bytes, SESSION, "{at}");
        assert_eq!(fake.words(), ["touch", "gets", "gets"], "{at}");
        cuts += 1;
    }
    for at in 0.."STORED\r\n".len() {
        let (fake, store) = cut_once("STORED\r\n".to_owned(), at).await;
        let saved = save(&store, &When::Present).await;
        assert!(matches!(saved, Ok(Saved::Done(_))), "{at}: {saved:?}");
        assert_eq!(fake.words(), ["touch", "replace", "replace"], "{at}");
        // Another may have written meanwhile, which a second `set` would undo.
        let (fake, store) = cut_once("STORED\r\n".to_owned(), at).await;
        let error = save(&store, &When::Always).await.unwrap_err().to_string();
        assert!(error.contains("may have happened"), "{error}");
        assert_eq!(fake.words(), ["touch", "set"], "{at}");
        // Another may have counted to the same number.
        let (fake, store) = cut_once("STORED\r\n".to_owned(), at).await;
        let saved = store
            .save_once(KEY, SESSION.into(), None, &When::Present)
            .await;
        let error = saved.unwrap_err().to_string();
        assert!(error.contains("may have happened"), "{error}");
        assert_eq!(fake.words(), ["touch", "replace"], "{at}");
        cuts += 3;
    }
    assert_eq!(cuts, found.len() + 24);
}

/// An answer that is cut each time is an error, and never "no entry".
#[tokio::test]
async fn an_answer_that_is_cut_at_every_attempt_is_an_error() {
    let found = entry("k", "bytes", 5);
    for at in 0..found.len() {
        let part = found[..at].to_owned();
        let fake = Fake::start(move |line| match line {
            "stats" => Does::AsUsual,
            _ => Does::Cuts(part.clone()),
        })
        .await;
        assert!(store_on(&fake).load("k").await.is_err(), "{at}");
    }
}

/// Loses the answer to the first command after a `gets`; answers the others by these lines, in turn.
async fn loses_the_first_answer(answers: &'static [&'static str]) -> (Fake, MemcachedStore) {
    let nth = counter();
    let fake = Fake::start(move |line| match line {
        "stats" => Does::AsUsual,
        "gets k" => Does::Says(entry("k", "there", 5)),
        _ => match nth() {
            1 => Does::Cuts(String::new()),
            count => says(&format!("{}\r\n", answers[(count - 2) % answers.len()])),
        },
    })
    .await;
    let store = store_on(&fake);
    assert!(store.load("k").await.unwrap().is_some());
    (fake, store)
}

const FOUND: &str = "VALUE key-of-somebody 1 21 6\r\na-session-of-somebody\r\nEND";
const OTHERS: &str = "VALUE key-of-somebody 1 6 6\r\nothers\r\nEND";

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_no_conflict_with_itself() {
    let cases: [(bool, &'static [&'static str], &str); 7] = [
        (true, &["NOT_STORED", FOUND], "done"),
        (true, &["NOT_STORED", OTHERS], "conflict"),
        (true, &["STORED"], "done"),
        // It vanished in between, and is written again.
        (true, &["NOT_STORED", "END", "STORED"], "done"),
        (false, &["EXISTS", FOUND], "done"),
        (false, &["EXISTS", OTHERS], "conflict"),
        (false, &["NOT_FOUND"], "gone"),
    ];
    for (is_new, answers, expected) in cases {
        let (fake, store) = loses_the_first_answer(answers).await;
        let version = store.load("k").await.unwrap().unwrap().version;
        let when = if is_new {
            When::Absent
        } else {
            When::Unchanged(version)
        };
        let outcome = |saved| match saved {
            Saved::Done(_) => "done",
            Saved::Conflict(_) => "conflict",
            Saved::Gone => "gone",
        };
        let saved = save(&store, &when).await.unwrap();
        assert_eq!(outcome(saved), expected, "{answers:?}");
        assert_eq!(fake.connected(), 2, "{answers:?}");
        // Sent once, the same answer means that somebody else has written the same bytes.
        if answers.contains(&FOUND) {
            let saved = save(&store, &when).await.unwrap();
            assert_eq!(outcome(saved), "conflict", "{answers:?}");
        }
    }
}

#[tokio::test]
async fn a_deletion_whose_answer_was_lost_is_not_taken_for_anothers() {
    let cases: [(bool, &'static [&'static str], bool); 6] = [
        // Nothing is there: the deletion was executed before.
        (true, &["NF"], true),
        (false, &["NOT_FOUND"], true),
        // Somebody wrote another entry, or the first command never arrived.
        (true, &["EX"], false),
        (true, &["HD"], true),
        (false, &["DELETED"], true),
        (true, &["OK"], true),
    ];
    for (is_conditional, answers, expected) in cases {
        let (fake, store) = loses_the_first_answer(answers).await;
        let version = store.load("k").await.unwrap().unwrap().version;
        let when = if is_conditional {
            When::Unchanged(version)
        } else {
            When::Always
        };
        assert_eq!(
            store.delete("k", &when).await.unwrap(),
            expected,
            "{answers:?}"
        );
        let word = if is_conditional { "md" } else { "delete" };
        assert_eq!(fake.words(), ["gets", "gets", word, word]);
        // Sent once, it finds nothing.
        if answers[0].starts_with('N') {
            assert!(!store.delete("k", &when).await.unwrap(), "{answers:?}");
        }
    }
}

/// An entry that others create and delete all the time costs three attempts.
#[tokio::test]
async fn an_entry_that_comes_and_goes_is_an_error() {
    let fake = Fake::start(|line| match line.split(' ').next() {
        Some("stats") => Does::AsUsual,
        Some("gets") => says("END\r\n"),
        _ => says("NOT_STORED\r\n"),
    })
    .await;
    let error = save(&store_on(&fake), &When::Absent).await.unwrap_err();
    assert!(error.to_string().contains("all the time"), "{error}");
    assert_eq!(fake.words(), ["add", "gets", "add", "gets", "add", "gets"]);
}

/// The caller gives up before the time limit, as a server's own timeout or a browser that leaves does.
#[tokio::test]
async fn a_server_that_hangs_is_left_although_nobody_waits_for_it() {
    let limit = Duration::from_millis(200);
    for silent in ["gets k", "stats"] {
        let nth = counter();
        let fake = Fake::start(move |line| match line {
            // Only the first connection is dead.
            line if line == silent && nth() <= 1 => Does::IsSilent,
            "stats" => Does::AsUsual,
            _ => says("END\r\n"),
        })
        .await;
        let store = store_on(&fake).time_limit(limit).connections(1);
        let start = Instant::now();
        while !matches!(timeout(limit / 2, store.load("k")).await, Ok(Ok(None))) {
            assert!(start.elapsed() < limit * 10, "{silent}: never replaced");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(fake.connected(), 2, "{silent}");
    }
}

/// A future that is dropped at any moment leaves its connection in order: the next answer is not its own.
#[tokio::test]
async fn dropped_futures_leave_connections_in_order() {
    let fake = Fake::start(|line| match line.split_once(' ') {
        None => Does::AsUsual,
        Some((_, key)) => Does::Says(entry(key, key, 5)),
    })
    .await;
    let store = store_on(&fake);
    let mut dropped = 0;
    for number in 0..200 {
        let key = format!("k{number}");
        let mut load = Box::pin(store.load(&key));
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..number % 7 {
            if load.as_mut().poll(&mut context).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
            dropped += 1;
        }
        drop(load);
        let other = format!("other{number}");
        let entry = store.load(&other).await.unwrap().unwrap();
        assert_eq!(entry.bytes, other.as_bytes());
    }
    assert!(dropped > 200, "{dropped}");
    assert!(fake.connected() <= 8, "{}", fake.connected());
}

#[tokio::test]
async fn connections_are_bounded_and_used_again() {
    let fake = Fake::start(|line| match line {
        "stats" => Does::AsUsual,
        _ => Does::Trickles("END\r\n".to_owned(), 1),
    })
    .await;
    for (connections, expected) in [(8, 8), (3, 3), (1, 1)] {
        let store = store_on(&fake)
            .connections(connections)
            .time_limit(Duration::from_secs(20));
        let before = fake.connected();
        fake.most.store(0, Ordering::Relaxed);
        let loads = (0..100).map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.load("k").await })
        });
        for load in loads.collect::<Vec<_>>() {
            assert!(load.await.unwrap().unwrap().is_none());
        }
        assert_eq!(fake.connected() - before, expected);
    }
}

#[tokio::test]
async fn an_operation_that_gets_no_connection_was_not_sent() {
    let fake = Fake::start(|line| match line {
        "stats" => Does::AsUsual,
        _ => Does::SaysLate("END\r\n".to_owned()),
    })
    .await;
    let store = store_on(&fake).connections(1);
    let slow = store.clone();
    let slow = tokio::spawn(async move { slow.load("k").await });
    while fake.commands().is_empty() {
        tokio::task::yield_now().await;
    }
    let hasty = store.clone().time_limit(Duration::from_millis(50));
    let error = save(&hasty, &When::Always).await.unwrap_err().to_string();
    assert!(error.contains("were busy"), "{error}");
    // A server that is slow is not away.
    assert!(slow.await.unwrap().unwrap().is_none());
    assert!(store.load("k").await.unwrap().is_none());
    assert_eq!(fake.words(), ["gets", "gets"]);
    assert_eq!(fake.connected(), 1);
}

/// An operation that had to wait for others leaves little time to connect: that says nothing of the server.
#[tokio::test]
async fn a_server_that_had_only_a_moment_is_not_away() {
    let fake = Fake::start(|line| match line {
        "stats" => Does::SaysLate(statistics("1.6.18", 7)),
        // What comes unasked closes the connection.
        _ => says("END\r\nEND\r\n"),
    })
    .await;
    let store = store_on(&fake)
        .connections(1)
        .time_limit(Duration::from_millis(500));
    let (first, second) = tokio::join!(store.load("k"), store.load("k"));
    assert!(first.unwrap().is_none());
    let error = second.unwrap_err().to_string();
    assert!(error.contains("could not be connected to"), "{error}");
    assert!(store.load("k").await.unwrap().is_none());
}

#[tokio::test]
async fn a_server_that_hangs_delays_one_operation_at_a_time() {
    let limit = Duration::from_millis(300);
    let silent = Fake::start(|_| Does::IsSilent).await;
    let store = store_on(&silent).time_limit(limit);
    assert!(store.load("k").await.is_err());
    let mut loads = Vec::new();
    for _ in 0..100 {
        let store = store.clone();
        loads.push(tokio::spawn(async move {
            let start = Instant::now();
            assert!(store.load("k").await.is_err());
            start.elapsed()
        }));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let mut slow = 0;
    for load in loads {
        slow += usize::from(load.await.unwrap() > limit / 3);
    }
    // Each attempt to connect takes the limit; the rest is pauses.
    assert!((1..=5).contains(&slow), "{slow} of 100");
}
