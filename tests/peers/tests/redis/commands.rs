//! The number of commands of each operation: one, on one key.

use std::time::Duration;

use bytes::Bytes;
use hardtack::stores::{Saved, SessionStore, Version, When};
use hardtack_peers::RedisServer;
use hardtack_redis::RedisStore;

/// Runs an operation, and returns the commands that the server executed, those of scripts too.
async fn commands_of(redis: &RedisServer, operation: impl Future<Output = ()>) -> String {
    redis.command(&["CONFIG", "RESETSTAT"]);
    operation.await;
    let stats = redis.command(&["INFO", "commandstats"]);
    let calls = stats.lines().filter_map(|line| {
        let (name, rest) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
        let count = rest.split(',').next()?;
        let is_ours = name != "info" && name != "config|resetstat";
        is_ours.then(|| format!("{name} {count}"))
    });
    let mut calls: Vec<String> = calls.collect();
    calls.sort();
    calls.join(", ")
}

#[tokio::test]
async fn each_operation_and_each_conflict_is_one_command() {
    let redis = RedisServer::start(&[]);
    let has_ifeq = redis.command(&["HELLO"]).starts_with("server\nvalkey");
    let store = RedisStore::new(redis.url()).unwrap();
    let hour = Some(Duration::from_hours(1));
    let (there, other) = (Bytes::from_static(b"there"), Bytes::from_static(b"other"));
    let unchanged = |bytes: &Bytes| When::Unchanged(Version::new(bytes.clone()));
    // The connection, and the scripts, which the server keeps from their first use on.
    let nothing = unchanged(&other);
    let gone = store.save("k", there.clone(), hour, &nothing).await;
    assert!(matches!(gone, Ok(Saved::Gone)));
    assert!(!store.delete("k", &nothing).await.unwrap());

    // One command came over the network; what a script calls is in the list too.
    let by_script = |script: &'static str| if has_ifeq { "set 1" } else { script };
    let mut count = 0;
    for (when, bytes, expected, outcome) in [
        (When::Present, &there, "set 1", "gone"),
        (
            unchanged(&there),
            &there,
            by_script("evalsha 1, get 1"),
            "gone",
        ),
        (When::Absent, &there, "set 1", "done"),
        (When::Absent, &other, "set 1", "there"),
        (When::Present, &there, "set 1", "done"),
        (When::Always, &there, "set 1", "done"),
        (
            unchanged(&other),
            &there,
            by_script("evalsha 1, get 1"),
            "there",
        ),
        (
            unchanged(&there),
            &other,
            by_script("evalsha 1, get 1, set 1"),
            "done",
        ),
    ] {
        let operation = async {
            let saved = store.save("k", bytes.clone(), hour, &when).await.unwrap();
            let saved = match saved {
                Saved::Done(_) => "done".to_owned(),
                Saved::Gone => "gone".to_owned(),
                Saved::Conflict(entry) => String::from_utf8(entry.bytes.to_vec()).unwrap(),
            };
            assert_eq!(saved, outcome, "{when:?}");
        };
        assert_eq!(commands_of(&redis, operation).await, expected, "{when:?}");
        count += 1;
    }
    let load = async { assert!(store.load("k").await.unwrap().is_some()) };
    assert_eq!(commands_of(&redis, load).await, "get 1");
    for (ttl, expected) in [(hour, "pexpire 1"), (None, "exists 1")] {
        let touch = async { assert!(store.touch("k", ttl).await.unwrap()) };
        assert_eq!(commands_of(&redis, touch).await, expected);
        count += 1;
    }
    for (when, is_deleted, expected) in [
        (unchanged(&there), false, "evalsha 1, get 1"),
        (unchanged(&other), true, "del 1, evalsha 1, get 1"),
        (When::Always, false, "del 1"),
    ] {
        let delete = async {
            assert_eq!(store.delete("k", &when).await.unwrap(), is_deleted);
        };
        assert_eq!(commands_of(&redis, delete).await, expected, "{when:?}");
        count += 1;
    }
    assert_eq!(count, 13);
}

/// The scripts are gone with a restart, or `SCRIPT FLUSH`: the next save sends its text.
#[tokio::test]
async fn a_server_that_forgot_the_scripts_gets_them_again() {
    let redis = RedisServer::start(&[]);
    let store = RedisStore::new(redis.url()).unwrap();
    for _ in 0..3 {
        redis.command(&["SCRIPT", "FLUSH"]);
        let saved = store.save("k", "a".into(), None, &When::Always).await;
        assert!(matches!(saved, Ok(Saved::Done(_))));
        let when = When::Unchanged(Version::new("a"));
        assert!(store.delete("k", &when).await.unwrap());
        assert!(!store.delete("k", &when).await.unwrap());
    }
}
