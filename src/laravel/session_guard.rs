//! [`SessionGuard`]: the logged-in user, as Laravel's guards keep the login in the session.

use std::fmt::Write;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha1::{Digest, Sha1};

use crate::error::Error;
use crate::session::data::SessionData;

/// The class of a guard with the driver `session`, unless the app has one of its own.
const CLASS: &str = r"Illuminate\Auth\SessionGuard";

/// A guard of a Laravel app (`guards` in config/auth.php; `Illuminate/Auth/SessionGuard.php`): it
/// keeps the user's id in the session, under `login_`, its name and the SHA-1 of its class.
///
/// ```
/// use hardtack::Session;
/// use hardtack::laravel::SessionGuard;
///
/// let web = SessionGuard::new("web");
/// assert_eq!(web.key(), "login_web_59ba36addc2b2f9401580f014c7f58ea4e30989d");
///
/// let session = Session::ephemeral()?;
/// session.renew()?; // Prevents session fixation.
/// session.update(|data| web.log_in(data, &42))?;
/// assert_eq!(session.read(|data| web.user_id::<u64>(data))?, Some(42));
///
/// session.reset()?; // Log out.
/// assert_eq!(session.read(|data| web.user_id::<u64>(data))?, None);
/// # Ok::<(), hardtack::Error>(())
/// ```
///
/// The cookie of "remember me" (`remember_web_..`) is not read: its token is in the app's database.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SessionGuard {
    key: String,
}

impl SessionGuard {
    /// Creates the guard of this name: `web`, unless the app has others (example: at
    /// [`SessionGuard`]).
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self::of_class(name, CLASS)
    }

    /// Creates a guard of the app's own class, which extends Laravel's.
    ///
    /// ```
    /// use hardtack::laravel::SessionGuard;
    ///
    /// let laravel = SessionGuard::of_class("web", r"Illuminate\Auth\SessionGuard");
    /// assert_eq!(laravel, SessionGuard::new("web"));
    /// assert_ne!(SessionGuard::of_class("web", r"App\Auth\Guard"), laravel);
    /// ```
    #[must_use]
    pub fn of_class(name: &str, class: &str) -> Self {
        let mut key = format!("login_{name}_");
        for byte in Sha1::digest(class) {
            // Writing into a String does not fail.
            let _ = write!(key, "{byte:02x}");
        }
        Self { key }
    }

    /// Returns the key of the login in the session (example: at [`SessionGuard`]).
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns the id of the user who is logged in; `None` if nobody is (example: at
    /// [`SessionGuard`]).
    ///
    /// # Errors
    /// The errors of [`SessionData::get`].
    pub fn user_id<T: DeserializeOwned>(&self, session: &SessionData) -> Result<Option<T>, Error> {
        session.get(&self.key)
    }

    /// Logs a user in (example: at [`SessionGuard`]). Give the session a new id as well
    /// ([`Session::renew`](crate::Session::renew)), as Laravel does.
    ///
    /// # Errors
    /// The errors of [`SessionData::insert`].
    pub fn log_in<T: Serialize>(&self, session: &mut SessionData, id: &T) -> Result<(), Error> {
        session.insert(&self.key, id)
    }

    /// Logs the user out of this guard, and keeps the rest of the session.
    /// [`Session::reset`](crate::Session::reset) ends the session, as `session()->invalidate()`
    /// does.
    ///
    /// ```
    /// use hardtack::SessionData;
    /// use hardtack::laravel::SessionGuard;
    ///
    /// let (web, mut session) = (SessionGuard::new("web"), SessionData::new());
    /// web.log_in(&mut session, &42)?;
    /// web.log_out(&mut session);
    /// assert!(session.is_empty());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    pub fn log_out(&self, session: &mut SessionData) {
        session.remove(&self.key);
    }
}
