//! [`Session::read`] and [`Session::update`]: the session's data in a closure, without the lock.

use super::data::SessionData;
use super::handle::Session;
use crate::error::Error;

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
        self.0.write(|loaded| {
            if asks_for_id {
                loaded.change_id()?;
            }
            loaded.data.take_back(data, loan);
            Ok(outcome)
        })
    }
}
