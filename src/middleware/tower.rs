//! The session under [tower](https://docs.rs/tower): [`SessionLayer`], for axum, tonic, hyper and
//! anything else that takes a layer (feature `tower`).
//!
//! The layer puts a [`LazySession`] into the request's extensions. It appends `Set-Cookie` headers
//! to the response. If anybody asked for the session or a cookie, it also tells caches that the
//! response is for one user ([`Sessions::cache_headers`]). Other headers, bodies, streams and
//! upgrades (101) stay unchanged.
//!
//! The session is written together with the response headers: a later change returns
//! [`Error::CommittedSession`]. If the inner service fails or panics, no cookie is set. A response
//! with status 5xx sets no session ([`Sessions::writes_on_server_error`]).
//!
//! ```
//! use http::{Request, Response};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! use hardtack::tower::SessionLayer;
//! use hardtack::{CookieStore, LazySession};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = CookieStore::ephemeral("_shop_session")?;
//! let service = ServiceBuilder::new()
//!     .layer(SessionLayer::new(store))
//!     .service(service_fn(async |request: Request<()>| {
//!         let session = request.extensions().get::<LazySession>().ok_or("no layer")?;
//!         let session = session.load().await.map_err(|_| "no store")?;
//!         session.insert("seen_by", "rust").map_err(|_| "no value")?;
//!         Ok::<_, &str>(Response::new(String::new()))
//!     }));
//!
//! let response = service.oneshot(Request::new(())).await?;
//! let set_cookie = response.headers()["set-cookie"].to_str()?;
//! assert!(set_cookie.starts_with("_shop_session="));
//! assert_eq!(response.headers()["vary"], "Cookie");
//! assert_eq!(response.headers()["cache-control"], "max-age=0, private, must-revalidate");
//! # Ok(())
//! # }
//! ```
//!
//! # HTTPS
//!
//! A request came over HTTPS if its URI has the scheme `https`, which HTTP/2 sends as `:scheme`.
//! The client chooses it: a client that lies only gets its own `Secure` cookie over plain HTTP.
//! Most HTTP/1.1 requests do not send a scheme, even over TLS. So an app with `Secure` cookies must
//! say how requests arrive: by [`Sessions::assume_ssl`], by [`Sessions::trusted_hops`], or, if the
//! server knows it for each connection, by a [`RequestOrigin`] that an outer service puts into the
//! request's extensions. Such an origin is used unchanged, and replaces everything else.
//!
//! The host comes from the URI if it has one (HTTP/2's `:authority`), and otherwise from the header
//! `Host` (RFC 9112 section 3.2.2, RFC 9113 section 8.3.1).
//!
//! # Two layers
//!
//! If two layers are nested, the handler gets the inner layer's session. Services between the two
//! see the outer layer's session; unless they use it, it sets no cookie. Two sets of sessions with
//! different cookie names work in this way, each in its place. For two sessions in one handler,
//! open the second by [`Session::open`](crate::Session::open).

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Poll, ready};

