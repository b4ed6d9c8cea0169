//! The check of the table.

use std::time::Duration;

use hardtack::stores::{SqlDatabase, TableLayout};
use hardtack_sqlx::{SqlStore, Warning};
use sqlx::AssertSqlSafe;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use crate::database::{Database, rails};

#[tokio::test]
async fn the_tables_of_the_schema_are_as_they_should_be() {
    for layout in [
        TableLayout::new(),
        TableLayout::new().table("main.a \"b").key("k'"),
        rails(),
    ] {
        let database = Database::new(&layout).await;
        let found = database.store(layout).check().await.unwrap();
        assert_eq!(found.warnings, []);
    }
}

#[tokio::test]
async fn the_check_tells_what_puts_sessions_at_risk() {
    let key = || "session_id".to_owned();
    let ignores_case = || Warning::KeyIgnoresCase {
        column: key(),
        collation: "NOCASE".to_owned(),
    };
    let not_unique = || Warning::KeyNotUnique { column: key() };
    let mut count = 0;
    let no_index = Warning::NoIndexToSweep {
        column: "expires_at".to_owned(),
    };
    for (table, index, mut expected) in [
        ("(session_id, data, expires_at)", "", vec![not_unique()]),
        (
            "(session_id, data, expires_at)",
            "CREATE UNIQUE INDEX i ON hardtack_sessions (session_id, data)",
            vec![not_unique()],
        ),
        (
            "(session_id, data, expires_at)",
            "CREATE UNIQUE INDEX i ON hardtack_sessions (session_id) WHERE data > 1",
            vec![not_unique()],
        ),
        (
            "(session_id, data, expires_at)",
            "CREATE INDEX i ON hardtack_sessions (session_id)",
            vec![not_unique()],
        ),
        (
            "(session_id, data, expires_at)",
            "CREATE UNIQUE INDEX i ON hardtack_sessions (session_id)",
            vec![],
        ),
        (
            "(Session_ID text primary key, data, expires_at) WITHOUT ROWID",
            "",
            vec![],
        ),
        (
            "(session_id text COLLATE NOCASE primary key, data, expires_at)",
            "",
            vec![ignores_case()],
        ),
    ] {
        let database = Database::empty(Duration::from_millis(500)).await;
        database
            .execute(format!("CREATE TABLE hardtack_sessions {table}; {index}"))
            .await;
        let found = database.store(TableLayout::new()).check().await.unwrap();
        expected.insert(0, no_index.clone());
        assert_eq!(found.warnings, expected, "{table} {index}");
        count += 1;
    }
    assert_eq!(count, 7);
    let layout = rails().without_timestamps();
    let database = Database::new(&layout).await;
    let found = database.store(layout).check().await.unwrap();
    assert_eq!(found.warnings, [Warning::NothingEnds]);
}

/// SQLite gives a text in the encoding of its file.
#[tokio::test]
async fn a_file_in_utf_16_is_refused() {
    let mut ran = 0;
    for (encoding, is_taken) in [
        ("'UTF-8'", true),
        ("'UTF-16le'", false),
        ("'UTF-16be'", false),
    ] {
        let options = SqliteConnectOptions::new().pragma("encoding", encoding);
        // Each connection has a database of its own in memory.
        let pool = SqlitePoolOptions::new().max_connections(1);
        let pool = pool.connect_with(options.in_memory(true)).await.unwrap();
        let schema = AssertSqlSafe(TableLayout::new().schema(SqlDatabase::Sqlite));
        sqlx::raw_sql(schema).execute(&pool).await.unwrap();
        let check = SqlStore::sqlite(pool, TableLayout::new()).check().await;
        match check {
            Ok(check) => assert!(
                is_taken && check.warnings.is_empty(),
                "{encoding}: {check:?}"
            ),
            Err(error) => {
                assert!(!is_taken, "{encoding}: {error}");
                assert!(
                    error.to_string().contains("are in UTF-16"),
                    "{encoding}: {error}"
                );
            }
        }
        ran += 1;
    }
    assert_eq!(ran, 3);
}
