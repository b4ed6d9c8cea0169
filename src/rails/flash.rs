//! [`Flash`]: a request's flash, as a handler uses it (`ActionDispatch::Flash`, `flash.rb`).

use serde::de::DeserializeOwned;

use super::flash_hash::FlashHash;
use crate::error::Error;
use crate::serializer::value::Value;
use crate::session::context::Context;
use crate::session::handle::Session;

/// The flash of a request (Rails' `flash`): the messages from the last request, and the messages
/// for the next one. A handle that is cheap to clone.
///
/// It is loaded and swept when it is first read or changed: messages from the last request go at
/// the end of this one, unless they are kept. If no handler uses the flash, its messages wait in
/// the session. [`Session::reset`] drops it.
///
/// ```
/// use std::sync::Arc;
/// use hardtack::{Commit, CookieStore, RequestOrigin, Session};
///
/// let store = Arc::new(CookieStore::ephemeral("_shop_session")?);
/// let session = Session::open(&store, "", RequestOrigin::default());
/// session.flash().set("notice", "Saved")?;
/// session.flash().now("alert", "Full")?;
/// assert_eq!(session.flash().keys(), ["notice", "alert"]);
/// let Commit::Set(cookies) = session.commit(200)? else { panic!() };
///
/// // The next request shows the notice, and the request after that has an empty flash.
/// let header = format!("_shop_session={}", cookies[0].escaped_value());
/// let session = Session::open(&store, header, RequestOrigin::default());
/// assert_eq!(session.flash().notice().as_deref(), Some("Saved"));
/// assert_eq!(session.flash().alert(), None);
/// let Commit::Set(cookies) = session.commit(200)? else { panic!() };
///
/// let header = format!("_shop_session={}", cookies[0].escaped_value());
/// let session = Session::open(&store, header, RequestOrigin::default());
/// assert!(session.flash().is_empty());
/// # Ok::<(), hardtack::Error>(())
/// ```
///
/// # Errors
/// Every method that changes the flash returns [`Error::ReadOnlySession`] or
/// [`Error::CommittedSession`] if the session cannot be changed.
#[derive(Clone, Debug)]
pub struct Flash(Context);

impl Session {
    /// Returns the flash of this request (`flash`; example: at [`Flash`]).
    #[must_use]
    pub fn flash(&self) -> Flash {
        Flash(self.0.clone())
    }
}

