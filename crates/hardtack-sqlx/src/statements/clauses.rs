//! [`Clauses`]: the parts of statements, in the words of one database.

use hardtack::stores::{DataType, SqlDatabase, TableLayout};

use super::times::Times;

pub(super) const KEY: &str = "\0key\0";
const NEW_KEY: &str = "\0new key\0";
pub(super) const DATA: &str = "\0data\0";
pub(super) const OLD: &str = "\0old\0";
pub(super) const LIMIT: &str = "\0limit\0";

/// The name of the row that is there, in statements that have two.
const THERE: &str = "there";

/// The parts of statements, with quoted names.
pub(super) struct Clauses {
    database: SqlDatabase,
    pub(super) table: String,
    key: String,
    /// The columns of a new row, with the value of each.
    written: Vec<(String, String)>,
    /// The columns that an update sets.
    changed: Vec<String>,
    /// All columns that the layout names, but for an id.
    pub(super) columns: Vec<String>,
    /// The data, in the form that is loaded and compared.
    pub(super) data_as_loaded: String,
    /// Compares the key exactly: a collation may ignore case, accents or spaces at the end.
    pub(super) key_is: String,
    /// Compares the data byte by byte.
    pub(super) data_is: String,
    /// True of a row that has not ended; absent if none ends.
    pub(super) is_live: Option<String>,
    /// True of a row that has ended.
    pub(super) is_expired: Option<String>,
    /// Sets data and times.
    pub(super) set: String,
    /// The same, and another key.
    pub(super) set_with_key: String,
    /// Sets the time that a touch extends.
    pub(super) set_time: Option<String>,
    /// The rows to delete, and the column to find them by.
    swept: Option<(String, String)>,
}

impl Clauses {
    pub(super) fn new(database: SqlDatabase, layout: &TableLayout) -> Self {
        // SQLite takes a name in double quotes for a text if there is no such column.
        let quotes = match database {
            SqlDatabase::Sqlite => SqlDatabase::MySql,
            _ => database,
        };
        let quote = |name: &String| quotes.quote(name);
        let (key, data) = (quote(&layout.key), quote(&layout.data));
        let expires_at = layout.expires_at.as_ref().map(quote);
        let created_at = layout.created_at.as_ref().map(quote);
        let updated_at = layout.updated_at.as_ref().map(quote);
        let times = Times::new(database, layout);
        let (stamp, end) = (&times.stamp, &times.end);

        let mut written = vec![
            (key.clone(), KEY.to_owned()),
            (data.clone(), data_value(database, layout.data_type)),
        ];
        written.extend(expires_at.clone().map(|column| (column, end.clone())));
        written.extend(created_at.clone().map(|column| (column, stamp.clone())));
        written.extend(updated_at.clone().map(|column| (column, stamp.clone())));

        let is_changed =
            |(column, _): &&(String, String)| *column != key && Some(column) != created_at.as_ref();
        let changed = written.iter().filter(is_changed);
        let (changed, set): (Vec<String>, Vec<String>) = changed
            .map(|(column, value)| (column.clone(), format!("{column} = {value}")))
            .unzip();
        let set_time = match (&expires_at, &updated_at) {
            (Some(column), _) => Some(format!("{column} = {end}")),
            (None, Some(column)) => Some(format!("{column} = {stamp}")),
            (None, None) => None,
        };
        let swept = match (&expires_at, &updated_at, layout.max_age) {
            (Some(column), ..) => Some((times.is_expired(column), column.clone())),
            (None, Some(column), Some(_)) => Some((format!("{column} < {end}"), column.clone())),
            _ => None,
        };
        // A row that is read until it is deleted never ends before.
        let ends = expires_at.as_ref().filter(|_| !layout.reads_ended);
        Self {
            database,
            table: database.quote_table(&layout.table),
            columns: written.iter().map(|(column, _)| column.clone()).collect(),
            data_as_loaded: match (database, layout.data_type) {
                (SqlDatabase::Postgres, DataType::Binary) => data.clone(),
                (SqlDatabase::Postgres, _) => format!("{data}::text"),
                _ => data.clone(),
            },
            key_is: format!("{key} = {KEY} AND {}", exactly(database, &key, KEY)),
            data_is: data_is(database, layout.data_type, &data),
            is_live: ends.map(|column| times.is_live(column)),
            is_expired: ends.map(|column| times.is_expired(column)),
            set_with_key: format!("{key} = {NEW_KEY}, {}", set.join(", ")),
            set: set.join(", "),
            set_time,
            swept,
            key,
            written,
            changed,
        }
    }

    /// Writes a new row.
    pub(super) fn insert(&self, into: &str) -> String {
        let values: Vec<&str> = self.written.iter().map(|(_, value)| &**value).collect();
        let columns = self.columns.join(", ");
        format!(
            "INSERT INTO {into} ({columns}) VALUES ({})",
            values.join(", ")
        )
    }

    /// Writes a new row, or replaces one that has ended.
    pub(super) fn insert_absent(&self) -> String {
        let (table, key) = (&self.table, &self.key);
        let Some(is_expired) = &self.is_expired else {
            let insert = self.insert(table);
            return format!("{insert} ON CONFLICT ({key}) DO NOTHING");
        };
        self.on_conflict(&self.columns, Some(is_expired))
    }

