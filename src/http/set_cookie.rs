//! The `Set-Cookie` header.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::time::Duration;

use time::OffsetDateTime;

use super::cookie_attributes::{CookieAttributes, Expiry};
use super::domain::Domain;
use super::escape::{escape_into, unescape};
use super::rules::header_time;
use crate::clock::Clock;
use crate::error::Error;
use crate::load_defaults::LoadDefaults;
use crate::settings::{Priority, SameSite, Settings};

/// A `Set-Cookie` header whose name and attributes were checked, so that it can always be sent.
/// `Display` writes the header's value: ASCII only, with the attributes in Rack's order and in the
/// lower case of Rack 3.1.
///
/// ```
/// use hardtack::{CookieAttributes, SetCookie};
///
/// let cookie = SetCookie::new("k", "a+b", &CookieAttributes::new().http_only(true))?;
/// assert_eq!(cookie.to_string(), "k=a%2Bb; path=/; httponly; samesite=lax");
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SetCookie {
    /// The whole value of the header, made once; name, value, path and domain are ranges of it.
    header: String,
    name_end: usize,
    value_end: usize,
    path: Range<usize>,
    domain: Option<Range<usize>>,
    max_age: Option<u64>,
    expires: Option<OffsetDateTime>,
    secure: bool,
    http_only: bool,
    same_site: Option<SameSite>,
    partitioned: bool,
    priority: Option<Priority>,
}

