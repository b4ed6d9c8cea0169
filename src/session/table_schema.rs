//! The SQL that creates a table of a [`TableLayout`].

use std::fmt::Write;

use super::sql_database::SqlDatabase;
use super::table_layout::{DataType, TableLayout};

impl TableLayout {
    /// Returns the SQL that creates the table and its indexes, as the framework's own migration
    /// does.
    ///
    /// For MySQL it differs in one point: a column of text is a `longtext` (4 GB), while the
    /// `text` of other migrations holds 65,535 bytes, and without strict mode MySQL cuts what is
    /// longer. A key that is the primary key is compared byte by byte there. Indexes have Rails'
    /// names, and the expiry has one in any case.
    ///
    #[cfg_attr(feature = "rails-stores", doc = "```")]
    #[cfg_attr(not(feature = "rails-stores"), doc = "```ignore")]
    /// use hardtack::stores::{SessionFormat, SqlDatabase, StoredHash};
    ///
    /// let layout = StoredHash::active_record_store().table_layout();
    /// assert_eq!(
    ///     layout.schema(SqlDatabase::Sqlite),
    ///     r#"CREATE TABLE "sessions" (
    ///   "id" integer PRIMARY KEY AUTOINCREMENT NOT NULL,
    ///   "session_id" varchar NOT NULL,
    ///   "data" text,
    ///   "created_at" datetime(6) NOT NULL,
    ///   "updated_at" datetime(6) NOT NULL
    /// );
    /// CREATE UNIQUE INDEX "index_sessions_on_session_id" ON "sessions" ("session_id");
    /// CREATE INDEX "index_sessions_on_updated_at" ON "sessions" ("updated_at");
    /// "#
    /// );
    /// ```
    #[must_use]
    pub fn schema(&self, database: SqlDatabase) -> String {
        let mut columns = Vec::new();
        let mut column = |name: &str, kind: &str| {
            columns.push(format!("  {} {kind}", database.quote(name)));
        };
        if let Some(id) = &self.id {
            column(id, id_type(database));
        }
        column(&self.key, &self.key_type(database));
        let data_type = data_type(database, self.data_type);
        // Rails' own migration allows NULL.
        let null = if self.id.is_some() { "" } else { " NOT NULL" };
        column(&self.data, &format!("{data_type}{null}"));
        let time = self.time_form.column_type(database);
        if let Some(expires_at) = &self.expires_at {
            let null = self.default_life.map_or("", |_| " NOT NULL");
            column(expires_at, &format!("{time}{null}"));
        }
        for name in [&self.created_at, &self.updated_at].into_iter().flatten() {
            column(name, &format!("{time} NOT NULL"));
        }

        let mut sql = String::new();
        if database == SqlDatabase::MySql && self.data_type == DataType::Text && self.id.is_some() {
            sql.push_str(
                "-- Rails' own migration makes the data a text, which holds 65,535 bytes; longtext \
                 holds 4 GB.\n",
            );
        }
        let table = database.quote_table(&self.table);
        sql.push_str("CREATE TABLE ");
        sql.push_str(&table);
        sql.push_str(" (\n");
        sql.push_str(&columns.join(",\n"));
        sql.push_str("\n);\n");
        if self.id.is_some() {
            self.index(database, "UNIQUE INDEX", &self.key, &mut sql);
        }
        let of_end = match (&self.expires_at, &self.updated_at, self.max_age) {
            (Some(column), ..) | (None, Some(column), Some(_)) => Some(column),
            _ => None,
        };
        if let Some(column) = of_end {
            self.index(database, "INDEX", column, &mut sql);
        }
        sql
    }

    /// Returns the type of the key: Rails' string beside an id, and otherwise one that is compared
    /// byte by byte.
    fn key_type(&self, database: SqlDatabase) -> String {
        let length = self.key_length.map(|length| format!("({length})"));
        let length = length.as_deref();
        match (database, self.id.is_some()) {
            (SqlDatabase::Postgres, true) => "character varying NOT NULL".to_owned(),
            (SqlDatabase::MySql, true) => "varchar(255) NOT NULL".to_owned(),
            (SqlDatabase::Sqlite, true) => "varchar NOT NULL".to_owned(),
            (SqlDatabase::MySql, false) => format!(
                "varchar{} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY",
                length.unwrap_or("(255)")
            ),
            (_, false) => match length {
                Some(length) => format!("varchar{length} NOT NULL PRIMARY KEY"),
                None => "text NOT NULL PRIMARY KEY".to_owned(),
            },
        }
    }

    /// Writes an index, which Rails names after the table and the column.
    fn index(&self, database: SqlDatabase, kind: &str, column: &str, sql: &mut String) {
        let (schema, table) = match self.table.rsplit_once('.') {
            Some((schema, table)) => (Some(schema), table),
            None => (None, &*self.table),
        };
        let mut name = database.quote(&format!("index_{table}_on_{column}"));
        let mut on = database.quote_table(&self.table);
        // SQLite takes the schema before the index's name, and none before the table's.
        if let (SqlDatabase::Sqlite, Some(schema)) = (database, schema) {
            name = format!("{}.{name}", database.quote_table(schema));
            on = database.quote(table);
        }
        let column = database.quote(column);
        // Writing into a String does not fail.
        let _ = writeln!(sql, "CREATE {kind} {name} ON {on} ({column});");
    }
}

fn id_type(database: SqlDatabase) -> &'static str {
    match database {
        SqlDatabase::Postgres => "bigserial PRIMARY KEY",
        SqlDatabase::MySql => "bigint NOT NULL AUTO_INCREMENT PRIMARY KEY",
        SqlDatabase::Sqlite => "integer PRIMARY KEY AUTOINCREMENT NOT NULL",
    }
}

fn data_type(database: SqlDatabase, data_type: DataType) -> &'static str {
    match (database, data_type) {
        (SqlDatabase::MySql, DataType::Text) => "longtext CHARACTER SET utf8mb4",
        (_, DataType::Text) => "text",
        (SqlDatabase::Postgres, DataType::Binary) => "bytea",
        (SqlDatabase::MySql, DataType::Binary) => "longblob",
        (SqlDatabase::Sqlite, DataType::Binary) => "blob",
        (_, DataType::Json) => "json",
    }
}
