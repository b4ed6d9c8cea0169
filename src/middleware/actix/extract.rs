//! [`Session`] and [`CookieJar`] as arguments of handlers.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use super::missing_session_middleware::MissingSessionMiddleware;
use crate::session::cookies::CookieJar;
use crate::session::handle::Session;

/// The request's session. Nothing is read of it yet.
///
/// ```
/// use actix_web::Responder;
/// use hardtack::Session;
///
/// async fn log_out(session: Session) -> Result<impl Responder, hardtack::Error> {
///     session.reset()?;
///     Ok("Good bye.")
/// }
/// ```
impl FromRequest for Session {
    type Error = MissingSessionMiddleware;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let session = request.extensions().get::<Self>().cloned();
        ready(session.ok_or(MissingSessionMiddleware))
    }
}

/// The request's other cookies, and those that its response sets.
///
/// ```
/// use hardtack::{Attributes, CookieJar};
///
/// async fn discount(cookies: CookieJar) -> actix_web::Result<String> {
///     // One that does not open is none.
///     let discount = cookies.encrypted().get::<u32>("discount")?.unwrap_or(0);
///     cookies.signed().write("seen", &true, &Attributes::new())?;
///     Ok(format!("{discount} %"))
/// }
/// ```
impl FromRequest for CookieJar {
    type Error = MissingSessionMiddleware;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let session = Session::from_request(request, payload).into_inner();
        ready(session.map(|session| session.cookies()))
    }
}
