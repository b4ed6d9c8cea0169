//! [`Session`]: the session of a request, as a handler has it.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::commit::Commit;
use super::csrf::AuthenticityTokens;
use super::data::SessionData;
use super::events::Event;
use super::loaded::{Came, Loaded};
use super::origin::RequestOrigin;
use super::store::CookieStore;
use super::writes::Writes;
use crate::cookie::attributes::Attributes;
use crate::cookie::header::CookieHeader;
use crate::cookie::set_cookie::SetCookie;
use crate::error::{Error, Refusal};
use crate::serializer::to_value;

/// The session of a request: a handle that is cheap to clone, and changed through `&self`.
///
/// The cookie is opened when the session is asked for the first time; a request that never asks
/// costs nothing of it. One that does not open is an empty session. Nothing here waits, and no code
/// of the app runs under a lock: closures, values, observers and subscribers may use the session.
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
/// session.flash().set("notice", "Welcome")?;
/// // ... and the middleware after it.
/// let Commit::Set(cookies) = session.commit(200)? else { panic!() };
///
/// let header = format!("_shop_session={}", cookies[0].escaped_value());
/// let session = Session::open(&store, header, RequestOrigin::default());
/// assert_eq!(session.get::<u32>("visits")?, Some(1));
/// assert_eq!(session.flash().notice().as_deref(), Some("Welcome"));
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone)]
pub struct Session(Arc<Shared<dyn AsRef<[u8]> + Send + Sync>>);

