//! [`SqlLogins`]: the table `sessions` of Rails' own authentication.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use hardtack::authentication::{LoginStore, RecordId};
use hardtack::stores::{SessionFormat as _, SqlDatabase, StoreError, StoredJson, TableLayout};
use tokio::time::{Instant, timeout_at};

use crate::driver::{Row, Value};
use crate::failure::{Failure, Kind, Site};
use crate::held::Held;
use crate::sql_store::SqlStore;

/// The table that Rails' generator makes.
const TABLE: &str = "sessions";

/// Keeps the logins of Rails' own authentication (`bin/rails generate authentication`, Rails 8.0 and
/// later) in its table `sessions`, in Postgres, MySQL, MariaDB or SQLite.
///
/// It reads `user_id` by `id`, and writes and deletes rows with the columns `id`, `user_id`,
/// `ip_address`, `user_agent`, `created_at` and `updated_at`; the times are in UTC, by the database's
/// clock. The pool is the app's, and clones share it. `Debug` shows host and port, without user and
/// password.
///
/// ```
#[cfg_attr(feature = "sqlite", doc = "use hardtack::authentication::LoginStore;")]
/// use hardtack_sqlx::SqlLogins;
#[cfg_attr(
    feature = "sqlite",
    doc = r#"use sqlx::sqlite::SqlitePoolOptions;

# #[tokio::main(flavor = "current_thread")]
# async fn main() -> Result<(), Box<dyn std::error::Error>> {
// One connection: each has a database of its own in memory.
let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
# sqlx::query(
#     "CREATE TABLE sessions (id integer PRIMARY KEY AUTOINCREMENT NOT NULL, user_id integer NOT NULL, \
#      ip_address varchar, user_agent varchar, created_at datetime(6) NOT NULL, \
#      updated_at datetime(6) NOT NULL)",
# )
# .execute(&pool)
# .await?;
let logins = SqlLogins::sqlite(pool);
let id = logins.create(&42.into(), Some([203, 0, 113, 7].into()), Some("Mozilla/5.0")).await?;
assert_eq!(logins.user_of(&id).await?, Some(42.into()));
assert!(logins.delete(&id).await?);
assert_eq!(logins.user_of(&id).await?, None);
# Ok(())
# }"#
)]
/// ```
#[derive(Clone)]
pub struct SqlLogins {
    /// The connections, the time limit and the texts of failures; its own statements are not used.
    store: SqlStore,
    has_uuid_keys: bool,
}

/// A statement, its values, and whether it answers with rows.
struct Statement {
    sql: String,
    values: Vec<Value>,
    is_query: bool,
}

/// What the last of some statements has found and changed.
#[derive(Default)]
struct Outcome {
    rows: Vec<Row>,
    changed: u64,
}

