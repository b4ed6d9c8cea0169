//! Addresses, time limits and errors, on fake servers in this process.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod fake;
mod faults;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use hardtack::stores::{Saved, SessionStore, StoreError, Version, When};
use hardtack_redis::RedisStore;
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::fake::{Fake, bulk, cluster_hello, opening};

/// An error with all its sources, as an operator's log has it.
fn chain(error: &StoreError) -> String {
    let mut text = format!("{error} | {error:?}");
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text.extend([" | ", &error.to_string(), " | ", &format!("{error:?}")]);
        source = error.source();
    }
    text
}

const SESSION: &str = "a-session-of-somebody";

async fn save(store: &RedisStore, when: &When) -> Result<Saved, StoreError> {
    let hour = Some(Duration::from_secs(3600));
    store
        .save("key-of-somebody", SESSION.into(), hour, when)
        .await
}

#[test]
fn addresses_are_shown_without_user_and_password() {
    let logins = [
        "redis://anna:wordpass@10.0.0.5:6380/2",
        "redis://:wordpass@10.0.0.5:6380",
        "redis://anna:word%70ass@10.0.0.5:6380/?protocol=resp3",
    ];
    let mut count = 0;
    for url in logins {
        for store in [
            RedisStore::new(url).unwrap(),
            RedisStore::cluster([url, url]).unwrap(),
            RedisStore::sentinel([url], "redis://anna:wordpass@mymaster").unwrap(),
        ] {
            let shown = format!("{store:?}");
            assert!(shown.contains("10.0.0.5:6380"), "{shown}");
            assert!(!shown.contains("anna"), "{shown}");
            assert!(!shown.contains("pass"), "{shown}");
            count += 1;
        }
    }
    assert_eq!(count, 9);
}

#[test]
fn a_wrong_address_is_an_error_that_does_not_show_it() {
    let wrong = [
        "",
        "10.0.0.5:6379",
        "anna:wordpass@10.0.0.5",
        "http://anna:wordpass@10.0.0.5",
        "redis://anna:word#pass@10.0.0.5",
        "redis://anna:wordpass@10.0.0.5:port",
        "redis://anna:wordpass@10.0.0.5/wordpass",
        "redis://anna:wordpass@",
    ];
    for url in wrong {
        let error = chain(&RedisStore::new(url).unwrap_err());
        assert!(error.contains("redis://user:password@host"), "{error}");
        assert!(!error.contains("wordpass"), "{url}: {error}");
        assert!(RedisStore::cluster([url]).is_err());
        assert!(RedisStore::sentinel([url], "mymaster").is_err());
    }
    let socket = "redis+unix:///run/redis.sock";
    for error in [
        RedisStore::cluster([socket]).unwrap_err(),
        RedisStore::sentinel([socket], "mymaster").unwrap_err(),
    ] {
        assert!(error.to_string().contains("local socket"), "{error}");
    }
    let none: [&str; 0] = [];
    assert!(RedisStore::cluster(none).is_err());
    assert!(RedisStore::sentinel(none, "mymaster").is_err());
}

#[cfg(not(feature = "rustls"))]
#[test]
fn an_address_of_tls_names_the_missing_feature() {
    let error = chain(&RedisStore::new("rediss://10.0.0.5").unwrap_err());
    assert!(error.contains("feature `rustls`"), "{error}");
}

/// The clock stands still but for the time limits: what takes longer than they allow would hang.
#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_costs_the_time_limit() {
    let limit = Duration::from_millis(300);
    let silent = Fake::start(|_| None).await;
    let greets = Fake::start(|words| opening(words, "redis", "7.0.15")).await;
    let node = Fake::start(|words| match &*words[0] {
        "HELLO" => Some(cluster_hello()),
        _ => opening(words, "redis", "7.0.15"),
    })
    .await;
    let unconnected = "could not be connected to within the time limit";
    let (one, cluster) = (RedisStore::new, |url| RedisStore::cluster([url]));
    let sentinel = |url| RedisStore::sentinel([url], "mymaster");
    let cases = [
        (one(&silent.url), unconnected),
        (one(&greets.url), "did not answer GET"),
        (cluster(&silent.url), unconnected),
        (cluster(&node.url), "did not answer CLUSTER SLOTS"),
        (sentinel(&silent.url), "names a master"),
        (sentinel(&greets.url), "did not answer SENTINEL"),
    ];
    assert_eq!(cases.len(), 6);
    for (store, expected) in cases {
        let store = store.unwrap().time_limit(limit);
        let start = Instant::now();
        let error = store.load("key-of-somebody").await.unwrap_err();
        let took = start.elapsed();
        // One share of the limit was kept for the command or the master.
        assert!(took >= limit / 2, "{expected}: {took:?}");
        assert!(
            took <= limit + Duration::from_millis(5),
            "{expected}: {took:?}"
        );
        assert!(error.to_string().contains(expected), "{error}");
        assert!(!chain(&error).contains("somebody"));
    }
    // Connected, an operation has the whole limit.
    let store = RedisStore::new(&greets.url).unwrap().time_limit(limit);
    let start = Instant::now();
    assert!(store.load("k").await.is_err());
    assert!(start.elapsed() >= limit);
}

