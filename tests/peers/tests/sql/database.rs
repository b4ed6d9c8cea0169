//! [`Database`]: a database of one of the three kinds, with a connection beside the store's.

use std::path::{Path, PathBuf};
use std::time::Duration;

use hardtack::stores::TableLayout;
use hardtack_peers::{MariaDbServer, PostgresServer};
use hardtack_sqlx::SqlStore;
use serde_json::{Value, json};
use sqlx::mysql::{MySqlConnectOptions, MySqlPoolOptions};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, MySqlPool, PgPool, SqlitePool};

/// The number of connections of each store.
const CONNECTIONS: u32 = 8;

/// A database that runs, and a pool for the test's own statements.
pub(crate) enum Database {
    Postgres(PostgresServer, PgPool),
    MariaDb(MariaDbServer, MySqlPool),
    Sqlite(SqliteFile, SqlitePool),
}

/// A file of SQLite, which is removed when dropped.
pub(crate) struct SqliteFile(PathBuf);

impl SqliteFile {
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for SqliteFile {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm"] {
            // It fails where there is no such file.
            let _ = std::fs::remove_file(format!("{}{suffix}", self.0.display()));
        }
    }
}

impl Database {
    pub(crate) fn postgres(options: &[&str]) -> Self {
        let server = PostgresServer::start(options);
        let pool = PgPoolOptions::new().connect_lazy_with(postgres_options(&server));
        Self::Postgres(server, pool)
    }

    pub(crate) fn mariadb(options: &[&str]) -> Self {
        let server = MariaDbServer::start(options);
        let pool = MySqlPoolOptions::new().connect_lazy_with(mariadb_options(&server));
        Self::MariaDb(server, pool)
    }

    /// Names a file, which the first connection makes; `name` tells it from other tests' files.
    pub(crate) fn sqlite(name: &str) -> Self {
        let name = format!("hardtack-sqlite-{}-{name}", std::process::id());
        let file = SqliteFile(std::env::temp_dir().join(name));
        let pool = SqlitePoolOptions::new().connect_lazy_with(sqlite_options(&file));
        Self::Sqlite(file, pool)
    }

    /// Starts one of each kind, in the order of [`NAMES`](Self::NAMES).
    pub(crate) fn all(name: &str) -> [Self; 3] {
        [Self::postgres(&[]), Self::mariadb(&[]), Self::sqlite(name)]
    }

