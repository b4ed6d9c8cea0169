//! [`Table`]: a table of sessions, and what another program does to its rows.

use hardtack::stores::{SessionFormat, SqlDatabase, StoredHash, TableLayout};

use crate::database::Database;

/// A kind of table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// As Active Record makes it for activerecord-session_store.
    ActiveRecord,
    /// hardtack's own: bytes, and the end of each session.
    Plain,
}

pub(crate) struct Table<'d> {
    database: &'d Database,
    shape: Shape,
    layout: TableLayout,
}

impl<'d> Table<'d> {
    pub(crate) fn new(database: &'d Database, shape: Shape) -> Self {
        let layout = match shape {
            Shape::ActiveRecord => StoredHash::active_record_store().table_layout(),
            Shape::Plain => TableLayout::new(),
        };
        Self::of(database, shape, layout)
    }

    /// Creates a table whose names are those of the layout.
    pub(crate) fn of(database: &'d Database, shape: Shape, layout: TableLayout) -> Self {
        Self {
            database,
            shape,
            layout,
        }
    }

    pub(crate) fn layout(&self) -> TableLayout {
        self.layout.clone()
    }

    fn table(&self) -> String {
        self.database.quoted_name(&self.layout.table)
    }

    fn column(&self, name: &str) -> String {
        self.database.quoted_name(name)
    }

    /// Makes the table anew.
    pub(crate) async fn create(&self) {
        let table = self.table();
        let create = match self.shape {
            Shape::ActiveRecord => self.active_record(),
            Shape::Plain => self.layout.schema(match self.database {
                Database::Postgres(..) => SqlDatabase::Postgres,
                Database::MariaDb(..) => SqlDatabase::MySql,
                Database::Sqlite(..) => SqlDatabase::Sqlite,
            }),
        };
        let sql = format!("DROP TABLE IF EXISTS {table}; {create}");
        self.database.run(&sql).await;
    }

    /// Returns the statements that Active Record 6.1 sends for the gem's migration.
    fn active_record(&self) -> String {
        let [id, string, text, time] = match self.database {
            Database::Postgres(..) => [
                "bigserial primary key",
                "character varying",
                "text",
                "timestamp(6)",
            ],
            Database::MariaDb(..) => [
                "bigint NOT NULL AUTO_INCREMENT PRIMARY KEY",
                "varchar(255)",
                "text",
                "datetime(6)",
            ],
            Database::Sqlite(..) => [
                "integer PRIMARY KEY AUTOINCREMENT NOT NULL",
                "varchar",
                "text",
                "datetime(6)",
            ],
        };
        let layout = &self.layout;
        let column = |name: &Option<String>| self.column(name.as_deref().expect("Rails has it"));
        let (table, key) = (self.table(), self.column(&layout.key));
        format!(
            "CREATE TABLE {table} ({} {id}, {key} {string} NOT NULL, {} {text}, {} {time} NOT NULL, \
             {updated_at} {time} NOT NULL); \
             CREATE UNIQUE INDEX {} ON {table} ({key}); CREATE INDEX {} ON {table} ({updated_at});",
            column(&layout.id),
            self.column(&layout.data),
            column(&layout.created_at),
            self.column("index_of_keys"),
            self.column("index_of_times"),
            updated_at = column(&layout.updated_at),
        )
    }

    /// Returns the present time, or a time so many days ago, as the columns hold it.
    fn days_ago(&self, days: u32) -> String {
        match self.database {
            Database::Postgres(..) => {
                format!("(now() AT TIME ZONE 'UTC' - interval '{days} days')")
            }
            Database::MariaDb(..) => format!("(UTC_TIMESTAMP(6) - INTERVAL {days} DAY)"),
            Database::Sqlite(..) => {
                format!("strftime('%Y-%m-%d %H:%M:%f000', 'now', '-{days} days')")
            }
        }
    }

    /// Returns data as the column holds it.
    fn bytes_of(&self, data: &str) -> String {
        let text = self.database.quoted(data);
        match (self.shape, self.database) {
            (Shape::ActiveRecord, _) | (_, Database::MariaDb(..)) => text,
            (Shape::Plain, Database::Postgres(..)) => format!("convert_to({text}, 'UTF8')"),
            (Shape::Plain, Database::Sqlite(..)) => format!("CAST({text} AS BLOB)"),
        }
    }

    /// Inserts a row that is alive, and ends in a day if it has an end.
    pub(crate) async fn insert(&self, key: &str, data: &str) {
        let (table, key) = (self.table(), self.database.quoted(key));
        let values = format!("{key}, {}", self.bytes_of(data));
        let columns = [&self.layout.key, &self.layout.data].map(|name| self.column(name));
        self.database
            .run(&self.insert_as(&table, &columns.join(", "), &values))
            .await;
    }

    fn insert_as(&self, table: &str, columns: &str, values: &str) -> String {
        let (mut columns, mut values) = (columns.to_owned(), values.to_owned());
        for (name, time) in self.times_of_a_day() {
            columns.extend([", ", &name]);
            values.extend([", ", &time]);
        }
        format!("INSERT INTO {table} ({columns}) VALUES ({values})")
    }

    fn times_of_a_day(&self) -> Vec<(String, String)> {
        let now = self.days_ago(0);
        let tomorrow = match self.database {
            Database::Postgres(..) => "now() AT TIME ZONE 'UTC' + interval '1 day'",
            Database::MariaDb(..) => "UTC_TIMESTAMP(6) + INTERVAL 1 DAY",
            Database::Sqlite(..) => "strftime('%Y-%m-%d %H:%M:%f000', 'now', '+1 day')",
        };
        let layout = &self.layout;
        let times = [
            (&layout.expires_at, tomorrow),
            (&layout.created_at, &now),
            (&layout.updated_at, &now),
        ];
        let times = times
            .into_iter()
            .filter_map(|(name, time)| Some((self.column(name.as_deref()?), time.to_owned())));
        times.collect()
    }

