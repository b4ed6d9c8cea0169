//! [`CookieStore`]: Rails sessions, sealed into their own cookie
//! (`ActionDispatch::Session::CookieStore`).

use std::any::Any;
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::csrf_settings::CsrfSettings;
use super::keyring::Keyring;
use super::login_store::{AnyLoginStore, LoginStore};
use crate::clock::Clock;
use crate::error::Error;
use crate::http::cookie_header::CookieHeader;
#[cfg(feature = "test-util")]
use crate::http::set_cookie::SetCookie;
use crate::load_defaults::LoadDefaults;
use crate::rails::jar::rotation::Rotation;
use crate::secret_key_base::SecretKeyBase;
use crate::session::context::Context;
use crate::session::data::SessionData;
use crate::session::handle::Session;
use crate::session::kept::Kept;
use crate::session::loaded::Loaded;
use crate::session::observer::Outcome;
use crate::session::origin::RequestOrigin;
use crate::session::place::Place;
use crate::session::policy::Policy;
#[cfg(feature = "test-util")]
use crate::session::provenance::Provenance;
use crate::session::sessions::Sessions;
use crate::settings::{Serializer, Settings, SizeLimit};

/// A store that keeps each session of a Rails app in its own sealed cookie. It holds the keys, the
/// cookie's name and attributes, and the policy of when the cookie is written. Create it when the
/// program starts, and share it (`Arc`).
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
/// use hardtack::{CookieStore, LoadDefaults, RequestOrigin, Rotation, SecretKeyBase, Session};
///
/// let secret = SecretKeyBase::generate()?; // in production: the app's own
/// let store = CookieStore::new(&secret, LoadDefaults::V7_1, "_shop_session")
///     .rotation(Rotation::encrypted(&secret, LoadDefaults::V6_1))
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
/// Unlike Rails, it does not write a session that was only read: that would defeat caches, and let
/// a slow request overwrite a newer session.
/// [`WritePolicy::WhenRead`](crate::WritePolicy::WhenRead) does as Rails.
pub type CookieStore = Sessions<InCookie>;

/// The place of sessions that are sealed into their own cookie: the jars of a Rails app, which can
/// be replaced while it runs. See [`CookieStore`].
#[derive(Clone)]
pub struct InCookie {
    /// Shared by the clones of a store, so that all of them see the new jars after a replacement.
    pub(super) jars: Arc<ArcSwap<Keyring>>,
    pub(super) csrf: Option<CsrfSettings>,
    pub(super) logins: Option<Arc<dyn AnyLoginStore>>,
}

impl CookieStore {
    /// Creates a store that keeps sessions in the cookie `name`, sealed as an app with these
    /// settings seals them.
    ///
    /// The cookie gets `path=/`, `HttpOnly`, and the Rails version's `SameSite`. It lasts until the
    /// browser is closed. The keys are derived here.
    ///
    /// ```
    /// use hardtack::{CookieStore, LoadDefaults, SecretKeyBase};
    ///
    /// let secret = SecretKeyBase::generate()?; // in production: the app's own
    /// let store = CookieStore::new(&secret, LoadDefaults::V7_1, "_shop_session");
    /// assert_eq!(store.name(), "_shop_session");
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn new(
        secret: &SecretKeyBase,
        settings: impl Into<Settings>,
        name: impl Into<String>,
    ) -> Self {
        Self::with_keyring(Keyring::new(secret, settings), name)
    }

    /// Creates a store with a new random secret, which is lost when the process ends: for examples
    /// and tests.
    ///
    /// ```
    /// use hardtack::CookieStore;
    ///
    /// let store = CookieStore::ephemeral("_shop_session")?;
    /// assert_eq!(store.name(), "_shop_session");
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NoRandomness`] if the operating system gives no random bytes.
    pub fn ephemeral(name: impl Into<String>) -> Result<Self, Error> {
        Ok(Self::new(
            &SecretKeyBase::generate()?,
            LoadDefaults::NEWEST,
            name,
        ))
    }

    /// Creates a store that keeps sessions in the cookie `name`, sealed by the jars of this
    /// keyring.
    ///
    /// ```
    /// use hardtack::{CookieStore, Jar, Keyring, LoadDefaults, SecretKeyBase};
    ///
    /// # let secret = SecretKeyBase::generate()?;
    /// let jars = Keyring::new(&secret, LoadDefaults::V7_1)
    ///     .session_in(Jar::signed(&secret, LoadDefaults::V7_1));
    /// let store = CookieStore::with_keyring(jars, "_shop_session");
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn with_keyring(jars: Keyring, name: impl Into<String>) -> Self {
        Self {
            policy: Policy::new(name.into()),
            older: Vec::new(),
            place: InCookie {
                jars: Arc::new(ArcSwap::from_pointee(jars)),
                csrf: None,
                logins: None,
            },
        }
    }

