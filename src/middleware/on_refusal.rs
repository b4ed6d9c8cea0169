//! [`OnRefusal`]: creates the response of tower's layer to a request that may be forged.

use http::request::Parts;
use http::{Response, StatusCode};

use super::invalid_authenticity_token::InvalidAuthenticityToken;
use super::on_error::Opaque;

/// Creates the response to a request that may be forged, from the reason and the request without
/// its body.
///
/// Any `Fn(InvalidAuthenticityToken, &Parts) -> Response<B>` implements it, and so does [`Opaque`].
///
/// ```
/// use hardtack::csrf::InvalidAuthenticityToken;
/// use hardtack::tower::{OnRefusal, Opaque};
///
/// let (head, ()) = http::Request::new(()).into_parts();
/// let response: http::Response<String> = Opaque.answer(InvalidAuthenticityToken::NoToken, &head);
/// assert_eq!(response.status(), 422);
/// assert_eq!(response.body(), "");
/// ```
pub trait OnRefusal<B> {
    /// Returns the response to send in place of the handler's.
    fn answer(&self, reason: InvalidAuthenticityToken, head: &Parts) -> Response<B>;
}

impl<F, B> OnRefusal<B> for F
where
    F: Fn(InvalidAuthenticityToken, &Parts) -> Response<B>,
{
    fn answer(&self, reason: InvalidAuthenticityToken, head: &Parts) -> Response<B> {
        self(reason, head)
    }
}

/// Answers with status 422, as Rails does (`rescue_responses`), and an empty body.
impl<B: Default> OnRefusal<B> for Opaque {
    fn answer(&self, _: InvalidAuthenticityToken, _: &Parts) -> Response<B> {
        let mut response = Response::new(B::default());
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        response
    }
}
