//! [`CsrfLayer`]: the protection against forged requests, for `tower`.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::{fmt, mem};

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::forgery_protection::{Check, ForgeryProtection, Head};
use super::form_body::FormBody;
use super::invalid_authenticity_token::InvalidAuthenticityToken;
use super::on_error::{OnError, Opaque};
use super::on_refusal::OnRefusal;
use super::sec_fetch_site::SecFetchSite;
use crate::session::handle::Session;
use crate::session::lazy_session::LazySession;

/// Refuses requests that may be forged, with status 422, as Rails does, and an empty body.
///
/// Put it inside [`SessionLayer`](super::tower::SessionLayer), and around the whole router: nested
/// routers see a shortened path. If a request has no session, the answer is 500, and the operator
/// is told (`tracing`). The request body must be convertible from [`Bytes`], as axum's is. The
/// handler gets the body unchanged, except for the trailers of a form.
///
/// ```
/// use axum::body::Body;
/// use axum::http::{Request, StatusCode};
/// use axum::{Extension, Router, routing::post};
/// use tower::ServiceExt;
/// use hardtack::csrf::ForgeryProtection;
/// use hardtack::tower::CsrfLayer;
/// use hardtack::{LazySession, Session};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let session = Session::ephemeral()?;
/// let app = Router::new()
///     .route("/orders", post(|| async { "ordered" }))
///     .layer(CsrfLayer::new(ForgeryProtection::new()))
///     // Stands for the `SessionLayer` here.
///     .layer(Extension(LazySession::from(session.clone())));
///
/// let token = session.authenticity_tokens()?.masked_authenticity_token()?;
/// let request = Request::post("/orders").header("x-csrf-token", token).body(Body::empty())?;
/// assert_eq!(app.clone().oneshot(request).await?.status(), StatusCode::OK);
///
/// let request = Request::post("/orders").body(Body::empty())?;
/// assert_eq!(app.oneshot(request).await?.status(), StatusCode::UNPROCESSABLE_ENTITY);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct CsrfLayer<H = Opaque> {
    protection: Arc<ForgeryProtection>,
    on_refusal: Arc<H>,
}

impl CsrfLayer {
    /// Creates a layer with this protection (example: at [`CsrfLayer`]).
    #[must_use]
    pub fn new(protection: ForgeryProtection) -> Self {
        Self {
            protection: Arc::new(protection),
            on_refusal: Arc::new(Opaque),
        }
    }
}

impl<H> CsrfLayer<H> {
    /// Sets the response to a request that may be forged.
    ///
    /// The hook gets the reason, which is for the operator and not the client, and the request
    /// without its body. The request's extensions hold the [`LazySession`], already loaded.
    ///
    /// ```
    /// use axum::body::Body;
    /// use axum::http::Response;
    /// use hardtack::csrf::ForgeryProtection;
    /// use hardtack::tower::CsrfLayer;
    ///
    /// let layer = CsrfLayer::new(ForgeryProtection::new()).on_refusal(|_reason, head| {
    ///     let session = head.extensions.get::<hardtack::LazySession>();
    ///     if let Some(session) = session.and_then(hardtack::LazySession::loaded) {
    ///         let _ = session.flash().set("alert", "That page was too old. Please try again.");
    ///     }
    ///     let back = Response::builder().status(303).header("location", "/");
    ///     back.body(Body::empty()).unwrap_or_default()
    /// });
    /// # let _: axum::Router = axum::Router::new().layer(layer);
    /// ```
    #[must_use]
    pub fn on_refusal<F, B>(self, hook: F) -> CsrfLayer<F>
    where
        F: Fn(InvalidAuthenticityToken, &Parts) -> Response<B>,
    {
        CsrfLayer {
            protection: self.protection,
            on_refusal: Arc::new(hook),
        }
    }
}

impl<S, H> Layer<S> for CsrfLayer<H> {
    type Service = CsrfService<S, H>;

    fn layer(&self, inner: S) -> Self::Service {
        CsrfService {
            inner,
            protection: self.protection.clone(),
            on_refusal: self.on_refusal.clone(),
        }
    }
}

impl<H> fmt::Debug for CsrfLayer<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CsrfLayer").field(&self.protection).finish()
    }
}

/// The service that [`CsrfLayer`] wraps around another service.
///
/// ```
/// use tower::Layer;
/// use hardtack::csrf::ForgeryProtection;
/// use hardtack::tower::{CsrfLayer, CsrfService};
///
/// let service: CsrfService<axum::Router> =
///     CsrfLayer::new(ForgeryProtection::new()).layer(axum::Router::new());
/// # let _ = service;
/// ```
pub struct CsrfService<S, H = Opaque> {
    inner: S,
    protection: Arc<ForgeryProtection>,
    on_refusal: Arc<H>,
}

impl<S: Clone, H> Clone for CsrfService<S, H> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            protection: self.protection.clone(),
            on_refusal: self.on_refusal.clone(),
        }
    }
}

impl<S: fmt::Debug, H> fmt::Debug for CsrfService<S, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsrfService")
            .field("inner", &self.inner)
            .field("protection", &self.protection)
            .finish_non_exhaustive()
    }
}

