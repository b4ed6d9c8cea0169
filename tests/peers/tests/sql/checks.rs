//! What `SqlStore::check` says of tables and settings, and errors of tables that do not fit.

use std::time::Duration;

use hardtack::stores::{DataType, SessionStore, TableLayout, When};
use hardtack_sqlx::Warning;

use crate::database::Database;
use crate::table::{Shape, Table};

/// The check tells what is missing; an operation is an error too, and never an empty session.
#[tokio::test]
async fn a_table_that_does_not_fit_is_an_error() {
    let mut checked = 0;
    for database in Database::all("unfit") {
        let name = database.name();
        let store = database.store(TableLayout::new().table("no_such_table"));
        let some = Some(Duration::from_secs(9));
        for error in [
            store.check().await.map(|_| ()).expect_err("no table"),
            store.load("k").await.map(|_| ()).expect_err("no table"),
            store
                .touch("k", some)
                .await
                .map(|_| ())
                .expect_err("no table"),
            store
                .delete("k", &When::Always)
                .await
                .map(|_| ())
                .expect_err("no table"),
        ] {
            let error = error.to_string();
            println!("{name}: {error}");
            assert!(error.contains("no_such_table"), "{name}: {error}");
            assert!(!error.contains("wordpass"), "{name}: {error}");
        }
        let table = Table::new(&database, Shape::Plain);
        table.create().await;
        let store = database.store(table.layout().data("payload"));
        let error = store.check().await.map(|_| ()).expect_err("no column");
        println!("{name}: {error}");
        assert!(error.to_string().contains("payload"), "{name}: {error}");
        assert!(store.load("k").await.is_err());
        checked += 1;
    }
    assert_eq!(checked, 3);
}

/// Each warning on the database that gives cause for it, and none without a cause.
#[tokio::test]
async fn the_check_warns_of_what_puts_sessions_at_risk() {
    let databases = [
        Database::postgres(&["-c", "lock_timeout=2000"]),
        Database::mariadb(&["--lock-wait-timeout=2"]),
        Database::sqlite("warnings"),
    ];
    let of_rails = |database: &Database| match database {
        Database::MariaDb(..) => vec![
            Warning::KeyIgnoresCase {
                column: "session_id".to_owned(),
                collation: "utf8mb4_general_ci".to_owned(),
            },
            Warning::DataTooShort {
                column: "data".to_owned(),
                column_type: "text".to_owned(),
                length: 65_535,
            },
        ],
        Database::Postgres(..) | Database::Sqlite(..) => Vec::new(),
    };
    for database in &databases {
        for (shape, expected) in [
            (Shape::Plain, Vec::new()),
            (Shape::ActiveRecord, of_rails(database)),
        ] {
            let table = Table::new(database, shape);
            table.create().await;
            let check = database.store(table.layout()).check().await.unwrap();
            assert_eq!(check.warnings, expected, "{}, {shape:?}", database.name());
        }
    }

    // What an operator did by hand.
    let [postgres, mariadb, sqlite] = &databases;
    let layout = |table: &str| TableLayout::new().table(table);
    let text = |table: &str| layout(table).data_type(DataType::Text);
    let not_unique = Warning::KeyNotUnique {
        column: "session_id".to_owned(),
    };
    let cases = [
        (
            postgres,
            layout("a"),
            "CREATE TABLE a (session_id text, data bytea, expires_at timestamp)",
            not_unique.clone(),
        ),
        (
            mariadb,
            layout("a"),
            "CREATE TABLE a (session_id varchar(255) COLLATE utf8mb4_bin, data longblob, \
             expires_at datetime)",
            not_unique.clone(),
        ),
        (
            sqlite,
            layout("a"),
            "CREATE TABLE a (session_id text, data blob, expires_at datetime)",
            not_unique,
        ),
        (
            mariadb,
            text("b"),
            "CREATE TABLE b (session_id varchar(255) COLLATE utf8mb4_bin PRIMARY KEY, \
             data longtext CHARACTER SET utf8mb3, expires_at datetime)",
            Warning::Utf8mb3 {
                column: "data".to_owned(),
            },
        ),
        (
            postgres,
            text("b"),
            "CREATE TABLE b (session_id text PRIMARY KEY, data varchar(4000), \
             expires_at timestamp)",
            Warning::DataTooShort {
                column: "data".to_owned(),
                column_type: "character varying(4000)".to_owned(),
                length: 4000,
            },
        ),
        (
            mariadb,
            layout("c"),
            "CREATE TABLE c (session_id varchar(255) COLLATE utf8mb4_bin PRIMARY KEY, \
             data longblob, expires_at datetime); SET GLOBAL sql_mode = ''",
            Warning::NotStrict,
        ),
    ];
    let mut ran = 0;
    for (database, layout, sql, expected) in cases {
        database.run(sql).await;
        let name = format!("{}: {sql}", database.name());
        let check = database.store(layout).check().await;
        let check = check.unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut warnings = check.warnings;
        // None of these tables has an index to sweep by.
        warnings.retain(|warning| !matches!(warning, Warning::NoIndexToSweep { .. }));
        assert_eq!(warnings, [expected], "{name}");
        ran += 1;
    }
    assert_eq!(ran, 6);
}

/// Settings and types that are no error, and cost something later.
#[tokio::test]
async fn the_check_warns_of_what_comes_later() {
    let [postgres, mariadb, _] = &Database::all("later");
    let key = "session_id varchar(255) COLLATE utf8mb4_bin PRIMARY KEY, data longblob";
    let mut ran = 0;
    for (database, sql, expected) in [
        (
            postgres,
            "CREATE TABLE a (session_id text PRIMARY KEY, data bytea, expires_at timestamp)"
                .to_owned(),
            &["statement_timeout", "index on the column expires_at"][..],
        ),
        (
            postgres,
            "CREATE TABLE a (session_id text PRIMARY KEY, data bytea, expires_at timestamptz); \
             CREATE INDEX i ON a (expires_at); ALTER ROLE app SET lock_timeout = 2000"
                .to_owned(),
            &["timestamp with time zone"],
        ),
        (
            mariadb,
            format!("CREATE TABLE a ({key}, expires_at datetime(6))"),
            &["lock_wait_timeout", "index on the column expires_at"],
        ),
        (
            mariadb,
            format!(
                "CREATE TABLE a ({key}, expires_at timestamp(6) NULL, INDEX (expires_at)); \
                 SET GLOBAL max_statement_time = 2"
            ),
            &["a timestamp"],
        ),
        (
            mariadb,
            format!(
                "CREATE TABLE a ({key}, expires_at datetime(6), INDEX (expires_at)); \
                 SET GLOBAL max_statement_time = 0; SET GLOBAL lock_wait_timeout = 2; \
                 SET GLOBAL innodb_lock_wait_timeout = 2"
            ),
            &[],
        ),
    ] {
        database.run("DROP TABLE IF EXISTS a").await;
        database.run(&sql).await;
        let store = database.store(TableLayout::new().table("a"));
        let warnings = store.check().await.unwrap().warnings;
        let texts: Vec<String> = warnings.iter().map(ToString::to_string).collect();
        assert_eq!(texts.len(), expected.len(), "{sql}: {texts:?}");
        for (text, expected) in texts.iter().zip(expected) {
            assert!(text.contains(expected), "{sql}: {text}");
        }
        ran += 1;
    }
    assert_eq!(ran, 5);
}
