//! 64 connections that change 64 keys of one session, through two servers with a store each.
//!
//! `CHANGES` sets the number of changes of each connection.

use std::collections::BTreeMap;
use std::env;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use hardtack::observe::{StoreOperation, StoreOutcome, Tally};
use hardtack::stores::StoredJson;
use hardtack::tower::SessionLayer;
use hardtack::{Error, ServerSessions, Session};
use hardtack_peers::{Connection, RedisServer};
use hardtack_redis::RedisStore;

const NAME: &str = "_shop_session";
const CONNECTIONS: usize = 64;

/// Sets a key to a number, and returns the number that it had.
async fn set(session: Session, Path((key, number)): Path<(String, u64)>) -> Result<String, Error> {
    let before = session.get::<u64>(&key)?.unwrap_or_default();
    session.insert(&key, number)?;
    Ok(before.to_string())
}

/// Returns the whole session.
async fn all(session: Session) -> String {
    session.read(|data| String::from_utf8(data.to_json().unwrap()).unwrap())
}

/// Serves the app from a thread of its own, as long as the test runs.
fn serve(redis: &RedisServer, tally: &Arc<Tally>) -> SocketAddr {
    let store = RedisStore::new(redis.url()).unwrap();
    let sessions = ServerSessions::new(StoredJson, store, NAME).observer(tally.clone());
    let app: Router = Router::new()
        .route("/set/{key}/{number}", get(set))
        .route("/all", get(all))
        .layer(SessionLayer::new(sessions));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    listener.set_nonblocking(true).unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, app).await
        })
    });
    address
}

fn request(path: &str, cookie: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n").into_bytes()
}

/// What a connection met: changes of its own that were gone, answers that were errors, and times.
#[derive(Default)]
struct Met {
    lost: usize,
    errors: usize,
    times: Vec<Duration>,
}

/// Counts up one key, and checks each time that it has the number before.
async fn count_up(server: SocketAddr, cookie: String, key: String, changes: u64) -> Met {
    let mut connection = Connection::open(server.port()).await.unwrap();
    let mut met = Met::default();
    for number in 1..=changes {
        let request = request(&format!("/set/{key}/{number}"), &cookie);
        let began = Instant::now();
        let answer = connection.exchange(&request).await.unwrap();
        met.times.push(began.elapsed());
        match answer.body.parse::<u64>() {
            Ok(before) => met.lost += usize::from(before != number - 1),
            Err(_) => met.errors += 1,
        }
    }
    met
}

#[tokio::test]
async fn no_change_of_one_session_is_lost() {
    let changes: u64 = env::var("CHANGES").map_or(20, |changes| changes.parse().unwrap());
    let redis = RedisServer::start(&[]);
    let tallies = [(); 2].map(|()| Arc::new(Tally::new()));
    let servers = tallies.each_ref().map(|tally| serve(&redis, tally));
    let first = hardtack_peers::get(servers[0], "/set/begun/1", None);
    let cookie = first.set_cookies().next().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();

    let began = Instant::now();
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|number| {
            let server = servers[number % 2];
            let key = format!("k{number}");
            tokio::spawn(count_up(server, cookie.clone(), key, changes))
        })
        .collect();
    let (mut lost, mut errors, mut times) = (0, 0, Vec::new());
    for task in tasks {
        let met = task.await.unwrap();
        lost += met.lost;
        errors += met.errors;
        times.extend(met.times);
    }
    let took = began.elapsed();
    times.sort_unstable();
    let percentile = |hundredths: usize| times[(times.len() - 1) * hundredths / 100];

    let mut counts: BTreeMap<(StoreOperation, StoreOutcome), u64> = BTreeMap::new();
    for (_, operation, outcome, count, _) in tallies.iter().flat_map(|tally| tally.operations()) {
        *counts.entry((operation, outcome)).or_default() += count;
    }
    let count = |operation, outcome| counts.get(&(operation, outcome)).copied().unwrap_or(0);
    let saves = count(StoreOperation::Save, StoreOutcome::Done);
    let conflicts = count(StoreOperation::Save, StoreOutcome::Conflict);
    let total = u64::try_from(CONNECTIONS).unwrap() * changes;
    println!(
        "{total} changes by {CONNECTIONS} connections in {took:?}: {lost} lost, {errors} errors, \
         {saves} saves, {conflicts} conflicts, {:?} at p50, {:?} at p99",
        percentile(50),
        percentile(99),
    );
    assert_eq!((lost, errors), (0, 0));
    assert_eq!(saves, total + 1, "the first request of all too");
    // One saver of each server is at the store: it loses to the other server's at most.
    assert!(conflicts <= saves, "{conflicts} conflicts");
    assert_eq!(
        tallies.each_ref().map(|tally| tally.conflicts().len()),
        [0, 0]
    );

    let all = hardtack_peers::get(servers[1], "/all", Some(&cookie)).json();
    let mut expected = serde_json::Map::from_iter([("begun".to_owned(), 1.into())]);
    expected.extend((0..CONNECTIONS).map(|number| (format!("k{number}"), changes.into())));
    assert_eq!(all, serde_json::Value::Object(expected));
}
