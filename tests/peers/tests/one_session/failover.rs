//! The master of a group crashes while connections change one session: a change that was answered, and
//! that a replica had by the word of `WAIT`, is there afterwards.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use hardtack::stores::StoredJson;
use hardtack_peers::{Connection, RedisSentinels};
use hardtack_redis::RedisStore;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::writers::Servers;

const CONNECTIONS: usize = 16;

/// The replicated changes before the crash, those that are answered afterwards without a replica, and
/// the changes of each connection after it.
const BEFORE: u64 = 200;
const UNREPLICATED: u64 = 100;
const AFTER: u64 = 10;

/// The state that the test and its connections share.
#[derive(Default)]
struct Course {
    is_crashed: AtomicBool,
    is_replaced: AtomicBool,
    answered: AtomicU64,
    replicated: AtomicU64,
}

/// The counts of a connection.
#[derive(Default)]
struct Met {
    answered: u64,
    /// Changes that were answered, and gone later; by the crash, since nobody else sets the key.
    lost: u64,
    errors: u64,
    /// The last number that a replica had.
    safe: u64,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replicated_change_outlives_its_master() {
    let _turn = crate::TURN.lock().await;
    let mut group = RedisSentinels::start();
    let servers = Servers::start(|| {
        let store = RedisStore::sentinel(group.urls(), "mymaster").unwrap();
        (StoredJson, store.time_limit(Duration::from_millis(500)))
    });
    let cookie = servers.begin();
    let master = group.servers[0].address();
    assert!(is_replicated(master), "nothing is replicated");

    let course = Arc::new(Course::default());
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|number| {
            let server = servers.address(number);
            let request = format!("Host: localhost\r\nCookie: {cookie}\r\n\r\n");
            tokio::spawn(change(server, request, number, master, course.clone()))
        })
        .collect();
    while course.replicated.load(SeqCst) < BEFORE {
        sleep(Duration::from_millis(1)).await;
    }
    // From now on Redis answers changes that no replica gets.
    let master = &group.servers[0];
    master.command(&["ACL", "SETUSER", "default", "-psync", "-sync"]);
    master.command(&["CLIENT", "KILL", "TYPE", "replica"]);
    let enough = course.answered.load(SeqCst) + UNREPLICATED;
    while course.answered.load(SeqCst) < enough {
        sleep(Duration::from_millis(1)).await;
    }
    group.servers[0].stop();
    course.is_crashed.store(true, SeqCst);
    let group = spawn_blocking(move || {
        group.wait_until_replaced(0);
        group
    });
    let group = group.await.unwrap();
    course.is_replaced.store(true, SeqCst);
    let mut sum = Met::default();
    let mut met = Vec::new();
    for task in tasks {
        let one = task.await.unwrap();
        sum.answered += one.answered;
        sum.lost += one.lost;
        sum.errors += one.errors;
        met.push(one);
    }
    println!(
        "failed over: {} changes answered, {} errors, {} replicated by WAIT; {} answered and lost by Redis",
        sum.answered,
        sum.errors,
        course.replicated.load(SeqCst),
        sum.lost,
    );
    assert!(sum.errors > 0 && sum.lost > 0, "no request met the crash");
    let session = servers.session(&cookie);
    for (number, met) in met.iter().enumerate() {
        let there = session[format!("k{number}")].as_u64().unwrap_or_default();
        assert!(there >= met.safe, "k{number}: {there}, {}", met.safe);
    }
    drop(group);
}

/// Counts up a key until its connection has made enough changes after the crash.
async fn change(
    server: SocketAddr,
    headers: String,
    key: usize,
    master: SocketAddr,
    course: Arc<Course>,
) -> Met {
    let mut connection = Connection::open(server.port()).await.unwrap();
    let mut met = Met::default();
    let (mut sent, mut last, mut after) = (0, 0_u64, 0);
    while after < AFTER {
        let (was_crashed, was_replaced) = (
            course.is_crashed.load(SeqCst),
            course.is_replaced.load(SeqCst),
        );
        sent += 1;
        let request = format!("GET /set/k{key}/{sent} HTTP/1.1\r\n{headers}");
        let answer = connection.exchange(request.as_bytes()).await.unwrap();
        let Ok(before) = answer.body.parse::<u64>() else {
            // It is not known whether the change was made.
            met.errors += 1;
            sleep(Duration::from_millis(5)).await;
            continue;
        };
        met.answered += 1;
        course.answered.fetch_add(1, SeqCst);
        assert!((met.safe..sent).contains(&before), "k{key}: {before}");
        met.lost += last.saturating_sub(before);
        last = sent;
        after += u64::from(was_replaced);
        if !was_crashed && spawn_blocking(move || is_replicated(master)).await.unwrap() {
            met.safe = sent;
            course.replicated.fetch_add(1, SeqCst);
        }
    }
    met
}

/// Checks that a replica has what the server has answered until now: by a write after it, and `WAIT`.
/// A server that is gone says nothing.
fn is_replicated(master: SocketAddr) -> bool {
    let ask = || {
        let mut stream = TcpStream::connect(master)?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        stream.write_all(b"SET probe 1\r\nWAIT 1 100\r\n")?;
        let lines = BufReader::new(stream).lines();
        lines.take(2).collect::<std::io::Result<Vec<_>>>()
    };
    ask().is_ok_and(|answers| matches!(&*answers, [_, count] if *count != ":0"))
}