impl SetCookie {
    /// Creates a cookie with this name and value. The value may be any bytes, unescaped: the header
    /// escapes them.
    ///
    /// # Errors
    ///
    /// The errors of [`CookieAttributes::check`]; [`Error::CookieConflict`] also if the domain
    /// depends on the request and [`CookieAttributes::for_host`] was not called.
    ///
    /// ```
    /// use hardtack::SetCookie;
    ///
    /// assert_eq!(SetCookie::new("k", "v", None)?.to_string(), "k=v; path=/; samesite=lax");
    /// assert!(SetCookie::new("a=b", "v", None).is_err());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    pub fn new<'a>(
        name: impl AsRef<str>,
        value: impl AsRef<[u8]>,
        attributes: impl Into<Option<&'a CookieAttributes>>,
    ) -> Result<Self, Error> {
        Self::as_rails(LoadDefaults::NEWEST, name, value, attributes)
    }

    /// Creates a plain cookie as an app of this Rails version writes it. The version decides the
    /// `SameSite` that the attributes leave open, and whether `domain: :all` has a leading dot.
    ///
    /// # Errors
    ///
    /// The errors of [`new`](Self::new).
    ///
    /// ```
    /// use hardtack::headers::Domain;
    /// use hardtack::{CookieAttributes, LoadDefaults, SetCookie};
    ///
    /// let attributes = CookieAttributes::new().domain(Domain::All { tld_length: None }).for_host("www.example.org");
    /// let cookie = SetCookie::as_rails(LoadDefaults::V6_0, "k", "v", &attributes)?;
    /// assert_eq!(cookie.to_string(), "k=v; domain=.example.org; path=/");
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    pub fn as_rails<'a>(
        version: LoadDefaults,
        name: impl AsRef<str>,
        value: impl AsRef<[u8]>,
        attributes: impl Into<Option<&'a CookieAttributes>>,
    ) -> Result<Self, Error> {
        let attributes = &*CookieAttributes::or_default(attributes.into());
        let settings = version.settings();
        attributes.check_under(name.as_ref(), &settings)?;
        let (name, value) = (name.as_ref(), value.as_ref());
        Self::of_checked(&settings, name, value, attributes, &Clock::System)
    }

    /// Creates a cookie as an app with these settings writes it; its name and attributes are
    /// already checked.
    pub(crate) fn of_checked(
        settings: &Settings,
        name: &str,
        value: &[u8],
        attributes: &CookieAttributes,
        clock: &Clock,
    ) -> Result<Self, Error> {
        let max_age = attributes.max_age.map(whole_seconds);
        let expires = match attributes.expiry {
            Expiry::WithBrowser => None,
            Expiry::At(at) => header_time(at),
            Expiry::InTwentyYears => header_time(twenty_years_after(clock.now())),
        };
        Self::render(settings, name, value, attributes, max_age, expires)
    }

    /// Creates the cookie that deletes another from the browser, as an app with these settings
    /// writes it.
    pub(crate) fn expired(
        settings: &Settings,
        name: &str,
        attributes: &CookieAttributes,
    ) -> Result<Self, Error> {
        attributes.check_under(name, settings)?;
        let long_ago = Some(OffsetDateTime::UNIX_EPOCH);
        Self::render(settings, name, b"", attributes, Some(0), long_ago)
    }

    fn render(
        settings: &Settings,
        name: &str,
        value: &[u8],
        attributes: &CookieAttributes,
        max_age: Option<u64>,
        expires: Option<OffsetDateTime>,
    ) -> Result<Self, Error> {
        let domain = match (&attributes.domain, &attributes.host) {
            (Domain::Host, _) => None,
            (Domain::Exact(domain), _) => Some(Cow::Borrowed(&**domain)),
            (domain, Some(host)) => domain.resolve(host, settings.leading_dot).map(Cow::Owned),
            (Domain::All { .. } | Domain::FirstOf(_), None) => {
                let reason = "its domain depends on the request; give the request's host with CookieAttributes::for_host";
                return Err(Error::CookieConflict {
                    name: name.to_owned(),
                    reason,
                });
            }
        };
        let path = &*attributes.path;
        let same_site = attributes
            .same_site
            .unwrap_or(settings.cookies_same_site_protection);
        // Base64 grows by 2 bytes in 32, plus the margin of `escape_into`, plus the attributes.
        let domain_len = domain.as_ref().map_or(0, |domain| domain.len());
        let room = name.len() + value.len() * 9 / 8 + path.len() + domain_len + 288;
        let mut pair = Vec::with_capacity(room);
        pair.extend_from_slice(name.as_bytes());
        pair.push(b'=');
        escape_into(&mut pair, value);
        let value_end = pair.len();
        // Name and escaped value are ASCII, so the default is never used.
        let mut header = String::from_utf8(pair).unwrap_or_default();
        let mut append = |before: &str, text: &str| {
            header.push_str(before);
            let start = header.len();
            header.push_str(text);
            start..header.len()
        };
        // Rack's order (2.2 utils.rb, add_cookie_to_header; 3.1 set_cookie_header).
        let domain = domain.map(|domain| append("; domain=", &domain));
        let path = append("; path=", path);
        if let Some(seconds) = max_age {
            append("; max-age=", &seconds.to_string());
        }
        if let Some(at) = expires {
            append("; expires=", &http_date(at));
        }
        if attributes.secure {
            append("; secure", "");
        }
        if attributes.http_only {
            append("; httponly", "");
        }
        if let Some(same_site) = same_site {
            append("; samesite=", same_site.name());
        }
        if attributes.partitioned {
            append("; partitioned", "");
        }
        if let Some(priority) = attributes.priority {
            append("; priority=", priority.name());
        }
        Ok(Self {
            header,
            name_end: name.len(),
            value_end,
            path,
            domain,
            max_age,
            expires,
            secure: attributes.secure,
            http_only: attributes.http_only,
            same_site,
            partitioned: attributes.partitioned,
            priority: attributes.priority,
        })
    }

    /// Creates the cookie that deletes another from the browser: empty, with `max-age=0`, and
    /// expired since 1970. Pass the attributes that the other was set with: path and domain tell
    /// the browser which cookie is meant, and a `__Host-` name needs its `secure`. They are checked
    /// as in [`new`](Self::new); their expiry is checked too, and not used. (Rack 2.2 `utils.rb`,
    /// `delete_cookie_header!`.)
    ///
    /// # Errors
    ///
    /// The errors of [`new`](Self::new).
    ///
    /// ```
    /// use hardtack::{CookieAttributes, SetCookie};
    ///
    /// let cookie = SetCookie::delete("k", None)?;
    /// assert_eq!(
    ///     cookie.to_string(),
    ///     "k=; path=/; max-age=0; expires=Thu, 01 Jan 1970 00:00:00 GMT; samesite=lax"
    /// );
    /// assert!(SetCookie::delete("k", &CookieAttributes::new().path("shop")).is_err());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    pub fn delete<'a>(
        name: impl AsRef<str>,
        attributes: impl Into<Option<&'a CookieAttributes>>,
    ) -> Result<Self, Error> {
        let attributes = CookieAttributes::or_default(attributes.into());
        Self::expired(&LoadDefaults::NEWEST.settings(), name.as_ref(), &attributes)
    }

    /// Returns the number of bytes that browsers count against their limit of 4,096: the name and
    /// the value as sent, escaped, without the `=` and the attributes (RFC 6265bis section 5.6;
    /// Chrome and Firefox). Browsers silently drop a longer cookie.
    ///
    /// ```
    /// use hardtack::SetCookie;
    ///
    /// assert_eq!(SetCookie::new("k", "a+b", None)?.size(), "ka%2Bb".len());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn size(&self) -> usize {
        self.value_end - 1
    }

    /// Returns the name, an RFC 6265 token.
    ///
    /// ```
    /// use hardtack::SetCookie;
    ///
    /// assert_eq!(SetCookie::new("k", "v", None)?.name(), "k");
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        self.header.get(..self.name_end).unwrap_or_default()
    }

    /// Returns the unescaped value.
    ///
    /// ```
    /// use hardtack::SetCookie;
    ///
    /// assert_eq!(*SetCookie::new("k", "a b", None)?.value(), *b"a b");
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn value(&self) -> Cow<'_, [u8]> {
        unescape(self.escaped_value().as_bytes())
    }

    /// Returns the value as it is sent, the text after `name=`.
    ///
    /// ```
    /// use hardtack::SetCookie;
    ///
    /// assert_eq!(SetCookie::new("k", "a+b", None)?.escaped_value(), "a%2Bb");
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn escaped_value(&self) -> &str {
        let value = self.header.get(self.name_end + 1..self.value_end);
        value.unwrap_or_default()
    }

    /// Returns the path, `/` if none was given.
    ///
    /// ```
    /// use hardtack::SetCookie;
    ///
    /// assert_eq!(SetCookie::new("k", "v", None)?.path(), "/");
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn path(&self) -> &str {
        self.header.get(self.path.clone()).unwrap_or_default()
    }

    /// Returns the domain as written in the header; `None` if only the host itself gets the cookie.
    ///
    /// ```
    /// use hardtack::SetCookie;
    ///
    /// assert_eq!(SetCookie::new("k", "v", None)?.domain(), None);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn domain(&self) -> Option<&str> {
        self.header.get(self.domain.clone()?)
    }

    /// Returns `max-age` in whole seconds; 0 deletes the cookie.
    ///
    /// ```
    /// use hardtack::SetCookie;
    ///
    /// let max_age = SetCookie::delete("k", None)?.max_age();
    /// assert_eq!(max_age, Some(std::time::Duration::ZERO));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn max_age(&self) -> Option<Duration> {
        self.max_age.map(Duration::from_secs)
    }

    /// Returns the time in UTC at which the cookie expires.
    ///
    /// ```
    /// use hardtack::SetCookie;
    ///
    /// let expires = SetCookie::delete("k", None)?.expires();
    /// assert_eq!(expires, Some(time::OffsetDateTime::UNIX_EPOCH));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn expires(&self) -> Option<OffsetDateTime> {
        self.expires
    }

    /// Checks for `Secure`: the cookie is sent over HTTPS only.
    ///
    /// ```
    /// use hardtack::SetCookie;
    ///
    /// assert!(!SetCookie::new("k", "v", None)?.secure());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn secure(&self) -> bool {
        self.secure
    }

    /// Checks for `HttpOnly`: scripts cannot read the cookie.
    ///
    /// ```
    /// use hardtack::SetCookie;
    ///
    /// assert!(!SetCookie::new("k", "v", None)?.http_only());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn http_only(&self) -> bool {
        self.http_only
    }

    /// Returns `SameSite`; `None` if the header has no such attribute.
    ///
    /// ```
    /// use hardtack::{SameSite, SetCookie};
    ///
    /// assert_eq!(SetCookie::new("k", "v", None)?.same_site(), Some(SameSite::Lax));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn same_site(&self) -> Option<SameSite> {
        self.same_site
    }

    /// Checks for `Partitioned`: each embedding site has a cookie of its own.
    ///
    /// ```
    /// use hardtack::SetCookie;
    ///
    /// assert!(!SetCookie::new("k", "v", None)?.partitioned());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn partitioned(&self) -> bool {
        self.partitioned
    }

    /// Returns `Priority`; `None` if the header has no such attribute.
    ///
    /// ```
    /// use hardtack::SetCookie;
    ///
    /// assert_eq!(SetCookie::new("k", "v", None)?.priority(), None);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn priority(&self) -> Option<Priority> {
        self.priority
    }
}

