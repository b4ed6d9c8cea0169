//! Faults that a live server shows only by chance: answers lost at one moment, futures dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Waker};
use std::time::Duration;

use hardtack::stores::{SessionStore, Version, When};
use hardtack_redis::RedisStore;
use tokio::time::{Instant, timeout};

use crate::fake::{Fake, bulk, cluster_hello, opening};
use crate::{chain, save};

/// Counts the calls, from 1.
fn counter() -> impl Fn() -> usize + Send + Sync + 'static {
    let count = AtomicUsize::new(0);
    move || count.fetch_add(1, Ordering::Relaxed) + 1
}

/// Loses the connection at the first command after a `GET`; answers the others. The store has
/// loaded already.
async fn loses_the_first_answer(answer: &'static str) -> (Fake, RedisStore) {
    let nth = counter();
    let fake = Fake::start(move |words| {
        opening(words, "redis", "7.0.15").or_else(|| {
            Some(match &*words[0] {
                "GET" => "$-1\r\n".to_owned(),
                _ if nth() == 1 => String::new(),
                _ => answer.to_owned(),
            })
        })
    })
    .await;
    let store = RedisStore::new(&fake.url).unwrap();
    assert!(store.load("k").await.unwrap().is_none());
    (fake, store)
}

#[tokio::test]
async fn a_deletion_whose_answer_was_lost_is_not_taken_for_anothers() {
    let unchanged = || When::Unchanged(Version::new("there"));
    let cases = [
        // Nothing is there: the deletion was executed before.
        (unchanged(), ":-1\r\n", true),
        (When::Always, ":0\r\n", true),
        // Somebody wrote other bytes, or the first command never arrived.
        (unchanged(), ":0\r\n", false),
        (unchanged(), ":1\r\n", true),
    ];
    assert_eq!(cases.len(), 4);
    for (when, answer, expected) in cases {
        let (fake, store) = loses_the_first_answer(answer).await;
        let deleted = store.delete("k", &when).await.unwrap();
        assert_eq!(deleted, expected, "{when:?} {answer}");
        assert_eq!(fake.commands().len(), 3);
        // Sent once, it finds nothing.
        if answer != ":1\r\n" {
            assert!(!store.delete("k", &when).await.unwrap(), "{when:?}");
        }
    }
}

#[tokio::test]
async fn a_touch_whose_answer_was_lost_is_sent_again() {
    for (answer, expected) in [(":1\r\n", true), (":0\r\n", false)] {
        let (fake, store) = loses_the_first_answer(answer).await;
        let touched = store.touch("k", Some(Duration::from_secs(60))).await;
        assert_eq!(touched.unwrap(), expected);
        assert_eq!(fake.commands(), ["GET", "PEXPIRE", "PEXPIRE"]);
    }
}

/// Another may have written meanwhile, which a second `SET` would undo.
#[tokio::test]
async fn a_save_without_a_condition_is_not_sent_again() {
    let (fake, store) = loses_the_first_answer("+OK\r\n").await;
    let error = save(&store, &When::Always).await.unwrap_err().to_string();
    assert!(error.contains("may have happened"), "{error}");
    assert_eq!(fake.commands(), ["GET", "SET"]);
}

/// Answers CLUSTER SLOTS with these rows, and GET with nothing there.
async fn node(slots: impl Fn() -> String + Send + Sync + 'static) -> Fake {
    Fake::start(move |words| {
        Some(match &*words[0] {
            "HELLO" => cluster_hello(),
            "CLUSTER" => slots(),
            "GET" => "$-1\r\n".to_owned(),
            _ => "+OK\r\n".to_owned(),
        })
    })
    .await
}

/// A row of CLUSTER SLOTS for a node at this address of a URL.
fn row(first: u16, last: u16, url: &str) -> String {
    let (host, port) = url.trim_start_matches("redis://").split_once(':').unwrap();
    format!(
        "*3\r\n:{first}\r\n:{last}\r\n*3\r\n{}:{port}\r\n{}",
        bulk(host),
        bulk("id")
    )
}

