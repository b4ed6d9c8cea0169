//! [`KeyUpdate`]: a change of one key that can be made again, on another value.

use std::panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe, catch_unwind};
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::serializer::value::Value;
use crate::serializer::{Unfit, to_value};

/// A change of one key as a function of its value.
///
/// It is made when the request asks for it, and again on each value that another request wrote
/// before this one was saved.
#[derive(Clone)]
pub(crate) struct KeyUpdate {
    key: Arc<str>,
    change: Arc<Change>,
    /// True if it may give another value when it is made twice, as a counter does.
    may_count: bool,
}

/// Returns the new value for the present one; `None` leaves the key unchanged. A missing key has
/// the value nil, and a key whose new value is nil is removed.
type Change = dyn Fn(Result<Value, Error>) -> Result<Option<Value>, Error> + Send + Sync;

/// A session may be used after a panic: an update changes nothing itself.
impl UnwindSafe for KeyUpdate {}
impl RefUnwindSafe for KeyUpdate {}

impl KeyUpdate {
    /// Creates an update that may be made twice: the second time changes nothing.
    pub(crate) fn new(
        key: &str,
        change: impl Fn(Result<Value, Error>) -> Result<Option<Value>, Error> + Send + Sync + 'static,
    ) -> Self {
        Self {
            key: key.into(),
            change: Arc::new(change),
            may_count: false,
        }
    }

    /// Creates the update of a closure of the app, on types of the app.
    pub(super) fn of_types<T: DeserializeOwned, U: Serialize>(
        key: &str,
        update: impl Fn(Option<T>) -> U + Send + Sync + 'static,
    ) -> Self {
        let name = key.to_owned();
        let update = Self::new(key, move |old| {
            let old = match old? {
                Value::Nil => None,
                old => {
                    let typed = T::deserialize(&old);
                    Some(typed.map_err(|_| Unfit::of::<T>(&old).at(&name))?)
                }
            };
            Ok(Some(to_value(&update(old))?))
        });
        Self {
            may_count: true,
            ..update
        }
    }

    pub(super) fn may_count(&self) -> bool {
        self.may_count
    }

    /// Checks whether this is a clone of an update.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.change, &other.change)
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// Makes the change for the request's own code, which may panic.
    pub(super) fn run(&self, old: Result<Value, Error>) -> Result<Option<Value>, Error> {
        (self.change)(old)
    }

    /// Makes the change again, after the request.
    pub(super) fn run_again(&self, old: Result<Value, Error>) -> Result<Option<Value>, Error> {
        let outcome = catch_unwind(AssertUnwindSafe(|| self.run(old)));
        outcome.unwrap_or_else(|_| Err(self.failed("its closure panicked when it ran again")))
    }

    /// Returns the error of an update that was not made.
    pub(super) fn failed(&self, reason: &'static str) -> Error {
        let key = self.key.to_string();
        Error::FailedUpdate { key, reason }
    }
}