#[tokio::test]
async fn a_server_that_is_away_fails_at_once_and_is_not_stormed() {
    // Nobody listens there any more.
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", gone.local_addr().unwrap());
    drop(gone);
    let store = RedisStore::new(&url).unwrap();
    let start = Instant::now();
    let (mut tried, mut refused) = (0, 0);
    while start.elapsed() < Duration::from_millis(300) {
        let error = store.load("k").await.unwrap_err();
        assert!(std::error::Error::source(&error).is_some());
        let error = error.to_string();
        assert!(
            error.contains("cannot connect to Redis at 127.0.0.1:"),
            "{error}"
        );
        if error.contains("connecting again in") {
            refused += 1;
        } else {
            tried += 1;
        }
    }
    assert!(refused > 20, "only {refused}: does it fail at once?");
    // The pauses between them double: 25 to 50 ms, 50 to 100 ms ...
    assert!((1..=5).contains(&tried), "{tried}");
}

#[tokio::test]
async fn a_server_that_closes_connections_is_not_stormed() {
    let fake = Fake::start(|words| opening(words, "redis", "7.0.15").or(Some(String::new()))).await;
    let store = RedisStore::new(&fake.url).unwrap();
    let start = Instant::now();
    let (mut sent, mut refused) = (0, 0);
    while start.elapsed() < Duration::from_millis(500) {
        let error = store.load("k").await.unwrap_err().to_string();
        if error.contains("failed during GET") {
            sent += 1;
        } else {
            assert!(error.contains("connecting again in"), "{error}");
            refused += 1;
        }
    }
    assert!(refused > 100, "only {refused}: does it fail at once?");
    // The pauses between them double: 25 to 50 ms, 50 to 100 ms ...
    assert!((2..=6).contains(&sent), "{sent}");
    assert_eq!(fake.connections.load(Ordering::Relaxed), sent);
}

#[tokio::test]
async fn a_server_that_speaks_otherwise_is_an_error() {
    for garbage in [
        "HTTP/1.1 400 Bad Request\r\n\r\n",
        "\0\0\0\0\r\n",
        ":x\r\n",
        "$99999999999999999999\r\n",
        "*3\r\n$-1\r\n",
    ] {
        let fake = Fake::start(move |_| Some(garbage.to_owned())).await;
        let store = RedisStore::new(&fake.url)
            .unwrap()
            .time_limit(Duration::from_millis(200));
        assert!(store.load("k").await.is_err(), "{garbage:?}");
    }
}

#[tokio::test]
async fn an_answer_of_the_wrong_kind_is_an_error() {
    let mut count = 0;
    for answer in [":1\r\n", "+PONG\r\n", "*1\r\n:1\r\n"] {
        let fake = Fake::start(move |words| {
            opening(words, "redis", "7.0.15").or_else(|| Some(answer.to_owned()))
        })
        .await;
        let store = RedisStore::new(&fake.url).unwrap();
        for error in [
            store.load("k").await.map(drop),
            save(&store, &When::Always).await.map(drop),
        ] {
            let error = error.unwrap_err().to_string();
            assert!(error.contains("that this command does not have"), "{error}");
            count += 1;
        }
    }
    assert_eq!(count, 6);
}

