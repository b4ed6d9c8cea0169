//! [`SqlStore`]: a store of sessions in a table.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hardtack::stores::{
    Entry, Saved, SessionStore, SqlDatabase, StoreError, TableLayout, Version, When,
};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use crate::driver::AnyPool;
use crate::failure::{Failure, Kind, Site};
use crate::held::Held;
use crate::operation::{Answer, Operation, Session, What};
use crate::statements::Statements;

const TIME_LIMIT: Duration = Duration::from_secs(1);

/// The longest time limit: tokio's clock does not reach much further.
const LONGEST: Duration = Duration::from_hours(24);

/// The number of attempts to get a connection that go on after the limit, and for how many limits.
const LATE_ATTEMPTS: usize = 2;
const LATE: u32 = 10;

/// The number of rows that a sweep deletes at once. In SQLite it holds the only lock for as long, and
/// those who wait for it look again later and later: some waited for more than 50 ms with 1,000.
const fn sweep_batch(database: SqlDatabase) -> u32 {
    match database {
        SqlDatabase::Sqlite => 100,
        _ => 1000,
    }
}

/// Keeps sessions in a table of Postgres, MySQL, MariaDB or SQLite (example: at [the crate](crate)).
///
/// The pool is the app's: its address, its size and its TLS are set there. Clones share it. `Debug`
/// shows host and port, without user and password.
#[derive(Clone)]
pub struct SqlStore {
    pub(crate) pool: Arc<dyn AnyPool>,
    pub(crate) statements: Arc<Statements>,
    pub(crate) site: Arc<Site>,
    pub(crate) limit: Duration,
    pub(crate) sweep_batch: u32,
    late: Arc<Semaphore>,
}

impl SqlStore {
    /// Creates a store in Postgres.
    ///
    /// ```
    /// use hardtack::stores::TableLayout;
    /// use hardtack_sqlx::SqlStore;
    /// use sqlx::postgres::PgPoolOptions;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), sqlx::Error> {
    /// let pool = PgPoolOptions::new().connect_lazy("postgres://shop:wordpass@10.0.0.5/shop")?;
    /// let store = SqlStore::postgres(pool, TableLayout::new());
    /// assert!(format!("{store:?}").contains("10.0.0.5:5432"));
    /// assert!(!format!("{store:?}").contains("wordpass"));
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "postgres")]
    #[cfg_attr(docsrs, doc(cfg(feature = "postgres")))]
    #[must_use]
    pub fn postgres(pool: sqlx::PgPool, layout: TableLayout) -> Self {
        Self::on(pool, layout)
    }

    /// Creates a store in MySQL or MariaDB.
    ///
    /// ```
    /// use hardtack::stores::TableLayout;
    /// use hardtack_sqlx::SqlStore;
    /// use sqlx::mysql::MySqlPoolOptions;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), sqlx::Error> {
    /// let pool = MySqlPoolOptions::new().connect_lazy("mysql://shop:wordpass@10.0.0.5/shop")?;
    /// let store = SqlStore::mysql(pool, TableLayout::new());
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "mysql")]
    #[cfg_attr(docsrs, doc(cfg(feature = "mysql")))]
    #[must_use]
    pub fn mysql(pool: sqlx::MySqlPool, layout: TableLayout) -> Self {
        Self::on(pool, layout)
    }

    /// Creates a store in SQLite.
    ///
    /// Give the pool a `busy_timeout` below the [time limit](Self::time_limit) and the journal mode
    /// WAL, in which readers and the writer do not wait for each other.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use hardtack::stores::TableLayout;
    /// use hardtack_sqlx::SqlStore;
    /// use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), sqlx::Error> {
    /// let file = SqliteConnectOptions::new()
    ///     .filename("sessions.sqlite3")
    ///     .journal_mode(SqliteJournalMode::Wal)
    ///     .busy_timeout(Duration::from_millis(500));
    /// let store = SqlStore::sqlite(SqlitePoolOptions::new().connect_lazy_with(file), TableLayout::new());
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "sqlite")]
    #[cfg_attr(docsrs, doc(cfg(feature = "sqlite")))]
    #[must_use]
    pub fn sqlite(pool: sqlx::SqlitePool, layout: TableLayout) -> Self {
        Self::on(pool, layout)
    }

    fn on(pool: impl AnyPool + 'static, layout: TableLayout) -> Self {
        Self {
            site: Arc::new(Site::new(pool.database(), pool.place(), &layout)),
            statements: Arc::new(Statements::new(pool.database(), layout)),
            sweep_batch: sweep_batch(pool.database()),
            pool: Arc::new(pool),
            limit: TIME_LIMIT,
            late: Arc::new(Semaphore::new(LATE_ATTEMPTS)),
        }
    }

    /// Sets how long an operation may take, the wait for a connection included; 1 s by default, at
    /// most a day.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// fn quick(store: hardtack_sqlx::SqlStore) -> hardtack_sqlx::SqlStore {
    ///     store.time_limit(Duration::from_millis(250))
    /// }
    /// ```
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.limit = limit.min(LONGEST);
        self
    }

    /// Sets the number of rows that a sweep deletes in one statement; 1,000 by default, in SQLite 100.
    ///
    /// ```
    /// fn gentle(store: hardtack_sqlx::SqlStore) -> hardtack_sqlx::SqlStore {
    ///     store.sweep_batch(100)
    /// }
    /// ```
    #[must_use]
    pub fn sweep_batch(mut self, rows: u32) -> Self {
        self.sweep_batch = rows.max(1);
        self
    }

    pub(crate) fn database(&self) -> SqlDatabase {
        self.statements.database
    }

    /// Runs an operation within the time limit.
    async fn run(&self, key: &str, what: What) -> Result<Answer, Failure> {
        let operation = Operation {
            key: key.to_owned(),
            what,
        };
        let name = operation.name();
        let deadline = Instant::now() + self.limit;
        let mut held = self.acquire(deadline, name).await?;
        let (statements, site) = (Arc::clone(&self.statements), Arc::clone(&self.site));
        // In a task, so that a client who leaves costs no connection. One that is late gets as much
        // time again for its answer: to replace every slow connection would add to the load.
        let late = deadline + self.limit;
        let task = tokio::spawn(async move {
            let Some(connection) = held.get() else {
                return Err(Failure::ended(name));
            };
            let mut on = Session {
                statements: &statements,
                site: &site,
                connection,
            };
            let answer = timeout_at(late, operation.run(&mut on)).await;
            match &answer {
                Err(_) => {}
                Ok(Err(failure)) if failure.kind == Kind::Broken => {}
                Ok(_) => held.keep(),
            }
            answer.unwrap_or_else(|_| Err(site.timed_out(name)))
        });
        match timeout_at(deadline, task).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(Failure::ended(name)),
            Err(_) => Err(self.site.timed_out(name)),
        }
    }

    /// Takes a connection from the pool.
    pub(crate) async fn acquire(&self, deadline: Instant, what: &str) -> Result<Held, Failure> {
        let pool = Arc::clone(&self.pool);
        let mut acquiring = Box::pin(async move { pool.acquire().await });
        match timeout_at(deadline, &mut acquiring).await {
            Ok(Ok(connection)) => return Ok(Held::new(connection, self.limit)),
            Ok(Err(error)) => return Err(self.site.not_connected(error, what)),
            Err(_) => {}
        }
        let failure = self.site.not_connected_in_time(self.pool.exhausted());
        // A server under load may need longer to let a connection in. If each attempt were given up at
        // the limit, none would ever succeed: a few go on, and the next operation finds the connection.
        if let Ok(permit) = Arc::clone(&self.late).try_acquire_owned() {
            let limit = self.limit;
            let late = deadline + limit.saturating_mul(LATE).min(LONGEST);
            tokio::spawn(async move {
                // It returns to the pool, unless it failed: that the next operation will tell.
                if let Ok(Ok(connection)) = timeout_at(late, acquiring).await {
                    Held::new(connection, limit).keep();
                }
                drop(permit);
            });
        }
        Err(failure)
    }
}

