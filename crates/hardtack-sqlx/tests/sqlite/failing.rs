//! Errors say what to do, and show no session.

use std::error::Error;
use std::fmt::Write as _;
use std::time::Duration;

use hardtack::stores::{SessionStore, SqlDatabase, StoreError, TableLayout, When};
use hardtack_sqlx::SqlStore;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use crate::database::{Database, rails};

const KEY: &str = "key-of-somebody";
const SESSION: &str = "a-session-of-somebody";

/// Returns the text of an error and of its sources, and its `Debug`.
fn chain(error: &StoreError) -> String {
    let mut text = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(error) = source {
        write!(text, " {error} {error:?}").unwrap();
        source = error.source();
    }
    text
}

/// Saves by each condition, and checks that every error has the text and shows nothing.
async fn check(store: &SqlStore, whens: &[When], expected: &str) {
    let hour = Some(Duration::from_hours(1));
    for when in whens {
        let saved = store.save(KEY, SESSION.into(), hour, when).await;
        let error = chain(&saved.unwrap_err());
        assert!(error.contains(expected), "{when:?}: {error}");
        assert!(error.contains(".sqlite3"), "{when:?}: {error}");
        assert!(!error.contains("somebody"), "{when:?}: {error}");
    }
}

fn all() -> [When; 4] {
    let unchanged = When::Unchanged(hardtack::stores::Version::new(SESSION));
    [When::Absent, When::Always, When::Present, unchanged]
}

#[tokio::test]
async fn errors_say_how_to_mend_them_and_show_no_session() {
    let database = Database::empty(Duration::from_millis(500)).await;
    let store = database.store(TableLayout::new());
    check(&store, &all(), "create the table").await;
    assert!(store.check().await.is_err());

    database
        .execute("CREATE TABLE hardtack_sessions (session_id, data)")
        .await;
    check(&store, &all(), "differs from the `TableLayout`").await;
    assert!(store.check().await.is_err());

    database.execute("DROP TABLE hardtack_sessions").await;
    database
        .execute("CREATE TABLE hardtack_sessions (session_id, data, expires_at)")
        .await;
    check(&store, &all()[..2], "needs a unique index").await;

    // A trigger of the app's, with the session in its text.
    database
        .execute(TableLayout::new().table("s").schema(SqlDatabase::Sqlite))
        .await;
    let trigger = format!(
        "CREATE TRIGGER t BEFORE INSERT ON s BEGIN SELECT raise(abort, 'no: \"{SESSION}\"'); END"
    );
    database.execute(trigger).await;
    let store = database.store(TableLayout::new().table("s"));
    check(&store, &all()[..2], "no: ..").await;
}

#[tokio::test]
async fn a_full_pool_and_a_closed_one_are_told_apart() {
    let database = Database::new(&rails()).await;
    let store = database
        .store(rails())
        .time_limit(Duration::from_millis(100));
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(database.pool.acquire().await.unwrap());
    }
    check(&store, &all(), "all 4 connections of the pool are in use").await;
    drop(held);
    let store = database.store(rails());
    assert!(store.load(KEY).await.unwrap().is_none());
    database.pool.close().await;
    check(&store, &all(), "the pool is closed").await;
}

#[tokio::test]
async fn a_file_that_is_away_or_read_only_is_an_error() {
    let database = Database::new(&TableLayout::new()).await;
    let path = database.path();
    let read_only = SqliteConnectOptions::new().filename(path).read_only(true);
    let pool = SqlitePoolOptions::new().connect_lazy_with(read_only);
    let store = SqlStore::sqlite(pool, TableLayout::new()).time_limit(Duration::from_secs(20));
    assert!(store.load(KEY).await.unwrap().is_none());
    check(&store, &all(), "readonly").await;

    let away = SqliteConnectOptions::new().filename("/nowhere/s.sqlite3");
    let pool = SqlitePoolOptions::new().connect_lazy_with(away);
    let store = SqlStore::sqlite(pool, TableLayout::new()).time_limit(Duration::from_secs(20));
    check(&store, &all(), "unable to open database file").await;
    assert!(store.check().await.is_err());
}

#[tokio::test]
async fn debug_shows_the_place_and_no_more() {
    let database = Database::new(&TableLayout::new()).await;
    let shown = format!("{:?}", database.store(TableLayout::new()));
    assert!(
        shown.contains("SqlStore") && shown.contains(".sqlite3"),
        "{shown}"
    );
    assert!(
        shown.contains("hardtack_sessions") && shown.len() < 250,
        "{shown}"
    );
}

#[tokio::test]
async fn an_absurd_limit_is_no_panic() {
    let database = Database::new(&TableLayout::new()).await;
    let store = database.store(TableLayout::new());
    for limit in [Duration::MAX, Duration::from_secs(u64::MAX)] {
        let store = store.clone().time_limit(limit);
        assert!(store.load(KEY).await.unwrap().is_none());
        assert_eq!(store.sweep_once().await.unwrap(), 0);
    }
    // An error, unless the answer is there at once.
    let store = store.time_limit(Duration::ZERO);
    let loaded = store.load(KEY).await;
    assert!(loaded.is_err() || loaded.is_ok_and(|entry| entry.is_none()));
}
