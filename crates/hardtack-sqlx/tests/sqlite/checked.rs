//! The check of the table.

use std::time::Duration;

use hardtack::stores::TableLayout;
use hardtack_sqlx::Warning;

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
