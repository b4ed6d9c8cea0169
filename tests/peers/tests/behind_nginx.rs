//! Behind a shared cache that keeps every page without a `Cache-Control`: no user gets the page of
//! another user, from a Rust app or from Rails.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::get;
use hardtack::tower::SessionLayer;
use hardtack::{CookieStore, Cookies, Error, Session, SessionData};
use hardtack_peers::{JarKind, Nginx, Puma, Response, Settings};

const SESSION: &str = "_app_session";

/// The header that Rails sends with a page that read the session and set no `Cache-Control` itself.
const OF_A_USER: &str = "max-age=0, private, must-revalidate";

static SETTINGS: LazyLock<Settings> = LazyLock::new(|| Settings::new("a secret behind nginx"));

fn store() -> CookieStore {
    CookieStore::with_keyring(SETTINGS.keyring(), SESSION)
}

/// The cookie of a user of either app.
fn cookie(name: &str) -> String {
    let mut session = SessionData::new();
    session.insert("name", name).expect("text fits");
    let jar = SETTINGS.jar(JarKind::Encrypted);
    let written = session.write(&jar, SESSION, None);
    let written = written.expect("it fits");
    format!("{SESSION}={}", written.escaped_value())
}

async fn name(session: Session) -> Result<String, Error> {
    Ok(session.get::<String>("name")?.unwrap_or_default())
}

/// Sets its own `Cache-Control`, which does not make the page private.
async fn name_for_a_minute(session: Session) -> Result<impl IntoResponse, Error> {
    let headers = [("cache-control", "max-age=60"), ("vary", "Accept-Encoding")];
    Ok((headers, name(session).await?))
}

async fn theme(cookies: Cookies) -> String {
    cookies.get("theme").unwrap_or_else(|| "none".to_owned())
}

/// A page for everybody, different at each request.
async fn catalogue() -> String {
    static EDITION: AtomicUsize = AtomicUsize::new(1);
    EDITION.fetch_add(1, SeqCst).to_string()
}

/// Serves the app as long as the test runs.
fn serve(store: CookieStore) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free loopback port");
    let address = listener.local_addr().expect("it is bound");
    listener.set_nonblocking(true).expect("a socket can");
    let app: Router = Router::new()
        .route("/session", get(name))
        .route("/minute", get(name_for_a_minute))
        .route("/theme", get(theme))
        .route("/catalogue", get(catalogue))
        .layer(SessionLayer::new(store));
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

/// Returns the cache's action, and the body.
fn seen(response: &Response) -> (&str, &str) {
    assert_eq!(response.status, 200, "{response:?}");
    (response.headers("x-cache")[0], response.body())
}

#[test]
fn each_user_of_a_rust_app_gets_their_own_page() {
    let nginx = Nginx::start(serve(store()));
    let (ada, grace) = (cookie("Ada"), cookie("Grace"));
    for _ in 0..2 {
        for (cookies, name) in [(Some(&*ada), "Ada"), (Some(&*grace), "Grace"), (None, "")] {
            let response = nginx.get("/session", cookies);
            assert_eq!(seen(&response), ("MISS", name));
            assert_eq!(response.headers("cache-control"), [OF_A_USER]);
            assert_eq!(response.headers("vary"), ["Cookie"]);
            assert_eq!(response.set_cookies().count(), 0);
        }
        for (cookies, theme) in [
            (None, "none"),
            (Some("theme=dark"), "dark"),
            (Some("theme=light"), "light"),
        ] {
            assert_eq!(seen(&nginx.get("/theme", cookies)), ("MISS", theme));
        }
    }
}

/// By `Vary` alone: the handler let caches keep the page.
#[test]
fn a_page_that_caches_may_keep_is_kept_for_each_user() {
    let nginx = Nginx::start(serve(store()));
    let (ada, grace) = (cookie("Ada"), cookie("Grace"));
    for cache in ["MISS", "HIT", "HIT"] {
        for (cookies, name) in [(Some(&*ada), "Ada"), (Some(&*grace), "Grace"), (None, "")] {
            let response = nginx.get("/minute", cookies);
            assert_eq!(seen(&response), (cache, name));
            assert_eq!(response.headers("cache-control"), ["max-age=60"]);
            assert_eq!(response.headers("vary"), ["Accept-Encoding, Cookie"]);
        }
    }
}

#[test]
fn a_page_of_nobody_is_kept_for_all() {
    let nginx = Nginx::start(serve(store()));
    let first = nginx.get("/catalogue", Some(&cookie("Ada")));
    assert_eq!(seen(&first).0, "MISS");
    assert_eq!(first.headers("cache-control"), [""; 0]);
    assert_eq!(first.headers("vary"), [""; 0]);
    let second = nginx.get("/catalogue", Some(&cookie("Grace")));
    assert_eq!(seen(&second), ("HIT", first.body()));
}

/// Shows the need for the setting, and that this nginx is such a cache.
#[test]
fn untold_the_cache_serves_the_page_of_another_user() {
    let nginx = Nginx::start(serve(store().cache_headers(false)));
    let first = nginx.get("/session", Some(&cookie("Ada")));
    assert_eq!(seen(&first), ("MISS", "Ada"));
    let second = nginx.get("/session", Some(&cookie("Grace")));
    assert_eq!(seen(&second), ("HIT", "Ada"));
}

/// Rails, by its default `Cache-Control`; it says nothing of cookies in `Vary`.
#[test]
fn each_user_of_rails_gets_their_own_page() {
    let puma = Puma::start(&SETTINGS);
    let nginx = Nginx::start(puma.address());
    for _ in 0..2 {
        for name in ["Ada", "Grace"] {
            let response = nginx.get("/session", Some(&cookie(name)));
            assert_eq!(seen(&response).0, "MISS");
            assert_eq!(response.json()["session"]["name"], name);
            assert_eq!(response.headers("cache-control"), [OF_A_USER]);
            let vary = response.headers("vary").concat().to_lowercase();
            assert!(!vary.contains("cookie"), "{vary}");
        }
    }
    let first = nginx.get("/catalogue", Some(&cookie("Ada")));
    assert_eq!(seen(&first).0, "MISS");
    let second = nginx.get("/catalogue", Some(&cookie("Grace")));
    assert_eq!(seen(&second), ("HIT", first.body()));
}
