//! hardtack under axum.

use axum::Router;
use axum::body::Bytes;
use axum::routing::{get, post};
use hardtack::tower::SessionLayer;
use hardtack::{Error, ServerSessions, Session};

use super::{Outcome, serve_axum, values};
use crate::visitor::COUNTER;

pub(super) async fn serve(sessions: ServerSessions, port: u16) -> Outcome {
    let app = Router::new()
        .route("/fill", post(fill))
        .route("/read", get(read))
        .route("/change", get(change))
        .layer(SessionLayer::new(sessions));
    serve_axum(app, port).await
}

async fn fill(session: Session, body: Bytes) -> Result<&'static str, Error> {
    for (key, value) in values(&body) {
        session.insert(&key, value)?;
    }
    Ok("filled")
}

async fn read(session: Session) -> Result<String, Error> {
    let visits = session.get::<u64>(COUNTER)?.unwrap_or_default();
    Ok(visits.to_string())
}

async fn change(session: Session) -> Result<String, Error> {
    let visits = session.get::<u64>(COUNTER)?.unwrap_or_default() + 1;
    session.insert(COUNTER, visits)?;
    Ok(visits.to_string())
}
