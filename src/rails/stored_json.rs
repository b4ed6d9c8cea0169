//! [`StoredJson`]: sessions on a server as JSON, under Rack's and Rails' session ids.

use std::time::Duration;

use bytes::Bytes;
use time::OffsetDateTime;

use super::session_id::{SessionIds, stored_ids};
use crate::error::Error;
use crate::session::data::SessionData;
use crate::session::session_format::{ReadEntry, SessionFormat};

/// Stores sessions on a server as a JSON object, under Rack's and Rails' session ids. The cookie
/// holds 32 lower-case hexadecimal digits. The store's key is `2::` and their SHA-256, so that a
/// person who can read the store cannot take over a session (`Rack::Session::SessionId`, Rack 2.2
/// `session/abstract/id.rb`). A session stored under the id itself is read too, and moved.
///
/// ```
/// use hardtack::ServerSessions;
/// use hardtack::stores::{MemoryStore, StoredJson};
///
/// let sessions = ServerSessions::new(StoredJson, MemoryStore::new(), "_session_id");
/// assert_eq!(sessions.name(), "_session_id");
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct StoredJson;

impl SessionFormat for StoredJson {
    fn id_of_cookie(&self, value: &[u8]) -> Option<String> {
        SessionIds::default().id_of_cookie(value)
    }

    fn new_id(&self) -> Result<String, Error> {
        SessionIds::default().new_id()
    }

    fn keys(&self, id: &str) -> Vec<String> {
        stored_ids(id).into()
    }

    fn read(&self, bytes: &Bytes, _: OffsetDateTime) -> ReadEntry {
        SessionData::from_json(&bytes[..]).map_or(ReadEntry::Unreadable, ReadEntry::Session)
    }

    fn write(
        &self,
        session: &SessionData,
        _: Option<&Bytes>,
        _: Option<Duration>,
        _: OffsetDateTime,
    ) -> Result<Bytes, Error> {
        Ok(session.to_json()?.into())
    }

    fn renew(&self, session: &mut SessionData) {
        session.renew();
    }
}
