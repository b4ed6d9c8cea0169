//! [`LazySession`], [`Session`] and [`Cookies`] as arguments of handlers.

use std::fmt;
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use super::missing_session_middleware::MissingSessionMiddleware;
use crate::error::Error;
use crate::middleware::devise_login::{DeviseLogin, DeviseScope, NotLoggedIn};
use crate::session::cookies::Cookies;
use crate::session::handle::Session;
use crate::session::lazy_session::LazySession;

/// Extracts the request's session, not loaded yet.
impl FromRequest for LazySession {
    type Error = MissingSessionMiddleware;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let session = request.extensions().get::<Self>().cloned();
        ready(session.ok_or(MissingSessionMiddleware))
    }
}

/// Loads and extracts the request's session.
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
    type Error = actix_web::Error;
    type Future = SessionFuture;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let lazy = match LazySession::from_request(request, payload).into_inner() {
            Ok(lazy) => lazy,
            Err(missing) => return SessionFuture::Ready(Some(Err(missing.into()))),
        };
        match lazy.loaded() {
            Some(session) => SessionFuture::Ready(Some(Ok(session))),
            None => SessionFuture::Loading(Box::pin(async move { lazy.load().await })),
        }
    }
}

/// The future of a request's [`Session`]; ready at once if its cookie holds it.
pub enum SessionFuture {
    #[doc(hidden)]
    Ready(Option<Result<Session, actix_web::Error>>),
    #[doc(hidden)]
    Loading(Pin<Box<dyn Future<Output = Result<Session, Error>>>>),
}

impl Future for SessionFuture {
    type Output = Result<Session, actix_web::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            // A future that has completed is not polled again.
            Self::Ready(session) => session.take().map_or(Poll::Pending, Poll::Ready),
            Self::Loading(session) => session.as_mut().poll(cx).map_err(Into::into),
        }
    }
}

impl fmt::Debug for SessionFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionFuture(..)")
    }
}

/// Loads the request's session and extracts the login that Devise keeps in it.
///
/// ```
/// use actix_web::{HttpResponse, Responder};
/// use hardtack::warden::{DeviseLogin, NotLoggedIn};
///
/// async fn orders(login: Result<DeviseLogin, actix_web::Error>) -> actix_web::Result<HttpResponse> {
///     match login {
///         Ok(login) => Ok(HttpResponse::Ok().body(format!("user {}", login.id::<u64>()?))),
///         Err(error) if error.as_error::<NotLoggedIn>().is_some() => {
///             let to = ("location", "/users/sign_in");
///             Ok(HttpResponse::SeeOther().insert_header(to).finish())
///         }
///         Err(error) => Err(error),
///     }
/// }
/// ```
impl<D: DeviseScope> FromRequest for DeviseLogin<D> {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let session = Session::from_request(request, payload);
        Box::pin(async move {
            let session = session.await?;
            Self::of(&session).ok_or_else(|| NotLoggedIn.into())
        })
    }
}

/// Extracts the request's cookies, without loading its session.
impl FromRequest for Cookies {
    type Error = MissingSessionMiddleware;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let session = LazySession::from_request(request, payload).into_inner();
        ready(session.map(|session| session.cookies()))
    }
}
