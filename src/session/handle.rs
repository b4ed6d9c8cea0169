//! [`Session`]: the session of a request, for handlers.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::changes::Incoming;
use super::commit::Commit;
use super::context::Context;
use super::data::SessionData;
use super::loaded::Loaded;
use super::origin::RequestOrigin;
use super::provenance::Provenance;
use crate::error::{Error, Refusal};

/// The session of a request: a handle that is cheap to clone, and changes through `&self`.
///
/// A session in a cookie is opened on first use, and is empty if its cookie does not open. A
/// session in a store was loaded by [`LazySession`](crate::LazySession). No method waits for I/O.
/// Your closures, `Serialize` implementations, observers and `tracing` subscribers run without any
/// lock, so they may use the session. Only `new_id` and `renew` of your own
/// [`SessionFormat`](crate::stores::SessionFormat) must not use it.
///
/// ```
/// use std::sync::Arc;
/// use hardtack::{Commit, CookieStore, RequestOrigin, Session};
///
/// let store = Arc::new(CookieStore::ephemeral("_shop_session")?);
///
/// // The middleware, before the handler ...
/// let session = Session::open(&store, "theme=dark", RequestOrigin::default());
/// // ... the handler ...
/// let visits = session.get::<u32>("visits")?.unwrap_or(0) + 1;
/// session.insert("visits", visits)?;
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
pub struct Session(pub(crate) Context);

