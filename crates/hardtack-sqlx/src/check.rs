//! [`Check`]: what a table and its database's settings mean for sessions.

mod questions;

use std::fmt;

use hardtack::observe::Shown;
use hardtack::stores::{DataType, SqlDatabase, StoreError, TableLayout, TimeForm};
use tokio::time::{Instant, timeout_at};

use crate::driver::{AnyConnection, Row, Value};
use crate::failure::{Failure, Kind};
use crate::operation::Session;
use crate::sql_store::SqlStore;
use crate::statements::is_strict;

use questions::{Questions, missing_limit};

/// The result of [`SqlStore::check`](crate::SqlStore::check): the table is there with its columns,
/// and these properties put sessions at risk.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Check {
    /// The properties to mend; empty if nothing was found.
    pub warnings: Vec<Warning>,
}

/// A property of a table or a database that puts sessions at risk.
///
/// `Display` says what to do.
///
/// ```
/// use hardtack_sqlx::Warning;
///
/// assert!(Warning::NotStrict.to_string().contains("STRICT_TRANS_TABLES"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// MySQL cuts what other programs write if it is too long for its column, without an error.
    ///
    /// The store asks for strict mode in each write, and refuses to write where it does not get it.
    NotStrict,
    /// MySQL does not commit each statement: what is written is lost with the connection.
    NoAutocommit,
    /// The column of the key takes two keys that differ in case for one.
    KeyIgnoresCase {
        /// The column.
        column: String,
        /// Its collation.
        collation: String,
    },
    /// The column of the key has no unique index.
    KeyNotUnique {
        /// The column.
        column: String,
    },
    /// The column of the data does not hold a long session.
    DataTooShort {
        /// The column.
        column: String,
        /// Its type.
        column_type: String,
        /// Its length.
        length: u64,
    },
    /// The column of the data holds no character beyond U+FFFF.
    Utf8mb3 {
        /// The column.
        column: String,
    },
    /// The column of the data holds the characters of one part of the world.
    NotUnicode {
        /// The column.
        column: String,
        /// Its character set.
        character_set: String,
    },
    /// The server does not end a statement that waits for a lock.
    NoServerLimit {
        /// The setting to set.
        setting: &'static str,
    },
    /// No index begins with the column by which ended rows are found.
    NoIndexToSweep {
        /// The column.
        column: String,
    },
    /// The times of a column depend on the time zones of its connections.
    ZonedTime {
        /// The column.
        column: String,
        /// Its type.
        column_type: String,
    },
    /// The times of a column are in the time zone of the connection, which is another one than the
    /// server's own.
    ZoneOfConnection {
        /// The column.
        column: String,
        /// The time zone of this pool's connections.
        zone: String,
        /// The server's own, by its `log_timezone`.
        zone_of_server: String,
    },
    /// No row ever ends: the table has no expiry, and the layout no age.
    NothingEnds,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStrict => f.write_str(
                "MySQL is not in strict mode: it cuts a session that another program writes if it is too \
                 long for its column, and nobody can read it. Add STRICT_TRANS_TABLES to `sql_mode`",
            ),
            Self::NoAutocommit => f.write_str(
                "MySQL has `autocommit` off: sessions that were written are lost with the connection. \
                 Set `autocommit=1` for this pool",
            ),
            Self::KeyIgnoresCase { column, collation } => write!(
                f,
                "the column {} has the collation {}, which takes keys that differ in case for one: a \
                 new session may be refused. Give it a binary collation, unless all keys are lower-case \
                 hexadecimal, as those of Rails are",
                Shown::new(column),
                Shown::new(collation)
            ),
            Self::KeyNotUnique { column } => write!(
                f,
                "the column {} has no unique index of its own: new sessions are refused, or kept \
                 twice. Create one",
                Shown::new(column)
            ),
            Self::DataTooShort {
                column,
                column_type,
                length,
            } => write!(
                f,
                "the column {} is a {} and holds {length}, less than a long session takes. Change its \
                 type",
                Shown::new(column),
                Shown::new(column_type)
            ),
            Self::Utf8mb3 { column } => write!(
                f,
                "the column {} has the character set utf8mb3, which has no characters beyond U+FFFF, \
                 such as emoji: a session with one is refused. Convert it to utf8mb4",
                Shown::new(column)
            ),
            Self::NotUnicode {
                column,
                character_set,
            } => write!(
                f,
                "the column {} has the character set {}, and JSON may have any character: a session \
                 with another one is refused. Convert it to utf8mb4, unless all sessions are base64, as \
                 Rails' Marshal is",
                Shown::new(column),
                Shown::new(character_set)
            ),
            Self::NoServerLimit { setting } => write!(
                f,
                "the database has no {setting}: a statement that waits for a lock goes on after its \
                 connection is closed, so that the server's connections add up. Set it to twice the \
                 time limit for this pool"
            ),
            Self::NoIndexToSweep { column } => write!(
                f,
                "there is no index on the column {}: each batch of a sweep reads the whole table, and in \
                 MySQL locks it. Create one",
                Shown::new(column)
            ),
            Self::ZonedTime {
                column,
                column_type,
            } => write!(
                f,
                "the column {} is a {}: its times are in UTC only if all connections are. Make it a \
                 type without a zone (`timestamp` of Postgres, `datetime(6)` of MySQL), or set the zone \
                 of all connections to UTC",
                Shown::new(column),
                Shown::new(column_type)
            ),
            Self::ZoneOfConnection {
                column,
                zone,
                zone_of_server,
            } => write!(
                f,
                "the column {} is in the time zone of each connection, which is {} here, and the \
                 server's own is {}: sessions end too early or too late if the other program's \
                 connections are in that one. Ask there with `SHOW timezone`, and set it as \
                 `TableLayout::time_zone`",
                Shown::new(column),
                Shown::new(zone),
                Shown::new(zone_of_server)
            ),
            Self::NothingEnds => f.write_str(
                "no row ever ends: the layout has no column for an expiry, and no age by `updated_at`. \
                 Add one, or delete old rows yourself",
            ),
        }
    }
}

