//! The attributes of a `Set-Cookie` header.

use std::borrow::Cow;
use std::time::Duration;

use time::OffsetDateTime;

use super::domain::Domain;
use crate::clock::Clock;
use crate::settings::{Priority, SameSite};

/// The time at which the browser drops the cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expiry {
    WithBrowser,
    At(OffsetDateTime),
    /// Computed when a cookie is made: attributes are set up once and used for months.
    InTwentyYears,
}

/// The attributes of a `Set-Cookie` header, set up once and used for many cookies. They are checked
/// when a cookie is made ([`SetCookie::new`](crate::SetCookie::new)) or when [`check`](Self::check)
/// is called.
///
/// The defaults are those of Rails' cookie jar: `path=/`, only the host itself, until the browser
/// is closed, over any connection, readable by scripts, and the Rails version's `SameSite` (`Lax`
/// from 6.1 on).
///
/// ```
/// use hardtack::{CookieAttributes, SameSite, SetCookie};
///
/// let attributes = CookieAttributes::new().secure(true).http_only(true).same_site(Some(SameSite::Strict));
/// let cookie = SetCookie::new("k", "v", &attributes)?;
/// assert_eq!(cookie.to_string(), "k=v; path=/; secure; httponly; samesite=strict");
///
/// // Browsers drop such a cookie silently; `check` returns an error.
/// let open = CookieAttributes::new().same_site(Some(SameSite::None));
/// assert!(SetCookie::new("k", "v", &open).is_err());
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CookieAttributes {
    pub(super) path: String,
    pub(super) domain: Domain,
    pub(super) host: Option<String>,
    pub(super) max_age: Option<Duration>,
    pub(super) expiry: Expiry,
    pub(super) secure: bool,
    pub(super) http_only: bool,
    /// The outer `None` leaves the choice to the jar's settings.
    #[expect(clippy::option_option, reason = "not said, said to be none, or one")]
    pub(super) same_site: Option<Option<SameSite>>,
    pub(super) partitioned: bool,
    pub(super) priority: Option<Priority>,
}

impl Default for CookieAttributes {
    fn default() -> Self {
        Self {
            path: "/".to_owned(),
            domain: Domain::Host,
            host: None,
            max_age: None,
            expiry: Expiry::WithBrowser,
            secure: false,
            http_only: false,
            same_site: None,
            partitioned: false,
            priority: None,
        }
    }
}

