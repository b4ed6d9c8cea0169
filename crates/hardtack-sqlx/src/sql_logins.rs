//! [`SqlLogins`]: the table `sessions` of Rails' own authentication.

mod login_statements;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use hardtack::authentication::{LoginStore, RecordId};
use hardtack::stores::{SqlDatabase, StoreError, TableLayout};
use tokio::time::{Instant, timeout_at};

use crate::driver::{Changed, Row};
use crate::failure::{Failure, Kind, Site};
use crate::held::Held;
use crate::sql_store::SqlStore;
use crate::uuid::new_uuid;

use login_statements::{Statement, Statements, TABLE};

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

/// The rows and the changes of a statement.
#[derive(Default)]
struct Outcome {
    rows: Vec<Row>,
    changed: Changed,
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
    /// a random UUID. The column `user_id` may be of either kind. If the rows that `create` writes are
    /// of the other kind, it is an error that says so.
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

    /// Runs a statement, within the time limit.
    async fn run(&self, what: &'static str, statement: Statement) -> Result<Outcome, Failure> {
        let deadline = Instant::now() + self.store.limit;
        let mut held = self.store.acquire(deadline, what).await?;
        // In a task, so that a client who leaves costs no connection. One that is late gets as much
        // time again for its answer, as in `SqlStore`.
        let (late, site) = (deadline + self.store.limit, Arc::clone(&self.store.site));
        let task = tokio::spawn(async move {
            let answer = timeout_at(late, run_on(&mut held, &site, what, statement)).await;
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

    fn statements(&self) -> Statements {
        Statements {
            database: self.store.database(),
            has_uuid_keys: self.has_uuid_keys,
        }
    }

    /// Returns the id of a row that was written; an error if it is of the other kind than the store
    /// was told, since no cookie with it would be a login.
    fn written(&self, id: Option<String>, written: Outcome) -> Result<RecordId, Failure> {
        let is_mysql = self.store.database() == SqlDatabase::MySql;
        let told = i64::try_from(written.changed.id).unwrap_or(0);
        match id {
            // MySQL has made an integer of the UUID.
            Some(_) if is_mysql && told != 0 => Err(self.store.site.ids_are_integers()),
            Some(id) => Ok(id.into()),
            None => {
                let id = if is_mysql {
                    (told != 0).then_some(RecordId::Integer(told))
                } else {
                    id_of(written)
                };
                let id = id.filter(|id| matches!(id, RecordId::Integer(_)));
                id.ok_or_else(|| self.store.site.ids_are_no_integers())
            }
        }
    }
}

impl LoginStore for SqlLogins {
    async fn user_of(&self, id: &RecordId) -> Result<Option<RecordId>, StoreError> {
        let Some(lookup) = self.statements().lookup(id) else {
            return Ok(None);
        };
        Ok(id_of(self.run("the lookup of a login", lookup).await?))
    }

    async fn create(
        &self,
        user_id: &RecordId,
        ip_address: Option<IpAddr>,
        user_agent: Option<&str>,
    ) -> Result<RecordId, StoreError> {
        let id = self.has_uuid_keys.then(new_uuid).transpose()?;
        let statements = self.statements();
        let insertion = statements.insertion(id.as_deref(), user_id, ip_address, user_agent);
        let written = self.run("the writing of a login", insertion).await?;
        Ok(self.written(id, written)?)
    }

    async fn delete(&self, id: &RecordId) -> Result<bool, StoreError> {
        let Some(deletion) = self.statements().deletion(id) else {
            return Ok(false);
        };
        let deleted = self.run("the deletion of a login", deletion).await?;
        Ok(deleted.changed.rows > 0)
    }
}

/// Returns the names that a database may quote, and that are no secret.
fn names() -> TableLayout {
    TableLayout::new().table(TABLE).key("id").data("user_id")
}

async fn run_on(
    held: &mut Held,
    site: &Site,
    what: &str,
    statement: Statement,
) -> Result<Outcome, Failure> {
    let Some(connection) = held.get() else {
        return Err(Failure::ended(what));
    };
    let (sql, values) = (statement.sql.into(), statement.values);
    let mut outcome = Outcome::default();
    if statement.is_query {
        let rows = connection.fetch(sql, values).await;
        outcome.rows = rows.map_err(|error| site.of(error, what))?;
    } else {
        let changed = connection.execute(sql, values).await;
        outcome.changed = changed.map_err(|error| site.of(error, what))?;
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

impl fmt::Debug for SqlLogins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlLogins")
            .field("database", &self.store.database())
            .field("place", &format_args!("{}", self.store.site.place))
            .field("time_limit", &self.store.limit)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            let changed = Changed::default();
            assert_eq!(id_of(Outcome { rows, changed }), Some(id), "{text}");
            ran += 1;
        }
        assert_eq!(ran, 7);
        assert_eq!(id_of(Outcome::default()), None);
    }
}