struct Shared<H: ?Sized> {
    store: Arc<CookieStore>,
    origin: RequestOrigin,
    state: Mutex<State>,
    /// The response depends on the request's cookies, or sets some.
    is_asked: AtomicBool,
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
            is_asked: AtomicBool::new(false),
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
        self.write(|loaded| {
            loaded.data.insert_value(key, value);
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
    /// assert!(session.remove("user_id")?);
    /// assert!(!session.remove("user_id")?);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::ReadOnlySession`] and [`Error::CommittedSession`] where the session can no longer,
    /// or never, be written.
    pub fn remove(&self, key: &str) -> Result<bool, Error> {
        self.write(|loaded| Ok(loaded.data.remove(key)))
    }

    /// Removes a key and returns its value as a type; `None` where there is no such key, or nil in
    /// it.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use hardtack::{CookieStore, RailsVersion, RequestOrigin, SecretKeyBase, Session};
    /// # let secret = SecretKeyBase::generate()?;
    /// # let store = Arc::new(CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session"));
    /// # let session = Session::open(&store, "", RequestOrigin::default());
    /// session.insert("return_to", "/orders")?;
    /// assert!(session.take::<u32>("return_to").is_err()); // and it stays
    /// assert_eq!(session.take::<String>("return_to")?.as_deref(), Some("/orders"));
    /// assert_eq!(session.take::<String>("return_to")?, None);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnexpectedValue`] where it is not of that type, and stays where it is; else as
    /// [`remove`](Self::remove).
    pub fn take<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Error> {
        self.writable()?;
        let seen = self.loaded();
        // Before the lock, as in `insert`.
        let value = seen.data.get(key)?;
        let changed_at = seen.data.changes.changed_at(key);
        drop(seen);
        self.write(|Loaded { data, .. }| {
            // Whoever took it meanwhile has it alone, and what was set meanwhile stays.
            if !data.contains_key(key) {
                return Ok(None);
            }
            if data.changes.changed_at(key) == changed_at {
                data.remove(key);
            }
            Ok(value)
        })
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

    /// Removes every key, the id too. A session that stays empty is removed from the browser. A
    /// flash that was loaded stays, as in Rails; [`reset`](Self::reset) drops that as well.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use hardtack::{Commit, CookieStore, RailsVersion, RequestOrigin, SecretKeyBase, Session};
    /// # let secret = SecretKeyBase::generate()?;
    /// # let store = Arc::new(CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session"));
    /// let session = Session::open(&store, "_shop_session=of+yesterday", RequestOrigin::default());
    /// session.clear()?;
    /// assert!(matches!(session.commit(200)?, Commit::Remove(_)));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`remove`](Self::remove).
    pub fn clear(&self) -> Result<(), Error> {
        self.write(|loaded| {
            loaded.data.clear();
            Ok(())
        })
    }

    /// Returns the session's id: 32 hexadecimal digits. A session that is to be written gets one
    /// now, where it has none; `None` where it has none and can no longer, or never, be written.
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
        let (id, is_changed) = self.read(|data| (data.session_id(), data.is_changed()));
        if id.is_some() || !is_changed {
            return id;
        }
        // Where there is no randomness, writing says so.
        self.write(|loaded| loaded.data.id_to_write()).ok()?
    }

    /// Throws the session away and begins another, with another id (`reset_session`): when
    /// somebody logs out, and before somebody logs in, so that nobody can have planted the session
    /// (session fixation). It keeps nothing: the flash and the authenticity tokens go as well.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use hardtack::{CookieStore, RailsVersion, RequestOrigin, SecretKeyBase, Session};
    /// # let secret = SecretKeyBase::generate()?;
    /// # let store = Arc::new(CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session"));
    /// # let session = Session::open(&store, "", RequestOrigin::default());
    /// session.insert("user_id", &42)?;
    /// let before = session.session_id();
    /// session.reset()?;
    /// assert_eq!(session.keys(), ["session_id"]);
    /// assert_ne!(session.session_id(), before);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`remove`](Self::remove): the browser keeps the session that it has, and whoever is
    /// logged in there stays so.
    pub fn reset(&self) -> Result<(), Error> {
        self.write(|loaded| {
            loaded.reset();
            // Where there is no randomness the session stays empty, and is removed.
            let _ = loaded.data.ensure_session_id();
            Ok(())
        })
    }

    /// Gives the session another id (`request.session_options[:renew]`), when somebody logs in. It
    /// keeps what is in the session, the flash too, but for the authenticity tokens (`_csrf_token`),
    /// which somebody may have planted: pages that were rendered before have none that count.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use hardtack::{CookieStore, RailsVersion, RequestOrigin, SecretKeyBase, Session};
    /// # let secret = SecretKeyBase::generate()?;
    /// # let store = Arc::new(CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session"));
    /// # let session = Session::open(&store, "", RequestOrigin::default());
    /// session.insert("cart", &["tea"])?;
    /// let token = session.authenticity_tokens()?.masked_authenticity_token()?;
    /// let before = session.session_id();
    /// session.renew()?;
    /// assert!(session.contains_key("cart"));
    /// assert_ne!(session.session_id(), before);
    /// assert!(!session.is_authentic(&token, "/orders", "POST"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`remove`](Self::remove); [`Error::NoRandomness`] where the operating system gives none.
    pub fn renew(&self) -> Result<(), Error> {
        self.write(|loaded| {
            loaded.data.renew();
            loaded.data.ensure_session_id()
        })
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
        self.write(|loaded| loaded.data.merge_value(value))
    }

    /// The session's authenticity tokens, for pages that are rendered; a session without gets
    /// them. They go with [`reset`](Self::reset), [`renew`](Self::renew) and a login: ask after
    /// these.
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
        self.write(|loaded| AuthenticityTokens::load_or_create(&mut loaded.data, settings))
    }

    /// Whether a token is one of this session's for a request of this path and method: see
    /// [`AuthenticityTokens::verify`] (example: at
    /// [`authenticity_tokens`](Self::authenticity_tokens)).
    #[must_use]
    pub fn is_authentic(&self, token: impl AsRef<[u8]>, path: &str, method: &str) -> bool {
        let tokens = self.present_authenticity_tokens();
        tokens.is_some_and(|tokens| tokens.verify(token, path, method))
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

    /// Checks that the session can be written as it is now, flash and all: for a handler that would
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
    /// session.remove("cart")?;
    /// assert!(session.check().is_ok());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Jar::write`](crate::Jar::write), and as [`insert`](Self::insert) where nothing is
    /// written any more.
    pub fn check(&self) -> Result<(), Error> {
        self.writable()?;
        let seen = self.loaded();
        // The clock, and whoever hears of how often the key has sealed, may look at the session.
        let checked = seen.check(&self.0.store, &self.0.origin)?;
        let mut state = self.state();
        if let Some(loaded) = &mut state.loaded
            && Arc::ptr_eq(loaded, &seen)
        {
            *loaded = Arc::new(checked);
        }
        Ok(())
    }

    /// What a response of this status says of the session: for whoever writes the response, once,
    /// when the handler has returned. The session and its cookies cannot be changed after.
    ///
    /// One of 5xx does not write the session, unless
    /// [`CookieStore::writes_on_server_error`] says so.
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
        let loaded = {
            let mut state = self.state();
            state.is_committed = true;
            state.loaded.clone()
        };
        // From here on nobody changes it.
        let Some(mut loaded) = loaded else {
            return Ok(Commit::Keep);
        };
        let Shared { store, origin, .. } = &*self.0;
        let header = CookieHeader::new(self.header());
        let commit = Loaded::commit(&mut loaded, store, origin, &header, status)
            .inspect_err(|error| store.tell(Event::Failed(error)));
        self.state().loaded = Some(loaded);
        commit
    }

    /// The session's authenticity tokens; `None` where it has none.
    pub(crate) fn present_authenticity_tokens(&self) -> Option<AuthenticityTokens> {
        let settings = self.0.store.csrf_settings();
        self.read(|data| AuthenticityTokens::load(data, settings))
    }

    pub(super) fn store(&self) -> &Arc<CookieStore> {
        &self.0.store
    }

    /// The request's header `Cookie`, on which the response depends from here on.
    pub(super) fn header(&self) -> &[u8] {
        self.0.is_asked.store(true, Relaxed);
        self.header_for_debug()
    }

    /// The same, for what the operator sees: a level of logging changes no response.
    pub(super) fn header_for_debug(&self) -> &[u8] {
        self.0.header.as_ref()
    }

    /// Checks whether anybody looked at the request's cookies, or the response sets some.
    pub(super) fn is_asked(&self) -> bool {
        self.0.is_asked.load(Relaxed)
    }

    pub(super) fn for_host(&self, attributes: &Attributes) -> Attributes {
        attributes.for_host(self.0.origin.host().unwrap_or_default())
    }

    /// Returns the cookie of a name that is to be set: of several, the last one.
    pub(super) fn pending(&self, is_it: impl Fn(&str) -> bool) -> Option<SetCookie> {
        let state = self.state();
        let mut cookies = state.cookies.iter().rev();
        cookies.find(|cookie| is_it(cookie.name())).cloned()
    }

    pub(super) fn queue(&self, cookie: SetCookie) -> Result<(), Error> {
        let mut state = self.state();
        if state.is_committed {
            return Err(Error::CommittedSession);
        }
        let is_same = |other: &SetCookie| {
            (other.name(), other.path(), other.domain())
                == (cookie.name(), cookie.path(), cookie.domain())
        };
        state.cookies.retain(|other| !is_same(other));
        state.cookies.push(cookie);
        Ok(())
    }

    /// Checks whether the cookie that is written under this name may be written again: once, and
    /// not after the response headers.
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
        if !cookies.is_empty() {
            self.0.is_asked.store(true, Relaxed);
        }
        cookies
    }