impl SqlLogins {
    /// Creates the store of a table in Postgres.
    ///
    /// ```
    /// use hardtack_sqlx::SqlLogins;
    /// use sqlx::postgres::PgPoolOptions;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), sqlx::Error> {
    /// let pool = PgPoolOptions::new().connect_lazy("postgres://shop:wordpass@10.0.0.5/shop")?;
    /// let logins = SqlLogins::postgres(pool);
    /// assert!(format!("{logins:?}").contains("10.0.0.5:5432"));
    /// assert!(!format!("{logins:?}").contains("wordpass"));
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "postgres")]
    #[cfg_attr(docsrs, doc(cfg(feature = "postgres")))]
    #[must_use]
    pub fn postgres(pool: sqlx::PgPool) -> Self {
        Self::on(SqlStore::postgres(pool, names()))
    }

    /// Creates the store of a table in MySQL or MariaDB.
    #[cfg(feature = "mysql")]
    #[cfg_attr(docsrs, doc(cfg(feature = "mysql")))]
    #[must_use]
    pub fn mysql(pool: sqlx::MySqlPool) -> Self {
        Self::on(SqlStore::mysql(pool, names()))
    }

    /// Creates the store of a table in SQLite (example: at [`SqlLogins`]).
    #[cfg(feature = "sqlite")]
    #[cfg_attr(docsrs, doc(cfg(feature = "sqlite")))]
    #[must_use]
    pub fn sqlite(pool: sqlx::SqlitePool) -> Self {
        Self::on(SqlStore::sqlite(pool, names()))
    }

    fn on(store: SqlStore) -> Self {
        Self {
            store,
            has_uuid_keys: false,
        }
    }

    /// Takes the ids of the table's rows for UUIDs: columns of the type `uuid` in Postgres, and strings
    /// in MySQL and SQLite. Without it they are integers (`bigint` or `integer`).
    ///
    /// A cookie with an id of the other kind is no login, and the database is not asked. New rows get
    /// a random UUID. The column `user_id` may be of either kind.
    ///
    #[cfg_attr(feature = "postgres", doc = "```")]
    #[cfg_attr(not(feature = "postgres"), doc = "```ignore")]
    /// use hardtack_sqlx::SqlLogins;
    ///
    /// // config.generators { |generator| generator.orm :active_record, primary_key_type: :uuid }
    /// fn logins(pool: sqlx::PgPool) -> SqlLogins {
    ///     SqlLogins::postgres(pool).uuid_keys()
    /// }
    /// ```
    #[must_use]
    pub fn uuid_keys(mut self) -> Self {
        self.has_uuid_keys = true;
        self
    }

    /// Sets how long an operation may take, the wait for a connection included; 1 s by default, at
    /// most a day.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.store = self.store.time_limit(limit);
        self
    }

    /// Runs statements on one connection, within the time limit.
    async fn run(
        &self,
        what: &'static str,
        statements: Vec<Statement>,
    ) -> Result<Outcome, Failure> {
        let deadline = Instant::now() + self.store.limit;
        let mut held = self.store.acquire(deadline, what).await?;
        // In a task, so that a client who leaves costs no connection. One that is late gets as much
        // time again for its answer, as in `SqlStore`.
        let (late, site) = (deadline + self.store.limit, Arc::clone(&self.store.site));
        let task = tokio::spawn(async move {
            let answer = timeout_at(late, run_all(&mut held, &site, what, statements)).await;
            match &answer {
                Err(_) => {}
                Ok(Err(failure)) if failure.kind == Kind::Broken => {}
                Ok(_) => held.keep(),
            }
            answer.unwrap_or_else(|_| Err(site.timed_out(what)))
        });
        match timeout_at(deadline, task).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(Failure::ended(what)),
            Err(_) => Err(self.store.site.timed_out(what)),
        }
    }

    fn database(&self) -> SqlDatabase {
        self.store.database()
    }

    /// Returns the value of a row's id; `None` if no row can have it.
    fn key(&self, id: &RecordId) -> Option<Value> {
        match id {
            RecordId::Integer(id) if !self.has_uuid_keys => Some(Value::Count(*id)),
            RecordId::Text(id) if self.has_uuid_keys => {
                let is_asked = self.database() != SqlDatabase::Postgres || is_uuid(id);
                is_asked.then(|| Value::Text(id.clone()))
            }
            _ => None,
        }
    }

    /// Returns the place of a value in a statement, counted from 1.
    fn place(&self, number: usize, is_uuid: bool) -> String {
        match self.database() {
            SqlDatabase::Postgres if is_uuid => format!("CAST(${number} AS uuid)"),
            SqlDatabase::Postgres => format!("${number}"),
            _ => "?".to_owned(),
        }
    }

    /// Returns a column or a value as text: the types of ids differ.
    fn text(&self, expression: &str) -> String {
        let kind = match self.database() {
            SqlDatabase::MySql => "char",
            _ => "text",
        };
        format!("CAST({expression} AS {kind})")
    }

    fn table(&self) -> String {
        self.database().quote_table(TABLE)
    }

    /// Returns the present time in UTC, in the form in which Rails writes it.
    fn now(&self) -> &'static str {
        match self.database() {
            SqlDatabase::Postgres => "timezone('UTC', statement_timestamp())",
            SqlDatabase::MySql => "utc_timestamp(6)",
            // SQLite's clock has milliseconds, and Rails writes six digits.
            _ => "strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'",
        }
    }

    /// Returns the statements that write a row and tell its id.
    fn insertion(
        &self,
        id: Option<&str>,
        user_id: &RecordId,
        ip_address: Option<IpAddr>,
        user_agent: Option<&str>,
    ) -> Vec<Statement> {
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
        let is_told = id.is_none() && self.database() != SqlDatabase::MySql;
        if is_told {
            sql.push_str(" RETURNING ");
            sql.push_str(&self.text("id"));
        }
        let mut statements = vec![Statement {
            sql,
            values,
            is_query: is_told,
        }];
        if id.is_none() && !is_told {
            statements.push(Statement {
                sql: format!("SELECT {}", self.text("last_insert_id()")),
                values: Vec::new(),
                is_query: true,
            });
        }
        statements
    }
}

