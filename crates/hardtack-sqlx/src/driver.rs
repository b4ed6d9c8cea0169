//! A pool and its connections, the same for every database.
//!
//! sqlx's own types differ by the database, and its generic bounds are long: the traits here hide both.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use hardtack::observe::Shown;
use hardtack::stores::SqlDatabase;
use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, Column as _, Pool, Row as _, SqlSafeStr as _};
#[cfg(any(feature = "postgres", feature = "mysql"))]
use tokio::{runtime::Handle, time::timeout};

/// A value of a statement.
#[derive(Clone)]
pub(crate) enum Value {
    Text(String),
    Bytes(Vec<u8>),
    /// A time from now; a negative one is an age.
    Life(Option<Life>),
    Count(i64),
}

/// A time from now, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Life(i64);

/// The longest time: a thousand years. No database's calendar ends before.
const LONGEST: i64 = 1000 * 366 * 24 * 60 * 60 * 1000;

impl Life {
    /// Returns a life, rounded up to milliseconds.
    pub(crate) fn new(life: Duration) -> Self {
        let milliseconds = life.as_nanos().div_ceil(1_000_000);
        Self(i64::try_from(milliseconds).map_or(LONGEST, |life| life.min(LONGEST)))
    }

    /// Returns the time that lies so long ago.
    pub(crate) fn ago(age: Duration) -> Self {
        Self(-Self::new(age).0)
    }

    #[cfg(feature = "postgres")]
    fn milliseconds(self) -> i64 {
        self.0
    }

    #[cfg(feature = "mysql")]
    fn microseconds(self) -> i64 {
        self.0.saturating_mul(1000)
    }

    /// Returns the modifier of SQLite's time functions.
    #[cfg(feature = "sqlite")]
    fn modifier(self) -> String {
        let (sign, milliseconds) = (if self.0 < 0 { '-' } else { '+' }, self.0.unsigned_abs());
        let (seconds, rest) = (milliseconds / 1000, milliseconds % 1000);
        format!("{sign}{seconds}.{rest:03} seconds")
    }
}

/// The changes of a statement.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Changed {
    /// The number of rows that it changed or found to change.
    pub(crate) rows: u64,
    /// The id that MySQL gave to the new row; 0 if it gave none, and in other databases.
    pub(crate) id: u64,
}

/// A row of an answer: a text or bytes in each column.
pub(crate) type Row = Vec<Option<Vec<u8>>>;

pub(crate) type Running<'a, T> = Pin<Box<dyn Future<Output = Result<T, sqlx::Error>> + Send + 'a>>;

/// A pool of the app's.
pub(crate) trait AnyPool: Send + Sync {
    fn acquire(&self) -> Running<'_, Box<dyn AnyConnection>>;
    fn database(&self) -> SqlDatabase;
    /// Returns host and port, or the file.
    fn place(&self) -> String;
    /// Returns the number of connections if all of them are in use, or being opened.
    fn exhausted(&self) -> Option<u32>;
    fn is_closed(&self) -> bool;
}

/// A connection of a pool.
pub(crate) trait AnyConnection: Send {
    fn execute(&mut self, sql: Arc<str>, values: Vec<Value>) -> Running<'_, Changed>;
    /// Runs a query, and returns its rows.
    fn fetch(&mut self, sql: Arc<str>, values: Vec<Value>) -> Running<'_, Vec<Row>>;
    /// Returns the connection to its pool; closes it if the server does not answer in time.
    fn give_back(self: Box<Self>, limit: Duration);
    /// Closes a connection that waits for an answer, or that is broken.
    fn abandon(self: Box<Self>);
}

