//! The tables in which a database keeps sessions.

use hardtack::stores::{DataType, SessionFormat, SqlDatabase, StoredJson, TableLayout};

/// Returns the statements of a schema in one line each, without comments.
fn statements(schema: &str) -> Vec<String> {
    let lines = schema.lines().filter(|line| !line.starts_with("--"));
    let text = lines.collect::<Vec<_>>().join(" ");
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ").replace("( ", "(").replace(" )", ")");
    let statements = text
        .split(';')
        .map(|statement| statement.trim().to_lowercase());
    statements
        .filter(|statement| !statement.is_empty())
        .collect()
}

/// Recorded from Active Record 6.1.7.10, which ran the migration of activerecord-session_store on
/// Postgres 15, MariaDB 10.11 and SQLite 3.40.
#[cfg(feature = "rails-stores")]
const RAILS: &[(SqlDatabase, &str)] = &[
    (
        SqlDatabase::Postgres,
        r#"CREATE TABLE "sessions" ("id" bigserial primary key, "session_id" character varying NOT NULL, "data" text, "created_at" timestamp(6) NOT NULL, "updated_at" timestamp(6) NOT NULL);
CREATE UNIQUE INDEX "index_sessions_on_session_id" ON "sessions" ("session_id");
CREATE INDEX "index_sessions_on_updated_at" ON "sessions" ("updated_at")"#,
    ),
    (
        SqlDatabase::MySql,
        "CREATE TABLE `sessions` (`id` bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, `session_id` varchar(255) NOT NULL, `data` text, `created_at` datetime(6) NOT NULL, `updated_at` datetime(6) NOT NULL);
CREATE UNIQUE INDEX `index_sessions_on_session_id` ON `sessions` (`session_id`);
CREATE INDEX `index_sessions_on_updated_at` ON `sessions` (`updated_at`)",
    ),
    (
        SqlDatabase::Sqlite,
        r#"CREATE TABLE "sessions" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "session_id" varchar NOT NULL, "data" text, "created_at" datetime(6) NOT NULL, "updated_at" datetime(6) NOT NULL);
CREATE UNIQUE INDEX "index_sessions_on_session_id" ON "sessions" ("session_id");
CREATE INDEX "index_sessions_on_updated_at" ON "sessions" ("updated_at")"#,
    ),
];

#[cfg(feature = "rails-stores")]
#[test]
fn a_table_of_rails_is_that_of_its_migration() {
    use hardtack::stores::StoredHash;

    let layout = StoredHash::active_record_store().table_layout();
    for (database, expected) in RAILS {
        let schema = layout.schema(*database);
        // The one difference, which the schema tells.
        let mut expected = statements(expected);
        if *database == SqlDatabase::MySql {
            let longer = "`data` longtext character set utf8mb4,";
            expected[0] = expected[0].replace("`data` text,", longer);
            assert!(schema.contains("65,535 bytes"), "{schema}");
        }
        assert_eq!(statements(&schema), expected);
    }
    assert_eq!(RAILS.len(), SqlDatabase::ALL.len());

    let json = StoredHash::active_record_store()
        .json_column()
        .table_layout();
    for (database, kind) in [
        (SqlDatabase::Postgres, r#""data" json,"#),
        (SqlDatabase::MySql, "`data` json,"),
        (SqlDatabase::Sqlite, r#""data" json,"#),
    ] {
        assert!(json.schema(database).contains(kind), "{database}");
    }
    // Of other stores, it is hardtack's own.
    for format in [
        StoredHash::redis_session_store(),
        StoredHash::dalli().json_column(),
    ] {
        assert_eq!(format.table_layout(), TableLayout::new());
    }
}

#[test]
fn the_own_table_holds_bytes_under_exact_keys() {
    let layout = StoredJson.table_layout();
    assert_eq!(layout, TableLayout::default());
    let mut count = 0;
    for (database, data_type, key, data) in [
        (
            SqlDatabase::Postgres,
            DataType::Binary,
            "text NOT NULL PRIMARY KEY",
            "bytea NOT NULL",
        ),
        (
            SqlDatabase::Postgres,
            DataType::Text,
            "text NOT NULL PRIMARY KEY",
            "text NOT NULL",
        ),
        (
            SqlDatabase::Postgres,
            DataType::Json,
            "text NOT NULL PRIMARY KEY",
            "json NOT NULL",
        ),
        (
            SqlDatabase::MySql,
            DataType::Binary,
            "utf8mb4_bin NOT NULL PRIMARY KEY",
            "longblob NOT NULL",
        ),
        (
            SqlDatabase::MySql,
            DataType::Text,
            "utf8mb4_bin NOT NULL PRIMARY KEY",
            "longtext CHARACTER SET utf8mb4 NOT NULL",
        ),
        (
            SqlDatabase::Sqlite,
            DataType::Binary,
            "text NOT NULL PRIMARY KEY",
            "blob NOT NULL",
        ),
    ] {
        let schema = layout.clone().data_type(data_type).schema(database);
        assert!(schema.contains(key) && schema.contains(data), "{schema}");
        assert!(
            schema.contains("index_hardtack_sessions_on_expires_at"),
            "{schema}"
        );
        assert_eq!(statements(&schema).len(), 2, "{schema}");
        count += 1;
    }
    assert_eq!(count, 6);
}

#[test]
fn an_index_is_made_where_the_table_is() {
    let layout = TableLayout::new().table("app.s").key("k").expires_at("end");
    for (database, expected) in [
        (
            SqlDatabase::Postgres,
            r#"CREATE INDEX "index_s_on_end" ON "app"."s" ("end");"#,
        ),
        (
            SqlDatabase::MySql,
            "CREATE INDEX `index_s_on_end` ON `app`.`s` (`end`);",
        ),
        // The schema stands before the index's name.
        (
            SqlDatabase::Sqlite,
            r#"CREATE INDEX "app"."index_s_on_end" ON "s" ("end");"#,
        ),
    ] {
        let schema = layout.schema(database);
        assert!(schema.contains(expected), "{schema}");
    }
    // An index for an age, only if there is one.
    let mut layout = layout.max_age(std::time::Duration::from_secs(60));
    layout.expires_at = None;
    layout.updated_at = Some("changed".to_owned());
    assert!(
        layout
            .schema(SqlDatabase::Sqlite)
            .contains("index_s_on_changed")
    );
    assert!(
        !layout
            .without_timestamps()
            .schema(SqlDatabase::Sqlite)
            .contains("INDEX")
    );
}

/// A name is quoted, whatever is in it.
#[test]
fn names_cannot_leave_their_quotes() {
    let evil = "a\"`b\0'; DROP TABLE users; --";
    for (database, quoted) in [
        (
            SqlDatabase::Postgres,
            "\"a\"\"`b\u{fffd}'; DROP TABLE users; --\"",
        ),
        (
            SqlDatabase::MySql,
            "`a\"``b\u{fffd}'; DROP TABLE users; --`",
        ),
        (
            SqlDatabase::Sqlite,
            "\"a\"\"`b\u{fffd}'; DROP TABLE users; --\"",
        ),
    ] {
        assert_eq!(database.quote(evil), quoted);
        let schema = TableLayout::new()
            .table(evil)
            .key(evil)
            .data(evil)
            .schema(database);
        assert!(
            !schema.replace(quoted, "").contains("DROP TABLE users; --,"),
            "{schema}"
        );
        assert!(schema.contains(quoted), "{schema}");
        assert!(!schema.contains('\0'), "{schema}");
    }
}
