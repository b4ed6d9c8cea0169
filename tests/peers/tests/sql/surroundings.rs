//! What surrounds a store: time zones, limits of columns, odd names.

use std::time::Duration;

use bytes::Bytes;
use hardtack::stores::{Saved, SessionStore, TableLayout, When};
use hardtack::test_util::check_session_store;

use crate::database::Database;
use crate::table::{Shape, Table};

/// A row ends at its time, whatever zones the connections of its writer and of its reader have.
#[tokio::test]
async fn time_zones_of_connections_change_nothing() {
    const ZONES: [&str; 4] = ["+00:00", "+13:00", "-12:00", "+05:45"];
    let mut ran = 0;
    for database in Database::all("zones") {
        for shape in [Shape::Plain, Shape::ActiveRecord] {
            let table = Table::new(&database, shape);
            table.create().await;
            for of_writer in ZONES {
                for of_reader in ZONES {
                    let name = format!("{}, {shape:?}: {of_writer}, {of_reader}", database.name());
                    let writer = database.store_in_zone(table.layout(), of_writer);
                    let reader = database.store_in_zone(table.layout(), of_reader);
                    table.clear().await;
                    let life = Some(Duration::from_mins(5));
                    let saved = writer.save("k", "one".into(), life, &When::Absent).await;
                    assert!(matches!(saved, Ok(Saved::Done(_))), "{name}: {saved:?}");
                    assert!(reader.load("k").await.unwrap().is_some(), "{name}");
                    let most = if shape == Shape::Plain { 300 } else { 0 };
                    let seconds = table.seconds("k").await;
                    let right = most - 30..=most + 30;
                    assert!(right.contains(&seconds), "{name}: {seconds} s");
                    if shape == Shape::Plain {
                        let longer = Some(Duration::from_mins(15));
                        assert!(reader.touch("k", longer).await.unwrap(), "{name}");
                        let seconds = table.seconds("k").await;
                        assert!((870..=900).contains(&seconds), "{name}: {seconds} s");
                        table.end("k").await;
                        assert!(reader.load("k").await.unwrap().is_none(), "{name}");
                        let saved = reader.save("k", "two".into(), life, &When::Absent).await;
                        assert!(matches!(saved, Ok(Saved::Done(_))), "{name}: {saved:?}");
                        assert!(writer.load("k").await.unwrap().is_some(), "{name}");
                    }
                    ran += 1;
                }
            }
        }
    }
    assert_eq!(ran, 3 * 2 * 16);
}

/// Lives of any length are taken: the longest that the database can write, and none at all.
#[tokio::test]
async fn lives_are_those_that_were_asked_for() {
    const DAY: i64 = 24 * 3600;
    let lives = [
        (Some(Duration::from_secs(90)), 60..=90),
        (Some(Duration::from_millis(1500)), 0..=2),
        (
            Some(Duration::from_hours(24 * 400)),
            400 * DAY - 60..=400 * DAY,
        ),
        (
            Some(Duration::from_hours(24 * 365_000)),
            36_500 * DAY..=i64::MAX,
        ),
        (Some(Duration::MAX), 36_500 * DAY..=i64::MAX),
    ];
    let mut ran = 0;
    for database in Database::all("lives") {
        let table = Table::new(&database, Shape::Plain);
        table.create().await;
        let store = database.store(table.layout());
        for (life, right) in &lives {
            table.clear().await;
            let name = format!("{}: {life:?}", database.name());
            for when in [When::Absent, When::Present, When::Always] {
                let saved = store.save("k", "one".into(), *life, &when).await;
                assert!(matches!(saved, Ok(Saved::Done(_))), "{name}: {saved:?}");
                let ended = table.count_where("expires_at IS NULL").await;
                // The end of the world may also be written as none.
                let left = if ended == 1 {
                    i64::MAX
                } else {
                    table.seconds("k").await
                };
                assert!(right.contains(&left), "{name}: {left} s");
            }
            if *life > Some(Duration::from_secs(2)) {
                assert!(store.touch("k", *life).await.unwrap(), "{name}");
                assert!(store.touch("k", None).await.unwrap(), "{name}");
                assert!(store.load("k").await.unwrap().is_some(), "{name}");
            }
            ran += 1;
        }
        // A life of nothing is over at once, and no error.
        let saved = store
            .save("k", "one".into(), Some(Duration::ZERO), &When::Always)
            .await;
        assert!(matches!(saved, Ok(Saved::Done(_))), "{saved:?}");
        assert!(
            store.load("k").await.unwrap().is_none(),
            "{}",
            database.name()
        );
        // Without a life a row has no end.
        let saved = store.save("k", "one".into(), None, &When::Absent).await;
        assert!(matches!(saved, Ok(Saved::Done(_))), "{saved:?}");
        assert_eq!(table.count_where("expires_at IS NULL").await, 1);
        assert!(
            store.load("k").await.unwrap().is_some(),
            "{}",
            database.name()
        );
    }
    assert_eq!(ran, 3 * 5);
}

