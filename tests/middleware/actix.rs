//! actix-web alone: errors on their way to a response, scopes, and extractors.

use std::fmt;
use std::sync::{Arc, Mutex};

use actix_web::body::{MessageBody, to_bytes};
use actix_web::dev::Service;
use actix_web::error::{ErrorNotFound, InternalError};
use actix_web::http::StatusCode;
use actix_web::rt::System;
use actix_web::test::{TestRequest, init_service};
use actix_web::{App, Error, HttpMessage, HttpRequest, HttpResponse, ResponseError, web};
use hardtack::actix::SessionMiddleware;
use hardtack::{
    CookieAttributes, CookieStore, Cookies, InvalidMessage, LazySession, LoadDefaults,
    SecretKeyBase, Session,
};

use crate::logged::logged;

fn store() -> CookieStore {
    let secret = SecretKeyBase::new("b3c631c314c0bbca50c1b2843150fe33").unwrap();
    CookieStore::new(&secret, LoadDefaults::V7_1, "_app_session")
}

fn visit(session: &Session) {
    session.insert("visits", 1).unwrap();
}

fn fill(session: &Session) {
    session.insert("cart", "tea ".repeat(1500)).unwrap();
}

/// Status, `Set-Cookie` headers, headers for caches, and body.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    status: u16,
    cookies: Vec<String>,
    vary: Vec<String>,
    cache_control: Option<String>,
    body: String,
}

async fn read<B: MessageBody>(response: HttpResponse<B>) -> Answer {
    let headers = response.headers();
    let name = |cookie: &str| cookie.split('=').next().unwrap().to_owned();
    Answer {
        status: response.status().as_u16(),
        cookies: headers
            .get_all("set-cookie")
            .map(|cookie| name(cookie.to_str().unwrap()))
            .collect(),
        vary: headers
            .get_all("vary")
            .map(|value| value.to_str().unwrap().to_owned())
            .collect(),
        cache_control: headers
            .get("cache-control")
            .map(|value| value.to_str().unwrap().to_owned()),
        body: {
            let body = to_bytes(response.into_body()).await;
            let body = body.unwrap_or_else(|_| panic!("the body broke off"));
            String::from_utf8(body.to_vec()).unwrap()
        },
    }
}

/// The answer to a request that never asked for the session.
fn untouched(status: u16, body: &str) -> Answer {
    Answer {
        status,
        cookies: Vec::new(),
        vary: Vec::new(),
        cache_control: None,
        body: body.to_owned(),
    }
}

fn answer(status: u16, cookies: &[&str], body: &str) -> Answer {
    Answer {
        cookies: cookies.iter().map(|name| (*name).to_owned()).collect(),
        vary: vec!["Cookie".to_owned()],
        cache_control: Some("max-age=0, private, must-revalidate".to_owned()),
        ..untouched(status, body)
    }
}

/// Returns an app's response to a request. An error becomes the response that the server makes.
macro_rules! call {
    ($app:expr, $request:expr) => {
        match init_service($app).await.call($request.to_request()).await {
            Ok(response) => read(response.map_into_boxed_body().into_parts().1).await,
            Err(error) => read(error.error_response()).await,
        }
    };
    ($app:expr) => {
        call!($app, TestRequest::default())
    };
}

#[test]
fn a_handler_that_fails_sets_its_session() {
    System::new().block_on(async {
        let handler = |session: Session| async move {
            visit(&session);
            Err::<(), _>(ErrorNotFound("no such order"))
        };
        let app = App::new()
            .wrap(SessionMiddleware::new(store()))
            .default_service(web::to(handler));
        let expected = answer(404, &["_app_session"], "no such order");
        assert_eq!(call!(app), expected);

        let handler = |session: Session| async move {
            visit(&session);
            Err::<(), Error>(hardtack::Error::NoRandomness.into())
        };
        let app = App::new()
            .wrap(SessionMiddleware::new(store()))
            .default_service(web::to(handler));
        assert_eq!(call!(app), answer(500, &[], ""));
    });
}

/// An error that the app recognizes by its type.
#[derive(Debug)]
struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("closed")
    }
}