impl CookieAttributes {
    /// Creates attributes with Rails' defaults: only `path=/; samesite=lax`.
    ///
    /// ```
    /// use hardtack::SetCookie;
    ///
    /// assert_eq!(SetCookie::new("k", "v", None)?.to_string(), "k=v; path=/; samesite=lax");
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the path under which the browser sends the cookie: ASCII, starting with `/`, without
    /// `;` (RFC 6265 section 4.1.1).
    ///
    /// ```
    /// use hardtack::{CookieAttributes, SetCookie};
    ///
    /// assert!(SetCookie::new("k", "v", &CookieAttributes::new().path("/shop")).is_ok());
    /// assert!(SetCookie::new("k", "v", &CookieAttributes::new().path("/; secure")).is_err());
    /// ```
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// Sets the hosts that get the cookie back: a text for that domain, or a [`Domain`].
    /// `Domain::All` and `Domain::FirstOf` depend on the request: see [`for_host`](Self::for_host).
    ///
    /// ```
    /// use hardtack::{CookieAttributes, SetCookie};
    ///
    /// let cookie = SetCookie::new("k", "v", &CookieAttributes::new().domain("example.org"))?;
    /// assert_eq!(cookie.domain(), Some("example.org"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn domain(mut self, domain: impl Into<Domain>) -> Self {
        self.domain = domain.into();
        self
    }

    /// Sets how long the browser keeps the cookie, in whole seconds. A fraction of a second counts
    /// as a whole one, because 0 deletes the cookie. Browsers use `max-age` if `expires` is given
    /// too (RFC 6265 section 5.3). Chrome keeps no cookie longer than 400 days.
    ///
    /// ```
    /// use std::time::Duration;
    /// use hardtack::{CookieAttributes, SetCookie};
    ///
    /// let cookie = SetCookie::new("k", "v", &CookieAttributes::new().max_age(Duration::from_millis(1500)))?;
    /// assert_eq!(cookie.to_string(), "k=v; path=/; max-age=2; samesite=lax");
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age);
        self
    }

    /// Sets when the browser drops the cookie, to the second. The year (in UTC) must be 1601 to
    /// 9999: the header has four digits, and browsers read no earlier year (RFC 6265 section
    /// 5.1.1). Replaces [`permanent`](Self::permanent).
    ///
    /// ```
    /// use hardtack::{CookieAttributes, SetCookie};
    ///
    /// let at = time::OffsetDateTime::from_unix_timestamp(1_918_270_800).unwrap();
    /// let cookie = SetCookie::new("k", "v", &CookieAttributes::new().expires(at))?;
    /// assert_eq!(cookie.to_string(), "k=v; path=/; expires=Tue, 15 Oct 2030 05:00:00 GMT; samesite=lax");
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn expires(mut self, at: OffsetDateTime) -> Self {
        self.expiry = Expiry::At(at);
        self
    }

    /// Makes the cookie expire twenty years after it is made (Rails' `cookies.permanent`:
    /// `20.years.from_now`). Replaces [`expires`](Self::expires).
    ///
    /// ```
    /// use hardtack::{CookieAttributes, SetCookie};
    ///
    /// let cookie = SetCookie::new("k", "v", &CookieAttributes::new().permanent())?;
    /// let years = cookie.expires().unwrap().year() - time::OffsetDateTime::now_utc().year();
    /// assert_eq!(years, 20);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn permanent(mut self) -> Self {
        self.expiry = Expiry::InTwentyYears;
        self
    }

    /// Sets `Secure`: the browser sends the cookie over HTTPS only.
    ///
    /// ```
    /// use hardtack::{CookieAttributes, SetCookie};
    ///
    /// assert!(SetCookie::new("__Secure-k", "v", &CookieAttributes::new().secure(true)).is_ok());
    /// assert!(SetCookie::new("__Secure-k", "v", None).is_err());
    /// ```
    #[must_use]
    pub fn secure(mut self, secure: bool) -> Self {
        self.secure = secure;
        self
    }

    /// Sets `HttpOnly`: scripts cannot read the cookie. Session cookies should have it.
    ///
    /// ```
    /// use hardtack::{CookieAttributes, SetCookie};
    ///
    /// assert!(SetCookie::new("k", "v", &CookieAttributes::new().http_only(true))?.http_only());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn http_only(mut self, http_only: bool) -> Self {
        self.http_only = http_only;
        self
    }

    /// Sets `SameSite`: the requests from other sites that carry the cookie. `None` leaves the
    /// attribute out, as Rails' `same_site: nil` does from 7.1 on. `SameSite::None` needs
    /// [`secure`](Self::secure).
    ///
    /// ```
    /// use hardtack::{CookieAttributes, SetCookie};
    ///
    /// assert_eq!(SetCookie::new("k", "v", &CookieAttributes::new().same_site(None))?.to_string(), "k=v; path=/");
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn same_site(mut self, same_site: Option<SameSite>) -> Self {
        self.same_site = Some(same_site);
        self
    }

    /// Sets `Partitioned`: each top-level site that embeds this one has a cookie jar of its own
    /// (CHIPS). Needs [`secure`](Self::secure).
    ///
    /// ```
    /// use hardtack::{CookieAttributes, SetCookie};
    ///
    /// assert!(SetCookie::new("k", "v", &CookieAttributes::new().partitioned(true)).is_err());
    /// ```
    #[must_use]
    pub fn partitioned(mut self, partitioned: bool) -> Self {
        self.partitioned = partitioned;
        self
    }

    /// Sets `Priority`: Chrome drops cookies of a lower priority first if a site has too many.
    /// `None`, the default, leaves the attribute out.
    ///
    /// ```
    /// use hardtack::settings::Priority;
    /// use hardtack::{CookieAttributes, SetCookie};
    ///
    /// let cookie = SetCookie::new("k", "v", &CookieAttributes::new().priority(Priority::High))?;
    /// assert_eq!(cookie.to_string(), "k=v; path=/; samesite=lax; priority=high");
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn priority(mut self, priority: impl Into<Option<Priority>>) -> Self {
        self.priority = priority.into();
        self
    }

    /// Returns these attributes for a request to `host` (without its port), on which
    /// [`Domain::All`] and [`Domain::FirstOf`] depend.
    ///
    /// ```
    /// use hardtack::headers::Domain;
    /// use hardtack::{CookieAttributes, SetCookie};
    ///
    /// let attributes = CookieAttributes::new().domain(Domain::All { tld_length: None });
    /// let cookie = SetCookie::new("k", "v", &attributes.for_host("www.example.org"))?;
    /// assert_eq!(cookie.domain(), Some("example.org"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn for_host(&self, host: &str) -> Self {
        Self {
            host: Some(host.to_owned()),
            ..self.clone()
        }
    }

    /// Returns the attributes that a caller gave, or [`new`](Self::new).
    pub(crate) fn or_default(given: Option<&Self>) -> Cow<'_, Self> {
        given.map_or_else(|| Cow::Owned(Self::new()), Cow::Borrowed)
    }

    pub(crate) fn is_secure(&self) -> bool {
        self.secure
    }

    /// Returns the expiry that is sealed with a value: `max-age` if both are given, as in browsers.
    /// The expiry of a permanent cookie is not sealed, as in Rails' `cookies.permanent.encrypted`.
    pub(crate) fn sealed_expiry(&self, clock: &Clock) -> Option<OffsetDateTime> {
        match (self.max_age, self.expiry) {
            (Some(max_age), _) => {
                let max_age = time::Duration::try_from(max_age).unwrap_or(time::Duration::MAX);
                // A time beyond the calendar is never reached.
                clock.now().checked_add(max_age)
            }
            (None, Expiry::At(at)) => Some(at),
            (None, Expiry::WithBrowser | Expiry::InTwentyYears) => None,
        }
    }
}