/// MySQL's `text`, which Rails' migration makes, holds 65,535 bytes. What is longer is an error, also
/// where the server would cut it without a word; the session that was there stays.
#[tokio::test]
async fn a_long_session_is_kept_whole_or_refused() {
    let databases = [
        Database::postgres(&[]),
        Database::mariadb(&[]),
        Database::mariadb(&["--sql-mode="]),
        Database::sqlite("long"),
    ];
    let mut ran = 0;
    for (number, database) in databases.iter().enumerate() {
        for shape in [Shape::ActiveRecord, Shape::Plain] {
            let table = Table::new(database, shape);
            table.create().await;
            let store = database.store(table.layout());
            let is_short = shape == Shape::ActiveRecord && (1..=2).contains(&number);
            for length in [65_535, 65_536, 70_000, 1_000_000] {
                let name = format!("{} {number}, {shape:?}: {length}", database.name());
                let long = Bytes::from("é".repeat(length / 2) + &"e".repeat(length % 2));
                assert_eq!(long.len(), length);
                table.clear().await;
                table.insert("old", "one").await;
                let old = store.load("old").await.unwrap().unwrap().version;
                let fits = !is_short || length < 65_536;
                for (key, when) in [
                    ("new", When::Absent),
                    ("old", When::Unchanged(old)),
                    ("old", When::Present),
                    ("old", When::Always),
                    ("another", When::Always),
                ] {
                    let saved = store.save(key, long.clone(), None, &when).await;
                    if fits {
                        assert!(matches!(saved, Ok(Saved::Done(_))), "{name}: {saved:?}");
                        let entry = store.load(key).await.unwrap().unwrap();
                        assert!(entry.bytes == long, "{name}, {when:?}: it is another text");
                    } else {
                        let error = saved.map(|saved| format!("{name}, {when:?}: {saved:?}"));
                        let error = error.expect_err("it does not fit").to_string();
                        assert!(!error.contains("éé"), "{name}: it shows the session");
                        let there = (key == "old").then_some("one");
                        assert_eq!(table.data(key).await.as_deref(), there, "{name}, {when:?}");
                    }
                }
                ran += 1;
            }
            // So is a key.
            let key = "k".repeat(300);
            let saved = store.save(&key, "one".into(), None, &When::Absent).await;
            match saved {
                Ok(Saved::Done(_)) => {
                    assert!(store.load(&key).await.unwrap().is_some());
                    assert_eq!(table.data(&key).await.as_deref(), Some("one"));
                }
                Ok(other) => panic!("{} {number}: {other:?}", database.name()),
                Err(error) => {
                    println!("{} {number}, {shape:?}: {error}", database.name());
                    assert_eq!(
                        table.count_where("data IS NOT NULL").await,
                        table.count().await
                    );
                    let cut = &key[..255];
                    assert_eq!(table.data(cut).await, None, "a key is cut");
                }
            }
        }
    }
    assert_eq!(ran, 4 * 2 * 4);
}

/// Bytes that are no text, in a column for text: an error, and what was there stays.
#[tokio::test]
async fn a_text_column_refuses_what_is_no_text() {
    let mut ran = 0;
    for database in Database::all("no-text") {
        let table = Table::new(&database, Shape::ActiveRecord);
        table.create().await;
        let store = database.store(table.layout());
        for bytes in [&b"\xff"[..], b"caf\xe9", b"\xed\xa0\x80"] {
            table.clear().await;
            table.insert("k", "one").await;
            for when in [When::Present, When::Always] {
                let saved = store
                    .save("k", Bytes::from_static(bytes), None, &when)
                    .await;
                assert!(saved.is_err(), "{}: {saved:?}", database.name());
            }
            assert_eq!(table.data("k").await.as_deref(), Some("one"));
            ran += 1;
        }
    }
    assert_eq!(ran, 3 * 3);
}

/// Names may hold every character but a NUL; a dot parts a schema from its table.
#[tokio::test]
async fn names_with_quotes_are_names() {
    let layout = TableLayout::new()
        .table("ta\"b`l'e ?$1; -- :x")
        .key("ke\"y` ' ?")
        .data("da\"ta` ' $1")
        .expires_at("en\"d` ' %s");
    let mut checked = 0;
    for database in Database::all("names") {
        let table = Table::of(&database, Shape::Plain, layout.clone());
        table.create().await;
        let store = database.store(table.layout());
        let name = database.name();
        store
            .check()
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(check_session_store(&store).await, Ok(17), "{name}");
        table.insert("k", "one").await;
        table.end("k").await;
        store
            .sweep_once()
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(table.count().await, 0, "{name}");
        checked += 1;
    }
    assert_eq!(checked, 3);
}
