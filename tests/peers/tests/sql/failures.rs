//! What the clients of an app see while its database stops, halts and comes back.
//!
//! In no case is a session wrong, is one lost that the database has kept, takes an operation longer
//! than the time limit, or has anybody to mend the store.

use std::time::Duration;

use hardtack::stores::StoredHash;
use sqlx::AssertSqlSafe;

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
