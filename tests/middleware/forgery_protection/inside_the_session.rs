//! The protection inside the session's middleware: a page with a token, and its submitted form.

use actix_web::dev::Service;
use actix_web::test as actix_test;
use actix_web::{App, HttpMessage, HttpRequest, HttpResponse, web};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response};
use hardtack::csrf::ForgeryProtection;
use hardtack::test_util::Browser;
use hardtack::{CookieStore, LazySession, LoadDefaults, Session, actix, tower};

use crate::support::secret;

const FORM: &str = "application/x-www-form-urlencoded";

fn store() -> CookieStore {
    CookieStore::new(&secret(), LoadDefaults::V7_1, "_shop_session")
}

fn loaded(session: Option<&LazySession>) -> Session {
    session.unwrap().loaded().unwrap()
}

fn page(session: &Session) -> String {
    let tokens = session.authenticity_tokens().unwrap();
    tokens.masked_per_form_token("/orders", "post").unwrap()
}

#[test]
fn of_tower() {
    use ::tower::ServiceExt;

    let page = |request: Request<Body>| async move {
        page(&loaded(request.extensions().get::<LazySession>()))
    };
    let refused = |_, head: &http::request::Parts| {
        let session = loaded(head.extensions.get::<LazySession>());
        session.flash().set("alert", "Again, please").unwrap();
        Response::builder().status(303).body(Body::empty()).unwrap()
    };
    let app = Router::new()
        .fallback(page)
        .layer(tower::CsrfLayer::new(ForgeryProtection::new()).on_refusal(refused))
        .layer(tower::SessionLayer::new(store()));
    let send = |browser: &mut Browser, method: &str, form: String| {
        let request = Request::builder().method(method).uri("/orders");
        let request = request.header("cookie", browser.cookie_header());
        let request = request.header("content-type", FORM).body(Body::from(form));
        let app = app.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let (head, body) = runtime.unwrap().block_on(async {
            let (head, body) = app.oneshot(request.unwrap()).await.unwrap().into_parts();
            (head, to_bytes(body, usize::MAX).await.unwrap())
        });
        let cookies = head.headers.get_all("set-cookie").iter();
        browser.receive(cookies.map(|cookie| cookie.to_str().unwrap()));
        (
            head.status.as_u16(),
            String::from_utf8(body.into()).unwrap(),
        )
    };
    check(send);
}

#[test]
fn of_actix() {
    let send = |browser: &mut Browser, method: &str, form: String| {
        let request = actix_test::TestRequest::with_uri("/orders")
            .method(method.parse().unwrap())
            .insert_header(("cookie", browser.cookie_header()))
            .insert_header(("content-type", FORM))
            .set_payload(form)
            .to_request();
        let handler = |request: HttpRequest| async move {
            page(&loaded(request.extensions().get::<LazySession>()))
        };
        let refused = |_, request: &HttpRequest| {
            let session = loaded(request.extensions().get::<LazySession>());
            session.flash().set("alert", "Again, please").unwrap();
            HttpResponse::SeeOther().finish()
        };
        let app = App::new()
            .default_service(web::to(handler))
            .wrap(actix::CsrfMiddleware::new(ForgeryProtection::new()).on_refusal(refused))
            .wrap(actix::SessionMiddleware::new(store()));
        actix_web::rt::System::new().block_on(async {
            let app = actix_test::init_service(app).await;
            let response = app.call(request).await.unwrap();
            let cookies = response.headers().get_all("set-cookie");
            browser.receive(cookies.map(|cookie| cookie.to_str().unwrap()));
            let status = response.status().as_u16();
            let body = actix_test::read_body(response).await;
            (status, String::from_utf8(body.into()).unwrap())
        })
    };
    check(send);
}

fn check(mut send: impl FnMut(&mut Browser, &str, String) -> (u16, String)) {
    let mut browser = Browser::default();
    let (status, token) = send(&mut browser, "GET", String::new());
    assert_eq!((status, token.len()), (200, 86));
    let form = format!("authenticity_token={token}");
    assert_eq!(send(&mut browser, "POST", form.clone()).0, 200);

    // A value that the hook puts into the session is set.
    assert_eq!(send(&mut browser, "DELETE", form.clone()).0, 303);
    let session = browser.session(&store()).unwrap();
    assert!(session.contains_key("flash") && session.contains_key("_csrf_token"));

    // A browser that has no session, or another.
    let mut other = Browser::default();
    assert_eq!(send(&mut other, "POST", form.clone()).0, 303);
    send(&mut other, "GET", String::new());
    assert_eq!(send(&mut other, "POST", form).0, 303);
}
