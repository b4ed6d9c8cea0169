//! A counter of visits, whose sessions are in SQLite: the smallest service with axum.
//!
//! ```console
//! $ cargo run -p hardtack-sqlx --example counter --features sqlite
//! $ curl -c jar -b jar http://localhost:3000
//! ```

use std::error::Error as StdError;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use hardtack::stores::{SessionFormat, SqlDatabase, StoredJson};
use hardtack::tower::SessionLayer;
use hardtack::{Error, ServerSessions, Session};
use hardtack_sqlx::SqlStore;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{AssertSqlSafe, SqlitePool};

async fn visit(session: Session) -> Result<String, Error> {
    let visits = session.get::<u32>("visits")?.unwrap_or(0) + 1;
    session.insert("visits", visits)?;
    Ok(format!("Visit {visits}.\n"))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let file = SqliteConnectOptions::new()
        .filename("sessions.sqlite3")
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .busy_timeout(Duration::from_millis(500));
    let pool = SqlitePool::connect_with(file).await?;
    let store = SqlStore::sqlite(pool.clone(), StoredJson.table_layout());
    if store.check().await.is_err() {
        // In an app, a migration does this: the layout's SQL is made for it.
        let schema = StoredJson.table_layout().schema(SqlDatabase::Sqlite);
        sqlx::raw_sql(AssertSqlSafe(schema)).execute(&pool).await?;
        store.check().await?;
    }
    tokio::spawn(store.sweep(Duration::from_hours(1)));

    let sessions = ServerSessions::new(StoredJson, store, "_session_id")
        .expire_after(Duration::from_hours(14 * 24));
    let app = Router::new()
        .route("/", get(visit))
        .layer(SessionLayer::new(sessions));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    axum::serve(listener, app).await?;
    Ok(())
}
