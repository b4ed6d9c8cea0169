//! Clients see no wrong session while servers stop, hang, are full or fail over.
//!
//! In no case is a session wrong, is one lost that Redis has kept, takes an operation longer than the
//! time limit, or has anybody to mend the store.

use std::process::Command;
use std::time::{Duration, Instant};

use hardtack_peers::{RedisCluster, RedisSentinels, RedisServer};
use hardtack_redis::RedisStore;

use crate::checking::{LIMIT, Load, Tally};

/// The time by which replication may be behind on this machine when a master crashes.
const REPLICATION_LAG: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_stops_and_comes_back() {
    // It has every write on its disk before it answers.
    let mut redis = RedisServer::start(&["--appendonly", "yes", "--appendfsync", "always"]);
    let store = RedisStore::new(redis.url()).unwrap().time_limit(LIMIT);
    let load = Load::start(&store).await;
    for _ in 0..2 {
        redis.stop();
        load.wait_for_errors(200).await;
        redis.start_again();
        load.wait_for_work("after the restart").await;
    }
    let tally = load.finish().await;
    tally.check("stopped twice");
    tally.check_nothing_lost("stopped twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_pauses_and_hangs() {
    let redis = RedisServer::start(&[]);
    let store = RedisStore::new(redis.url()).unwrap().time_limit(LIMIT);
    let load = Load::start(&store).await;
    redis.command(&["CLIENT", "PAUSE", "2500", "ALL"]);
    load.wait_for_errors(48).await;
    load.wait_for_work("after the pause").await;
    let process = redis.process_id().to_string();
    signal("-STOP", &process);
    load.wait_for_errors(48).await;
    signal("-CONT", &process);
    load.wait_for_work("after the process went on").await;
    let tally = load.finish().await;
    tally.check("paused, then hung");
    tally.check_nothing_lost("paused, then hung");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_full() {
    let redis = RedisServer::start(&["--maxmemory-policy", "noeviction"]);
    let store = RedisStore::new(redis.url()).unwrap().time_limit(LIMIT);
    let load = Load::start(&store).await;
    redis.command(&["CONFIG", "SET", "maxmemory", "1"]);
    load.wait_for_errors(200).await;
    redis.command(&["CONFIG", "SET", "maxmemory", "0"]);
    let tally = load.finish().await;
    tally.check("full");
    tally.check_nothing_lost("full");
    assert!(tally.reasons.keys().all(|reason| reason.contains("OOM")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_fails_over_and_loses_a_master() {
    let mut cluster = RedisCluster::start();
    let store = RedisStore::cluster(cluster.urls())
        .unwrap()
        .time_limit(LIMIT);
    let load = Load::start(&store).await;
    // By order: the replica waits until it has every write.
    cluster.fail_over(0);
    load.wait_for_work("after the failover").await;
    let tally = load.finish().await;
    tally.check("Cluster, failover by order");
    tally.check_nothing_lost("Cluster, failover by order");

    // The next clients begin without sessions.
    for master in [1, 2, 3] {
        cluster.nodes[master].command(&["FLUSHALL"]);
    }
    let load = Load::start(&store).await;
    let crash = Instant::now();
    cluster.nodes[1].stop();
    cluster.wait_for_promotion(1);
    load.wait_for_work("after the crash").await;
    // The former master comes back as a replica.
    cluster.nodes[1].start_again();
    load.wait_for_work("after it came back").await;
    let tally = load.finish().await;
    tally.check("Cluster, a master crashed");
    check_lag("Cluster, a master crashed", &tally, crash);
}

/// A master that hangs keeps its connections, so that only time tells.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn masters_hang_and_are_replaced() {
    let cluster = RedisCluster::start();
    let store = RedisStore::cluster(cluster.urls())
        .unwrap()
        .time_limit(LIMIT);
    let load = Load::start(&store).await;
    let process = cluster.nodes[2].process_id().to_string();
    let hang = Instant::now();
    signal("-STOP", &process);
    cluster.wait_for_promotion(2);
    load.wait_for_work("after the promotion").await;
    signal("-CONT", &process);
    cluster.nodes[2].wait_for(&["ROLE"], |role| role.starts_with("slave"));
    let tally = load.finish().await;
    tally.check("Cluster, a master hung");
    check_lag("Cluster, a master hung", &tally, hang);

    let group = RedisSentinels::start();
    let store = RedisStore::sentinel(group.urls(), "mymaster")
        .unwrap()
        .time_limit(LIMIT);
    let load = Load::start(&store).await;
    let process = group.servers[0].process_id().to_string();
    let hang = Instant::now();
    signal("-STOP", &process);
    group.wait_until_replaced(0);
    load.wait_for_work("after the promotion").await;
    signal("-CONT", &process);
    load.wait_for_work("after it went on").await;
    let tally = load.finish().await;
    tally.check("Sentinel, the master hung");
    check_lag("Sentinel, the master hung", &tally, hang);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sentinels_replace_a_master() {
    let mut group = RedisSentinels::start();
    let store = RedisStore::sentinel(group.urls(), "mymaster")
        .unwrap()
        .time_limit(LIMIT);
    let load = Load::start(&store).await;
    let crash = Instant::now();
    group.servers[0].stop();
    group.wait_until_replaced(0);
    load.wait_for_work("after the crash").await;
    // It comes back as a master, until a Sentinel tells it: nobody may believe it.
    group.servers[0].start_again();
    load.wait_for_work("after it came back").await;
    let tally = load.finish().await;
    tally.check("Sentinel, the master crashed");
    check_lag("Sentinel, the master crashed", &tally, crash);
}

/// By order, the former master lives on, and takes writes until a Sentinel makes it a replica some ten
/// seconds later: the store must leave it before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sentinels_replace_a_master_by_order() {
    let group = RedisSentinels::start();
    let store = RedisStore::sentinel(group.urls(), "mymaster")
        .unwrap()
        .time_limit(LIMIT);
    let load = Load::start(&store).await;
    let order = Instant::now();
    let ordered = group.sentinels[0].command(&["SENTINEL", "FAILOVER", "mymaster"]);
    assert_eq!(ordered, "OK");
    group.wait_until_replaced(0);
    let named = Instant::now();
    load.wait_for_work("after the failover").await;
    group.servers[0].wait_for(&["ROLE"], |role| role.starts_with("slave"));
    let told = order.elapsed();
    let tally = load.finish().await;
    tally.check("Sentinel, failover by order");
    println!(
        "    named after {} ms, the former master told after {} ms",
        (named - order).as_millis(),
        told.as_millis()
    );
    assert_eq!(tally.lost, 0, "{tally}");
    for acknowledged in &tally.rolled_back {
        // By the former master, after the replica was promoted and before the store left.
        let late = acknowledged.saturating_duration_since(named);
        assert!(*acknowledged > order, "{tally}");
        assert!(late < Duration::from_millis(1500), "{late:?}: {tally}");
    }
}

/// Checks that only writes from just before the crash are lost: those that had not been replicated.
fn check_lag(name: &str, tally: &Tally, crash: Instant) {
    assert_eq!(tally.lost, 0, "{name}: {tally}");
    for acknowledged in &tally.rolled_back {
        // Acknowledged before the crash, or by the dying master in that moment.
        let before = crash.saturating_duration_since(*acknowledged);
        let after = acknowledged.saturating_duration_since(crash);
        assert!(
            before < REPLICATION_LAG && after < LIMIT,
            "{name}: {before:?} {after:?}"
        );
    }
}

fn signal(signal: &str, process: &str) {
    let sent = Command::new("kill").args([signal, process]).status();
    assert!(sent.is_ok_and(|status| status.success()), "kill {signal}");
}
