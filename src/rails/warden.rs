//! [`WardenScope`]: who is logged in, as Devise keeps it in the session.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::serializer::to_value;
use crate::serializer::unexpected as of_another_type;
use crate::serializer::value::Value;
use crate::session::data::SessionData;

/// How much of a bcrypt hash is its salt (`authenticatable_salt`: `encrypted_password[0,29]`,
/// Devise's `database_authenticatable.rb`).
const SALT_LENGTH: usize = 29;

/// One of the kinds of users that log in separately: Devise has one for each model, `user` for
/// `User`.
///
/// Warden keeps a login under `warden.user.<scope>.key`; since Devise 2.2 it is the record's key
/// and the salt of its password, so that a changed password logs out everywhere.
///
/// ```
/// use hardtack::SessionData;
/// use hardtack::warden::WardenScope;
///
/// let hash = "$2a$12$abcdefghijklmnopqrstuv0123456789abcdefghijklmnopqrstu";
/// let users = WardenScope::new("user");
/// let mut session = SessionData::new();
/// users.log_in(&mut session, &7, hash)?;
///
/// // In another request: find the record, and see that its password is still the one.
/// let login = users.login(&session).unwrap();
/// assert_eq!(login.id::<u64>()?, 7);
/// assert!(login.matches(hash));
/// assert!(!login.matches("$2a$12$vutsrqponmlkjihgfedcba0123456789abcdefghijklmnopqrstu"));
///
/// users.log_out(&mut session);
/// assert!(users.login(&session).is_none());
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WardenScope {
    /// `warden.user.<scope>.`
    prefix: String,
}

impl WardenScope {
    /// The scope of this name.
    ///
    /// ```
    /// use hardtack::SessionData;
    /// use hardtack::warden::WardenScope;
    ///
    /// # let mut session = SessionData::new();
    /// WardenScope::new("admin").log_in(&mut session, &1, None)?;
    /// assert_eq!(session.keys(), ["warden.user.admin.key"]);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn new(name: impl AsRef<str>) -> Self {
        Self {
            prefix: format!("warden.user.{}.", name.as_ref()),
        }
    }

    /// Who is logged in; `None` also where the session holds something else than Devise writes.
    ///
    /// Whoever it is has to be looked up, and [`matches`](WardenLogin::matches) to be asked:
    /// only then is the user logged in.
    ///
    /// ```
    /// use hardtack::SessionData;
    /// use hardtack::warden::WardenScope;
    ///
    /// let mut session = SessionData::new();
    /// assert!(WardenScope::new("user").login(&session).is_none());
    /// session.insert("warden.user.user.key", "something odd")?;
    /// assert!(WardenScope::new("user").login(&session).is_none());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn login(&self, session: &SessionData) -> Option<WardenLogin> {
        let key = self.key();
        let Value::Array(parts) = session.get(&key).ok()?? else {
            return None;
        };
        // Devise 1.2 to 2.1 wrote the model's name too (`rails/warden_compat.rb`).
        let ([record_key, salt] | [Value::String(_), record_key, salt]) = parts.as_slice() else {
            return None;
        };
        let ids = match record_key {
            Value::Array(ids) => ids.clone(),
            Value::Nil => return None,
            id => vec![id.clone()],
        };
        let salt = match salt {
            Value::Nil => None,
            text => Some(Zeroizing::new(text.as_str()?.to_owned())),
        };
        (!ids.is_empty()).then_some(WardenLogin { key, ids, salt })
    }

    /// Logs a user in, by the record's id and `encrypted_password` (`None` for a record that has
    /// none at all; Devise's column is an empty text where only other sites' logins are used).
    ///
    /// As `Warden::Proxy#set_user` and Devise do, it has the session written under another id and
    /// drops the CSRF token, so that nobody can have planted either.
    ///
    /// ```
    /// use hardtack::SessionData;
    /// use hardtack::warden::WardenScope;
    ///
    /// # let mut session = SessionData::new();
    /// let hash = "$2a$12$abcdefghijklmnopqrstuv0123456789abcdefghijklmnopqrstu";
    /// WardenScope::new("user").log_in(&mut session, &7, hash)?;
    /// let (ids, salt): (Vec<u64>, String) = session.get("warden.user.user.key")?.unwrap();
    /// assert_eq!((ids, salt.as_str()), (vec![7], "$2a$12$abcdefghijklmnopqrstuv"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnwritableValue`] where the id is none that a session can hold.
    pub fn log_in<'p, I: Serialize + ?Sized>(
        &self,
        session: &mut SessionData,
        id: &I,
        encrypted_password: impl Into<Option<&'p str>>,
    ) -> Result<(), Error> {
        let ids = match to_value(id)? {
            // A composite key
            Value::Array(ids) => Value::Array(ids),
            id => Value::Array(vec![id]),
        };
        let salt = encrypted_password.into().map(salt_of);
        session.insert(self.key(), &(ids, salt))?;
        session.renew();
        Ok(())
    }

    /// Logs the user of this scope out: removes `warden.user.<scope>.key`, and the scope's other
    /// keys (`Warden::Proxy#logout` with a scope). Says whether there was any.
    ///
    /// Devise by default (`sign_out_all_scopes`) empties the whole session instead:
    /// [`SessionData::clear`].
    ///
    /// ```
    /// use hardtack::SessionData;
    /// use hardtack::warden::WardenScope;
    ///
    /// # let mut session = SessionData::new();
    /// # WardenScope::new("user").log_in(&mut session, &7, None)?;
    /// session.insert("cart", [1, 2])?;
    /// assert!(WardenScope::new("user").log_out(&mut session));
    /// assert_eq!(session.keys(), ["cart"]);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    pub fn log_out(&self, session: &mut SessionData) -> bool {
        let is_own = |key: &str| {
            let rest = key.strip_prefix(&self.prefix);
            rest.is_some_and(|rest| !rest.contains('.'))
        };
        let keys = session.keys().into_iter().filter(|key| is_own(key));
        let keys: Vec<String> = keys.map(String::from).collect();
        for key in &keys {
            session.remove(key);
        }
        !keys.is_empty()
    }

    fn key(&self) -> String {
        format!("{}key", self.prefix)
    }
}

