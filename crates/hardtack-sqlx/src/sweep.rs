//! Sweeping: rows that have ended are deleted, a few at a time.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use hardtack::stores::StoreError;
use tokio::time::{Instant, sleep, timeout_at};

use crate::driver::{AnyConnection, Life, Value};
use crate::failure::{Failure, Kind};
use crate::sql_store::SqlStore;
use crate::statements::{Place, Statement};

/// The least and the longest pause between two statements of a sweep.
const PAUSE: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// The shortest time between two sweeps.
const OFTEN: Duration = Duration::from_millis(10);

/// The number of times in a row that a statement may fail before a sweep ends.
const TRIES: u32 = 3;

const NAME: &str = "the sweep of sessions";

impl SqlStore {
    /// Returns a future that deletes ended rows again and again, for the app to spawn.
    ///
    /// The first sweep begins after a random part of `every`, so that several processes do not sweep
    /// at once. An error is an event, and the next sweep tries again. The future ends when the pool
    /// is closed.
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// # async fn start(store: hardtack_sqlx::SqlStore) {
    /// tokio::spawn(store.sweep(Duration::from_hours(1)));
    /// # }
    /// ```
    pub fn sweep(&self, every: Duration) -> impl Future<Output = ()> + Send + 'static {
        let (store, every) = (self.clone(), every.max(OFTEN));
        async move {
            // The standard library's random keys, since nothing here is secret.
            let chance = RandomState::new().hash_one(NAME) % 1000;
            sleep(every / 1000 * u32::try_from(chance).unwrap_or(0)).await;
            while !store.pool.is_closed() {
                let mut swept = 0;
                match store.sweep_counting(&mut swept).await {
                    Ok(()) if swept == 0 => {}
                    Ok(()) => tracing::info!(
                        target: "hardtack",
                        rows = swept,
                        place = store.site.place,
                        "ended sessions were deleted"
                    ),
                    Err(_) if store.pool.is_closed() => return,
                    Err(failure) => tracing::warn!(
                        target: "hardtack",
                        reason = %failure,
                        rows = swept,
                        "a sweep of ended sessions failed; it will be tried again"
                    ),
                }
                sleep(every).await;
            }
        }
    }

    /// Deletes all rows that have ended, and returns their number.
    ///
    /// It deletes [`sweep_batch`](Self::sweep_batch) rows in a statement, and pauses after each for as
    /// long as it took. A statement may take ten times the [time limit](Self::time_limit).
    ///
    /// A row has ended when the time in its column `expires_at` has passed; in a table without one,
    /// when its `updated_at` is older than the layout's `max_age`. In other tables no row ends.
    ///
    /// # Errors
    /// The database cannot be reached in three tries, refuses, or takes too long. Some rows may be
    /// deleted.
    pub async fn sweep_once(&self) -> Result<u64, StoreError> {
        let mut swept = 0;
        self.sweep_counting(&mut swept).await?;
        Ok(swept)
    }

    async fn sweep_counting(&self, swept: &mut u64) -> Result<(), Failure> {
        let Some(sweep) = &self.statements.sweep else {
            return Ok(());
        };
        let mut tries = 0;
        loop {
            let start = Instant::now();
            tries += 1;
            let deleted = match self.sweep_batch_of(sweep).await {
                Ok(deleted) => deleted,
                // A deadlock, a lock, or a pool that is busy: nothing was deleted.
                Err(failure)
                    if matches!(
                        failure.kind,
                        Kind::RolledBack | Kind::Locked | Kind::NotConnected
                    ) && tries < TRIES
                        && !self.pool.is_closed() =>
                {
                    sleep(start.elapsed().clamp(PAUSE.0, PAUSE.1)).await;
                    continue;
                }
                Err(failure) => return Err(failure),
            };
            tries = 0;
            *swept = swept.saturating_add(deleted);
            // A later one would find rows that others hold, or that have ended just now.
            if deleted < u64::from(self.sweep_batch) {
                return Ok(());
            }
            sleep(start.elapsed().clamp(PAUSE.0, PAUSE.1)).await;
        }
    }

    async fn sweep_batch_of(&self, sweep: &Statement) -> Result<u64, Failure> {
        let values = sweep.values.iter().map(|place| match place {
            // The age, where the time itself is no value.
            Place::Life => Value::Life(self.statements.layout.max_age.map(Life::ago)),
            _ => Value::Count(self.sweep_batch.into()),
        });
        let (sql, values) = (Arc::clone(&sweep.sql), values.collect());
        let mut held = self.acquire(Instant::now() + self.limit, NAME).await?;
        let Some(connection) = held.get() else {
            return Err(Failure::ended(NAME));
        };
        let deadline = Instant::now() + self.limit.saturating_mul(10);
        let answer = timeout_at(deadline, AnyConnection::execute(connection, sql, values)).await;
        let Ok(answer) = answer else {
            return Err(self.site.timed_out(NAME));
        };
        let answer = answer.map_err(|error| self.site.of(error, NAME));
        if !matches!(&answer, Err(failure) if failure.kind == Kind::Broken) {
            held.keep();
        }
        Ok(answer?.rows)
    }
}
