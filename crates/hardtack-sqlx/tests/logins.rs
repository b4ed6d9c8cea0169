//! The table of logins of Rails' own authentication, in SQLite.

#![cfg(feature = "sqlite")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::path::PathBuf;
use std::pin::pin;
use std::process;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use hardtack::authentication::{LoginStore, RecordId};
use hardtack_sqlx::SqlLogins;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};

/// The tables as Rails 6.1.7.10 makes them by the generator's migrations, without the columns of
/// users that no login needs.
const TABLES: &str = r#"
CREATE TABLE "users" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "email_address" varchar NOT NULL);
CREATE TABLE "sessions" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "user_id" integer NOT NULL, "ip_address" varchar, "user_agent" varchar, "created_at" datetime(6) NOT NULL, "updated_at" datetime(6) NOT NULL, CONSTRAINT "fk_rails_758836b4f0"
FOREIGN KEY ("user_id")
  REFERENCES "users" ("id")
);
CREATE INDEX "index_sessions_on_user_id" ON "sessions" ("user_id");
INSERT INTO users VALUES (42, 'ada@example.org');
"#;

/// The same with `id: :string`.
const UUID_TABLES: &str = r#"
CREATE TABLE "users" ("id" varchar NOT NULL PRIMARY KEY, "email_address" varchar NOT NULL);
CREATE TABLE "sessions" ("id" varchar NOT NULL PRIMARY KEY, "user_id" varchar NOT NULL, "ip_address" varchar, "user_agent" varchar, "created_at" datetime(6) NOT NULL, "updated_at" datetime(6) NOT NULL);
INSERT INTO users VALUES ('8d1f6f3c-0193-4a51-9a0b-5a1d2f6f3c11', 'ada@example.org');
"#;

const ADA: &str = "8d1f6f3c-0193-4a51-9a0b-5a1d2f6f3c11";
const UUID: &str = "0193c2a8-7d4e-7a51-9a0b-5a1d2f6f3c11";

type Text = Option<String>;

/// A database in a file of its own; it is removed when dropped.
struct Database {
    file: PathBuf,
    pool: SqlitePool,
}

impl Database {
    async fn new(name: &str, tables: &'static str) -> Self {
        let name = format!("hardtack-logins-{name}-{}.sqlite3", process::id());
        let file = std::env::temp_dir().join(name);
        drop(std::fs::remove_file(&file));
        let options = SqliteConnectOptions::new().filename(&file);
        let options = options.create_if_missing(true);
        let pool = SqlitePoolOptions::new().max_connections(2);
        let pool = pool.connect_with(options).await.unwrap();
        sqlx::raw_sql(tables).execute(&pool).await.unwrap();
        Self { file, pool }
    }

    fn logins(&self) -> SqlLogins {
        SqlLogins::sqlite(self.pool.clone())
    }

    /// Returns the row of an id, each column as text.
    async fn row(&self, id: &RecordId) -> [Text; 5] {
        let sql = "SELECT CAST(user_id AS TEXT), ip_address, user_agent, CAST(created_at AS TEXT), \
                   CAST(updated_at AS TEXT) FROM sessions WHERE CAST(id AS TEXT) = ?";
        let row = sqlx::query_as(sql).bind(id.to_string());
        let row: (Text, Text, Text, Text, Text) = row.fetch_one(&self.pool).await.unwrap();
        [row.0, row.1, row.2, row.3, row.4]
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.file));
    }
}

#[tokio::test]
async fn rows_with_integers() {
    let database = Database::new("integers", TABLES).await;
    let logins = database.logins();
    assert_eq!(logins.user_of(&1.into()).await.unwrap(), None);
    let address = "2001:db8::7".parse().unwrap();
    let id = logins
        .create(&42.into(), Some(address), Some("Mozilla/5.0 'é\""))
        .await
        .unwrap();
    assert_eq!(id, RecordId::Integer(1));
    assert_eq!(logins.user_of(&id).await.unwrap(), Some(42.into()));
    let [user, address, agent, created, updated] = database.row(&id).await;
    assert_eq!(user.as_deref(), Some("42"));
    assert_eq!(address.as_deref(), Some("2001:db8::7"));
    assert_eq!(agent.as_deref(), Some("Mozilla/5.0 'é\""));
    assert_eq!(created, updated);
    // As Rails writes times: `2026-12-01 03:46:49.334925`.
    let form: String = created.unwrap().replace(|c: char| c.is_ascii_digit(), "0");
    assert_eq!(form, "0000-00-00 00:00:00.000000");

    let other = logins.create(&42.into(), None, None).await.unwrap();
    assert_eq!(other, RecordId::Integer(2));
    let [_, address, agent, ..] = database.row(&other).await;
    assert_eq!((address, agent), (None, None));

    assert!(logins.delete(&id).await.unwrap());
    assert!(!logins.delete(&id).await.unwrap());
    assert_eq!(logins.user_of(&id).await.unwrap(), None);
    assert_eq!(logins.user_of(&other).await.unwrap(), Some(42.into()));
}

