//! The attributes of a `Set-Cookie` header.

use std::borrow::Cow;
use std::time::Duration;

use time::OffsetDateTime;

use super::domain::Domain;
use crate::clock::Clock;
use crate::settings::SameSite;

/// When the browser forgets the cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expiry {
    WithBrowser,
    At(OffsetDateTime),
    /// Reckoned when a cookie is made: attributes are set up once and used for months.
    InTwentyYears,
}

/// The attributes of a cookie, set up once and used for many. Nothing is checked until a cookie is made
/// ([`SetCookie::new`](crate::SetCookie::new)) or [`check`](Self::check) is called.
///
/// Begins as Rails' cookie jar does: `path=/`, the host alone, until the browser is closed, over any connection,
/// readable from scripts, and `SameSite` as the Rails version has it (`Lax` from 6.1 on).
///
/// ```
/// use hardtack::{CookieAttributes, SameSite, SetCookie};
///
/// let attributes = CookieAttributes::new().secure(true).http_only(true).same_site(Some(SameSite::Strict));
/// let cookie = SetCookie::new("k", "v", &attributes)?;
/// assert_eq!(cookie.to_string(), "k=v; path=/; secure; httponly; samesite=strict");
///
/// // Browsers drop such a cookie silently; here it is an error.
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
    /// The outer None: as the jar's settings have it.
    #[expect(clippy::option_option, reason = "not said, said to be none, or one")]
    pub(super) same_site: Option<Option<SameSite>>,
    pub(super) partitioned: bool,
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
        }
    }
}

impl CookieAttributes {
    /// Rails' defaults: `path=/; samesite=lax` and nothing else.
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

    /// The path under which the browser sends the cookie: ASCII, begins with `/`, no `;` (RFC 6265 section 4.1.1).
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

    /// Which hosts get the cookie back: a text for that domain, or a [`Domain`]. `Domain::All` and `FirstOf` depend
    /// on the request: see [`for_host`](Self::for_host).
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

    /// How long the browser keeps the cookie, in whole seconds: a begun second counts as one, because 0 deletes.
    /// Where `expires` is given too, browsers go by `max-age` (RFC 6265 section 5.3). Chrome keeps none longer than
    /// 400 days.
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

    /// When the browser forgets the cookie, to the second; the year (in UTC) must be 1601 to 9999, as the header has
    /// four digits and browsers read none before (RFC 6265 section 5.1.1). Replaces [`permanent`](Self::permanent).
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

    /// Expires twenty years after the cookie is made (Rails' `cookies.permanent`: `20.years.from_now`). Replaces
    /// [`expires`](Self::expires).
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

    /// Whether the browser sends the cookie over HTTPS only.
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

    /// Whether the cookie is hidden from scripts, as a session should be.
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

    /// Whether other sites' requests carry the cookie; None leaves the attribute out, as Rails' `same_site: nil`
    /// does from 7.1. `SameSite::None` needs [`secure`](Self::secure).
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

    /// Whether each top-level site that embeds this one gets a cookie jar of its own (CHIPS). Needs
    /// [`secure`](Self::secure).
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

    /// These attributes for a request to `host` (port removed): [`Domain::All`] and [`Domain::FirstOf`] depend on it.
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

    /// What a caller gave, or [`new`](Self::new).
    pub(crate) fn or_default(given: Option<&Self>) -> Cow<'_, Self> {
        given.map_or_else(|| Cow::Owned(Self::new()), Cow::Borrowed)
    }

    pub(crate) fn is_secure(&self) -> bool {
        self.secure
    }

    /// The expiry that is sealed with a value: where both are given `max-age` counts, as in browsers. A permanent
    /// cookie's is not sealed, as in Rails' `cookies.permanent.encrypted`.
    pub(crate) fn sealed_expiry(&self, clock: &Clock) -> Option<OffsetDateTime> {
        match (self.max_age, self.expiry) {
            (Some(max_age), _) => {
                let max_age = time::Duration::try_from(max_age).unwrap_or(time::Duration::MAX);
                // What lies beyond the calendar is never reached.
                clock.now().checked_add(max_age)
            }
            (None, Expiry::At(at)) => Some(at),
            (None, Expiry::WithBrowser | Expiry::InTwentyYears) => None,
        }
    }
}
