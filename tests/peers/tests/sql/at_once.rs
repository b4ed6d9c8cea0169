//! Many who save and delete one session at the same time, over several connections and pools.

use std::time::Duration;

use bytes::Bytes;
use hardtack::stores::{Saved, SessionStore, When};
use hardtack_sqlx::SqlStore;

use crate::database::Database;
use crate::table::{Shape, Table};

/// Of many who save at once exactly one is done, and the others get what it wrote.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_at_once_one_is_done() {
    const ROUNDS: usize = 20;
    let mut ran = 0;
    for database in Database::all("at-once") {
        for shape in [Shape::ActiveRecord, Shape::Plain] {
            let table = Table::new(&database, shape);
            table.create().await;
            // Two processes have a pool each.
            let stores = [(); 2].map(|()| database.store(table.layout()));
            for round in 0..ROUNDS {
                let key = format!("key-{round}");
                let ended = shape == Shape::Plain && round % 2 == 1;
                if ended {
                    table.insert(&key, "ended").await;
                    table.end(&key).await;
                }
                let saved = save_at_once(&stores, &key, "first", &When::Absent).await;
                let name = format!("{}, {shape:?}, {round}", database.name());
                let first = only_done(&saved, "first", &name);
                assert_eq!(table.data(&key).await.as_deref(), Some(&*first), "{name}");
                let version = stores[0].load(&key).await.unwrap().unwrap().version;
                let saved = save_at_once(&stores, &key, "second", &When::Unchanged(version)).await;
                let second = only_done(&saved, "second", &name);
                assert_eq!(table.data(&key).await.as_deref(), Some(&*second), "{name}");
                // All of these are done, and the last one stays.
                for when in [When::Always, When::Present] {
                    let saved = save_at_once(&stores, &key, "last", &when).await;
                    let all = saved.iter().all(|saved| matches!(saved, Saved::Done(_)));
                    assert!(all, "{name}: {saved:?}");
                }
                let deleted = delete_at_once(&stores, &key).await;
                assert_eq!(deleted, 1, "{name}");
                ran += 1;
            }
            assert_eq!(table.count().await, 0);
        }
    }
    assert_eq!(ran, 3 * 2 * ROUNDS);
}

const AT_ONCE: usize = 8;

/// Saves `first 0` to `first 7` at once; returns the outcomes in this order.
async fn save_at_once(stores: &[SqlStore], key: &str, text: &str, when: &When) -> Vec<Saved> {
    let saves: Vec<_> = (0..AT_ONCE)
        .map(|number| {
            let store = stores[number % stores.len()].clone();
            let (key, when) = (key.to_owned(), when.clone());
            let text = format!("{text} {number}");
            tokio::spawn(async move {
                let bytes = Bytes::from(text);
                let hour = Some(Duration::from_hours(1));
                store.save(&key, bytes, hour, &when).await
            })
        })
        .collect();
    let mut outcomes = Vec::new();
    for save in saves {
        outcomes.push(save.await.unwrap().expect("it is saved or not"));
    }
    outcomes
}

async fn delete_at_once(stores: &[SqlStore], key: &str) -> usize {
    let deletions: Vec<_> = (0..AT_ONCE)
        .map(|number| {
            let (store, key) = (stores[number % stores.len()].clone(), key.to_owned());
            tokio::spawn(async move { store.delete(&key, &When::Always).await })
        })
        .collect();
    let mut deleted = 0;
    for deletion in deletions {
        deleted += usize::from(deletion.await.unwrap().expect("it is deleted or not"));
    }
    deleted
}

/// Checks that one save is done and all others brought its bytes, which it returns.
#[track_caller]
fn only_done(saved: &[Saved], text: &str, name: &str) -> String {
    let done = |saved: &Saved| matches!(saved, Saved::Done(_));
    assert_eq!(
        saved.iter().filter(|saved| done(saved)).count(),
        1,
        "{name}: {saved:?}"
    );
    let first = saved.iter().position(done).unwrap();
    let first = format!("{text} {first}");
    for saved in saved {
        match saved {
            Saved::Conflict(entry) => assert_eq!(entry.bytes, first, "{name}"),
            Saved::Done(_) => {}
            Saved::Gone => panic!("{name}: it is gone"),
        }
    }
    first
}
