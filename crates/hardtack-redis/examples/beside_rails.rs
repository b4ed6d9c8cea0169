//! A Rust service beside a Rails app that keeps its sessions in Redis: both read and write one
//! session, and a login or a logout on one side counts on the other.
//!
//! ```console
//! $ REDIS_URL=redis://127.0.0.1:6379/0 cargo run -p hardtack-redis --example beside_rails
//! ```
//!
//! A proxy in front sends `/rust/` here, and all other paths to Rails. `PORT` is 3001 unless it is
//! set.

use std::error::Error as StdError;
use std::time::Duration;

use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use hardtack::csrf::ForgeryProtection;
use hardtack::stores::{CacheFormatVersion, RailsCache};
use hardtack::tower::{CsrfLayer, SessionLayer};
use hardtack::warden::WardenScope;
use hardtack::{Error, LoadDefaults, ServerSessions, Session};
use hardtack_redis::RedisStore;
use serde::{Deserialize, Serialize};

/// Creates the sessions of a Rails app with these settings:
///
/// ```ruby
/// config.load_defaults 7.1
/// config.cache_store = :redis_cache_store, { url: ENV["REDIS_URL"], namespace: "shop" }
/// config.session_store :cache_store, key: "_shop_session", expire_after: 90.minutes
/// ```
pub(crate) fn sessions(store: RedisStore) -> ServerSessions {
    let format = RailsCache::new(CacheFormatVersion::V7_1).namespace("shop");
    ServerSessions::new(format, store, "_shop_session")
        .expire_after(Duration::from_secs(90 * 60))
        .csrf(LoadDefaults::V7_1)
}

pub(crate) fn app(sessions: ServerSessions) -> Router {
    Router::new()
        .route("/rust/session", get(show))
        .route("/rust/form", get(token))
        .route("/rust/cart", post(add))
        .route("/rust/log_in", post(log_in))
        .route("/rust/log_out", post(log_out))
        // The session is outside, so that the tokens of the other can be looked up in it.
        .layer(CsrfLayer::new(ForgeryProtection::new()))
        .layer(SessionLayer::new(sessions))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let url = std::env::var("REDIS_URL");
    let store = RedisStore::new(url.as_deref().unwrap_or("redis://127.0.0.1:6379/0"))?;
    store.check().await?;
    let sessions = sessions(store);
    sessions.check()?;

    let port = std::env::var("PORT").unwrap_or_else(|_| "3001".to_owned());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("http://localhost:{port}/rust/session");
    axum::serve(listener, app(sessions)).await?;
    Ok(())
}

#[derive(Serialize)]
struct Shown {
    /// The user who is logged in, at Rust or by Devise.
    user: Option<u64>,
    cart: Vec<String>,
    notice: Option<String>,
}

async fn show(session: Session) -> Result<Json<Shown>, Error> {
    let login = session.read(|data| WardenScope::new("user").login(data));
    Ok(Json(Shown {
        // Compare the login's salt with the user's before you trust it: `WardenLogin::matches`.
        user: login.and_then(|login| login.id().ok()),
        cart: session.get("cart")?.unwrap_or_default(),
        notice: session.flash().notice(),
    }))
}

/// Returns a token for a form, of this service or of Rails.
async fn token(session: Session) -> Result<String, Error> {
    session.authenticity_tokens()?.masked_authenticity_token()
}

#[derive(Deserialize)]
struct Item {
    item: String,
}

async fn add(session: Session, Form(Item { item }): Form<Item>) -> Result<StatusCode, Error> {
    let mut cart = session.get::<Vec<String>>("cart")?.unwrap_or_default();
    session.flash().set("notice", format!("Added {item}"))?;
    cart.push(item);
    session.insert("cart", cart)?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct LogIn {
    user_id: u64,
}

/// Logs a user in, without a password: yours checks one, and takes its hash from the user's record.
async fn log_in(session: Session, Form(form): Form<LogIn>) -> Result<StatusCode, Error> {
    let hash = "$2a$12$abcdefghijklmnopqrstuv0000000000000000000000000000000";
    // Changes the session's id, and drops the token, as Devise does.
    session.update(|data| WardenScope::new("user").log_in(data, &form.user_id, hash))?;
    session.flash().set("notice", "Signed in")?;
    Ok(StatusCode::NO_CONTENT)
}

async fn log_out(session: Session) -> Result<StatusCode, Error> {
    session.reset()?;
    Ok(StatusCode::NO_CONTENT)
}