impl SessionStore for SqlStore {
    async fn load(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        match self.run(key, What::Load).await? {
            Answer::Loaded(entry) => Ok(entry),
            _ => Err(self.site.mixed_up().into()),
        }
    }

    async fn save(
        &self,
        key: &str,
        bytes: Bytes,
        ttl: Option<Duration>,
        when: &When,
    ) -> Result<Saved, StoreError> {
        let when = when.clone();
        match self.run(key, What::Save { bytes, ttl, when }).await? {
            Answer::Saved(saved) => Ok(saved),
            _ => Err(self.site.mixed_up().into()),
        }
    }

    fn renames(&self) -> bool {
        true
    }

    async fn rename(
        &self,
        from: &str,
        to: &str,
        bytes: Bytes,
        ttl: Option<Duration>,
        version: &Version,
    ) -> Result<Saved, StoreError> {
        let what = What::Rename {
            to: to.to_owned(),
            bytes,
            ttl,
            version: version.clone(),
        };
        match self.run(from, what).await? {
            Answer::Saved(saved) => Ok(saved),
            _ => Err(self.site.mixed_up().into()),
        }
    }

    async fn touch(&self, key: &str, ttl: Option<Duration>) -> Result<bool, StoreError> {
        match self.run(key, What::Touch { ttl }).await? {
            Answer::Found(is_found) => Ok(is_found),
            _ => Err(self.site.mixed_up().into()),
        }
    }

    async fn delete(&self, key: &str, when: &When) -> Result<bool, StoreError> {
        let when = when.clone();
        match self.run(key, What::Delete { when }).await? {
            Answer::Found(is_found) => Ok(is_found),
            _ => Err(self.site.mixed_up().into()),
        }
    }
}

impl fmt::Debug for SqlStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlStore")
            .field("database", &self.database())
            .field("place", &format_args!("{}", self.site.place))
            .field("table", &self.statements.layout.table)
            .field("time_limit", &self.limit)
            .finish_non_exhaustive()
    }
}
