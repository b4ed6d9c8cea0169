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
use crate::settings::SameSite;

/// The sessions of an app: where they are kept, and the rules by which they are written.
/// [`CookieStore`](crate::CookieStore) keeps them in their cookie,
/// [`ServerSessions`](crate::ServerSessions) in a store.
pub struct Sessions<P: ?Sized> {
    pub(crate) policy: Policy,
    pub(crate) place: P,
}

impl<P: Place> Sessions<P> {
    /// Ends a session so long after it was written last (`expire_after`): in the browser, and by the
    /// expiry that is sealed or the store's time to live. A cookie is renewed when a tenth of that has
    /// passed, a session in a store with every request that reads it.
    ///
    /// Up to Rails 5.1 no expiry is sealed, so that the browser's word is all there is, and a
    /// session is renewed whenever it is read.
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

    /// Ends a session so long after it was written first; it is not renewed. In a cookie this needs
    /// an expiry that is sealed (Rails 5.2 and later): up to 5.1 each writing renews it. A session in
    /// a store holds the time at which it began (`_began_at`).
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

    /// Ends a session so long after it began, however often it was renewed. When it began is kept
    /// in the session, as `_began_at` in seconds since 1970, which Rails carries along; one that
    /// Rails began is counted from the first time that it is read here.
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

    /// The hosts that get the cookie. With [`Domain::All`] and [`Domain::FirstOf`] the request's
    /// host decides.
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

    /// The path of the cookie, `/` unless it is set.
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

    /// `SameSite`, where it is not what the Rails version has; `None` leaves it out.
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

    /// Sets whether the cookie is sent over HTTPS only. Over plain HTTP nothing is set then: see
    /// [`assume_ssl`](Self::assume_ssl) and [`trust_proxy`](Self::trust_proxy).
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

    /// Sets whether the cookie is hidden from scripts; the default is `true`.
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

    /// The attributes under which the cookie was set before its domain or path was changed.
    /// Browsers then have two of them. Whenever the session is written, that one is removed; and a
    /// session that came in two is written.
    ///
    /// ```
    /// use hardtack::{CookieAttributes, CookieStore};
    ///
    /// // It was set for example.org and all its subdomains, and is for the host alone now.
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

    /// Sets whether a response of 5xx writes the session; the default is `false`. Then it does not
    /// remove the session either: after a `reset` the browser still has the one of before.
    ///
    /// Rails writes nothing after an exception, and the session where a 5xx was rendered. Here an
    /// error is a response like any other, so that the status decides. Cookies beside the session
    /// are set with any status. A form on a page of 5xx cannot be sent where its authenticity token
    /// is the session's first, since the session with that token is not written.
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

    /// Chooses the cookie to use when several have the session's name (example: at [`DuplicatePolicy`]).
    /// Sessions in a store always use the first.
    #[must_use]
    pub fn duplicates(mut self, duplicates: DuplicatePolicy) -> Self {
        self.policy.duplicates = duplicates;
        self
    }

    /// Declares that every request came over HTTPS, whatever it looks like (`config.assume_ssl`): where
    /// TLS ends before the server, and plain HTTP reaches it by no other way.
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

    /// Sets whether `X-Forwarded-Proto` and `X-Forwarded-Host` count: only behind a proxy that sets or
    /// clears both, since anybody can send them otherwise.
    ///
    /// ```
    /// use hardtack::CookieStore;
    ///
    /// let header = |name: &str| match name {
    ///     "x-forwarded-proto" => Some(&b"https"[..]),
    ///     "host" => Some(b"10.0.0.7:3000".as_slice()),
    ///     "x-forwarded-host" => Some(b"shop.example.org".as_slice()),
    ///     _ => None,
    /// };
    /// let store = CookieStore::ephemeral("_shop_session")?;
    /// assert_eq!(store.origin(false, header).base_url().unwrap(), "http://10.0.0.7:3000");
    /// let store = store.trust_proxy(true);
    /// assert_eq!(store.origin(false, header).base_url().unwrap(), "https://shop.example.org");
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn trust_proxy(mut self, trust_proxy: bool) -> Self {
        self.policy.trust_proxy = trust_proxy;
        self
    }

    /// Sets the observer of the sealed cookies that come in; there is one at most, so this replaces
    /// another. Of sessions in a store it hears only of a cookie that is no id.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use hardtack::CookieStore;
    /// use hardtack::observe::Tally;
    ///
    /// let tally = Arc::new(Tally::new()); // or CookieMetrics, or one's own
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

    /// Sets whether a response that depends on the request's cookies tells caches so; the default is
    /// `true`.
    ///
    /// Once somebody asked for the session, the flash, an authenticity token, or a cookie through
    /// [`Session::cookies`](crate::Session::cookies) (a plain one or one that was not sent, too), or one of them is set, the
    /// response lists `Cookie` in `Vary`, and has `Cache-Control: max-age=0, private,
    /// must-revalidate` where the handler set none. Without these a shared cache may serve the page
    /// of one user to another. The operator is warned (feature `tracing`) where such a response
    /// sets a cookie and the handler said `public` or `s-maxage`.
    ///
    /// A handler that streams its body has to ask before it returns: later the headers are sent.
    /// A handler that reads the header `Cookie` by itself is not noticed.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use hardtack::headers::CacheHeaders;
    /// use hardtack::{CookieStore, RequestOrigin, Session};
    ///
    /// // Nothing between this server and the browsers keeps responses, say.
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

    /// The session's cookie.
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

    /// Returns the scheme and host of a request: from its headers, by their names in lower case, and
    /// whether its connection is TLS itself (examples: at [`assume_ssl`](Self::assume_ssl) and
    /// [`trust_proxy`](Self::trust_proxy)).
    pub fn origin<'h>(
        &self,
        is_tls: bool,
        header: impl Fn(&str) -> Option<&'h [u8]>,
    ) -> RequestOrigin {
        self.policy.origin(is_tls, header)
    }

    #[cfg(feature = "rails-app")]
    pub(crate) fn attributes(mut self, attributes: CookieAttributes) -> Self {
        self.policy.attributes = attributes;
        self
    }
}

/// A clone shares the jars or the store, the observer, and the clock; settings changed later are its
/// own.
impl<P: Clone> Clone for Sessions<P> {
    fn clone(&self) -> Self {
        Self {
            policy: self.policy.clone(),
            place: self.place.clone(),
        }
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