    /// Checks that a change would be written.
    pub(super) fn writable(&self) -> Result<(), Error> {
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

    /// Changes what will be written. That it will be is checked under the same lock: a commit in
    /// between would lose the change, and nobody would be told. The closure is none of the app's.
    pub(super) fn write<R>(
        &self,
        write: impl FnOnce(&mut Loaded) -> Result<R, Error>,
    ) -> Result<R, Error> {
        self.writable()?;
        let seen = self.loaded();
        let mut state = self.state();
        self.writable_in(&state)?;
        // What was sealed by `check` is not what it is now.
        let loaded = Arc::make_mut(state.loaded.get_or_insert(seen));
        loaded.checked = None;
        write(loaded)
    }

    /// The session as it is now, for reading without the lock. It is read without the lock too: the
    /// clock, or an observer, may ask this very session.
    pub(super) fn loaded(&self) -> Arc<Loaded> {
        if let Some(loaded) = &self.state().loaded {
            return loaded.clone();
        }
        let header = CookieHeader::new(self.header());
        let (loaded, outcome) = Loaded::read(&self.0.store, &header);
        let loaded = Arc::new(loaded);
        // Of several threads that read it, the first tells how it came.
        if Arc::ptr_eq(
            self.state().loaded.get_or_insert_with(|| loaded.clone()),
            &loaded,
        ) {
            self.0.store.heard(outcome);
        }
        self.state().loaded.clone().unwrap_or(loaded)
    }

    /// The session with its flash, which is swept at the end of the request.
    pub(super) fn loaded_with_flash(&self) -> Arc<Loaded> {
        let seen = self.loaded();
        if seen.flash.is_some() {
            return seen;
        }
        let mut state = self.state();
        let shared = state.loaded.get_or_insert(seen);
        let loaded = Arc::make_mut(shared);
        loaded.checked = None;
        loaded.flash_mut();
        shared.clone()
    }

    /// A handler that panicked leaves a session that is whole: values are put in one at a time.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Session {
    /// How it stands, and no value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let loaded = self.state().loaded.clone();
        f.debug_struct("Session")
            .field("name", &self.0.store.name())
            .field("data", &loaded.as_ref().map(|loaded| &loaded.data))
            .finish_non_exhaustive()
    }
}
