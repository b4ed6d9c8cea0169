//! 100,000 expired rows are swept while clients work. What it costs them, `scripts/sweep-load`
//! measures.

use std::time::{Duration, Instant};

use hardtack::stores::{StoredHash, StoredJson};

use crate::clients::Load;
use crate::database::Database;
use crate::table::{Shape, Table};

const EXPIRED: u32 = 100_000;
const CLIENTS: usize = 32;

/// A time limit that no busy machine reaches: nothing here is timed.
const LIMIT: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn expired_rows_are_swept_while_clients_work() {
    let mut ran = 0;
    for database in Database::all("sweep") {
        for shape in [Shape::Plain, Shape::ActiveRecord] {
            let name = format!("{}, {shape:?}", database.name());
            let table = Table::new(&database, shape);
            table.create().await;
            table.insert_ended(EXPIRED).await;
            // Rows of others, which nobody reads meanwhile.
            for number in 0..100 {
                table.insert(&format!("live-{number}"), "one").await;
            }
            let store = database.store(table.layout());
            let load = match shape {
                Shape::Plain => {
                    let hour = Some(Duration::from_hours(1));
                    Load::start(CLIENTS, StoredJson, hour, store.clone(), LIMIT).await
                }
                Shape::ActiveRecord => {
                    let format = StoredHash::active_record_store();
                    Load::start(CLIENTS, format, None, store.clone(), LIMIT).await
                }
            };
            let start = Instant::now();
            let sweep = tokio::spawn(store.sweep(Duration::from_secs(1)));
            while table.count_where("session_id LIKE 'ended-%'").await > 0 {
                assert!(
                    start.elapsed() < Duration::from_mins(2),
                    "{name}: it takes too long"
                );
                assert!(!sweep.is_finished(), "{name}: the sweep has ended");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            let taken = start.elapsed();
            load.wait_for_work("after the sweep").await;
            let tally = load.finish().await;
            tally.check(&name);
            println!("    swept in {} ms", taken.as_millis());
            assert_eq!(tally.refused, 0, "{name}");
            assert!(!sweep.is_finished(), "{name}: it goes on");
            sweep.abort();
            let live = table.count_where("session_id LIKE 'live-%'").await;
            assert_eq!(live, 100, "{name}");
            // Each client's first session is all that is left, and none of them twice.
            let clients = i64::try_from(CLIENTS).unwrap();
            assert_eq!(table.count().await, 100 + clients, "{name}");
            ran += 1;
        }
    }
    assert_eq!(ran, 3 * 2);
}
