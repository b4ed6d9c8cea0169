//! Errors of this crate as a handler's answers: nothing of the reason is shown to the client.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};

use crate::error::{Error, InvalidMessage};
use crate::middleware::answer::status;

/// A 500 without a body, and an event for the operator.
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
    /// 503 where a store did not do its work, which may go better soon.
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(status(self)).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        tracing::error!(target: "hardtack", reason = %self, "a handler could not go on");
        HttpResponse::new(self.status_code())
    }
}

/// A 400 without a body: whoever sent what does not open learns nothing of the reason.
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