impl ResponseError for Closed {
    fn status_code(&self) -> StatusCode {
        StatusCode::SERVICE_UNAVAILABLE
    }
}

/// An app with a middleware, between the session's and the handler, that changes the session and
/// fails.
macro_rules! failing {
    ($sessions:expr, $change:expr, $error:expr) => {
        App::new()
            .wrap_fn(move |request, _| {
                let session = request.extensions().get::<LazySession>().cloned();
                let change: fn(&Session) = $change;
                change(&session.unwrap().loaded().unwrap());
                let error: Error = $error;
                async move { Err::<actix_web::dev::ServiceResponse, _>(error) }
            })
            .wrap($sessions)
    };
}

#[test]
fn a_middleware_that_fails_sets_the_session() {
    System::new().block_on(async {
        let app = failing!(SessionMiddleware::new(store()), visit, Closed.into());
        assert_eq!(call!(app), answer(503, &[], "closed"));

        let sessions = SessionMiddleware::new(store().writes_on_server_error(true));
        let app = failing!(sessions.clone(), visit, Closed.into());
        assert_eq!(call!(app), answer(503, &["_app_session"], "closed"));

        // A response that is to be had but once, and what it says of caches.
        let app = failing!(sessions.clone(), visit, {
            let response = HttpResponse::Conflict()
                .insert_header(("cache-control", "no-store"))
                .insert_header(("set-cookie", "theme=dark"))
                .body("once");
            InternalError::from_response("conflict", response).into()
        });
        let expected = Answer {
            cache_control: Some("no-store".to_owned()),
            ..answer(409, &["theme", "_app_session"], "once")
        };
        assert_eq!(call!(app), expected);

        // A session in two middlewares is set once.
        let app = failing!(sessions.clone(), visit, Closed.into()).wrap(sessions.clone());
        assert_eq!(call!(app), answer(503, &["_app_session"], "closed"));

        let app = failing!(sessions.clone(), fill, Closed.into());
        assert_eq!(call!(app), answer(500, &[], ""));

        // One that only looked at it.
        let look: fn(&Session) = |session| assert!(session.is_empty());
        let app = failing!(sessions.clone(), look, Closed.into());
        assert_eq!(call!(app), answer(503, &[], "closed"));

        // Where the response needs no header, whoever stands outside finds the error as it was.
        let untold = SessionMiddleware::new(store().cache_headers(false));
        for (sessions, change) in [(sessions, (|_| {}) as fn(&Session)), (untold, look)] {
            let app = init_service(failing!(sessions, change, Closed.into())).await;
            let error = app.call(TestRequest::default().to_request()).await;
            assert!(error.unwrap_err().as_error::<Closed>().is_some());
        }
    });
}

#[test]
fn a_session_that_does_not_fit_is_for_the_hook() {
    System::new().block_on(async {
        let handler = |session: Session| async move {
            fill(&session);
            let secure = CookieAttributes::new();
            session.cookies().signed().write("a", 1, &secure).unwrap();
            HttpResponse::Ok()
                .insert_header(("set-cookie", "theme=dark"))
                .body("all is well")
        };
        let sessions = SessionMiddleware::new(store());
        let app = || App::new().default_service(web::to(handler));
        assert_eq!(call!(app().wrap(sessions.clone())), answer(500, &[], ""));

        let heard = Arc::new(Mutex::new(None));
        let told = heard.clone();
        let sessions = sessions.on_error(move |error, request| {
            *told.lock().unwrap() = Some((error, request.path().to_owned()));
            HttpResponse::PayloadTooLarge().body("your cart is full")
        });
        let request = TestRequest::with_uri("/cart");
        let expected = answer(413, &[], "your cart is full");
        assert_eq!(call!(app().wrap(sessions), request), expected);
        let Some((hardtack::Error::CookieOverflow(overflow), path)) = heard.lock().unwrap().take()
        else {
            panic!("the hook was not asked")
        };
        // 1,500 times four bytes in quotation marks, the key in its own, a colon and a comma.
        assert_eq!(overflow.entries[0], ("cart".to_owned(), 6010));
        assert_eq!(path, "/cart");
    });
}

