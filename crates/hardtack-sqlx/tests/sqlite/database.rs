//! A database in a file of its own, which is removed at the end.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use hardtack::stores::{SessionFormat, SqlDatabase, StoredHash, TableLayout};
use hardtack_sqlx::SqlStore;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, SqlitePool};

pub(crate) struct Database {
    pub(crate) pool: SqlitePool,
    path: PathBuf,
}

/// The table of activerecord-session_store.
pub(crate) fn rails() -> TableLayout {
    StoredHash::active_record_store().table_layout()
}

impl Database {
    /// Creates a database with the table of a layout.
    pub(crate) async fn new(layout: &TableLayout) -> Self {
        let database = Self::empty(Duration::from_millis(500)).await;
        database.execute(layout.schema(SqlDatabase::Sqlite)).await;
        database
    }

    /// Creates a database without a table, whose connections wait so long for a lock.
    pub(crate) async fn empty(busy_timeout: Duration) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("hardtack-sqlx-{}-{number}.sqlite3", std::process::id());
        let path = std::env::temp_dir().join(name);
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .busy_timeout(busy_timeout);
        let pool = SqlitePoolOptions::new().max_connections(4);
        let pool = pool.connect_with(options).await.unwrap();
        Self { pool, path }
    }

    /// Returns a store whose limit a busy machine does not reach.
    pub(crate) fn store(&self, layout: TableLayout) -> SqlStore {
        SqlStore::sqlite(self.pool.clone(), layout).time_limit(Duration::from_secs(20))
    }

    pub(crate) async fn execute(&self, sql: impl Into<String>) {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.into()));
        sql.execute(&self.pool).await.unwrap();
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the only value of a query.
    pub(crate) async fn value<T>(&self, sql: &'static str) -> T
    where
        T: for<'r> sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite> + Send + Unpin,
    {
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.unwrap()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm"] {
            let mut path = self.path.clone().into_os_string();
            path.push(end);
            // The test has said what was wrong, if anything was.
            let _ = std::fs::remove_file(path);
        }
    }
}
