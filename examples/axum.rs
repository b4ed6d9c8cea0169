//! A session under axum: log in, visits, flash, a form with a CSRF token, log out.
//!
//! ```console
//! $ cargo run --example axum --features axum
//! ```
//!
//! `SECRET_KEY_BASE` keeps sessions over a restart; `PORT` is 3000 unless it is set.

#![forbid(unsafe_code)]

use std::error::Error as StdError;

use axum::response::{Html, Redirect};
use axum::routing::{get, post};
use axum::{Form, Router};
use hardtack::csrf::ForgeryProtection;
use hardtack::tower::{CsrfLayer, SessionLayer};
use hardtack::{CookieStore, Error, LoadDefaults, Session};
use serde::Deserialize;

#[path = "pages/counter.rs"]
mod counter;
#[path = "pages/mod.rs"]
mod pages;

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let store = CookieStore::new(&counter::secret()?, LoadDefaults::V7_1, "_counter_session");
    store.check()?;

    let app = Router::new()
        .route("/", get(home))
        .route("/log_in", post(log_in))
        .route("/order", post(order))
        .route("/log_out", post(log_out))
        // The session is outside, so that the tokens of the other can be looked up in it.
        .layer(CsrfLayer::new(ForgeryProtection::new()))
        .layer(SessionLayer::new(store));

    let port = std::env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("http://localhost:{port}");
    axum::serve(listener, app).await?;
    Ok(())
}

async fn home(session: Session) -> Result<Html<String>, Error> {
    counter::home(&session).map(Html)
}

#[derive(Deserialize)]
struct LogIn {
    name: String,
}

async fn log_in(session: Session, Form(form): Form<LogIn>) -> Result<Redirect, Error> {
    counter::log_in(&session, &form.name)?;
    Ok(Redirect::to("/"))
}

#[derive(Deserialize)]
struct Order {
    biscuit: String,
}

async fn order(session: Session, Form(form): Form<Order>) -> Result<Redirect, Error> {
    counter::order(&session, &form.biscuit)?;
    Ok(Redirect::to("/"))
}

async fn log_out(session: Session) -> Result<Redirect, Error> {
    counter::log_out(&session)?;
    Ok(Redirect::to("/"))
}
