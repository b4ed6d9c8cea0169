//! [`Passport`]: the logged-in user, as the Node package passport keeps it in a session.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::serializer::to_value;
use crate::serializer::unexpected as of_another_type;
use crate::serializer::value::Value;
use crate::session::data::SessionData;

/// The member that holds the user.
const USER: &str = "user";

/// The login of passport: `session.passport.user`, which holds what the app's `serializeUser`
/// returned, usually the user's id.
///
/// A login and a logout give the session another id and empty it, as passport does from 0.6 on: a
/// stranger who planted the former id does not share the login, and what a visitor had does not
/// stay. With `keepSessionInfo`, which passport's `logIn` and `logOut` take, and up to passport
/// 0.5, the session keeps its content: see [`log_in_and_keep`](Self::log_in_and_keep).
///
/// ```
/// use hardtack::SessionData;
/// use hardtack::express::Passport;
///
/// let passport = Passport::new();
/// let mut session = SessionData::new();
/// session.insert("planted", true)?;
/// passport.log_in(&mut session, &7)?;
/// assert_eq!(session.keys(), ["passport"]);
///
/// // In another request.
/// assert_eq!(passport.user::<u64>(&session)?, Some(7));
/// passport.log_out(&mut session);
/// assert_eq!(passport.user::<u64>(&session)?, None);
/// # Ok::<(), hardtack::Error>(())
/// ```
///
/// In a handler: `session.read(|data| Passport::new().user::<u64>(data))` and
/// `session.update(|data| Passport::new().log_in(data, &7))`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Passport {
    key: String,
}

impl Passport {
    /// Creates the login under passport's own key, `passport`.
    #[must_use]
    pub fn new() -> Self {
        Self {
            key: "passport".to_owned(),
        }
    }

