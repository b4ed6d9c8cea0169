//! Rows that have ended are deleted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hardtack::stores::{Saved, SessionStore, SqlDatabase, TableLayout, When};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::database::{Database, rails};

/// Fills the table with so many rows that have ended, and a tenth as many that have not.
async fn fill(database: &Database, rows: u32) {
    let series = |rows| {
        format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})")
    };
    let into = "INSERT INTO hardtack_sessions SELECT";
    let ended = format!(
        "{} {into} 'ended ' || i, 'x', '2020-01-01 00:00:00' FROM n",
        series(rows)
    );
    database.execute(ended).await;
    let live = format!(
        "{} {into} 'live ' || i, 'x', '2999-01-01 00:00:00' FROM n",
        series(rows / 10)
    );
    database.execute(live).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_rows_are_swept_while_clients_work() {
    // Who waits for SQLite's lock looks again later and later: a busy machine may take long.
    let database = Database::empty(Duration::from_secs(15)).await;
    database
        .execute(TableLayout::new().schema(SqlDatabase::Sqlite))
        .await;
    let store = database.store(TableLayout::new());
    fill(&database, 100_000).await;
    let is_over = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..2)
        .map(|client| {
            let (store, is_over) = (store.clone(), Arc::clone(&is_over));
            tokio::spawn(async move {
                let (key, mut saves, mut longest) =
                    (format!("client {client}"), 0_u32, Duration::ZERO);
                let hour = Some(Duration::from_hours(1));
                while !is_over.load(Ordering::Relaxed) {
                    let start = Instant::now();
                    let written = store.save(&key, saves.to_string().into(), hour, &When::Always);
                    assert!(matches!(written.await, Ok(Saved::Done(_))));
                    longest = longest.max(start.elapsed());
                    saves += 1;
                    let entry = store.load(&key).await.unwrap().unwrap();
                    assert_eq!(entry.bytes, (saves - 1).to_string());
                }
                (saves, longest)
            })
        })
        .collect();
    let start = Instant::now();
    assert_eq!(store.sweep_once().await.unwrap(), 100_000);
    let took = start.elapsed();
    is_over.store(true, Ordering::Relaxed);
    for client in clients {
        let (saves, longest) = client.await.unwrap();
        println!("swept in {took:?}; {saves} saves beside, the longest {longest:?}");
        // 100 statements and as many pauses, in which others write.
        assert!(saves > 100, "{saves} saves in {took:?}");
    }
    let rest: i64 = database
        .value("SELECT count(*) FROM hardtack_sessions")
        .await;
    assert_eq!(rest, 10_000 + 2);
    assert_eq!(store.sweep_once().await.unwrap(), 0);
}

#[tokio::test]
async fn rows_of_rails_are_swept_by_their_age() {
    let database = Database::new(&rails()).await;
    let store = database.store(rails()).sweep_batch(3);
    let days = [0, 1, 29, 31, 32, 33, 34, 35, 36, 400];
    for (number, days) in days.into_iter().enumerate() {
        // Rails leaves the fraction out where it is zero.
        let fraction = if number % 2 == 0 { "" } else { ".123456" };
        let row = format!(
            "INSERT INTO sessions (session_id, data, created_at, updated_at) VALUES \
             ('{number}', '', '2001-01-01', datetime('now', '-{days} days') || '{fraction}')"
        );
        database.execute(row).await;
    }
    assert_eq!(store.sweep_once().await.unwrap(), 7);
    let rest: String = database
        .value("SELECT group_concat(session_id) FROM sessions")
        .await;
    assert_eq!(rest, "0,1,2");
    let store = database.store(rails().max_age(Duration::from_hours(36)));
    assert_eq!(store.sweep_once().await.unwrap(), 1);
    // Without a time, nothing ends.
    let layout = rails().without_timestamps();
    assert_eq!(database.store(layout).sweep_once().await.unwrap(), 0);
}

/// Counts events by their text.
#[derive(Clone, Default)]
struct Counted(Arc<[AtomicU64; 2]>);

