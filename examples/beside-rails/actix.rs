//! The log book's Rust half under actix-web. Started by `run`, which starts Rails too.

#![forbid(unsafe_code)]

use std::error::Error as StdError;
use std::sync::Arc;

use actix_web::web::{Form, Html, Redirect};
use actix_web::{App, Either, HttpServer, Responder, get, post};
use hardtack::actix::{CsrfMiddleware, SessionMiddleware};
use hardtack::csrf::ForgeryProtection;
use hardtack::{Error, Session};
use serde::Deserialize;

mod log_book;
#[path = "../pages/mod.rs"]
mod pages;
#[path = "../proxy/mod.rs"]
mod proxy;

#[actix_web::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let store = Arc::new(log_book::store()?);
    let server = HttpServer::new(move || {
        App::new()
            .wrap(CsrfMiddleware::new(ForgeryProtection::new()))
            .wrap(SessionMiddleware::new(store.clone()))
            .service(show)
            .service(keep_remark)
            .service(sign_out)
    })
    .bind("127.0.0.1:0")?;
    let rust = *server.addrs().first().ok_or("no address")?;
    let proxy = proxy::Proxy::of_environment(rust, log_book::RAILS)?;
    println!("http://localhost:{}", proxy.port());
    tokio::select! {
        served = server.run() => served?,
        proxied = proxy.serve() => proxied?,
    }
    Ok(())
}

#[get("/rust")]
async fn show(session: Session) -> Result<Either<Html, impl Responder>, Error> {
    if !log_book::is_logged_in(&session) {
        return Ok(Either::Right(Redirect::to("/sign_in").see_other()));
    }
    log_book::show(&session).map(|page| Either::Left(Html::new(page)))
}

#[derive(Deserialize)]
struct Remark {
    remark: String,
}

#[post("/rust/remark")]
async fn keep_remark(session: Session, form: Form<Remark>) -> Result<impl Responder, Error> {
    if !log_book::is_logged_in(&session) {
        return Ok(Redirect::to("/sign_in").see_other());
    }
    log_book::keep_remark(&session, &form.remark)?;
    Ok(Redirect::to("/").see_other())
}

#[post("/rust/sign_out")]
async fn sign_out(session: Session) -> Result<impl Responder, Error> {
    log_book::sign_out(&session)?;
    Ok(Redirect::to("/").see_other())
}
