//! [`Failure`]: what went wrong with a database, and how to mend it.

#[cfg(test)]
mod tests;

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use hardtack::observe::Shown;
use hardtack::stores::{SqlDatabase, StoreError, TableLayout};

/// An error of a statement or a connection. It never holds a key, a session, a user or a password.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    message: String,
    /// An error of the network: a database's own has its raw text.
    source: Option<Arc<std::io::Error>>,
    pub(crate) kind: Kind,
}

/// The kind of a failure, as far as the caller acts on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Another row has the key.
    Taken,
    /// The database took the statement back, to solve a deadlock: it may be run again.
    RolledBack,
    /// Another connection held SQLite's lock for longer than the `busy_timeout`: nothing was done.
    Locked,
    /// There was no connection: nothing was sent.
    NotConnected,
    /// The connection is of no use any more.
    Broken,
    /// The database refused the statement, or the store did.
    Refused,
}

/// The place of a failure, for its text.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) database: SqlDatabase,
    /// Host and port, or the file.
    pub(crate) place: String,
    table: String,
    /// The names in the table's layout, which a database may quote.
    names: Vec<String>,
}

impl Site {
    pub(crate) fn new(database: SqlDatabase, place: String, layout: &TableLayout) -> Self {
        let columns = [
            &layout.id,
            &layout.expires_at,
            &layout.created_at,
            &layout.updated_at,
        ];
        let mut names: Vec<String> = columns.into_iter().flatten().cloned().collect();
        names.extend([layout.key.clone(), layout.data.clone()]);
        names.push(layout.table.clone());
        names.extend(layout.table.rsplit('.').next().map(str::to_owned));
        Self {
            database,
            place,
            table: layout.table.clone(),
            names,
        }
    }

    /// The pool gave no connection before the time was over.
    pub(crate) fn not_connected_in_time(&self, exhausted: Option<u32>) -> Failure {
        let Self {
            database, place, ..
        } = self;
        let mut failure = Failure::new(match exhausted {
            Some(connections) => format!(
                "no connection to {database} at {place} within the time limit: all {connections} \
                 connections of the pool are in use, or being opened: check that the database runs, \
                 look for what is slow, or enlarge the pool"
            ),
            None => format!(
                "{database} at {place} could not be connected to within the time limit: check that \
                 it runs, and the network"
            ),
        });
        failure.kind = Kind::NotConnected;
        failure
    }

    /// The time is over before there was an answer.
    pub(crate) fn timed_out(&self, what: &str) -> Failure {
        let Self {
            database, place, ..
        } = self;
        let lock = match database {
            SqlDatabase::Sqlite => "another connection may hold the database's lock",
            _ => "check its load, its locks and the network",
        };
        Failure::new(format!(
            "{database} at {place} did not answer {what} within the time limit; if it was a write, it \
             may have happened: {lock}, or raise `time_limit`"
        ))
    }

    /// The column takes text, and the session's bytes are none.
    pub(crate) fn not_text(&self, column: &str) -> Failure {
        let column = Shown::new(column);
        Failure::new(format!(
            "the column {column} of {} holds text, and these bytes are no text that it takes: make \
             it binary, and set `TableLayout::data_type(DataType::Binary)`",
            self.database
        ))
    }

    /// The row could neither be written nor found.
    pub(crate) fn neither_written_nor_found(&self) -> Failure {
        Failure::new(format!(
            "{} at {} says that a row has the session's key, and finds none: the key's column may \
             ignore case (change its collation), or another unique index refuses the row",
            self.database, self.place
        ))
    }

    /// MySQL would cut what is too long, whatever the statement asks for.
    pub(crate) fn not_strict(&self) -> Failure {
        Failure::new(format!(
            "{} at {} is not in strict mode, and would cut a session that is too long for its column: \
             add STRICT_TRANS_TABLES to `sql_mode`; nothing was written",
            self.database, self.place
        ))
    }

    /// SQLite gives texts in the file's own encoding.
    pub(crate) fn not_utf8(&self) -> Failure {
        Failure::new(format!(
            "the texts of {} at {} are in UTF-16, and no session could be read: make the file anew \
             with `PRAGMA encoding = 'UTF-8'`, which is the default",
            self.database, self.place
        ))
    }

    /// The table's ids are integers, and the logins' store takes them for UUIDs.
    pub(crate) fn ids_are_integers(&self) -> Failure {
        Failure::new(format!(
            "a login was written to the table {} of {} at {}, whose ids are integers: do without \
             `SqlLogins::uuid_keys()`",
            Shown::new(&self.table),
            self.database,
            self.place
        ))
    }

