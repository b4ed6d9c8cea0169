//! What the session's layer costs a request under axum, beside the same request without it.
//!
//! ```console
//! $ cargo bench --bench middleware --features axum,test-util
//! ```

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark fails by panicking"
)]

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::get;
use divan::Bencher;
use hardtack::test_util::cookie_header;
use hardtack::tower::SessionLayer;
use hardtack::{CookieStore, RailsVersion, SecretKeyBase, Session};
use tokio::runtime::{Builder, Runtime};
use tower::Service;

fn main() {
    divan::main();
}

/// Bytes of session JSON.
const SIZES: [usize; 3] = [128, 512, 2000];

fn request(cookie: &str) -> Request<Body> {
    Request::get("/")
        .header("host", "shop.example")
        .header("cookie", cookie)
        .body(Body::empty())
        .unwrap()
}

fn store() -> Arc<CookieStore> {
    let secret = SecretKeyBase::generate().unwrap();
    Arc::new(CookieStore::new(
        &secret,
        RailsVersion::V7_1,
        "_shop_session",
    ))
}

/// Sessions of this size, since a nonce decides on escapes.
fn cookies(store: &CookieStore, size: usize) -> Vec<String> {
    let filler = "x".repeat(size.saturating_sub(80));
    let cookie = |_| {
        cookie_header(store, |session| {
            session.insert("user_id", &42)?;
            session.insert("filler", &filler)
        })
    };
    (0..64).map(cookie).collect::<Result<_, _>>().unwrap()
}

fn runtime() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

fn bench(bencher: Bencher<'_, '_>, mut app: Router, cookies: &[String]) {
    let runtime = runtime();
    let mut rest = cookies.iter().cycle();
    bencher
        .with_inputs(|| request(rest.next().unwrap()))
        .bench_local_values(|request| runtime.block_on(app.call(request)).unwrap());
}

#[divan::bench(args = SIZES)]
fn without_a_layer(bencher: Bencher<'_, '_>, size: usize) {
    let app = Router::new().route("/", get(|| async { "hello" }));
    bench(bencher, app, &cookies(&store(), size));
}

#[divan::bench(args = SIZES)]
fn session_untouched(bencher: Bencher<'_, '_>, size: usize) {
    let store = store();
    let app = Router::new()
        .route("/", get(|| async { "hello" }))
        .layer(SessionLayer::new(store.clone()));
    bench(bencher, app, &cookies(&store, size));
}

#[divan::bench(args = SIZES)]
fn one_key_read(bencher: Bencher<'_, '_>, size: usize) {
    let store = store();
    let handler = |session: Session| async move {
        assert_eq!(session.get::<u32>("user_id"), Ok(Some(42)));
        "hello"
    };
    let app = Router::new()
        .route("/", get(handler))
        .layer(SessionLayer::new(store.clone()));
    bench(bencher, app, &cookies(&store, size));
}

#[divan::bench(args = SIZES)]
fn one_key_changed(bencher: Bencher<'_, '_>, size: usize) {
    let store = store();
    let handler = |session: Session| async move {
        session.insert("user_id", &43).unwrap();
        "hello"
    };
    let app = Router::new()
        .route("/", get(handler))
        .layer(SessionLayer::new(store.clone()));
    bench(bencher, app, &cookies(&store, size));
}
