//! [`Sessions`]: the sessions of an app.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;

use super::observer::Observer;
use super::origin::RequestOrigin;
use super::place::Place;
use super::policy::{Expiry, Policy};
use super::write_policy::WritePolicy;
use crate::clock::Clock;
use crate::http::cookie_attributes::CookieAttributes;
use crate::http::domain::Domain;
use crate::http::duplicate_policy::DuplicatePolicy;
use crate::settings::{Priority, SameSite};

/// The sessions of an app: the place that keeps them, and the rules for writing them.
///
/// [`CookieStore`](crate::CookieStore) keeps sessions in their cookies,
/// [`ServerSessions`](crate::ServerSessions) keeps them in a store on a server.
pub struct Sessions<P: ?Sized> {
    pub(crate) policy: Policy,
    /// The older places of sessions, which move to `place`.
    pub(crate) older: Vec<Arc<Sessions<dyn Place>>>,
    pub(crate) place: P,
}

impl<P: Place> Sessions<P> {
    /// Ends a session this long after its last write (`expire_after`).
    ///
    /// The browser enforces the end, and so does the sealed expiry or the store's time to live. A
    /// request that reads the session renews it: a cookie when a tenth of the duration has passed,
    /// a session in a store each time.
    ///
    /// Rails up to 5.1 seals no expiry: the browser alone enforces the end, and a session is
    /// renewed whenever it is read.
    ///
    /// ```
    /// use std::time::Duration;
    /// use hardtack::CookieStore;
    ///
    /// let store = CookieStore::ephemeral("_shop_session")?
    ///     .expire_after(Duration::from_secs(30 * 60));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn expire_after(mut self, duration: Duration) -> Self {
        self.policy.expiry = Expiry::Rolling(duration);
        self
    }

    /// Ends a session this long after its first write, and never renews it.
    ///
    /// In a cookie this needs a sealed expiry (Rails 5.2 and later): up to 5.1 each write renews
    /// the session. A session in a store contains the time at which it began (`_began_at`).
    ///
    /// ```
    /// use std::time::Duration;
    /// use hardtack::CookieStore;
    ///
    /// let store = CookieStore::ephemeral("_shop_session")?
    ///     .expire_after_fixed(Duration::from_secs(24 * 60 * 60));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn expire_after_fixed(mut self, duration: Duration) -> Self {
        self.policy.expiry = Expiry::Fixed(duration);
        self
    }

    /// Ends a session this long after it began, even if it was renewed meanwhile.
    ///
    /// The session stores its beginning under `_began_at`, in seconds since 1970, and Rails keeps
    /// that key. The lifetime of a session that Rails began starts when hardtack first reads it.
    ///
    /// ```
    /// use std::time::Duration;
    /// use hardtack::CookieStore;
    ///
    /// let store = CookieStore::ephemeral("_shop_session")?
    ///     .expire_after(Duration::from_secs(30 * 60))
    ///     .absolute_lifetime(Duration::from_secs(12 * 60 * 60));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn absolute_lifetime(mut self, lifetime: Duration) -> Self {
        self.policy.lifetime = Some(lifetime);
        self
    }

    /// Sets the hosts that receive the cookie.
    ///
    /// With [`Domain::All`] and [`Domain::FirstOf`] the request's host decides which domain the
    /// cookie gets.
    ///
    /// ```
    /// use hardtack::CookieStore;
    /// use hardtack::headers::Domain;
    ///
    /// let store = CookieStore::ephemeral("_shop_session")?
    ///     .domain(Domain::All { tld_length: None });
    /// assert!(store.check().is_ok());
    /// assert!(store.domain("https://example.org").check().is_err());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn domain(mut self, domain: impl Into<Domain>) -> Self {
        self.policy.attributes = self.policy.attributes.domain(domain);
        self
    }

    /// Sets the path of the cookie; the default is `/`.
    ///
    /// ```
    /// use hardtack::CookieStore;
    ///
    /// let store = CookieStore::ephemeral("_shop_session")?.path("/shop");
    /// assert!(store.check().is_ok());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.policy.attributes = self.policy.attributes.path(path);
        self
    }

    /// Sets `SameSite`, in place of the default of the Rails version; `None` leaves the attribute
    /// out.
    ///
    /// ```
    /// use hardtack::{CookieStore, SameSite};
    ///
    /// let store = CookieStore::ephemeral("_shop_session")?
    ///     .same_site(Some(SameSite::None));
    /// assert!(store.check().is_err()); // browsers take it only with `secure`
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn same_site(mut self, same_site: Option<SameSite>) -> Self {
        self.policy.attributes = self.policy.attributes.same_site(same_site);
        self
    }

    /// Sets `Secure`: the browser then sends the cookie over HTTPS only.
    ///
    /// Such a cookie is not set over plain HTTP: see [`assume_ssl`](Self::assume_ssl) and
    /// [`trusted_hops`](Self::trusted_hops).
    ///
    /// ```
    /// use hardtack::CookieStore;
    ///
    /// let store = CookieStore::ephemeral("__Host-shop_session")?.secure(true);
    /// assert!(store.check().is_ok());
    /// assert!(store.secure(false).check().is_err());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn secure(mut self, secure: bool) -> Self {
        self.policy.attributes = self.policy.attributes.secure(secure);
        self
    }

    /// Sets `Priority` of the session's cookie. With [`Priority::High`], Chrome drops other cookies
    /// first if the site has too many.
    ///
    /// ```
    /// use hardtack::CookieStore;
    /// use hardtack::settings::Priority;
    ///
    /// let store = CookieStore::ephemeral("_shop_session")?.priority(Priority::High);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn priority(mut self, priority: impl Into<Option<Priority>>) -> Self {
        self.policy.attributes = self.policy.attributes.priority(priority);
        self
    }

    /// Sets `HttpOnly`, which hides the cookie from scripts; the default is `true`.
    ///
    /// ```
    /// use hardtack::CookieStore;
    ///
    /// let store = CookieStore::ephemeral("_shop_session")?.http_only(true);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn http_only(mut self, http_only: bool) -> Self {
        self.policy.attributes = self.policy.attributes.http_only(http_only);
        self
    }

    /// Sets the attributes that the cookie had before its domain or path was changed.
    ///
    /// After such a change browsers may have two cookies with the name. Each response that writes
    /// the session removes the cookie with the former attributes. If a request that reads the
    /// session has two such cookies, its response writes the session.
    ///
    /// ```
    /// use hardtack::{CookieAttributes, CookieStore};
    ///
    /// // The cookie was set for example.org and all its subdomains; now it is for one host.
    /// let store = CookieStore::ephemeral("_shop_session")?
    ///     .former_attributes(CookieAttributes::new().domain("example.org"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn former_attributes(mut self, attributes: CookieAttributes) -> Self {
        self.policy.former_attributes = Some(attributes);
        self
    }

    /// Sets when a session is written (example: at [`WritePolicy`]).
    #[must_use]
    pub fn writes(mut self, writes: WritePolicy) -> Self {
        self.policy.writes = writes;
        self
    }

    /// Sets whether a response with status 5xx writes the session; the default is `false`.
    ///
    /// With `false` such a response does not remove the session either: after a `reset` the browser
    /// keeps the session that it had.
    ///
    /// Rails writes nothing after an exception, and writes the session if a 5xx was rendered. In
    /// Rust an error is a response like any other, so the status decides. Other cookies are set
    /// with any status. If a 5xx page shows the session's first authenticity token, its form is
    /// refused later, because the session with that token is not written.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use hardtack::{Commit, CookieStore, RequestOrigin, Session};
    ///
    /// let store = CookieStore::ephemeral("_shop_session")?;
    /// let session = Session::open(&Arc::new(store), "", RequestOrigin::default());
    /// session.insert("step", 2)?;
    /// assert_eq!(session.commit(503)?, Commit::Keep);
    ///
    /// let store = CookieStore::ephemeral("_shop_session")?
    ///     .writes_on_server_error(true);
    /// let session = Session::open(&Arc::new(store), "", RequestOrigin::default());
    /// session.insert("step", 2)?;
    /// assert!(matches!(session.commit(503)?, Commit::Set(_)));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn writes_on_server_error(mut self, writes_on_server_error: bool) -> Self {
        self.policy.writes_on_server_error = writes_on_server_error;
        self
    }

    /// Chooses the cookie to use when several have the session's name (example: at
    /// [`DuplicatePolicy`]).
    ///
    /// Sessions in a store always use the first.
    #[must_use]
    pub fn duplicates(mut self, duplicates: DuplicatePolicy) -> Self {
        self.policy.duplicates = duplicates;
        self
    }

    /// Sets whether to treat every request as sent over HTTPS (`config.assume_ssl`).
    ///
    /// Use it when TLS ends before the server, and plain HTTP cannot reach the server any other
    /// way.
    ///
    /// ```
    /// use hardtack::CookieStore;
    ///
    /// let store = CookieStore::ephemeral("_shop_session")?.assume_ssl(true);
    /// assert!(store.origin(false, |_| None).is_ssl());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn assume_ssl(mut self, assume_ssl: bool) -> Self {
        self.policy.assume_ssl = assume_ssl;
        self
    }

    /// Sets how many proxies in front of the server tell the scheme and host of the browser's
    /// request; the default is 0, and no header of a proxy is read.
    ///
    /// A proxy appends an element on the right of `X-Forwarded-Proto` and `X-Forwarded-Host`, or
    /// replaces the header. The element that is `trusted_hops` from the right counts: 1 is what the
    /// nearest proxy appended, 2 what the proxy before it did. Everything further to the left may
    /// come from the client. If a header has fewer elements, or the scheme is unknown, the
    /// connection and the header `Host` count instead.
    ///
    /// `Forwarded` (RFC 7239) is read in the same way, by its `proto` and `host`, if a request has
    /// neither of the other two headers. (Rack 3 prefers `Forwarded`. Most proxies do not set it,
    /// and let a client's pass.)
    ///
    /// Your proxies must set, append to or clear both headers, and `Forwarded` if they set neither:
    /// otherwise any client can send them.
    ///
    /// ```
    /// use hardtack::CookieStore;
    ///
    /// // The client sent "https" itself; a proxy appended "http", and the next one "https".
    /// let header = |name: &str| match name {
    ///     "x-forwarded-proto" => vec![&b"https, http"[..], b"https"],
    ///     "x-forwarded-host" => vec![&b"evil.example, shop.example.org, 10.0.0.7"[..]],
    ///     "host" => vec![&b"10.0.0.8:3000"[..]],
    ///     _ => vec![],
    /// };
    /// let base_url = |hops| {
    ///     let store = CookieStore::ephemeral("_shop_session")?.trusted_hops(hops);
    ///     Ok::<_, hardtack::Error>(store.origin(false, header).base_url().unwrap())
    /// };
    /// assert_eq!(base_url(0)?, "http://10.0.0.8:3000");
    /// assert_eq!(base_url(1)?, "https://10.0.0.7");
    /// assert_eq!(base_url(2)?, "http://shop.example.org");
    /// assert_eq!(base_url(4)?, "http://10.0.0.8:3000"); // too few elements
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn trusted_hops(mut self, trusted_hops: usize) -> Self {
        self.policy.trusted_hops = trusted_hops;
        self
    }

    /// Sets the observer of incoming sealed cookies, in place of any earlier one.
    ///
    /// For sessions in a store, hardtack reports cookies whose value is not an id, the ids that
    /// were looked up, and each operation of the store. The clock is read before and after an
    /// operation.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use hardtack::CookieStore;
    /// use hardtack::observe::Tally;
    ///
    /// let tally = Arc::new(Tally::new()); // or CookieMetrics, or your own
    /// let store = CookieStore::ephemeral("_shop_session")?
    ///     .observer(tally.clone());
    /// assert!(tally.snapshot().is_empty());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.policy.observer = Some(Arc::new(observer));
        self
    }

    /// Sets whether responses tell caches that they depend on the request's cookies; the default is
    /// `true`.
    ///
    /// A response depends on the cookies once a handler asks for the session, the flash, an
    /// authenticity token, or a cookie through [`Session::cookies`](crate::Session::cookies) (also
    /// a plain cookie, or one that was not sent), or sets any of these. Such a response lists
    /// `Cookie` in `Vary`, and has `Cache-Control: max-age=0, private, must-revalidate` unless the
    /// handler set `Cache-Control`. Without these headers a shared cache may serve the page of one
    /// user to another. If such a response sets a cookie and the handler set `public` or
    /// `s-maxage`, the operator is warned (feature `tracing`).
    ///
    /// A handler that streams its body must ask before it returns, because the headers are sent
    /// before the body runs. hardtack does not notice a handler that reads the header `Cookie`
    /// itself.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use hardtack::headers::CacheHeaders;
    /// use hardtack::{CookieStore, RequestOrigin, Session};
    ///
    /// // For a server without any cache between it and the browsers.
    /// let store = CookieStore::ephemeral("_shop_session")?.cache_headers(false);
    /// let session = Session::open(&Arc::new(store), "", RequestOrigin::default());
    /// assert_eq!(session.get::<u32>("user_id")?, None);
    /// assert_eq!(session.cache_headers(|_| []), CacheHeaders::default());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn cache_headers(mut self, cache_headers: bool) -> Self {
        self.policy.cache_headers = cache_headers;
        self
    }

    /// Moves sessions here from the place where `older` keeps them, and logs nobody out: from a
    /// cookie to a store, back, or from a store to another
    /// ([guide](crate::migrating#from-a-cookie-to-a-store-and-back)).
    ///
    /// If a request has no session here, the older place is asked. A session found there counts as
    /// read from an outdated place: the response writes it here, whole and under a new id, sets its
    /// cookie, and removes the older one if that is another cookie. An entry of an older store
    /// stays for ten minutes more, for requests that run at the same time and for a response that
    /// is lost. A session that does not fit here stays in the older place, with its changes.
    ///
    /// [`Session::reset`](crate::Session::reset) ends the session in both places: it deletes the
    /// entries and removes the cookies. A copy of an older *cookie* opens until its own end, as
    /// before: remove the older place when its longest life is over. The former id of a session
    /// that moved to another id opens for its ten minutes.
    ///
    /// The older place keeps the name, attributes, keys, store, lifetime and clock of `older`; the
    /// observer is that of these sessions. Two stores must not share their keys. Call the method
    /// again to add one more place, which is asked last. Load such sessions with a middleware or a
    /// [`LazySession`](crate::LazySession).
    ///
    /// ```
    /// use std::sync::Arc;
    /// use hardtack::stores::{MemoryStore, StoredJson};
    /// use hardtack::{CookieStore, LazySession, RequestOrigin, ServerSessions, Session};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), hardtack::Error> {
    /// let in_cookie = CookieStore::ephemeral("_shop_session")?;
    /// let in_cookie = Arc::new(in_cookie);
    /// # let session = Session::open(&in_cookie, "", RequestOrigin::default());
    /// # session.insert("user_id", 42)?;
    /// # let commit = session.commit(200)?;
    /// # let header = format!("_shop_session={}", commit.cookies()[0].escaped_value());
    /// let sessions = ServerSessions::new(StoredJson, MemoryStore::new(), "_shop_session")
    ///     .migrating_from(in_cookie);
    ///
    /// // A request with a sealed cookie ...
    /// let lazy = LazySession::open(&Arc::new(sessions), header, RequestOrigin::default());
    /// assert_eq!(lazy.load().await?.get::<u32>("user_id")?, Some(42));
    /// // ... gets an id, of 32 digits, in its place.
    /// assert_eq!(lazy.commit(200).await?.cookies()[0].value().len(), 32);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn migrating_from<Q: Place>(mut self, older: impl Into<Arc<Sessions<Q>>>) -> Self {
        let older: Arc<Sessions<Q>> = older.into();
        let further = older.older.clone();
        self.older.push(older);
        self.older.extend(further);
        self
    }

    /// Sets the clock, for tests.
    ///
    /// ```
    /// use hardtack::CookieStore;
    ///
    /// let store = CookieStore::ephemeral("_shop_session")?
    ///     .clock(|| time::OffsetDateTime::UNIX_EPOCH);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn clock(mut self, now: impl Fn() -> OffsetDateTime + Send + Sync + 'static) -> Self {
        self.policy.clock = Clock::told(now);
        self.place.set_clock(&self.policy.clock);
        self
    }

    /// Returns the name of the session's cookie.
    ///
    /// ```
    /// use hardtack::CookieStore;
    ///
    /// let store = CookieStore::ephemeral("_shop_session")?;
    /// assert_eq!(store.name(), "_shop_session");
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        &self.policy.name
    }

    /// Returns the scheme and host of a request, from its headers and its connection.
    ///
    /// `header` returns all values of a header in the order in which they were sent (an `Option`
    /// or a `Vec`, for example), and gets its name in lower case. `is_tls` is true if the
    /// connection itself uses TLS (examples: at [`assume_ssl`](Self::assume_ssl) and
    /// [`trusted_hops`](Self::trusted_hops)).
    pub fn origin<'h, H>(&self, is_tls: bool, header: impl Fn(&str) -> H) -> RequestOrigin
    where
        H: IntoIterator<Item = &'h [u8], IntoIter: DoubleEndedIterator>,
    {
        self.policy.origin(is_tls, header)
    }

    #[cfg(feature = "rails-app")]
    pub(crate) fn attributes(mut self, attributes: CookieAttributes) -> Self {
        self.policy.attributes = attributes;
        self
    }
}

/// A clone shares the jars or the store, the observer and the clock. Later changes of its settings
/// do not affect the original.
impl<P: Clone> Clone for Sessions<P> {
    fn clone(&self) -> Self {
        Self {
            policy: self.policy.clone(),
            older: self.older.clone(),
            place: self.place.clone(),
        }
    }
}

impl Sessions<dyn Place> {
    /// Returns these sessions (0), or those of an older place.
    pub(crate) fn at(&self, place: usize) -> &Self {
        let older = place.checked_sub(1).and_then(|older| self.older.get(older));
        older.map_or(self, |older| older)
    }

    /// Returns these sessions and those of the older places.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(self.older.iter().map(|older| &**older))
    }
}

impl<P: ?Sized> fmt::Debug for Sessions<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Policy {
            name,
            attributes,
            expiry,
            lifetime,
            writes,
            ..
        } = &self.policy;
        f.debug_struct("Sessions")
            .field("name", name)
            .field("attributes", attributes)
            .field("expiry", expiry)
            .field("lifetime", lifetime)
            .field("writes", writes)
            .finish_non_exhaustive()
    }
}
