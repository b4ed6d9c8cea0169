//! [`CurrentSession`] and [`Authentication`] as arguments of axum's handlers.

use std::fmt;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;

use super::axum::{MissingSessionLayer, SessionRejection};
use super::not_authenticated::NotAuthenticated;
use crate::rails::authentication::{Authentication, CurrentSession};
use crate::session::lazy_session::LazySession;

/// Extracts the login of Rails' own authentication, which is not looked up yet.
impl<S: Send + Sync> FromRequestParts<S> for Authentication {
    type Rejection = MissingSessionLayer;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let session = LazySession::from_request_parts(parts, state).await?;
        Ok(session.authentication())
    }
}

/// Looks up and extracts the login of Rails' own authentication.
impl<S: Send + Sync> FromRequestParts<S> for CurrentSession {
    type Rejection = AuthenticationRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let login = <Self as OptionalFromRequestParts<S>>::from_request_parts(parts, state).await?;
        login.ok_or(AuthenticationRejection::NotAuthenticated(NotAuthenticated))
    }
}

/// Looks up and extracts the login of Rails' own authentication, if there is one.
impl<S: Send + Sync> OptionalFromRequestParts<S> for CurrentSession {
    type Rejection = SessionRejection;

    /// Returns `None` if nobody is logged in; a missing layer and a store that fails are errors.
    async fn from_request_parts(
        parts: &mut Parts,
        state: &S,
    ) -> Result<Option<Self>, Self::Rejection> {
        let authentication = Authentication::from_request_parts(parts, state).await?;
        Ok(authentication.current_session().await?)
    }
}

/// The reason why a handler does not get its [`CurrentSession`].
///
/// The response is an empty 401 if nobody is logged in, else the one of the [`SessionRejection`].
///
/// ```
/// use axum::response::{IntoResponse, Redirect, Response};
/// use hardtack::authentication::CurrentSession;
/// use hardtack::axum::AuthenticationRejection;
///
/// async fn orders(login: Result<CurrentSession, AuthenticationRejection>) -> Response {
///     match login {
///         Ok(login) => format!("orders of user {}", login.user_id()).into_response(),
///         Err(AuthenticationRejection::NotAuthenticated(_)) => {
///             Redirect::to("/session/new").into_response()
///         }
///         Err(failed) => failed.into_response(),
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthenticationRejection {
    /// Nobody is logged in.
    NotAuthenticated(NotAuthenticated),
    /// The login could not be looked up.
    Session(SessionRejection),
}

impl From<SessionRejection> for AuthenticationRejection {
    fn from(rejection: SessionRejection) -> Self {
        Self::Session(rejection)
    }
}

impl fmt::Display for AuthenticationRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAuthenticated(rejection) => rejection.fmt(f),
            Self::Session(rejection) => rejection.fmt(f),
        }
    }
}

impl std::error::Error for AuthenticationRejection {}

impl IntoResponse for AuthenticationRejection {
    fn into_response(self) -> Response {
        match self {
            Self::NotAuthenticated(rejection) => rejection.into_response(),
            Self::Session(rejection) => rejection.into_response(),
        }
    }
}

/// Answers with an empty 401.
impl IntoResponse for NotAuthenticated {
    fn into_response(self) -> Response {
        StatusCode::UNAUTHORIZED.into_response()
    }
}