impl LoginStore for SqlLogins {
    async fn user_of(&self, id: &RecordId) -> Result<Option<RecordId>, StoreError> {
        let Some(key) = self.key(id) else {
            return Ok(None);
        };
        let sql = format!(
            "SELECT {} FROM {} WHERE id = {}",
            self.text("user_id"),
            self.table(),
            self.place(1, self.has_uuid_keys)
        );
        let statement = Statement {
            sql,
            values: vec![key],
            is_query: true,
        };
        let found = self.run("the lookup of a login", vec![statement]).await?;
        Ok(id_of(found))
    }

    async fn create(
        &self,
        user_id: &RecordId,
        ip_address: Option<IpAddr>,
        user_agent: Option<&str>,
    ) -> Result<RecordId, StoreError> {
        let id = self.has_uuid_keys.then(new_uuid).transpose()?;
        let statements = self.insertion(id.as_deref(), user_id, ip_address, user_agent);
        let written = self.run("the writing of a login", statements).await?;
        match id {
            Some(id) => Ok(id.into()),
            None => id_of(written).ok_or_else(|| self.store.site.mixed_up().into()),
        }
    }

    async fn delete(&self, id: &RecordId) -> Result<bool, StoreError> {
        let Some(key) = self.key(id) else {
            return Ok(false);
        };
        let sql = format!(
            "DELETE FROM {} WHERE id = {}",
            self.table(),
            self.place(1, self.has_uuid_keys)
        );
        let statement = Statement {
            sql,
            values: vec![key],
            is_query: false,
        };
        let deleted = self.run("the deletion of a login", vec![statement]).await?;
        Ok(deleted.changed > 0)
    }
}

/// Returns the names that a database may quote, and that are no secret.
fn names() -> TableLayout {
    TableLayout::new().table(TABLE).key("id").data("user_id")
}

/// Runs statements, and returns the outcome of the last one.
async fn run_all(
    held: &mut Held,
    site: &Site,
    what: &str,
    statements: Vec<Statement>,
) -> Result<Outcome, Failure> {
    let mut outcome = Outcome::default();
    for Statement {
        sql,
        values,
        is_query,
    } in statements
    {
        let Some(connection) = held.get() else {
            return Err(Failure::ended(what));
        };
        if is_query {
            let rows = connection.fetch(sql.into(), values).await;
            outcome.rows = rows.map_err(|error| site.of(error, what))?;
        } else {
            let changed = connection.execute(sql.into(), values).await;
            outcome.changed = changed.map_err(|error| site.of(error, what))?;
        }
    }
    Ok(outcome)
}

