//! [`Questions`]: the queries that tell the properties of a table.

use hardtack::stores::SqlDatabase;

/// The queries of a check. All columns of their answers are texts.
pub(super) struct Questions {
    /// `sql_mode` and `autocommit`, of MySQL.
    pub(super) settings: Option<&'static str>,
    /// Of a column: its type, its collation if that ignores case, its length, its character set.
    pub(super) column: &'static str,
    /// The number of unique indexes that have a column, whole and alone.
    pub(super) unique: &'static str,
    /// The number of indexes that begin with a column.
    pub(super) index: &'static str,
    /// The settings that end a statement which waits for a lock: names and values.
    pub(super) limits: Option<&'static str>,
    /// The encoding of all texts, of SQLite.
    pub(super) encoding: Option<&'static str>,
    /// The time zone of the connection and the server's own, and whether both are the same, of
    /// Postgres.
    pub(super) zones: Option<&'static str>,
    /// The table, as the queries take it.
    table: Vec<String>,
}

impl Questions {
    pub(super) fn new(database: SqlDatabase, table: &str) -> Self {
        let (schema, name) = table.rsplit_once('.').unwrap_or(("", table));
        let (settings, column, unique, index, limits) = match database {
            SqlDatabase::Postgres => (
                None,
                POSTGRES_COLUMN,
                POSTGRES_UNIQUE,
                POSTGRES_INDEX,
                Some(POSTGRES_LIMITS),
            ),
            SqlDatabase::MySql => (
                Some(MYSQL_SETTINGS),
                MYSQL_COLUMN,
                MYSQL_UNIQUE,
                MYSQL_INDEX,
                Some(MYSQL_LIMITS),
            ),
            _ => (None, SQLITE_COLUMN, SQLITE_UNIQUE, SQLITE_INDEX, None),
        };
        Self {
            settings,
            column,
            unique,
            index,
            limits,
            encoding: (database == SqlDatabase::Sqlite)
                .then_some("SELECT encoding FROM pragma_encoding"),
            zones: (database == SqlDatabase::Postgres).then_some(POSTGRES_ZONES),
            table: match database {
                SqlDatabase::Postgres => vec![database.quote_table(table)],
                _ => vec![schema.to_owned(), name.to_owned()],
            },
        }
    }

    /// Returns the values of a query on a column.
    pub(super) fn values<'a>(&'a self, column: &'a str) -> Vec<&'a str> {
        let table = self.table.iter().map(String::as_str);
        table.chain([column]).collect()
    }
}

const POSTGRES_COLUMN: &str = "\
SELECT format_type(a.atttypid, a.atttypmod), \
CASE WHEN t.typname = 'citext' THEN 'citext' \
WHEN NOT COALESCE(c.collisdeterministic, true) THEN c.collname::text ELSE '' END, \
CASE WHEN t.typname IN ('varchar', 'bpchar') AND a.atttypmod > 4 \
THEN (a.atttypmod - 4)::text ELSE '' END, '' \
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid \
LEFT JOIN pg_collation c ON c.oid = a.attcollation \
WHERE a.attrelid = to_regclass($1) AND a.attname = $2 AND NOT a.attisdropped";

const POSTGRES_UNIQUE: &str = "\
SELECT count(*)::text FROM pg_index i \
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] \
WHERE i.indrelid = to_regclass($1) AND a.attname = $2 \
AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indnkeyatts = 1";

const MYSQL_SETTINGS: &str = "\
SELECT CAST(@@SESSION.sql_mode AS CHAR), CAST(@@SESSION.autocommit AS CHAR)";

const MYSQL_COLUMN: &str = "\
SELECT CAST(data_type AS CHAR), \
CAST(IF(RIGHT(collation_name, 3) = '_ci', collation_name, '') AS CHAR), \
COALESCE(CAST(character_octet_length AS CHAR), ''), \
CAST(COALESCE(character_set_name, '') AS CHAR) \
FROM information_schema.columns \
WHERE table_schema = COALESCE(NULLIF(?, ''), DATABASE()) AND table_name = ? AND column_name = ?";