impl Flash {
    /// Returns the value of a key as a type; `None` if the key is absent or its value is nil
    /// (`flash[:errors]`).
    ///
    /// ```
    /// use hardtack::Session;
    ///
    /// let flash = Session::ephemeral()?.flash();
    /// flash.set("errors", vec!["too long"])?;
    /// assert_eq!(flash.get::<Vec<String>>("errors")?.unwrap(), ["too long"]);
    /// assert_eq!(flash.get::<String>("notice")?, None);
    /// assert!(flash.get::<String>("errors").is_err());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnexpectedValue`] if the value is not of that type.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Error> {
        self.read(|flash| flash.get_as(key))
    }

    /// Returns the text of a key; `None` also if its value is not a text.
    ///
    /// ```
    /// use hardtack::Session;
    ///
    /// let flash = Session::ephemeral()?.flash();
    /// flash.set("info", "New")?;
    /// flash.set("count", 3)?;
    /// assert_eq!(flash.text("info").as_deref(), Some("New"));
    /// assert_eq!(flash.text("count"), None);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn text(&self, key: &str) -> Option<String> {
        self.read(|flash| flash.text(key).map(str::to_owned))
    }

    /// Returns the text of `notice` (`flash.notice`; example: at [`Flash`]).
    #[must_use]
    pub fn notice(&self) -> Option<String> {
        self.text("notice")
    }

    /// Returns the text of `alert` (`flash.alert`; example: at [`Flash`]).
    #[must_use]
    pub fn alert(&self) -> Option<String> {
        self.text("alert")
    }

    /// Checks that the flash has this key, even with the value nil (`flash.key?(:notice)`).
    ///
    /// ```
    /// use hardtack::Session;
    /// use hardtack::value::Value;
    ///
    /// let flash = Session::ephemeral()?.flash();
    /// flash.set("notice", Value::Nil)?;
    /// assert!(flash.contains_key("notice") && !flash.contains_key("alert"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn contains_key(&self, key: &str) -> bool {
        self.read(|flash| flash.contains_key(key))
    }

    /// Checks that the flash has no messages (`flash.empty?`; example: at [`Flash`]).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.read(FlashHash::is_empty)
    }

    /// Returns the keys, in order (`flash.keys`; example: at [`Flash`]).
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.read(|flash| flash.iter().map(|(key, _)| key.to_owned()).collect())
    }

    /// Sets a value for this request and the next (`flash[:notice] = "Saved"`; example: at
    /// [`Flash`]).
    ///
    /// # Errors
    /// The errors listed at [`Flash`].
    pub fn set(&self, key: impl Into<String>, value: impl Into<Value>) -> Result<(), Error> {
        let (key, value) = (key.into(), value.into());
        self.change(|flash| flash.set(key, value))
    }

    /// Sets a value for this request only (`flash.now[:alert] = "Full"`; example: at [`Flash`]).
    ///
    /// # Errors
    /// The errors listed at [`Flash`].
    pub fn now(&self, key: impl Into<String>, value: impl Into<Value>) -> Result<(), Error> {
        let (key, value) = (key.into(), value.into());
        self.change(|flash| flash.now(key, value))
    }

    /// Keeps a key for the next request (`flash.keep(:notice)`); see [`FlashHash::keep`].
    ///
    /// # Errors
    /// The errors listed at [`Flash`].
    pub fn keep(&self, key: &str) -> Result<(), Error> {
        self.change(|flash| flash.keep(key))
    }

    /// Keeps all keys for the next request (`flash.keep`); see [`FlashHash::keep_all`].
    ///
    /// # Errors
    /// The errors listed at [`Flash`].
    pub fn keep_all(&self) -> Result<(), Error> {
        self.change(FlashHash::keep_all)
    }

    /// Drops a key at the end of this request (`flash.discard(:notice)`); see
    /// [`FlashHash::discard`].
    ///
    /// # Errors
    /// The errors listed at [`Flash`].
    pub fn discard(&self, key: &str) -> Result<(), Error> {
        self.change(|flash| flash.discard(key))
    }

    /// Drops all keys at the end of this request (`flash.discard`); see [`FlashHash::discard_all`].
    ///
    /// # Errors
    /// The errors listed at [`Flash`].
    pub fn discard_all(&self) -> Result<(), Error> {
        self.change(FlashHash::discard_all)
    }

    /// Removes a key at once (`flash.delete(:notice)`) and returns its value.
    ///
    /// ```
    /// use hardtack::Session;
    /// use hardtack::value::Value;
    ///
    /// let flash = Session::ephemeral()?.flash();
    /// flash.set("notice", "Saved")?;
    /// assert_eq!(flash.remove("notice")?, Some(Value::from("Saved")));
    /// assert_eq!(flash.remove("notice")?, None);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// The errors listed at [`Flash`].
    pub fn remove(&self, key: &str) -> Result<Option<Value>, Error> {
        self.change(|flash| flash.remove(key))
    }

    /// Removes all keys at once (`flash.clear`); see [`FlashHash::clear`].
    ///
    /// # Errors
    /// The errors listed at [`Flash`].
    pub fn clear(&self) -> Result<(), Error> {
        self.change(FlashHash::clear)
    }

    /// Runs the closure without holding the lock.
    fn read<R>(&self, read: impl FnOnce(&FlashHash) -> R) -> R {
        let loaded = self.0.loaded_with(FlashHash::load);
        read(loaded.beside().unwrap_or(&FlashHash::default()))
    }

    fn change<R>(&self, change: impl FnOnce(&mut FlashHash) -> R) -> Result<R, Error> {
        self.0.write(|loaded| {
            let mut other = FlashHash::default();
            let flash = loaded.beside_mut(FlashHash::load);
            Ok(change(flash.unwrap_or(&mut other)))
        })
    }
}
