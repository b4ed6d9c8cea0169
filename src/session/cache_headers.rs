//! [`CacheHeaders`]: headers that tell caches that a response depends on the request's cookies.

use std::borrow::Cow;

use super::context::Context;
use super::events::Event;
use super::handle::Session;
use super::lazy_session::LazySession;

/// The header that Rails sends if the app sets none (`DEFAULT_CACHE_CONTROL`, Rails 6.1
/// `action_dispatch/http/cache.rb`).
const PRIVATE: &str = "max-age=0, private, must-revalidate";

/// The headers by which a response tells caches that it is for one user.
///
/// Without them a shared cache with a default lifetime (nginx with `proxy_cache_valid`, a CDN)
/// serves the page of one user to the next. [`Session::cache_headers`] returns them; the
/// middlewares of this crate apply them automatically.
///
/// ```
/// use hardtack::Session;
/// use hardtack::headers::CacheHeaders;
///
/// let session = Session::ephemeral()?;
/// // The headers that the handler has set, by a name in lower case.
/// let headers = |name: &str| match name {
///     "vary" => vec![b"Accept-Encoding".as_slice()],
///     _ => Vec::new(),
/// };
/// assert_eq!(session.cache_headers(headers), CacheHeaders::default()); // nobody asked
///
/// session.get::<u32>("user_id")?; // an answer depends on what is not there, too
/// let told = session.cache_headers(headers);
/// assert_eq!(told.vary.as_deref(), Some("Accept-Encoding, Cookie"));
/// assert_eq!(told.cache_control, Some("max-age=0, private, must-revalidate"));
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CacheHeaders {
    /// The header `Vary`, which replaces all present ones and includes their values.
    ///
    /// `None` leaves the present ones unchanged: they already tell caches that the response depends
    /// on `Cookie`, or it does not depend on it. It is a single header because nginx before 1.23
    /// honours only the last of several.
    pub vary: Option<Cow<'static, str>>,
    /// The header `Cache-Control`; `None` if the response already has one, or needs none.
    pub cache_control: Option<&'static str>,
}

impl Session {
    /// Returns the headers that tell caches that the response is for one user.
    ///
    /// `headers` returns the values of a response header by its name in lower case, including the
    /// `Set-Cookie` headers of this commit. Call it after [`commit`](Self::commit), before the
    /// response headers are sent (example: at [`CacheHeaders`]).
    ///
    /// Returns no header unless somebody asked for the session, or for a cookie through
    /// [`cookies`](Self::cookies), or the response sets one of these.
    #[must_use]
    pub fn cache_headers<'h, V>(&self, headers: impl Fn(&'static str) -> V) -> CacheHeaders
    where
        V: IntoIterator<Item = &'h [u8]>,
    {
        self.0.cache_headers(headers)
    }
}

impl LazySession {
    /// Returns the headers that tell caches that the response is for one user.
    ///
    /// `headers` returns the values of a response header by its name in lower case, including the
    /// `Set-Cookie` headers of this commit. Call it after [`commit`](Self::commit), before the
    /// response headers are sent (example: at [`CacheHeaders`]).
    ///
    /// Returns no header unless somebody asked for the session, or for a cookie through
    /// [`cookies`](Self::cookies), or the response sets one of these.
    #[must_use]
    pub fn cache_headers<'h, V>(&self, headers: impl Fn(&'static str) -> V) -> CacheHeaders
    where
        V: IntoIterator<Item = &'h [u8]>,
    {
        self.0.cache_headers(headers)
    }
}

impl Context {
    pub(crate) fn cache_headers<'h, V>(&self, headers: impl Fn(&'static str) -> V) -> CacheHeaders
    where
        V: IntoIterator<Item = &'h [u8]>,
    {
        if !self.tells_caches() {
            return CacheHeaders::default();
        }
        let said = Said::in_headers(headers("cache-control"));
        if said.is_for_all()
            && let Some(cookie) = headers("set-cookie").into_iter().next()
        {
            let name = cookie.split(|byte| *byte == b'=').next().unwrap_or(cookie);
            let name = String::from_utf8_lossy(name.trim_ascii());
            self.policy().tell(Event::InSharedCaches(&name));
        }
        CacheHeaders {
            vary: with_cookie(headers("vary")),
            cache_control: (!said.anything).then_some(PRIVATE),
        }
    }

    /// Checks whether the response has to tell caches anything.
    pub(crate) fn tells_caches(&self) -> bool {
        self.is_asked() && self.policy().cache_headers
    }
}

/// The directives of `Cache-Control` that matter here (RFC 9111 section 5.2).
#[derive(Default)]
struct Said {
    anything: bool,
    /// True after `public` or `s-maxage`.
    for_all: bool,
    /// True after `private` or `no-store`, which take precedence.
    for_one: bool,
}

impl Said {
    fn in_headers<'h>(headers: impl IntoIterator<Item = &'h [u8]>) -> Self {
        let mut said = Self::default();
        for directive in headers.into_iter().flat_map(directives) {
            let mut parts = directive.splitn(2, |byte| *byte == b'=');
            let name = parts.next().unwrap_or_default().trim_ascii();
            // `private="set-cookie"` concerns only the headers that it names.
            let is_whole = parts.next().is_none();
            let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
            said.anything |= !name.is_empty();
            said.for_all |= is("public") || is("s-maxage");
            said.for_one |= is_whole && (is("private") || is("no-store"));
        }
        said
    }

    fn is_for_all(&self) -> bool {
        self.for_all && !self.for_one
    }
}

/// Splits a header into its directives, at commas outside of quotation marks.
fn directives(header: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    header.split(move |byte| {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            _ => {}
        }
        *byte == b',' && !is_quoted
    })
}

/// Joins the `Vary` headers into one, with `Cookie` added; `None` if they already list it.
fn with_cookie<'h>(headers: impl IntoIterator<Item = &'h [u8]>) -> Option<Cow<'static, str>> {
    let mut before = String::new();
    for header in headers {
        let header = String::from_utf8_lossy(header);
        let has = |name: &str| name == "*" || name.eq_ignore_ascii_case("cookie");
        if header.split(',').map(str::trim).any(has) {
            return None;
        }
        if !header.trim().is_empty() {
            before.push_str(header.trim());
            before.push_str(", ");
        }
    }
    Some(if before.is_empty() {
        Cow::Borrowed("Cookie")
    } else {
        Cow::Owned(before + "Cookie")
    })
}