    /// Adds older settings: see [`Keyring::rotation`]. Sessions that they open are written again
    /// under the current settings.
    ///
    /// ```
    /// use hardtack::{CookieStore, LoadDefaults, Rotation, SecretKeyBase};
    ///
    /// # let (secret, old_secret) = (SecretKeyBase::generate()?, SecretKeyBase::generate()?);
    /// let store = CookieStore::new(&secret, LoadDefaults::V7_1, "_shop_session")
    ///     .rotation(Rotation::encrypted(&secret, LoadDefaults::V6_1))
    ///     .rotation(Rotation::encrypted(&old_secret, LoadDefaults::V6_1).cookie_name("_old_session"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn rotation(self, rotation: Rotation) -> Self {
        self.with(|jars| jars.rotation(rotation))
    }

    /// Adds older settings to the signed jar: see [`Keyring::signed_rotation`].
    ///
    /// ```
    /// use hardtack::{CookieStore, LoadDefaults, Rotation, SecretKeyBase};
    ///
    /// # let secret = SecretKeyBase::generate()?;
    /// let store = CookieStore::new(&secret, LoadDefaults::V7_1, "_shop_session")
    ///     .signed_rotation(Rotation::signed(&secret, LoadDefaults::V6_1));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn signed_rotation(self, rotation: Rotation) -> Self {
        self.with(|jars| jars.signed_rotation(rotation))
    }

    /// Sets the format in which values are written, and the formats that are read
    /// (`cookies_serializer`), if the app does not use its Rails version's default. Each rotation
    /// has a serializer of its own.
    ///
    /// ```
    /// use hardtack::{CookieStore, Serializer};
    ///
    /// // For an app that set cookies_serializer = :json.
    /// let store = CookieStore::ephemeral("_shop_session")?
    ///     .serializer(Serializer::Json);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn serializer(self, serializer: Serializer) -> Self {
        self.with(|jars| jars.map(|jar| jar.with_serializer(serializer)))
    }

    /// Sets which bytes of a cookie count against the limit of 4096; the default counts as browsers
    /// do. Each rotation that writes has a limit of its own.
    ///
    /// ```
    /// use hardtack::CookieStore;
    /// use hardtack::settings::SizeLimit;
    ///
    /// let store = CookieStore::ephemeral("_shop_session")?
    ///     .limit(SizeLimit::Rails);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn limit(self, limit: SizeLimit) -> Self {
        self.with(|jars| jars.map(|jar| jar.with_limit(limit)))
    }

    /// Sets the rules for authenticity tokens, if the app does not use its Rails version's default.
    ///
    /// ```
    /// use hardtack::csrf::CsrfSettings;
    /// use hardtack::{CookieStore, LoadDefaults};
    ///
    /// // load_defaults 6.0 under Rails 7.0, which reads only url-safe tokens
    /// let store = CookieStore::ephemeral("_shop_session")?
    ///     .csrf(CsrfSettings::from(LoadDefaults::V6_0).urlsafe_csrf_tokens(true));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn csrf(mut self, settings: impl Into<CsrfSettings>) -> Self {
        let settings = settings.into();
        self.policy.remembers_id = settings.token_cookie.is_some();
        self.place.csrf = Some(settings);
        self
    }

    /// Sets the table of logins of Rails' own authentication, for
    /// [`Authentication`](crate::authentication::Authentication).
    ///
    /// ```
    /// use hardtack::authentication::LoginStore;
    /// use hardtack::{CookieStore, LoadDefaults, SecretKeyBase};
    ///
    /// // `SqlLogins` of hardtack-sqlx is such a store.
    /// fn sessions(secret: &SecretKeyBase, logins: impl LoginStore) -> CookieStore {
    ///     CookieStore::new(secret, LoadDefaults::V8_0, "_shop_session").logins(logins)
    /// }
    /// ```
    #[must_use]
    pub fn logins(mut self, store: impl LoginStore) -> Self {
        self.place.logins = Some(Arc::new(store));
        self
    }

    /// Returns the current jars.
    ///
    /// ```
    /// use hardtack::CookieStore;
    ///
    /// let store = CookieStore::ephemeral("_shop_session")?;
    /// let cookie = store.keyring().signed().write("theme", "dark", None)?;
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn keyring(&self) -> Arc<Keyring> {
        self.place.jars.load_full()
    }

    /// Replaces the jars while the server runs (example: at [`Keyring`]). No request waits: a
    /// request that has already read its session keeps the jars that it began with.
    pub fn replace_keyring(&self, jars: Keyring) {
        self.place.jars.store(Arc::new(jars.at(&self.policy.clock)));
    }

    /// Returns the number of cookies that this process has sealed under the session's key. An
    /// AES-GCM key is safe for 2^32 of them. The number includes `cookies.encrypted`, which has the
    /// same key. It is [`Jar::seals`](crate::Jar::seals) of the current session jar.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use hardtack::{CookieStore, RequestOrigin, Session};
    ///
    /// let store = Arc::new(CookieStore::ephemeral("_shop_session")?);
    /// let session = Session::open(&store, "", RequestOrigin::default());
    /// session.insert("user_id", 42)?;
    /// session.commit(200)?;
    /// assert_eq!(store.seals(), Some(1));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn seals(&self) -> Option<u64> {
        self.keyring().session().seals()
    }

    /// Raises the count of sealed cookies to this number if it is lower: see
    /// [`Jar::raise_seals`](crate::Jar::raise_seals).
    ///
    /// ```
    /// use hardtack::CookieStore;
    ///
    /// # let sealed_before_the_restart = 1_000_000;
    /// let store = CookieStore::ephemeral("_shop_session")?;
    /// store.raise_seals(sealed_before_the_restart);
    /// assert_eq!(store.seals(), Some(1_000_000));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    pub fn raise_seals(&self, to: u64) {
        self.keyring().session().raise_seals(to);
    }

    fn with(mut self, change: impl FnOnce(Keyring) -> Keyring) -> Self {
        self.place.change(change);
        self
    }
}