    pub(crate) const NAMES: [&str; 3] = ["Postgres", "MariaDB", "SQLite"];

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Postgres(..) => Self::NAMES[0],
            Self::MariaDb(..) => Self::NAMES[1],
            Self::Sqlite(..) => Self::NAMES[2],
        }
    }

    /// Creates a store with a pool of its own.
    pub(crate) fn store(&self, layout: TableLayout) -> SqlStore {
        match self {
            Self::Postgres(server, _) => {
                let pool = PgPoolOptions::new().max_connections(CONNECTIONS);
                SqlStore::postgres(pool.connect_lazy_with(postgres_options(server)), layout)
            }
            Self::MariaDb(server, _) => {
                let pool = MySqlPoolOptions::new().max_connections(CONNECTIONS);
                SqlStore::mysql(pool.connect_lazy_with(mariadb_options(server)), layout)
            }
            Self::Sqlite(file, _) => {
                let pool = SqlitePoolOptions::new().max_connections(CONNECTIONS);
                SqlStore::sqlite(pool.connect_lazy_with(sqlite_options(file)), layout)
            }
        }
    }

    /// Creates a store whose connections are in this time zone, such as `+05:45`; SQLite has none.
    pub(crate) fn store_in_zone(&self, layout: TableLayout, zone: &str) -> SqlStore {
        match self {
            Self::Postgres(server, _) => {
                // In a number of hours the sign is that of the ISO; in `<+05:45>-05:45` that of POSIX.
                let zone = format!("<{zone}>{}", opposite(zone));
                SqlStore::postgres(postgres_in_zone(server, zone), layout)
            }
            Self::MariaDb(server, _) => {
                let options = mariadb_options(server).timezone(zone.to_owned());
                SqlStore::mysql(MySqlPoolOptions::new().connect_lazy_with(options), layout)
            }
            Self::Sqlite(..) => self.store(layout),
        }
    }

    /// Runs statements, which are separated by semicolons; returns the number of rows.
    #[track_caller]
    pub(crate) fn run(&self, sql: &str) -> impl Future<Output = u64> {
        let sql = sql.to_owned();
        async move {
            let run = sqlx::raw_sql(AssertSqlSafe(sql.clone()));
            let rows = match self {
                Self::Postgres(_, pool) => run.execute(pool).await.map(|done| done.rows_affected()),
                Self::MariaDb(_, pool) => run.execute(pool).await.map(|done| done.rows_affected()),
                Self::Sqlite(_, pool) => run.execute(pool).await.map(|done| done.rows_affected()),
            };
            rows.unwrap_or_else(|error| panic!("{}: {sql}: {error}", self.name()))
        }
    }

    /// Returns the first column of the rows of a query, which is text.
    pub(crate) async fn texts(&self, sql: &str) -> Vec<String> {
        let sql = AssertSqlSafe(sql.to_owned());
        let texts = match self {
            Self::Postgres(_, pool) => sqlx::query_scalar(sql).fetch_all(pool).await,
            Self::MariaDb(_, pool) => sqlx::query_scalar(sql).fetch_all(pool).await,
            Self::Sqlite(_, pool) => sqlx::query_scalar(sql).fetch_all(pool).await,
        };
        texts.unwrap_or_else(|error| panic!("{}: {error}", self.name()))
    }

    /// Returns the number that a query gives, such as a count.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let sql = AssertSqlSafe(sql.to_owned());
        let number = match self {
            Self::Postgres(_, pool) => sqlx::query_scalar(sql).fetch_one(pool).await,
            Self::MariaDb(_, pool) => sqlx::query_scalar(sql).fetch_one(pool).await,
            Self::Sqlite(_, pool) => sqlx::query_scalar(sql).fetch_one(pool).await,
        };
        number.unwrap_or_else(|error| panic!("{}: {error}", self.name()))
    }

    /// Ends the server, as a crash does.
    pub(crate) fn stop(&mut self) {
        match self {
            Self::Postgres(server, _) => server.stop(),
            Self::MariaDb(server, _) => server.stop(),
            Self::Sqlite(..) => panic!("SQLite has no server"),
        }
    }

    /// Ends the server in order.
    pub(crate) fn shut_down(&mut self) {
        match self {
            Self::Postgres(server, _) => server.shut_down(),
            Self::MariaDb(server, _) => server.shut_down(),
            Self::Sqlite(..) => panic!("SQLite has no server"),
        }
    }

    pub(crate) fn start_again(&mut self) {
        match self {
            Self::Postgres(server, _) => server.start_again(),
            Self::MariaDb(server, _) => server.start_again(),
            Self::Sqlite(..) => panic!("SQLite has no server"),
        }
    }

    /// Halts the server.
    pub(crate) fn pause(&self) {
        match self {
            Self::Postgres(server, _) => server.pause(),
            Self::MariaDb(server, _) => server.pause(),
            Self::Sqlite(..) => panic!("SQLite has no server"),
        }
    }

    pub(crate) fn go_on(&self) {
        match self {
            Self::Postgres(server, _) => server.go_on(),
            Self::MariaDb(server, _) => server.go_on(),
            Self::Sqlite(..) => panic!("SQLite has no server"),
        }
    }

    /// Returns a text as this database quotes it.
    pub(crate) fn quoted(&self, text: &str) -> String {
        let text = text.replace('\'', "''");
        match self {
            // A backslash is an escape in MariaDB only.
            Self::MariaDb(..) => format!("'{}'", text.replace('\\', "\\\\")),
            Self::Postgres(..) | Self::Sqlite(..) => format!("'{text}'"),
        }
    }

    /// Returns a name as this database quotes it.
    pub(crate) fn quoted_name(&self, name: &str) -> String {
        match self {
            Self::MariaDb(..) => format!("`{}`", name.replace('`', "``")),
            Self::Postgres(..) | Self::Sqlite(..) => format!("\"{}\"", name.replace('"', "\"\"")),
        }
    }

    /// Returns the settings of Active Record for this database.
    pub(crate) fn active_record(&self) -> Value {
        let server = |adapter, address: std::net::SocketAddr, password| {
            json!({
                "adapter": adapter, "host": "127.0.0.1", "port": address.port(),
                "username": "app", "password": password, "database": "app",
            })
        };
        match self {
            Self::Postgres(one, _) => server("postgresql", one.address(), PostgresServer::PASSWORD),
            Self::MariaDb(one, _) => server("mysql2", one.address(), MariaDbServer::PASSWORD),
            Self::Sqlite(file, _) => {
                json!({"adapter": "sqlite3", "database": file.path(), "timeout": 5000})
            }
        }
    }
}

fn postgres_options(server: &PostgresServer) -> PgConnectOptions {
    server.url().parse().expect("an address")
}

/// Creates a pool whose connections are in a time zone. sqlx asks for UTC when it connects, which
/// comes after the command line's options: the zone is set later.
pub(crate) fn postgres_in_zone(server: &PostgresServer, zone: String) -> PgPool {
    let pool = PgPoolOptions::new().after_connect(move |connection, _| {
        let sql = format!("SET TIME ZONE '{zone}'");
        Box::pin(async move {
            let set = sqlx::raw_sql(AssertSqlSafe(sql));
            set.execute(connection).await.map(|_| ())
        })
    });
    pool.connect_lazy_with(postgres_options(server))
}

fn mariadb_options(server: &MariaDbServer) -> MySqlConnectOptions {
    server.url().parse().expect("an address")
}

fn sqlite_options(file: &SqliteFile) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file.path())
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(Duration::from_secs(5))
}

/// Returns a zone's offset with the other sign.
fn opposite(zone: &str) -> String {
    match zone.split_at(1) {
        ("+", rest) => format!("-{rest}"),
        (_, rest) => format!("+{rest}"),
    }
}
