//! Clients that leave, and a database that is locked.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hardtack::stores::{Saved, SessionStore, TableLayout, When};
use hardtack::test_util::check_session_store;
use tokio::runtime::Handle;

use crate::database::Database;

/// Polls an operation until the client leaves, and drops it if it is not done.
async fn leave_when<T>(
    mut leaves: impl FnMut() -> bool,
    operation: impl Future<Output = T>,
) -> Option<T> {
    let mut operation = pin!(operation);
    while !leaves() {
        let mut context = Context::from_waker(Waker::noop());
        if let Poll::Ready(done) = operation.as_mut().poll(&mut context) {
            return Some(done);
        }
        tokio::task::yield_now().await;
    }
    None
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_leave_at_any_moment_leave_nothing_wrong() {
    let database = Database::new(&TableLayout::new()).await;
    let store = database.store(TableLayout::new());
    let (mut left, mut done) = (0, 0);
    for round in 0..400_usize {
        let bytes = Bytes::from(round.to_string());
        let operation = async {
            match round % 4 {
                0 => drop(store.save("k", bytes, None, &When::Always).await.unwrap()),
                1 => drop(store.load("k").await.unwrap()),
                2 => drop(
                    store
                        .touch("k", Some(Duration::from_mins(1)))
                        .await
                        .unwrap(),
                ),
                _ => drop(store.delete("k", &When::Present).await.unwrap()),
            }
        };
        let mut polls = 0;
        let leaves = || {
            polls += 1;
            polls > round / 4 % 25
        };
        match leave_when(leaves, operation).await {
            Some(()) => done += 1,
            None => left += 1,
        }
    }
    println!("{left} left, {done} done");
    assert!(left > 100, "{left} left, {done} done");
    // All connections are of use: four operations at once, each after what was left.
    assert_eq!(check_session_store(&store).await, Ok(17));
    let held = [
        database.pool.acquire().await.unwrap(),
        database.pool.acquire().await.unwrap(),
        database.pool.acquire().await.unwrap(),
        database.pool.acquire().await.unwrap(),
    ];
    assert_eq!(held.len(), 4);
    assert_eq!(database.pool.size(), 4);
}

/// The write of a client who leaves is finished, once it has begun.
#[tokio::test]
async fn a_write_that_has_begun_is_finished() {
    let database = Database::new(&TableLayout::new()).await;
    let store = database
        .store(TableLayout::new())
        .time_limit(Duration::from_secs(20));
    let lock = lock(&database).await;
    // It has begun when it has a task of its own.
    let tasks = || Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let save = store.save("k", "a".into(), None, &When::Always);
    assert!(leave_when(|| tasks() > before, save).await.is_none());
    release(lock).await;
    let start = Instant::now();
    while store.load("k").await.unwrap().is_none() {
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "it was not written"
        );
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_database_is_an_error_within_the_limit() {
    let mut count = 0;
    for (busy_timeout, text) in [
        // The connection waits longer than the store does.
        (Duration::from_secs(30), "within the time limit"),
        (Duration::from_millis(50), "busy_timeout"),
    ] {
        let database = Database::empty(busy_timeout).await;
        let layout = TableLayout::new();
        database
            .execute(layout.schema(hardtack::stores::SqlDatabase::Sqlite))
            .await;
        let store = database.store(layout).time_limit(Duration::from_secs(1));
        let saved = store.save("k", "a".into(), None, &When::Always).await;
        assert!(matches!(saved, Ok(Saved::Done(_))), "{saved:?}");
        let lock = lock(&database).await;
        for _ in 0..2 {
            let start = Instant::now();
            let saved = store.save("k", "b".into(), None, &When::Present).await;
            let waited = start.elapsed();
            let error = saved.unwrap_err().to_string();
            assert!(error.contains(text) && error.contains("lock"), "{error}");
            // For as long again, the statement may go on in the background.
            assert!(waited < Duration::from_millis(1700), "{waited:?}");
            count += 1;
        }
        // Readers do not wait for the writer.
        assert_eq!(store.load("k").await.unwrap().unwrap().bytes, "a");
        release(lock).await;
        // The store recovers by itself.
        let start = Instant::now();
        while store
            .save("k", "c".into(), None, &When::Present)
            .await
            .is_err()
        {
            assert!(
                start.elapsed() < Duration::from_secs(20),
                "it does not recover"
            );
        }
    }
    assert_eq!(count, 4);
}

type Connection = sqlx::pool::PoolConnection<sqlx::Sqlite>;

async fn lock(database: &Database) -> Connection {
    let mut connection = database.pool.acquire().await.unwrap();
    let begin = sqlx::raw_sql("BEGIN IMMEDIATE");
    begin.execute(&mut *connection).await.unwrap();
    connection
}

async fn release(mut connection: Connection) {
    let commit = sqlx::raw_sql("COMMIT");
    commit.execute(&mut *connection).await.unwrap();
}
