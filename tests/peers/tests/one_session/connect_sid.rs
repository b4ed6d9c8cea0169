//! [`ConnectSid`]: as much of a session of Express as the test needs, where Express makes the session.

use std::time::Duration;

use bytes::Bytes;
use hardtack::stores::{ReadEntry, SessionFormat};
use hardtack::{Error, SessionData};
use time::OffsetDateTime;

/// A session of express-session in the keys of connect-redis. The signature of its cookie is not
/// checked: no stranger sends one.
pub(crate) struct ConnectSid;

impl SessionFormat for ConnectSid {
    fn id_of_cookie(&self, value: &[u8]) -> Option<String> {
        let value = std::str::from_utf8(value).ok()?.strip_prefix("s:")?;
        let (id, _signature) = value.rsplit_once('.')?;
        Some(id.to_owned())
    }

    fn new_id(&self) -> Result<String, Error> {
        panic!("Express makes the session")
    }

    fn keys(&self, id: &str) -> Vec<String> {
        vec![format!("sess:{id}")]
    }

    fn read(&self, bytes: &Bytes, _: OffsetDateTime) -> ReadEntry {
        let session = SessionData::from_json(bytes.to_vec());
        session.map_or(ReadEntry::Unreadable, ReadEntry::Session)
    }

    fn write(
        &self,
        session: &SessionData,
        _: Option<&Bytes>,
        _: Option<Duration>,
        _: OffsetDateTime,
    ) -> Result<Bytes, Error> {
        session.to_json().map(Bytes::from)
    }
}