#[tokio::test]
async fn errors_say_how_to_mend_them_and_show_no_session() {
    let cases = [
        (
            "OOM command not allowed when used memory > 'maxmemory'.",
            "raise `maxmemory`",
        ),
        (
            "READONLY You can't write against a read only replica.",
            "RedisStore::sentinel",
        ),
        (
            "NOAUTH Authentication required.",
            "redis://user:password@host",
        ),
        (
            "NOPERM this user has no permissions to run the 'set' command",
            "EVALSHA",
        ),
        (
            "WRONGTYPE Operation against a key holding the wrong kind of value",
            "namespace",
        ),
        ("MOVED 3999 127.0.0.1:6381", "RedisStore::cluster"),
        ("CLUSTERDOWN Hash slot not served", "RedisStore::cluster"),
        (
            "LOADING Redis is loading the dataset in memory",
            "try again",
        ),
        ("MISCONF Redis is configured to save RDB snapshots", "disk"),
        ("NOREPLICAS Not enough good replicas to write.", "replicas"),
        (
            "ERR unknown command 'SET', with args beginning with: 'key-of-somebody' 'a-session-of-somebody' ",
            "unknown command 'SET'",
        ),
        ("ERR \u{1b}[2Jcleared", r"\u{1b}[2J"),
    ];
    for (error, advice) in cases {
        let answer = format!("-{error}\r\n");
        let fake = Fake::start(move |words| {
            opening(words, "redis", "7.0.15").or_else(|| Some(answer.clone()))
        })
        .await;
        let store = RedisStore::new(&fake.url).unwrap();
        for when in [
            When::Always,
            When::Absent,
            When::Unchanged(Version::new(SESSION)),
        ] {
            let error = save(&store, &when).await.unwrap_err();
            assert!(error.to_string().contains(advice), "{error}");
            assert!(error.to_string().contains("127.0.0.1:"), "{error}");
            assert!(!chain(&error).contains("somebody"), "{}", chain(&error));
        }
    }
}

#[tokio::test]
async fn a_refused_login_is_told_without_the_password() {
    for answer in [
        "WRONGPASS invalid username-password pair or user is disabled.",
        "ERR unknown command 'AUTH', with args beginning with: 'anna' 'wordpass' ",
    ] {
        let fake = Fake::start(move |words| match &*words[0] {
            "AUTH" => Some(format!("-{answer}\r\n")),
            _ => opening(words, "redis", "7.0.15"),
        })
        .await;
        let url = fake.url.replace("redis://", "redis://anna:wordpass@");
        let store = RedisStore::new(url).unwrap();
        for error in [
            store.check().await.map(drop),
            store.load("k").await.map(drop),
        ] {
            let error = chain(&error.unwrap_err());
            assert!(error.contains("cannot connect"), "{error}");
            assert!(
                !error.contains("wordpass") && !error.contains("anna"),
                "{error}"
            );
        }
    }
}

/// No Valkey 8.1 or Redis 8.4 is needed for this: the fake one compares as they do.
#[tokio::test]
async fn a_server_with_ifeq_is_asked_by_it_in_one_command() {
    for (server, version) in [("valkey", "8.1.1"), ("redis", "8.4.0")] {
        let fake = Fake::start(move |words| {
            opening(words, server, version).or_else(|| {
                let text = words.join(" ");
                let expected =
                    "SET key-of-somebody a-session-of-somebody IFEQ there GET PX 3600000";
                let others = expected.replace("there", "other");
                Some(if text == expected || text == others {
                    bulk("there")
                } else {
                    format!("-ERR not expected: {text}\r\n")
                })
            })
        })
        .await;
        let store = RedisStore::new(&fake.url).unwrap();
        let saved = save(&store, &When::Unchanged(Version::new("there"))).await;
        assert!(matches!(saved, Ok(Saved::Done(_))), "{saved:?}");
        let saved = save(&store, &When::Unchanged(Version::new("other"))).await;
        let Ok(Saved::Conflict(there)) = saved else {
            panic!("{saved:?}");
        };
        assert_eq!(there.bytes, "there");
        assert_eq!(fake.commands(), ["SET", "SET"]);
        assert_eq!(fake.connections.load(Ordering::Relaxed), 1);
    }
}

#[tokio::test]
async fn a_server_that_refuses_the_newer_forms_is_asked_by_script_from_then_on() {
    let fake = Fake::start(|words| {
        opening(words, "redis", "8.4.0").or_else(|| {
            Some(match &*words[0] {
                "SET" => "-ERR syntax error\r\n".to_owned(),
                _ => "+OK\r\n".to_owned(),
            })
        })
    })
    .await;
    let store = RedisStore::new(&fake.url).unwrap();
    for when in [When::Unchanged(Version::new("old")), When::Absent] {
        for _ in 0..2 {
            let saved = save(&store, &when).await;
            assert!(matches!(saved, Ok(Saved::Done(_))), "{saved:?}");
        }
    }
    let expected = ["SET", "EVALSHA", "EVALSHA", "SET", "EVALSHA", "EVALSHA"];
    assert_eq!(fake.commands(), expected);
}

