//! [`CookieStore`]: where sessions are kept, which is in the cookie itself
//! (`ActionDispatch::Session::CookieStore`).

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use time::OffsetDateTime;

use super::csrf::CsrfSettings;
use super::jars::Jars;
use super::part::RailsPart;
use crate::clock::Clock;
use crate::cookie::attributes::Attributes;
use crate::cookie::domain::Domain;
use crate::cookie::duplicates::Duplicates;
use crate::cookie::header::CookieHeader;
use crate::cookie::rotation::Rotation;
#[cfg(feature = "test-util")]
use crate::cookie::set_cookie::SetCookie;
#[cfg(feature = "test-util")]
use crate::error::Error;
use crate::error::Refusal;
use crate::secret_key_base::SecretKeyBase;
use crate::session::context::Context;
use crate::session::data::SessionData;
use crate::session::handle::Session;
use crate::session::loaded::Loaded;
use crate::session::observer::{Observer, Outcome};
use crate::session::origin::RequestOrigin;
use crate::session::policy::{Expiry, Policy};
use crate::session::provenance::Provenance;
use crate::session::source::Source;
use crate::session::writes::Writes;
use crate::settings::{LimitRule, SameSite, Serializer, Settings};

/// The sessions of an app: how they are sealed, what their cookie is called and told, and when it
/// is written. Made when the program starts, and shared (`Arc`).
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
/// use hardtack::{CookieStore, RailsVersion, RequestOrigin, Rotation, SecretKeyBase, Session};
///
/// # let secret = SecretKeyBase::generate()?;
/// let store = CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session")
///     .rotation(Rotation::encrypted(&secret, RailsVersion::V6_1))
///     .expire_after(Duration::from_secs(14 * 24 * 60 * 60))
///     .secure(true);
/// store.check()?;
///
/// let origin = RequestOrigin::new(true, Some("shop.example.org"));
/// let session = Session::open(&Arc::new(store), "_shop_session=junk", origin);
/// assert_eq!(session.get::<u32>("user_id")?, None); // junk is an empty session
/// # Ok::<(), hardtack::Error>(())
/// ```
///
/// Unlike in Rails, a session that was merely read is not written: that would defeat caches, and
/// let a slow request overwrite a newer session ([`Writes::WhenRead`] does as Rails).
pub struct CookieStore {
    pub(super) part: RailsPart,
    pub(super) policy: Policy,
}

impl CookieStore {
    /// Sessions of an app of these settings, under this cookie name.
    ///
    /// The cookie is told `path=/`, `HttpOnly`, and `SameSite` as the Rails version has it; it
    /// lasts until the browser is closed. Keys are derived here.
    ///
    /// ```
    /// # use hardtack::{CookieStore, RailsVersion, SecretKeyBase};
    /// # let secret = SecretKeyBase::generate()?;
    /// let store = CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session");
    /// assert_eq!(store.name(), "_shop_session");
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn new(
        secret: &SecretKeyBase,
        settings: impl Into<Settings>,
        name: impl Into<String>,
    ) -> Self {
        Self::with_jars(Jars::new(secret, settings), name)
    }

    /// Sessions in these jars, under this cookie name.
    ///
    /// ```
    /// # use hardtack::{CookieStore, Jar, Jars, RailsVersion, SecretKeyBase};
    /// # let secret = SecretKeyBase::generate()?;
    /// let jars = Jars::new(&secret, RailsVersion::V7_1)
    ///     .session_in(Jar::signed(&secret, RailsVersion::V7_1));
    /// let store = CookieStore::with_jars(jars, "_shop_session");
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn with_jars(jars: Jars, name: impl Into<String>) -> Self {
        Self {
            part: RailsPart {
                jars: ArcSwap::from_pointee(jars),
                csrf: None,
            },
            policy: Policy::new(name.into()),
        }
    }

