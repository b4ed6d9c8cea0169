//! [`LoginStore`]: the table `sessions` of Rails' own authentication.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;

use super::record_id::RecordId;
use crate::store_error::StoreError;

/// Keeps the logins of Rails' own authentication: the rows of its table `sessions`.
///
/// A store reports a failure as an error, never as a missing login. Time limits and reconnecting
/// are up to the store. Write the methods as `async fn`. `hardtack-sqlx` has the store for
/// Postgres, MySQL, MariaDB and SQLite.
///
/// ```
/// use std::collections::BTreeMap;
/// use std::net::IpAddr;
/// use std::sync::Mutex;
/// use hardtack::authentication::{LoginStore, RecordId};
/// use hardtack::stores::StoreError;
///
/// /// The users of the logins, by the numbers of their rows.
/// #[derive(Default)]
/// struct Logins(Mutex<BTreeMap<i64, RecordId>>);
///
/// impl LoginStore for Logins {
///     async fn user_of(&self, id: &RecordId) -> Result<Option<RecordId>, StoreError> {
///         let rows = self.0.lock().map_err(|error| StoreError::new(error.to_string()))?;
///         Ok(id.as_integer().and_then(|id| rows.get(&id).cloned()))
///     }
///
///     async fn create(
///         &self,
///         user_id: &RecordId,
///         _ip_address: Option<IpAddr>,
///         _user_agent: Option<&str>,
///     ) -> Result<RecordId, StoreError> {
///         let mut rows = self.0.lock().map_err(|error| StoreError::new(error.to_string()))?;
///         let id = rows.last_key_value().map_or(1, |(last, _)| last + 1);
///         rows.insert(id, user_id.clone());
///         Ok(id.into())
///     }
///
///     async fn delete(&self, id: &RecordId) -> Result<bool, StoreError> {
///         let mut rows = self.0.lock().map_err(|error| StoreError::new(error.to_string()))?;
///         Ok(id.as_integer().is_some_and(|id| rows.remove(&id).is_some()))
///     }
/// }
/// ```
pub trait LoginStore: Send + Sync + 'static {
    /// Returns the user of the row with this id (`user_id`); `None` if there is no such row.
    ///
    /// # Errors
    /// [`StoreError`] if the store could not answer.
    fn user_of(
        &self,
        id: &RecordId,
    ) -> impl Future<Output = Result<Option<RecordId>, StoreError>> + Send;

    /// Writes the row of a new login, and returns its id.
    ///
    /// The user agent has at most 255 characters, and none of them is a control character.
    ///
    /// # Errors
    /// [`StoreError`] if the store could not write. The row may have been written all the same:
    /// nobody has its cookie.
    fn create(
        &self,
        user_id: &RecordId,
        ip_address: Option<IpAddr>,
        user_agent: Option<&str>,
    ) -> impl Future<Output = Result<RecordId, StoreError>> + Send;

    /// Deletes the row with this id; returns `false` if there was none.
    ///
    /// # Errors
    /// [`StoreError`] if the store could not delete. The row may have been deleted all the same.
    fn delete(&self, id: &RecordId) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

type Running<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A [`LoginStore`] as a trait object.
pub(super) trait AnyLoginStore: Send + Sync {
    fn user_of<'a>(&'a self, id: &'a RecordId) -> Running<'a, Option<RecordId>>;

    fn create<'a>(
        &'a self,
        user_id: &'a RecordId,
        ip_address: Option<IpAddr>,
        user_agent: Option<&'a str>,
    ) -> Running<'a, RecordId>;

    fn delete<'a>(&'a self, id: &'a RecordId) -> Running<'a, bool>;
}

impl<S: LoginStore> AnyLoginStore for S {
    fn user_of<'a>(&'a self, id: &'a RecordId) -> Running<'a, Option<RecordId>> {
        Box::pin(LoginStore::user_of(self, id))
    }

    fn create<'a>(
        &'a self,
        user_id: &'a RecordId,
        ip_address: Option<IpAddr>,
        user_agent: Option<&'a str>,
    ) -> Running<'a, RecordId> {
        Box::pin(LoginStore::create(self, user_id, ip_address, user_agent))
    }

    fn delete<'a>(&'a self, id: &'a RecordId) -> Running<'a, bool> {
        Box::pin(LoginStore::delete(self, id))
    }
}