#[tokio::test]
async fn rows_with_uuids() {
    let database = Database::new("uuids", UUID_TABLES).await;
    let logins = database.logins().uuid_keys();
    let id = logins
        .create(&ADA.into(), Some([203, 0, 113, 7].into()), None)
        .await
        .unwrap();
    assert_eq!(logins.user_of(&id).await.unwrap(), Some(ADA.into()));
    assert_eq!(database.row(&id).await[1].as_deref(), Some("203.0.113.7"));
    let other = logins.create(&ADA.into(), None, None).await.unwrap();
    assert_ne!(other, id);
    assert!(logins.delete(&id).await.unwrap());
    assert_eq!(logins.user_of(&id).await.unwrap(), None);
    assert_eq!(logins.user_of(&other).await.unwrap(), Some(ADA.into()));
}

/// An id of the other kind is nobody's, and the database is not asked: it is closed here.
#[tokio::test]
async fn an_id_of_the_other_kind() {
    let database = Database::new("kinds", TABLES).await;
    database.pool.close().await;
    let mut ran = 0;
    for (logins, id) in [
        (database.logins(), RecordId::from(UUID)),
        (database.logins(), RecordId::from("1")),
        (database.logins().uuid_keys(), RecordId::from(1)),
    ] {
        assert_eq!(logins.user_of(&id).await.unwrap(), None);
        assert!(!logins.delete(&id).await.unwrap());
        ran += 1;
    }
    assert_eq!(ran, 3);
    let error = database.logins().user_of(&1.into()).await.unwrap_err();
    assert!(error.to_string().contains("the pool is closed"), "{error}");
}

/// A failure is an error that tells what to mend, and no value.
#[tokio::test]
async fn failures_show_no_values() {
    let database = Database::new("failures", TABLES).await;
    let logins = database.logins();
    // The foreign key.
    let agent = "a private agent";
    let refused = logins
        .create(&987_654.into(), Some([203, 0, 113, 7].into()), Some(agent))
        .await;
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("the writing of a login"), "{refused}");
    sqlx::raw_sql("DROP TABLE sessions")
        .execute(&database.pool)
        .await
        .unwrap();
    let absent = logins
        .user_of(&987_654.into())
        .await
        .unwrap_err()
        .to_string();
    assert!(absent.contains("the lookup of a login"), "{absent}");
    assert!(absent.contains("no such table"), "{absent}");
    let not_deleted = logins
        .delete(&987_654.into())
        .await
        .unwrap_err()
        .to_string();
    assert!(
        not_deleted.contains("the deletion of a login"),
        "{not_deleted}"
    );
    let mut ran = 0;
    for shown in [refused, absent, not_deleted, format!("{logins:?}")] {
        for secret in ["987654", agent, "203.0.113.7"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        ran += 1;
    }
    assert_eq!(ran, 4);
}

/// While another connection holds the lock, operations end within the time limit; they work again
/// after it.
#[tokio::test]
async fn a_database_that_is_locked() {
    let database = Database::new("locked", TABLES).await;
    let limit = Duration::from_millis(150);
    let logins = database.logins().time_limit(limit);
    let id = logins.create(&42.into(), None, None).await.unwrap();
    let mut holder = database.pool.acquire().await.unwrap();
    sqlx::raw_sql("BEGIN EXCLUSIVE")
        .execute(&mut *holder)
        .await
        .unwrap();
    let mut ran = 0;
    for what in ["user_of", "create", "delete"] {
        let start = Instant::now();
        let failed = match what {
            "user_of" => logins.user_of(&id).await.map(drop),
            "create" => logins.create(&42.into(), None, None).await.map(drop),
            _ => logins.delete(&id).await.map(drop),
        };
        let took = start.elapsed();
        assert!(failed.is_err(), "{what}");
        assert!(took < limit * 3, "{what}: {took:?}");
        ran += 1;
    }
    assert_eq!(ran, 3);
    sqlx::raw_sql("COMMIT").execute(&mut *holder).await.unwrap();
    drop(holder);
    // A statement that had timed out may be done meanwhile: it said so.
    let patient = database.logins().time_limit(Duration::from_secs(10));
    let found = patient.user_of(&id).await.unwrap();
    assert!([Some(42.into()), None].contains(&found), "{found:?}");
    let id = patient.create(&42.into(), None, None).await.unwrap();
    assert_eq!(patient.user_of(&id).await.unwrap(), Some(42.into()));
}

/// Futures that are dropped while they wait cost the pool no connection.
#[tokio::test]
async fn futures_that_are_dropped() {
    let database = Database::new("dropped", TABLES).await;
    let logins = database.logins();
    let id = logins.create(&42.into(), None, None).await.unwrap();
    for _ in 0..50 {
        let waiting = pin!(logins.user_of(&id));
        let _ = waiting.poll(&mut Context::from_waker(Waker::noop()));
        tokio::task::yield_now().await;
    }
    for _ in 0..10 {
        assert_eq!(logins.user_of(&id).await.unwrap(), Some(42.into()));
    }
    assert!(database.pool.size() <= 2);
}
