//! [`Statements`]: the SQL of the table of logins, for one database.

use std::net::IpAddr;

use hardtack::authentication::RecordId;
use hardtack::stores::SqlDatabase;

use crate::driver::Value;
use crate::uuid::is_uuid;

/// The table that Rails' generator makes.
pub(super) const TABLE: &str = "sessions";

/// A statement, its values, and whether it answers with rows.
pub(super) struct Statement {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
    pub(super) is_query: bool,
}

/// The statements of a table whose ids are of one kind.
pub(super) struct Statements {
    pub(super) database: SqlDatabase,
    pub(super) has_uuid_keys: bool,
}

impl Statements {
    /// Finds the user of a login; `None` if no row can have the id.
    pub(super) fn lookup(&self, id: &RecordId) -> Option<Statement> {
        let (row, values) = self.row(id)?;
        let (user, table) = (self.text("user_id"), self.table());
        Some(Statement {
            sql: format!("SELECT {user} FROM {table} WHERE {row}"),
            values,
            is_query: true,
        })
    }

    /// Deletes a login; `None` if no row can have the id.
    pub(super) fn deletion(&self, id: &RecordId) -> Option<Statement> {
        let (row, values) = self.row(id)?;
        Some(Statement {
            sql: format!("DELETE FROM {} WHERE {row}", self.table()),
            values,
            is_query: false,
        })
    }

    /// Writes a row. Without an id, the database makes one: Postgres and SQLite answer with it, and
    /// MySQL tells it beside the number of rows.
    pub(super) fn insertion(
        &self,
        id: Option<&str>,
        user_id: &RecordId,
        ip_address: Option<IpAddr>,
        user_agent: Option<&str>,
    ) -> Statement {
        let mut columns = vec!["user_id", "ip_address", "user_agent"];
        let address = ip_address.map(|address| address.to_string());
        let mut values = vec![
            match user_id {
                RecordId::Integer(id) => Value::Count(*id),
                other => Value::Text(other.to_string()),
            },
            Value::Text(address.unwrap_or_default()),
            Value::Text(user_agent.unwrap_or_default().to_owned()),
        ];
        let mut places = vec![
            self.place(1, user_id.as_text().is_some()),
            format!("nullif({}, '')", self.place(2, false)),
            format!("nullif({}, '')", self.place(3, false)),
        ];
        if let Some(id) = id {
            columns.push("id");
            values.push(Value::Text(id.to_owned()));
            places.push(self.place(4, true));
        }
        columns.extend(["created_at", "updated_at"]);
        places.extend([self.now(), self.now()].map(str::to_owned));
        let mut sql = format!(
            "INSERT INTO {} ({}) VALUES ({})",
            self.table(),
            columns.join(", "),
            places.join(", ")
        );
        let is_query = id.is_none() && self.database != SqlDatabase::MySql;
        if is_query {
            sql.push_str(" RETURNING ");
            sql.push_str(&self.text("id"));
        }
        Statement {
            sql,
            values,
            is_query,
        }
    }

    /// Returns the condition on a row's id, with its values; `None` if no row can have it.
    fn row(&self, id: &RecordId) -> Option<(String, Vec<Value>)> {
        let value = match id {
            RecordId::Integer(id) if !self.has_uuid_keys => Value::Count(*id),
            RecordId::Text(id) if self.has_uuid_keys => {
                let is_asked = self.database != SqlDatabase::Postgres || is_uuid(id);
                is_asked.then(|| Value::Text(id.clone()))?
            }
            _ => return None,
        };
        let is_same = format!("id = {}", self.place(1, self.has_uuid_keys));
        Some(match self.database {
            // It compares a text and a number as numbers: any text that begins with a letter is 0.
            SqlDatabase::MySql => (
                format!("{is_same} AND {} = {}", self.text("id"), self.text("?")),
                vec![value.clone(), value],
            ),
            _ => (is_same, vec![value]),
        })
    }

    /// Returns the place of a value in a statement, counted from 1.
    fn place(&self, number: usize, is_uuid: bool) -> String {
        match self.database {
            SqlDatabase::Postgres if is_uuid => format!("CAST(${number} AS uuid)"),
            SqlDatabase::Postgres => format!("${number}"),
            _ => "?".to_owned(),
        }
    }

    /// Returns a column or a value as text: the types of ids differ.
    fn text(&self, expression: &str) -> String {
        let kind = match self.database {
            SqlDatabase::MySql => "char",
            _ => "text",
        };
        format!("CAST({expression} AS {kind})")
    }

    fn table(&self) -> String {
        self.database.quote_table(TABLE)
    }

    /// Returns the present time in UTC, in the form in which Rails writes it.
    fn now(&self) -> &'static str {
        match self.database {
            SqlDatabase::Postgres => "timezone('UTC', statement_timestamp())",
            SqlDatabase::MySql => "utc_timestamp(6)",
            // SQLite's clock has milliseconds, and Rails writes six digits.
            _ => "strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'",
        }
    }
}