/// The length below which a column is too short for the data. MySQL's `text` and `blob` have
/// 65,535 bytes.
const SHORT: u64 = 65_536;

const NAME: &str = "the check of the table";

impl SqlStore {
    /// Connects, and checks that the table is there with the layout's columns.
    ///
    /// Call it when the program starts, and show the warnings to the operator.
    ///
    /// ```no_run
    /// # async fn start(store: hardtack_sqlx::SqlStore) -> Result<(), hardtack::stores::StoreError> {
    /// for warning in store.check().await?.warnings {
    ///     eprintln!("{warning}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The database cannot be reached, the table or a column is missing, or the user may not read it;
    /// or MySQL does not take the strict mode that the store's writes ask for; or SQLite's texts are
    /// not in UTF-8.
    pub async fn check(&self) -> Result<Check, StoreError> {
        let deadline = Instant::now() + self.limit;
        let mut held = self.acquire(deadline, NAME).await?;
        let Some(connection) = held.get() else {
            return Err(Failure::ended(NAME).into());
        };
        let found = timeout_at(deadline, self.look(connection)).await;
        let found = found.unwrap_or_else(|_| {
            let mut failure = self.site.timed_out(NAME);
            failure.kind = Kind::Broken;
            Err(failure)
        });
        if !matches!(&found, Err(failure) if failure.kind == Kind::Broken) {
            held.keep();
        }
        Ok(Check { warnings: found? })
    }