impl fmt::Display for SetCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.header)
    }
}

impl SetCookie {
    /// Returns the header's value, as `Display` writes it.
    ///
    /// ```
    /// use hardtack::SetCookie;
    ///
    /// let cookie = SetCookie::new("k", "a+b", None)?;
    /// assert_eq!(cookie.header(), "k=a%2Bb; path=/; samesite=lax");
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn header(&self) -> &str {
        &self.header
    }

    /// Returns the same cookie with another value, unescaped.
    pub(crate) fn with_value(&self, value: &[u8]) -> Self {
        let mut escaped = Vec::new();
        escape_into(&mut escaped, value);
        // The escaped value is ASCII, so the default is never used.
        self.with_pair(self.name(), &String::from_utf8(escaped).unwrap_or_default())
    }

    /// Returns a cookie of the same attributes with this name and value, both checked before and
    /// written as they are.
    pub(crate) fn with_pair(&self, name: &str, value: &str) -> Self {
        let pair = format!("{name}={value}");
        // Path and domain stand behind the value.
        let moved = |range: &Range<usize>| {
            let moved = |at: usize| at + pair.len() - self.value_end;
            moved(range.start)..moved(range.end)
        };
        let mut cookie = Self {
            name_end: name.len(),
            value_end: pair.len(),
            path: moved(&self.path),
            domain: self.domain.as_ref().map(moved),
            ..self.clone()
        };
        cookie.header.replace_range(..self.value_end, &pair);
        cookie
    }

