//! The login of Devise as an argument of handlers, under axum and actix-web.

use actix_web::rt::System;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, web};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use axum::routing::get;
use hardtack::actix::SessionMiddleware;
use hardtack::tower::SessionLayer;
use hardtack::warden::{DeviseLogin, DeviseScope, NotLoggedIn};
use hardtack::{CookieStore, Error, Jar, LoadDefaults, SecretKeyBase};
use tower::ServiceExt;

const HASH: &str = "$2a$12$abcdefghijklmnopqrstuv0123456789abcdefghijklmnopqrstu";

struct Admin;

impl DeviseScope for Admin {
    const NAME: &'static str = "admin";
}

fn secret() -> SecretKeyBase {
    SecretKeyBase::new("b3c631c314c0bbca50c1b2843150fe33").unwrap()
}

fn store() -> CookieStore {
    CookieStore::new(&secret(), LoadDefaults::V7_1, "_app_session")
}

/// A session's cookie, of this JSON beside the session's id.
fn cookie(login: &str) -> String {
    let session = format!("{{\"session_id\":\"3af1c1b9c1b8d6f1a0a3a7b0c3d4e5f6\"{login}}}");
    let session: serde_json::Value = serde_json::from_str(&session).unwrap();
    let jar = Jar::encrypted(&secret(), LoadDefaults::V7_1);
    let cookie = jar.write("_app_session", &session, None).unwrap();
    format!("_app_session={}", cookie.escaped_value())
}

fn body(login: &DeviseLogin) -> String {
    let id = login
        .id::<u64>()
        .map_or("?".to_owned(), |id| id.to_string());
    format!("{id} {}", login.matches(HASH))
}

async fn required(login: DeviseLogin) -> String {
    body(&login)
}

async fn admin(login: DeviseLogin<Admin>) -> Result<String, Error> {
    Ok(format!("admin {}", login.id::<u64>()?))
}

async fn optional(login: Option<DeviseLogin>) -> String {
    login.map_or("nobody".to_owned(), |login| body(&login))
}

async fn optional_in_actix(login: Result<DeviseLogin, actix_web::Error>) -> String {
    match login {
        Ok(login) => body(&login),
        Err(error) if error.as_error::<NotLoggedIn>().is_some() => "nobody".to_owned(),
        Err(error) => format!("another error: {error}"),
    }
}

/// What is in the session, a path, and the answer. As Devise's `serialize_into_session` keeps it:
/// the record's key, and `encrypted_password[0, 29]`.
const CASES: &[(&str, &str, u16, &str)] = &[
    ("", "/required", 401, ""),
    ("", "/optional", 200, "nobody"),
    ("", "/admin", 401, ""),
    (USER, "/required", 200, "7 true"),
    (USER, "/optional", 200, "7 true"),
    (USER, "/admin", 401, ""),
    (ADMIN, "/admin", 200, "admin 3"),
    (ADMIN, "/required", 401, ""),
    (CHANGED, "/required", 200, "7 false"),
    (ODD, "/required", 401, ""),
    (BOTH, "/required", 200, "7 true"),
    (BOTH, "/admin", 200, "admin 3"),
    (OF_DEVISE_2_1, "/required", 200, "7 true"),
    (NO_ID, "/required", 401, ""),
    (NIL_ID, "/required", 200, "? true"),
    (NIL_SALT, "/required", 200, "7 false"),
    (EMPTY_SALT, "/required", 200, "7 false"),
    (LONG_SALT, "/required", 200, "7 false"),
];

const USER: &str = ",\"warden.user.user.key\":[[7],\"$2a$12$abcdefghijklmnopqrstuv\"]";
const ADMIN: &str = ",\"warden.user.admin.key\":[[3],\"$2a$12$abcdefghijklmnopqrstuv\"]";
const CHANGED: &str = ",\"warden.user.user.key\":[[7],\"$2a$12$vutsrqponmlkjihgfedcba\"]";
const BOTH: &str = ",\"warden.user.admin.key\":[[3],null],\"warden.user.user.key\":[[7],\"$2a$12$abcdefghijklmnopqrstuv\"]";
const OF_DEVISE_2_1: &str =
    ",\"warden.user.user.key\":[\"User\",[7],\"$2a$12$abcdefghijklmnopqrstuv\"]";
const NO_ID: &str = ",\"warden.user.user.key\":[[],\"$2a$12$abcdefghijklmnopqrstuv\"]";
const NIL_ID: &str = ",\"warden.user.user.key\":[[null],\"$2a$12$abcdefghijklmnopqrstuv\"]";
const NIL_SALT: &str = ",\"warden.user.user.key\":[[7],null]";
const EMPTY_SALT: &str = ",\"warden.user.user.key\":[[7],\"\"]";
const LONG_SALT: &str = ",\"warden.user.user.key\":[[7],\"$2a$12$abcdefghijklmnopqrstuv0\"]";
const ODD: &str = ",\"warden.user.user.key\":\"7\"";

#[test]
fn axum_gives_the_login() {
    let app = Router::new()
        .route("/required", get(required))
        .route("/optional", get(optional))
        .route("/admin", get(admin))
        .layer(SessionLayer::new(store()))
        .route("/outside", get(required))
        .route("/outside/optional", get(optional));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let call = |login: &str, path: &str| {
        let request = Request::get(path).header("cookie", cookie(login));
        let request = request.body(Body::empty()).unwrap();
        runtime.block_on(async {
            let response = app.clone().oneshot(request).await.unwrap();
            let status = response.status().as_u16();
            let body = to_bytes(response.into_body(), 1000).await.unwrap();
            (status, String::from_utf8(body.to_vec()).unwrap())
        })
    };
    let mut ran = 0;
    for (login, path, status, body) in CASES.iter().copied() {
        assert_eq!(
            call(login, path),
            (status, body.to_owned()),
            "{login} {path}"
        );
        ran += 1;
    }
    assert_eq!(ran, 18);
    // A missing layer is no missing login.
    assert_eq!(call(USER, "/outside").0, 500);
    assert_eq!(call(USER, "/outside/optional").0, 500);
}

#[test]
fn actix_gives_the_login() {
    System::new().block_on(async {
        let inside = web::scope("")
            .wrap(SessionMiddleware::new(store()))
            .route("/required", web::get().to(required))
            .route("/optional", web::get().to(optional_in_actix))
            .route("/admin", web::get().to(admin));
        let app = App::new().route("/outside", web::get().to(required));
        let app = init_service(app.service(inside)).await;
        let mut ran = 0;
        for (login, path, status, body) in CASES.iter().copied() {
            let request = TestRequest::get().uri(path);
            let request = request
                .insert_header(("cookie", cookie(login)))
                .to_request();
            let response = call_service(&app, request).await;
            assert_eq!(response.status().as_u16(), status, "{login} {path}");
            assert_eq!(read_body(response).await, body, "{login} {path}");
            ran += 1;
        }
        assert_eq!(ran, 18);
        let request = TestRequest::get().uri("/outside").to_request();
        assert_eq!(call_service(&app, request).await.status(), 500);
    });
}
