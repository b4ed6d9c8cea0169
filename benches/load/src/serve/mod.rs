//! The servers in Rust: the same three handlers over each crate's sessions.

mod actix_session;
mod hardtack_actix;
mod hardtack_axum;
mod hardtack_sessions;
mod tower_sessions;

use std::error::Error;
use std::net::Ipv4Addr;

use axum::Router;
use hardtack_sessions::hardtack_sessions;
use serde_json::{Map, Value};
use tokio::net::TcpListener;

type Outcome = Result<(), Box<dyn Error>>;

/// Serves a contender until the process is killed, on one thread.
pub(crate) async fn serve(name: &str, port: u16, redis: &str) -> Result<(), String> {
    let words: Vec<&str> = name.split(' ').collect();
    let outcome = match words[..] {
        ["hardtack", framework, format, ref way @ ..] => {
            match (framework, hardtack_sessions(format, way, redis)) {
                ("axum", Ok(sessions)) => hardtack_axum::serve(sessions, port).await,
                ("actix-web", Ok(sessions)) => hardtack_actix::serve(sessions, port).await,
                (_, Ok(_)) => Err("no such framework".into()),
                (_, Err(error)) => Err(error),
            }
        }
        ["tower-sessions", _] => tower_sessions::serve(port, redis).await,
        ["actix-session", _] => actix_session::serve(port, redis).await,
        _ => Err("no such contender".into()),
    };
    outcome.map_err(|error| format!("{name}: {error}"))
}

async fn serve_axum(app: Router, port: u16) -> Outcome {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    Ok(axum::serve(listener, app).await?)
}

/// Returns the values that a visitor's session is filled with.
fn values(body: &[u8]) -> Map<String, Value> {
    serde_json::from_slice(body).expect("the client sends a JSON object")
}
