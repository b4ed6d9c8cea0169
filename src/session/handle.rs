//! [`Session`]: the session of a request, as a handler has it.

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::changes::Incoming;
use super::commit::Commit;
use super::context::{Context, Writing};
use super::data::SessionData;
use super::loaded::Loaded;
use super::origin::RequestOrigin;
use super::provenance::Provenance;
use crate::error::{Error, Refusal};
use crate::settings::SameSite;

/// The session of a request: a handle that is cheap to clone, and changed through `&self`.
///
/// A session in its cookie is opened when it is first asked for, and one that does not open is empty.
/// A session that a store keeps was loaded by [`LazySession`](crate::LazySession). Nothing here waits,
/// and closures, values, observers and subscribers run under no lock: they may use the session. (Of a
/// [`SessionFormat`](crate::stores::SessionFormat) of one's own, `new_id` and `renew` may not.)
///
/// ```
/// use std::sync::Arc;
/// use hardtack::{Commit, CookieStore, RequestOrigin, Session};
///
/// let store = Arc::new(CookieStore::ephemeral("_shop_session")?);
///
/// // What a middleware does before the handler ...
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
    /// The value of a key as a type; `None` where there is no such key, or nil in it.
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
    pub fn insert(&self, key: impl AsRef<str>, value: impl Serialize) -> Result<(), Error> {
        self.0.writable()?;
        // Before the lock: the code of a key or a value may look at the session.
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

    /// Removes a key. Says whether it was there.
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
    /// [`Error::ReadOnlySession`] and [`Error::CommittedSession`] where the session can no longer,
    /// or never, be written.
    pub fn remove(&self, key: &str) -> Result<bool, Error> {
        self.0.write(|loaded| Ok(loaded.data.remove(key)))
    }

    /// Removes a key and returns its value as a type; `None` where there is no such key, or nil in
    /// it.
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
    /// [`Error::UnexpectedValue`] where it is not of that type, and stays where it is; else as
    /// [`remove`](Self::remove).
    pub fn take<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Error> {
        self.0.writable()?;
        let seen = self.0.loaded();
        // Before the lock, as in `insert`.
        let value = seen.data.get(key)?;
        let changed_at = seen.data.changes.changed_at(key);
        drop(seen);
        self.0.write(|Loaded { data, .. }| {
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

    /// The keys, in the order in which they were written first.
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

    /// Whether there is no key at all.
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

    /// Removes every key, the id too. A session that stays empty is removed from the browser. A
    /// flash that was loaded stays, as in Rails; [`reset`](Self::reset) drops that as well.
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

    /// Returns the session's id: 32 hexadecimal digits in a cookie of Rails and in
    /// [`StoredJson`](crate::stores::StoredJson). A session that is to be written gets one now, where it has
    /// none; `None` where it has none and can no longer, or never, be written.
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
        // Where there is no randomness, writing says so.
        self.0.write(Loaded::id_to_write).ok()?
    }

    /// Throws the session away and begins another, with another id (`reset_session`): when
    /// somebody logs out, and before somebody logs in, so that nobody can have planted the session
    /// (session fixation). It keeps nothing: the flash and the authenticity tokens go as well.
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
    /// As [`remove`](Self::remove): the browser keeps the session that it has, and whoever is
    /// logged in there stays so.
    pub fn reset(&self) -> Result<(), Error> {
        self.0.write(|loaded| {
            loaded.reset();
            // Where there is no randomness the session stays empty, and is removed.
            let _ = loaded.ensure_id();
            Ok(())
        })
    }

    /// Gives the session another id (`request.session_options[:renew]`), when somebody logs in. It
    /// keeps what is in the session, the flash too, but for the authenticity tokens (`_csrf_token`),
    /// which somebody may have planted: pages that were rendered before have none that count.
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
    /// As [`remove`](Self::remove); [`Error::NoRandomness`] where the operating system gives none.
    pub fn renew(&self) -> Result<(), Error> {
        self.0.write(Loaded::renew)
    }

    /// The whole session as a type: see [`SessionData::view`].
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
        self.0.writable()?;
        let value = Incoming::new(value, self.read(SessionData::may_be_text))?;
        self.0.write(|loaded| loaded.data.merge_incoming(value))
    }

    /// Ends this session so long after each writing, in place of the store's own expiry ("remember
    /// me"; `request.session_options[:expire_after]`). `None` goes back to the store's.
    ///
    /// Unlike in Rails it holds for later requests too: the session keeps it, as `_expire_after` in
    /// whole seconds. Where Rails writes the session in between, Rails' own expiry counts until the
    /// session is next written here. An [`absolute_lifetime`](crate::Sessions::absolute_lifetime)
    /// ends it all the same.
    ///
    /// ```
    /// use std::time::Duration;
    /// use hardtack::{Commit, Session};
    ///
    /// let session = Session::ephemeral()?;
    /// session.insert("user_id", &42)?;
    /// session.expire_after(Duration::from_secs(30 * 24 * 60 * 60))?;
    /// let Commit::Set(cookies) = session.commit(200)? else { panic!() };
    /// assert!(cookies[0].expires().is_some());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::CookieAttribute`] for no time at all, [`Error::ExpiryOutOfRange`] for a time beyond
    /// the year 9999; else as [`remove`](Self::remove).
    pub fn expire_after(&self, duration: impl Into<Option<Duration>>) -> Result<(), Error> {
        let (policy, duration) = (self.0.policy(), duration.into());
        self.0
            .write(|loaded| policy.set_expire_after(&mut loaded.data, duration))
    }

    /// Sets the `SameSite` of the session's cookie in this response, and writes the session: a
    /// login at another site that comes back by a form (`response_mode=form_post`) needs
    /// `SameSite::None`. The next writing has the store's own again.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use hardtack::{Commit, CookieStore, RequestOrigin, SameSite, Session};
    ///
    /// let store = Arc::new(CookieStore::ephemeral("_shop_session")?.secure(true));
    /// let session = Session::open(&store, "", RequestOrigin::new(true, None));
    /// session.insert("oauth_state", "5ca75bd30")?;
    /// session.same_site(SameSite::None)?;
    /// let Commit::Set(cookies) = session.commit(302)? else { panic!() };
    /// assert_eq!(cookies[0].same_site(), Some(SameSite::None));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::CookieConflict`] for `SameSite::None` where the cookie is not `Secure`; else as
    /// [`remove`](Self::remove).
    pub fn same_site(&self, same_site: SameSite) -> Result<(), Error> {
        let policy = self.0.policy();
        let attributes = policy.attributes_for(self.0.origin());
        attributes.same_site(Some(same_site)).check(&policy.name)?;
        self.0.write(|loaded| {
            loaded.same_site = Some(same_site);
            loaded.data.touch();
            Ok(())
        })
    }

    /// Writes nothing of the session in this response (`request.session_options[:skip]`): what was
    /// changed in this request is not kept, and no expiry is renewed.
    ///
    /// ```
    /// use hardtack::{Commit, Session};
    ///
    /// let session = Session::ephemeral()?;
    /// session.insert("polled_at", &1_700_000_000)?;
    /// session.skip()?;
    /// assert_eq!(session.commit(200)?, Commit::Keep);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::CommittedSession`] where the response's cookies were decided already.
    pub fn skip(&self) -> Result<(), Error> {
        self.0.set_writing(Writing::Skipped)
    }

    /// Deletes the session from its store with this response, and sets no cookie
    /// (`request.session_options[:drop]`). The browser's cookie then leads to nothing. A session
    /// that lives in its cookie stays there, as with [`skip`](Self::skip): [`reset`](Self::reset)
    /// ends either.
    ///
    /// ```
    /// use hardtack::Session;
    ///
    /// let session = Session::ephemeral()?;
    /// session.drop()?;
    /// assert!(session.commit(200)?.cookies().is_empty());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::ReadOnlySession`] where nothing is ever written, and as [`skip`](Self::skip).
    pub fn drop(&self) -> Result<(), Error> {
        self.0.writable()?;
        self.0.set_writing(Writing::Dropped)
    }

    /// By which scheme and host the request came.
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

    /// Why the session's cookie was refused, for the operator; `None` where it opened, or there
    /// was none.
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
            Provenance::New | Provenance::Opened { .. } => None,
        }
    }

    /// Checks that the session can be written as it is now, flash and all: for a handler that would
    /// rather meet an overflow itself than have the middleware answer with an error. Unless the
    /// session is changed after, what was sealed here is what is set.
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
    /// As [`Jar::write`](crate::Jar::write), and as [`insert`](Self::insert) where nothing is
    /// written any more. In a store: [`Error::UnwritableValue`] where its format cannot hold a value.
    pub fn check(&self) -> Result<(), Error> {
        self.0.check()
    }

    /// Decides what a response of this status says of the session. Call it once, when the handler has
    /// returned; the session and its cookies cannot be changed after.
    ///
    /// One of 5xx does not write the session, unless
    /// [`writes_on_server_error`](crate::Sessions::writes_on_server_error) says so.
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
    /// As [`Jar::write`](crate::Jar::write): the session does not fit, or cannot be written. The
    /// browser keeps what it has; a response that pretends that all went well would be wrong.
    /// [`Error::NeedsStore`] where a store keeps the session: await
    /// [`LazySession::commit`](crate::LazySession::commit) instead.
    pub fn commit(&self, status: u16) -> Result<Commit, Error> {
        self.0.commit(status)
    }
}

impl fmt::Debug for Session {
    /// How it stands, and no value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let loaded = self.0.seen();
        f.debug_struct("Session")
            .field("name", &self.0.policy().name)
            .field("data", &loaded.as_ref().map(|loaded| &loaded.data))
            .finish_non_exhaustive()
    }
}