    /// Writes a row, whatever is there.
    pub(super) fn upsert(&self) -> String {
        self.on_conflict(&self.changed, None)
    }

    fn on_conflict(&self, columns: &[String], condition: Option<&str>) -> String {
        let key = &self.key;
        let set: Vec<String> = columns
            .iter()
            .filter(|column| *column != key)
            .map(|column| format!("{column} = excluded.{column}"))
            .collect();
        let insert = self.insert(&format!("{} AS {THERE}", self.table));
        let is_same = exactly(
            self.database,
            &format!("{THERE}.{key}"),
            &format!("excluded.{key}"),
        );
        let condition = condition.map(|condition| format!("{THERE}.{condition}"));
        format!(
            "{insert} ON CONFLICT ({key}) DO UPDATE SET {} WHERE {is_same}{}",
            set.join(", "),
            and(condition.as_deref())
        )
    }

    /// Deletes a number of rows that have ended, the oldest first.
    pub(super) fn sweep(&self) -> Option<String> {
        let (is_over, column) = self.swept.as_ref()?;
        let (table, key) = (&self.table, &self.key);
        let rows = format!("FROM {table} WHERE {is_over} ORDER BY {column} LIMIT {LIMIT}");
        Some(match self.database {
            // Rows that another statement holds are left for the next time. A partition may have the
            // same ctid: hence the condition once more.
            SqlDatabase::Postgres => format!(
                "DELETE FROM {table} WHERE ctid = ANY(ARRAY(SELECT ctid {rows} FOR UPDATE SKIP \
                 LOCKED)) AND {is_over}"
            ),
            SqlDatabase::MySql => format!("DELETE {rows}"),
            _ => format!("DELETE FROM {table} WHERE {key} IN (SELECT {key} {rows}) AND {is_over}"),
        })
    }
}

/// Lets MySQL refuse what is too long for its column, where its settings would have it cut: a session
/// that was cut is lost, and a key that was cut is another one.
///
/// MariaDB reads the first comment, and MySQL from 8.0 on the second.
pub(super) fn strictly(database: SqlDatabase, sql: String) -> String {
    match (database, sql.split_once(' ')) {
        (SqlDatabase::MySql, Some((verb, rest))) => format!(
            "/*M! SET STATEMENT sql_mode = 'STRICT_ALL_TABLES' FOR */ {verb} \
             /*+ SET_VAR(sql_mode = 'STRICT_ALL_TABLES') */ {rest}"
        ),
        _ => sql,
    }
}

/// Gives a deletion more values than a load has, in Postgres.
///
/// A proxy that gives a connection to several clients, such as an old PgBouncer, may run the statement
/// of another client that has the same name. A load would delete, without an error.
pub(super) fn unlike_a_load(database: SqlDatabase) -> String {
    match database {
        SqlDatabase::Postgres => format!(" AND {KEY}::text IS NOT NULL"),
        _ => String::new(),
    }
}

/// Compares texts byte by byte.
fn exactly(database: SqlDatabase, column: &str, value: &str) -> String {
    match database {
        SqlDatabase::Postgres => format!("{column}::text COLLATE \"C\" = {value}"),
        SqlDatabase::MySql => {
            format!("CAST(CONVERT({column} USING utf8mb4) AS BINARY) = CAST({value} AS BINARY)")
        }
        _ => format!("{column} = {value} COLLATE BINARY"),
    }
}

/// Compares the data byte by byte; NULL is as empty as it is when it is loaded.
fn data_is(database: SqlDatabase, data_type: DataType, data: &str) -> String {
    match (database, data_type) {
        (SqlDatabase::Postgres, DataType::Binary) => {
            format!("COALESCE({data}, ''::bytea) = {OLD}")
        }
        // `json` has no `=`.
        (SqlDatabase::Postgres, _) => {
            format!("COALESCE({data}::text, '') COLLATE \"C\" = {OLD}")
        }
        (SqlDatabase::MySql, DataType::Binary) => {
            format!("COALESCE({data}, CAST('' AS BINARY)) = CAST({OLD} AS BINARY)")
        }
        // `=` on text ignores case and spaces at the end.
        (SqlDatabase::MySql, _) => format!(
            "COALESCE(CAST(CONVERT({data} USING utf8mb4) AS BINARY), CAST('' AS BINARY)) = \
             CAST({OLD} AS BINARY)"
        ),
        // A text never equals a blob.
        _ => format!("CAST(COALESCE({data}, '') AS BLOB) = CAST({OLD} AS BLOB)"),
    }
}

fn data_value(database: SqlDatabase, data_type: DataType) -> String {
    match (database, data_type) {
        (SqlDatabase::Postgres, DataType::Json) => format!("{DATA}::json"),
        _ => DATA.to_owned(),
    }
}

/// Returns ` AND condition`.
pub(super) fn and(condition: Option<&str>) -> String {
    condition.map_or_else(String::new, |condition| format!(" AND {condition}"))
}
