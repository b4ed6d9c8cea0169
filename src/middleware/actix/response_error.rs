//! The library's errors as responses of handlers, which tell the client no reason.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};

use crate::error::{Error, InvalidMessage};
use crate::middleware::answer::status;
use crate::middleware::devise_login::NotLoggedIn;
use crate::middleware::untold_error::UntoldError;

/// Answers with an empty 500 (503 if a store failed or the session is busy). The middleware of the
/// sessions tells the operator (`tracing`).
///
/// ```
/// use actix_web::{HttpResponse, body, web};
///
/// let answer = HttpResponse::from_error(hardtack::Error::NoRandomness);
/// assert_eq!(answer.status(), 500);
/// # actix_web::rt::System::new().block_on(async {
/// assert_eq!(body::to_bytes(answer.into_body()).await.unwrap(), web::Bytes::new());
/// # });
/// ```
impl ResponseError for Error {
    /// Returns 503 if a store failed or the session is busy, since a later attempt may succeed, and
    /// 500 otherwise.
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(status(self)).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::new(self.status_code());
        if let Some(error) = UntoldError::of(self.clone()) {
            response.extensions_mut().insert(error);
        }
        response
    }
}

/// Answers with an empty 400, without telling the client the reason.
///
/// ```
/// use actix_web::{HttpResponse, body, web};
///
/// let answer = HttpResponse::from_error(hardtack::InvalidMessage);
/// assert_eq!(answer.status(), 400);
/// # actix_web::rt::System::new().block_on(async {
/// assert_eq!(body::to_bytes(answer.into_body()).await.unwrap(), web::Bytes::new());
/// # });
/// ```
impl ResponseError for InvalidMessage {
    fn status_code(&self) -> StatusCode {
        StatusCode::BAD_REQUEST
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::BadRequest().finish()
    }
}

/// Answers with an empty 401.
impl ResponseError for NotLoggedIn {
    fn error_response(&self) -> HttpResponse {
        HttpResponse::Unauthorized().finish()
    }

    fn status_code(&self) -> StatusCode {
        StatusCode::UNAUTHORIZED
    }
}
