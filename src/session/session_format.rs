//! [`SessionFormat`]: names and writes the sessions that a framework keeps on a server.

use std::time::Duration;

use bytes::Bytes;
use time::OffsetDateTime;

use super::data::SessionData;
use crate::error::Error;

/// Names and writes the sessions that a framework keeps on a server. Pure: it waits for
/// nothing, and any [`SessionStore`](crate::stores::SessionStore) keeps what it writes.
pub trait SessionFormat: Send + Sync + 'static {
    /// Returns the id in the value of a cookie; `None` where it is none of this framework's. What
    /// comes from outside becomes a key or a path, so that only the framework's own alphabet and
    /// lengths are ids.
    fn id_of_cookie(&self, value: &[u8]) -> Option<String>;

    /// Returns the value of the cookie that brings an id.
    fn cookie_of_id(&self, id: &str) -> String {
        id.to_owned()
    }

    /// Creates an id, of the operating system's randomness. It runs under the session's lock, and must
    /// not use a [`Session`](crate::Session).
    ///
    /// # Errors
    /// [`Error::NoRandomness`].
    fn new_id(&self) -> Result<String, Error>;

    /// Returns the keys of a session in a store: the first is written, the others are read as well.
    fn keys(&self, id: &str) -> Vec<String>;

    /// Creates the session of a visitor who has none.
    fn begin(&self) -> SessionData {
        SessionData::new()
    }

    /// Reads an entry.
    fn read(&self, bytes: &Bytes, now: OffsetDateTime) -> ReadEntry;

    /// Writes a session for `ttl`; `previous` is the entry that it was read from, whose envelope
    /// travels along.
    ///
    /// # Errors
    /// [`Error::UnwritableValue`] where a value has no form in this format.
    fn write(
        &self,
        session: &SessionData,
        previous: Option<&Bytes>,
        ttl: Option<Duration>,
        now: OffsetDateTime,
    ) -> Result<Bytes, Error>;

    /// Decides what a request that only read a session does for its time to live.
    fn touch(
        &self,
        session: &SessionData,
        previous: &Bytes,
        ttl: Option<Duration>,
        now: OffsetDateTime,
    ) -> Touch {
        let _ = (session, previous, now);
        match ttl {
            Some(_) => Touch::Entry,
            None => Touch::Nothing,
        }
    }

    /// Removes from a session what somebody may have planted before a login. It runs under the
    /// session's lock, as [`new_id`](Self::new_id).
    fn renew(&self, session: &mut SessionData) {
        let _ = session;
    }
}

/// The content of an entry.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReadEntry {
    /// A session.
    Session(SessionData),
    /// A session whose own time has passed.
    Expired,
    /// Something that is no session of this format. It is neither overwritten nor deleted.
    Unreadable,
}

/// The way in which a session that was only read lives on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Touch {
    /// Nothing.
    Nothing,
    /// The store keeps the entry for longer.
    Entry,
    /// The time is written in the entry, which is replaced by these bytes.
    Rewrite(Bytes),
}
