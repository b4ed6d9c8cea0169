//! The session under [axum](https://docs.rs/axum): [`Session`] and [`CookieJar`] as extractors,
//! and answers to their errors (feature `axum`). The layer is tower's
//! [`SessionLayer`](super::tower::SessionLayer).
//!
//! With `?` in a handler an [`Error`] becomes an empty 500, of which the operator is told
//! (`tracing`). A cookie that does not open is none; where it should be an empty 400, ask
//! [`explain`](crate::RequestJar::explain) and answer with an [`InvalidMessage`].
//!
//! ```
//! use axum::Router;
//! use axum::routing::get;
//! use hardtack::tower::SessionLayer;
//! use hardtack::{CookieStore, Error, RailsVersion, SecretKeyBase, Session};
//!
//! async fn count(session: Session) -> Result<String, Error> {
//!     let visits = session.get::<u32>("visits")?.unwrap_or(0) + 1;
//!     session.insert("visits", &visits)?;
//!     Ok(format!("visit {visits}"))
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use axum::body::Body;
//! # use axum::http::Request;
//! # use tower::ServiceExt;
//! # let secret = SecretKeyBase::generate()?;
//! let store = CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session");
//! let app: Router = Router::new().route("/", get(count)).layer(SessionLayer::new(store));
//!
//! let response = app.oneshot(Request::new(Body::empty())).await?;
//! let set_cookie = response.headers()["set-cookie"].to_str()?;
//! assert!(set_cookie.starts_with("_shop_session="));
//! # Ok(())
//! # }
//! ```

use std::fmt;

use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;

use crate::error::{Error, InvalidMessage};
use crate::session::cookies::CookieJar;
use crate::session::handle::Session;

/// A handler asks for the session, and no [`SessionLayer`](super::tower::SessionLayer) is around
/// its route: a mistake in the program. As a response it is an empty 500, and the operator is told
/// (`tracing`).
///
/// ```
/// use axum::Router;
/// use axum::body::Body;
/// use axum::http::Request;
/// use axum::routing::get;
/// use hardtack::Session;
/// use hardtack::axum::MissingSessionLayer;
/// use tower::ServiceExt;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// async fn greet(session: Result<Session, MissingSessionLayer>) -> String {
///     session.map_or_else(|missing| missing.to_string(), |_| "hello".to_owned())
/// }
/// async fn count(session: Session) {}
///
/// let app: Router = Router::new().route("/", get(greet)).route("/count", get(count));
/// let response = app.clone().oneshot(Request::get("/").body(Body::empty())?).await?;
/// let body = axum::body::to_bytes(response.into_body(), 1000).await?;
/// assert!(body.starts_with(b"no SessionLayer"));
/// let response = app.oneshot(Request::get("/count").body(Body::empty())?).await?;
/// assert_eq!(response.status(), 500);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MissingSessionLayer;

impl fmt::Display for MissingSessionLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "no SessionLayer is around this route: add .layer(SessionLayer::new(store)) to the router, after its routes",
        )
    }
}

impl std::error::Error for MissingSessionLayer {}

impl IntoResponse for MissingSessionLayer {
    fn into_response(self) -> Response {
        tracing::error!(target: "hardtack", "{self}");
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

/// The session of the request (example: at [`hardtack::axum`](self)).
impl<S: Send + Sync> FromRequestParts<S> for Session {
    type Rejection = MissingSessionLayer;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let session = parts.extensions.get::<Self>();
        session.cloned().ok_or(MissingSessionLayer)
    }
}

/// The cookies of the request, and those that its response sets.
///
/// ```
/// use axum::Router;
/// use axum::body::Body;
/// use axum::http::Request;
/// use axum::routing::get;
/// use hardtack::tower::SessionLayer;
/// use hardtack::{Attributes, CookieJar, CookieStore, Error, RailsVersion, SecretKeyBase};
/// use tower::ServiceExt;
///
/// async fn welcome(cookies: CookieJar) -> Result<&'static str, Error> {
///     let signed = cookies.signed();
///     if signed.get::<bool>("seen")?.is_some() {
///         return Ok("Welcome back");
///     }
///     signed.write("seen", &true, &Attributes::new())?;
///     Ok("Welcome")
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let secret = SecretKeyBase::generate()?;
/// # let store = CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session");
/// let app: Router = Router::new().route("/", get(welcome)).layer(SessionLayer::new(store));
/// let response = app.clone().oneshot(Request::new(Body::empty())).await?;
/// assert!(response.headers()["set-cookie"].to_str()?.starts_with("seen="));
///
/// let forged = Request::get("/").header("cookie", "seen=AAAA--AAAA").body(Body::empty())?;
/// // One that does not open is none: it is set anew.
/// let response = app.oneshot(forged).await?;
/// assert!(response.headers()["set-cookie"].to_str()?.starts_with("seen="));
/// # Ok(())
/// # }
/// ```
impl<S: Send + Sync> FromRequestParts<S> for CookieJar {
    type Rejection = MissingSessionLayer;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let session = Session::from_request_parts(parts, state).await?;
        Ok(session.cookies())
    }
}

/// An empty 500, of which the operator is told (`tracing`).
///
/// ```
/// use axum::response::IntoResponse;
///
/// assert_eq!(hardtack::Error::NoRandomness.into_response().status(), 500);
/// ```
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        tracing::error!(target: "hardtack", reason = %self, "a handler could not go on");
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

/// An empty 400: whoever sent the cookie hears no reason.
///
/// ```
/// use axum::response::IntoResponse;
///
/// assert_eq!(hardtack::InvalidMessage.into_response().status(), 400);
/// ```
impl IntoResponse for InvalidMessage {
    fn into_response(self) -> Response {
        StatusCode::BAD_REQUEST.into_response()
    }
}
