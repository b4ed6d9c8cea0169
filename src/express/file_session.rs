//! [`FileSession`]: the sessions of Express in the files of session-file-store.

use std::time::Duration;

use bytes::Bytes;
use time::OffsetDateTime;

use super::cookie_member::split_member;
use super::express_session::ExpressSession;
use crate::error::Error;
use crate::session::data::SessionData;
use crate::session::session_format::{ReadEntry, SessionFormat};

/// The member in which the package keeps the time of the last access, in milliseconds.
const LAST_ACCESS: &str = "__lastAccess";

/// Reads the sessions of session-file-store 1.5, so that they can be moved to another store. Its
/// files are `<id>.json` in the folder `path`, without an option `secret`.
///
/// A session has ended when its `maxAge`, or the package's `ttl` if it has none, has passed since
/// its last access. The key of a session is the name of its file. Handlers do not see the member
/// `__lastAccess`. Nothing can be written in this format: use it in the older place of
/// [`migrating_from`](crate::Sessions::migrating_from), with a store that reads the folder.
///
/// ```
/// use hardtack::express::{CookieSignature, ExpressSession, FileSession};
/// use hardtack::stores::{ReadEntry, SessionFormat};
/// use time::OffsetDateTime;
///
/// let signature = CookieSignature::new("keyboard cat 779c6e755323")?;
/// let format = FileSession::new(ExpressSession::connect_redis(signature));
/// let id = "kWkUrpGrN_tfBPGy6fGZr1ke9dVpJZa6";
/// assert_eq!(format.keys(id), ["kWkUrpGrN_tfBPGy6fGZr1ke9dVpJZa6.json"]);
///
/// let file = br#"{"cookie":{"originalMaxAge":null,"expires":null},"views":1,"__lastAccess":0}"#;
/// let file = file[..].into();
/// let ReadEntry::Session(session) = format.read(&file, OffsetDateTime::UNIX_EPOCH) else { panic!() };
/// assert_eq!(session.keys(), ["views"]);
/// assert!(matches!(format.read(&file, OffsetDateTime::now_utc()), ReadEntry::Expired));
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct FileSession {
    session: ExpressSession,
    ttl: Duration,
    extension: String,
}

impl FileSession {
    /// Creates the format with the package's defaults: the extension `.json`, and a `ttl` of an
    /// hour. The signature and the form of ids are those of the session's format, such as that of
    /// the store to which the sessions move.
    #[must_use]
    pub fn new(session: ExpressSession) -> Self {
        Self {
            session,
            ttl: Duration::from_secs(3600),
            extension: ".json".to_owned(),
        }
    }

    /// Sets the package's `ttl`, the life of a session without a `maxAge` after its last access.
    #[must_use]
    pub fn ttl(mut self, duration: Duration) -> Self {
        self.ttl = duration;
        self
    }

    /// Sets the package's `fileExtension`.
    #[must_use]
    pub fn extension(mut self, extension: impl Into<String>) -> Self {
        self.extension = extension.into();
        self
    }

    /// Checks whether a session has ended (`session-file-helpers.js`, `isExpired`).
    fn has_ended(&self, entry: &Bytes, last_access: f64, now: OffsetDateTime) -> bool {
        // Milliseconds of a double, as in JavaScript. A `maxAge` of 0 counts as none.
        let max_age = ExpressSession::original_max_age(entry).filter(|age| *age != 0.0);
        let life = max_age.unwrap_or(self.ttl.as_secs_f64() * 1000.0);
        #[expect(
            clippy::cast_precision_loss,
            reason = "JavaScript's numbers are doubles"
        )]
        let now = (now.unix_timestamp_nanos() / 1_000_000) as f64;
        life == 0.0 || last_access + life < now
    }
}

impl SessionFormat for FileSession {
    fn id_of_cookie(&self, value: &[u8]) -> Option<String> {
        let id = self.session.id_of_cookie(value)?;
        // An id of the app's own form is a path in the package, too.
        let leaves = |c: char| matches!(c, '/' | '\\' | '\0' | ':');
        (!id.contains(leaves) && !id.starts_with('.')).then_some(id)
    }

    fn cookie_of_id(&self, id: &str) -> Result<String, Error> {
        self.session.cookie_of_id(id)
    }

    fn new_id(&self) -> Result<String, Error> {
        self.session.new_id()
    }

    fn keys(&self, id: &str) -> Vec<String> {
        vec![format!("{id}{}", self.extension)]
    }

    fn read(&self, bytes: &Bytes, now: OffsetDateTime) -> ReadEntry {
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        // A session without the time of its last access has no end.
        let Some((last_access, rest)) = split_member(text, LAST_ACCESS) else {
            return self.session.read(bytes, now);
        };
        let last_access: Option<f64> = serde_json::from_str(last_access).ok();
        if last_access.is_some_and(|last_access| self.has_ended(bytes, last_access, now)) {
            return ReadEntry::Expired;
        }
        self.session.read(&rest.into(), now)
    }

    /// Refuses to write.
    fn write(
        &self,
        _: &SessionData,
        _: Option<&Bytes>,
        _: Option<Duration>,
        _: OffsetDateTime,
    ) -> Result<Bytes, Error> {
        Err(Error::UnwritableValue {
            reason: "the sessions of session-file-store are only read: move them to another store"
                .to_owned(),
        })
    }
}