impl<S, H, ReqBody, ResBody> Service<Request<ReqBody>> for CsrfService<S, H>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone + Send + 'static,
    S::Future: Send,
    H: OnRefusal<ResBody> + Send + Sync + 'static,
    ReqBody: Body<Data = Bytes> + From<Bytes> + Send + 'static,
    ResBody: Default,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = CsrfFuture<S::Future, Self::Response, S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let Some(session) = request.extensions().get::<LazySession>() else {
            self.protection.missing_session();
            return CsrfFuture::answer(empty(StatusCode::INTERNAL_SERVER_ERROR));
        };
        let Some(session) = session.loaded() else {
            if self.protection.needs_no_token(&head(&request), &session.0) {
                let future = self.inner.call(request);
                return CsrfFuture {
                    state: State::Inner { future },
                };
            }
            let session = session.clone();
            let (mut inner, protection, on_refusal) = self.parts();
            let future = Box::pin(async move {
                let session = match session.load().await {
                    Ok(session) => session,
                    Err(error) => return Ok(OnError::answer(&Opaque, error)),
                };
                match check(&protection, &request, &session) {
                    Check::Verified => inner.call(request).await,
                    Check::Refused(reason) => {
                        Ok(on_refusal.answer(reason, &request.into_parts().0))
                    }
                    Check::Form(form) => with_form(inner, &*on_refusal, form, request).await,
                }
            });
            return CsrfFuture {
                state: State::Waiting { future },
            };
        };
        match check(&self.protection, &request, &session) {
            Check::Verified => CsrfFuture {
                state: State::Inner {
                    future: self.inner.call(request),
                },
            },
            Check::Refused(reason) => {
                let (parts, _) = request.into_parts();
                CsrfFuture::answer(self.on_refusal.answer(reason, &parts))
            }
            Check::Form(form) => {
                let (inner, _, on_refusal) = self.parts();
                let future =
                    Box::pin(async move { with_form(inner, &*on_refusal, form, request).await });
                CsrfFuture {
                    state: State::Waiting { future },
                }
            }
        }
    }
}

impl<S: Clone, H> CsrfService<S, H> {
    /// Takes the parts out for a future that owns them. The future calls the very service that
    /// reported readiness; its clone stays here.
    fn parts(&mut self) -> (S, Arc<ForgeryProtection>, Arc<H>) {
        let clone = self.inner.clone();
        (
            mem::replace(&mut self.inner, clone),
            self.protection.clone(),
            self.on_refusal.clone(),
        )
    }
}

fn empty<B: Default>(status: StatusCode) -> Response<B> {
    let mut response = Response::new(B::default());
    *response.status_mut() = status;
    response
}

fn check<B: Body>(
    protection: &ForgeryProtection,
    request: &Request<B>,
    session: &Session,
) -> Check {
    protection.check(&head(request), session)
}

/// Reads the form, and calls the service with it if its token belongs to the session.
async fn with_form<S, H, ReqBody, ResBody>(
    mut inner: S,
    on_refusal: &H,
    form: Box<FormBody>,
    request: Request<ReqBody>,
) -> Result<Response<ResBody>, S::Error>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    H: OnRefusal<ResBody>,
    ReqBody: Body<Data = Bytes> + From<Bytes>,
{
    let (parts, body) = request.into_parts();
    match read(form, body).await {
        Ok(body) => inner.call(Request::from_parts(parts, body.into())).await,
        Err(reason) => Ok(on_refusal.answer(reason, &parts)),
    }
}

pin_project! {
    /// The response future of [`CsrfService`]. It allocates only if a form has to be read, or a
    /// session loaded.
    pub struct CsrfFuture<F, R, E> {
        #[pin]
        state: State<F, R, E>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<F, R, E> {
        Inner { #[pin] future: F },
        Answer { response: Option<R> },
        Waiting { future: Pin<Box<dyn Future<Output = Result<R, E>> + Send>> },
    }
}

impl<F, R, E> CsrfFuture<F, R, E> {
    fn answer(response: R) -> Self {
        let response = Some(response);
        Self {
            state: State::Answer { response },
        }
    }
}

impl<F: Future<Output = Result<R, E>>, R, E> Future for CsrfFuture<F, R, E> {
    type Output = Result<R, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProjection::Inner { future } => future.poll(cx),
            // A future that has completed is not polled again.
            StateProjection::Answer { response } => response
                .take()
                .map_or(Poll::Pending, |response| Poll::Ready(Ok(response))),
            StateProjection::Waiting { future } => future.as_mut().poll(cx),
        }
    }
}

impl<F, R, E> fmt::Debug for CsrfFuture<F, R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CsrfFuture(..)")
    }
}

fn head<B: Body>(request: &Request<B>) -> Head<'_> {
    let headers = request.headers();
    let header = |name| headers.get(name).map(HeaderValue::as_bytes);
    let site = headers.get_all("sec-fetch-site").iter();
    Head {
        method: request.method().as_str(),
        path: request.uri().path(),
        origin: header("origin"),
        sec_fetch_site: SecFetchSite::of(site.map(HeaderValue::as_bytes)),
        csrf_token: header("x-csrf-token"),
        method_override: header("x-http-method-override"),
        content_type: header("content-type"),
        length: request.body().size_hint().lower(),
    }
}

async fn read<B: Body<Data = Bytes>>(
    mut form: Box<FormBody>,
    body: B,
) -> Result<Bytes, InvalidAuthenticityToken> {
    let mut body = pin!(body);
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        let Ok(frame) = frame else {
            return Err(form.broke_off());
        };
        if let Some(piece) = frame.data_ref() {
            form.push(piece)?;
        }
    }
    form.verify()
}
