//! [`SessionMiddleware`]: the session around every handler of an app or a scope.

use std::fmt;
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::sync::Arc;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, ResponseError};

use super::failed_request::FailedRequest;
use super::headers::{append, tell_caches};
use super::open::open;
use crate::error::Error;
use crate::middleware::answer::{CookiesToSet, SetCookies, set_cookies};
use crate::middleware::untold_error::UntoldError;
use crate::session::context::Context;
use crate::session::lazy_session::LazySession;
use crate::session::place::Place;
use crate::session::sessions::Sessions;

type OnError = dyn Fn(Error, &HttpRequest) -> HttpResponse + Send + Sync;

/// Gives every handler of an app or a scope its session, and sets the session's cookies (example:
/// at [the module](super)).
///
/// Each cookie is a `Set-Cookie` header of its own, beside those of the response. If anybody asked
/// for the session or a cookie, the response tells caches that it is for one user
/// ([`Sessions::cache_headers`]). Bodies pass unchanged.
///
/// If a middleware inside this one fails, and its response needs headers of the session, its error
/// becomes another error: a middleware outside no longer finds the error's type
/// (`Error::as_error`).
///
/// The connection says whether a request came over HTTPS; if TLS ends before the server, see
/// [`Sessions::assume_ssl`] and [`Sessions::trusted_hops`].
#[derive(Clone)]
pub struct SessionMiddleware {
    sessions: Arc<Sessions<dyn Place>>,
    on_error: Arc<OnError>,
}

impl SessionMiddleware {
    /// Creates a middleware for these sessions.
    ///
    /// Create it outside of the closure of `HttpServer::new` and clone it there, so that all
    /// workers share the sessions.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use actix_web::{App, web};
    /// use hardtack::CookieStore;
    /// use hardtack::actix::SessionMiddleware;
    ///
    /// let store = Arc::new(CookieStore::ephemeral("_shop_session")?);
    /// // Kept, the store can be given other secrets while the server runs.
    /// let sessions = SessionMiddleware::new(store.clone());
    /// let app = App::new().service(web::scope("/shop").wrap(sessions));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn new<P: Place>(sessions: impl Into<Arc<Sessions<P>>>) -> Self {
        let sessions: Arc<Sessions<P>> = sessions.into();
        Self {
            sessions,
            on_error: Arc::new(|error, _| HttpResponse::new(error.status_code())),
        }
    }

    /// Sets the response that replaces the handler's if the session cannot be written.
    ///
    /// The usual reason is a [`CookieOverflow`](Error::CookieOverflow), which names the bytes of
    /// each key. Without a hook the response is an empty 500 (503 if a store failed). The handler's
    /// response is dropped, no cookie is set, and the browser keeps its session.
    ///
    /// The hook is not called if a middleware between this one and the handler failed (its `call`
    /// returned an `Err`): no request is left to pass to it. The response is then empty, with the
    /// same status.
    ///
    /// ```
    /// use actix_web::{App, HttpResponse, test, web};
    /// use hardtack::actix::SessionMiddleware;
    /// use hardtack::{CookieStore, Error, Session};
    ///
    /// let store = CookieStore::ephemeral("_shop_session")?;
    /// let sessions = SessionMiddleware::new(store).on_error(|error, request| match error {
    ///     Error::CookieOverflow(overflow) if request.path() == "/cart" => {
    ///         let (key, bytes) = &overflow.entries[0];
    ///         HttpResponse::InsufficientStorage().body(format!("{key} takes {bytes} bytes"))
    ///     }
    ///     _ => HttpResponse::InternalServerError().finish(),
    /// });
    /// let fill = |session: Session| async move {
    ///     session.insert("cart", "x".repeat(4000)).map(|()| "It is in your cart.")
    /// };
    /// let app = App::new().wrap(sessions).route("/cart", web::post().to(fill));
    ///
    /// # actix_web::rt::System::new().block_on(async move {
    /// let app = test::init_service(app).await;
    /// let request = test::TestRequest::post().uri("/cart").to_request();
    /// let response = test::call_service(&app, request).await;
    /// assert_eq!(response.status(), 507);
    /// assert_eq!(test::read_body(response).await, "cart takes 4010 bytes");
    /// # });
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn on_error(
        self,
        hook: impl Fn(Error, &HttpRequest) -> HttpResponse + Send + Sync + 'static,
    ) -> Self {
        Self {
            on_error: Arc::new(hook),
            ..self
        }
    }
}

impl fmt::Debug for SessionMiddleware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionMiddleware")
            .field("sessions", &self.sessions)
            .finish_non_exhaustive()
    }
}

impl<S, B> Transform<S, ServiceRequest> for SessionMiddleware
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error>,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = actix_web::Error;
    type Transform = SessionService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(SessionService {
            inner,
            middleware: self.clone(),
        }))
    }
}

/// The service that [`SessionMiddleware`] wraps around a worker's service; actix-web creates it.
#[derive(Debug)]
pub struct SessionService<S> {
    inner: S,
    middleware: SessionMiddleware,
}

impl<S, B> Service<ServiceRequest> for SessionService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error>,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>>>>;

    forward_ready!(inner);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let context = open(&self.middleware.sessions, &request);
        request
            .extensions_mut()
            .insert(LazySession(context.clone()));
        let on_error = self.middleware.on_error.clone();
        // Pass the whole request on: actix-web's router panics if somebody holds a clone.
        let outcome = self.inner.call(request);
        Box::pin(async move {
            match outcome.await {
                Ok(response) => Ok(answer(response, &context, &*on_error).await),
                Err(failure) => Err(answer_failure(failure, context).await),
            }
        })
    }
}

async fn answer<B>(
    mut response: ServiceResponse<B>,
    context: &Context,
    on_error: &OnError,
) -> ServiceResponse<EitherBody<B>> {
    if let Some(error) = untold(response.response()) {
        error.tell(context);
    }
    let mut response = match cookies(context, response.status().as_u16()).await {
        Ok(cookies) => {
            append(response.headers_mut(), cookies, context);
            response.map_into_left_body()
        }
        Err(error) => {
            let (request, response) = response.into_parts();
            drop(response);
            let response = on_error(error, &request);
            // The operator knows it.
            if let Some(error) = untold(&response) {
                error.hush();
            }
            ServiceResponse::new(request, response).map_into_right_body()
        }
    };
    tell_caches(response.headers_mut(), context);
    response
}

/// Commits the session after a middleware's error. A handler's error is already a response here.
async fn answer_failure(failure: actix_web::Error, context: Context) -> actix_web::Error {
    // Avoids `error_response`, which may be called only once (`InternalError::from_response`).
    let status = failure.as_response_error().status_code();
    let (failure, cookies) = match cookies(&context, status.as_u16()).await {
        Ok(cookies) => (failure, cookies),
        Err(error) => (error.into(), Vec::new()),
    };
    if cookies.is_empty() && !context.tells_caches() {
        // Middlewares outside may look for its type.
        failure
    } else {
        FailedRequest::new(failure, cookies, context).into()
    }
}

fn untold<B>(response: &HttpResponse<B>) -> Option<UntoldError> {
    response.extensions().get().cloned()
}

async fn cookies(context: &Context, status: u16) -> CookiesToSet {
    match set_cookies(context, status) {
        SetCookies::Done(cookies) => cookies,
        SetCookies::Running(cookies) => cookies.await,
    }
}