    /// Adds older settings: see [`Jars::rotation`]. Sessions that they open are written anew.
    ///
    /// ```
    /// # use hardtack::{CookieStore, RailsVersion, Rotation, SecretKeyBase};
    /// # let (secret, old_secret) = (SecretKeyBase::generate()?, SecretKeyBase::generate()?);
    /// let store = CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session")
    ///     .rotation(Rotation::encrypted(&secret, RailsVersion::V6_1))
    ///     .rotation(Rotation::encrypted(&old_secret, RailsVersion::V6_1).cookie_name("_old_session"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn rotation(self, rotation: Rotation) -> Self {
        self.with(|jars| jars.rotation(rotation))
    }

    /// Adds older settings to the signed jar: see [`Jars::signed_rotation`].
    ///
    /// ```
    /// # use hardtack::{CookieStore, RailsVersion, Rotation, SecretKeyBase};
    /// # let secret = SecretKeyBase::generate()?;
    /// let store = CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session")
    ///     .signed_rotation(Rotation::signed(&secret, RailsVersion::V6_1));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn signed_rotation(self, rotation: Rotation) -> Self {
        self.with(|jars| jars.signed_rotation(rotation))
    }

    /// In which serialization values are written, and which are read (`cookies_serializer`), where
    /// it is not as the Rails version has it. Rotations have their own.
    ///
    /// ```
    /// # use hardtack::{CookieStore, RailsVersion, SecretKeyBase, Serializer};
    /// # let secret = SecretKeyBase::generate()?;
    /// // An app on load_defaults 6.1, which are Marshal, that chose JSON.
    /// let store = CookieStore::new(&secret, RailsVersion::V6_1, "_shop_session")
    ///     .serializer(Serializer::Json);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn serializer(self, serializer: Serializer) -> Self {
        self.with(|jars| jars.map(|jar| jar.with_serializer(serializer)))
    }

    /// What may not be longer than 4096 bytes: what browsers count, unless this says otherwise.
    /// Rotations that write have their own.
    ///
    /// ```
    /// # use hardtack::{CookieStore, LimitRule, RailsVersion, SecretKeyBase};
    /// # let secret = SecretKeyBase::generate()?;
    /// let store = CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session")
    ///     .limit(LimitRule::Rails);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn limit(self, limit: LimitRule) -> Self {
        self.with(|jars| jars.map(|jar| jar.with_limit(limit)))
    }

    /// Ends a session so long after it was written last, in the browser and by what is sealed
    /// (`expire_after`). It is renewed when a tenth of that has passed, where it is read.
    ///
    /// Up to Rails 5.1 no expiry is sealed, so that the browser's word is all there is, and a
    /// session is renewed whenever it is read.
    ///
    /// ```
    /// # use hardtack::{CookieStore, RailsVersion, SecretKeyBase};
    /// # use std::time::Duration;
    /// # let secret = SecretKeyBase::generate()?;
    /// let store = CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session")
    ///     .expire_after(Duration::from_secs(30 * 60));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn expire_after(mut self, duration: Duration) -> Self {
        self.policy.expiry = Expiry::Rolling(duration);
        self
    }

    /// Ends a session so long after it was written first; it is not renewed. Needs an expiry that
    /// is sealed (Rails 5.2 and later): up to 5.1 each writing renews it.
    ///
    /// ```
    /// # use hardtack::{CookieStore, RailsVersion, SecretKeyBase};
    /// # use std::time::Duration;
    /// # let secret = SecretKeyBase::generate()?;
    /// let store = CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session")
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
    /// # use hardtack::{CookieStore, RailsVersion, SecretKeyBase};
    /// # use std::time::Duration;
    /// # let secret = SecretKeyBase::generate()?;
    /// let store = CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session")
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
    /// # use hardtack::{CookieStore, Domain, RailsVersion, SecretKeyBase};
    /// # let secret = SecretKeyBase::generate()?;
    /// let store = CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session")
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
    /// # use hardtack::{CookieStore, RailsVersion, SecretKeyBase};
    /// # let secret = SecretKeyBase::generate()?;
    /// let store = CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session").path("/shop");
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
    /// # use hardtack::{CookieStore, RailsVersion, SameSite, SecretKeyBase};
    /// # let secret = SecretKeyBase::generate()?;
    /// let store = CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session")
    ///     .same_site(Some(SameSite::None));
    /// assert!(store.check().is_err()); // browsers take it only with `secure`
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn same_site(mut self, same_site: Option<SameSite>) -> Self {
        self.policy.attributes = self.policy.attributes.same_site(same_site);
        self
    }

    /// Whether the cookie goes over HTTPS only. Over plain HTTP nothing is set then: see
    /// [`assume_ssl`](Self::assume_ssl) and [`trust_proxy`](Self::trust_proxy).
    ///
    /// ```
    /// # use hardtack::{CookieStore, RailsVersion, SecretKeyBase};
    /// # let secret = SecretKeyBase::generate()?;
    /// let store = CookieStore::new(&secret, RailsVersion::V7_1, "__Host-shop_session").secure(true);
    /// assert!(store.check().is_ok());
    /// assert!(store.secure(false).check().is_err());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn secure(mut self, secure: bool) -> Self {
        self.policy.attributes = self.policy.attributes.secure(secure);
        self
    }

    /// Whether scripts cannot see the cookie, as they cannot unless this says `false`.
    ///
    /// ```
    /// # use hardtack::{CookieStore, RailsVersion, SecretKeyBase};
    /// # let secret = SecretKeyBase::generate()?;
    /// let store = CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session").http_only(true);
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
    /// # use hardtack::{Attributes, CookieStore, RailsVersion, SecretKeyBase};
    /// # let secret = SecretKeyBase::generate()?;
    /// // It was set for example.org and all its subdomains, and is for the host alone now.
    /// let store = CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session")
    ///     .former_attributes(Attributes::new().domain("example.org"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn former_attributes(mut self, attributes: Attributes) -> Self {
        self.policy.former_attributes = Some(attributes);
        self
    }

    /// When a session is written (example: at [`Writes`]).
    #[must_use]
    pub fn writes(mut self, writes: Writes) -> Self {
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
    /// # use std::sync::Arc;
    /// # use hardtack::{Commit, CookieStore, RailsVersion, RequestOrigin, SecretKeyBase, Session};
    /// # let secret = SecretKeyBase::generate()?;
    /// let store = CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session");
    /// let session = Session::open(&Arc::new(store), "", RequestOrigin::default());
    /// session.insert("step", &2)?;
    /// assert_eq!(session.commit(503)?, Commit::Keep);
    ///
    /// let store = CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session")
    ///     .writes_on_server_error(true);
    /// let session = Session::open(&Arc::new(store), "", RequestOrigin::default());
    /// session.insert("step", &2)?;
    /// assert!(matches!(session.commit(503)?, Commit::Set(_)));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn writes_on_server_error(mut self, writes_on_server_error: bool) -> Self {
        self.policy.writes_on_server_error = writes_on_server_error;
        self
    }

    /// Which counts of several cookies of the session's name (example: at [`Duplicates`]).
    #[must_use]
    pub fn duplicates(mut self, duplicates: Duplicates) -> Self {
        self.policy.duplicates = duplicates;
        self
    }

    /// How authenticity tokens are made, where it is not as the Rails version has it.
    ///
    /// ```
    /// # use hardtack::{CookieStore, CsrfSettings, RailsVersion, SecretKeyBase};
    /// # let secret = SecretKeyBase::generate()?;
    /// // load_defaults 6.0 under Rails 7.0, which knows url-safe tokens alone
    /// let store = CookieStore::new(&secret, RailsVersion::V6_0, "_shop_session")
    ///     .csrf(CsrfSettings { urlsafe_csrf_tokens: true, ..RailsVersion::V6_0.into() });
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn csrf(mut self, settings: impl Into<CsrfSettings>) -> Self {
        self.part.csrf = Some(settings.into());
        self
    }

    /// Whether every request came over HTTPS, whatever it looks like (`config.assume_ssl`): where
    /// TLS ends before the server, and plain HTTP reaches it by no other way.
    ///
    /// ```
    /// # use hardtack::{CookieStore, RailsVersion, SecretKeyBase};
    /// # let secret = SecretKeyBase::generate()?;
    /// let store = CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session").assume_ssl(true);
    /// assert!(store.origin(false, |_| None).is_ssl());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn assume_ssl(mut self, assume_ssl: bool) -> Self {
        self.policy.assume_ssl = assume_ssl;
        self
    }

    /// Whether `X-Forwarded-Proto` and `X-Forwarded-Host` count: only behind a proxy that sets or
    /// clears both, since anybody can send them otherwise.
    ///
    /// ```
    /// # use hardtack::{CookieStore, RailsVersion, SecretKeyBase};
    /// # let secret = SecretKeyBase::generate()?;
    /// let header = |name: &str| match name {
    ///     "x-forwarded-proto" => Some(&b"https"[..]),
    ///     "host" => Some(b"10.0.0.7:3000".as_slice()),
    ///     "x-forwarded-host" => Some(b"shop.example.org".as_slice()),
    ///     _ => None,
    /// };
    /// let store = CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session");
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

    /// Who hears of every sealed cookie that comes in, how it opened or why it did not; one at
    /// most, so that this replaces another.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use hardtack::{CookieStore, RailsVersion, SecretKeyBase, Tally};
    /// # let secret = SecretKeyBase::generate()?;
    /// let tally = Arc::new(Tally::new()); // or CookieMetrics, or one's own
    /// let store = CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session")
    ///     .observer(tally.clone());
    /// assert!(tally.snapshot().is_empty());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.policy.observer = Some(Box::new(observer));
        self
    }

    /// Sets whether a response that depends on the request's cookies tells caches so; the default is
    /// `true`.
    ///
    /// Once somebody asked for the session, the flash, an authenticity token, or a cookie through
    /// [`Session::cookies`] (a plain one or one that was not sent, too), or one of them is set, the
    /// response lists `Cookie` in `Vary`, and has `Cache-Control: max-age=0, private,
    /// must-revalidate` where the handler set none. Without these a shared cache may serve the page
    /// of one user to another. The operator is warned (feature `tracing`) where such a response
    /// sets a cookie and the handler said `public` or `s-maxage`.
    ///
    /// A handler that streams its body has to ask before it returns: later the headers are sent.
    /// A handler that reads the header `Cookie` by itself is not noticed.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use hardtack::{CacheHeaders, CookieStore, RailsVersion, RequestOrigin, SecretKeyBase, Session};
    /// # let secret = SecretKeyBase::generate()?;
    /// // Nothing between this server and the browsers keeps responses, say.
    /// let store = CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session").cache_headers(false);
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

    /// What time it is: for tests.
    ///
    /// ```
    /// # use hardtack::{CookieStore, RailsVersion, SecretKeyBase};
    /// # let secret = SecretKeyBase::generate()?;
    /// let store = CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session")
    ///     .clock(|| time::OffsetDateTime::UNIX_EPOCH);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn clock(self, now: impl Fn() -> OffsetDateTime + Send + Sync + 'static) -> Self {
        let clock = Clock::Told(Arc::new(now));
        let mut store = self.with(|jars| jars.map(|jar| jar.with_clock(clock.clone())));
        store.policy.clock = clock;
        store
    }

    /// The session's cookie.
    ///
    /// ```
    /// # use hardtack::{CookieStore, RailsVersion, SecretKeyBase};
    /// # let secret = SecretKeyBase::generate()?;
    /// let store = CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session");
    /// assert_eq!(store.name(), "_shop_session");
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        &self.policy.name
    }

    /// The jars as they are now.
    ///
    /// ```
    /// # use hardtack::{Attributes, CookieStore, RailsVersion, SecretKeyBase};
    /// # let secret = SecretKeyBase::generate()?;
    /// let store = CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session");
    /// let cookie = store.jars().signed().write("theme", "dark", &Attributes::new())?;
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn jars(&self) -> Arc<Jars> {
        self.part.jars.load_full()
    }

    /// Puts other jars in place while the server runs (example: at [`Jars`]). No request waits:
    /// one that has read its session keeps the jars that it began with.
    pub fn replace_jars(&self, jars: Jars) {
        let jars = jars.map(|jar| jar.with_clock(self.policy.clock.clone()));
        self.part.jars.store(Arc::new(jars));
    }

    /// How many cookies this process has sealed under the session's key, of the 2^32 that an
    /// AES-GCM key is good for: [`Jar::seals`](crate::Jar::seals) of the session's jar as it is
    /// now. `cookies.encrypted` has the same key, and is in the number.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use hardtack::{CookieStore, RailsVersion, RequestOrigin, SecretKeyBase, Session};
    /// # let secret = SecretKeyBase::generate()?;
    /// let store = Arc::new(CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session"));
    /// let session = Session::open(&store, "", RequestOrigin::default());
    /// session.insert("user_id", &42)?;
    /// session.commit(200)?;
    /// assert_eq!(store.seals(), Some(1));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn seals(&self) -> Option<u64> {
        self.jars().session().seals()
    }

    /// Counts on from this number, where that is more than what was counted: see
    /// [`Jar::raise_seals`](crate::Jar::raise_seals).
    ///
    /// ```
    /// # use hardtack::{CookieStore, RailsVersion, SecretKeyBase};
    /// # let secret = SecretKeyBase::generate()?;
    /// # let sealed_before_the_restart = 1_000_000;
    /// let store = CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session");
    /// store.raise_seals(sealed_before_the_restart);
    /// assert_eq!(store.seals(), Some(1_000_000));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    pub fn raise_seals(&self, to: u64) {
        self.jars().session().raise_seals(to);
    }

    /// By which scheme and host a request came: from its headers, by their names in lower case,
    /// and whether its connection is TLS itself (examples: at [`assume_ssl`](Self::assume_ssl) and
    /// [`trust_proxy`](Self::trust_proxy)).
    pub fn origin<'h>(
        &self,
        is_tls: bool,
        header: impl Fn(&str) -> Option<&'h [u8]>,
    ) -> RequestOrigin {
        self.policy.origin(is_tls, header)
    }

    #[cfg(feature = "rails-app")]
    pub(crate) fn attributes(mut self, attributes: Attributes) -> Self {
        self.policy.attributes = attributes;
        self
    }

    fn with(self, change: impl FnOnce(Jars) -> Jars) -> Self {
        let jars = change(Jars::clone(&self.part.jars.load()));
        self.part.jars.store(Arc::new(jars));
        self
    }
}

