//! [`WardenScope`]: the logged-in user, as Devise keeps the login in the session.

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

/// The length of the salt in a bcrypt hash (`authenticatable_salt`: `encrypted_password[0,29]`,
/// Devise's `database_authenticatable.rb`).
const SALT_LENGTH: usize = 29;

/// A kind of user that logs in separately: Devise has a scope for each model, `user` for `User`.
///
/// Warden keeps a login under `warden.user.<scope>.key`. Since Devise 2.2 the login is the record's
/// key and the salt of its password, so that a changed password logs the user out everywhere.
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
/// // In another request: find the record, and check that its password is unchanged.
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
    /// Creates the scope of this name.
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

    /// Returns the login in the session; `None` if there is none, or if Devise did not write the
    /// value.
    ///
    /// The user is logged in only if the record exists and [`matches`](WardenLogin::matches) its
    /// password: look the record up, then ask.
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
        let ([record_key, salt] | [Value::String(_) | Value::Bytes(_), record_key, salt]) =
            parts.as_slice()
        else {
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

    /// Logs a user in, by the record's id and `encrypted_password`. Pass `None` for a record
    /// without a password; Devise's column is an empty text if the user logs in only through other
    /// sites.
    ///
    /// As `Warden::Proxy#set_user` and Devise do, gives the session another id and drops the CSRF
    /// token, so that an attacker cannot have planted either.
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
    /// [`Error::UnwritableValue`] if a session cannot hold the id.
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

    /// Logs the user of this scope out: removes `warden.user.<scope>.key` and the scope's other
    /// keys (`Warden::Proxy#logout` with a scope). Returns `true` if the session had any of them.
    ///
    /// By default (`sign_out_all_scopes`) Devise empties the whole session instead:
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

/// A login in the session: the record's key, and the salt of the password at that time.
#[derive(Clone)]
pub struct WardenLogin {
    key: String,
    ids: Vec<Value>,
    salt: Option<Zeroizing<String>>,
}

impl WardenLogin {
    /// Returns the record's id.
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
    /// [`Error::UnexpectedValue`] if the id is not of that type, or if the key has several columns.
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

    /// Returns the record's key, one value for each of its columns; never empty.
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

    /// Checks that the record's `encrypted_password` is unchanged since the login
    /// (`serialize_from_session`, Devise's `authenticatable.rb`). Takes the same time no matter
    /// where the salts differ.
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
    /// Leaves out the record's key, and the salt, which is a part of the password's hash.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WardenLogin")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// Returns the first 29 characters, the salt.
fn salt_of(encrypted_password: &str) -> &str {
    let end = encrypted_password.char_indices().nth(SALT_LENGTH);
    end.and_then(|(end, _)| encrypted_password.get(..end))
        .unwrap_or(encrypted_password)
}