#[tokio::test]
async fn a_cluster_node_that_knows_no_slots_is_passed_over() {
    // The slot of `foo` is 12182, that of `bar` 5061 (CLUSTER KEYSLOT).
    let url = Arc::new(std::sync::OnceLock::<String>::new());
    let known = url.clone();
    let whole = node(move || format!("*1\r\n{}", row(0, 16383, known.get().unwrap()))).await;
    url.set(whole.url.clone()).unwrap();
    let known = url.clone();
    let part = node(move || format!("*1\r\n{}", row(0, 100, known.get().unwrap()))).await;
    let empty = node(|| "*0\r\n".to_owned()).await;
    for urls in [
        [&empty.url, &whole.url],
        [&part.url, &whole.url],
        [&whole.url, &empty.url],
    ] {
        let store = RedisStore::cluster(urls).unwrap();
        for key in ["foo", "bar", "foo"] {
            assert!(store.load(key).await.unwrap().is_none());
        }
    }
    // Nobody knows better: an error, and no storm of questions.
    let empty = node(|| "*0\r\n".to_owned()).await;
    let store = RedisStore::cluster([&empty.url]).unwrap();
    for _ in 0..20 {
        let error = store.load("foo").await.unwrap_err().to_string();
        assert!(error.contains("no node of the Cluster"), "{error}");
    }
    let asked = empty.commands().len();
    assert!(asked <= 3, "asked {asked} times");
}

#[tokio::test]
async fn a_cluster_that_loses_a_write_and_its_node_says_that_it_may_have_happened() {
    let fake = Fake::vanishing(|words| match &*words[0] {
        "HELLO" => Some(cluster_hello()),
        "CLIENT" => Some("+OK\r\n".to_owned()),
        // The node itself, by an empty host.
        "CLUSTER" => None,
        _ => Some(String::new()),
    })
    .await;
    let store = RedisStore::cluster([&fake.url]).unwrap();
    let error = save(&store, &When::Absent).await.unwrap_err();
    let error = error.to_string();
    assert!(error.contains("may have happened"), "{error}");
}

