//! The session under [axum](https://docs.rs/axum): [`Session`] and [`Cookies`] as extractors, and
//! responses to errors (feature `axum`).
//!
//! The layer is tower's [`SessionLayer`](super::tower::SessionLayer).
//!
//! If a handler returns an [`Error`] with `?`, the client gets an empty 500 (503 if a store
//! failed), and the operator is told (`tracing`). A cookie that does not open is treated as absent.
//! To answer it with an empty 400 instead, call [`explain`](crate::SealedCookies::explain) and
//! return an [`InvalidMessage`].
//!
//! ```
//! use axum::Router;
//! use axum::routing::get;
//! use hardtack::tower::SessionLayer;
//! use hardtack::{CookieStore, Error, Session};
//!
//! async fn count(session: Session) -> Result<String, Error> {
//!     let visits = session.get::<u32>("visits")?.unwrap_or(0) + 1;
//!     session.insert("visits", visits)?;
//!     Ok(format!("visit {visits}"))
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use axum::body::Body;
//! # use axum::http::Request;
//! # use tower::ServiceExt;
//! let store = CookieStore::ephemeral("_shop_session")?;
//! let app: Router = Router::new().route("/", get(count)).layer(SessionLayer::new(store));
//!
//! let response = app.oneshot(Request::new(Body::empty())).await?;
//! let set_cookie = response.headers()["set-cookie"].to_str()?;
//! assert!(set_cookie.starts_with("_shop_session="));
//! # Ok(())
//! # }
//! ```

use std::fmt;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;

use super::answer::status;
pub use super::axum_authentication::AuthenticationRejection;
use super::devise_login::{DeviseLogin, DeviseScope, NotLoggedIn};
use super::untold_error::UntoldError;
use crate::error::{Error, InvalidMessage};
use crate::session::cookies::Cookies;
use crate::session::events::CountedLimit;
use crate::session::handle::Session;
use crate::session::lazy_session::LazySession;

/// The rejection of a handler that asks for the session on a route without a
/// [`SessionLayer`](super::tower::SessionLayer).
///
/// It is a mistake in the program. The response is an empty 500, and the operator is told
/// (`tracing`).
///
/// ```
/// use axum::Router;
/// use axum::body::Body;
/// use axum::http::Request;
/// use axum::routing::get;
/// use tower::ServiceExt;
/// use hardtack::Session;
/// use hardtack::axum::SessionRejection;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// async fn greet(session: Result<Session, SessionRejection>) -> String {
///     session.map_or_else(|rejection| rejection.to_string(), |_| "hello".to_owned())
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
            "no SessionLayer is around this route: add .layer(SessionLayer::new(sessions)) to the router, after its routes",
        )
    }
}

impl std::error::Error for MissingSessionLayer {}

impl IntoResponse for MissingSessionLayer {
    fn into_response(self) -> Response {
        static LIMIT: CountedLimit = CountedLimit::new();
        if let Some(count) = LIMIT.pass() {
            tracing::error!(target: "hardtack", count, "{self}");
        }
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

/// Extracts the request's session, not loaded yet.
impl<S: Send + Sync> FromRequestParts<S> for LazySession {
    type Rejection = MissingSessionLayer;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let session = parts.extensions.get::<Self>();
        session.cloned().ok_or(MissingSessionLayer)
    }
}

/// Loads and extracts the request's session (example: at [`hardtack::axum`](self)).
impl<S: Send + Sync> FromRequestParts<S> for Session {
    type Rejection = SessionRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let session = LazySession::from_request_parts(parts, state).await?;
        Ok(session.load().await?)
    }
}

/// Loads and extracts the request's session if a layer is around the route.
impl<S: Send + Sync> OptionalFromRequestParts<S> for Session {
    type Rejection = SessionRejection;

    /// Returns `None` if no layer is around the route; a store that fails is still an error.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Self::Rejection> {
        match parts.extensions.get::<LazySession>() {
            Some(session) => Ok(Some(session.load().await?)),
            None => Ok(None),
        }
    }
}

/// Extracts the request's cookies, without loading its session.
impl<S: Send + Sync> FromRequestParts<S> for Cookies {
    type Rejection = MissingSessionLayer;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let session = LazySession::from_request_parts(parts, state).await?;
        Ok(session.cookies())
    }
}

/// Loads the request's session and extracts the login that Devise keeps in it.
impl<D: DeviseScope, S: Send + Sync> FromRequestParts<S> for DeviseLogin<D> {
    type Rejection = LoginRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let login = <Self as OptionalFromRequestParts<S>>::from_request_parts(parts, state).await?;
        login.ok_or(LoginRejection::NotLoggedIn(NotLoggedIn))
    }
}

/// Extracts the login if the session has one.
impl<D: DeviseScope, S: Send + Sync> OptionalFromRequestParts<S> for DeviseLogin<D> {
    type Rejection = SessionRejection;

    /// Returns `None` if nobody is logged in; a missing layer and a store that fails are errors.
    async fn from_request_parts(
        parts: &mut Parts,
        state: &S,
    ) -> Result<Option<Self>, Self::Rejection> {
        let session = <Session as FromRequestParts<S>>::from_request_parts(parts, state).await?;
        Ok(Self::of(&session))
    }
}

/// The reason why a handler does not get its [`DeviseLogin`].
///
/// The response is an empty 401 if nobody is logged in, else the one of the [`SessionRejection`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoginRejection {
    /// The session has no login.
    NotLoggedIn(NotLoggedIn),
    /// The handler does not get its session.
    Session(SessionRejection),
}

impl From<SessionRejection> for LoginRejection {
    fn from(rejection: SessionRejection) -> Self {
        Self::Session(rejection)
    }
}

impl fmt::Display for LoginRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotLoggedIn(rejection) => rejection.fmt(f),
            Self::Session(rejection) => rejection.fmt(f),
        }
    }
}

impl std::error::Error for LoginRejection {}

impl IntoResponse for LoginRejection {
    fn into_response(self) -> Response {
        match self {
            Self::NotLoggedIn(rejection) => rejection.into_response(),
            Self::Session(rejection) => rejection.into_response(),
        }
    }
}

/// Answers with an empty 401.
impl IntoResponse for NotLoggedIn {
    fn into_response(self) -> Response {
        StatusCode::UNAUTHORIZED.into_response()
    }
}

/// The reason why a handler does not get its [`Session`].
///
/// The response is an empty 500, or an empty 503 if the store of the sessions failed. The operator
/// is told (`tracing`).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionRejection {
    /// No layer is around the route.
    MissingLayer(MissingSessionLayer),
    /// The session could not be loaded.
    Error(Error),
}

impl From<MissingSessionLayer> for SessionRejection {
    fn from(missing: MissingSessionLayer) -> Self {
        Self::MissingLayer(missing)
    }
}

impl From<Error> for SessionRejection {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl fmt::Display for SessionRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingLayer(missing) => missing.fmt(f),
            Self::Error(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SessionRejection {}

impl IntoResponse for SessionRejection {
    fn into_response(self) -> Response {
        match self {
            Self::MissingLayer(missing) => missing.into_response(),
            Self::Error(error) => error.into_response(),
        }
    }
}

/// Answers with an empty 500 (503 if a store failed or the session is busy). The layer of the
/// sessions tells the operator (`tracing`).
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(status(&self));
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        if let Some(error) = UntoldError::of(self) {
            response.extensions_mut().insert(error);
        }
        response
    }
}

/// Answers with an empty 400, without telling the client the reason.
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
