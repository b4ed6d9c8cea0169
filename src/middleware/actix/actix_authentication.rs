//! [`CurrentSession`] and [`Authentication`] as arguments of actix-web's handlers.

use std::future::{Future, Ready, ready};
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, HttpResponse, ResponseError};

use super::missing_session_middleware::MissingSessionMiddleware;
use crate::middleware::not_authenticated::NotAuthenticated;
use crate::rails::authentication::{Authentication, CurrentSession};
use crate::session::lazy_session::LazySession;

/// Extracts the login of Rails' own authentication, which is not looked up yet.
///
/// ```
/// use actix_web::HttpResponse;
/// use hardtack::authentication::Authentication;
///
/// async fn orders(authentication: Authentication) -> Result<HttpResponse, hardtack::Error> {
///     Ok(match authentication.current_session().await? {
///         Some(login) => HttpResponse::Ok().body(format!("orders of user {}", login.user_id())),
///         None => HttpResponse::SeeOther().insert_header(("location", "/session/new")).finish(),
///     })
/// }
/// ```
impl FromRequest for Authentication {
    type Error = MissingSessionMiddleware;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let session = LazySession::from_request(request, payload).into_inner();
        ready(session.map(|session| session.authentication()))
    }
}

/// Looks up and extracts the login of Rails' own authentication.
impl FromRequest for CurrentSession {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let authentication = Authentication::from_request(request, payload);
        Box::pin(async move {
            let login = authentication.await?.current_session().await?;
            login.ok_or_else(|| NotAuthenticated.into())
        })
    }
}

/// Answers with an empty 401.
impl ResponseError for NotAuthenticated {
    fn error_response(&self) -> HttpResponse {
        HttpResponse::Unauthorized().finish()
    }

    fn status_code(&self) -> StatusCode {
        StatusCode::UNAUTHORIZED
    }
}
