//! hardtack under actix-web.

use std::net::Ipv4Addr;
use std::sync::Arc;

use actix_web::web::{self, Bytes};
use actix_web::{App, HttpServer};
use hardtack::actix::SessionMiddleware;
use hardtack::{Error, ServerSessions, Session};

use super::{Outcome, values};
use crate::visitor::COUNTER;

pub(super) async fn serve(sessions: ServerSessions, port: u16) -> Outcome {
    let sessions = Arc::new(sessions);
    let app = move || {
        App::new()
            .wrap(SessionMiddleware::new(sessions.clone()))
            .route("/fill", web::post().to(fill))
            .route("/read", web::get().to(read))
            .route("/change", web::get().to(change))
    };
    let server = HttpServer::new(app).workers(1);
    Ok(server.bind((Ipv4Addr::LOCALHOST, port))?.run().await?)
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