impl Source for CookieStore {
    fn policy(&self) -> &Policy {
        &self.policy
    }

    fn part(&self) -> Option<&dyn Any> {
        Some(&self.part)
    }

    fn is_sessions(&self, name: &str) -> bool {
        let jars = self.part.jars.load();
        jars.session.names(&self.policy.name).contains(&name)
    }

    fn read(&self, header: &CookieHeader<'_>) -> (Loaded, Option<Outcome>) {
        let Self { part, policy } = self;
        let jar = part.jars.load().session.clone();
        let found = jar.find(&policy.name, header, policy.duplicates, |opened| {
            let opened = SessionData::load(opened)?;
            let how = *opened.opening();
            let provenance = Provenance::Opened {
                is_stale: opened.needs_rewrite(),
                expires_at: opened.expires_at(),
            };
            let data = opened.into_value();
            if policy.has_ended(&data) {
                return Err(Refusal::Expired);
            }
            Ok((data, provenance, how))
        });
        let (data, provenance, outcome) = match found {
            None => (SessionData::new(), Provenance::New, None),
            Some(Ok((data, provenance, how))) => (data, provenance, Some(Ok(how))),
            Some(Err(refusal)) => (
                SessionData::new(),
                Provenance::Refused(refusal),
                Some(Err(refusal)),
            ),
        };
        (Loaded::new(jar, data, provenance), outcome)
    }
}

