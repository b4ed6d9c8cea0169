//! [`RailsParts`]: the app's settings that Rails' own features of a session need, for any store of
//! sessions: the jars, and the form of authenticity tokens.

use std::any::Any;
use std::sync::Arc;

use super::cookie_store::InCookie;
use super::csrf_settings::CsrfSettings;
use super::keyring::Keyring;
use super::login_store::{AnyLoginStore, LoginStore};
use crate::clock::Clock;
use crate::load_defaults::LoadDefaults;
use crate::session::context::Context;
use crate::session::on_server::ServerSessions;
use crate::session::place::AppPart;

/// The settings of a Rails app whose sessions a store keeps.
#[derive(Clone, Default)]
struct RailsParts {
    keyring: Option<Arc<Keyring>>,
    csrf: Option<CsrfSettings>,
    logins: Option<Arc<dyn AnyLoginStore>>,
}

/// Settings of Rails' own features, for sessions in a store.
impl ServerSessions {
    /// Sets the jars for `cookies.encrypted` and `cookies.signed`, which an app with sessions in a
    /// store has too. The keyring's session jar is not used.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use hardtack::stores::{MemoryStore, StoredJson};
    /// use hardtack::{Keyring, LazySession, LoadDefaults, RequestOrigin, SecretKeyBase, ServerSessions};
    ///
    /// let secret = SecretKeyBase::generate()?;
    /// let sessions = ServerSessions::new(StoredJson, MemoryStore::new(), "_session_id")
    ///     .keyring(Keyring::new(&secret, LoadDefaults::V7_1));
    /// let lazy = LazySession::open(&Arc::new(sessions), "", RequestOrigin::default());
    /// lazy.cookies().signed().write("seen", 7, None)?;
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn keyring(self, keyring: Keyring) -> Self {
        self.with_parts(|parts| parts.keyring = Some(Arc::new(keyring)))
    }

    /// Sets how authenticity tokens are made; the default is the newest Rails version's way.
    ///
    /// ```
    /// use hardtack::stores::{MemoryStore, StoredJson};
    /// use hardtack::{LoadDefaults, ServerSessions};
    ///
    /// let sessions = ServerSessions::new(StoredJson, MemoryStore::new(), "_session_id")
    ///     .csrf(LoadDefaults::V6_0); // whose tokens are not url-safe
    /// ```
    #[must_use]
    pub fn csrf(mut self, settings: impl Into<CsrfSettings>) -> Self {
        let settings = settings.into();
        self.policy.remembers_id = settings.token_cookie.is_some();
        self.with_parts(|parts| parts.csrf = Some(settings))
    }

    /// Sets the table of logins of Rails' own authentication (example: at
    /// [`CookieStore::logins`](crate::CookieStore::logins)). Their cookie is signed: set the jars
    /// with [`keyring`](Self::keyring) too.
    #[must_use]
    pub fn logins(self, store: impl LoginStore) -> Self {
        self.with_parts(|parts| parts.logins = Some(Arc::new(store)))
    }

    fn with_parts(mut self, change: impl FnOnce(&mut RailsParts)) -> Self {
        let parts: Option<&dyn Any> = self.place.part.as_deref().map(|part| part as _);
        let parts = parts.and_then(|parts| parts.downcast_ref::<RailsParts>());
        let mut parts = parts.cloned().unwrap_or_default();
        change(&mut parts);
        self.place.part = Some(parts.at(&self.policy.clock));
        self
    }
}

impl AppPart for RailsParts {
    fn at(&self, clock: &Clock) -> Arc<dyn AppPart> {
        let keyring = self.keyring.as_deref().cloned();
        Arc::new(Self {
            keyring: keyring.map(|keyring| Arc::new(keyring.at(clock))),
            ..self.clone()
        })
    }
}

/// Returns the jars of the request's app; `None` if the app has no Rails jars.
pub(super) fn keyring(context: &Context) -> Option<Arc<Keyring>> {
    match context.part::<InCookie>() {
        Some(part) => Some(part.jars.load_full()),
        None => context.part::<RailsParts>()?.keyring.clone(),
    }
}

/// Returns the app's table of logins; `None` if it has none.
pub(super) fn logins(context: &Context) -> Option<Arc<dyn AnyLoginStore>> {
    match context.part::<InCookie>() {
        Some(part) => part.logins.clone(),
        None => context.part::<RailsParts>()?.logins.clone(),
    }
}

/// Returns the app's settings for authenticity tokens.
pub(crate) fn csrf_settings(context: &Context) -> CsrfSettings {
    match context.part::<InCookie>() {
        Some(part) => Some(part.csrf_settings()),
        None => context
            .part::<RailsParts>()
            .and_then(|parts| parts.csrf.clone()),
    }
    .unwrap_or_else(|| LoadDefaults::NEWEST.into())
}