    /// The table's ids are UUIDs, and the logins' store takes them for integers.
    pub(crate) fn ids_are_no_integers(&self) -> Failure {
        Failure::new(format!(
            "a login was written to the table {} of {} at {}, and its id is no integer: call \
             `SqlLogins::uuid_keys()`",
            Shown::new(&self.table),
            self.database,
            self.place
        ))
    }

    /// The answer is one to another operation, which `Operation::run` excludes.
    pub(crate) fn mixed_up(&self) -> Failure {
        Failure::new(format!(
            "an operation on {} has another's answer: report this error of hardtack-sqlx",
            self.database
        ))
    }

    /// sqlx gave an error before a connection was there: nothing was sent.
    pub(crate) fn not_connected(&self, error: sqlx::Error, what: &str) -> Failure {
        let Self {
            database, place, ..
        } = self;
        let mut failure = match error {
            sqlx::Error::Io(error) => {
                let mut failure = Failure::new(format!(
                    "{database} at {place} could not be connected to for {what}, and nothing was sent: \
                     {}",
                    Shown::new(&error.to_string()).at_most(300)
                ));
                failure.source = Some(Arc::new(error));
                failure
            }
            sqlx::Error::Database(_) => self.of(error, what),
            error => Failure::new(format!(
                "{database} at {place} did not do {what}: {}",
                said(&error)
            )),
        };
        failure.kind = Kind::NotConnected;
        failure
    }

    /// sqlx gave an error after a statement was sent.
    pub(crate) fn of(&self, error: sqlx::Error, what: &str) -> Failure {
        let Self {
            database, place, ..
        } = self;
        let at = format!("{database} at {place}");
        match error {
            sqlx::Error::Database(error) => {
                let code = error.code().unwrap_or_default().into_owned();
                let kind = if error.is_unique_violation() {
                    Kind::Taken
                } else if is_rolled_back(&code) {
                    Kind::RolledBack
                } else if *database == SqlDatabase::Sqlite && is_locked(&code) {
                    Kind::Locked
                } else if is_of_this_connection(&code, error.message()) {
                    Kind::Broken
                } else {
                    Kind::Refused
                };
                // Its text may hold the key: "Duplicate entry '2::..' for key".
                let said = if kind == Kind::Taken {
                    "a row has the key already".to_owned()
                } else {
                    self.said(error.message())
                };
                let advice = advice(*database, &code, error.message());
                let (code, table) = (Shown::new(&code), Shown::new(&self.table));
                let mut failure = Failure::new(format!(
                    "{at} answered {what} (table {table}) with {code} {said}{advice}"
                ));
                failure.kind = kind;
                failure
            }
            sqlx::Error::Io(error) => {
                let mut failure = Failure::new(format!(
                    "the connection to {at} failed during {what}; if it was a write, it may have \
                     happened: {}",
                    Shown::new(&error.to_string()).at_most(300)
                ));
                failure.source = Some(Arc::new(error));
                failure.kind = Kind::Broken;
                failure
            }
            error => {
                let mut failure = Failure::new(format!(
                    "{what} failed at {at}: {}; if it was a write, it may have happened",
                    said(&error)
                ));
                failure.kind = Kind::Broken;
                failure
            }
        }
    }

    /// Returns a database's message up to the first quoted text that is no name of the table's
    /// layout: it may be a value.
    fn said(&self, message: &str) -> String {
        let mut end = message.len();
        let mut rest = message;
        while let Some(start) = rest.find(QUOTES) {
            let (_, from) = rest.split_at(start);
            let quote = from.chars().next().unwrap_or_default();
            let inner = from.get(quote.len_utf8()..).unwrap_or_default();
            let known = self.names.iter().find(|name| {
                let after = inner.strip_prefix(name.as_str());
                after.is_some_and(|after| after.starts_with(quote))
            });
            let Some(known) = known else {
                end = message.len() - from.len();
                break;
            };
            rest = inner
                .get(known.len() + quote.len_utf8()..)
                .unwrap_or_default();
        }
        let (shown, cut) = message.split_at(end);
        let dots = if cut.is_empty() { "" } else { ".." };
        format!("{}{dots}", Shown::new(shown).at_most(300))
    }
}

impl Failure {
    /// Creates a failure in the store's own words.
    fn new(message: String) -> Self {
        Self {
            message,
            source: None,
            kind: Kind::Refused,
        }
    }