    async fn look(&self, connection: &mut dyn AnyConnection) -> Result<Vec<Warning>, Failure> {
        let layout = &self.statements.layout;
        let ask = async |connection: &mut dyn AnyConnection, sql: &str, values: &[&str]| {
            let values = values.iter().map(|text| Value::Text((*text).to_owned()));
            let rows = connection.fetch(sql.into(), values.collect()).await;
            rows.map_err(|error| self.site.of(error, NAME))
        };
        ask(connection, &self.statements.probe.sql, &[]).await?;

        let mut on = Session {
            statements: &self.statements,
            site: &self.site,
            connection: &mut *connection,
        };
        on.ask_for_strict_mode(NAME).await?;

        let mut warnings = Vec::new();
        if self.statements.sweep.is_none() {
            warnings.push(Warning::NothingEnds);
        }
        let questions = Questions::new(self.database(), &layout.table);
        if let Some(sql) = questions.encoding {
            let encoding = text(ask(connection, sql, &[]).await?.first(), 0);
            // The answer is a text, too: each letter of `UTF-16le` has a NUL beside it.
            if encoding != "UTF-8" {
                return Err(self.site.not_utf8());
            }
        }
        if let Some(sql) = questions.settings {
            let row = ask(connection, sql, &[]).await?;
            if !is_strict(&text(row.first(), 0)) {
                warnings.push(Warning::NotStrict);
            }
            if text(row.first(), 1) == "0" {
                warnings.push(Warning::NoAutocommit);
            }
        }
        if let Some(sql) = questions.limits {
            let limits = ask(connection, sql, &[]).await?;
            let limits: Vec<Vec<String>> = limits.iter().map(|row| texts(Some(row))).collect();
            if let Some(setting) = missing_limit(self.database(), &limits) {
                warnings.push(Warning::NoServerLimit { setting });
            }
        }
        if let Some(column) = layout.expires_at.as_ref().or(layout.updated_at.as_ref()) {
            let values = questions.values(column);
            let index = ask(connection, questions.index, &values).await?;
            if self.statements.sweep.is_some() && text(index.first(), 0) == "0" {
                let column = column.clone();
                warnings.push(Warning::NoIndexToSweep { column });
            }
            let found = ask(connection, questions.column, &values).await?;
            let column_type = text(found.first(), 0);
            let is_zoned = match self.database() {
                SqlDatabase::Postgres if layout.time_form != TimeForm::Utc => false,
                SqlDatabase::Postgres => column_type.ends_with("with time zone"),
                SqlDatabase::MySql => column_type == "timestamp",
                _ => false,
            };
            if is_zoned {
                let column = column.clone();
                warnings.push(Warning::ZonedTime {
                    column,
                    column_type,
                });
            }
            if let Some(sql) = questions.zones
                && (layout.time_form, &layout.time_zone) == (TimeForm::LocalSeconds, &None)
            {
                let zones = ask(connection, sql, &[]).await?;
                if let [zone, zone_of_server, is_same] = &texts(zones.first())[..]
                    && is_same == "false"
                {
                    warnings.push(Warning::ZoneOfConnection {
                        column: column.clone(),
                        zone: zone.clone(),
                        zone_of_server: zone_of_server.clone(),
                    });
                }
            }
        }
        let of_key = questions.values(&layout.key);
        let key = ask(connection, questions.column, &of_key).await?;
        if let [_, collation, ..] = &texts(key.first())[..]
            && !collation.is_empty()
        {
            warnings.push(Warning::KeyIgnoresCase {
                column: layout.key.clone(),
                collation: collation.clone(),
            });
        }
        let unique = ask(connection, questions.unique, &of_key).await?;
        if text(unique.first(), 0) == "0" {
            warnings.push(Warning::KeyNotUnique {
                column: layout.key.clone(),
            });
        }
        let data = ask(
            connection,
            questions.column,
            &questions.values(&layout.data),
        )
        .await?;
        warnings.extend(of_data(layout, &texts(data.first())));
        Ok(warnings)
    }
}

/// Returns the warnings of the data's column: its type, its collation, its length and its character
/// set, of which a database may tell none.
fn of_data(layout: &TableLayout, column: &[String]) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let [column_type, _, length, set] = column else {
        return warnings;
    };
    if let Ok(length @ ..SHORT) = length.parse() {
        warnings.push(Warning::DataTooShort {
            column: layout.data.clone(),
            column_type: column_type.clone(),
            length,
        });
    }
    let column = layout.data.clone();
    match &**set {
        _ if layout.data_type == DataType::Binary => {}
        "" | "utf8mb4" | "binary" => {}
        "utf8" | "utf8mb3" => warnings.push(Warning::Utf8mb3 { column }),
        _ => warnings.push(Warning::NotUnicode {
            column,
            character_set: set.clone(),
        }),
    }
    warnings
}

fn text(row: Option<&Row>, column: usize) -> String {
    texts(row).into_iter().nth(column).unwrap_or_default()
}

fn texts(row: Option<&Row>) -> Vec<String> {
    let columns = row.into_iter().flatten();
    columns
        .map(|value| {
            let bytes = value.as_deref().unwrap_or_default();
            String::from_utf8_lossy(bytes).into_owned()
        })
        .collect()
}
