//! [`CsrfMiddleware`]: the protection against forged requests, for actix-web.

use std::fmt;
use std::future::{Future, Ready, poll_fn, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Payload, Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::header::HeaderValue;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, ResponseError};
use bytes::Bytes;
use futures_core::Stream;
use pin_project_lite::pin_project;

use crate::middleware::forgery_protection::{Check, ForgeryProtection, Head};
use crate::middleware::form_body::FormBody;
use crate::middleware::invalid_authenticity_token::InvalidAuthenticityToken;
use crate::middleware::sec_fetch_site::SecFetchSite;
use crate::session::handle::Session;
use crate::session::lazy_session::LazySession;

type OnRefusal = dyn Fn(InvalidAuthenticityToken, &HttpRequest) -> HttpResponse + Send + Sync;

/// Refuses requests that may be forged, with status 422, as Rails does, and an empty body.
///
/// Put it inside [`SessionMiddleware`](super::SessionMiddleware), by calling `wrap` with it first.
/// If a request has no session, the answer is 500, and the operator is told (`tracing`). The
/// handler gets the body unchanged.
///
/// ```
/// use actix_web::dev::Service;
/// use actix_web::http::StatusCode;
/// use actix_web::{App, HttpMessage, HttpResponse, test, web};
/// use hardtack::Session;
/// use hardtack::actix::CsrfMiddleware;
/// use hardtack::csrf::ForgeryProtection;
///
/// # actix_web::rt::System::new().block_on(async {
/// let session = Session::ephemeral()?;
/// # let opened = session.clone();
/// let app = App::new()
///     .route("/orders", web::post().to(HttpResponse::Ok))
///     .wrap(CsrfMiddleware::new(ForgeryProtection::new()))
///     // Stands for the `SessionMiddleware` here.
///     .wrap_fn(move |request, app| {
///         request.extensions_mut().insert(hardtack::LazySession::from(opened.clone()));
///         app.call(request)
///     });
/// let app = test::init_service(app).await;
///
/// let token = session.authenticity_tokens()?.masked_authenticity_token()?;
/// let request = test::TestRequest::post().uri("/orders").insert_header(("x-csrf-token", token));
/// assert_eq!(test::call_service(&app, request.to_request()).await.status(), StatusCode::OK);
///
/// let request = test::TestRequest::post().uri("/orders").to_request();
/// let status = test::call_service(&app, request).await.status();
/// assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct CsrfMiddleware {
    protection: ForgeryProtection,
    on_refusal: Arc<OnRefusal>,
}

impl CsrfMiddleware {
    /// Creates a middleware with this protection (example: at [`CsrfMiddleware`]).
    ///
    /// Clones share the limits of the operator's events: create it once, outside of the closure
    /// that makes the `App`.
    #[must_use]
    pub fn new(protection: ForgeryProtection) -> Self {
        Self {
            protection,
            on_refusal: Arc::new(|_, _| HttpResponse::UnprocessableEntity().finish()),
        }
    }

    /// Sets the response to a request that may be forged.
    ///
    /// The hook gets the reason, which is for the operator and not the client, and the request. The
    /// request's extensions hold the [`LazySession`], already loaded.
    ///
    /// ```
    /// use actix_web::{HttpMessage, HttpResponse};
    /// use hardtack::actix::CsrfMiddleware;
    /// use hardtack::csrf::ForgeryProtection;
    ///
    /// let middleware = CsrfMiddleware::new(ForgeryProtection::new()).on_refusal(|_reason, request| {
    ///     let session = request.extensions().get::<hardtack::LazySession>().cloned();
    ///     if let Some(session) = session.and_then(|session| session.loaded()) {
    ///         let _ = session.flash().set("alert", "That page was too old. Please try again.");
    ///     }
    ///     HttpResponse::SeeOther().insert_header(("location", "/")).finish()
    /// });
    /// # let _ = middleware;
    /// ```
    #[must_use]
    pub fn on_refusal(
        self,
        hook: impl Fn(InvalidAuthenticityToken, &HttpRequest) -> HttpResponse + Send + Sync + 'static,
    ) -> Self {
        Self {
            on_refusal: Arc::new(hook),
            ..self
        }
    }
}

impl fmt::Debug for CsrfMiddleware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CsrfMiddleware")
            .field(&self.protection)
            .finish()
    }
}

impl<S, B> Transform<S, ServiceRequest> for CsrfMiddleware
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = CsrfService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(CsrfService {
            inner: Rc::new(service),
            csrf: self.clone(),
        }))
    }
}

/// The service that [`CsrfMiddleware`] wraps around another service.
pub struct CsrfService<S> {
    inner: Rc<S>,
    csrf: CsrfMiddleware,
}