impl InCookie {
    /// Changes the jars of this store, and not those of its clones.
    fn change(&mut self, change: impl FnOnce(Keyring) -> Keyring) {
        let jars = change(Keyring::clone(&self.jars.load()));
        self.jars = Arc::new(ArcSwap::from_pointee(jars));
    }

    pub(super) fn csrf_settings(&self) -> CsrfSettings {
        self.csrf
            .clone()
            .unwrap_or_else(|| self.jars.load().session.settings().into())
    }
}

#[expect(private_interfaces, reason = "nobody else calls it")]
impl Place for InCookie {
    fn part(&self) -> Option<&dyn Any> {
        Some(self)
    }

    fn set_clock(&mut self, clock: &Clock) {
        self.change(|jars| jars.at(clock));
    }

    fn is_sessions(&self, name: &str, policy: &Policy) -> bool {
        let jars = self.jars.load();
        jars.session.names(&policy.name).contains(&name)
    }

    fn kept(&self) -> Kept {
        Kept::InCookie(self.jars.load().session.clone())
    }

    fn read(&self, policy: &Policy, header: &CookieHeader<'_>) -> (Loaded, Option<Outcome>) {
        let jar = self.jars.load().session.clone();
        let found = jar.find(&policy.name, header, policy.duplicates, |opened| {
            policy.unless_ended(SessionData::load(opened)?)
        });
        Loaded::of_cookie(jar, found)
    }
}

impl Session {
    /// Opens a new session with a new random secret, as [`CookieStore::ephemeral`] does: for
    /// examples, and for tests of functions that take a session.
    ///
    /// ```
    /// use hardtack::Session;
    ///
    /// let session = Session::ephemeral()?;
    /// session.insert("user_id", 42)?;
    /// assert_eq!(session.get::<u32>("user_id")?, Some(42));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NoRandomness`] if the operating system gives no random bytes.
    pub fn ephemeral() -> Result<Self, Error> {
        let store = CookieStore::ephemeral("_session")?;
        Ok(Self::open(&Arc::new(store), "", RequestOrigin::default()))
    }

    /// Creates the session of a request from its `Cookie` header, which may be empty. If there are
    /// several headers (HTTP/2 allows it), join their values with `"; "` first. The cookie is
    /// opened when the session is first used.
    ///
    /// It asks no store. If the sessions move here from one
    /// ([`migrating_from`](crate::Sessions::migrating_from)), load a
    /// [`LazySession`](crate::LazySession) instead: otherwise a session of that store appears to be
    /// empty, and a commit that would replace it fails with [`Error::NeedsStore`].
    ///
    /// ```
    /// use std::sync::Arc;
    /// use hardtack::{CookieStore, RequestOrigin, Session};
    ///
    /// let store = Arc::new(CookieStore::ephemeral("_shop_session")?);
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
    /// Seals a session that does not come from a request.
    pub(crate) fn seal(&self, data: SessionData) -> Result<SetCookie, Error> {
        let mut loaded = Loaded::new(
            Kept::InCookie(self.keyring().session.clone()),
            data,
            Provenance::New,
        );
        loaded.seal(&self.policy, &RequestOrigin::new(true, None))
    }

    /// Returns the session's data; `None` if no session cookie opens.
    pub(crate) fn read(&self, header: &CookieHeader<'_>) -> Option<SessionData> {
        let (loaded, outcome) = self.place.read(&self.policy, header);
        outcome?.ok().map(|_| loaded.data)
    }
}