// A prefix of the column is not the whole of it.
const MYSQL_UNIQUE: &str = "\
SELECT CAST(COUNT(*) AS CHAR) FROM (\
SELECT index_name, MAX(column_name) AS only_column FROM information_schema.statistics \
WHERE table_schema = COALESCE(NULLIF(?, ''), DATABASE()) AND table_name = ? AND non_unique = 0 \
GROUP BY index_name HAVING COUNT(*) = 1 AND MAX(sub_part) IS NULL\
) AS indexes_of_one WHERE only_column = ?";

const SQLITE_COLUMN: &str = "\
SELECT type, COALESCE((\
SELECT x.coll FROM pragma_index_list(?2, NULLIF(?1, '')) AS l, pragma_index_xinfo(l.name) AS x \
WHERE x.name = ?3 COLLATE NOCASE AND x.coll <> 'BINARY' LIMIT 1), ''), '', '' \
FROM pragma_table_info(?2, NULLIF(?1, '')) WHERE name = ?3 COLLATE NOCASE";

const SQLITE_UNIQUE: &str = "\
SELECT CAST(COUNT(*) AS TEXT) FROM pragma_index_list(?2, NULLIF(?1, '')) AS l \
WHERE l.\"unique\" = 1 AND l.partial = 0 \
AND (SELECT COUNT(*) FROM pragma_index_info(l.name)) = 1 \
AND (SELECT name FROM pragma_index_info(l.name)) = ?3 COLLATE NOCASE";

const POSTGRES_INDEX: &str = "\
SELECT count(*)::text FROM pg_index i \
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] \
WHERE i.indrelid = to_regclass($1) AND a.attname = $2 AND i.indisvalid";

const MYSQL_INDEX: &str = "\
SELECT CAST(COUNT(*) AS CHAR) FROM information_schema.statistics \
WHERE table_schema = COALESCE(NULLIF(?, ''), DATABASE()) AND table_name = ? \
AND seq_in_index = 1 AND column_name = ?";

const SQLITE_INDEX: &str = "\
SELECT CAST(COUNT(*) AS TEXT) FROM pragma_index_list(?2, NULLIF(?1, '')) AS l \
WHERE (SELECT name FROM pragma_index_info(l.name) WHERE seqno = 0) = ?3 COLLATE NOCASE";

const POSTGRES_LIMITS: &str = "\
SELECT name, setting FROM pg_settings WHERE name IN ('statement_timeout', 'lock_timeout')";

// MySQL has no `max_statement_time`, and an unknown variable would be an error of a SELECT.
const MYSQL_LIMITS: &str = "\
SHOW SESSION VARIABLES WHERE Variable_name IN \
('lock_wait_timeout', 'innodb_lock_wait_timeout', 'max_statement_time')";

// A server's own `TimeZone` is not told to a connection that has set another, and initdb gives both
// settings the same zone. Half a year from now its summer time counts.
const POSTGRES_ZONES: &str = "\
SELECT zone, zone_of_server, (\
now() AT TIME ZONE zone = now() AT TIME ZONE zone_of_server \
AND (now() + interval '183 days') AT TIME ZONE zone \
= (now() + interval '183 days') AT TIME ZONE zone_of_server)::text \
FROM (SELECT current_setting('TimeZone') AS zone, current_setting('log_timezone') AS zone_of_server) \
AS zones";

/// The longest wait for a lock that is no cause for a warning, in seconds. The default of MySQL is 50.
const LONG_WAIT: f64 = 60.0;

/// Returns the setting that ends no statement which waits for a lock; `None` if there is a limit.
pub(super) fn missing_limit(database: SqlDatabase, limits: &[Vec<String>]) -> Option<&'static str> {
    let value = |name: &str| {
        let mut limits = limits.iter();
        let found = limits.find(|row| row.first().is_some_and(|found| found == name));
        let value = found.and_then(|row| row.get(1)?.parse().ok());
        value.unwrap_or(0.0)
    };
    let has_limit = |name: &str| value(name) > 0.0;
    match database {
        SqlDatabase::Postgres if has_limit("statement_timeout") || has_limit("lock_timeout") => {
            None
        }
        SqlDatabase::Postgres => Some("statement_timeout"),
        SqlDatabase::MySql if has_limit("max_statement_time") => None,
        SqlDatabase::MySql if value("lock_wait_timeout") > LONG_WAIT => Some("lock_wait_timeout"),
        SqlDatabase::MySql if value("innodb_lock_wait_timeout") > LONG_WAIT => {
            Some("innodb_lock_wait_timeout")
        }
        _ => None,
    }
}
