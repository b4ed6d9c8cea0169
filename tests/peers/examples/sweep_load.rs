//! What the sweep of 100,000 expired rows costs 32 clients that read and write meanwhile, on
//! Postgres, MariaDB and SQLite, as a Markdown table. `scripts/sweep-load` runs it.
//!
//! ```console
//! $ sweep_load [ROUNDS [SECONDS [BATCH [WORD...]]]]
//! ```
//!
//! A statement of the sweep deletes BATCH rows. The words choose databases whose names hold one of them.
//! Each round fills the table, measures so many seconds without the sweep, and then until all
//! expired rows are gone. Exits with status 1 if an operation failed, or a statement waited for a
//! lock for more than 50 ms.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a measurement fails by panicking"
)]

#[path = "../tests/sql/database.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
mod database;
#[path = "../tests/sql/table.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
mod table;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hardtack::stores::{Saved, SessionStore, StoreError, When};
use hardtack_sqlx::SqlStore;
use tokio::task::JoinHandle;

use database::Database;
use table::{Shape, Table};

const EXPIRED: u32 = 100_000;
const CLIENTS: usize = 32;

/// The pause of a client after each read and write: the load is one that the database can bear.
const PAUSE: Duration = Duration::from_millis(20);

/// The longest wait for a lock that is no fault.
const LOCK_WAIT: Duration = Duration::from_millis(50);

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize| {
        let argument = arguments.get(place)?;
        let usage = "usage: sweep_load [ROUNDS [SECONDS [BATCH [WORD...]]]]";
        Some(argument.parse::<u32>().expect(usage))
    };
    let rounds = number(0).unwrap_or(5);
    let seconds = Duration::from_secs(number(1).unwrap_or(5).into());
    let batch = number(2);
    let words = arguments.get(3..).unwrap_or_default();
    let databases = [
        Database::postgres(&["-c", "log_lock_waits=on", "-c", "deadlock_timeout=50ms"]),
        Database::mariadb(&[]),
        Database::sqlite("sweep-load"),
    ];
    println!(
        "{EXPIRED} expired rows, {CLIENTS} clients; medians of {rounds} rounds, {seconds:?} without \
         the sweep and as long as it takes with it.\n"
    );
    println!(
        "| | swept in ms | p50 ms without | with | p99 ms without | with | ratio | longest ms \
         without | with | of 10,000 over 50 ms without | with | waits for locks |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |");
    let mut is_well = true;
    let chosen = databases.iter().filter(|database| {
        words.is_empty() || words.iter().any(|word| database.name().contains(word))
    });
    for database in chosen {
        for shape in [Shape::Plain, Shape::ActiveRecord] {
            let mut measured = Vec::new();
            for round in 0..=rounds {
                eprintln!("{}, {shape:?}: round {round} of {rounds}", database.name());
                let one = measure(database, shape, seconds, batch).await;
                // The first round warms up.
                if round > 0 {
                    measured.push(one);
                }
            }
            let (waits, is_short) = lock_waits(database).await;
            is_well &= is_short;
            report(
                &format!("{}, {shape:?}", database.name()),
                &measured,
                &waits,
            );
        }
    }
    ExitCode::from(u8::from(!is_well))
}

/// The figures of a round.
struct Round {
    without: Times,
    with: Times,
    swept_in: Duration,
}

/// The times of operations, in order.
struct Times(Vec<Duration>);

impl Times {
    fn part(&self, percent: usize) -> f64 {
        let place = (self.0.len() * percent / 100).min(self.0.len() - 1);
        milliseconds(self.0[place])
    }

