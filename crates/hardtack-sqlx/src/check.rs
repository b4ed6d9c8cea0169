//! [`Check`]: what a table and its database's settings mean for sessions.

mod questions;
mod warning;

use hardtack::stores::{DataType, SqlDatabase, StoreError, TableLayout, TimeForm};
use tokio::time::{Instant, timeout_at};

use crate::driver::{AnyConnection, Row, Value};
use crate::failure::{Failure, Kind};
use crate::operation::Session;
use crate::sql_store::SqlStore;
use crate::statements::is_strict;

use questions::{Questions, missing_limit};

pub use warning::Warning;

/// The result of [`SqlStore::check`](crate::SqlStore::check): the table is there with its columns,
/// and these properties put sessions at risk.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Check {
    /// The properties to mend; empty if nothing was found.
    pub warnings: Vec<Warning>,
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
                SqlDatabase::Postgres => {
                    let is_without_zone = match layout.time_form {
                        TimeForm::Utc => true,
                        TimeForm::LocalSeconds => layout.time_zone.is_some(),
                        _ => false,
                    };
                    is_without_zone && column_type.ends_with("with time zone")
                }
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
            if let Some(sql) = questions.zones {
                warnings.extend(self.zone_of_connection(connection, sql, column).await?);
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

    /// Returns the warning of a column in the zone of each connection, if the server's own is another.
    async fn zone_of_connection(
        &self,
        connection: &mut dyn AnyConnection,
        sql: &str,
        column: &str,
    ) -> Result<Option<Warning>, Failure> {
        let layout = &self.statements.layout;
        if (layout.time_form, &layout.time_zone) != (TimeForm::LocalSeconds, &None) {
            return Ok(None);
        }
        let zones = connection.fetch(sql.into(), Vec::new()).await;
        let zones = zones.map_err(|error| self.site.of(error, NAME))?;
        Ok(match &texts(zones.first())[..] {
            [zone, zone_of_server, is_same] if is_same == "false" => {
                Some(Warning::ZoneOfConnection {
                    column: column.to_owned(),
                    zone: zone.clone(),
                    zone_of_server: zone_of_server.clone(),
                })
            }
            _ => None,
        })
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
