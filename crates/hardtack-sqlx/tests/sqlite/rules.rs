//! The rules of every store; ends, exact comparisons, and what a row of Rails keeps.

use std::time::Duration;

use bytes::Bytes;
use hardtack::stores::{
    DataType, Entry, Saved, SessionFormat, SessionStore, SqlDatabase, StoredHash, TableLayout,
    TimeForm, Version, When,
};
use hardtack::test_util::check_session_store;
use hardtack_sqlx::SqlStore;
use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqlitePoolOptions;

use crate::as_text::AsText;
use crate::database::{Database, rails};

const HOUR: Option<Duration> = Some(Duration::from_hours(1));
const PAST: &str = "UPDATE hardtack_sessions SET expires_at = '2001-01-01 00:00:00.000000'";

fn unchanged(bytes: &'static str) -> When {
    When::Unchanged(Version::new(bytes))
}

/// Saves, and says what came of it.
async fn save(store: &SqlStore, key: &str, bytes: &'static str, when: &When) -> String {
    let bytes = Bytes::from_static(bytes.as_bytes());
    match store.save(key, bytes, HOUR, when).await.unwrap() {
        Saved::Done(_) => "done".to_owned(),
        Saved::Gone => "gone".to_owned(),
        Saved::Conflict(entry) => text(&entry),
    }
}

fn text(entry: &Entry) -> String {
    assert_eq!(entry.version.as_bytes(), entry.bytes);
    String::from_utf8(entry.bytes.to_vec()).unwrap()
}

async fn load(store: &SqlStore, key: &str) -> Option<String> {
    store.load(key).await.unwrap().as_ref().map(text)
}

#[tokio::test]
async fn every_layout_keeps_every_rule() {
    let own = TableLayout::new();
    let odd = own
        .clone()
        .table("main.od d\"")
        .key("k`y")
        .data("da'ta")
        .expires_at("order");
    let mut count = 0;
    for layout in [own.clone(), odd] {
        let database = Database::new(&layout).await;
        let store = database.store(layout);
        assert_eq!(check_session_store(&store).await, Ok(17));
        count += 1;
    }
    let json = StoredHash::active_record_store()
        .json_column()
        .table_layout();
    for layout in [
        rails(),
        rails().without_timestamps(),
        rails().expires_at("ends_at"),
        json,
        own.clone().data_type(DataType::Text),
        own.clone().data_type(DataType::Json),
        in_form(TimeForm::Iso8601),
        in_form(TimeForm::WithOffset),
    ] {
        let database = Database::new(&layout).await;
        let store = AsText(database.store(layout.clone()));
        assert_eq!(check_session_store(&store).await, Ok(17), "{layout:?}");
        count += 1;
    }
    // In memory: one connection, which is never closed.
    let pool = SqlitePoolOptions::new().max_connections(1);
    let pool = pool.connect("sqlite::memory:").await.unwrap();
    let schema = sqlx::raw_sql(AssertSqlSafe(own.schema(SqlDatabase::Sqlite)));
    schema.execute(&pool).await.unwrap();
    let store = SqlStore::sqlite(pool, own);
    assert_eq!(check_session_store(&store).await, Ok(17));
    assert_eq!(count, 10);
}

/// A table of texts whose times have this form, and whose sessions all end.
fn in_form(form: TimeForm) -> TableLayout {
    let mut layout = TableLayout::new().data_type(DataType::Text);
    layout.time_form = form;
    layout.default_life = HOUR;
    layout
}

#[tokio::test]
async fn a_form_of_times_is_that_of_every_write() {
    let mut count = 0;
    for (form, expected) in [
        (TimeForm::Iso8601, "0000-00-00T00:00:00.000Z"),
        (TimeForm::WithOffset, "0000-00-00 00:00:00.000 +00:00"),
    ] {
        let database = Database::new(&in_form(form)).await;
        let store = database.store(in_form(form));
        for when in [When::Absent, When::Always, When::Present, unchanged("a")] {
            let saved = store.save("k", "a".into(), None, &when).await;
            assert!(matches!(saved, Ok(Saved::Done(_))), "{saved:?}");
            let end: String = database
                .value("SELECT expires_at FROM hardtack_sessions")
                .await;
            let zeros = end.replace(|character: char| character.is_ascii_digit(), "0");
            assert_eq!(zeros, expected, "{when:?}");
            // The layout's own life.
            let left: f64 = database
                .value(
                    "SELECT (julianday(expires_at) - julianday('now')) * 86400.0 FROM hardtack_sessions",
                )
                .await;
            assert!(left > 3570.0 && left < 3600.01, "{left}");
            count += 1;
        }
    }
    assert_eq!(count, 8);
}

