//! The layers and middlewares around a handler.

use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;

use ::axum::extract::FromRequestParts;
use ::axum::http::{Request, Response};
use ::tower::{Layer as _, Service as _, service_fn};
use hardtack::authentication::{CurrentSession, NotAuthenticated};
use hardtack::csrf::{ForgeryProtection, InvalidAuthenticityToken};
use hardtack::warden::{DeviseLogin, NotLoggedIn, UserScope, WardenScope};
use hardtack::{LazySession, RequestOrigin, Session, SessionData, actix, axum, tower};

use super::{CARD, Rows, store};

pub(super) fn poll<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(future)
}

pub(crate) fn middleware(rows: &mut Rows) {
    let protection = ForgeryProtection::new().base_url("https://example.org");
    rows.debug("ForgeryProtection", &protection);
    for refusal in [
        InvalidAuthenticityToken::WrongToken,
        InvalidAuthenticityToken::Origin,
        InvalidAuthenticityToken::NoTokenInSession,
    ] {
        rows.both("InvalidAuthenticityToken", &refusal);
    }
    rows.debug("Opaque", &tower::Opaque);
    let layer = tower::SessionLayer::new(store());
    rows.debug("SessionLayer", &layer);
    let csrf = tower::CsrfLayer::new(protection.clone());
    rows.debug("CsrfLayer", &csrf);
    rows.debug("CsrfService", &csrf.layer(()));
    rows.debug("SessionService", &layer.layer(()));
    let answer = |_: Request<String>| ready(Ok::<_, Infallible>(Response::new(String::new())));
    let mut service = layer.layer(service_fn(answer));
    let request = Request::get("/").header("cookie", format!("plain={CARD}"));
    let request = request.body(String::new()).unwrap();
    rows.debug("ResponseFuture", &service.call(request));
    let (mut parts, ()) = Request::new(()).into_parts();
    let missing = poll(LazySession::from_request_parts(&mut parts, &()));
    rows.both("MissingSessionLayer", &missing.unwrap_err());
    let missing = poll(<Session as FromRequestParts<()>>::from_request_parts(
        &mut parts,
        &(),
    ));
    let rejection: axum::SessionRejection = missing.unwrap_err();
    rows.both("SessionRejection", &rejection);
    rows.both("LoginRejection", &axum::LoginRejection::from(rejection));
    rows.both("NotLoggedIn", &NotLoggedIn);
    rows.both("NotAuthenticated", &NotAuthenticated);
    let missing =
        poll(<CurrentSession as FromRequestParts<()>>::from_request_parts(&mut parts, &()));
    let rejection: axum::AuthenticationRejection = missing.unwrap_err();
    rows.both("AuthenticationRejection", &rejection);
    rows.debug("UserScope", &UserScope);
    let sessions = Arc::new(store());
    let session = Session::open(
        &sessions,
        "",
        RequestOrigin::new(true, Some("shop.example.com")),
    );
    let enter = |data: &mut SessionData| WardenScope::new("user").log_in(data, CARD, CARD);
    session.update(enter).unwrap();
    let login = DeviseLogin::<UserScope>::of(&session).unwrap();
    rows.debug("DeviseLogin", &login);
    rows.debug("SessionMiddleware", &actix::SessionMiddleware::new(store()));
    rows.debug("CsrfMiddleware", &actix::CsrfMiddleware::new(protection));
    let request = actix_web::test::TestRequest::default().to_http_request();
    let missing = poll(<Session as actix_web::FromRequest>::extract(&request));
    let missing = missing.unwrap_err();
    let missing = missing.as_error::<actix::MissingSessionMiddleware>();
    rows.both("MissingSessionMiddleware", missing.unwrap());
}