    /// The task that ran the operation is gone: its runtime ends.
    pub(crate) fn ended(what: &str) -> Self {
        Self::new(format!(
            "the runtime ended during {what}; if it was a write, it may have happened"
        ))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|error| &**error as _)
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        Self::new(failure)
    }
}

/// Returns what an error of sqlx itself means. Such errors may quote what was sent or received.
fn said(error: &sqlx::Error) -> &'static str {
    match error {
        sqlx::Error::PoolTimedOut => "the pool gave no connection within its own `acquire_timeout`",
        sqlx::Error::PoolClosed => "the pool is closed",
        sqlx::Error::WorkerCrashed => "the thread of the connection is gone",
        sqlx::Error::Tls(_) => "TLS could not be agreed on: check the certificates",
        sqlx::Error::Configuration(_) => "the pool's settings are not understood",
        _ => "the answer was not understood",
    }
}

/// The quotes of databases in any language.
const QUOTES: [char; 14] = [
    '\'', '"', '`', '«', '»', '‹', '›', '„', '“', '”', '‚', '‘', '「', '『',
];

/// Checks for the codes of a statement that was taken back: 40001 (a serialization failure, and
/// MySQL's deadlock), 40P01 (Postgres' deadlock).
fn is_rolled_back(code: &str) -> bool {
    matches!(code, "40001" | "40P01")
}

/// Checks for SQLite's code `SQLITE_BUSY` or `SQLITE_LOCKED`, whose extended codes have it in their
/// lowest byte.
fn is_locked(code: &str) -> bool {
    let code: Option<u32> = code.parse().ok();
    matches!(code.map(|code| code & 0xff), Some(5 | 6))
}

/// Checks for the errors that another connection may not have: a plan or a prepared statement that
/// is outdated, and a server that became a standby.
fn is_of_this_connection(code: &str, message: &str) -> bool {
    match code {
        "0A000" => message.starts_with("cached plan"),
        "26000" | "42P05" | "25006" => true,
        "HY000" => message.contains("repared statement") || message.contains("read-only"),
        _ => false,
    }
}

/// Returns what to do, with a separator before it; empty where the database's own words say it.
fn advice(database: SqlDatabase, code: &str, message: &str) -> &'static str {
    match (database, code) {
        (SqlDatabase::Postgres, "42P01") | (SqlDatabase::MySql, "42S02") => NO_TABLE,
        (SqlDatabase::Sqlite, "1") if message.starts_with("no such table") => NO_TABLE,
        (SqlDatabase::Postgres, "42703") | (SqlDatabase::MySql, "42S22") => NO_COLUMN,
        (SqlDatabase::Sqlite, "1") if message.contains("no such column") => NO_COLUMN,
        (SqlDatabase::Sqlite, "1") if message.contains("has no column") => NO_COLUMN,
        (SqlDatabase::Postgres, "42P10") => NO_UNIQUE,
        (SqlDatabase::Sqlite, "1") if message.starts_with("ON CONFLICT clause") => NO_UNIQUE,
        (SqlDatabase::Postgres, "42804") => {
            "; the type of the data's column differs from the layout's: set `TableLayout::data_type`"
        }
        (SqlDatabase::Postgres, "42501") => {
            "; the user needs SELECT, INSERT, UPDATE and DELETE on the table"
        }
        (SqlDatabase::MySql, "42000") if message.contains("denied") => {
            "; the user needs SELECT, INSERT, UPDATE and DELETE on the table"
        }
        (SqlDatabase::Postgres, "25006") => "; this server is a standby: connect to the primary",
        (SqlDatabase::MySql, "HY000") if message.contains("read-only") => {
            "; this server takes no writes: connect to the primary"
        }
        (SqlDatabase::Postgres, "53300") => {
            "; the pools of all processes are larger than it allows"
        }
        (SqlDatabase::Postgres, "26000" | "42P05") => {
            "; behind PgBouncer in transaction mode set its `max_prepared_statements` (1.21 and later)"
        }
        (SqlDatabase::MySql, "22001") => {
            "; the session or its key is longer than the column: make the data a longtext or longblob"
        }
        (SqlDatabase::Sqlite, code) if is_locked(code) => {
            "; another connection holds the lock: set `busy_timeout` and `journal_mode(Wal)`"
        }
        _ => "",
    }
}

const NO_TABLE: &str = "; create the table: `TableLayout::schema` returns the SQL";
const NO_COLUMN: &str = "; the table differs from the `TableLayout`: compare it with its `schema`";
const NO_UNIQUE: &str = "; the key's column needs a unique index";
