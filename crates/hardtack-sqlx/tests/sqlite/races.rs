//! Many writers of one row.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hardtack::stores::{Saved, SessionStore, StoredJson, TableLayout, When};
use hardtack::{Error, LazySession, RequestOrigin, ServerSessions};
use hardtack_sqlx::SqlStore;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::database::{Database, rails};

const WRITERS: usize = 64;
const REQUESTS: usize = 24;

/// Adds one to the number in a row, as often as others come between; returns the conflicts.
async fn add_one(store: &SqlStore) -> usize {
    let mut entry = store.load("k").await.unwrap().unwrap();
    let mut conflicts = 0;
    loop {
        let number: u32 = std::str::from_utf8(&entry.bytes).unwrap().parse().unwrap();
        let bytes = Bytes::from((number + 1).to_string());
        let when = When::Unchanged(entry.version);
        match store.save("k", bytes, None, &when).await.unwrap() {
            Saved::Done(_) => return conflicts,
            Saved::Conflict(there) => entry = there,
            Saved::Gone => panic!("it is gone"),
        }
        conflicts += 1;
    }
}

/// By `Unchanged` alone: a lost change would be a lower number.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_change_of_64_writers_is_lost() {
    for layout in [TableLayout::new(), rails()] {
        let database = Database::new(&layout).await;
        let store = database.store(layout);
        store
            .save("k", "0".into(), None, &When::Absent)
            .await
            .unwrap();
        let (barrier, mut writers) = (Arc::new(Barrier::new(WRITERS)), JoinSet::new());
        for _ in 0..WRITERS {
            let (store, barrier) = (store.clone(), Arc::clone(&barrier));
            writers.spawn(async move {
                barrier.wait().await;
                add_one(&store).await
            });
        }
        let conflicts: usize = writers.join_all().await.into_iter().sum();
        let entry = store.load("k").await.unwrap().unwrap();
        assert_eq!(entry.bytes, WRITERS.to_string());
        assert!(conflicts > 0, "nobody came between");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_64_gets_a_new_key() {
    let database = Database::new(&TableLayout::new()).await;
    let store = database.store(TableLayout::new());
    for round in 0..3 {
        if round > 0 {
            let ended = "UPDATE hardtack_sessions SET expires_at = '2001-01-01'";
            database.execute(ended).await;
        }
        let (barrier, mut writers) = (Arc::new(Barrier::new(WRITERS)), JoinSet::new());
        for number in 0..WRITERS {
            let (store, barrier) = (store.clone(), Arc::clone(&barrier));
            writers.spawn(async move {
                barrier.wait().await;
                let hour = Some(Duration::from_hours(1));
                let bytes = Bytes::from(number.to_string());
                match store
                    .save("k", bytes.clone(), hour, &When::Absent)
                    .await
                    .unwrap()
                {
                    Saved::Done(_) => (true, bytes),
                    Saved::Conflict(there) => (false, there.bytes),
                    Saved::Gone => panic!("a new key is never gone"),
                }
            });
        }
        let outcomes = writers.join_all().await;
        let there = store.load("k").await.unwrap().unwrap().bytes;
        assert_eq!(outcomes.iter().filter(|(is_done, _)| *is_done).count(), 1);
        assert!(outcomes.iter().all(|(_, bytes)| *bytes == there), "{round}");
    }
}

/// The savers of one process queue; those of two do not. A commit tries for a second at most.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_change_different_keys_are_merged() {
    let database = Database::new(&TableLayout::new()).await;
    let sessions = || {
        let store = database.store(TableLayout::new());
        Arc::new(ServerSessions::new(StoredJson, store, "_session_id"))
    };
    let processes = [sessions(), sessions()];
    let open = |sessions: &Arc<ServerSessions>, cookie: &str| {
        LazySession::open(sessions, cookie.to_owned(), RequestOrigin::default())
    };
    let first = open(&processes[0], "");
    first.load().await.unwrap().insert("first", 1).unwrap();
    let cookies = first.commit(200).await.unwrap();
    let cookie = String::from_utf8(cookies.cookies()[0].value().to_vec()).unwrap();
    let cookie = format!("_session_id={cookie}");

    let (barrier, mut requests) = (Arc::new(Barrier::new(REQUESTS)), JoinSet::new());
    for number in 0..REQUESTS {
        let (sessions, cookie) = (processes[number % 2].clone(), cookie.clone());
        let barrier = Arc::clone(&barrier);
        requests.spawn(async move {
            barrier.wait().await;
            loop {
                let header = cookie.clone();
                let request = LazySession::open(&sessions, header, RequestOrigin::default());
                let session = request.load().await.unwrap();
                session.insert(format!("key {number}"), number).unwrap();
                match request.commit(200).await {
                    Ok(_) => return,
                    // Others came between for a second: the machine is busy.
                    Err(Error::BusySession { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        });
    }
    requests.join_all().await;
    let last = open(&processes[1], &cookie);
    assert_eq!(last.load().await.unwrap().keys().len(), REQUESTS + 1);
}