    /// Returns the number of times over a time, of ten thousand.
    fn over(&self, time: Duration) -> f64 {
        let over = self.0.len() - self.0.partition_point(|one| *one <= time);
        #[expect(clippy::cast_precision_loss, reason = "they are few")]
        let share = over as f64 / self.0.len() as f64;
        share * 10_000.0
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

async fn measure(database: &Database, shape: Shape, time: Duration, batch: Option<u32>) -> Round {
    let table = Table::new(database, shape);
    table.create().await;
    table.insert_ended(EXPIRED).await;
    let mut store = database.store(table.layout());
    if let Some(rows) = batch {
        store = store.sweep_batch(rows);
    }
    let load = Load::start(&store);
    // What the filling left to do in the background is done.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let _ = load.stop().await;

    let load = Load::start(&store);
    tokio::time::sleep(time).await;
    let without = load.stop().await;

    let load = Load::start(&store);
    let start = Instant::now();
    while table.count_where("session_id LIKE 'ended-%'").await > 0 {
        store.sweep_once().await.expect("a sweep");
    }
    let swept_in = start.elapsed();
    let with = load.stop().await;
    Round {
        without,
        with,
        swept_in,
    }
}

/// The clients at work.
struct Load {
    clients: Vec<JoinHandle<Vec<Duration>>>,
    is_over: Arc<AtomicBool>,
}

impl Load {
    fn start(store: &SqlStore) -> Self {
        let is_over = Arc::<AtomicBool>::default();
        let clients = (0..CLIENTS).map(|number| {
            let (store, is_over) = (store.clone(), is_over.clone());
            tokio::spawn(async move {
                // They do not begin in step.
                let share = u32::try_from(number).expect("few") * PAUSE / 32;
                tokio::time::sleep(share).await;
                let mut times = Vec::new();
                while !is_over.load(Ordering::Relaxed) {
                    let round = visit(&store, number, &mut times).await;
                    round.expect("no operation fails");
                    tokio::time::sleep(PAUSE).await;
                }
                times
            })
        });
        Self {
            clients: clients.collect(),
            is_over,
        }
    }

    async fn stop(self) -> Times {
        self.is_over.store(true, Ordering::Relaxed);
        let mut times = Vec::new();
        for client in self.clients {
            times.extend(client.await.expect("a client"));
        }
        times.sort_unstable();
        Times(times)
    }
}

/// Loads a client's session and saves a change.
async fn visit(
    store: &SqlStore,
    number: usize,
    times: &mut Vec<Duration>,
) -> Result<(), StoreError> {
    let key = format!("client-{number}");
    let start = Instant::now();
    let entry = store.load(&key).await?;
    times.push(start.elapsed());
    let when = entry.map_or(When::Absent, |entry| When::Unchanged(entry.version));
    let bytes = Bytes::from(format!("{:0700}", times.len()));
    let hour = Some(Duration::from_hours(1));
    let start = Instant::now();
    let saved = store.save(&key, bytes, hour, &when).await?;
    times.push(start.elapsed());
    assert!(matches!(saved, Saved::Done(_)), "{key}: {saved:?}");
    Ok(())
}

/// Returns what the server says of waits for locks since it started, and whether all were short.
async fn lock_waits(database: &Database) -> (String, bool) {
    match database {
        Database::Postgres(server, _) => {
            let log = server.log();
            let waits = log
                .lines()
                .filter(|line| line.contains("still waiting for"));
            let count = waits.count();
            (format!("{count} over {LOCK_WAIT:?}"), count == 0)
        }
        Database::MariaDb(..) => {
            let status = |name: &str| {
                let sql = format!(
                    "SELECT CAST(VARIABLE_VALUE AS SIGNED) FROM information_schema.GLOBAL_STATUS \
                     WHERE VARIABLE_NAME = '{name}'"
                );
                async move { database.number(&sql).await }
            };
            let count = status("INNODB_ROW_LOCK_WAITS").await;
            let longest = status("INNODB_ROW_LOCK_TIME_MAX").await;
            let is_short = u128::try_from(longest).is_ok_and(|ms| ms <= LOCK_WAIT.as_millis());
            (format!("{count}, longest {longest} ms"), is_short)
        }
        Database::Sqlite(..) => ("not counted".to_owned(), true),
    }
}

fn report(name: &str, rounds: &[Round], waits: &str) {
    let median = |figure: &dyn Fn(&Round) -> f64| {
        let mut figures: Vec<f64> = rounds.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures[figures.len() / 2]
    };
    println!(
        "| {name} | {:.0} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} | {:.1} | {:.1} | {:.1} | {:.1} | {waits} |",
        median(&|round| milliseconds(round.swept_in)),
        median(&|round| round.without.part(50)),
        median(&|round| round.with.part(50)),
        median(&|round| round.without.part(99)),
        median(&|round| round.with.part(99)),
        median(&|round| round.with.part(99) / round.without.part(99)),
        median(&|round| round.without.part(100)),
        median(&|round| round.with.part(100)),
        median(&|round| round.without.over(LOCK_WAIT)),
        median(&|round| round.with.over(LOCK_WAIT)),
    );
}