/// The end of such a row is only for the sweep.
#[tokio::test]
async fn a_row_may_be_read_until_it_is_deleted() {
    let mut layout = TableLayout::new();
    layout.reads_ended = true;
    let database = Database::new(&layout).await;
    let store = database.store(layout);
    assert_eq!(save(&store, "k", "a", &When::Absent).await, "done");
    database.execute(PAST).await;
    assert_eq!(load(&store, "k").await.as_deref(), Some("a"));
    assert_eq!(save(&store, "k", "b", &When::Absent).await, "a");
    assert_eq!(save(&store, "k", "b", &unchanged("a")).await, "done");
    // That extended its life.
    assert_eq!(store.sweep_once().await.unwrap(), 0);
    database.execute(PAST).await;
    assert!(store.touch("k", HOUR).await.unwrap());
    assert_eq!(store.sweep_once().await.unwrap(), 0);
    database.execute(PAST).await;
    assert_eq!(store.sweep_once().await.unwrap(), 1);
    assert_eq!(load(&store, "k").await, None);
}

#[tokio::test]
async fn an_ended_row_counts_as_none() {
    let database = Database::new(&TableLayout::new()).await;
    let store = database.store(TableLayout::new());
    let mut count = 0;
    for (when, expected) in [
        (When::Absent, "done"),
        (When::Always, "done"),
        (When::Present, "gone"),
        (unchanged("old"), "gone"),
    ] {
        assert_eq!(save(&store, "k", "old", &When::Always).await, "done");
        database.execute(PAST).await;
        assert_eq!(load(&store, "k").await, None);
        for ttl in [HOUR, None] {
            assert!(!store.touch("k", ttl).await.unwrap());
        }
        for when in [When::Always, When::Present, unchanged("old")] {
            assert!(!store.delete("k", &when).await.unwrap());
        }
        assert_eq!(save(&store, "k", "new", &when).await, expected, "{when:?}");
        let there = (expected == "done").then(|| "new".to_owned());
        assert_eq!(load(&store, "k").await, there, "{when:?}");
        count += 1;
    }
    assert_eq!(count, 4);
}

#[tokio::test]
async fn lives_are_those_that_were_asked_for() {
    let database = Database::new(&TableLayout::new()).await;
    let store = database.store(TableLayout::new());
    let left = async || -> Option<f64> {
        database
            .value(
                "SELECT (julianday(expires_at) - julianday('now')) * 86400.0 FROM hardtack_sessions",
            )
            .await
    };
    let thousand_years = 366_000.0 * 86_400.0;
    let mut count = 0;
    for (ttl, least, most) in [
        (Duration::from_secs(90), 60.0, 90.01),
        (Duration::from_millis(3_600_250), 3570.0, 3600.26),
        (Duration::MAX, thousand_years - 60.0, thousand_years + 0.01),
    ] {
        for when in [When::Always, When::Present, unchanged("a")] {
            let saved = store.save("k", "a".into(), Some(ttl), &when).await;
            assert!(matches!(saved, Ok(Saved::Done(_))), "{saved:?}");
            let found = left().await.unwrap();
            assert!(found > least && found < most, "{ttl:?}: {found}");
            store.save("k", "a".into(), None, &when).await.unwrap();
            assert_eq!(left().await, None);
            assert!(store.touch("k", Some(ttl)).await.unwrap());
            let found = left().await.unwrap();
            assert!(found > least && found < most, "touched {ttl:?}: {found}");
            assert!(store.touch("k", None).await.unwrap());
            let after = left().await.unwrap();
            assert!(
                after <= found && after > least,
                "touched without a time: {after}"
            );
            count += 1;
        }
    }
    assert_eq!(count, 9);
    // A life of nothing is over at once, and no error.
    let saved = store.save("k", "a".into(), Some(Duration::ZERO), &When::Present);
    assert!(matches!(saved.await, Ok(Saved::Done(_))));
    assert_eq!(load(&store, "k").await, None);
    // Six digits, as Rails writes them, so that texts are in the order of times.
    let text: String = database
        .value("SELECT expires_at FROM hardtack_sessions")
        .await;
    assert_eq!(text.len(), "2026-03-04 05:13:44.123000".len(), "{text}");
}