impl Session {
    /// Returns the value of a key as a type; `None` if the key is missing or its value is nil.
    ///
    /// ```
    /// use hardtack::Session;
    ///
    /// let session = Session::ephemeral()?;
    /// session.insert("user_id", 42)?;
    /// assert_eq!(session.get::<u32>("user_id")?, Some(42));
    /// assert_eq!(session.get::<u32>("cart")?, None);
    /// assert!(session.get::<bool>("user_id").is_err());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnexpectedValue`] if the value does not fit the type, [`Error::UnreadableValue`] if
    /// it cannot be read at all.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Error> {
        self.read(|data| data.get(key))
    }

    /// Sets the value of a key (example: at [`get`](Self::get)).
    ///
    /// # Errors
    /// [`Error::UnwritableValue`] if a session cannot hold the value. [`Error::ReadOnlySession`] if
    /// the sessions are never written, and [`Error::CommittedSession`] after the session was
    /// committed.
    pub fn insert(&self, key: impl AsRef<str>, value: impl Serialize) -> Result<(), Error> {
        self.0.writable()?;
        // Before the lock: the code of a key or a value may read the session.
        let (key, value) = (
            key.as_ref(),
            Incoming::new(&value, self.read(SessionData::may_be_text))?,
        );
        self.0.write(|Loaded { data, .. }| {
            match value {
                Incoming::Json(json) => data.changes.set_json(key, json.as_bytes()),
                Incoming::Value(value) => data.changes.set(key, value),
            }
            Ok(())
        })
    }

    /// Removes a key; returns true if the session had it.
    ///
    /// ```
    /// use hardtack::Session;
    ///
    /// let session = Session::ephemeral()?;
    /// session.insert("user_id", 42)?;
    /// assert!(session.remove("user_id")?);
    /// assert!(!session.remove("user_id")?);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::ReadOnlySession`] if the sessions are never written, and
    /// [`Error::CommittedSession`] after the session was committed.
    pub fn remove(&self, key: &str) -> Result<bool, Error> {
        self.0.write(|loaded| Ok(loaded.data.remove(key)))
    }

    /// Removes a key and returns its value as a type; `None` if the key is missing or its value is
    /// nil.
    ///
    /// ```
    /// use hardtack::Session;
    ///
    /// let session = Session::ephemeral()?;
    /// session.insert("return_to", "/orders")?;
    /// assert!(session.take::<u32>("return_to").is_err()); // and it stays
    /// assert_eq!(session.take::<String>("return_to")?.as_deref(), Some("/orders"));
    /// assert_eq!(session.take::<String>("return_to")?, None);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnexpectedValue`] if the value does not fit the type, and
    /// [`Error::UnreadableValue`] if it cannot be read; the value stays in the session. Otherwise
    /// as [`remove`](Self::remove).
    pub fn take<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Error> {
        self.0.writable()?;
        let seen = self.0.loaded();
        // Before the lock, as in `insert`.
        let value = seen.data.get(key)?;
        let changed_at = seen.data.changes.changed_at(key);
        drop(seen);
        self.0.write(|Loaded { data, .. }| {
            // If somebody took the value meanwhile, it is theirs alone; a value set meanwhile
            // stays.
            if !data.contains_key(key) {
                return Ok(None);
            }
            if data.changes.changed_at(key) == changed_at {
                data.remove(key);
            }
            Ok(value)
        })
    }

    /// Checks whether the session has this key.
    ///
    /// ```
    /// use hardtack::Session;
    ///
    /// let session = Session::ephemeral()?;
    /// assert!(!session.contains_key("user_id"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn contains_key(&self, key: &str) -> bool {
        self.read(|data| data.contains_key(key))
    }

    /// Returns the keys, in the order in which they were first written.
    ///
    /// ```
    /// use hardtack::Session;
    ///
    /// let session = Session::ephemeral()?;
    /// session.insert("b", 1)?;
    /// session.insert("a", 2)?;
    /// assert_eq!(session.keys(), ["b", "a"]);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.read(|data| data.keys().into_iter().map(String::from).collect())
    }

    /// Checks whether the session has no keys.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use hardtack::{CookieStore, RequestOrigin, Session};
    ///
    /// let store = Arc::new(CookieStore::ephemeral("_shop_session")?);
    /// assert!(Session::open(&store, "", RequestOrigin::default()).is_empty());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.read(SessionData::is_empty)
    }

    /// Removes every key, the id too.
    ///
    /// The response removes a session that stays empty from the browser. A flash that was loaded
    /// stays, as in Rails; [`reset`](Self::reset) drops it as well.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use hardtack::{Commit, CookieStore, RequestOrigin, Session};
    ///
    /// let store = Arc::new(CookieStore::ephemeral("_shop_session")?);
    /// let session = Session::open(&store, "_shop_session=of+yesterday", RequestOrigin::default());
    /// session.clear()?;
    /// assert!(matches!(session.commit(200)?, Commit::Remove(_)));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`remove`](Self::remove).
    pub fn clear(&self) -> Result<(), Error> {
        self.0.write(|loaded| {
            loaded.data.clear();
            Ok(())
        })
    }

    /// Returns the session's id, and creates one if the session will be written and has none.
    ///
    /// The id has 32 hexadecimal digits in a Rails cookie and in
    /// [`StoredJson`](crate::stores::StoredJson). Returns `None` if a session without an id is
    /// unchanged, or cannot be written (any more).
    ///
    /// ```
    /// use hardtack::Session;
    ///
    /// let session = Session::ephemeral()?;
    /// assert_eq!(session.session_id(), None);
    /// session.insert("user_id", 42)?;
    /// assert_eq!(session.session_id().unwrap().len(), 32);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn session_id(&self) -> Option<String> {
        let loaded = self.0.loaded();
        if let Some(id) = loaded.id() {
            return Some(id);
        }
        if !loaded.data.is_changed() {
            return None;
        }
        drop(loaded);
        // Without randomness, the commit reports the error.
        self.0.write(Loaded::id_to_write).ok()?
    }

    /// Discards the session and begins another with a new id (`reset_session`).
    ///
    /// Call it when a user logs out, and before a user logs in: it prevents session fixation (a
    /// login in a session that an attacker planted). It also drops the flash and the authenticity
    /// tokens.
    ///
    /// ```
    /// use hardtack::Session;
    ///
    /// let session = Session::ephemeral()?;
    /// session.insert("user_id", 42)?;
    /// let before = session.session_id();
    /// session.reset()?;
    /// assert_eq!(session.keys(), ["session_id"]);
    /// assert_ne!(session.session_id(), before);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`remove`](Self::remove). After an error the browser keeps its session, and a user who is
    /// logged in there stays logged in.
    pub fn reset(&self) -> Result<(), Error> {
        self.0.write(|loaded| {
            loaded.reset();
            // Without randomness the session stays empty, and is removed.
            let _ = loaded.ensure_id();
            Ok(())
        })
    }

    /// Gives the session a new id and keeps its content (`request.session_options[:renew]`).
    ///
    /// Call it when a user logs in. It drops only the authenticity tokens (`_csrf_token`), because
    /// an attacker may have planted them; the flash stays. Tokens in pages that were rendered
    /// before are then invalid.
    ///
    /// ```
    /// use hardtack::Session;
    ///
    /// let session = Session::ephemeral()?;
    /// session.insert("cart", ["tea"])?;
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
    /// As [`remove`](Self::remove); [`Error::NoRandomness`] if the operating system gives no random
    /// bytes.
    pub fn renew(&self) -> Result<(), Error> {
        self.0.write(Loaded::renew)
    }

    /// Reads the whole session as a type: see [`SessionData::view`].
    ///
    /// ```
    /// use hardtack::Session;
    ///
    /// let session = Session::ephemeral()?;
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
    /// [`Error::UnexpectedValue`] if the session does not fit the type.
    pub fn view<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.read(SessionData::view)
    }

    /// Sets the keys that `value` has, and leaves all others unchanged: see [`SessionData::merge`]
    /// (example: at [`view`](Self::view)).
    ///
    /// # Errors
    /// As [`insert`](Self::insert).
    pub fn merge<T: Serialize + ?Sized>(&self, value: &T) -> Result<(), Error> {
        self.0.writable()?;
        let value = Incoming::new(value, self.read(SessionData::may_be_text))?;
        self.0.write(|loaded| loaded.data.merge_incoming(value))
    }

    /// Returns the scheme and host by which the request came.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use hardtack::{CookieStore, RequestOrigin, Session};
    ///
    /// let store = Arc::new(CookieStore::ephemeral("_shop_session")?);
    /// let session = Session::open(&store, "", RequestOrigin::new(true, Some("shop.example")));
    /// assert!(session.origin().is_ssl());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn origin(&self) -> &RequestOrigin {
        self.0.origin()
    }

    /// Returns the reason why the session's cookie was refused, for the operator; `None` if the
    /// cookie opened, or if the request has no such cookie.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use hardtack::{CookieStore, Refusal, RequestOrigin, Session};
    ///
    /// let store = Arc::new(CookieStore::ephemeral("_shop_session")?);
    /// let session = Session::open(&store, "_shop_session=AAAA--AAAA--AAAA", RequestOrigin::default());
    /// assert_eq!(session.refusal(), Some(Refusal::Malformed));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn refusal(&self) -> Option<Refusal> {
        match self.0.loaded().provenance {
            Provenance::Refused(refusal) => Some(refusal),
            Provenance::New | Provenance::Unasked | Provenance::Opened { .. } => None,
        }
    }

    /// Checks that the session can be written as it is now, including the flash.
    ///
    /// Call it in a handler that handles an overflow itself: otherwise the middleware answers with
    /// an error. If the session does not change afterwards, the response sets the cookie that this
    /// call sealed.
    ///
    /// ```
    /// use hardtack::{Error, Session};
    ///
    /// let session = Session::ephemeral()?;
    /// session.insert("cart", "x".repeat(4000))?;
    /// let Err(Error::CookieOverflow(overflow)) = session.check() else { panic!() };
    /// assert_eq!(overflow.entries[0].0, "cart");
    /// session.remove("cart")?;
    /// assert!(session.check().is_ok());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Jar::write`](crate::Jar::write) for a session in a cookie; [`Error::UnwritableValue`]
    /// for a session in a store whose format cannot hold a value. As [`remove`](Self::remove) if
    /// the session can no longer be written.
    pub fn check(&self) -> Result<(), Error> {
        self.0.check()
    }

    /// Decides which session cookies a response with this status sets.
    ///
    /// Call it once, after the handler has returned: from then on neither the session nor its
    /// cookies can change.
    ///
    /// A response with status 5xx does not write the session, unless
    /// [`writes_on_server_error`](crate::Sessions::writes_on_server_error) is on.
    ///
    /// ```
    /// use hardtack::{Error, Session};
    ///
    /// let session = Session::ephemeral()?;
    /// let commit = session.commit(200)?;
    /// assert_eq!(session.insert("user_id", 42), Err(Error::CommittedSession));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Jar::write`](crate::Jar::write) if the session exceeds the size limit, or cannot be
    /// written. The browser then keeps its cookies; answer with an error, because the changes are
    /// lost. [`Error::NeedsStore`] if a store keeps the session: await
    /// [`LazySession::commit`](crate::LazySession::commit) instead.
    pub fn commit(&self, status: u16) -> Result<Commit, Error> {
        self.0.commit(status)
    }
}

impl fmt::Debug for Session {
    /// Shows the state of the session, and no values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let loaded = self.0.seen();
        f.debug_struct("Session")
            .field("name", &self.0.policy().name)
            .field("data", &loaded.as_ref().map(|loaded| &loaded.data))
            .finish_non_exhaustive()
    }
}
