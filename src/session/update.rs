//! [`Session::read`], [`Session::update`] and [`Session::update_key`]: the session's data in a
//! closure, without the lock.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::data::SessionData;
use super::handle::Session;
use super::key_update::KeyUpdate;
use crate::error::Error;

/// The number of times that a closure runs while other code changes its key: without a limit, a
/// closure that changes its own key would run for ever.
const MOST_RUNS: u32 = 1000;

impl Session {
    /// Reads the session's data in a closure, for several reads of one state.
    ///
    /// The closure sees the data as it was at the call. It does not see later changes, not even
    /// those made through this handle.
    ///
    /// ```
    /// use hardtack::Session;
    /// use hardtack::warden::WardenScope;
    ///
    /// let session = Session::ephemeral()?;
    /// let login = session.read(|data| WardenScope::new("user").login(data));
    /// assert!(login.is_none());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    pub fn read<R>(&self, read: impl FnOnce(&SessionData) -> R) -> R {
        read(&self.0.loaded().data)
    }

    /// Changes the session's data in a closure: all of its changes, or none if it returns an error
    /// or panics.
    ///
    /// The closure works on a copy, and may use this handle. Keys that it set, removed or cleared
    /// are applied to the session when it returns. If somebody else changed the same key meanwhile,
    /// the closure's value wins; other changes stay.
    ///
    /// ```
    /// use hardtack::warden::WardenScope;
    /// use hardtack::{Error, Session};
    ///
    /// let session = Session::ephemeral()?;
    /// # let hash = "$2a$12$abcdefghijklmnopqrstuv0123456789abcdefghijklmnopqrstu";
    /// session.update(|data| WardenScope::new("user").log_in(data, &7, hash))?;
    /// assert!(session.contains_key("warden.user.user.key"));
    ///
    /// let refused = session.update(|data| {
    ///     data.clear();
    ///     data.insert("visits", 1)?;
    ///     data.get::<bool>("visits") // a number
    /// });
    /// assert!(matches!(refused, Err(Error::UnexpectedValue { .. })));
    /// assert!(session.contains_key("warden.user.user.key"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// The closure's error; [`Error::ReadOnlySession`] if the sessions are never written, and
    /// [`Error::CommittedSession`] after the session was committed.
    pub fn update<R>(
        &self,
        update: impl FnOnce(&mut SessionData) -> Result<R, Error>,
    ) -> Result<R, Error> {
        self.0.writable()?;
        let mut data = self.0.loaded().data.clone();
        let loan = data.lend();
        let outcome = update(&mut data)?;
        // A login, on the data alone, gives the session another id.
        let asks_for_id = data.changes.asks_for_id;
        // Data that the closure put in place may have updates of its own: they are not dropped
        // under the lock.
        let _updates = data.changes.updates().to_vec();
        self.0.write(|loaded| {
            if asks_for_id {
                loaded.change_id()?;
            }
            loaded.data.take_back(data, loan);
            Ok(outcome)
        })
    }

    /// Changes the value of a key in a closure, which runs again if another request changes that
    /// value before this one is saved: a counter or a list loses nothing.
    ///
    /// The closure gets the value, or `None` if the key is missing or its value is nil, and returns
    /// the new one; `None` removes the key. It runs at once, and [`get`](Self::get) then returns
    /// the new value. When the session is saved to its store and another request has written it
    /// meanwhile, the closure runs again on what is there now, once for each such conflict. Several
    /// updates of a key are made in their order, and each is kept until the session is saved. A
    /// later [`insert`](Self::insert), [`remove`](Self::remove) or [`clear`](Self::clear) replaces
    /// them.
    ///
    /// The closure should only compute. It runs without a lock. It may run after the response was
    /// made, when this session no longer changes. Do not move a handle of the same session into it:
    /// if the request is dropped before its commit, its memory is never freed.
    ///
    /// The closure does not run again where nothing is compared: under
    /// [`ConflictPolicy::Overwrite`](crate::stores::ConflictPolicy) and in a
    /// [`CookieStore`](crate::CookieStore) it is like `get` and `insert`, and the last save counts.
    ///
    /// ```
    /// use hardtack::{Error, Session};
    ///
    /// let session = Session::ephemeral()?;
    /// session.update_key("visits", |visits: Option<u64>| visits.unwrap_or(0) + 1)?;
    /// assert_eq!(session.get::<u64>("visits")?, Some(1));
    ///
    /// session.update_key("cart", |cart: Option<Vec<String>>| {
    ///     let mut cart = cart.unwrap_or_default();
    ///     cart.push("tea".to_owned());
    ///     cart
    /// })?;
    /// assert_eq!(session.get::<Vec<String>>("cart")?.unwrap(), ["tea"]);
    ///
    /// // The last one removes the key.
    /// session.update_key("visits", |visits: Option<u64>| visits.filter(|left| *left > 1))?;
    /// assert!(!session.contains_key("visits"));
    ///
    /// let refused = session.update_key("cart", |cart: Option<u64>| cart);
    /// assert!(matches!(refused, Err(Error::UnexpectedValue { .. })));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// The errors of [`get`](Self::get) and [`insert`](Self::insert). [`Error::FailedUpdate`] if
    /// the closure changes its own key. If a later run fails or panics, the commit fails with that
    /// error, and nothing is saved.
    pub fn update_key<T: DeserializeOwned, U: Serialize>(
        &self,
        key: impl AsRef<str>,
        update: impl Fn(Option<T>) -> U + Send + Sync + 'static,
    ) -> Result<(), Error> {
        let update = KeyUpdate::of_types(key.as_ref(), update);
        self.0.keep_update(update.clone())?;
        for _ in 0..MOST_RUNS {
            let seen = self.0.loaded();
            let changed_at = seen.data.changed_at(update.key());
            let value = seen.data.value(update.key());
            drop(seen);
            let value = update.run(value)?;
            let is_done = self.0.write(|loaded| {
                let is_same = loaded.data.changed_at(update.key()) == changed_at;
                if is_same {
                    loaded.data.put_update(update.clone(), value);
                }
                Ok(is_same)
            })?;
            if is_done {
                return Ok(());
            }
        }
        Err(update.failed("its value changed during each of 1000 runs of the closure"))
    }
}