#[tokio::test]
async fn a_server_without_hello_is_asked_by_scripts() {
    let fake = Fake::start(|words| {
        Some(match &*words[0] {
            "EVALSHA" => "-NOSCRIPT No matching script. Please use EVAL.\r\n".to_owned(),
            "CLIENT" | "EVAL" => "+OK\r\n".to_owned(),
            _ => "-ERR unknown command\r\n".to_owned(),
        })
    })
    .await;
    let store = RedisStore::new(&fake.url).unwrap();
    let saved = save(&store, &When::Absent).await;
    assert!(matches!(saved, Ok(Saved::Done(_))), "{saved:?}");
    assert_eq!(fake.commands(), ["EVALSHA", "EVAL"]);
}

#[tokio::test]
async fn a_write_is_sent_again_if_the_connection_is_lost_and_its_own_bytes_are_no_conflict() {
    let sent = AtomicUsize::new(0);
    let fake = Fake::start(move |words| {
        opening(words, "redis", "7.0.15").or_else(|| {
            Some(match &*words[0] {
                "GET" => "$-1\r\n".to_owned(),
                // Written, but the answer is lost.
                _ if sent.fetch_add(1, Ordering::Relaxed) == 0 => String::new(),
                _ => bulk(SESSION),
            })
        })
    })
    .await;
    let store = RedisStore::new(&fake.url).unwrap();
    assert!(store.load("key-of-somebody").await.unwrap().is_none());
    let saved = save(&store, &When::Absent).await;
    assert!(matches!(saved, Ok(Saved::Done(_))), "{saved:?}");
    // Sent once, the same answer means that somebody else has written them.
    let saved = save(&store, &When::Absent).await;
    assert!(matches!(saved, Ok(Saved::Conflict(_))), "{saved:?}");
}

#[tokio::test]
async fn servers_that_keep_no_sessions_are_named() {
    let row = |name: &str, value: &str| format!("{}{}", bulk(name), bulk(value));
    for (mode, role, advice) in [
        ("standalone", "replica", "it is a replica"),
        ("sentinel", "master", "RedisStore::sentinel"),
        ("cluster", "master", "RedisStore::cluster"),
    ] {
        let hello = format!("*4\r\n{}{}", row("mode", mode), row("role", role));
        let fake = Fake::start(move |words| match &*words[0] {
            "HELLO" => Some(hello.clone()),
            _ => Some("+OK\r\n".to_owned()),
        })
        .await;
        let store = RedisStore::new(&fake.url).unwrap();
        let error = store.check().await.unwrap_err().to_string();
        assert!(error.contains(advice), "{error}");
        assert!(store.load("k").await.is_err());
    }
}

#[tokio::test]
async fn the_check_tells_what_it_could_not_see() {
    let refuse = |_: &[String]| Some("-NOPERM no permissions\r\n".to_owned());
    for (memory, config, expected) in [
        ("# Memory\r\nmaxmemory_policy:noeviction\r\n", "", ""),
        ("maxmemory_policy:allkeys-lru\r\n", "", "allkeys-lru"),
        ("maxmemory_policy:volatile-ttl\r\n", "", "volatile-ttl"),
        ("", "noeviction", ""),
        ("", "volatile-lru", "volatile-lru"),
        ("", "", "does not tell"),
    ] {
        let fake = Fake::start(move |words| {
            opening(words, "redis", "7.0.15").or_else(|| match &*words[0] {
                "INFO" if !memory.is_empty() => Some(bulk(memory)),
                "CONFIG" if !config.is_empty() => Some(format!(
                    "*2\r\n{}{}",
                    bulk("maxmemory-policy"),
                    bulk(config)
                )),
                _ => refuse(words),
            })
        })
        .await;
        let store = RedisStore::new(&fake.url).unwrap();
        let warnings = store.check().await.unwrap().warnings;
        let warnings: Vec<String> = warnings.iter().map(ToString::to_string).collect();
        assert_eq!(warnings.is_empty(), expected.is_empty(), "{warnings:?}");
        for warning in warnings {
            assert!(warning.contains(expected), "{warning}");
            assert!(warning.contains("127.0.0.1:"), "{warning}");
        }
    }
}

#[tokio::test]
async fn an_absurd_life_or_limit_is_no_panic() {
    let fake = Fake::start(|words| {
        opening(words, "redis", "7.0.15").or_else(|| Some("+OK\r\n".to_owned()))
    })
    .await;
    let store = RedisStore::new(&fake.url)
        .unwrap()
        .time_limit(Duration::MAX);
    for ttl in [Duration::ZERO, Duration::MAX] {
        let saved = store.save("k", Bytes::new(), Some(ttl), &When::Always);
        assert!(matches!(saved.await, Ok(Saved::Done(_))));
    }
    let store = store.time_limit(Duration::ZERO);
    assert!(store.load("k").await.is_err());
}
