//! What clients see while servers stop, hang, are full or cannot be reached.
//!
//! In no case is a session wrong, is one lost that Memcached has kept, takes an operation longer than the
//! time limit, or has anybody to mend the store. A restart of Memcached loses all sessions.

use std::process::Command;
use std::time::{Duration, Instant};

use hardtack::stores::{Saved, SessionStore, When};
use hardtack_memcached::MemcachedStore;
use hardtack_peers::MemcachedServer;

use crate::checking::{LIMIT, Load};

fn store_on(servers: &[&MemcachedServer]) -> MemcachedStore {
    let addresses: Vec<_> = servers
        .iter()
        .map(|server| server.address().to_string())
        .collect();
    let store = MemcachedStore::new(addresses.join(",")).unwrap();
    store.time_limit(LIMIT)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_stops_and_comes_back_empty() {
    let mut server = MemcachedServer::start(&[]);
    let store = store_on(&[&server]);
    let load = Load::start(&store).await;
    for _ in 0..2 {
        server.stop();
        load.wait_for_errors(200).await;
        server.start_again();
        load.wait_for_work("after the restart").await;
    }
    let tally = load.finish().await;
    tally.check("stopped twice");
    assert!(tally.rolled_back.is_empty(), "{tally}");
    // Each of 24 clients lost its session at each of the restarts, and no more often.
    assert!((24..=48).contains(&tally.lost), "{tally}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_hangs() {
    let server = MemcachedServer::start(&[]);
    let store = store_on(&[&server]);
    let load = Load::start(&store).await;
    let process = server.process_id().to_string();
    for _ in 0..2 {
        signal("-STOP", &process);
        load.wait_for_errors(48).await;
        signal("-CONT", &process);
        load.wait_for_work("after the process went on").await;
    }
    let tally = load.finish().await;
    tally.check("hung twice");
    tally.check_nothing_lost("hung twice");
}

/// With `-M` a full server refuses to write, and deletes nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_full() {
    let server = MemcachedServer::start(&["-M", "-m", "4"]);
    let store = store_on(&[&server]);
    let load = Load::start(&store).await;
    // Entries of the clients' length take the pages of that length.
    let filler = || vec![b'x'; 640].into();
    let (mut written, mut refused) = (Vec::new(), 0);
    for number in 0..20_000 {
        let key = format!("filler-{number}");
        match store.save(&key, filler(), None, &When::Always).await {
            Ok(Saved::Done(_)) => written.push(key),
            Err(error) => {
                let error = error.to_string();
                assert!(error.contains("out of memory"), "{error}");
                refused += 1;
                if refused == 10 {
                    break;
                }
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(refused, 10, "{} written", written.len());
    load.wait_for_errors(100).await;
    for key in &written[..written.len() / 2] {
        assert!(store.delete(key, &When::Always).await.unwrap(), "{key}");
    }
    let tally = load.finish().await;
    tally.check("full");
    tally.check_nothing_lost("full");
    let reasons = tally.reasons.keys();
    assert!(
        reasons
            .clone()
            .all(|reason| reason.contains("out of memory"))
    );
}

/// The keys of the stopped server are errors; the other keys are served.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_three_stops_without_and_with_failover() {
    let mut servers = [(); 3].map(|()| MemcachedServer::start(&[]));
    let store = store_on(&servers.each_ref());
    let load = Load::start(&store).await;
    servers[1].stop();
    load.wait_for_errors(100).await;
    servers[1].start_again();
    load.wait_for_work("after the restart").await;
    let tally = load.finish().await;
    tally.check("one of three stopped");
    assert!(tally.rolled_back.is_empty(), "{tally}");
    assert!(tally.lost < 24, "only a part was there: {tally}");

    for server in &servers {
        server.command("flush_all");
    }
    let load = Load::start(&store.clone().fail_over(true)).await;
    servers[1].stop();
    // Without errors for longer than a moment: the next servers have the keys.
    load.wait_for_work("at the next servers").await;
    servers[1].start_again();
    load.wait_for_work("after the restart").await;
    let tally = load.finish().await;
    tally.check("one of three stopped, with failover");
    assert!(tally.lost < 48, "{tally}");
}

/// A server that hangs while the others work takes its keys with it, and no time from the others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_three_hangs() {
    let servers = [(); 3].map(|()| MemcachedServer::start(&[]));
    let store = store_on(&servers.each_ref());
    let load = Load::start(&store).await;
    let process = servers[2].process_id().to_string();
    signal("-STOP", &process);
    load.wait_for_errors(48).await;
    signal("-CONT", &process);
    load.wait_for_work("after the process went on").await;
    let tally = load.finish().await;
    tally.check("one of three hung");
    tally.check_nothing_lost("one of three hung");
}

/// A version from before a restart is a conflict, although the new server has given the same cas id.
#[tokio::test]
async fn a_version_does_not_outlive_a_restart() {
    let mut server = MemcachedServer::start(&[]);
    let store = store_on(&[&server]);
    let save =
        async |bytes: &'static str, when: &When| store.save("k", bytes.into(), None, when).await;
    assert!(matches!(
        save("first", &When::Absent).await,
        Ok(Saved::Done(_))
    ));
    let first = store.load("k").await.unwrap().unwrap();
    server.start_again();
    assert_eq!(server.command("set k 1 0 5\r\nother"), "STORED");
    // Both are its first entry.
    assert!(server.command("gets k").starts_with("VALUE k 1 5 1\n"));
    let old = When::Unchanged(first.version);
    // A dead connection is found out at the first command.
    let start = Instant::now();
    let saved = loop {
        match save("second", &old).await {
            Err(_) if start.elapsed() < Duration::from_secs(5) => {}
            saved => break saved,
        }
    };
    let Ok(Saved::Conflict(there)) = saved else {
        panic!("{saved:?}");
    };
    assert_eq!(there.bytes, "other");
    assert!(!store.delete("k", &old).await.unwrap());
    assert_eq!(store.load("k").await.unwrap().unwrap().bytes, "other");
}

fn signal(signal: &str, process: &str) {
    let sent = Command::new("kill").args([signal, process]).status();
    assert!(sent.is_ok_and(|status| status.success()), "kill {signal}");
}
