//! The number of commands of each operation: one, and a second one where a save meets another entry.

use std::time::Duration;

use hardtack::stores::{Saved, SessionStore, When};
use hardtack_memcached::MemcachedStore;
use hardtack_peers::MemcachedServer;

/// Runs an operation, and returns the commands that the server counted.
async fn commands_of(server: &MemcachedServer, operation: impl Future<Output = ()>) -> String {
    let before = counts(server);
    operation.await;
    let after = counts(server);
    let calls = after
        .iter()
        .zip(before)
        .filter_map(|((name, after), (_, before))| {
            let count = after - before;
            (count > 0).then(|| format!("{name} {count}"))
        });
    calls.collect::<Vec<_>>().join(", ")
}

/// `cmd_set` counts the stored entries of `set`, `add`, `replace` and `cas`; the results of `cas` and
/// `delete` have counters of their own.
fn counts(server: &MemcachedServer) -> Vec<(String, u64)> {
    let statistics = server.command("stats");
    let counted = [
        "cmd_get",
        "cmd_set",
        "cmd_touch",
        "cmd_meta",
        "delete_misses",
        "delete_hits",
        "cas_misses",
        "cas_hits",
        "cas_badval",
    ];
    let all = statistics.lines().filter_map(|line| {
        let (name, value) = line.strip_prefix("STAT ")?.split_once(' ')?;
        counted
            .contains(&name)
            .then(|| (name.to_owned(), value.parse().unwrap()))
    });
    let all: Vec<_> = all.collect();
    assert_eq!(all.len(), counted.len());
    all
}

#[tokio::test]
async fn each_operation_is_one_command_and_a_conflict_two() {
    let server = MemcachedServer::start(&[]);
    let store = MemcachedStore::new(server.address().to_string()).unwrap();
    let hour = Some(Duration::from_hours(1));
    // The connection.
    assert!(store.load("k").await.unwrap().is_none());
    let mut count = 0;
    let version = async || {
        let entry = store.load("k").await.unwrap().unwrap();
        When::Unchanged(entry.version)
    };
    store
        .save("k", "old".into(), hour, &When::Always)
        .await
        .unwrap();
    let old = version().await;
    store.delete("k", &When::Always).await.unwrap();

    let save = async |when: When, bytes: &'static str, outcome: &str, expected: &str| {
        let operation = async {
            let saved = store.save("k", bytes.into(), hour, &when).await.unwrap();
            let saved = match saved {
                Saved::Done(_) => "done".to_owned(),
                Saved::Gone => "gone".to_owned(),
                Saved::Conflict(entry) => String::from_utf8(entry.bytes.to_vec()).unwrap(),
            };
            assert_eq!(saved, outcome, "{when:?}");
        };
        let commands = commands_of(&server, operation).await;
        assert_eq!(commands, expected, "{when:?} {outcome}");
    };
    for (when, bytes, outcome, expected) in [
        (When::Present, "there", "gone", "cmd_set 1"),
        (old.clone(), "there", "gone", "cmd_set 1, cas_misses 1"),
        (When::Absent, "there", "done", "cmd_set 1"),
        (When::Absent, "other", "there", "cmd_get 1, cmd_set 1"),
        (When::Present, "there", "done", "cmd_set 1"),
        (When::Always, "there", "done", "cmd_set 1"),
        (
            old.clone(),
            "other",
            "there",
            "cmd_get 1, cmd_set 1, cas_badval 1",
        ),
    ] {
        save(when, bytes, outcome, expected).await;
        count += 1;
    }
    save(version().await, "other", "done", "cmd_set 1, cas_hits 1").await;
    let load = async { assert!(store.load("k").await.unwrap().is_some()) };
    assert_eq!(commands_of(&server, load).await, "cmd_get 1");
    for (ttl, expected) in [(hour, "cmd_touch 1"), (None, "cmd_get 1")] {
        let touch = async { assert!(store.touch("k", ttl).await.unwrap()) };
        assert_eq!(commands_of(&server, touch).await, expected);
        count += 1;
    }
    let current = version().await;
    for (when, is_deleted, expected) in [
        (old, false, "delete_misses 1"),
        (current, true, "delete_hits 1"),
        (When::Always, false, "delete_misses 1"),
        (When::Absent, false, ""),
    ] {
        let delete = async {
            assert_eq!(store.delete("k", &when).await.unwrap(), is_deleted);
        };
        assert_eq!(commands_of(&server, delete).await, expected, "{when:?}");
        count += 1;
    }
    assert_eq!(count, 13);
}
