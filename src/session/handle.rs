//! [`Session`]: the session of a request, as a handler has it.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::commit::Commit;
use super::cookie_jar::CookieJar;
use super::csrf::AuthenticityTokens;
use super::data::SessionData;
use super::events::Event;
use super::flash::Flash;
use super::loaded::{Came, Loaded, Outcome};
use super::origin::RequestOrigin;
use super::store::CookieStore;
use super::writes::Writes;
use crate::cookie::attributes::Attributes;
use crate::cookie::header::CookieHeader;
use crate::cookie::set_cookie::SetCookie;
use crate::error::{Error, Refusal};
use crate::serializer::value::to_value;

/// The session of a request: a handle that is cheap to clone, and changed through `&self`.
///
/// The cookie is opened when the session is asked for the first time; a request that never asks
/// costs nothing of it. Nothing here waits, and no lock is held when a method has returned. One
/// that does not open is an empty session.
///
/// ```
/// use std::sync::Arc;
/// use hardtack::{Commit, CookieStore, RailsVersion, RequestOrigin, SecretKeyBase, Session};
///
/// # let secret = SecretKeyBase::generate()?;
/// let store = Arc::new(CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session"));
///
/// // What a middleware does before the handler ...
/// let session = Session::open(&store, "theme=dark", RequestOrigin::default());
/// // ... the handler ...
/// let visits = session.get::<u32>("visits")?.unwrap_or(0) + 1;
/// session.insert("visits", &visits)?;
/// session.flash(|flash| flash.set("notice", "Welcome"));
/// // ... and the middleware after it.
/// let Commit::Set(cookies) = session.commit(200)? else { panic!() };
///
/// let header = format!("_shop_session={}", cookies[0].escaped_value());
/// let session = Session::open(&store, header, RequestOrigin::default());
/// assert_eq!(session.get::<u32>("visits")?, Some(1));
/// assert_eq!(session.flash(|flash| flash.notice().map(str::to_owned)).as_deref(), Some("Welcome"));
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone)]
pub struct Session(Arc<Shared<dyn AsRef<[u8]> + Send + Sync>>);

struct Shared<H: ?Sized> {
    store: Arc<CookieStore>,
    origin: RequestOrigin,
    state: Mutex<State>,
    header: H,
}