    /// Inserts so many rows whose time has passed, under keys that begin with `ended-`.
    pub(crate) async fn insert_ended(&self, count: u32) {
        let layout = &self.layout;
        let numbers = match self.database {
            Database::Postgres(..) => format!("SELECT generate_series(1, {count}) AS number"),
            // Its sequences are tables of their own.
            Database::MariaDb(..) => format!("SELECT seq AS number FROM seq_1_to_{count}"),
            Database::Sqlite(..) => format!(
                "WITH RECURSIVE numbers(number) AS (SELECT 1 UNION ALL \
                 SELECT number + 1 FROM numbers WHERE number < {count}) SELECT number FROM numbers"
            ),
        };
        let key = match self.database {
            Database::MariaDb(..) => "CONCAT('ended-', number)",
            Database::Postgres(..) | Database::Sqlite(..) => "'ended-' || number",
        };
        let ended = self.ended();
        let names = [&layout.expires_at, &layout.created_at, &layout.updated_at];
        let names: Vec<String> = names
            .into_iter()
            .filter_map(|name| Some(self.column(name.as_deref()?)))
            .collect();
        let times = vec![ended; names.len()];
        // As long as the sessions of the clients.
        let data = self.bytes_of(&"x".repeat(700));
        let sql = format!(
            "INSERT INTO {} ({}, {}, {}) SELECT {key}, {data}, {} FROM ({numbers}) AS all_numbers",
            self.table(),
            self.column(&layout.key),
            self.column(&layout.data),
            names.join(", "),
            times.join(", "),
        );
        let rows = self.database.run(&sql).await;
        assert_eq!(rows, u64::from(count), "{}", self.database.name());
    }

    /// Returns a time that has passed for a row of this kind: Rails trims rows after 30 days.
    fn ended(&self) -> String {
        self.days_ago(match self.shape {
            Shape::ActiveRecord => 31,
            Shape::Plain => 1,
        })
    }

    /// Changes the data of a row.
    pub(crate) async fn set(&self, key: &str, data: &str) {
        let data = format!(
            "{} = {}",
            self.column(&self.layout.data),
            self.bytes_of(data)
        );
        self.update(key, &data).await;
    }

    /// Lets the time of a row pass.
    pub(crate) async fn end(&self, key: &str) {
        let layout = &self.layout;
        let column = layout
            .expires_at
            .as_deref()
            .or(layout.updated_at.as_deref());
        let column = self.column(column.expect("a time"));
        self.update(key, &format!("{column} = {}", self.ended()))
            .await;
    }

    async fn update(&self, key: &str, set: &str) {
        let sql = format!("UPDATE {} SET {set} WHERE {}", self.table(), self.is(key));
        let rows = self.database.run(&sql).await;
        assert_eq!(rows, 1, "{}: {sql}", self.database.name());
    }

    pub(crate) async fn remove(&self, key: &str) {
        let sql = format!("DELETE FROM {} WHERE {}", self.table(), self.is(key));
        assert_eq!(self.database.run(&sql).await, 1, "{}", self.database.name());
    }

    pub(crate) async fn clear(&self) {
        self.database
            .run(&format!("DELETE FROM {}", self.table()))
            .await;
    }

    fn is(&self, key: &str) -> String {
        format!(
            "{} = {}",
            self.column(&self.layout.key),
            self.database.quoted(key)
        )
    }

    /// Returns the data of a row, as text.
    pub(crate) async fn data(&self, key: &str) -> Option<String> {
        let data = self.column(&self.layout.data);
        let data = match (self.shape, self.database) {
            (Shape::ActiveRecord, _) => data,
            (Shape::Plain, Database::Postgres(..)) => format!("convert_from({data}, 'UTF8')"),
            (Shape::Plain, Database::MariaDb(..)) => format!("CONVERT({data} USING utf8mb4)"),
            (Shape::Plain, Database::Sqlite(..)) => format!("CAST({data} AS TEXT)"),
        };
        let sql = format!("SELECT {data} FROM {} WHERE {}", self.table(), self.is(key));
        let mut found = self.database.texts(&sql).await;
        assert!(
            found.len() < 2,
            "{}: {sql}: {found:?}",
            self.database.name()
        );
        found.pop()
    }

    pub(crate) async fn count(&self) -> i64 {
        self.count_where("1 = 1").await
    }

    pub(crate) async fn count_where(&self, condition: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM {} WHERE {condition}", self.table());
        self.database.number(&sql).await
    }

    /// Returns the seconds until a row ends, or since it was changed if it has no end, by the
    /// database's own clock in UTC.
    pub(crate) async fn seconds(&self, key: &str) -> i64 {
        let layout = &self.layout;
        let (column, sign) = match (&layout.expires_at, &layout.updated_at) {
            (Some(column), _) => (self.column(column), 1),
            (None, Some(column)) => (self.column(column), -1),
            (None, None) => panic!("it has no times"),
        };
        let seconds = match self.database {
            Database::Postgres(..) => {
                format!("round(extract(epoch FROM {column} - now() AT TIME ZONE 'UTC'))::bigint")
            }
            Database::MariaDb(..) => {
                format!("TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(6), {column})")
            }
            Database::Sqlite(..) => {
                format!("CAST(round((julianday({column}) - julianday('now')) * 86400) AS INTEGER)")
            }
        };
        let sql = format!(
            "SELECT {seconds} FROM {} WHERE {}",
            self.table(),
            self.is(key)
        );
        sign * self.database.number(&sql).await
    }
}
