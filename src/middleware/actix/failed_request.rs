//! [`FailedRequest`]: a middleware's error with the session's response headers.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};

use super::headers::{append, tell_caches};
use crate::http::set_cookie::SetCookie;
use crate::session::context::Context;

/// An error that is not a response yet, and needs the session's headers when it becomes one.
///
/// `Error::add_response_mapper` cannot add them: `HttpResponse::from_error` does not call the
/// mappers (actix-web 4.18).
#[derive(Debug)]
pub(super) struct FailedRequest {
    failure: actix_web::Error,
    cookies: Vec<SetCookie>,
    context: Context,
}

impl FailedRequest {
    pub(super) fn new(
        failure: actix_web::Error,
        cookies: Vec<SetCookie>,
        context: Context,
    ) -> Self {
        Self {
            failure,
            cookies,
            context,
        }
    }
}

impl fmt::Display for FailedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.failure.fmt(f)
    }
}

impl ResponseError for FailedRequest {
    fn status_code(&self) -> StatusCode {
        self.failure.as_response_error().status_code()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = self.failure.error_response();
        append(response.headers_mut(), self.cookies.clone(), &self.context);
        tell_caches(response.headers_mut(), &self.context);
        response
    }
}
