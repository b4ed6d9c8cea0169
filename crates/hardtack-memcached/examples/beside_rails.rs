//! A Rust service beside a Rails app that keeps its sessions in Memcached: it shows who is logged in
//! there, and counts visits in the same session.
//!
//! ```console
//! $ MEMCACHE_SERVERS=127.0.0.1:11211 cargo run -p hardtack-memcached --example beside_rails
//! ```
//!
//! A proxy in front sends `/rust/` here, and all other paths to Rails. `PORT` is 3001 unless it is
//! set. `hardtack-redis` has a longer example, with forms, logins and logouts; only the store differs.

use std::error::Error as StdError;
use std::time::Duration;

use axum::routing::get;
use axum::{Json, Router};
use hardtack::stores::{CacheFormatVersion, RailsCache};
use hardtack::tower::SessionLayer;
use hardtack::warden::WardenScope;
use hardtack::{Error, ServerSessions, Session};
use hardtack_memcached::MemcachedStore;
use serde::Serialize;

/// Creates the sessions of a Rails app with these settings:
///
/// ```ruby
/// config.load_defaults 7.1
/// config.cache_store = :mem_cache_store, ENV["MEMCACHE_SERVERS"], { namespace: "shop" }
/// config.session_store :cache_store, key: "_shop_session", expire_after: 90.minutes
/// ```
fn sessions(store: MemcachedStore) -> ServerSessions {
    let format = RailsCache::new(CacheFormatVersion::V7_1)
        .namespace("shop")
        .mem_cache_store();
    // Dalli takes the next server while one is away, unless `failover: false` is set.
    ServerSessions::new(format, store.fail_over(true), "_shop_session")
        .expire_after(Duration::from_secs(90 * 60))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let servers = std::env::var("MEMCACHE_SERVERS");
    let store = MemcachedStore::new(servers.as_deref().unwrap_or("127.0.0.1:11211"))?;
    for warning in store.check().await?.warnings {
        eprintln!("{warning}");
    }
    let sessions = sessions(store);
    sessions.check()?;

    let app = Router::new()
        .route("/rust/session", get(show))
        .layer(SessionLayer::new(sessions));
    let port = std::env::var("PORT").unwrap_or_else(|_| "3001".to_owned());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("http://localhost:{port}/rust/session");
    axum::serve(listener, app).await?;
    Ok(())
}

#[derive(Serialize)]
struct Shown {
    /// The user who is logged in, by Devise.
    user: Option<u64>,
    visits: u64,
}

async fn show(session: Session) -> Result<Json<Shown>, Error> {
    let login = session.read(|data| WardenScope::new("user").login(data));
    let visits = session.get::<u64>("visits")?.unwrap_or_default() + 1;
    session.insert("visits", visits)?;
    // Compare the login's salt with the user's before you trust it: `WardenLogin::matches`.
    let user = login.and_then(|login| login.id().ok());
    Ok(Json(Shown { user, visits }))
}
