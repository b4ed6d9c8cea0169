//! The log book's Rust half under axum. Started by `run`, which starts Rails too.

#![forbid(unsafe_code)]

use std::error::Error as StdError;

use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use hardtack::csrf::ForgeryProtection;
use hardtack::tower::{CsrfLayer, SessionLayer};
use hardtack::{Error, Session};
use serde::Deserialize;

mod log_book;
#[path = "../pages/mod.rs"]
mod pages;
#[path = "../proxy/mod.rs"]
mod proxy;

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let app = Router::new()
        .route("/rust", get(show))
        .route("/rust/remark", post(keep_remark))
        .route("/rust/sign_out", post(sign_out))
        .layer(CsrfLayer::new(ForgeryProtection::new()))
        .layer(SessionLayer::new(log_book::store()?));

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let rust = listener.local_addr()?;
    let proxy = proxy::Proxy::of_environment(rust, log_book::RAILS)?;
    println!("http://localhost:{}", proxy.port());
    tokio::select! {
        served = async { axum::serve(listener, app).await } => served?,
        proxied = proxy.serve() => proxied?,
    }
    Ok(())
}

async fn show(session: Session) -> Result<Response, Error> {
    if !log_book::is_logged_in(&session) {
        return Ok(Redirect::to("/sign_in").into_response());
    }
    log_book::show(&session).map(|page| Html(page).into_response())
}

#[derive(Deserialize)]
struct Remark {
    remark: String,
}

async fn keep_remark(session: Session, Form(form): Form<Remark>) -> Result<Redirect, Error> {
    if !log_book::is_logged_in(&session) {
        return Ok(Redirect::to("/sign_in"));
    }
    log_book::keep_remark(&session, &form.remark)?;
    Ok(Redirect::to("/"))
}

async fn sign_out(session: Session) -> Result<Redirect, Error> {
    log_book::sign_out(&session)?;
    Ok(Redirect::to("/"))
}
