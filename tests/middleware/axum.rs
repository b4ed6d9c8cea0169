//! What is axum's own in `hardtack::axum`: extractors without a layer, and errors as responses.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hardtack::tower::SessionLayer;
use hardtack::{CookieStore, Cookies, Error, InvalidMessage, LoadDefaults, SecretKeyBase, Session};
use tower::ServiceExt;

use crate::logged::logged;

/// Status and body of a path, and what the operator heard meanwhile.
fn call(app: &Router, path: &str) -> (u16, String, String) {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let request = Request::get(path)
        .header("cookie", "seen=AAAA--AAAA; _app_session=junk")
        .body(Body::empty())
        .unwrap();
    let mut answer = None;
    let heard = logged(|| {
        answer = Some(runtime.unwrap().block_on(async {
            let response = app.clone().oneshot(request).await.unwrap();
            let status = response.status().as_u16();
            (status, to_bytes(response.into_body(), 1000).await.unwrap())
        }));
    });
    let (status, body) = answer.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    (status, body, heard.join("\n"))
}

async fn of_another_type(session: Session) -> Result<(), Error> {
    session.insert("token", "of the bank")?;
    session.get::<u32>("token").map(drop)
}

async fn forged(cookies: Cookies) -> Result<String, Error> {
    let seen = cookies.signed().get::<String>("seen")?;
    Ok(seen.unwrap_or_default())
}

async fn refused(cookies: Cookies) -> Result<String, InvalidMessage> {
    let seen = cookies.signed().explain("seen")?;
    Ok(format!("{}", seen.is_some()))
}

async fn too_much(session: Session) -> Result<&'static str, Error> {
    session.insert("cart", "tea of the bank ".repeat(300))?;
    Ok("all is well")
}

fn routes() -> Router {
    Router::new()
        .route("/of_another_type", get(of_another_type))
        .route("/forged", get(forged))
        .route("/refused", get(refused))
        .route("/too_much", get(too_much))
}

fn layer() -> SessionLayer {
    let secret = SecretKeyBase::generate().unwrap();
    SessionLayer::new(CookieStore::new(
        &secret,
        LoadDefaults::V7_1,
        "_app_session",
    ))
}

#[test]
fn errors_are_opaque_and_the_operator_is_told() {
    let with = routes().layer(layer());
    let without = routes();
    // The app, the path, the status, and what the operator hears.
    let cases: &[(&Router, &str, u16, &[&str])] = &[
        (
            &with,
            "/of_another_type",
            500,
            &["ERROR", "\"token\"", "u32"],
        ),
        (&with, "/refused", 400, &[]),
        (&with, "/too_much", 500, &["ERROR", "cart", "4096"]),
        (
            &without,
            "/of_another_type",
            500,
            &["ERROR", "no SessionLayer"],
        ),
        (&without, "/forged", 500, &["ERROR", "no SessionLayer"]),
    ];
    let mut ran = 0;
    for (app, path, status, words) in cases {
        let (answered, body, heard) = call(app, path);
        assert_eq!((answered, body.as_str()), (*status, ""), "{path}");
        assert_eq!(heard.contains("ERROR"), !words.is_empty(), "{heard}");
        for word in *words {
            assert!(heard.contains(word), "{path}: {word} in {heard}");
        }
        assert!(!heard.contains("of the bank"), "a value: {heard}");
        ran += 1;
    }
    assert_eq!(ran, 5);
}

/// A cookie of before a change of secret must not lock its browser out for ever.
#[test]
fn a_cookie_that_does_not_open_is_none_and_the_operator_is_told() {
    let (status, body, heard) = call(&routes().layer(layer()), "/forged");
    assert_eq!((status, body.as_str()), (200, ""));
    assert!(
        heard.starts_with(r#"WARN hardtack: a cookie was refused; it is treated as absent cookie="seen" reason=malformed"#),
        "{heard}"
    );
    assert_eq!(heard.lines().count(), 1, "{heard}");
}

#[test]
fn a_hook_answers_in_axums_terms() {
    let hooked = layer().on_error(|error| -> Response {
        match error {
            Error::CookieOverflow(overflow) => {
                (StatusCode::INSUFFICIENT_STORAGE, overflow.name).into_response()
            }
            other => other.into_response(),
        }
    });
    let (status, body, _) = call(&routes().layer(hooked), "/too_much");
    assert_eq!((status, body.as_str()), (507, "_app_session"));
}
