//! [`ExpressSession`]: the sessions of express-session, as its stores keep them.

use std::borrow::Cow;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use time::OffsetDateTime;

use super::cookie_member::{Stored, join};
use super::cookie_options::{CookieOptions, Life};
use super::cookie_parser::value_of;
use super::cookie_signature::CookieSignature;
use super::kruptein::{KRUPTEIN, is_kruptein};
use super::own_max_age::{Asked, begun};
use super::session_cookie::attributes_of;
use super::sql_package::SqlPackage;
use crate::error::Error;
use crate::http::cookie_attributes::CookieAttributes;
use crate::http::cookie_header::CookieHeader;
use crate::random;
use crate::session::data::SessionData;
use crate::session::origin::RequestOrigin;
use crate::session::session_format::{ReadEntry, SessionFormat, Touch, logout_key_in_one_slot};
use crate::session::table_layout::TableLayout;

/// The bytes of a new id (`express-session/index.js`, `generateSessionId`).
const ID_BYTES: usize = 24;

/// The characters of an id of [`ID_BYTES`] in base64.
const ID_LENGTH: usize = 32;

/// The longest id of another form, in bytes.
const LONGEST_CUSTOM_ID: usize = 200;

/// The member that Express keeps for itself.
const COOKIE: &str = "cookie";

/// Stores sessions as express-session 1.17 to 1.19 does, in the JSON of connect-redis or
/// connect-memcached.
///
/// The member `cookie` of the JSON is Express' own: handlers do not see it, and a session with a
/// key of that name cannot be written. It is kept as it is, and its `expires` is set anew whenever
/// the session is written, as Express does. A read ignores that `expires`: it grows stale while the
/// store's own time is extended. All values that nobody changed are kept byte for byte.
///
/// A change is what Express takes for one: the JSON without its `cookie` differs. Numbers that are
/// set have JavaScript's form: `1.0` becomes `1`.
///
/// Set the options that the app sets; the [module](crate::express) lists them. The session's own
/// `cookie` gives the attributes and the end of the cookie in the browser.
///
/// ```
/// use hardtack::ServerSessions;
/// use hardtack::express::{CookieSignature, ExpressSession};
/// use hardtack::stores::{MemoryStore, ReadEntry, SessionFormat};
/// use time::OffsetDateTime;
///
/// let signature = CookieSignature::new("keyboard cat 779c6e755323")?;
/// let format = ExpressSession::connect_redis(signature);
/// let id = format.id_of_cookie(
///     b"s:kWkUrpGrN_tfBPGy6fGZr1ke9dVpJZa6.mhpadZHUAAOYun2rXafUH4bepzAJBlfT9nhedFhq1MI",
/// ).unwrap();
/// assert_eq!(format.keys(&id), ["sess:kWkUrpGrN_tfBPGy6fGZr1ke9dVpJZa6"]);
///
/// let stored = br#"{"cookie":{"originalMaxAge":null,"expires":null,"path":"/"},"views":1}"#;
/// let (stored, now) = (stored[..].into(), OffsetDateTime::now_utc());
/// let ReadEntry::Session(mut session) = format.read(&stored, now) else { panic!() };
/// assert_eq!(session.keys(), ["views"]);
/// session.insert("views", 2)?;
/// assert_eq!(
///     format.write(&session, Some(&stored), None, now)?,
///     r#"{"cookie":{"originalMaxAge":null,"expires":null,"path":"/"},"views":2}"#,
/// );
///
/// // MemoryStore stands for RedisStore of hardtack-redis.
/// let sessions = ServerSessions::new(format, MemoryStore::new(), "connect.sid");
/// assert_eq!(sessions.name(), "connect.sid");
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own, and none excludes another"
)]
pub struct ExpressSession {
    signature: CookieSignature,
    pub(super) key_prefix: String,
    pub(super) has_custom_ids: bool,
    pub(super) ttl: Option<Duration>,
    /// True if `ttl` counts before a session's own `maxAge`, as in connect-memcached.
    pub(super) has_fixed_life: bool,
    pub(super) touch: TouchForm,
    pub(super) is_rolling: bool,
    pub(super) saves_uninitialized: bool,
    pub(super) cookie: CookieOptions,
    /// The package that keeps the sessions in a table, if one does.
    pub(super) table: Option<SqlPackage>,
}

/// The way in which a store extends the life of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TouchForm {
    Nothing,
    Time,
    Rewrite,
}

impl ExpressSession {
    pub(super) fn new(signature: CookieSignature, key_prefix: &str, touch: TouchForm) -> Self {
        Self {
            signature,
            key_prefix: key_prefix.to_owned(),
            has_custom_ids: false,
            ttl: Some(Duration::from_secs(86_400)),
            has_fixed_life: false,
            touch,
            is_rolling: false,
            saves_uninitialized: false,
            cookie: CookieOptions::default(),
            table: None,
        }
    }