    /// Sets the key (the option `key` of passport's `SessionManager`).
    ///
    /// ```
    /// use hardtack::SessionData;
    /// use hardtack::express::Passport;
    ///
    /// let mut session = SessionData::new();
    /// Passport::new().key("staff").log_in(&mut session, "ada")?;
    /// assert_eq!(session.keys(), ["staff"]);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = key.into();
        self
    }

    /// Returns the user as a type; `None` if nobody is logged in.
    ///
    /// As in passport, `null`, `false` and an empty text are nobody, and 0 is somebody
    /// (`strategies/session.js`). The user is logged in only if the app still has it: look it up.
    ///
    /// ```
    /// use hardtack::SessionData;
    /// use hardtack::express::Passport;
    ///
    /// let session = SessionData::from_json(r#"{"passport":{"user":{"id":42,"role":"admin"}}}"#).unwrap();
    /// #[derive(serde::Deserialize)]
    /// struct User { id: u64 }
    /// assert_eq!(Passport::new().user::<User>(&session)?.unwrap().id, 42);
    /// assert!(Passport::new().user::<u64>(&session).is_err());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnexpectedValue`] if the user is not of that type, [`Error::UnreadableValue`] if the
    /// value cannot be read.
    pub fn user<T: DeserializeOwned>(&self, session: &SessionData) -> Result<Option<T>, Error> {
        let login = session.get::<Value>(&self.key)?;
        let user = login.as_ref().and_then(|login| login.get(USER));
        let Some(user) = user.filter(|user| is_somebody(user)) else {
            return Ok(None);
        };
        T::deserialize(user)
            .map(Some)
            .map_err(|_| Error::UnexpectedValue {
                key: format!("{}.{USER}", self.key),
                reason: of_another_type::<T>(user),
            })
    }

    /// Logs a user in: gives the session another id, and removes everything else that it holds
    /// (`SessionManager.logIn`; example: at the type). `user` is what the app's `serializeUser`
    /// returns.
    ///
    /// # Errors
    /// [`Error::UnwritableValue`] if `user` is nobody (`null`, `false` or an empty text), which
    /// passport refuses too, or if a session cannot hold it. The session is then as it was.
    pub fn log_in<U: Serialize + ?Sized>(
        &self,
        session: &mut SessionData,
        user: &U,
    ) -> Result<(), Error> {
        let user = somebody(user)?;
        session.clear();
        self.set(session, user)
    }

    /// Logs a user in: gives the session another id, and keeps what it holds (`logIn` with
    /// `keepSessionInfo`, and up to passport 0.5, which keeps the id too).
    ///
    /// ```
    /// use hardtack::SessionData;
    /// use hardtack::express::Passport;
    ///
    /// let mut session = SessionData::new();
    /// session.insert("cart", [3, 5])?;
    /// Passport::new().log_in_and_keep(&mut session, &7)?;
    /// assert_eq!(session.keys(), ["cart", "passport"]);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// The errors of [`log_in`](Self::log_in), and of [`user`](Self::user) if the former login
    /// cannot be read.
    pub fn log_in_and_keep<U: Serialize + ?Sized>(
        &self,
        session: &mut SessionData,
        user: &U,
    ) -> Result<(), Error> {
        let user = somebody(user)?;
        self.set(session, user)
    }

    /// Logs the user out: gives the session another id, and empties it (`SessionManager.logOut`;
    /// example: at the type).
    pub fn log_out(&self, session: &mut SessionData) {
        session.clear();
        session.ask_for_id();
    }

    /// Logs the user out: gives the session another id, and keeps what else it holds (`logOut` with
    /// `keepSessionInfo`, and up to passport 0.5). As passport does, leaves an empty object behind.
    ///
    /// ```
    /// use hardtack::SessionData;
    /// use hardtack::express::Passport;
    ///
    /// let json = r#"{"cart":[3,5],"passport":{"user":7}}"#;
    /// let mut session = SessionData::from_json(json).unwrap();
    /// Passport::new().log_out_and_keep(&mut session)?;
    /// assert_eq!(session.to_json()?, br#"{"cart":[3,5],"passport":{}}"#);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnreadableValue`] if the login cannot be read; remove its key then.
    pub fn log_out_and_keep(&self, session: &mut SessionData) -> Result<(), Error> {
        if let Some(mut members) = self.members(session)? {
            members.retain(|(key, _)| key.as_str() != Some(USER));
            session.insert(&self.key, Value::Hash(members))?;
        }
        session.ask_for_id();
        Ok(())
    }

    /// Sets the user, beside what else the login holds, and asks for another id.
    fn set(&self, session: &mut SessionData, user: Value) -> Result<(), Error> {
        let mut members = self.members(session)?.unwrap_or_default();
        let held = members.iter_mut();
        match held.into_iter().find(|(key, _)| key.as_str() == Some(USER)) {
            Some((_, held)) => *held = user,
            None => members.push((Value::from(USER), user)),
        }
        session.insert(&self.key, Value::Hash(members))?;
        session.ask_for_id();
        Ok(())
    }

    /// Returns the members of the login; `None` if there is none, or no object.
    fn members(&self, session: &SessionData) -> Result<Option<Vec<(Value, Value)>>, Error> {
        Ok(match session.get::<Value>(&self.key)? {
            Some(Value::Hash(members)) => Some(members),
            _ => None,
        })
    }
}

impl Default for Passport {
    fn default() -> Self {
        Self::new()
    }
}

/// Returns a user as a value that passport takes for one.
fn somebody<U: Serialize + ?Sized>(user: &U) -> Result<Value, Error> {
    let user = to_value(user)?;
    if is_somebody(&user) {
        Ok(user)
    } else {
        Err(Error::UnwritableValue {
            reason: "passport takes null, false and an empty text for nobody".to_owned(),
        })
    }
}

/// Checks for what JavaScript takes for true, and for 0 (`su || su === 0`).
fn is_somebody(user: &Value) -> bool {
    match user {
        Value::Nil | Value::Bool(false) => false,
        user => user.as_str() != Some(""),
    }
}
