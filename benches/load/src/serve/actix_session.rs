//! actix-session with its store for Redis.

use std::net::Ipv4Addr;

use actix_session::storage::RedisSessionStore;
use actix_session::{Session, SessionMiddleware};
use actix_web::cookie::Key;
use actix_web::web::{self, Bytes};
use actix_web::{App, Error, HttpServer};

use super::{Outcome, values};
use crate::visitor::COUNTER;

pub(super) async fn serve(port: u16, redis: &str) -> Outcome {
    let key = Key::generate();
    let store = RedisSessionStore::new(redis).await?;
    let app = move || {
        App::new()
            .wrap(SessionMiddleware::new(store.clone(), key.clone()))
            .route("/fill", web::post().to(fill))
            .route("/read", web::get().to(read))
            .route("/change", web::get().to(change))
    };
    let server = HttpServer::new(app).workers(1);
    Ok(server.bind((Ipv4Addr::LOCALHOST, port))?.run().await?)
}

async fn fill(session: Session, body: Bytes) -> Result<&'static str, Error> {
    for (key, value) in values(&body) {
        session.insert(key, value)?;
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
