//! A Rust service beside a Rails app with the authentication that `bin/rails generate authentication`
//! sets up (Rails 8.0 and later): a login or a logout on one side counts on the other.
//!
//! ```console
//! $ export SECRET_KEY_BASE=... # of the app
//! $ export DATABASE_URL=sqlite:///srv/shop/storage/production.sqlite3
//! $ cargo run -p hardtack-sqlx --features sqlite --example rails_8_login
//! ```
//!
//! A proxy in front sends `/rust/` here, and all other paths to Rails. `PORT` is 3001 unless it is
//! set.

use std::error::Error as StdError;
use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use hardtack::authentication::{Authentication, CurrentSession, RecordId};
use hardtack::csrf::ForgeryProtection;
use hardtack::tower::{CsrfLayer, SessionLayer};
use hardtack::{CookieStore, Error, LoadDefaults, SecretKeyBase};
use hardtack_sqlx::SqlLogins;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

/// Returns the id of the user with this address and password: `User.authenticate_by`.
pub(crate) type AuthenticateBy = Arc<dyn Fn(&str, &str) -> Option<RecordId> + Send + Sync>;

pub(crate) fn app(sessions: CookieStore, authenticate_by: AuthenticateBy) -> Router {
    Router::new()
        .route("/rust/show", get(show))
        .route("/rust/account", get(account))
        .route("/rust/session", post(create))
        .route("/rust/session/delete", post(destroy))
        .with_state(authenticate_by)
        .layer(CsrfLayer::new(ForgeryProtection::header_only()))
        .layer(SessionLayer::new(sessions))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let secret = SecretKeyBase::new(std::env::var("SECRET_KEY_BASE")?)?;
    let options = SqliteConnectOptions::from_str(&std::env::var("DATABASE_URL")?)?;
    let logins = SqlLogins::sqlite(SqlitePool::connect_lazy_with(options));
    let sessions = CookieStore::new(&secret, LoadDefaults::V8_0, "_shop_session").logins(logins);
    sessions.check()?;

    // Yours looks the address up in the table `users`, and compares the password with the column
    // `password_digest` by bcrypt.
    let authenticate_by: AuthenticateBy = Arc::new(|email_address, password| {
        let is_ada = email_address == "ada@example.org" && password == "ada's password";
        is_ada.then_some(1.into())
    });

    let port = std::env::var("PORT").unwrap_or_else(|_| "3001".to_owned());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("http://localhost:{port}/rust/show");
    let app = app(sessions, authenticate_by);
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).await?;
    Ok(())
}

#[derive(Serialize)]
struct Shown {
    user_id: Option<RecordId>,
    /// The id of the row.
    session: Option<RecordId>,
}

/// A page for everybody.
async fn show(login: Option<CurrentSession>) -> Json<Shown> {
    Json(Shown {
        user_id: login.as_ref().map(|login| login.user_id().clone()),
        session: login.map(|login| login.id().clone()),
    })
}

/// A page behind the login, which sends visitors to Rails' form.
async fn account(login: Option<CurrentSession>) -> Response {
    match login {
        Some(login) => format!("user {}", login.user_id()).into_response(),
        None => Redirect::to("/session/new").into_response(),
    }
}

#[derive(Deserialize)]
struct Credentials {
    email_address: String,
    password: String,
}

async fn create(
    State(authenticate_by): State<AuthenticateBy>,
    authentication: Authentication,
    // Behind a proxy: the address that the proxy tells.
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Form(credentials): Form<Credentials>,
) -> Result<StatusCode, Error> {
    let user = authenticate_by(&credentials.email_address, &credentials.password);
    let Some(user) = user else {
        return Ok(StatusCode::UNPROCESSABLE_ENTITY);
    };
    let agent = headers.get(header::USER_AGENT);
    let agent = agent.and_then(|agent| agent.to_str().ok());
    authentication
        .start_new_session_for(user, client.ip(), agent)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn destroy(authentication: Authentication) -> Result<StatusCode, Error> {
    authentication.terminate_session().await?;
    Ok(StatusCode::NO_CONTENT)
}