#[test]
fn a_scope_has_sessions_of_its_own() {
    System::new().block_on(async {
        let handler = |session: Session| async move {
            visit(&session);
            ""
        };
        let app = || {
            let sessions = SessionMiddleware::new(store());
            let scope = web::scope("/shop").wrap(sessions);
            App::new()
                .service(scope.route("/{id}", web::get().to(handler)))
                .route("/", web::get().to(handler))
        };
        let request = TestRequest::with_uri("/shop/7");
        assert_eq!(call!(app(), request), answer(200, &["_app_session"], ""));
        // Outside of it there is none, which is no client's business.
        assert_eq!(call!(app()), untouched(500, ""));

        // In another session, which the app has around it, nothing is changed.
        let secret = SecretKeyBase::generate().unwrap();
        let of_app = CookieStore::new(&secret, LoadDefaults::V7_1, "_outer");
        let app = || app().wrap(SessionMiddleware::new(of_app));
        let request = TestRequest::with_uri("/shop/7");
        assert_eq!(call!(app(), request), answer(200, &["_app_session"], ""));
    });
}

#[test]
fn a_cookie_that_does_not_open_is_none_and_a_400_for_whoever_asks() {
    System::new().block_on(async {
        let handler = |cookies: Cookies, request: HttpRequest| async move {
            if request.path() == "/strict" {
                cookies
                    .signed()
                    .explain("seen")
                    .map_err(InvalidMessage::from)?;
            }
            let seen = cookies.signed().get::<u32>("seen")?;
            Ok::<_, Error>(format!("{}", seen.is_some()))
        };
        let app = || {
            App::new()
                .wrap(SessionMiddleware::new(store()))
                .default_service(web::to(handler))
        };
        assert_eq!(call!(app()), answer(200, &[], "false"));
        let forged = TestRequest::default().insert_header(("cookie", "seen=AAAA--AAAA"));
        assert_eq!(call!(app(), forged), answer(200, &[], "false"));
        let forged = TestRequest::with_uri("/strict").insert_header(("cookie", "seen=AAAA--AAAA"));
        assert_eq!(call!(app(), forged), answer(400, &[], ""));
    });
}

#[test]
fn scheme_and_host_are_the_requests_own() {
    let cases = [
        ("/", "host", "shop.example:3000", "http://shop.example:3000"),
        ("/", "x-forwarded-proto", "https", "-"),
        ("/", "forwarded", "proto=https;host=evil.example", "-"),
        // As HTTP/2 says it.
        (
            "https://shop.example/",
            "accept",
            "*/*",
            "http://shop.example",
        ),
        (
            "http://shop.example/",
            "host",
            "evil.example",
            "http://shop.example",
        ),
        (
            "http://evil.example@shop.example:3000/",
            "accept",
            "*/*",
            "http://shop.example:3000",
        ),
    ];
    let mut ran = 0;
    for (uri, header, value, expected) in cases {
        System::new().block_on(async {
            let handler = |session: Session| async move {
                session
                    .origin()
                    .base_url()
                    .unwrap_or_else(|| "-".to_owned())
            };
            let app = App::new()
                .wrap(SessionMiddleware::new(store()))
                .default_service(web::to(handler));
            let request = TestRequest::with_uri(uri).insert_header((header, value));
            assert_eq!(
                call!(app, request),
                untouched(200, expected),
                "{uri} {value}"
            );
        });
        ran += 1;
    }
    assert_eq!(ran, 6);
}

#[test]
fn the_operator_is_told_what_the_client_is_not() {
    let lines = logged(|| {
        System::new().block_on(async {
            let handler = |session: Session| async move {
                visit(&session);
                ""
            };
            let app = App::new().default_service(web::to(handler));
            assert_eq!(call!(app), untouched(500, ""));

            let handler = || async { Err::<(), _>(hardtack::Error::NoRandomness) };
            let app = App::new().default_service(web::to(handler));
            assert_eq!(call!(app), untouched(500, ""));
        });
    });
    let expected = [
        "ERROR hardtack: no SessionMiddleware is around this handler: add .wrap(SessionMiddleware::new(sessions)) to its App or its scope",
        "ERROR hardtack: a request failed; the client gets an empty response reason=the operating system gives no random bytes; check that the process may read them",
    ];
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.starts_with(expected), "{line}");
    }
}