use http::header::{CACHE_CONTROL, COOKIE, SET_COOKIE, VARY};
use http::uri::{Authority, Scheme};
use http::{HeaderMap, HeaderValue, Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::answer::{Running, SetCookies, is_overruled, set_cookies};
pub use super::on_error::{OnError, Opaque};
pub use super::on_refusal::OnRefusal;
pub use super::tower_csrf::{CsrfLayer, CsrfService};
#[cfg(feature = "axum")]
use super::untold_error::UntoldError;
use crate::error::Error;
use crate::http::set_cookie::SetCookie;
use crate::session::context::Context;
use crate::session::lazy_session::LazySession;
use crate::session::origin::RequestOrigin;
use crate::session::place::Place;
use crate::session::sessions::Sessions;

/// Gives every request its [`LazySession`] (example: at [the module](self)).
#[derive(Clone, Debug)]
pub struct SessionLayer<H = Opaque> {
    sessions: Arc<Sessions<dyn Place>>,
    on_error: H,
}

impl SessionLayer {
    /// Creates a layer for these sessions, which may be shared (`Arc`).
    ///
    /// ```
    /// use std::sync::Arc;
    /// use hardtack::CookieStore;
    /// use hardtack::tower::SessionLayer;
    ///
    /// let store = Arc::new(CookieStore::ephemeral("_shop_session")?);
    /// let layer = SessionLayer::new(store.clone()); // whose jars may be replaced later
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn new<P: Place>(sessions: impl Into<Arc<Sessions<P>>>) -> Self {
        let sessions: Arc<Sessions<P>> = sessions.into();
        Self {
            sessions,
            on_error: Opaque,
        }
    }
}

impl<H> SessionLayer<H> {
    /// Sets the response that replaces the handler's if a session cannot be written.
    ///
    /// The usual reason is [`Error::CookieOverflow`], which names the bytes of each key. The
    /// handler's own response is dropped with its cookies, because its changes were not kept. The
    /// browser keeps its session. Without a hook the response is an empty 500 (503 if a store
    /// failed or the session is busy). The operator is told in either case (`tracing`).
    ///
    /// ```
    /// use http::{Request, Response, StatusCode};
    /// use tower::{ServiceBuilder, ServiceExt, service_fn};
    /// use hardtack::tower::SessionLayer;
    /// use hardtack::{CookieStore, Error, LazySession};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let store = CookieStore::ephemeral("_shop_session")?;
    /// let layer = SessionLayer::new(store).on_error(|error: Error| {
    ///     let mut response = Response::new("Your cart is full".to_owned());
    ///     *response.status_mut() = match error {
    ///         Error::CookieOverflow(_) => StatusCode::INSUFFICIENT_STORAGE,
    ///         _ => StatusCode::INTERNAL_SERVER_ERROR,
    ///     };
    ///     response
    /// });
    /// let service = ServiceBuilder::new().layer(layer).service(service_fn(
    ///     async |request: Request<()>| {
    ///         let session = request.extensions().get::<LazySession>().ok_or("no layer")?;
    ///         let session = session.load().await.map_err(|_| "no store")?;
    ///         session.insert("cart", "tea ".repeat(2000)).map_err(|_| "no value")?;
    ///         Ok::<_, &str>(Response::new("All is well".to_owned()))
    ///     },
    /// ));
    /// let response = service.oneshot(Request::new(())).await?;
    /// assert_eq!(response.status(), StatusCode::INSUFFICIENT_STORAGE);
    /// assert_eq!(response.body(), "Your cart is full");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn on_error<F, B>(self, hook: F) -> SessionLayer<F>
    where
        F: Fn(Error) -> Response<B> + Clone,
    {
        SessionLayer {
            sessions: self.sessions,
            on_error: hook,
        }
    }
}

impl<S, H: Clone> Layer<S> for SessionLayer<H> {
    type Service = SessionService<S, H>;

    fn layer(&self, inner: S) -> Self::Service {
        SessionService {
            inner,
            layer: self.clone(),
        }
    }
}

/// The service that [`SessionLayer`] wraps around another one: each of its requests has a
/// [`LazySession`].
///
/// ```
/// use tower::Layer;
/// use hardtack::CookieStore;
/// use hardtack::tower::{SessionLayer, SessionService};
///
/// let store = CookieStore::ephemeral("_shop_session")?;
/// let service: SessionService<&str> = SessionLayer::new(store).layer("any service");
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SessionService<S, H = Opaque> {
    inner: S,
    layer: SessionLayer<H>,
}

impl<S, H, ReqBody, ResBody> Service<Request<ReqBody>> for SessionService<S, H>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    H: OnError<ResBody> + Clone,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, H>;

    fn poll_ready(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let context = open(&self.layer.sessions, &request);
        request
            .extensions_mut()
            .insert(LazySession(context.clone()));
        ResponseFuture {
            // Call the very service that reported readiness: no clone is needed.
            inner: self.inner.call(request),
            context,
            on_error: self.layer.on_error.clone(),
            committing: None,
        }
    }
}

pin_project! {
    /// The response future of [`SessionService`], which adds the cookies.
    #[must_use = "a future does nothing unless it is polled"]
    pub struct ResponseFuture<F: Future, H = Opaque> {
        #[pin]
        inner: F,
        context: Context,
        on_error: H,
        committing: Option<(F::Output, Running)>,
    }
}

