//! [`Held`]: a connection that is closed unless its statements came to their end.

use crate::driver::AnyConnection;

/// A connection of the pool. Dropped while it waits for an answer, it is closed: nobody else may
/// read that answer.
pub(crate) struct Held {
    connection: Option<Box<dyn AnyConnection>>,
    is_sound: bool,
}

impl Held {
    pub(crate) fn new(connection: Box<dyn AnyConnection>) -> Self {
        Self {
            connection: Some(connection),
            is_sound: false,
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
            Some(connection) if !self.is_sound => connection.abandon(),
            _ => {}
        }
    }
}
