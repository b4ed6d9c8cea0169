//! Sessions of [hardtack](https://docs.rs/hardtack) in a table of Postgres, MySQL, MariaDB or SQLite.
//!
#![cfg_attr(feature = "postgres", doc = "```no_run")]
#![cfg_attr(not(feature = "postgres"), doc = "```ignore")]
//! use std::time::Duration;
//!
//! use hardtack::ServerSessions;
//! use hardtack::stores::{SessionFormat, StoredJson};
//! use hardtack_sqlx::SqlStore;
//!
//! # async fn start(pool: sqlx::PgPool) -> Result<(), hardtack::stores::StoreError> {
//! let store = SqlStore::postgres(pool, StoredJson.table_layout()); // the app's own pool
//! for warning in store.check().await?.warnings {
//!     eprintln!("{warning}"); // such as: the key's column has no unique index
//! }
//! tokio::spawn(store.sweep(Duration::from_secs(3600))); // deletes rows that have ended
//! let sessions = ServerSessions::new(StoredJson, store, "_shop_session")
//!     .expire_after(Duration::from_secs(14 * 24 * 3600));
//! # Ok(())
//! # }
//! ```
//!
//! [`SqlStore`](https://docs.rs/hardtack-sqlx/latest/hardtack_sqlx/struct.SqlStore.html) is a
//! [`SessionStore`](hardtack::stores::SessionStore). A session format names its table
//! ([`table_layout`](hardtack::stores::SessionFormat::table_layout)), and
//! [`TableLayout::schema`](hardtack::stores::TableLayout::schema) returns the SQL that creates it. The
//! layout of `StoredHash::active_record_store()` is the table `sessions` of activerecord-session_store.
//! Those of `ExpressSession::connect_pg_simple(..)`, `connect_session_knex(..)` and
//! `connect_session_sequelize(..)` are the tables of these packages for Express.
//! Tested are Postgres 15, MariaDB 10.11 and SQLite 3.
//!
//! # Statements
//!
//! Every operation is a statement on one row, which is a transaction of its own:
//!
//! | operation | Postgres, SQLite | MySQL, MariaDB |
//! | --- | --- | --- |
//! | load | `SELECT data .. WHERE key AND not ended` | the same |
//! | save, `Unchanged` | `UPDATE .. WHERE key AND not ended AND data = old`; if no row: the load | the same |
//! | save, `Present` | `UPDATE .. WHERE key AND not ended` | the same |
//! | rename | `UPDATE .. SET key .. WHERE key AND not ended AND data = old` | the same |
//! | save, `Absent` | `INSERT .. ON CONFLICT (key) DO UPDATE .. WHERE ended`; if no row: the load | `INSERT`; if the key is taken: `DELETE .. WHERE key AND ended` and again, or the load |
//! | save, `Always` | `INSERT .. ON CONFLICT (key) DO UPDATE` | `UPDATE .. WHERE key`; if no row: `INSERT` |
//! | touch | `UPDATE .. SET expires_at .. WHERE key AND not ended`; without a time `SELECT 1` | the same |
//! | delete | `DELETE .. WHERE key AND not ended`; `Unchanged`: `AND data = old` | the same |
//! | sweep | `DELETE` of some rows that have ended, by a sub-select; Postgres: `FOR UPDATE SKIP LOCKED` | `DELETE .. WHERE ended ORDER BY .. LIMIT` |
//!
//! Keys and data are compared byte by byte, whatever the collation is; JSON as its text. No statement
//! of MySQL is an `INSERT IGNORE`, which cuts what is too long, or an `ON DUPLICATE KEY UPDATE`, which
//! may hit another row. Each write of MySQL asks for strict mode, so that what is too long is refused
//! whatever the pool's settings are: MariaDB and MySQL 8 do as they are asked. Before its first save, a
//! store asks whether it is so: MySQL 5.7, or a proxy that takes comments away, needs it in `sql_mode`,
//! and saves are an error without it.
//!
//! In a table without a column for the expiry, a row counts until it is deleted: a touch sets its
//! `updated_at`, by which the sweep finds old rows. Without `updated_at` too, a touch only looks for
//! the row, and none is swept. With the layout's `reads_ended`, a row counts until it is deleted
//! although it has an expiry: only touches and the sweep use that.
//!
//! The row of a session that is found under an older key is renamed, as Rails does.
//!
//! # Logins of Rails 8
//!
//! `bin/rails generate authentication` keeps logins in a table of its own.
//! [`SqlLogins`](https://docs.rs/hardtack-sqlx/latest/hardtack_sqlx/struct.SqlLogins.html) is the
//! [`LoginStore`](hardtack::authentication::LoginStore) over it, with the same pool, time limit and
//! errors.
//!
//! # Time
//!
//! The database's own clock decides, in UTC whatever the connection's zone is if the columns have
//! none, as those of the schema: the clocks of the servers and of the database may differ. Columns of
//! the types `timestamptz` and, in MySQL, `timestamp` need all connections in UTC, and `check` warns.
//! A layout may have another [`TimeForm`](hardtack::stores::TimeForm):
//!
//! | form | Postgres | MySQL, MariaDB | SQLite |
//! | --- | --- | --- | --- |
//! | `Utc` | `now() AT TIME ZONE 'UTC'`, a `timestamp` | `UTC_TIMESTAMP(6)`, a `datetime(6)` | `2026-03-04 05:13:44.112000` |
//! | `LocalSeconds` | `to_timestamp(ceil(..))` as a `timestamp`, in the zone of the connection or of the layout | as `Utc` | as `Utc` |
//! | `Iso8601` | a `timestamptz`, in milliseconds | a `datetime` in UTC, in whole seconds | `2026-03-04T05:13:44.112Z` |
//! | `WithOffset` | the same | the same | `2026-03-04 05:13:44.112 +00:00` |
//!
//! A row whose end is the present has ended in the form `Utc`, and not in the others. sqlx sets the
//! zone of its own connections to UTC, whatever the server's is: name the framework's in the layout
//! ([`time_zone`](hardtack::stores::TableLayout::time_zone)).
//!
//! Lives are kept to the millisecond, and are a thousand years at most.
//!
//! An operation ends within the store's time limit, 1 s by default, the wait for a connection
//! included. A statement that is late gets as much time again in the background; then its connection
//! is closed, and no operation reads the answer to another. The pool may open another one then, while
//! the server still works on the late statement: it may have more connections than the pool's limit,
//! and a late write may happen after a newer one. Let the server give up as well: `statement_timeout`
//! or `lock_timeout` in Postgres, `lock_wait_timeout` in MySQL, and in MariaDB `max_statement_time`.
//! `check` warns without them. Of the attempts to connect that are late, two go on for ten limits: a busy
//! server, or one that has just come back, may need longer to let a connection in. A client that leaves
//! costs no connection: what has begun is finished.
//!
//! If the database takes a statement back (a deadlock, a serialization failure), the operation runs
//! again, three times in all. Nothing else is tried again. After any other error of a save, the session
//! may or may not be written; one that has timed out may even be written later. With the condition
//! `Unchanged`, it then replaces nothing newer.
//!
//! # The pool
//!
//! The pool is the app's, with its address, its TLS (a feature of sqlx) and its size. An operation
//! holds a connection for its statement only. Connect to the primary: a replica may have an older
//! session. A connection whose server became a standby is closed at the first write that it refuses.
//!
//! - **PgBouncer** in transaction mode: use 1.21 or later with `max_prepared_statements`. sqlx prepares
//!   its statements under names that each connection counts anew: without that setting, one client's
//!   statement may run in the place of another's, and sessions can be lost.
//! - **MySQL**: strict mode (`STRICT_TRANS_TABLES`) and autocommit, as by default.
//! - **SQLite**: set `journal_mode(Wal)`, so that readers and the writer do not wait for each other,
//!   and a `busy_timeout` below the time limit: a locked database is an error then that says so. Each
//!   connection runs on a thread of its own.
//!
//! # Trust
//!
//! The database is the app's own: the size of what it returns is trusted. Errors, events and `Debug`
//! show host and port or the file, and never a user, a password, a key or a session. Of the
//! database's own errors they show the primary message, escaped, cut, and only up to the first quoted
//! text that is no name of the layout. Names of tables and columns are quoted. Events have the target
//! `hardtack`.
//!
//! # Features
//!
//! `postgres`, `mysql` (MySQL and MariaDB) and `sqlite` (built in; a C compiler is needed).
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
mod check;
#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
mod driver;
#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
mod failure;
#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
mod held;
#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
mod operation;
#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
mod sql_logins;
#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
mod sql_store;
#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
mod statements;
#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
mod sweep;
#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
mod uuid;

#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
pub use check::{Check, Warning};
#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
pub use sql_logins::SqlLogins;
#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
pub use sql_store::SqlStore;
