//! [`Beside`]: a framework's state beside a session while a request runs.

use std::any::Any;

use super::data::SessionData;
use crate::error::Error;

/// A framework's state beside a session's data while a request runs: Rails' flash.
pub(crate) trait Beside: Any + Send + Sync {
    /// Puts into the data the parts that the next request needs. Called before the session is
    /// written.
    fn commit(&self, data: &mut SessionData) -> Result<(), Error>;

    fn boxed(&self) -> Box<dyn Beside>;
}

impl Clone for Box<dyn Beside> {
    fn clone(&self) -> Self {
        (**self).boxed()
    }
}
