use std::time::Duration;

use hardtack::stores::{DataType, TimeForm};

use super::*;

/// The table of activerecord-session_store's own migration.
fn rails() -> TableLayout {
    let mut layout = TableLayout::new()
        .table("sessions")
        .data_type(DataType::Text)
        .max_age(Duration::from_hours(30 * 24));
    layout.expires_at = None;
    layout.created_at = Some("created_at".to_owned());
    layout.updated_at = Some("updated_at".to_owned());
    layout
}

/// The statements by name, as text; an absent one is empty.
fn texts(statements: &Statements) -> Vec<(&'static str, String)> {
    let text = |statement: &Statement| statement.sql.to_string();
    let maybe = |statement: &Option<Statement>| statement.as_ref().map(text).unwrap_or_default();
    let mut texts = vec![
        ("load", text(&statements.load)),
        ("is_there", text(&statements.is_there)),
        ("touch", maybe(&statements.touch)),
        ("update_present", text(&statements.update_present)),
        ("update_unchanged", text(&statements.update_unchanged)),
        ("delete", text(&statements.delete)),
        ("delete_unchanged", text(&statements.delete_unchanged)),
        ("sweep", maybe(&statements.sweep)),
        ("probe", text(&statements.probe)),
    ];
    match &statements.insert {
        Insert::OnConflict { absent, always } => {
            texts.extend([("absent", text(absent)), ("always", text(always))]);
        }
        Insert::Plain {
            insert,
            delete_expired,
            update_any,
        } => texts.extend([
            ("insert", text(insert)),
            ("delete_expired", maybe(delete_expired)),
            ("update_any", text(update_any)),
        ]),
    }
    texts
}

fn check(statements: &Statements, expected: &[(&str, &str)]) {
    let texts = texts(statements);
    for (name, expected) in expected {
        let (_, text) = texts.iter().find(|(other, _)| other == name).unwrap();
        assert_eq!(text, expected, "{name}");
    }
    assert_eq!(texts.len(), expected.len());
}

