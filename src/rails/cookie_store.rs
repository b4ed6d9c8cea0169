//! [`CookieStore`]: Rails' sessions, sealed into their own cookie
//! (`ActionDispatch::Session::CookieStore`).

use std::any::Any;
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::csrf::CsrfSettings;
use super::keyring::Keyring;
use crate::clock::Clock;
use crate::error::{Error, Refusal};
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
use crate::session::provenance::Provenance;
use crate::session::sessions::Sessions;
use crate::settings::{Serializer, Settings, SizeLimit};

/// The sessions of a Rails app, sealed into their own cookie: the keys, the cookie's name and
/// attributes, and when it is written. Made when the program starts, and shared (`Arc`).
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
/// use hardtack::{CookieStore, LoadDefaults, RequestOrigin, Rotation, SecretKeyBase, Session};
///
/// # let secret = SecretKeyBase::generate()?;
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
/// Unlike in Rails, a session that was merely read is not written: that would defeat caches, and
/// let a slow request overwrite a newer session ([`WritePolicy::WhenRead`](crate::WritePolicy::WhenRead) does as Rails).
pub type CookieStore = Sessions<InCookie>;

/// The place of sessions that are sealed into their own cookie: the jars of a Rails app, which may
/// be replaced while it runs. See [`CookieStore`].
#[derive(Clone)]
pub struct InCookie {
    /// Shared by the clones of a store, so that all of them get new jars.
    pub(super) jars: Arc<ArcSwap<Keyring>>,
    pub(super) csrf: Option<CsrfSettings>,
}

impl CookieStore {
    /// Creates a store that keeps sessions in the cookie `name`, as an app of these settings seals
    /// them.
    ///
    /// The cookie is told `path=/`, `HttpOnly`, and `SameSite` as the Rails version has it; it
    /// lasts until the browser is closed. Keys are derived here.
    ///
    /// ```
    /// use hardtack::CookieStore;
    ///
    /// let store = CookieStore::ephemeral("_shop_session")?;
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

    /// Creates a store under a secret of its own, which nobody else has and which ends with the
    /// process: for examples and tests.
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
    /// [`Error::NoRandomness`] where the operating system gives none.
    pub fn ephemeral(name: impl Into<String>) -> Result<Self, Error> {
        Ok(Self::new(
            &SecretKeyBase::generate()?,
            LoadDefaults::NEWEST,
            name,
        ))
    }

    /// Sessions in these jars, under this cookie name.
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
            place: InCookie {
                jars: Arc::new(ArcSwap::from_pointee(jars)),
                csrf: None,
            },
        }
    }

    /// Adds older settings: see [`Keyring::rotation`]. Sessions that they open are written anew.
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

    /// In which serialization values are written, and which are read (`cookies_serializer`), where
    /// it is not as the Rails version has it. Rotations have their own.
    ///
    /// ```
    /// use hardtack::{CookieStore, Serializer};
    ///
    /// // An app on load_defaults 6.1, which are Marshal, that chose JSON.
    /// let store = CookieStore::ephemeral("_shop_session")?
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

    /// How authenticity tokens are made, where it is not as the Rails version has it.
    ///
    /// ```
    /// use hardtack::csrf::CsrfSettings;
    /// use hardtack::{CookieStore, LoadDefaults};
    ///
    /// // load_defaults 6.0 under Rails 7.0, which knows url-safe tokens alone
    /// let store = CookieStore::ephemeral("_shop_session")?
    ///     .csrf(CsrfSettings::from(LoadDefaults::V6_0).urlsafe_csrf_tokens(true));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn csrf(mut self, settings: impl Into<CsrfSettings>) -> Self {
        self.place.csrf = Some(settings.into());
        self
    }

    /// The jars as they are now.
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

    /// Puts other jars in place while the server runs (example: at [`Keyring`]). No request waits:
    /// one that has read its session keeps the jars that it began with.
    pub fn replace_keyring(&self, jars: Keyring) {
        let jars = jars.map(|jar| jar.with_clock(self.policy.clock.clone()));
        self.place.jars.store(Arc::new(jars));
    }

    /// How many cookies this process has sealed under the session's key, of the 2^32 that an
    /// AES-GCM key is good for: [`Jar::seals`](crate::Jar::seals) of the session's jar as it is
    /// now. `cookies.encrypted` has the same key, and is in the number.
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

    /// Counts on from this number, where that is more than what was counted: see
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
            .unwrap_or_else(|| self.jars.load().session.settings().into())
    }
}

#[expect(private_interfaces, reason = "nobody else calls it")]
impl Place for InCookie {
    fn part(&self) -> Option<&dyn Any> {
        Some(self)
    }

    fn set_clock(&mut self, clock: &Clock) {
        self.change(|jars| jars.map(|jar| jar.with_clock(clock.clone())));
    }

    fn is_sessions(&self, name: &str, policy: &Policy) -> bool {
        let jars = self.jars.load();
        jars.session.names(&policy.name).contains(&name)
    }

    fn read(&self, policy: &Policy, header: &CookieHeader<'_>) -> (Loaded, Option<Outcome>) {
        let jar = self.jars.load().session.clone();
        let found = jar.find(&policy.name, header, policy.duplicates, |opened| {
            let opened = SessionData::load(opened)?;
            let how = *opened.sealed_by();
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
        (Loaded::new(Kept::InCookie(jar), data, provenance), outcome)
    }
}

impl Session {
    /// Opens a new session under a secret of its own, as [`CookieStore::ephemeral`]: for examples,
    /// and for tests of what takes a session.
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
    /// [`Error::NoRandomness`] where the operating system gives none.
    pub fn ephemeral() -> Result<Self, Error> {
        let store = CookieStore::ephemeral("_session")?;
        Ok(Self::open(&Arc::new(store), "", RequestOrigin::default()))
    }

    /// The session of a request, from its header `Cookie`, which may be empty. Of several headers
    /// (HTTP/2 allows it) join the values with `"; "` first. Nothing is read yet.
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
    /// Seals a session that no request brought.
    pub(crate) fn seal(&self, data: SessionData) -> Result<SetCookie, Error> {
        let mut loaded = Loaded::new(
            Kept::InCookie(self.keyring().session.clone()),
            data,
            Provenance::New,
        );
        loaded.seal(&self.policy, &RequestOrigin::new(true, None))
    }

    /// Returns what is in a session; `None` where there is none that opens.
    pub(crate) fn read(&self, header: &CookieHeader<'_>) -> Option<SessionData> {
        let (loaded, outcome) = self.place.read(&self.policy, header);
        outcome?.ok().map(|_| loaded.data)
    }
}
