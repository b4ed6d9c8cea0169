//! [`SessionFormat`]: names and writes the sessions that a framework keeps on a server.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use time::OffsetDateTime;

use super::data::SessionData;
use super::origin::RequestOrigin;
use super::table_layout::TableLayout;
use crate::error::Error;
use crate::http::cookie_attributes::CookieAttributes;
use crate::http::cookie_header::CookieHeader;

/// Names and writes the sessions that a framework keeps on a server.
///
/// A format does no I/O: any [`SessionStore`](crate::stores::SessionStore) can keep its bytes.
pub trait SessionFormat: Send + Sync + 'static {
    /// Returns the id in the value of a cookie; `None` if the value is not an id of this framework.
    ///
    /// The value comes from outside and becomes a key or a path. Accept only the framework's own
    /// alphabet and lengths.
    fn id_of_cookie(&self, value: &[u8]) -> Option<String>;

    /// Returns the decoded value of the session's cookie; the default is
    /// [`CookieHeader::get`], by Rack's rules.
    fn cookie_value<'h>(&self, header: &CookieHeader<'h>, name: &str) -> Option<Cow<'h, [u8]>> {
        header.get(name)
    }

    /// Returns the value of the cookie that carries an id.
    ///
    /// # Errors
    /// Those of [`Jar::write`](crate::Jar::write), if the id is sealed.
    fn cookie_of_id(&self, id: &str) -> Result<String, Error> {
        Ok(id.to_owned())
    }

    /// Creates an id from the operating system's randomness. If the store already has an entry
    /// under it, another one is created when the session is written.
    ///
    /// It runs under the session's lock, and must not use a [`Session`](crate::Session).
    ///
    /// # Errors
    /// [`Error::NoRandomness`] if the operating system gives no random bytes.
    fn new_id(&self) -> Result<String, Error>;

    /// Returns the keys of a session in a store: it is written under the first, and also read under
    /// the others.
    fn keys(&self, id: &str) -> Vec<String>;

    /// Returns the key of the lock of a session that is kept under a key
    /// ([`SessionLock`](crate::stores::SessionLock)).
    fn lock_key(&self, key: &str) -> String {
        format!("{key}:lock")
    }

    /// Returns the key of the mark that a session was ended, which is kept under a key
    /// ([`remember_logouts`](crate::ServerSessions::remember_logouts)).
    ///
    /// Both keys are in one slot of a Redis Cluster.
    fn logout_key(&self, key: &str) -> String {
        logout_key_in_one_slot(key)
    }

    /// Creates the session of a visitor who has none.
    fn begin(&self) -> SessionData {
        SessionData::new()
    }

    /// Returns the life of a session for which the policy of
    /// [`ServerSessions`](crate::ServerSessions) sets none; each request that loads such a session
    /// extends its life.
    fn time_to_live(&self) -> Option<Duration> {
        None
    }

    /// Returns the life that an entry sets for its own session, which takes the place of
    /// [`time_to_live`](Self::time_to_live); the default is none.
    fn entry_time_to_live(&self, entry: &Bytes) -> Option<Duration> {
        let _ = entry;
        None
    }

    /// Returns the life of a session as a request leaves it; `entry` is the one that it was read
    /// from. It takes the place of [`time_to_live`](Self::time_to_live).
    ///
    /// A life of zero ends the session: its entry is deleted. The default is
    /// [`entry_time_to_live`](Self::entry_time_to_live).
    fn session_time_to_live(
        &self,
        session: &SessionData,
        entry: Option<&Bytes>,
        now: OffsetDateTime,
    ) -> Option<Duration> {
        let _ = (session, now);
        self.entry_time_to_live(entry?)
    }

    /// Settles what a session without an entry takes from the request in which it begins; the
    /// default is nothing. It may run several times.
    fn begin_for(&self, session: &mut SessionData, origin: &RequestOrigin) {
        let _ = (session, origin);
    }

    /// Returns the attributes of the session's cookie, if a session has some of its own; the
    /// default is `None`. `attributes` are those of the app.
    ///
    /// Attributes that no cookie can have are not used.
    fn cookie(
        &self,
        session: &SessionData,
        entry: Option<&Bytes>,
        attributes: &CookieAttributes,
        now: OffsetDateTime,
    ) -> Option<CookieAttributes> {
        let _ = (session, entry, attributes, now);
        None
    }

    /// Decides whether the response sets a cookie that the browser already has, if the app sets no
    /// expiry. With `None`, the default, it does if the cookie has an end.
    fn sets_cookie_again(
        &self,
        session: &SessionData,
        entry: &Bytes,
        is_changed: bool,
    ) -> Option<bool> {
        let _ = (session, entry, is_changed);
        None
    }

    /// Checks whether a session whose keys were set or removed differs from its entry; the default
    /// is always.
    fn is_changed(&self, session: &SessionData, entry: &Bytes) -> bool {
        let _ = (session, entry);
        true
    }

    /// Checks whether a session without keys is kept, be it a new one (`is_new`) or one whose last
    /// key was removed; the default is neither. A session that was cleared or reset is never kept.
    fn keeps_empty(&self, is_new: bool) -> bool {
        let _ = is_new;
        false
    }

    /// Reads an entry of the store.
    fn read(&self, bytes: &Bytes, now: OffsetDateTime) -> ReadEntry;

    /// Writes a session for `ttl`.
    ///
    /// `previous` is the entry that the session was read from; its envelope is preserved.
    ///
    /// # Errors
    /// [`Error::UnwritableValue`] if a value has no form in this format.
    fn write(
        &self,
        session: &SessionData,
        previous: Option<&Bytes>,
        ttl: Option<Duration>,
        now: OffsetDateTime,
    ) -> Result<Bytes, Error>;

    /// Checks whether a request that only read a session extends its life at all, in the store and
    /// in the browser; the default is always.
    ///
    /// A format whose entries tell when they end can leave out the extension of an entry that was
    /// written a moment ago: such a request then sends one command instead of two.
    fn is_touch_due(&self, previous: &Bytes, ttl: Option<Duration>, now: OffsetDateTime) -> bool {
        let _ = (previous, ttl, now);
        true
    }

    /// Decides how a request that only read a session extends its life in the store.
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

    /// Returns the layout of the table in which the framework keeps sessions in a database; the
    /// default is hardtack's own.
    fn table_layout(&self) -> TableLayout {
        TableLayout::new()
    }

    /// Removes the parts of a session that an attacker may have planted before a login.
    ///
    /// It runs under the session's lock, as [`new_id`](Self::new_id) does.
    fn renew(&self, session: &mut SessionData) {
        let _ = session;
    }
}

/// Returns a key for the mark of a logout that is in the key's slot of a Redis Cluster.
pub(crate) fn logout_key_in_one_slot(key: &str) -> String {
    let tag = key
        .split_once('{')
        .and_then(|(_, rest)| rest.split_once('}'));
    if tag.is_some_and(|(tag, _)| !tag.is_empty()) {
        format!("{key}:gone")
    } else {
        format!("{{{key}}}:gone")
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
    /// Bytes that are not a session of this format. They are neither overwritten nor deleted.
    Unreadable,
    /// As [`Unreadable`](Self::Unreadable), with the reason for the operator, which is shown. It
    /// must hold nothing of the bytes.
    Foreign(&'static str),
}

/// The way to extend the life of a session that was only read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Touch {
    /// Do nothing.
    Nothing,
    /// Extend the entry's time in the store.
    Entry,
    /// Replace the entry by these bytes, because the entry itself holds its time.
    Rewrite(Bytes),
}
