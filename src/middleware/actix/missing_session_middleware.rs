//! [`MissingSessionMiddleware`]: the error of a handler without a session.

use std::fmt;

use actix_web::{HttpResponse, ResponseError};

use crate::session::events::CountedLimit;

/// The error of a handler that asks for the session without a
/// [`SessionMiddleware`](super::SessionMiddleware) around it.
///
/// It is a mistake in the program. The response is an empty 500, and the operator is told
/// (`tracing`).
///
/// ```
/// use actix_web::{FromRequest, ResponseError, test::TestRequest};
/// use hardtack::LazySession;
/// use hardtack::actix::MissingSessionMiddleware;
///
/// let request = TestRequest::default().to_http_request();
/// let missing: MissingSessionMiddleware = LazySession::extract(&request).into_inner().unwrap_err();
/// assert!(missing.to_string().starts_with("no SessionMiddleware"));
/// assert_eq!(missing.error_response().status(), 500);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MissingSessionMiddleware;

impl fmt::Display for MissingSessionMiddleware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "no SessionMiddleware is around this handler: add .wrap(SessionMiddleware::new(sessions)) to its App or its scope",
        )
    }
}

impl std::error::Error for MissingSessionMiddleware {}

impl ResponseError for MissingSessionMiddleware {
    fn error_response(&self) -> HttpResponse {
        static LIMIT: CountedLimit = CountedLimit::new();
        if let Some(count) = LIMIT.pass() {
            tracing::error!(target: "hardtack", count, "{self}");
        }
        HttpResponse::InternalServerError().finish()
    }
}