#[derive(Default)]
struct State {
    /// Shared with whoever reads meanwhile, so that nobody reads under the lock.
    loaded: Option<Arc<Loaded>>,
    /// Cookies beside the session's that are to be set.
    cookies: Vec<SetCookie>,
    /// Cookies that a rotation opened, to be set again where the handler does not set them.
    rewritten: Vec<SetCookie>,
    is_committed: bool,
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
        Self(Arc::new(Shared {
            store: store.clone(),
            origin,
            state: Mutex::default(),
            header: cookie_header,
        }))
    }

    /// The value of a key as a type; `None` where there is no such key, or nil in it.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use hardtack::{CookieStore, RailsVersion, RequestOrigin, SecretKeyBase, Session};
    /// # let secret = SecretKeyBase::generate()?;
    /// # let store = Arc::new(CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session"));
    /// # let session = Session::open(&store, "", RequestOrigin::default());
    /// session.insert("user_id", &42)?;
    /// assert_eq!(session.get::<u32>("user_id")?, Some(42));
    /// assert_eq!(session.get::<u32>("cart")?, None);
    /// assert!(session.get::<bool>("user_id").is_err());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnexpectedValue`] where it is not of that type.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Error> {
        self.read(|data| data.get(key))
    }

    /// Sets the value of a key (example: at [`get`](Self::get)).
    ///
    /// # Errors
    /// [`Error::UnwritableValue`] where the value is none that a session can hold,
    /// [`Error::ReadOnlySession`] and [`Error::CommittedSession`] where the session can no longer,
    /// or never, be written.
    pub fn insert<T: Serialize + ?Sized>(
        &self,
        key: impl Into<String>,
        value: &T,
    ) -> Result<(), Error> {
        self.writable()?;
        // Before the lock: a value's own code may look at the session.
        let (key, value) = (key.into(), to_value(value)?);
        self.write(|data| {
            data.insert_value(key, value);
            Ok(())
        })
    }

    /// Removes a key. Says whether it was there.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use hardtack::{CookieStore, RailsVersion, RequestOrigin, SecretKeyBase, Session};
    /// # let secret = SecretKeyBase::generate()?;
    /// # let store = Arc::new(CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session"));
    /// # let session = Session::open(&store, "", RequestOrigin::default());
    /// session.insert("user_id", &42)?;
    /// assert!(session.remove("user_id"));
    /// assert!(!session.remove("user_id"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[allow(clippy::must_use_candidate, reason = "most remove without asking")]
    pub fn remove(&self, key: &str) -> bool {
        self.update(|data| data.remove(key))
    }

    /// Whether there is this key.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use hardtack::{CookieStore, RailsVersion, RequestOrigin, SecretKeyBase, Session};
    /// # let secret = SecretKeyBase::generate()?;
    /// # let store = Arc::new(CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session"));
    /// # let session = Session::open(&store, "", RequestOrigin::default());
    /// assert!(!session.contains_key("user_id"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn contains_key(&self, key: &str) -> bool {
        self.read(|data| data.contains_key(key))
    }

    /// The keys, in the order in which they were written first.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use hardtack::{CookieStore, RailsVersion, RequestOrigin, SecretKeyBase, Session};
    /// # let secret = SecretKeyBase::generate()?;
    /// # let store = Arc::new(CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session"));
    /// # let session = Session::open(&store, "", RequestOrigin::default());
    /// session.insert("b", &1)?;
    /// session.insert("a", &2)?;
    /// assert_eq!(session.keys(), ["b", "a"]);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.read(|data| data.keys().into_iter().map(String::from).collect())
    }

    /// Whether there is no key at all.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use hardtack::{CookieStore, RailsVersion, RequestOrigin, SecretKeyBase, Session};
    /// # let secret = SecretKeyBase::generate()?;
    /// # let store = Arc::new(CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session"));
    /// assert!(Session::open(&store, "", RequestOrigin::default()).is_empty());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.read(SessionData::is_empty)
    }

    /// Removes every key, the id too. A session that stays empty is removed from the browser.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use hardtack::{Commit, CookieStore, RailsVersion, RequestOrigin, SecretKeyBase, Session};
    /// # let secret = SecretKeyBase::generate()?;
    /// # let store = Arc::new(CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session"));
    /// let session = Session::open(&store, "_shop_session=of+yesterday", RequestOrigin::default());
    /// session.clear();
    /// assert!(matches!(session.commit(200)?, Commit::Remove(_)));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    pub fn clear(&self) {
        self.update(SessionData::clear);
    }

    /// The session's id: 32 hexadecimal digits. `None` where it has none, and is not to be written.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use hardtack::{CookieStore, RailsVersion, RequestOrigin, SecretKeyBase, Session};
    /// # let secret = SecretKeyBase::generate()?;
    /// # let store = Arc::new(CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session"));
    /// # let session = Session::open(&store, "", RequestOrigin::default());
    /// assert_eq!(session.session_id(), None);
    /// session.insert("user_id", &42)?;
    /// assert_eq!(session.session_id().unwrap().len(), 32);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn session_id(&self) -> Option<String> {
        let id = self.read(SessionData::session_id);
        id.or_else(|| {
            self.with(|loaded| {
                if loaded.data.is_changed() && !loaded.data.is_empty() {
                    // Where there is no randomness, writing says so.
                    let _ = loaded.data.ensure_session_id();
                }
                loaded.data.session_id()
            })
        })
    }

    /// Throws the session away and begins another, with another id (`reset_session`): when
    /// somebody logs out, and before somebody logs in, so that nobody can have planted the session
    /// (session fixation). The flash goes as well.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use hardtack::{CookieStore, RailsVersion, RequestOrigin, SecretKeyBase, Session};
    /// # let secret = SecretKeyBase::generate()?;
    /// # let store = Arc::new(CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session"));
    /// # let session = Session::open(&store, "", RequestOrigin::default());
    /// session.insert("user_id", &42)?;
    /// let before = session.session_id();
    /// session.reset();
    /// assert_eq!(session.keys(), ["session_id"]);
    /// assert_ne!(session.session_id(), before);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    pub fn reset(&self) {
        self.change(|loaded| {
            loaded.reset();
            // Where there is no randomness the session stays empty, and is removed.
            let _ = loaded.data.ensure_session_id();
        });
    }

    /// Gives the session another id and keeps what is in it (`request.session_options[:renew]`).
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use hardtack::{CookieStore, RailsVersion, RequestOrigin, SecretKeyBase, Session};
    /// # let secret = SecretKeyBase::generate()?;
    /// # let store = Arc::new(CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session"));
    /// # let session = Session::open(&store, "", RequestOrigin::default());
    /// session.insert("cart", &["tea"])?;
    /// let before = session.session_id();
    /// session.renew();
    /// assert!(session.contains_key("cart"));
    /// assert_ne!(session.session_id(), before);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    pub fn renew(&self) {
        self.change(|loaded| {
            loaded.data.forget_session_id();
            // Where there is no randomness, writing says so.
            let _ = loaded.data.ensure_session_id();
        });
    }

    /// The whole session as a type: see [`SessionData::view`].
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use hardtack::{CookieStore, RailsVersion, RequestOrigin, SecretKeyBase, Session};
    /// # let secret = SecretKeyBase::generate()?;
    /// # let store = Arc::new(CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session"));
    /// # let session = Session::open(&store, "", RequestOrigin::default());
    /// #[derive(Default, serde::Serialize, serde::Deserialize)]
    /// #[serde(default)]
    /// struct Shopper {
    ///     user_id: Option<u64>,
    ///     cart: Vec<String>,
    /// }
    ///
    /// let mut shopper: Shopper = session.view()?;
    /// shopper.cart.push("tea".to_owned());
    /// session.merge(&shopper)?;
    /// assert_eq!(session.get::<Vec<String>>("cart")?.unwrap(), ["tea"]);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnexpectedValue`] where the session is not of that type.
    pub fn view<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.read(SessionData::view)
    }

    /// Sets the keys that a value has, and leaves all others alone: see [`SessionData::merge`]
    /// (example: at [`view`](Self::view)).
    ///
    /// # Errors
    /// As [`insert`](Self::insert).
    pub fn merge<T: Serialize + ?Sized>(&self, value: &T) -> Result<(), Error> {
        self.writable()?;
        let value = to_value(value)?;
        self.write(|data| data.merge_value(value))
    }

    /// Looks at the session's data, for several reads at once, as it is when this is called: what
    /// is changed meanwhile, by this handle too, the closure does not see.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use hardtack::{CookieStore, RailsVersion, RequestOrigin, SecretKeyBase, Session, WardenScope};
    /// # let secret = SecretKeyBase::generate()?;
    /// # let store = Arc::new(CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session"));
    /// # let session = Session::open(&store, "", RequestOrigin::default());
    /// let login = session.read(|data| WardenScope::new("user").login(data));
    /// assert!(login.is_none());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    pub fn read<R>(&self, read: impl FnOnce(&SessionData) -> R) -> R {
        read(&self.loaded().data)
    }

    /// Changes the session's data. The closure must not use this handle: it would wait for itself.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use hardtack::{CookieStore, RailsVersion, RequestOrigin, SecretKeyBase, Session, WardenScope};
    /// # let secret = SecretKeyBase::generate()?;
    /// # let store = Arc::new(CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session"));
    /// # let session = Session::open(&store, "", RequestOrigin::default());
    /// # let hash = "$2a$12$abcdefghijklmnopqrstuv0123456789abcdefghijklmnopqrstu";
    /// session.update(|data| WardenScope::new("user").log_in(data, &7, hash))?;
    /// assert!(session.contains_key("warden.user.user.key"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    pub fn update<R>(&self, update: impl FnOnce(&mut SessionData) -> R) -> R {
        self.change(|loaded| update(&mut loaded.data))
    }

    /// The flash of this request, which is swept when it is first asked for and kept at the end:
    /// Rails' `flash`. The closure must not use this handle: it would wait for itself.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use hardtack::{CookieStore, RailsVersion, RequestOrigin, SecretKeyBase, Session};
    /// # let secret = SecretKeyBase::generate()?;
    /// # let store = Arc::new(CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session"));
    /// # let session = Session::open(&store, "", RequestOrigin::default());
    /// session.flash(|flash| flash.now("alert", "Full"));
    /// let alert = session.flash(|flash| flash.alert().map(str::to_owned));
    /// assert_eq!(alert.as_deref(), Some("Full"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    pub fn flash<R>(&self, change: impl FnOnce(&mut Flash) -> R) -> R {
        let mut state = self.state_of_loaded();
        let is_committed = state.is_committed;
        let loaded = self.loaded_in(&mut state);
        loaded.checked = None;
        let Loaded { data, flash, .. } = loaded;
        let flash = flash.get_or_insert_with(|| Flash::load(data));
        let before = is_committed.then(|| flash.to_session_value());
        let outcome = change(flash);
        if before.is_some_and(|before| before != flash.to_session_value()) {
            self.0.store.tell(Event::TooLate);
        }
        outcome
    }

    /// The session's authenticity tokens, for pages that are rendered; a session without gets
    /// them. They go with [`reset`](Self::reset) and with a login: ask after these.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use hardtack::{CookieStore, RailsVersion, RequestOrigin, SecretKeyBase, Session};
    /// # let secret = SecretKeyBase::generate()?;
    /// # let store = Arc::new(CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session"));
    /// # let session = Session::open(&store, "", RequestOrigin::default());
    /// let token = session.authenticity_tokens()?.masked_per_form_token("/orders", "post")?;
    /// assert!(session.is_authentic(&token, "/orders", "POST"));
    /// assert!(!session.is_authentic(&token, "/orders", "DELETE"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`AuthenticityTokens::load_or_create`]; [`Error::ReadOnlySession`] and
    /// [`Error::CommittedSession`] where the session has none and cannot be given any.
    pub fn authenticity_tokens(&self) -> Result<AuthenticityTokens, Error> {
        if let Some(tokens) = self.present_authenticity_tokens() {
            return Ok(tokens);
        }
        let settings = self.0.store.csrf_settings();
        self.write(|data| AuthenticityTokens::load_or_create(data, settings))
    }

    /// Whether a token is one of this session's for a request of this path and method: see
    /// [`AuthenticityTokens::verify`] (example: at
    /// [`authenticity_tokens`](Self::authenticity_tokens)).
    #[must_use]
    pub fn is_authentic(&self, token: impl AsRef<[u8]>, path: &str, method: &str) -> bool {
        let tokens = self.present_authenticity_tokens();
        tokens.is_some_and(|tokens| tokens.verify(token, path, method))
    }

    /// The request's other cookies, and those that its response sets.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use hardtack::{CookieStore, RailsVersion, RequestOrigin, SecretKeyBase, Session};
    /// # let secret = SecretKeyBase::generate()?;
    /// # let store = Arc::new(CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session"));
    /// let session = Session::open(&store, "theme=dark", RequestOrigin::default());
    /// assert_eq!(session.cookies().get("theme").as_deref(), Some(&b"dark"[..]));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn cookies(&self) -> CookieJar {
        CookieJar(self.clone())
    }

    /// By which scheme and host the request came.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use hardtack::{CookieStore, RailsVersion, RequestOrigin, SecretKeyBase, Session};
    /// # let secret = SecretKeyBase::generate()?;
    /// # let store = Arc::new(CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session"));
    /// let session = Session::open(&store, "", RequestOrigin::new(true, Some("shop.example")));
    /// assert!(session.origin().is_ssl());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn origin(&self) -> &RequestOrigin {
        &self.0.origin
    }

    /// Why the session's cookie was refused, for the operator; `None` where it opened, or there
    /// was none.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use hardtack::{CookieStore, RailsVersion, Refusal, RequestOrigin, SecretKeyBase, Session};
    /// # let secret = SecretKeyBase::generate()?;
    /// # let store = Arc::new(CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session"));
    /// let session = Session::open(&store, "_shop_session=AAAA--AAAA--AAAA", RequestOrigin::default());
    /// assert_eq!(session.refusal(), Some(Refusal::Malformed));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn refusal(&self) -> Option<Refusal> {
        match self.loaded().came {
            Came::Refused(refusal) => Some(refusal),
            Came::Not | Came::Opened { .. } => None,
        }
    }

    /// Whether the session can be written as it is now, flash and all: for a handler that would
    /// rather meet an overflow itself than have the middleware answer with an error. Unless the
    /// session is changed after, what was sealed here is what is set.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use hardtack::{CookieStore, Error, RailsVersion, RequestOrigin, SecretKeyBase, Session};
    /// # let secret = SecretKeyBase::generate()?;
    /// # let store = Arc::new(CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session"));
    /// # let session = Session::open(&store, "", RequestOrigin::default());
    /// session.insert("cart", &"x".repeat(4000))?;
    /// let Err(Error::CookieOverflow(overflow)) = session.check() else { panic!() };
    /// assert_eq!(overflow.entries[0].0, "cart");
    /// session.remove("cart");
    /// assert!(session.check().is_ok());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Jar::write`](crate::Jar::write).
    pub fn check(&self) -> Result<(), Error> {
        self.with(|loaded| loaded.check(&self.0.store, &self.0.origin))
    }

    /// What a response of this status says of the session: for whoever writes the response, once,
    /// when the handler has returned. The session cannot be changed after.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use hardtack::{CookieStore, Error, RailsVersion, RequestOrigin, SecretKeyBase, Session};
    /// # let secret = SecretKeyBase::generate()?;
    /// # let store = Arc::new(CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session"));
    /// let session = Session::open(&store, "", RequestOrigin::default());
    /// let commit = session.commit(200)?;
    /// assert_eq!(session.insert("user_id", &42), Err(Error::CommittedSession));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Jar::write`](crate::Jar::write): the session does not fit, or cannot be written. The
    /// browser keeps what it has; a response that pretends that all went well would be wrong.
    pub fn commit(&self, status: u16) -> Result<Commit, Error> {
        let mut state = self.state();
        state.is_committed = true;
        let Some(loaded) = &mut state.loaded else {
            return Ok(Commit::Keep);
        };
        let Shared { store, origin, .. } = &*self.0;
        let header = CookieHeader::new(self.header());
        Arc::make_mut(loaded)
            .commit(store, origin, &header, status)
            .inspect_err(|error| store.tell(Event::Failed(error)))
    }

    /// The session's authenticity tokens; `None` where it has none.
    pub(crate) fn present_authenticity_tokens(&self) -> Option<AuthenticityTokens> {
        let settings = self.0.store.csrf_settings();
        self.read(|data| AuthenticityTokens::load(data, settings))
    }

    pub(super) fn store(&self) -> &Arc<CookieStore> {
        &self.0.store
    }

    pub(super) fn header(&self) -> &[u8] {
        self.0.header.as_ref()
    }

    pub(super) fn for_host(&self, attributes: &Attributes) -> Attributes {
        attributes.for_host(self.0.origin.host().unwrap_or_default())
    }

    /// The cookie of this name that is to be set.
    pub(super) fn pending(&self, name: &str) -> Option<SetCookie> {
        let state = self.state();
        let mut cookies = state.cookies.iter().rev();
        cookies.find(|cookie| cookie.name() == name).cloned()
    }

    pub(super) fn queue(&self, cookie: SetCookie) {
        let mut state = self.state();
        if state.is_committed {
            self.0.store.tell(Event::CookieTooLate(cookie.name()));
        }
        let is_same = |other: &SetCookie| {
            (other.name(), other.path(), other.domain())
                == (cookie.name(), cookie.path(), cookie.domain())
        };
        state.cookies.retain(|other| !is_same(other));
        state.cookies.push(cookie);
    }

    /// Whether the cookie that is written under this name may be written again: once, and not
    /// after the response headers.
    pub(super) fn may_rewrite(&self, name: &str) -> bool {
        let state = self.state();
        let is_same = |cookie: &SetCookie| cookie.name() == name;
        !state.is_committed && !state.rewritten.iter().any(is_same)
    }

    /// Queues cookies that are written again; what the handler sets or deletes wins.
    pub(super) fn queue_rewritten(&self, cookies: Vec<SetCookie>) {
        let mut state = self.state();
        if !state.is_committed {
            for cookie in cookies {
                state
                    .rewritten
                    .retain(|other| other.name() != cookie.name());
                state.rewritten.push(cookie);
            }
        }
    }

    pub(super) fn take_queue(&self) -> Vec<SetCookie> {
        let mut state = self.state();
        let mut rewritten = std::mem::take(&mut state.rewritten);
        let mut cookies = std::mem::take(&mut state.cookies);
        drop(state);
        rewritten.retain(|own| !cookies.iter().any(|cookie| cookie.name() == own.name()));
        cookies.append(&mut rewritten);
        if !self.0.origin.is_ssl() {
            if let Some(secure) = cookies.iter().find(|cookie| cookie.secure()) {
                self.0.store.tell(Event::NotOverHttp(secure.name()));
            }
            cookies.retain(|cookie| !cookie.secure());
        }
        cookies
    }

    /// Whether a change would be written.
    fn writable(&self) -> Result<(), Error> {
        self.writable_in(&self.state())
    }

    fn writable_in(&self, state: &State) -> Result<(), Error> {
        if self.0.store.writes == Writes::Never {
            Err(Error::ReadOnlySession)
        } else if state.is_committed {
            Err(Error::CommittedSession)
        } else {
            Ok(())
        }
    }

    /// Changes what will be written. Whether it will be is asked under the same lock: a commit in
    /// between would lose the change, and nobody would be told.
    fn write<R>(
        &self,
        write: impl FnOnce(&mut SessionData) -> Result<R, Error>,
    ) -> Result<R, Error> {
        self.writable()?;
        let mut state = self.state_of_loaded();
        self.writable_in(&state)?;
        let loaded = self.loaded_in(&mut state);
        loaded.checked = None;
        write(&mut loaded.data)
    }

    fn change<R>(&self, change: impl FnOnce(&mut Loaded) -> R) -> R {
        if self.state().is_committed {
            self.0.store.tell(Event::TooLate);
        }
        self.with(change)
    }

    /// What may change the session undoes what [`check`](Self::check) kept.
    fn with<R>(&self, with: impl FnOnce(&mut Loaded) -> R) -> R {
        let mut state = self.state_of_loaded();
        let loaded = self.loaded_in(&mut state);
        loaded.checked = None;
        with(loaded)
    }

    /// The session as it is now, for reading without the lock.
    fn loaded(&self) -> Arc<Loaded> {
        self.load_in(&mut self.state_of_loaded()).clone()
    }

    fn loaded_in<'s>(&self, state: &'s mut State) -> &'s mut Loaded {
        Arc::make_mut(self.load_in(state))
    }

    fn load_in<'s>(&self, state: &'s mut State) -> &'s mut Arc<Loaded> {
        let loaded = &mut state.loaded;
        loaded.get_or_insert_with(|| Arc::new(self.read_sent().0))
    }

    fn read_sent(&self) -> (Loaded, Option<Outcome>) {
        Loaded::read(&self.0.store, &CookieHeader::new(self.header()))
    }

    /// The lock, the session being read by now. Whoever hears of the reading does so without the
    /// lock, and once: an observer may ask this very session, and may panic.
    fn state_of_loaded(&self) -> MutexGuard<'_, State> {
        let mut state = self.state();
        if state.loaded.is_none() {
            let (loaded, outcome) = self.read_sent();
            state.loaded = Some(Arc::new(loaded));
            drop(state);
            self.0.store.heard(outcome);
            state = self.state();
        }
        state
    }

    /// A handler that panicked leaves a session that is whole: values are put in one at a time.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Session {
    /// How it stands, and no value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.0.state.try_lock();
        let data = state
            .as_ref()
            .ok()
            .and_then(|state| state.loaded.as_ref())
            .map(|loaded| &loaded.data);
        f.debug_struct("Session")
            .field("name", &self.0.store.name())
            .field("data", &data)
            .finish_non_exhaustive()
    }
}
