//! [`Statements`]: the SQL of a store's operations, for one layout and one database.
//!
//! It is text made of text: no connection is needed, and the tests read it.

mod clauses;
#[cfg(test)]
mod tests;
mod times;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use hardtack::stores::{SqlDatabase, TableLayout};

use clauses::{Clauses, and};

/// A statement, and its values in the order of their places.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) sql: Arc<str>,
    pub(crate) values: Vec<Place>,
}

/// The value that a place of a statement takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The session's key.
    Key,
    /// The key that a row gets instead.
    NewKey,
    /// The session's bytes, as the column takes them.
    Data,
    /// The bytes that are expected.
    Old,
    /// The time from now until the session ends; NULL is never. A negative one is an age.
    Life,
    /// The number of rows.
    Limit,
}

/// The statements of a store.
#[derive(Debug)]
pub(crate) struct Statements {
    pub(crate) database: SqlDatabase,
    pub(crate) layout: TableLayout,
    pub(crate) load: Statement,
    pub(crate) is_there: Statement,
    /// Absent if a row has no time to extend.
    pub(crate) touch: Option<Statement>,
    pub(crate) update_present: Statement,
    pub(crate) update_unchanged: Statement,
    pub(crate) rename: Statement,
    pub(crate) insert: Insert,
    pub(crate) delete: Statement,
    pub(crate) delete_unchanged: Statement,
    /// Absent if no row ends.
    pub(crate) sweep: Option<Statement>,
    /// Names every column, and returns no row.
    pub(crate) probe: Statement,
    /// Asks MySQL for its `sql_mode` during a write; absent in other databases, which cut nothing.
    pub(crate) mode: Option<Statement>,
    /// The answer was a strict mode.
    pub(crate) is_strict: AtomicBool,
}

/// The way to write where nothing is.
#[derive(Debug)]
pub(crate) enum Insert {
    /// In one statement, by `ON CONFLICT`.
    OnConflict {
        absent: Statement,
        always: Statement,
    },
    /// In several: MySQL has no conditional upsert, its `INSERT IGNORE` cuts what is too long, and
    /// its `ON DUPLICATE KEY` may hit another row.
    Plain {
        insert: Statement,
        /// Absent if no row ends.
        delete_expired: Option<Statement>,
        update_any: Statement,
    },
}

impl Statements {
    pub(crate) fn new(database: SqlDatabase, layout: TableLayout) -> Self {
        let clauses = Clauses::new(database, &layout);
        let Clauses {
            table,
            key_is,
            is_live,
            is_expired,
            ..
        } = &clauses;
        let live_row = format!("{key_is}{}", and(is_live.as_deref()));
        let data_is = &clauses.data_is;
        let data = &clauses.data_as_loaded;
        let set = &clauses.set;
        let render = |sql: String| Statement::render(database, &sql);
        // Of a key or data.
        let write = |sql: String| Statement::render(database, &clauses::strictly(database, sql));

        let insert = match database {
            SqlDatabase::MySql => Insert::Plain {
                insert: write(clauses.insert(table)),
                delete_expired: is_expired.as_ref().map(|expired| {
                    render(format!("DELETE FROM {table} WHERE {key_is} AND {expired}"))
                }),
                update_any: write(format!("UPDATE {table} SET {set} WHERE {key_is}")),
            },
            _ => Insert::OnConflict {
                absent: render(clauses.insert_absent()),
                always: render(clauses.upsert()),
            },
        };
        Self {
            database,
            load: render(format!(
                "SELECT {data} FROM {table} WHERE {live_row} LIMIT 1"
            )),
            is_there: render(format!("SELECT 1 FROM {table} WHERE {live_row} LIMIT 1")),
            touch: clauses
                .set_time
                .as_ref()
                .map(|set| render(format!("UPDATE {table} SET {set} WHERE {live_row}"))),
            update_present: write(format!("UPDATE {table} SET {set} WHERE {live_row}")),
            update_unchanged: write(format!(
                "UPDATE {table} SET {set} WHERE {live_row} AND {data_is}"
            )),
            rename: write(format!(
                "UPDATE {table} SET {} WHERE {live_row} AND {data_is}",
                clauses.set_with_key
            )),
            insert,
            delete: render(format!(
                "DELETE FROM {table} WHERE {live_row}{}",
                clauses::unlike_a_load(database)
            )),
            delete_unchanged: render(format!(
                "DELETE FROM {table} WHERE {live_row} AND {data_is}"
            )),
            sweep: clauses.sweep().map(render),
            probe: render(format!(
                "SELECT {} FROM {table} WHERE 1 = 0",
                clauses.columns.join(", ")
            )),
            mode: (database == SqlDatabase::MySql)
                .then(|| write("SELECT CAST(@@SESSION.sql_mode AS CHAR)".to_owned())),
            is_strict: AtomicBool::new(false),
            layout,
        }
    }
}

/// Checks for a mode in which MySQL refuses what is too long for its column.
pub(crate) fn is_strict(mode: &str) -> bool {
    let mut modes = mode.split(',').map(str::trim);
    modes.any(|mode| {
        ["STRICT_TRANS_TABLES", "STRICT_ALL_TABLES"]
            .iter()
            .any(|strict| mode.eq_ignore_ascii_case(strict))
    })
}

impl Statement {
    /// Replaces the marks of a text by the database's placeholders.
    ///
    /// A mark stands between NUL characters, which no quoted name has.
    fn render(database: SqlDatabase, text: &str) -> Self {
        let mut sql = String::with_capacity(text.len());
        let mut values = Vec::new();
        for (index, part) in text.split('\0').enumerate() {
            if index % 2 == 0 {
                sql.push_str(part);
                continue;
            }
            values.push(Place::of_mark(part));
            match database {
                SqlDatabase::Postgres => {
                    sql.push('$');
                    sql.push_str(&values.len().to_string());
                }
                _ => sql.push('?'),
            }
        }
        Self {
            sql: sql.into(),
            values,
        }
    }
}

impl Place {
    fn of_mark(mark: &str) -> Self {
        match mark {
            "key" => Self::Key,
            "new key" => Self::NewKey,
            "data" => Self::Data,
            "old" => Self::Old,
            "life" => Self::Life,
            _ => Self::Limit,
        }
    }
}
