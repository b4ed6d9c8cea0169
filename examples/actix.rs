//! A session under actix-web: log in, visits, flash, a form with a CSRF token, log out.
//!
//! ```console
//! $ cargo run --example actix --features actix-web
//! ```
//!
//! `SECRET_KEY_BASE` keeps sessions over a restart; `PORT` is 3000 unless it is set.

#![forbid(unsafe_code)]

use std::error::Error as StdError;
use std::sync::Arc;

use actix_web::web::{Form, Redirect};
use actix_web::{App, HttpServer, Responder, get, post, web::Html};
use hardtack::actix::{CsrfMiddleware, SessionMiddleware};
use hardtack::csrf::ForgeryProtection;
use hardtack::{CookieStore, Error, LoadDefaults, Session};
use serde::Deserialize;

#[path = "pages/counter.rs"]
mod counter;
#[path = "pages/mod.rs"]
mod pages;

#[actix_web::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let store = CookieStore::new(&counter::secret()?, LoadDefaults::V7_1, "_counter_session");
    store.check()?;
    // One for all workers: keys are derived once.
    let store = Arc::new(store);

    let port = std::env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    println!("http://localhost:{port}");
    HttpServer::new(move || {
        App::new()
            // The session is wrapped last, and so outside: the tokens of the other are in it.
            .wrap(CsrfMiddleware::new(ForgeryProtection::new()))
            .wrap(SessionMiddleware::new(store.clone()))
            .service(home)
            .service(log_in)
            .service(order)
            .service(log_out)
    })
    .bind(format!("127.0.0.1:{port}"))?
    .run()
    .await?;
    Ok(())
}

#[get("/")]
async fn home(session: Session) -> Result<Html, Error> {
    counter::home(&session).map(Html::new)
}

#[derive(Deserialize)]
struct LogIn {
    name: String,
}

#[post("/log_in")]
async fn log_in(session: Session, form: Form<LogIn>) -> Result<impl Responder, Error> {
    counter::log_in(&session, &form.name)?;
    Ok(Redirect::to("/").see_other())
}

#[derive(Deserialize)]
struct Order {
    biscuit: String,
}

#[post("/order")]
async fn order(session: Session, form: Form<Order>) -> Result<impl Responder, Error> {
    counter::order(&session, &form.biscuit)?;
    Ok(Redirect::to("/").see_other())
}

#[post("/log_out")]
async fn log_out(session: Session) -> Result<impl Responder, Error> {
    counter::log_out(&session)?;
    Ok(Redirect::to("/").see_other())
}