    /// Checks whether a browser replaces that cookie by this one: both have the same name, domain
    /// and path (RFC 6265 section 5.3, step 11).
    pub(crate) fn replaces(&self, other: &Self) -> bool {
        let domain = other.domain().unwrap_or_default();
        (self.name(), self.path()) == (other.name(), other.path())
            && self.has_domain(domain.as_bytes())
    }

    /// Checks whether a browser takes `other` for this cookie's domain: case and a leading dot do
    /// not count (RFC 6265 section 5.2.3). Without a domain both are empty.
    pub(crate) fn has_domain(&self, other: &[u8]) -> bool {
        let own = self.domain().unwrap_or_default().as_bytes();
        let own = own.strip_prefix(b".").unwrap_or(own);
        own.eq_ignore_ascii_case(other.strip_prefix(b".").unwrap_or(other))
    }

    /// Converts the cookie into the header's value, without copying.
    ///
    /// ```
    /// use hardtack::SetCookie;
    ///
    /// let cookie = SetCookie::new("k", "a+b", None)?;
    /// assert_eq!(cookie.into_header(), "k=a%2Bb; path=/; samesite=lax");
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn into_header(self) -> String {
        self.header
    }
}

impl fmt::Debug for SetCookie {
    /// Leaves out the value: it may be somebody's session.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetCookie")
            .field("name", &self.name())
            .field("size", &self.size())
            .finish_non_exhaustive()
    }
}

/// Rounds up to whole seconds: rounding half a second down to 0 would delete the cookie.
fn whole_seconds(duration: Duration) -> u64 {
    duration
        .as_secs()
        .saturating_add(u64::from(duration.subsec_nanos() > 0))
}

pub(crate) fn twenty_years_after(now: OffsetDateTime) -> OffsetDateTime {
    let year = now.year() + 20;
    // February 29 does not exist in 2100; Rails uses the 28th.
    now.replace_year(year)
        .or_else(|_| {
            now.replace_day(28)
                .and_then(|day_before| day_before.replace_year(year))
        })
        .unwrap_or(now)
}

/// Formats a time as `Tue, 15 Oct 2030 05:00:00 GMT` (RFC 9110 section 5.6.7, IMF-fixdate; Ruby's
/// `Time#httpdate`).
fn http_date(at: OffsetDateTime) -> String {
    let (weekday, month) = (at.weekday().to_string(), at.month().to_string());
    let (year, day) = (at.year(), at.day());
    let (hour, minute, second) = at.to_hms();
    format!("{weekday:.3}, {day:02} {month:.3} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}
