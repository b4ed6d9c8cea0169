//! What the clients of an app see while its database stops, halts and comes back.
//!
//! In no case is a session wrong, is one lost that the database has kept, takes an operation longer
//! than the time limit, or has anybody to mend the store.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hardtack::authentication::LoginStore;
use hardtack::stores::{SessionStore, StoredHash};
use hardtack_sqlx::{SqlLogins, SqlStore};
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgPoolOptions;

use crate::clients::Load;
use crate::database::Database;
use crate::table::{Shape, Table};

const CLIENTS: usize = 24;

/// The time limit of the store.
const LIMIT: Duration = Duration::from_millis(500);

/// Starts clients whose sessions are in the table of Active Record.
async fn start(database: &Database) -> Load {
    let format = StoredHash::active_record_store();
    let table = Table::new(database, Shape::ActiveRecord);
    table.create().await;
    Load::start(CLIENTS, format, None, database.store(table.layout()), LIMIT).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_stops_and_comes_back() {
    for mut database in [Database::postgres(&[]), Database::mariadb(&[])] {
        let load = start(&database).await;
        for _ in 0..2 {
            database.stop();
            load.wait_for_refusals(200).await;
            database.start_again();
            load.wait_for_work("after the restart").await;
        }
        let name = format!("{}, crashed twice", database.name());
        load.finish().await.check(&name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_restarted_in_order() {
    for mut database in [Database::postgres(&[]), Database::mariadb(&[])] {
        let load = start(&database).await;
        for _ in 0..3 {
            database.shut_down();
            database.start_again();
            load.wait_for_work("after the restart").await;
        }
        let name = format!("{}, restarted three times", database.name());
        load.finish().await.check(&name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_halts_and_goes_on() {
    for database in [Database::postgres(&[]), Database::mariadb(&[])] {
        let load = start(&database).await;
        for _ in 0..2 {
            database.pause();
            load.wait_for_refusals(96).await;
            database.go_on();
            load.wait_for_work("after it went on").await;
        }
        let name = format!("{}, halted twice", database.name());
        load.finish().await.check(&name);
    }
}

/// SQLite has no server. Another process may hold the file's lock for as long as it likes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_locked_by_another() {
    let database = Database::sqlite("locked");
    let load = start(&database).await;
    let Database::Sqlite(_, pool) = &database else {
        panic!("it is SQLite");
    };
    for begin in ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"] {
        let mut other = pool.acquire().await.unwrap();
        let begin = sqlx::raw_sql(AssertSqlSafe(begin));
        begin.execute(&mut *other).await.unwrap();
        load.wait_for_refusals(96).await;
        let rollback = sqlx::raw_sql("ROLLBACK");
        rollback.execute(&mut *other).await.unwrap();
        load.wait_for_work("after the lock was released").await;
    }
    load.finish().await.check("SQLite, locked twice");
}

/// A server that falls silent while a connection returns to its pool: the connection is closed, and
/// the next operation has another one.
#[tokio::test]
async fn a_connection_that_does_not_return_is_closed() {
    let database = Database::postgres(&[]);
    let table = Table::new(&database, Shape::Plain);
    table.create().await;
    let Database::Postgres(server, _) = &database else {
        panic!("it is Postgres");
    };
    let falls_silent = Arc::new(AtomicBool::new(false));
    let is_silent = Arc::clone(&falls_silent);
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .after_release(move |_, _| {
            let is_silent = is_silent.swap(false, Ordering::SeqCst);
            Box::pin(async move {
                if is_silent {
                    std::future::pending::<()>().await;
                }
                Ok(true)
            })
        })
        .connect_lazy(&server.url())
        .unwrap();
    let store = SqlStore::postgres(pool.clone(), table.layout()).time_limit(LIMIT);
    let logins = SqlLogins::postgres(pool).time_limit(LIMIT);
    database
        .run("CREATE TABLE sessions (id bigint PRIMARY KEY, user_id bigint)")
        .await;
    let mut ran = 0;
    for operation in ["load", "check", "sweep", "lookup"] {
        falls_silent.store(true, Ordering::SeqCst);
        let done = match operation {
            "load" => store.load("k").await.map(drop),
            "check" => store.check().await.map(drop),
            "sweep" => store.sweep_once().await.map(drop),
            _ => logins.user_of(&1.into()).await.map(drop),
        };
        done.unwrap_or_else(|error| panic!("{operation}: {error}"));
        let start = Instant::now();
        while let Err(error) = store.load("k").await {
            assert!(start.elapsed() < LIMIT * 10, "{operation}: {error}");
        }
        assert!(!falls_silent.load(Ordering::SeqCst), "{operation}");
        ran += 1;
    }
    assert_eq!(ran, 4);
}