impl Session {
    /// The session of a request, from its header `Cookie`, which may be empty. Of several headers
    /// (HTTP/2 allows it) join the values with `"; "` first. Nothing is read yet.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use hardtack::{CookieStore, RailsVersion, RequestOrigin, SecretKeyBase, Session};
    /// # let secret = SecretKeyBase::generate()?;
    /// # let store = Arc::new(CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session"));
    /// let session = Session::open(&store, "_shop_session=AAAA--AAAA--AAAA", RequestOrigin::default());
    /// assert!(session.is_empty());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn open(
        store: &Arc<CookieStore>,
        cookie_header: impl AsRef<[u8]> + Send + Sync + 'static,
        origin: RequestOrigin,
    ) -> Self {
        Self(Context::new(store.clone(), cookie_header, origin))
    }
}

#[cfg(feature = "test-util")]
impl CookieStore {
    /// Seals a session that no request brought.
    pub(crate) fn seal(&self, data: SessionData) -> Result<SetCookie, Error> {
        let mut loaded = Loaded::new(self.jars().session.clone(), data, Provenance::New);
        loaded.seal(&self.policy, &RequestOrigin::new(true, None))
    }

    /// Returns what is in a session; `None` where there is none that opens.
    pub(crate) fn read(&self, header: &CookieHeader<'_>) -> Option<SessionData> {
        let (loaded, outcome) = Source::read(self, header);
        outcome?.ok().map(|_| loaded.data)
    }
}

impl fmt::Debug for CookieStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Policy {
            name,
            attributes,
            expiry,
            lifetime,
            writes,
            ..
        } = &self.policy;
        f.debug_struct("CookieStore")
            .field("name", name)
            .field("attributes", attributes)
            .field("expiry", expiry)
            .field("lifetime", lifetime)
            .field("writes", writes)
            .finish_non_exhaustive()
    }
}
