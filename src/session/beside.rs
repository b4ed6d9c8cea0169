//! [`Beside`]: what a framework keeps of a session while a request runs.

use std::any::Any;

use super::data::SessionData;
use crate::error::Error;

/// What a framework keeps beside a session's data while a request runs: Rails' flash.
pub(crate) trait Beside: Any + Send + Sync {
    /// Puts into the data what the next request is to find there. Called before the session is
    /// written.
    fn commit(&self, data: &mut SessionData) -> Result<(), Error>;

    fn boxed(&self) -> Box<dyn Beside>;
}

impl Clone for Box<dyn Beside> {
    fn clone(&self) -> Self {
        (**self).boxed()
    }
}
