//! [`OnError`]: creates the response of tower's layer if a session cannot be written.

use http::{Response, StatusCode};

use super::answer::status;
use crate::error::Error;

/// Creates the response if a session cannot be written.
///
/// Any `Fn(Error) -> Response<B>` implements it, and so does [`Opaque`].
///
/// ```
/// use hardtack::Error;
/// use hardtack::tower::OnError;
///
/// let hook = |error: Error| http::Response::new(error.to_string());
/// assert!(hook.answer(Error::NoRandomness).body().contains("random"));
/// ```
pub trait OnError<B> {
    /// Returns the response to send in place of the handler's.
    fn answer(&self, error: Error) -> Response<B>;
}

impl<F, B> OnError<B> for F
where
    F: Fn(Error) -> Response<B>,
{
    fn answer(&self, error: Error) -> Response<B> {
        self(error)
    }
}

/// Answers with an empty body.
///
/// The status is 500 for an error (503 if a store failed or the session is busy), and 422 for a
/// request that may be forged.
///
/// ```
/// use hardtack::Error;
/// use hardtack::tower::{OnError, Opaque};
///
/// let response: http::Response<String> = Opaque.answer(Error::NoRandomness);
/// assert_eq!(response.status(), 500);
/// assert_eq!(response.body(), "");
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Opaque;

impl<B: Default> OnError<B> for Opaque {
    fn answer(&self, error: Error) -> Response<B> {
        let mut response = Response::new(B::default());
        *response.status_mut() =
            StatusCode::from_u16(status(&error)).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response
    }
}