const TEXTS: [&str; 2] = [
    "ended sessions were deleted",
    "a sweep of ended sessions failed; it will be tried again",
];

impl Subscriber for Counted {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "hardtack"
    }

    fn event(&self, event: &Event<'_>) {
        struct Text(String);
        impl tracing::field::Visit for Text {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                if field.name() == "message" {
                    self.0 = format!("{value:?}");
                }
            }
        }
        let mut text = Text(String::new());
        event.record(&mut text);
        let place = TEXTS.iter().position(|known| *known == text.0);
        self.0[place.unwrap()].fetch_add(1, Ordering::Relaxed);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// On one thread, so that the events of the spawned sweep come to this test's subscriber.
#[tokio::test]
async fn a_sweep_goes_on_after_an_error_and_ends_with_the_pool() {
    let events = Counted::default();
    let _guard = tracing::subscriber::set_default(events.clone());
    let count = |kind: usize| events.0[kind].load(Ordering::Relaxed);
    let wait = async |kind: usize, more: u64| {
        let (start, before) = (Instant::now(), count(kind));
        while count(kind) < before + more {
            assert!(
                start.elapsed() < Duration::from_secs(20),
                "no {}",
                TEXTS[kind]
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let database = Database::empty(Duration::from_millis(500)).await;
    let store = database.store(TableLayout::new());
    let sweep = tokio::spawn(store.sweep(Duration::from_millis(20)));
    wait(1, 2).await;
    database
        .execute(TableLayout::new().schema(SqlDatabase::Sqlite))
        .await;
    fill(&database, 2500).await;
    wait(0, 1).await;
    let rest: i64 = database
        .value("SELECT count(*) FROM hardtack_sessions")
        .await;
    assert_eq!(rest, 250);
    database.execute("DROP TABLE hardtack_sessions").await;
    wait(1, 1).await;
    database.pool.close().await;
    let told = count(1);
    sweep.await.unwrap();
    assert!(count(1) <= told + 1);
}

/// A pool that is busy for a moment does not end a sweep; one that stays busy does.
#[tokio::test]
async fn a_sweep_waits_for_a_busy_pool() {
    let database = Database::new(&TableLayout::new()).await;
    let limit = Duration::from_millis(100);
    let store = database.store(TableLayout::new()).time_limit(limit);
    fill(&database, 10).await;
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(database.pool.acquire().await.unwrap());
    }
    let start = Instant::now();
    let error = store.sweep_once().await.unwrap_err().to_string();
    assert!(error.contains("all 4 connections"), "{error}");
    // Three tries, and a pause after the first two.
    assert!(start.elapsed() >= limit * 3, "{:?}", start.elapsed());

    let busy = store.load("live 1").await.unwrap_err().to_string();
    assert!(busy.contains("all 4 connections"), "{busy}");
    let patient = store.time_limit(Duration::from_millis(500));
    let sweep = tokio::spawn(async move { patient.sweep_once().await });
    // Longer than one try, and shorter than all.
    tokio::time::sleep(Duration::from_millis(700)).await;
    drop(held);
    assert_eq!(sweep.await.unwrap().unwrap(), 10);
}

/// A lock that another connection holds for a moment does not end a sweep; one that stays does.
#[tokio::test]
async fn a_sweep_waits_for_a_lock() {
    let busy = Duration::from_millis(200);
    let database = Database::empty(busy).await;
    database
        .execute(TableLayout::new().schema(SqlDatabase::Sqlite))
        .await;
    let store = database.store(TableLayout::new());
    fill(&database, 10).await;
    let lock = database.pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let start = Instant::now();
    let error = store.sweep_once().await.unwrap_err().to_string();
    assert!(error.contains("database is locked"), "{error}");
    assert!(start.elapsed() >= busy * 3, "{:?}", start.elapsed());

    let sweep = tokio::spawn(async move { store.sweep_once().await });
    // Longer than one try, and shorter than all.
    tokio::time::sleep(Duration::from_millis(300)).await;
    lock.rollback().await.unwrap();
    assert_eq!(sweep.await.unwrap().unwrap(), 10);
}