impl<F, H, B, E> Future for ResponseFuture<F, H>
where
    F: Future<Output = Result<Response<B>, E>>,
    H: OnError<B>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let (mut response, cookies) = loop {
            if let Some((_, committing)) = this.committing {
                let cookies = ready!(Pin::new(committing).poll(cx));
                // The line above found it there.
                if let Some((response, _)) = this.committing.take() {
                    break (response?, cookies);
                }
            }
            let response = ready!(this.inner.as_mut().poll(cx))?;
            #[cfg(feature = "axum")]
            if let Some(error) = response.extensions().get::<UntoldError>() {
                error.tell(this.context);
            }
            match set_cookies(this.context, response.status().as_u16()) {
                SetCookies::Done(cookies) => break (response, cookies),
                SetCookies::Running(committing) => {
                    *this.committing = Some((Ok(response), committing));
                }
            }
        };
        match cookies {
            Ok(cookies) => append(response.headers_mut(), cookies, this.context),
            Err(error) => {
                response = this.on_error.answer(error);
                // The operator knows it.
                #[cfg(feature = "axum")]
                if let Some(error) = response.extensions().get::<UntoldError>() {
                    error.hush();
                }
            }
        }
        tell_caches(response.headers_mut(), this.context);
        Poll::Ready(Ok(response))
    }
}

impl<F: Future, H> fmt::Debug for ResponseFuture<F, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseFuture(..)")
    }
}

fn open<B>(sessions: &Arc<Sessions<dyn Place>>, request: &Request<B>) -> Context {
    let origin = origin(sessions, request);
    let headers = request.headers().get_all(COOKIE);
    let mut values = headers.iter();
    match (values.next(), values.next()) {
        (None, _) => Context::new(sessions.clone(), "", origin),
        // A reference to the server's own buffer.
        (Some(header), None) => Context::new(sessions.clone(), header.clone(), origin),
        // HTTP/2 may send each cookie in a header of its own (RFC 9113 section 8.2.3).
        _ => {
            let values: Vec<&[u8]> = headers.iter().map(HeaderValue::as_bytes).collect();
            Context::new(sessions.clone(), values.join(&b"; "[..]), origin)
        }
    }
}

fn origin<B>(sessions: &Sessions<dyn Place>, request: &Request<B>) -> RequestOrigin {
    if let Some(origin) = request.extensions().get::<RequestOrigin>() {
        return origin.clone();
    }
    let uri = request.uri();
    let host = uri.authority().map(without_user);
    let is_tls = uri.scheme() == Some(&Scheme::HTTPS);
    sessions.policy.origin(is_tls, |name| {
        let own = host.filter(|_| name == "host");
        let sent = own.is_none().then(|| request.headers().get_all(name));
        let sent = sent.into_iter().flatten().map(HeaderValue::as_bytes);
        own.into_iter().chain(sent)
    })
}

/// Returns the host and port of an authority (RFC 3986 section 3.2).
fn without_user(authority: &Authority) -> &[u8] {
    let authority = authority.as_str();
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    host.as_bytes()
}

/// Appends the cookies to those of the handler, which cannot replace the session's.
fn append(headers: &mut HeaderMap, cookies: Vec<SetCookie>, context: &Context) {
    if !cookies.is_empty() && headers.contains_key(SET_COOKIE) {
        let set = headers.get_all(SET_COOKIE).iter();
        let kept: Vec<HeaderValue> = set
            .filter(|value| !is_overruled(context, value.as_bytes(), &cookies))
            .cloned()
            .collect();
        headers.remove(SET_COOKIE);
        for value in kept {
            headers.append(SET_COOKIE, value);
        }
    }
    for cookie in cookies {
        // Names, values, paths and domains are ASCII without control characters, so this never
        // leaves a cookie out.
        if let Ok(mut value) = HeaderValue::try_from(cookie.into_header()) {
            // Keeps the cookie out of logs of headers and of HPACK's table (RFC 7541 section
            // 7.1.3).
            value.set_sensitive(true);
            headers.append(SET_COOKIE, value);
        }
    }
}

fn tell_caches(headers: &mut HeaderMap, context: &Context) {
    let values = |name| headers.get_all(name).iter().map(HeaderValue::as_bytes);
    let told = context.cache_headers(values);
    // The value consists of values of this very header.
    if let Some(Ok(vary)) = told
        .vary
        .map(|vary| HeaderValue::from_bytes(vary.as_bytes()))
    {
        headers.insert(VARY, vary);
    }
    if let Some(value) = told.cache_control {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(value));
    }
}