/// The caller gives up before the time limit, as a server's own timeout or a browser that leaves
/// does.
#[tokio::test]
async fn a_dead_connection_is_replaced_although_nobody_waits_for_it() {
    let limit = Duration::from_millis(200);
    for silent in ["GET", "HELLO"] {
        let nth = counter();
        let fake = Fake::start(move |words| match &*words[0] {
            // Only the first connection is dead.
            name if name == silent && nth() <= 1 => Some(Fake::DEAF.to_owned()),
            "GET" => Some("$-1\r\n".to_owned()),
            "PING" => Some("+PONG\r\n".to_owned()),
            _ => opening(words, "redis", "7.0.15"),
        })
        .await;
        let store = RedisStore::new(&fake.url).unwrap().time_limit(limit);
        let start = Instant::now();
        while !matches!(timeout(limit / 2, store.load("k")).await, Ok(Ok(None))) {
            assert!(start.elapsed() < limit * 10, "{silent}: never replaced");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(fake.connections.load(Ordering::Relaxed), 2, "{silent}");
    }
}

/// A dropped future is no reason to close a connection that answers.
#[tokio::test]
async fn a_live_connection_outlives_dropped_futures() {
    let limit = Duration::from_millis(200);
    let fake = Fake::start(|words| {
        opening(words, "redis", "7.0.15").or_else(|| {
            Some(match &*words[0] {
                "PING" => "+PONG\r\n".to_owned(),
                _ => "$-1\r\n".to_owned(),
            })
        })
    })
    .await;
    let store = RedisStore::new(&fake.url).unwrap().time_limit(limit);
    store.load("k").await.unwrap();
    for _ in 0..10 {
        // Sent, and dropped before the answer.
        let mut load = Box::pin(store.load("k"));
        let mut context = Context::from_waker(Waker::noop());
        assert!(load.as_mut().poll(&mut context).is_pending());
        drop(load);
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(limit * 2).await;
    assert!(store.load("k").await.unwrap().is_none());
    assert_eq!(fake.connections.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_server_that_hangs_delays_one_operation_at_a_time() {
    let limit = Duration::from_millis(300);
    let silent = Fake::start(|_| None).await;
    let store = RedisStore::new(&silent.url).unwrap().time_limit(limit);
    assert!(store.load("k").await.is_err());
    let mut loads = Vec::new();
    for _ in 0..100 {
        let store = store.clone();
        loads.push(tokio::spawn(async move {
            let start = Instant::now();
            let error = store.load("k").await.unwrap_err();
            assert!(error.to_string().contains("Redis at"), "{error}");
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

/// The nodes' slots are asked for within a part of the time limit.
#[tokio::test]
async fn a_slow_cluster_node_keeps_its_connection() {
    let limit = Duration::from_millis(600);
    let url = Arc::new(std::sync::OnceLock::<String>::new());
    let known = url.clone();
    // Both questions for the slots come late.
    let slow = Fake::start(move |words| {
        Some(match &*words[0] {
            "HELLO" => cluster_hello(),
            "CLUSTER" => {
                let answer = format!("*1\r\n{}", row(0, 16383, known.get().unwrap()));
                format!("{}{answer}", Fake::LATE)
            }
            "GET" => "$-1\r\n".to_owned(),
            _ => "+OK\r\n".to_owned(),
        })
    })
    .await;
    url.set(slow.url.clone()).unwrap();
    let store = RedisStore::cluster([&slow.url]).unwrap().time_limit(limit);
    for _ in 0..3 {
        let _late = store.load("k").await;
        tokio::time::sleep(limit).await;
    }
    assert_eq!(slow.connections.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn no_error_shows_the_user_or_raw_text() {
    let cases = [
        (
            "NOPERM User shop has no permissions to run the 'get' command",
            "EVALSHA",
        ),
        ("NOPERM User shop has no permissions", "SELECT"),
        ("NOPERM User shop has no permissions", "ASKING"),
        ("ERR \u{1b}[2Jcleared", r"\u{1b}[2J"),
    ];
    for (answer, part) in cases {
        let answer = format!("-{answer}\r\n");
        let fake = Fake::start(move |words| {
            opening(words, "redis", "7.0.15").or_else(|| Some(answer.clone()))
        })
        .await;
        let store = RedisStore::new(&fake.url).unwrap();
        let error = store.load("k").await.unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
        let chain = chain(&error);
        assert!(!chain.contains("shop"), "{chain}");
        assert!(!chain.contains('\u{1b}'), "{chain}");
    }
}

/// A server without HELLO tells only at the first command that it wants a login.
#[tokio::test]
async fn the_check_fails_without_a_login() {
    let fake = Fake::start(|words| {
        Some(match &*words[0] {
            "HELLO" => "-ERR unknown command `HELLO`\r\n".to_owned(),
            "CLIENT" => "+OK\r\n".to_owned(),
            _ => "-NOAUTH Authentication required.\r\n".to_owned(),
        })
    })
    .await;
    let store = RedisStore::new(&fake.url).unwrap();
    let error = store.check().await.unwrap_err().to_string();
    assert!(error.contains("redis://user:password@host"), "{error}");
}

#[tokio::test]
async fn the_sentinels_are_watched_over_one_connection() {
    let master = Fake::start(|words| {
        opening(words, "redis", "7.0.15").or_else(|| Some("$-1\r\n".to_owned()))
    })
    .await;
    let (host, port) = master
        .url
        .trim_start_matches("redis://")
        .split_once(':')
        .unwrap();
    let named = format!("*2\r\n{}{}", bulk(host), bulk(port));
    let sentinel = Fake::start(move |words| {
        Some(match &*words[0] {
            "SENTINEL" => named.clone(),
            _ => "+OK\r\n".to_owned(),
        })
    })
    .await;
    // The first one is dead.
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dead = format!("redis://{}", gone.local_addr().unwrap());
    drop(gone);
    let store = RedisStore::sentinel([&dead, &sentinel.url], "mymaster").unwrap();
    assert!(store.load("k").await.unwrap().is_none());
    let start = Instant::now();
    while sentinel.commands().len() < 4 {
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "it is not watched"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(sentinel.connections.load(Ordering::Relaxed), 1);
    assert!(store.load("k").await.unwrap().is_none());
}
