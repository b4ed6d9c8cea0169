//! [`MissingSessionMiddleware`]: a handler asks for a session, and none was opened.

use std::fmt;

use actix_web::{HttpResponse, ResponseError};

/// A handler asks for the session, and no [`SessionMiddleware`](super::SessionMiddleware) is around
/// it: a mistake in the program. As a response it is an empty 500, and the operator is told
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
            "no SessionMiddleware is around this handler: add .wrap(SessionMiddleware::new(store)) to its App or its scope",
        )
    }
}

impl std::error::Error for MissingSessionMiddleware {}

impl ResponseError for MissingSessionMiddleware {
    fn error_response(&self) -> HttpResponse {
        tracing::error!(target: "hardtack", "{self}");
        HttpResponse::InternalServerError().finish()
    }
}
