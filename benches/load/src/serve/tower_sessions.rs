//! tower-sessions with its store for Redis.

use async_trait::async_trait;
use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::routing::{get, post};
use tower_sessions::session::{Error as SessionError, Id, Record};
use tower_sessions::session_store::{Error as StoreError, Result as Stored};
use tower_sessions::{Session, SessionManagerLayer, SessionStore};
use tower_sessions_core::SessionStore as _;
use tower_sessions_core::session as older;
use tower_sessions_redis_store::RedisStore;
use tower_sessions_redis_store::fred::prelude::{
    ClientLike, Config, Expiration, KeysInterface, Pool, SetOptions,
};

use super::{Outcome, serve_axum, values};
use crate::visitor::COUNTER;

pub(super) async fn serve(port: u16, redis: &str) -> Outcome {
    // Six connections, as in the store's own example.
    let pool = Pool::new(Config::from_url(redis)?, None, None, None, 6)?;
    pool.connect();
    pool.wait_for_connect().await?;
    let store = Store {
        store: RedisStore::new(pool.clone()),
        pool,
    };
    let app = Router::new()
        .route("/fill", post(fill))
        .route("/read", get(read))
        .route("/change", get(change))
        .layer(SessionManagerLayer::new(store));
    serve_axum(app, port).await
}

/// The published store is of tower-sessions 0.14. Its types are the same in 0.15, under other names:
/// this moves them from one to the other.
#[derive(Clone, Debug)]
struct Store {
    pool: Pool,
    store: RedisStore<Pool>,
}

#[async_trait]
impl SessionStore for Store {
    async fn create(&self, record: &mut Record) -> Stored<()> {
        let mut other = older::Record {
            id: older::Id(record.id.0),
            data: std::mem::take(&mut record.data),
            expiry_date: record.expiry_date,
        };
        let created = self.store.create(&mut other).await;
        record.id = Id(other.id.0);
        record.data = other.data;
        created.map_err(failed)
    }

    /// Sends what the published store sends: it would have to be given a copy of the session.
    async fn save(&self, record: &Record) -> Stored<()> {
        let bytes = rmp_serde::to_vec(record).map_err(failed)?;
        let end = Expiration::EXAT(record.expiry_date.unix_timestamp());
        let (end, options) = (Some(end), Some(SetOptions::XX));
        let id = record.id.to_string();
        let saved = self.pool.set(id, bytes.as_slice(), end, options, false);
        saved.await.map_err(failed)
    }

    async fn load(&self, id: &Id) -> Stored<Option<Record>> {
        let record = self.store.load(&older::Id(id.0)).await.map_err(failed)?;
        Ok(record.map(|record| Record {
            id: Id(record.id.0),
            data: record.data,
            expiry_date: record.expiry_date,
        }))
    }

    async fn delete(&self, id: &Id) -> Stored<()> {
        self.store.delete(&older::Id(id.0)).await.map_err(failed)
    }
}

fn failed(error: impl std::fmt::Display) -> StoreError {
    StoreError::Backend(error.to_string())
}

/// Any error is a 500, which ends the run.
struct Failed;

impl From<SessionError> for Failed {
    fn from(error: SessionError) -> Self {
        eprintln!("tower-sessions: {error}");
        Self
    }
}

impl axum::response::IntoResponse for Failed {
    fn into_response(self) -> axum::response::Response {
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

async fn fill(session: Session, body: Bytes) -> Result<&'static str, Failed> {
    for (key, value) in values(&body) {
        session.insert(&key, value).await?;
    }
    Ok("filled")
}

async fn read(session: Session) -> Result<String, Failed> {
    let visits = session.get::<u64>(COUNTER).await?.unwrap_or_default();
    Ok(visits.to_string())
}

async fn change(session: Session) -> Result<String, Failed> {
    let visits = session.get::<u64>(COUNTER).await?.unwrap_or_default() + 1;
    session.insert(COUNTER, visits).await?;
    Ok(visits.to_string())
}
