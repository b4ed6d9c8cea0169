//! [`Held`]: a connection that is closed unless its statements came to their end.

use std::time::Duration;

use crate::driver::AnyConnection;

/// A connection of the pool. Dropped while it waits for an answer, it is closed: nobody else may
/// read that answer.
pub(crate) struct Held {
    connection: Option<Box<dyn AnyConnection>>,
    is_sound: bool,
    /// The time to return to the pool, which asks the server for a sign of life.
    limit: Duration,
}

impl Held {
    pub(crate) fn new(connection: Box<dyn AnyConnection>, limit: Duration) -> Self {
        Self {
            connection: Some(connection),
            is_sound: false,
            limit,
        }
    }

    pub(crate) fn get(&mut self) -> Option<&mut (dyn AnyConnection + 'static)> {
        self.connection.as_deref_mut()
    }

    /// Returns the connection to the pool when it is dropped.
    pub(crate) fn keep(&mut self) {
        self.is_sound = true;
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        match self.connection.take() {
            Some(connection) if self.is_sound => connection.give_back(self.limit),
            Some(connection) => connection.abandon(),
            None => {}
        }
    }
}