/// Returns the id in the first column of the first row. A text that Rails would write as an integer is
/// one.
fn id_of(found: Outcome) -> Option<RecordId> {
    let value = found.rows.into_iter().next()?.into_iter().next()??;
    let text = String::from_utf8(value).ok()?;
    let number = text.parse::<i64>().ok();
    let number = number.filter(|number| number.to_string() == text);
    Some(number.map_or_else(|| RecordId::from(text), RecordId::from))
}

/// Checks for the form of a UUID (RFC 9562 section 4), in any case.
fn is_uuid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    let is_digit = |byte: u8| byte == b'-' || byte.is_ascii_hexdigit();
    lengths.eq([8, 4, 4, 4, 12]) && text.bytes().all(is_digit)
}

/// Returns a random UUID (RFC 9562 section 5.4), as `SecureRandom.uuid` does.
fn new_uuid() -> Result<String, StoreError> {
    // 32 hexadecimal digits of the operating system's random bytes.
    let digits = StoredJson.new_id().map_err(StoreError::new)?;
    let mut uuid = String::with_capacity(36);
    for (index, digit) in digits.chars().take(32).enumerate() {
        if matches!(index, 8 | 12 | 16 | 20) {
            uuid.push('-');
        }
        uuid.push(match index {
            12 => '4',
            // The variant's two bits.
            16 => match digit {
                '0' | '4' | '8' | 'c' => '8',
                '1' | '5' | '9' | 'd' => '9',
                '2' | '6' | 'a' | 'e' => 'a',
                _ => 'b',
            },
            _ => digit,
        });
    }
    Ok(uuid)
}

impl fmt::Debug for SqlLogins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlLogins")
            .field("database", &self.database())
            .field("place", &format_args!("{}", self.store.site.place))
            .field("time_limit", &self.store.limit)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_uuid_has_the_form() {
        let mut variants = std::collections::BTreeSet::new();
        for _ in 0..200 {
            let uuid = new_uuid().unwrap();
            assert!(is_uuid(&uuid), "{uuid}");
            assert_eq!(uuid.chars().nth(14), Some('4'), "{uuid}");
            variants.insert(uuid.chars().nth(19).unwrap());
        }
        assert_eq!(variants.into_iter().collect::<String>(), "89ab");
    }

    #[test]
    fn the_form_of_a_uuid() {
        let mut ran = 0;
        for (text, is_one) in [
            ("0193c2a8-7d4e-7a51-9a0b-5a1d2f6f3c11", true),
            ("0193C2A8-7D4E-7A51-9A0B-5A1D2F6F3C11", true),
            ("0193c2a87d4e7a519a0b5a1d2f6f3c11", false),
            ("0193c2a8-7d4e-7a51-9a0b-5a1d2f6f3c1g", false),
            ("0193c2a8-7d4e-7a51-9a0b5-a1d2f6f3c11", false),
            ("", false),
            ("7", false),
        ] {
            assert_eq!(is_uuid(text), is_one, "{text}");
            ran += 1;
        }
        assert_eq!(ran, 7);
    }

    #[test]
    fn an_id_is_an_integer_where_rails_writes_one() {
        let mut ran = 0;
        for (text, id) in [
            ("7", RecordId::Integer(7)),
            ("-7", RecordId::Integer(-7)),
            ("9223372036854775807", RecordId::Integer(i64::MAX)),
            ("9223372036854775808", RecordId::from("9223372036854775808")),
            ("007", RecordId::from("007")),
            ("+7", RecordId::from("+7")),
            (
                "0193c2a8-7d4e-7a51-9a0b-5a1d2f6f3c11",
                RecordId::from("0193c2a8-7d4e-7a51-9a0b-5a1d2f6f3c11"),
            ),
        ] {
            let rows = vec![vec![Some(text.as_bytes().to_vec())]];
            assert_eq!(id_of(Outcome { rows, changed: 0 }), Some(id), "{text}");
            ran += 1;
        }
        assert_eq!(ran, 7);
        assert_eq!(id_of(Outcome::default()), None);
    }
}