/// A login as the session tells it: whose it is, and the salt of the password at that time.
#[derive(Clone)]
pub struct WardenLogin {
    key: String,
    ids: Vec<Value>,
    salt: Option<Zeroizing<String>>,
}

impl WardenLogin {
    /// The record's id.
    ///
    /// ```
    /// use hardtack::SessionData;
    /// use hardtack::warden::WardenScope;
    ///
    /// # let mut session = SessionData::new();
    /// # WardenScope::new("user").log_in(&mut session, "5f2c", None)?;
    /// let login = WardenScope::new("user").login(&session).unwrap();
    /// assert_eq!(login.id::<String>()?, "5f2c");
    /// assert!(login.id::<u64>().is_err());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnexpectedValue`] where it is not of that type, or the key is of several columns.
    pub fn id<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let unexpected = |reason| Error::UnexpectedValue {
            key: self.key.clone(),
            reason,
        };
        match self.ids.as_slice() {
            [id] => T::deserialize(id).map_err(|_| unexpected(of_another_type::<T>(id))),
            ids => Err(unexpected(format!("a key of {} columns", ids.len()))),
        }
    }

    /// The record's key, one value for each of its columns; never empty.
    ///
    /// ```
    /// use hardtack::SessionData;
    /// use hardtack::value::Value;
    /// use hardtack::warden::WardenScope;
    ///
    /// # let mut session = SessionData::new();
    /// # WardenScope::new("user").log_in(&mut session, &(3, 7), None)?;
    /// let login = WardenScope::new("user").login(&session).unwrap();
    /// assert_eq!(login.ids(), [Value::Integer(3), Value::Integer(7)]);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn ids(&self) -> &[Value] {
        &self.ids
    }

    /// Whether the record's `encrypted_password` still is the one of the login
    /// (`serialize_from_session`, Devise's `authenticatable.rb`). Takes the same time wherever
    /// they differ.
    ///
    /// ```
    /// use hardtack::SessionData;
    /// use hardtack::warden::WardenScope;
    ///
    /// # let mut session = SessionData::new();
    /// # let hash = "$2a$12$abcdefghijklmnopqrstuv0123456789abcdefghijklmnopqrstu";
    /// # WardenScope::new("user").log_in(&mut session, &7, hash)?;
    /// let login = WardenScope::new("user").login(&session).unwrap();
    /// assert!(login.matches(hash));
    /// assert!(!login.matches(""));
    /// assert!(!login.matches(None));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn matches<'p>(&self, encrypted_password: impl Into<Option<&'p str>>) -> bool {
        match (&self.salt, encrypted_password.into()) {
            (Some(salt), Some(password)) => {
                salt.as_bytes().ct_eq(salt_of(password).as_bytes()).into()
            }
            (None, None) => true,
            _ => false,
        }
    }
}

impl fmt::Debug for WardenLogin {
    /// Without who it is, and without the salt, which is a part of the password's hash.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WardenLogin")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// The first 29 characters.
fn salt_of(encrypted_password: &str) -> &str {
    let end = encrypted_password.char_indices().nth(SALT_LENGTH);
    end.and_then(|(end, _)| encrypted_password.get(..end))
        .unwrap_or(encrypted_password)
}
