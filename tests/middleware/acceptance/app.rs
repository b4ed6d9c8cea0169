//! An app of one handler, under any framework.

use std::pin::Pin;
use std::sync::Arc;

use hardtack::{CookieStore, Error, LazySession, ServerSessions, Session};

/// A request as the framework gets it.
#[derive(Clone, Default)]
pub(crate) struct Request {
    /// The `Cookie` headers.
    pub(crate) cookies: Vec<String>,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    /// Is `true` if the connection itself is TLS.
    pub(crate) tls: bool,
}

/// The handler's answer.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) body: Body,
}

pub(crate) enum Body {
    Text(String),
    /// A body of pieces. Each is made when the piece before it was sent.
    Stream(Vec<Box<dyn FnOnce() -> String + Send>>),
}

/// The response that the browser gets.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) set_cookies: Vec<String>,
    /// The `Set-Cookie` headers.
    pub(crate) vary: Vec<String>,
    /// The values of all such headers.
    pub(crate) cache_control: Option<String>,
    pub(crate) body: String,
}

/// The handler of all paths.
#[derive(Clone)]
pub(crate) enum Handler {
    /// Takes the session, which the framework loads.
    Loaded(Arc<dyn Fn(Session) -> Reply + Send + Sync>),
    /// Takes the session that is not loaded yet.
    Lazy(Arc<dyn Fn(LazySession) -> Replying + Send + Sync>),
}

pub(crate) type Replying = Pin<Box<dyn Future<Output = Reply> + Send>>;

/// The sessions of the app.
#[derive(Clone)]
pub(crate) enum Sessions {
    InCookie(Arc<CookieStore>),
    OnServer(Arc<ServerSessions>),
}

impl From<&Arc<CookieStore>> for Sessions {
    fn from(store: &Arc<CookieStore>) -> Self {
        Self::InCookie(store.clone())
    }
}

/// A framework with the session's middleware around an app with a single handler for all paths.
pub(crate) trait Framework: Sync {
    fn name(&self) -> &'static str;

    /// Returns the response; an error if the handler panicked and the framework lets the panic
    /// through.
    fn serve(
        &self,
        sessions: &Sessions,
        request: Request,
        handler: Handler,
    ) -> Result<Response, Panicked>;
}

#[derive(Debug)]
pub(crate) struct Panicked;

/// Joins the values of several headers of a name (RFC 9110 section 5.3); returns `None` if there is
/// none.
pub(crate) fn joined(headers: impl IntoIterator<Item = String>) -> Option<String> {
    let headers: Vec<_> = headers.into_iter().collect();
    (!headers.is_empty()).then(|| headers.join(", "))
}

impl Handler {
    pub(crate) fn new(handler: impl Fn(&Session) -> Reply + Send + Sync + 'static) -> Self {
        Self::Loaded(Arc::new(move |session| handler(&session)))
    }

    pub(crate) fn lazy<F: Future<Output = Reply> + Send + 'static>(
        handler: impl Fn(LazySession) -> F + Send + Sync + 'static,
    ) -> Self {
        Self::Lazy(Arc::new(move |session| Box::pin(handler(session))))
    }

    /// Answers without a framework's extractors.
    pub(crate) async fn reply(self, lazy: LazySession) -> Reply {
        match self {
            Self::Lazy(handler) => handler(lazy).await,
            Self::Loaded(handler) => match lazy.load().await {
                Ok(session) => handler(session),
                Err(error) => Reply::text("").status(status(&error)),
            },
        }
    }
}

/// Returns the status of a response to an error.
pub(crate) fn status(error: &Error) -> u16 {
    match error {
        Error::Store(_) | Error::BusySession { .. } => 503,
        _ => 500,
    }
}

impl Reply {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body: Body::Text(text.into()),
        }
    }

    pub(crate) fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub(crate) fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }
}
