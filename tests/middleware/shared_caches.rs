//! The headers for caches, if several layers take part in a response.

use actix_web::dev::Service;
use actix_web::rt::System;
use actix_web::test::{TestRequest, init_service};
use actix_web::{App, HttpResponse, web};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use axum::routing::any;
use hardtack::actix::{CsrfMiddleware, SessionMiddleware};
use hardtack::csrf::ForgeryProtection;
use hardtack::tower::{CsrfLayer, SessionLayer};
use hardtack::{CookieStore, LazySession, LoadDefaults, SecretKeyBase, Session};
use tower::ServiceExt;

const OF_A_USER: &str = "max-age=0, private, must-revalidate";

fn store(name: &str) -> CookieStore {
    let secret = SecretKeyBase::new("b3c631c314c0bbca50c1b2843150fe33".repeat(4)).unwrap();
    CookieStore::new(&secret, LoadDefaults::V7_1, name)
}

fn protection() -> ForgeryProtection {
    ForgeryProtection::new().skip(|_, path| path.starts_with("/webhooks"))
}

/// Returns every `Vary` and `Cache-Control` header.
type Told = [Vec<String>; 2];

const NAMES: [&str; 2] = ["vary", "cache-control"];

fn told(vary: &[&str], cache_control: &[&str]) -> Told {
    [vary, cache_control].map(|values| values.iter().map(|value| (*value).to_owned()).collect())
}

fn of_axum(app: Router, method: &str, path: &str) -> (u16, Told) {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let request = Request::builder().method(method).uri(path);
    let request = request.body(Body::empty()).unwrap();
    let response = runtime.unwrap().block_on(app.oneshot(request)).unwrap();
    let headers: &HeaderMap = response.headers();
    let values = |name: &str| {
        let values = headers.get_all(name).iter();
        values
            .map(|value| value.to_str().unwrap().to_owned())
            .collect()
    };
    (response.status().as_u16(), NAMES.map(values))
}

/// Returns the response of an actix-web app.
macro_rules! of_actix {
    ($app:expr, $method:expr, $path:expr) => {
        System::new().block_on(async {
            let app = init_service($app).await;
            let request = TestRequest::with_uri($path).method($method.parse().unwrap());
            let response = app.call(request.to_request()).await.unwrap();
            let values = |name: &str| {
                let values = response.headers().get_all(name);
                values
                    .map(|value| value.to_str().unwrap().to_owned())
                    .collect()
            };
            (response.status().as_u16(), NAMES.map(values))
        })
    };
}

/// A check that reads the session counts as asking for it, with any result.
#[test]
fn a_request_that_was_checked_for_forgery() {
    let mut ran = 0;
    for (method, path, expected) in [
        ("GET", "/", (200, told(&[], &[]))),
        ("POST", "/webhooks/1", (200, told(&[], &[]))),
        ("POST", "/", (422, told(&["Cookie"], &[OF_A_USER]))),
    ] {
        let app = Router::new().fallback(any(|| async { "ok" }));
        let app = app.layer(CsrfLayer::new(protection()));
        let app = app.layer(SessionLayer::new(store("_app_session")));
        assert_eq!(of_axum(app, method, path), expected, "{method} {path}");

        let app = App::new()
            .default_service(web::to(HttpResponse::Ok))
            .wrap(CsrfMiddleware::new(protection()))
            .wrap(SessionMiddleware::new(store("_app_session")));
        assert_eq!(of_actix!(app, method, path), expected, "{method} {path}");
        ran += 1;
    }
    assert_eq!(ran, 3);
}

fn look(session: &Session) {
    assert!(session.is_empty());
}

/// With a layer inside another layer, asking for either session counts.
#[test]
fn two_layers_tell_once() {
    let expected = (200, told(&["Accept, Cookie"], &[OF_A_USER]));
    let answer = || ([("vary", "Accept")], "ok");
    let inner = move |session: Session| async move {
        look(&session);
        answer()
    };
    let outer = |request: Request<Body>, next: axum::middleware::Next| async {
        let lazy = request.extensions().get::<LazySession>();
        look(&lazy.unwrap().loaded().unwrap());
        next.run(request).await
    };
    let inner_layer = || SessionLayer::new(store("_inner"));
    let outer_layer = || SessionLayer::new(store("_outer"));
    for app in [
        Router::new().fallback(inner).layer(inner_layer()),
        Router::new()
            .fallback(move || async move { answer() })
            .layer(inner_layer())
            .layer(axum::middleware::from_fn(outer)),
        Router::new()
            .fallback(inner)
            .layer(inner_layer())
            .layer(axum::middleware::from_fn(outer)),
    ] {
        assert_eq!(of_axum(app.layer(outer_layer()), "GET", "/"), expected);
    }

    let handler = |session: Session| async move {
        look(&session);
        HttpResponse::Ok()
            .insert_header(("vary", "Accept"))
            .finish()
    };
    let app = App::new()
        .default_service(web::to(handler))
        .wrap(SessionMiddleware::new(store("_inner")))
        .wrap_fn(|request, next| {
            let lazy = actix_web::HttpMessage::extensions(&request);
            look(&lazy.get::<LazySession>().unwrap().loaded().unwrap());
            drop(lazy);
            next.call(request)
        })
        .wrap(SessionMiddleware::new(store("_outer")));
    assert_eq!(of_actix!(app, "GET", "/"), expected);
}

/// A name that an outer layer adds to `Vary` stays.
#[test]
fn a_layer_between_has_its_own_word() {
    let handler = |session: Session| async move { look(&session) };
    let between = |request: Request<Body>, next: axum::middleware::Next| async {
        let mut response = next.run(request).await;
        let headers = response.headers_mut();
        headers.append("vary", "accept-encoding".parse().unwrap());
        headers.append("cache-control", "no-store".parse().unwrap());
        response
    };
    let app = Router::new().fallback(handler);
    let app = app.layer(axum::middleware::from_fn(between));
    let app = app.layer(SessionLayer::new(store("_app_session")));
    let expected = told(&["accept-encoding, Cookie"], &["no-store"]);
    assert_eq!(of_axum(app, "GET", "/"), (200, expected));
}