#[tokio::test]
async fn bytes_are_compared_exactly() {
    for layout in [TableLayout::new(), rails()] {
        let database = Database::new(&layout).await;
        let store = database.store(layout);
        assert_eq!(save(&store, "k", "Aä", &When::Absent).await, "done");
        for other in ["Aä ", "aä", "A\u{308}a", "Aä\n", " Aä", "", "Aä\0"] {
            let found = save(&store, "k", "new", &unchanged(other)).await;
            assert_eq!(found, "Aä", "{other:?}");
            assert!(!store.delete("k", &unchanged(other)).await.unwrap());
        }
        for other in ["K", "k ", "", "k\0"] {
            assert_eq!(load(&store, other).await, None, "{other:?}");
        }
        assert_eq!(save(&store, "k", "new", &unchanged("Aä")).await, "done");
        // A conflict, whoever wrote the same: a new id would be shared.
        assert_eq!(save(&store, "k", "new", &unchanged("Aä")).await, "new");
        assert_eq!(save(&store, "k", "new", &When::Absent).await, "new");
    }
}

/// A column that takes `k` and `K` for one has room for one of them, and the other is no conflict.
#[tokio::test]
async fn a_key_column_that_ignores_case_mixes_no_sessions() {
    let database = Database::empty(Duration::from_millis(500)).await;
    database
        .execute("CREATE TABLE hardtack_sessions (session_id text COLLATE NOCASE PRIMARY KEY, data, expires_at)")
        .await;
    let store = database.store(TableLayout::new());
    assert_eq!(save(&store, "k", "of k", &When::Absent).await, "done");
    assert_eq!(load(&store, "K").await, None);
    assert!(!store.touch("K", HOUR).await.unwrap());
    assert!(!store.delete("K", &When::Always).await.unwrap());
    assert_eq!(save(&store, "K", "of K", &When::Present).await, "gone");
    assert_eq!(save(&store, "K", "of K", &unchanged("of k")).await, "gone");
    for when in [When::Absent, When::Always] {
        let error = store.save("K", "of K".into(), HOUR, &when).await;
        let error = error.unwrap_err().to_string();
        assert!(error.contains("may ignore case"), "{error}");
    }
    assert_eq!(load(&store, "k").await.as_deref(), Some("of k"));
}

#[tokio::test]
async fn rows_of_rails_keep_their_times_and_numbers() {
    let database = Database::new(&rails()).await;
    let store = database.store(rails());
    let row = "SELECT id || ' ' || created_at || ' ' || updated_at FROM sessions";
    let old = "UPDATE sessions SET created_at = '2020-02-02 02:02:02.020202', updated_at = '2020-02-02 02:02:02.020202'";
    assert_eq!(save(&store, "k", "a", &When::Absent).await, "done");
    let new: String = database.value("SELECT updated_at FROM sessions").await;
    let now: String = database.value("SELECT datetime('now', '-1 minute')").await;
    assert!(new > now && new.len() == 26, "{new}");
    let mut count = 0;
    for when in [When::Present, When::Always, unchanged("a")] {
        database.execute(old).await;
        assert_eq!(save(&store, "k", "a", &when).await, "done");
        let row: String = database.value(row).await;
        assert!(row.starts_with("1 2020-02-02 02:02:02.020202 2"), "{row}");
        assert!(!row.ends_with("020202"), "{row}");
        count += 1;
    }
    // An age is no expiry.
    database.execute(old).await;
    assert_eq!(load(&store, "k").await.as_deref(), Some("a"));
    assert!(store.touch("k", None).await.unwrap());
    let untouched: String = database.value(row).await;
    assert!(untouched.ends_with("020202"), "{untouched}");
    assert!(store.touch("k", HOUR).await.unwrap());
    let touched: String = database.value(row).await;
    assert!(!touched.ends_with("020202") && touched.len() == untouched.len());
    assert_eq!(count, 3);
}

#[tokio::test]
async fn a_column_may_hold_nothing_or_a_blob() {
    let database = Database::new(&rails()).await;
    let store = database.store(rails());
    let row = "INSERT INTO sessions (session_id, data, created_at, updated_at) VALUES";
    for (key, data, loaded) in [("null", "NULL", ""), ("blob", "CAST('a' AS BLOB)", "a")] {
        database
            .execute(format!("{row} ('{key}', {data}, '2020', '2020')"))
            .await;
        assert_eq!(load(&store, key).await.as_deref(), Some(loaded));
        assert_eq!(save(&store, key, "b", &unchanged(loaded)).await, "done");
        assert_eq!(load(&store, key).await.as_deref(), Some("b"));
    }
    let kind: String = database
        .value("SELECT group_concat(typeof(data)) FROM sessions")
        .await;
    assert_eq!(kind, "text,text");
}

#[tokio::test]
async fn bytes_that_are_no_text_are_refused_by_a_column_of_text() {
    let database = Database::new(&rails()).await;
    let store = database.store(rails());
    let bytes = Bytes::from_static(b"\xff");
    let error = store
        .save("k", bytes, HOUR, &When::Absent)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("DataType::Binary"), "{error}");
    assert_eq!(load(&store, "k").await, None);
}