macro_rules! driver {
    ($feature:literal, $database:ty, $name:expr, $life:expr, $place:expr, $id:expr, $give_back:expr, $abandon:expr) => {
        #[cfg(feature = $feature)]
        impl AnyPool for Pool<$database> {
            fn acquire(&self) -> Running<'_, Box<dyn AnyConnection>> {
                Box::pin(async move {
                    let connection = Pool::acquire(self).await?;
                    Ok(Box::new(connection) as Box<dyn AnyConnection>)
                })
            }

            fn database(&self) -> SqlDatabase {
                $name
            }

            fn place(&self) -> String {
                ($place)(&*self.connect_options())
            }

            fn exhausted(&self) -> Option<u32> {
                let most = self.options().get_max_connections();
                (self.size() >= most && self.num_idle() == 0).then_some(most)
            }

            fn is_closed(&self) -> bool {
                Pool::is_closed(self)
            }
        }

        #[cfg(feature = $feature)]
        impl AnyConnection for PoolConnection<$database> {
            fn execute(&mut self, sql: Arc<str>, values: Vec<Value>) -> Running<'_, Changed> {
                Box::pin(async move {
                    let mut query = sqlx::query(AssertSqlSafe(sql).into_sql_str());
                    for value in values {
                        query = match value {
                            Value::Text(text) => query.bind(text),
                            Value::Bytes(bytes) => query.bind(bytes),
                            Value::Life(life) => query.bind(life.map($life)),
                            Value::Count(count) => query.bind(count),
                        };
                    }
                    let done = query.execute(&mut **self).await?;
                    Ok(Changed {
                        rows: done.rows_affected(),
                        id: ($id)(&done),
                    })
                })
            }

            fn fetch(&mut self, sql: Arc<str>, values: Vec<Value>) -> Running<'_, Vec<Row>> {
                Box::pin(async move {
                    let mut query = sqlx::query(AssertSqlSafe(sql).into_sql_str());
                    for value in values {
                        query = match value {
                            Value::Text(text) => query.bind(text),
                            Value::Bytes(bytes) => query.bind(bytes),
                            Value::Life(life) => query.bind(life.map($life)),
                            Value::Count(count) => query.bind(count),
                        };
                    }
                    let rows = query.fetch_all(&mut **self).await?;
                    rows.iter()
                        .map(|row| {
                            let columns = row.columns().iter();
                            columns
                                .map(|column| {
                                    row.try_get_unchecked::<Option<Vec<u8>>, _>(column.ordinal())
                                })
                                .collect()
                        })
                        .collect()
                })
            }

            fn give_back(self: Box<Self>, limit: Duration) {
                ($give_back)(*self, limit);
            }

            fn abandon(self: Box<Self>) {
                ($abandon)(*self);
            }
        }
    };
}

/// Returns a connection to its pool. sqlx asks the server for a sign of life first, and without a limit:
/// if a host is gone without a word, the pool would miss the connection until TCP gives up.
#[cfg(any(feature = "postgres", feature = "mysql"))]
fn give_back<D: sqlx::Database>(mut connection: PoolConnection<D>, limit: Duration) {
    match Handle::try_current() {
        // Dropped, the future closes the connection, and the pool may open another one.
        Ok(runtime) => drop(runtime.spawn(timeout(limit, connection.return_to_pool()))),
        Err(_) => close(connection),
    }
}

/// Drops a connection at once: neither its answer nor its state is of use.
#[cfg(any(feature = "postgres", feature = "mysql"))]
fn close<D: sqlx::Database>(connection: PoolConnection<D>) {
    drop(connection.detach());
}

driver!(
    "postgres",
    sqlx::Postgres,
    SqlDatabase::Postgres,
    Life::milliseconds,
    |options: &sqlx::postgres::PgConnectOptions| match options.get_socket() {
        Some(socket) => Shown::path(socket).to_string(),
        None => at(options.get_host(), options.get_port()),
    },
    |_| 0,
    give_back,
    close
);

driver!(
    "mysql",
    sqlx::MySql,
    SqlDatabase::MySql,
    Life::microseconds,
    |options: &sqlx::mysql::MySqlConnectOptions| match options.get_socket() {
        Some(socket) => Shown::path(socket).to_string(),
        None => at(options.get_host(), options.get_port()),
    },
    sqlx::mysql::MySqlQueryResult::last_insert_id,
    give_back,
    close
);

// The thread of a connection to SQLite runs each statement to its end, and takes the next one after
// it: a connection that waits goes back to the pool. To close it would empty a database in memory.
driver!(
    "sqlite",
    sqlx::Sqlite,
    SqlDatabase::Sqlite,
    Life::modifier,
    |options: &sqlx::sqlite::SqliteConnectOptions| {
        Shown::path(options.get_filename()).to_string()
    },
    |_| 0,
    |connection, _| drop(connection),
    drop
);

/// Shows host and port.
#[cfg(any(feature = "postgres", feature = "mysql"))]
fn at(host: &str, port: u16) -> String {
    format!("{}:{port}", Shown::new(host))
}

impl fmt::Debug for Value {
    /// Leaves out the value: it may be a key or a session.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Value(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_rounded_up_and_has_an_end() {
        for (life, milliseconds) in [
            (Duration::ZERO, 0),
            (Duration::from_nanos(1), 1),
            (Duration::from_millis(1500), 1500),
            (Duration::from_micros(1_500_001), 1501),
            (Duration::MAX, LONGEST),
        ] {
            assert_eq!(Life::new(life), Life(milliseconds), "{life:?}");
            assert_eq!(Life::ago(life), Life(-milliseconds), "{life:?}");
        }
        // 1,000 years of 366 days in microseconds fit, and end before the year 9999.
        assert_eq!(LONGEST, 31_622_400_000_000);
    }

    #[cfg(feature = "sqlite")]
    #[test]
    fn sqlite_takes_a_life_as_a_modifier() {
        assert_eq!(Life(1_500).modifier(), "+1.500 seconds");
        assert_eq!(Life(-30_007).modifier(), "-30.007 seconds");
        assert_eq!(Life(0).modifier(), "+0.000 seconds");
    }
}
