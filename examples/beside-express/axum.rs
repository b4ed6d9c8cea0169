//! The log book's Rust half. Started by `run`, which starts Express and Redis too.

#![forbid(unsafe_code)]

use std::error::Error as StdError;
use std::time::Duration;

use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use hardtack::csrf::ForgeryProtection;
use hardtack::express::{CookieSignature, ExpressSession};
use hardtack::tower::{CsrfLayer, SessionLayer};
use hardtack::{Error, SameSite, ServerSessions, Session};
use hardtack_redis::RedisStore;
use serde::{Deserialize, Serialize};

#[path = "../pages/mod.rs"]
mod pages;
#[path = "../proxy/mod.rs"]
mod proxy;

use pages::{escape, form, page};

/// The half that `app.js` is.
const EXPRESS: proxy::OtherHalf = proxy::OtherHalf {
    name: "Express",
    port: "EXPRESS_PORT",
    run: "examples/beside-express/run",
};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Creates the sessions of the Express app, with the settings of `app.js`.
fn sessions() -> Result<ServerSessions, Box<dyn StdError>> {
    let signature = CookieSignature::new(std::env::var("SESSION_SECRET")?)?;
    let format = ExpressSession::connect_redis(signature)
        .key_prefix("log_book:")
        .rolling()
        .max_age(HOUR)
        .same_site(SameSite::Lax);
    let store = RedisStore::new(&std::env::var("REDIS_URL")?)?;
    let sessions = ServerSessions::new(format, store, "connect.sid")
        // A request of Express that began before a logout writes the session again.
        .remember_logouts(Duration::from_secs(60))
        .finish_commits(|commit| {
            tokio::spawn(commit);
        });
    sessions.check()?;
    Ok(sessions)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let app = Router::new()
        .route("/rust", get(show))
        .route("/rust/sign_in", get(sign_in_page).post(sign_in))
        .route("/rust/remark", post(keep_remark))
        .route("/rust/sign_out", post(sign_out))
        .layer(CsrfLayer::new(ForgeryProtection::header_only()))
        .layer(SessionLayer::new(sessions()?));

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let rust = listener.local_addr()?;
    let proxy = proxy::Proxy::of_environment(rust, EXPRESS)?;
    println!("http://localhost:{}", proxy.port());
    tokio::select! {
        served = async { axum::serve(listener, app).await } => served?,
        proxied = proxy.serve() => proxied?,
    }
    Ok(())
}

/// The user, as `app.js` keeps one in the session.
#[derive(Serialize, Deserialize)]
struct User {
    id: u32,
    name: String,
}

/// The users of the app.
const USERS: &[(u32, &str)] = &[(7, "Ada"), (8, "Grace")];

/// Takes the messages for the next page out of the session.
fn messages(session: &Session) -> Result<Vec<(&'static str, String)>, Error> {
    let mut messages = Vec::new();
    for kind in ["notice", "alert"] {
        if let Some(text) = session.take(kind)? {
            messages.push((kind, text));
        }
    }
    Ok(messages)
}

async fn show(session: Session) -> Result<Response, Error> {
    let Some(user) = session.get::<User>("user")? else {
        return Ok(Redirect::to("/sign_in").into_response());
    };
    let visits = session.get::<u32>("visits")?.unwrap_or(0) + 1;
    // Two requests at once count twice.
    session.update_key("visits", |visits: Option<u32>| visits.unwrap_or(0) + 1)?;
    let note = session.get::<String>("note")?.unwrap_or_default();
    let fields = r#"<label>Note <input name="note" required></label>"#;
    let body = format!(
        r#"<p class="aside">This page is by Rust.</p>
<p>Hello, <strong id="name">{}</strong>. Your visits to this page: <span id="visits">{visits}</span>.</p>
<p>Express keeps the note “<span id="note">{}</span>”.</p>
<h2>A form of Rust that posts to Express</h2>{}
<p><a href="/">To the page by Express</a></p>{}"#,
        escape(&user.name),
        escape(&note),
        form("/note", None, fields, "Keep it at Express"),
        form("/rust/sign_out", None, "", "Sign out at Rust"),
    );
    Ok(Html(page("The log book", &messages(&session)?, &body)).into_response())
}

async fn sign_in_page(session: Session) -> Result<Html<String>, Error> {
    let fields = r#"<label>Name <input name="name" required></label>"#;
    let body = format!(
        r#"<p class="aside">This page is by Rust.</p>{}
<p class="aside">Ada or Grace. Or <a href="/sign_in">sign in at Express</a>.</p>"#,
        form("/rust/sign_in", None, fields, "Sign in"),
    );
    Ok(Html(page("The log book", &messages(&session)?, &body)))
}

#[derive(Deserialize)]
struct SignIn {
    name: String,
}

async fn sign_in(session: Session, Form(form): Form<SignIn>) -> Result<Redirect, Error> {
    let Some((id, name)) = USERS.iter().find(|(_, name)| *name == form.name) else {
        session.insert("alert", "Nobody of that name.")?;
        return Ok(Redirect::to("/rust/sign_in"));
    };
    session.reset()?; // A new session: prevents session fixation.
    let (id, name) = (*id, (*name).to_owned());
    session.insert("user", User { id, name })?;
    session.insert("notice", "Signed in at Rust.")?;
    Ok(Redirect::to("/rust"))
}

#[derive(Deserialize)]
struct Remark {
    remark: String,
}

async fn keep_remark(session: Session, Form(form): Form<Remark>) -> Result<Redirect, Error> {
    if !session.contains_key("user") {
        return Ok(Redirect::to("/sign_in"));
    }
    session.insert("remark", form.remark)?;
    session.insert("notice", "Rust kept the remark.")?;
    Ok(Redirect::to("/"))
}

async fn sign_out(session: Session) -> Result<Redirect, Error> {
    session.reset()?;
    session.insert("notice", "Signed out at Rust.")?;
    Ok(Redirect::to("/sign_in"))
}