impl<S, B> Service<ServiceRequest> for CsrfService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = CsrfFuture<S::Future, B>;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let session = request.extensions().get::<LazySession>().cloned();
        let Some(lazy) = session else {
            self.csrf.protection.missing_session();
            let response = HttpResponse::InternalServerError().finish();
            return CsrfFuture::answer(request.into_response(response));
        };
        let Some(session) = lazy.loaded() else {
            let protection = &self.csrf.protection;
            if protection.needs_no_token(&head(&request), &lazy.0) {
                let future = self.inner.call(request);
                return CsrfFuture::Inner { future };
            }
            let (inner, csrf) = (self.inner.clone(), self.csrf.clone());
            let future = Box::pin(async move {
                let session = match lazy.load().await {
                    Ok(session) => session,
                    Err(error) => {
                        let response = error.error_response();
                        return Ok(request.into_response(response).map_into_right_body());
                    }
                };
                match check(&csrf.protection, &request, &session) {
                    Check::Verified => Ok(inner.call(request).await?.map_into_left_body()),
                    Check::Refused(reason) => {
                        let response = (csrf.on_refusal)(reason, request.request());
                        Ok(request.into_response(response).map_into_right_body())
                    }
                    Check::Form(form) => with_form(&*inner, &*csrf.on_refusal, form, request).await,
                }
            });
            return CsrfFuture::Waiting { future };
        };
        match check(&self.csrf.protection, &request, &session) {
            Check::Verified => CsrfFuture::Inner {
                future: self.inner.call(request),
            },
            Check::Refused(reason) => {
                let response = (self.csrf.on_refusal)(reason, request.request());
                CsrfFuture::answer(request.into_response(response))
            }
            Check::Form(form) => {
                let inner = self.inner.clone();
                let on_refusal = self.csrf.on_refusal.clone();
                let future =
                    Box::pin(async move { with_form(&*inner, &*on_refusal, form, request).await });
                CsrfFuture::Waiting { future }
            }
        }
    }
}

fn check(protection: &ForgeryProtection, request: &ServiceRequest, session: &Session) -> Check {
    protection.check(&head(request), session)
}

/// Reads the form, and calls the service with it if its token belongs to the session.
async fn with_form<S, B>(
    inner: &S,
    on_refusal: &OnRefusal,
    form: Box<FormBody>,
    mut request: ServiceRequest,
) -> Outcome<B>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    match read(form, request.take_payload()).await {
        Ok(body) => {
            request.set_payload(Payload::from(body));
            let response = inner.call(request).await?;
            Ok(response.map_into_left_body())
        }
        Err(reason) => {
            let response = on_refusal(reason, request.request());
            Ok(request.into_response(response).map_into_right_body())
        }
    }
}

type Outcome<B> = Result<ServiceResponse<EitherBody<B>>, Error>;

pin_project! {
    /// The response future of [`CsrfService`]. It allocates only if a form has to be read, or a
    /// session loaded.
    #[project = CsrfFutureProjection]
    pub enum CsrfFuture<F, B> {
        /// The handler's response.
        Inner { #[pin] future: F },
        /// The response to a refused request.
        Answer { response: Option<ServiceResponse<EitherBody<B>>> },
        /// The form in the body decides, or the session is being loaded.
        Waiting { future: Pin<Box<dyn Future<Output = Outcome<B>>>> },
    }
}

impl<F, B> CsrfFuture<F, B> {
    fn answer(response: ServiceResponse) -> Self {
        Self::Answer {
            response: Some(response.map_into_right_body()),
        }
    }
}

impl<F, B> Future for CsrfFuture<F, B>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
    B: MessageBody,
{
    type Output = Outcome<B>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            CsrfFutureProjection::Inner { future } => {
                future.poll(cx).map_ok(ServiceResponse::map_into_left_body)
            }
            // A future that has completed is not polled again.
            CsrfFutureProjection::Answer { response } => response
                .take()
                .map_or(Poll::Pending, |response| Poll::Ready(Ok(response))),
            CsrfFutureProjection::Waiting { future } => future.as_mut().poll(cx),
        }
    }
}

fn head(request: &ServiceRequest) -> Head<'_> {
    let headers = request.headers();
    let header = |name: &str| headers.get(name).map(HeaderValue::as_bytes);
    let site = headers.get_all("sec-fetch-site");
    let length = header("content-length").and_then(|value| std::str::from_utf8(value).ok());
    Head {
        method: request.method().as_str(),
        path: request.uri().path(),
        origin: header("origin"),
        sec_fetch_site: SecFetchSite::of(site.map(HeaderValue::as_bytes)),
        csrf_token: header("x-csrf-token"),
        method_override: header("x-http-method-override"),
        content_type: header("content-type"),
        length: length.and_then(|value| value.parse().ok()).unwrap_or(0),
    }
}

async fn read(
    mut form: Box<FormBody>,
    mut payload: Payload,
) -> Result<Bytes, InvalidAuthenticityToken> {
    while let Some(piece) = poll_fn(|cx| Pin::new(&mut payload).poll_next(cx)).await {
        let Ok(piece) = piece else {
            return Err(form.broke_off());
        };
        form.push(&piece)?;
    }
    form.verify()
}
