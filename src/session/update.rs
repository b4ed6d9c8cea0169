//! [`Session::read`] and [`Session::update`]: the session's data in a closure, without the lock.

use super::data::SessionData;
use super::handle::Session;
use crate::error::Error;

impl Session {
    /// Reads the session's data, for several reads at once.
    ///
    /// The closure has the data as it is when this is called: it does not see what is changed
    /// meanwhile, by this handle too.
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

    /// Changes the session's data: all that the closure does, or nothing where it returns an error
    /// or panics.
    ///
    /// The closure has a copy, and may use this handle. What it set, removed and cleared becomes
    /// the session's when it returns. Of a key that somebody else changed meanwhile the closure's
    /// value counts; other changes stay.
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
    /// What the closure returns; [`Error::ReadOnlySession`] and [`Error::CommittedSession`] where
    /// the session cannot be changed.
    pub fn update<R>(
        &self,
        update: impl FnOnce(&mut SessionData) -> Result<R, Error>,
    ) -> Result<R, Error> {
        self.0.writable()?;
        let mut data = self.0.loaded().data.clone();
        let loan = data.lend();
        let outcome = update(&mut data)?;
        self.0.write(|loaded| {
            loaded.data.take_back(data, loan);
            Ok(outcome)
        })
    }
}