    /// Creates the format of a package that keeps sessions in a table.
    pub(super) fn in_table(signature: CookieSignature, package: SqlPackage) -> Self {
        Self {
            table: Some(package),
            ..Self::new(signature, "", TouchForm::Time)
        }
    }

    /// Creates the format of connect-redis 6 to 10, with its defaults: the prefix `sess:`, and a
    /// life of a day for a session without a `maxAge`. A request that only reads extends the key's
    /// time, and the JSON stays.
    #[must_use]
    pub fn connect_redis(signature: CookieSignature) -> Self {
        Self::new(signature, "sess:", TouchForm::Time)
    }

    /// Creates the format of connect-memcached 3, with its defaults: no prefix, and a life of a day
    /// for a session without a `maxAge`. A request that only reads writes the JSON again. Store the
    /// entries with the client flags 2.
    ///
    /// ```
    /// use hardtack::express::{CookieSignature, ExpressSession};
    /// use hardtack::stores::SessionFormat;
    ///
    /// let signature = CookieSignature::new("keyboard cat 779c6e755323")?;
    /// let format = ExpressSession::connect_memcached(signature);
    /// assert_eq!(format.keys("abc"), ["abc"]);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn connect_memcached(signature: CookieSignature) -> Self {
        Self::new(signature, "", TouchForm::Rewrite)
    }

    /// Returns the `originalMaxAge` of an entry in milliseconds, if it is a number.
    pub(super) fn original_max_age(entry: &Bytes) -> Option<f64> {
        Stored::split(entry)?.original_max_age()
    }

    /// Returns the life in a store of a session with this `originalMaxAge` in milliseconds.
    fn life(&self, max_age: Option<f64>) -> Option<Duration> {
        let ttl = self.ttl?;
        let Some(milliseconds) = max_age.filter(|_| !self.has_fixed_life) else {
            return Some(ttl);
        };
        if milliseconds == 0.0
            && let Some(life) = self.table.and_then(SqlPackage::life_of_nothing)
        {
            return Some(life);
        }
        if milliseconds <= 0.0 {
            return Some(Duration::ZERO);
        }
        let life = Duration::try_from_secs_f64(milliseconds / 1000.0).ok()?;
        Some(match self.touch {
            // connect-memcached cuts the fraction of a second off; zero would never end.
            TouchForm::Rewrite => Duration::from_secs(life.as_secs().max(1)),
            TouchForm::Nothing | TouchForm::Time => life,
        })
    }

    fn is_id(&self, id: &str) -> bool {
        let is_own = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let is_custom = |c: char| !c.is_whitespace() && !c.is_control();
        if self.has_custom_ids {
            (1..=LONGEST_CUSTOM_ID).contains(&id.len()) && id.chars().all(is_custom)
        } else {
            id.len() == ID_LENGTH && id.bytes().all(is_own)
        }
    }
}

impl SessionFormat for ExpressSession {
    /// Accepts `s:`, an id and its signature. An id without a signature, or of another form, is
    /// refused.
    fn id_of_cookie(&self, value: &[u8]) -> Option<String> {
        let signed = std::str::from_utf8(value).ok()?.strip_prefix("s:")?;
        let id = self.signature.verify(signed)?;
        self.is_id(id).then(|| id.to_owned())
    }

    fn cookie_of_id(&self, id: &str) -> Result<String, Error> {
        Ok(format!("s:{}", self.signature.sign(id)))
    }

