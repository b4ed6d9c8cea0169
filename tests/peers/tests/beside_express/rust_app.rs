//! The Rust app: the pages of `express_app/beside.mjs`, under `/rust`.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::response::{Html, Redirect};
use axum::routing::{get, post};
use axum::{Extension, Form, Router};
use hardtack::tower::SessionLayer;
use hardtack::{Error, Session};
use serde::Deserialize;
use tokio::sync::Notify;

/// Serves the app as long as the test runs.
pub(crate) fn serve(sessions: SessionLayer) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free loopback port");
    let address = listener.local_addr().expect("it is bound");
    listener.set_nonblocking(true).expect("a socket can");
    let app = Router::new()
        .route("/rust/page", get(page))
        .route("/rust/log_in", post(log_in))
        .route("/rust/change", post(change))
        .route("/rust/regenerate", post(regenerate))
        .route("/rust/remember", post(remember))
        .route("/rust/destroy", post(destroy))
        .route("/rust/slow", get(slow))
        .route("/rust/begun", get(begun))
        .route("/rust/finish", get(finish))
        .layer(Extension(Arc::<Slow>::default()))
        .layer(sessions);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
            axum::serve(listener, app).await
        })
    });
    address
}

async fn page(session: Session) -> Result<Html<String>, Error> {
    let text = |key| Ok::<_, Error>(session.get::<String>(key)?.unwrap_or_default());
    let (name, note) = (text("name")?, text("note")?);
    Ok(Html(format!(
        r#"<!doctype html><title>Rust</title><h1>Rust</h1>
        <p id="name">{name}</p><p id="note">{note}</p>
        <form action="/rust/log_in" method="post"><input name="name"><button>Log in</button></form>
        <form action="/rust/change" method="post"><input name="note"><button>Change</button></form>
        <form action="/rust/regenerate" method="post"><button>Regenerate</button></form>
        <form action="/rust/remember" method="post"><button>Remember</button></form>
        <form action="/rust/destroy" method="post"><button>Destroy</button></form>"#
    )))
}

fn back() -> Redirect {
    Redirect::to("/rust/page")
}

#[derive(Deserialize)]
struct LogIn {
    name: String,
}

async fn log_in(session: Session, Form(form): Form<LogIn>) -> Result<Redirect, Error> {
    session.reset()?;
    session.insert("name", form.name)?;
    Ok(back())
}

#[derive(Deserialize)]
struct Change {
    note: String,
}

async fn change(session: Session, Form(form): Form<Change>) -> Result<Redirect, Error> {
    session.insert("note", form.note)?;
    Ok(back())
}

/// The same session under another id.
async fn regenerate(session: Session) -> Result<Redirect, Error> {
    session.renew()?;
    Ok(back())
}

/// Lets the session live for thirty days.
async fn remember(session: Session) -> Result<Redirect, Error> {
    session.insert("note", "remembered")?;
    session.express_max_age(Duration::from_hours(30 * 24))?;
    Ok(back())
}

async fn destroy(session: Session) -> Result<Redirect, Error> {
    session.reset()?;
    Ok(back())
}

/// A request that has changed its session and ends at a call of `finish`.
#[derive(Default)]
struct Slow {
    begun: Notify,
    finish: Notify,
}

async fn slow(session: Session, slow: Extension<Arc<Slow>>) -> Result<&'static str, Error> {
    session.insert("note", "of a slow request")?;
    slow.begun.notify_one();
    slow.finish.notified().await;
    Ok("slow")
}

async fn begun(slow: Extension<Arc<Slow>>) -> &'static str {
    slow.begun.notified().await;
    "begun"
}

async fn finish(slow: Extension<Arc<Slow>>) -> &'static str {
    slow.finish.notify_one();
    "finish"
}