#[test]
fn postgres_with_an_expiry() {
    let layout = TableLayout::new().table("app.s");
    let statements = Statements::new(SqlDatabase::Postgres, layout);
    let now = "(now() AT TIME ZONE 'UTC')";
    let end = |place| format!("{now} + {place}::float8 * interval '1 millisecond'");
    let key = r#""session_id" = $1 AND "session_id"::text COLLATE "C" = $2"#;
    let live = format!(r#"("expires_at" IS NULL OR "expires_at" > {now})"#);
    let columns = r#""session_id", "data", "expires_at""#;
    check(
        &statements,
        &[
            (
                "load",
                &format!(r#"SELECT "data" FROM "app"."s" WHERE {key} AND {live} LIMIT 1"#),
            ),
            (
                "is_there",
                &format!(r#"SELECT 1 FROM "app"."s" WHERE {key} AND {live} LIMIT 1"#),
            ),
            (
                "touch",
                &format!(
                    r#"UPDATE "app"."s" SET "expires_at" = {} WHERE "session_id" = $2 AND "session_id"::text COLLATE "C" = $3 AND {live}"#,
                    end("$1")
                ),
            ),
            (
                "update_present",
                &format!(
                    r#"UPDATE "app"."s" SET "data" = $1, "expires_at" = {} WHERE "session_id" = $3 AND "session_id"::text COLLATE "C" = $4 AND {live}"#,
                    end("$2")
                ),
            ),
            (
                "update_unchanged",
                &format!(
                    r#"UPDATE "app"."s" SET "data" = $1, "expires_at" = {} WHERE "session_id" = $3 AND "session_id"::text COLLATE "C" = $4 AND {live} AND COALESCE("data", ''::bytea) = $5"#,
                    end("$2")
                ),
            ),
            (
                "delete",
                &format!(
                    r#"DELETE FROM "app"."s" WHERE {key} AND {live} AND $3::text IS NOT NULL"#
                ),
            ),
            (
                "delete_unchanged",
                &format!(
                    r#"DELETE FROM "app"."s" WHERE {key} AND {live} AND COALESCE("data", ''::bytea) = $3"#
                ),
            ),
            (
                "sweep",
                &format!(
                    r#"DELETE FROM "app"."s" WHERE ctid = ANY(ARRAY(SELECT ctid FROM "app"."s" WHERE "expires_at" <= {now} ORDER BY "expires_at" LIMIT $1 FOR UPDATE SKIP LOCKED)) AND "expires_at" <= {now}"#
                ),
            ),
            (
                "probe",
                &format!(r#"SELECT {columns} FROM "app"."s" WHERE 1 = 0"#),
            ),
            (
                "absent",
                &format!(
                    r#"INSERT INTO "app"."s" AS there ({columns}) VALUES ($1, $2, {}) ON CONFLICT ("session_id") DO UPDATE SET "data" = excluded."data", "expires_at" = excluded."expires_at" WHERE there."session_id"::text COLLATE "C" = excluded."session_id" AND there."expires_at" <= {now}"#,
                    end("$3")
                ),
            ),
            (
                "always",
                &format!(
                    r#"INSERT INTO "app"."s" AS there ({columns}) VALUES ($1, $2, {}) ON CONFLICT ("session_id") DO UPDATE SET "data" = excluded."data", "expires_at" = excluded."expires_at" WHERE there."session_id"::text COLLATE "C" = excluded."session_id""#,
                    end("$3")
                ),
            ),
        ],
    );
    assert_eq!(
        statements.update_unchanged.values,
        [Place::Data, Place::Life, Place::Key, Place::Key, Place::Old]
    );
}

#[test]
fn mysql_with_an_expiry() {
    let layout = TableLayout::new().table("s").data_type(DataType::Text);
    let statements = Statements::new(SqlDatabase::MySql, layout);
    let end = "UTC_TIMESTAMP(6) + INTERVAL CAST(? AS SIGNED) MICROSECOND";
    let key = "`session_id` = ? AND CAST(CONVERT(`session_id` USING utf8mb4) AS BINARY) = CAST(? AS BINARY)";
    let live = "(`expires_at` IS NULL OR `expires_at` > UTC_TIMESTAMP(6))";
    let old = "COALESCE(CAST(CONVERT(`data` USING utf8mb4) AS BINARY), CAST('' AS BINARY)) = CAST(? AS BINARY)";
    let set = format!("`data` = ?, `expires_at` = {end}");
    let strictly = "/*M! SET STATEMENT sql_mode = 'STRICT_ALL_TABLES' FOR */";
    let strict = "/*+ SET_VAR(sql_mode = 'STRICT_ALL_TABLES') */";
    check(
        &statements,
        &[
            (
                "load",
                &format!("SELECT `data` FROM `s` WHERE {key} AND {live} LIMIT 1"),
            ),
            (
                "is_there",
                &format!("SELECT 1 FROM `s` WHERE {key} AND {live} LIMIT 1"),
            ),
            (
                "touch",
                &format!("UPDATE `s` SET `expires_at` = {end} WHERE {key} AND {live}"),
            ),
            (
                "update_present",
                &format!("{strictly} UPDATE {strict} `s` SET {set} WHERE {key} AND {live}"),
            ),
            (
                "update_unchanged",
                &format!(
                    "{strictly} UPDATE {strict} `s` SET {set} WHERE {key} AND {live} AND {old}"
                ),
            ),
            ("delete", &format!("DELETE FROM `s` WHERE {key} AND {live}")),
            (
                "delete_unchanged",
                &format!("DELETE FROM `s` WHERE {key} AND {live} AND {old}"),
            ),
            (
                "sweep",
                "DELETE FROM `s` WHERE `expires_at` <= UTC_TIMESTAMP(6) ORDER BY `expires_at` LIMIT ?",
            ),
            (
                "probe",
                "SELECT `session_id`, `data`, `expires_at` FROM `s` WHERE 1 = 0",
            ),
            (
                "insert",
                &format!(
                    "{strictly} INSERT {strict} INTO `s` (`session_id`, `data`, `expires_at`) VALUES (?, ?, {end})"
                ),
            ),
            (
                "delete_expired",
                &format!("DELETE FROM `s` WHERE {key} AND `expires_at` <= UTC_TIMESTAMP(6)"),
            ),
            (
                "update_any",
                &format!("{strictly} UPDATE {strict} `s` SET {set} WHERE {key}"),
            ),
        ],
    );
    // What would cut a session, or write over another's row.
    for (name, text) in texts(&statements) {
        assert!(
            !text.contains("IGNORE") && !text.contains("DUPLICATE"),
            "{name}"
        );
    }
}

#[test]
fn sqlite_with_the_table_of_rails() {
    let statements = Statements::new(SqlDatabase::Sqlite, rails());
    let now = "strftime('%Y-%m-%d %H:%M:%f000', 'now')";
    let key = r"`session_id` = ? AND `session_id` = ? COLLATE BINARY";
    let old = r"CAST(COALESCE(`data`, '') AS BLOB) = CAST(? AS BLOB)";
    let set = format!(r"`data` = ?, `updated_at` = {now}");
    let insert = r#"INSERT INTO "sessions""#;
    let row =
        format!(r"(`session_id`, `data`, `created_at`, `updated_at`) VALUES (?, ?, {now}, {now})");
    let old_rows =
        r#"FROM "sessions" WHERE `updated_at` < strftime('%Y-%m-%d %H:%M:%f000', 'now', ?)"#;
    check(
        &statements,
        &[
            (
                "load",
                &format!(r#"SELECT `data` FROM "sessions" WHERE {key} LIMIT 1"#),
            ),
            (
                "is_there",
                &format!(r#"SELECT 1 FROM "sessions" WHERE {key} LIMIT 1"#),
            ),
            (
                "touch",
                &format!(r#"UPDATE "sessions" SET `updated_at` = {now} WHERE {key}"#),
            ),
            (
                "update_present",
                &format!(r#"UPDATE "sessions" SET {set} WHERE {key}"#),
            ),
            (
                "update_unchanged",
                &format!(r#"UPDATE "sessions" SET {set} WHERE {key} AND {old}"#),
            ),
            ("delete", &format!(r#"DELETE FROM "sessions" WHERE {key}"#)),
            (
                "delete_unchanged",
                &format!(r#"DELETE FROM "sessions" WHERE {key} AND {old}"#),
            ),
            (
                "sweep",
                &format!(
                    r#"DELETE FROM "sessions" WHERE `session_id` IN (SELECT `session_id` {old_rows} ORDER BY `updated_at` LIMIT ?) AND `updated_at` < strftime('%Y-%m-%d %H:%M:%f000', 'now', ?)"#
                ),
            ),
            (
                "probe",
                r#"SELECT `session_id`, `data`, `created_at`, `updated_at` FROM "sessions" WHERE 1 = 0"#,
            ),
            (
                "absent",
                &format!(r"{insert} {row} ON CONFLICT (`session_id`) DO NOTHING"),
            ),
            (
                "always",
                &format!(
                    r"{insert} AS there {row} ON CONFLICT (`session_id`) DO UPDATE SET `data` = excluded.`data`, `updated_at` = excluded.`updated_at` WHERE there.`session_id` = excluded.`session_id` COLLATE BINARY"
                ),
            ),
        ],
    );
}

/// `json` has no `=`, and takes no text without a cast.
#[test]
fn json_is_compared_as_text() {
    let layout = rails().data_type(DataType::Json);
    let statements = Statements::new(SqlDatabase::Postgres, layout.clone());
    let load = r#"SELECT "data"::text FROM"#;
    assert!(
        statements.load.sql.starts_with(load),
        "{}",
        statements.load.sql
    );
    let update = &statements.update_unchanged.sql;
    assert!(update.contains(r#"SET "data" = $1::json, "#), "{update}");
    let compared = r#" AND COALESCE("data"::text, '') COLLATE "C" = $4"#;
    assert!(update.ends_with(compared), "{update}");
    let statements = Statements::new(SqlDatabase::MySql, layout);
    let update = &statements.update_unchanged.sql;
    let compared = "CAST(CONVERT(`data` USING utf8mb4) AS BINARY)";
    assert!(update.contains(compared), "{update}");
}

#[test]
fn a_table_without_times_has_no_row_that_ends() {
    for database in SqlDatabase::ALL {
        let statements = Statements::new(*database, rails().without_timestamps());
        assert!(statements.touch.is_none() && statements.sweep.is_none());
        let mut layout = rails();
        layout.max_age = None;
        let statements = Statements::new(*database, layout);
        assert!(statements.touch.is_some() && statements.sweep.is_none());
    }
}

#[test]
fn names_cannot_leave_their_quotes() {
    let evil = "a\"`'; DROP TABLE users; --\0key\0$1?";
    let names = ["hardtack_sessions", "session_id", "data", "expires_at"];
    let evils = names.map(|name| format!("{name}{evil}"));
    let [table, key, data, expires_at] = &evils;
    let mut count = 0;
    for database in SqlDatabase::ALL {
        let layout = TableLayout::new().table(table).key(key).data(data);
        let layout = layout.expires_at(expires_at);
        let texts_of_evil = texts(&Statements::new(*database, layout));
        let usual = texts(&Statements::new(*database, TableLayout::new()));
        for ((name, text), (_, mut expected)) in texts_of_evil.into_iter().zip(usual) {
            assert!(text.contains("DROP") && !text.contains('\0'), "{name}");
            // The usual statement, with other names in the quotes.
            for (usual, evil) in names.iter().zip(&evils) {
                expected = expected.replace(&database.quote(usual), &database.quote(evil));
                if *database == SqlDatabase::Sqlite {
                    let quotes = SqlDatabase::MySql; // of columns
                    expected = expected.replace(&quotes.quote(usual), &quotes.quote(evil));
                }
            }
            assert_eq!(text, expected, "{name}");
            count += 1;
        }
    }
    assert_eq!(count, 11 + 12 + 11);
}

/// A proxy that mixes up two statements of Postgres is told by the number of their values.
#[test]
fn a_load_of_postgres_has_another_number_of_values_than_what_deletes() {
    let mut ran = 0;
    for layout in [TableLayout::new(), rails()] {
        let statements = Statements::new(SqlDatabase::Postgres, layout);
        let reads = [&statements.load, &statements.is_there];
        let deletes = [&statements.delete, &statements.delete_unchanged];
        for read in reads {
            for delete in deletes {
                assert_ne!(read.values.len(), delete.values.len(), "{}", delete.sql);
                ran += 1;
            }
        }
    }
    assert_eq!(ran, 8);
}

/// A table whose times are whole seconds in the connection's zone, such as that of connect-pg-simple.
fn local_seconds() -> TableLayout {
    let mut layout = TableLayout::new().table("session").key("sid").data("sess");
    layout = layout.expires_at("expire").data_type(DataType::Json);
    layout.time_form = TimeForm::LocalSeconds;
    layout.default_life = Some(Duration::from_hours(24));
    layout
}

#[test]
fn local_seconds_are_rounded_up_and_count_to_their_end() {
    let now = "extract(epoch FROM now())";
    let mut count = 0;
    for (zone, at_zone) in [
        (None, ""),
        (Some("Europe/Berlin"), " AT TIME ZONE 'Europe/Berlin'"),
        (Some("it's\0"), " AT TIME ZONE 'it''s\u{fffd}'"),
    ] {
        let mut layout = local_seconds();
        layout.time_zone = zone.map(str::to_owned);
        let statements = Statements::new(SqlDatabase::Postgres, layout);
        let present = format!("(to_timestamp(ceil({now})){at_zone})");
        let live = format!(r#"AND ("expire" IS NULL OR "expire" >= {present}) LIMIT 1"#);
        assert!(
            statements.load.sql.ends_with(&live),
            "{}",
            statements.load.sql
        );
        let touch = statements.touch.as_ref().unwrap();
        let end = format!(
            r#"UPDATE "session" SET "expire" = (to_timestamp(ceil({now} + $1::float8 / 1000)){at_zone}) WHERE"#
        );
        assert!(touch.sql.starts_with(&end), "{}", touch.sql);
        let sweep = statements.sweep.as_ref().unwrap();
        let ended = format!(r#" AND "expire" < {present}"#);
        assert!(sweep.sql.ends_with(&ended), "{}", sweep.sql);
        let Insert::OnConflict { absent, .. } = &statements.insert else {
            panic!("Postgres has it");
        };
        let ended = format!(r#" AND there."expire" < {present}"#);
        assert!(absent.sql.ends_with(&ended), "{}", absent.sql);
        count += 1;
    }
    assert_eq!(count, 3);
    // Other databases have the form of hardtack's own table.
    for database in [SqlDatabase::MySql, SqlDatabase::Sqlite] {
        let statements = Statements::new(database, local_seconds());
        let mut layout = local_seconds();
        layout.time_form = TimeForm::Utc;
        let own = Statements::new(database, layout);
        assert_eq!(texts(&statements), texts(&own));
    }
}

#[test]
fn times_to_the_millisecond() {
    let mysql = "DATE_FORMAT(UTC_TIMESTAMP(6) + INTERVAL CAST(? AS SIGNED) MICROSECOND, '%Y-%m-%d %H:%i:%s')";
    let mut count = 0;
    for (database, form, end, now, stamp) in [
        (
            SqlDatabase::Postgres,
            TimeForm::Iso8601,
            "date_trunc('milliseconds', now() + $1::float8 * interval '1 millisecond')",
            "now()",
            "date_trunc('milliseconds', now())",
        ),
        (
            SqlDatabase::MySql,
            TimeForm::WithOffset,
            mysql,
            "UTC_TIMESTAMP()",
            "UTC_TIMESTAMP()",
        ),
        (
            SqlDatabase::Sqlite,
            TimeForm::Iso8601,
            "strftime('%Y-%m-%dT%H:%M:%fZ', 'now', ?)",
            "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
            "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
        ),
        (
            SqlDatabase::Sqlite,
            TimeForm::WithOffset,
            "strftime('%Y-%m-%d %H:%M:%f +00:00', 'now', ?)",
            "strftime('%Y-%m-%d %H:%M:%f +00:00', 'now')",
            "strftime('%Y-%m-%d %H:%M:%f +00:00', 'now')",
        ),
    ] {
        let mut layout = TableLayout::new();
        layout.time_form = form;
        layout.updated_at = Some("changed".to_owned());
        let statements = Statements::new(database, layout);
        let touch = &statements.touch.as_ref().unwrap().sql;
        assert!(
            touch.contains(&format!(
                "SET {} = {end} WHERE",
                name(database, "expires_at")
            )),
            "{touch}"
        );
        let load = &statements.load.sql;
        let live = format!("{} >= {now}) LIMIT 1", name(database, "expires_at"));
        assert!(load.ends_with(&live), "{load}");
        let update = &statements.update_present.sql;
        let set = format!(", {} = {stamp} WHERE", name(database, "changed"));
        assert!(update.contains(&set), "{update}");
        count += 1;
    }
    assert_eq!(count, 4);
}

/// Returns a column's name as the statements quote it.
fn name(database: SqlDatabase, column: &str) -> String {
    match database {
        SqlDatabase::Postgres => database.quote(column),
        _ => SqlDatabase::MySql.quote(column),
    }
}

#[test]
fn rows_that_are_read_until_they_are_deleted_end_in_the_sweep_alone() {
    for database in SqlDatabase::ALL {
        let mut layout = TableLayout::new();
        layout.reads_ended = true;
        let statements = Statements::new(*database, layout);
        assert!(
            !statements.load.sql.contains("expires_at"),
            "{}",
            statements.load.sql
        );
        assert!(!statements.delete.sql.contains("expires_at"));
        let sweep = statements.sweep.as_ref().unwrap();
        assert!(sweep.sql.contains("expires_at"), "{}", sweep.sql);
        assert!(statements.touch.is_some());
    }
}