    fn new_id(&self) -> Result<String, Error> {
        let mut bytes = [0; ID_BYTES];
        random::fill(&mut bytes)?;
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    fn cookie_value<'h>(&self, header: &CookieHeader<'h>, name: &str) -> Option<Cow<'h, [u8]>> {
        value_of(header, name)
    }

    fn keys(&self, id: &str) -> Vec<String> {
        vec![self.key_prefix.clone() + id]
    }

    fn time_to_live(&self) -> Option<Duration> {
        match self.cookie.life {
            Life::MaxAge(age) => self.ttl.and(Some(age)),
            Life::WithBrowser | Life::Until(_) => self.ttl,
        }
    }

    fn entry_time_to_live(&self, entry: &Bytes) -> Option<Duration> {
        let max_age = Self::original_max_age(entry)?;
        self.life(Some(max_age))
    }

    fn session_time_to_live(
        &self,
        session: &SessionData,
        entry: Option<&Bytes>,
        now: OffsetDateTime,
    ) -> Option<Duration> {
        let asked = asked(session);
        let present = match entry.and_then(|entry| Stored::split(entry)) {
            Some(stored) => stored.original_max_age(),
            None => self.cookie.max_age(now),
        };
        self.life(asked.max_age_or(present))
    }

    fn begin_for(&self, session: &mut SessionData, origin: &RequestOrigin) {
        session.set_aside(begun(session.aside(), origin.is_ssl()));
    }

    fn cookie(
        &self,
        session: &SessionData,
        entry: Option<&Bytes>,
        attributes: &CookieAttributes,
        now: OffsetDateTime,
    ) -> Option<CookieAttributes> {
        let asked = asked(session);
        let stored = entry.and_then(|entry| Stored::split(entry));
        let present = match &stored {
            Some(stored) => stored.original_max_age(),
            None => self.cookie.max_age(now),
        };
        let cookie = match &stored {
            Some(stored) => stored.touched(asked, now),
            None => self.cookie.begin(asked, now),
        };
        let max_age = asked.max_age_or(present);
        Some(attributes_of(&cookie, max_age, attributes, now))
    }

    /// Sets the cookie with each response if it is rolling, and else if the session changed and its
    /// `expires` is not null (`index.js`, `shouldSetCookie`).
    fn sets_cookie_again(
        &self,
        session: &SessionData,
        entry: &Bytes,
        is_changed: bool,
    ) -> Option<bool> {
        let has_end = || Stored::split(entry).is_some_and(|it| it.has_end(asked(session)));
        Some(self.is_rolling || (is_changed && has_end()))
    }

    /// Compares the JSON without its `cookie`, as express-session does (`index.js`, `hash`).
    fn is_changed(&self, session: &SessionData, entry: &Bytes) -> bool {
        let before = Stored::split(entry).and_then(|stored| stored.rest());
        let now = session.dump_javascript();
        before.is_none() || now.ok() != before.map(String::into_bytes)
    }

    fn keeps_empty(&self, is_new: bool) -> bool {
        !is_new || self.saves_uninitialized
    }

    fn read(&self, bytes: &Bytes, _: OffsetDateTime) -> ReadEntry {
        let rest = Stored::split(bytes).and_then(|stored| stored.rest());
        let session = rest.and_then(SessionData::from_json);
        match session {
            Some(session) => ReadEntry::Session(session),
            None if is_kruptein(bytes) => ReadEntry::Foreign(KRUPTEIN),
            None => ReadEntry::Unreadable,
        }
    }

    fn write(
        &self,
        session: &SessionData,
        previous: Option<&Bytes>,
        _: Option<Duration>,
        now: OffsetDateTime,
    ) -> Result<Bytes, Error> {
        if session.contains_key(COOKIE) {
            return Err(unwritable(
                "express-session keeps its own data under the key `cookie`",
            ));
        }
        let asked = asked(session);
        let previous = previous.and_then(|bytes| Stored::split(bytes));
        let (cookie, before) = match &previous {
            Some(previous) => (previous.touched(asked, now), previous.keys_before()),
            None => (self.cookie.begin(asked, now), &[][..]),
        };
        let rest = session.dump_javascript()?;
        let rest = std::str::from_utf8(&rest).ok();
        let whole = rest.and_then(|rest| join(rest, &cookie, before));
        whole
            .map(Bytes::from)
            .ok_or_else(|| unwritable("the session is no JSON object"))
    }

    /// Leaves out the store's command if it would do nothing.
    fn is_touch_due(&self, _: &Bytes, _: Option<Duration>, _: OffsetDateTime) -> bool {
        self.is_rolling || self.touch != TouchForm::Nothing
    }

    fn touch(
        &self,
        session: &SessionData,
        previous: &Bytes,
        ttl: Option<Duration>,
        now: OffsetDateTime,
    ) -> Touch {
        if self.table.is_some_and(SqlPackage::extends_only_a_max_age)
            && Self::original_max_age(previous).is_none_or(|age| age == 0.0)
        {
            return Touch::Nothing;
        }
        match (self.touch, ttl) {
            (TouchForm::Nothing, _) | (_, None) => Touch::Nothing,
            (TouchForm::Time, Some(_)) => Touch::Entry,
            (TouchForm::Rewrite, Some(_)) => self
                .write(session, Some(previous), ttl, now)
                .map_or(Touch::Entry, Touch::Rewrite),
        }
    }

    /// Returns the table of the package that keeps the sessions; hardtack's own if none does.
    fn table_layout(&self) -> TableLayout {
        let package = self.table.map(SqlPackage::table_layout);
        package.unwrap_or_default()
    }

    /// Returns a key that fits into the column of connect-session-sequelize.
    fn lock_key(&self, key: &str) -> String {
        match self.table {
            Some(_) => format!("{key}:l"),
            None => format!("{key}:lock"),
        }
    }

    /// Returns a key that fits as well: a table is in no Redis Cluster.
    fn logout_key(&self, key: &str) -> String {
        match self.table {
            Some(_) => format!("{key}:g"),
            None => logout_key_in_one_slot(key),
        }
    }
}

fn asked(session: &SessionData) -> Asked {
    session.aside().copied().unwrap_or_default()
}

fn unwritable(reason: &str) -> Error {
    Error::UnwritableValue {
        reason: reason.to_owned(),
    }
}
