//! [`ExpressSession`]: the sessions of express-session, as its stores keep them.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use time::OffsetDateTime;

use super::cookie_member::{Stored, end_after, join};
use super::cookie_signature::CookieSignature;
use super::sql_package::SqlPackage;
use crate::error::Error;
use crate::random;
use crate::session::data::SessionData;
use crate::session::session_format::{ReadEntry, SessionFormat, Touch, logout_key_in_one_slot};
use crate::session::table_layout::TableLayout;
use crate::settings::SameSite;

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
/// Set the options that the app sets. Set the cookie's name and attributes on
/// [`ServerSessions`](crate::ServerSessions). With a [`max_age`](Self::max_age), set
/// [`expire_after`](crate::Sessions::expire_after) to the same duration: it ends the cookie in the
/// browser.
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
pub struct ExpressSession {
    signature: CookieSignature,
    key_prefix: String,
    has_custom_ids: bool,
    ttl: Option<Duration>,
    touch: TouchForm,
    max_age: Option<Duration>,
    cookie: CookieOptions,
    /// The package that keeps the sessions in a table, if one does.
    table: Option<SqlPackage>,
}

/// The way in which a store extends the life of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TouchForm {
    Nothing,
    Time,
    Rewrite,
}

/// The options `cookie` of express-session, for new sessions.
#[derive(Clone, Debug)]
struct CookieOptions {
    secure: Option<bool>,
    http_only: bool,
    domain: Option<String>,
    path: String,
    same_site: Option<SameSite>,
}

impl ExpressSession {
    fn new(signature: CookieSignature, key_prefix: &str, touch: TouchForm) -> Self {
        Self {
            signature,
            key_prefix: key_prefix.to_owned(),
            has_custom_ids: false,
            ttl: Some(Duration::from_secs(86_400)),
            touch,
            max_age: None,
            cookie: CookieOptions {
                secure: None,
                http_only: true,
                domain: None,
                path: "/".to_owned(),
                same_site: None,
            },
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

    /// Sets the store's `prefix`, the text before the id in a key; it may be empty.
    #[must_use]
    pub fn key_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.key_prefix = prefix.into();
        self
    }

    /// Sets the store's `ttl`, the life of a session without a `maxAge`. `None` is `disableTTL` of
    /// connect-redis: entries stay until they are deleted, and are never touched. It has no effect
    /// on sessions in a table.
    ///
    /// ```
    /// use hardtack::express::{CookieSignature, ExpressSession};
    /// use hardtack::stores::SessionFormat;
    ///
    /// let signature = CookieSignature::new("keyboard cat 779c6e755323")?;
    /// let format = ExpressSession::connect_redis(signature);
    /// assert_eq!(format.time_to_live().unwrap().as_secs(), 86_400);
    /// assert_eq!(format.ttl(None).time_to_live(), None);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn ttl(mut self, duration: impl Into<Option<Duration>>) -> Self {
        let duration = duration.into();
        // No table has sessions without an end.
        if duration.is_some() || self.table.is_none() {
            self.ttl = duration;
        }
        self
    }

    /// Leaves the life of a session as it is if a request only read it (`disableTouch` of
    /// connect-redis).
    #[must_use]
    pub fn disable_touch(mut self) -> Self {
        self.touch = TouchForm::Nothing;
        self
    }

    /// Accepts ids of any form that the app's `genid` returns: 1 to 200 bytes of UTF-8, without
    /// white space and control characters.
    ///
    /// Without it an id has the form of express-session's own, 32 characters of `A-Za-z0-9_-`,
    /// which new ids have in any case. Only the holder of a secret can sign an id.
    ///
    /// ```
    /// use hardtack::express::{CookieSignature, ExpressSession};
    /// use hardtack::stores::SessionFormat;
    ///
    /// let signature = CookieSignature::new("keyboard cat 779c6e755323")?;
    /// let cookie = format!("s:{}", signature.sign("user/7"));
    /// let format = ExpressSession::connect_redis(signature);
    /// assert_eq!(format.id_of_cookie(cookie.as_bytes()), None);
    /// let format = format.custom_ids();
    /// assert_eq!(format.id_of_cookie(cookie.as_bytes()).as_deref(), Some("user/7"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn custom_ids(mut self) -> Self {
        self.has_custom_ids = true;
        self
    }

    /// Sets `cookie.maxAge` of new sessions: their life after each write, in whole milliseconds.
    ///
    /// A session that Express began keeps its own `originalMaxAge`.
    ///
    /// ```
    /// use std::time::Duration;
    /// use hardtack::SessionData;
    /// use hardtack::express::{CookieSignature, ExpressSession};
    /// use hardtack::stores::SessionFormat;
    /// use time::OffsetDateTime;
    ///
    /// let signature = CookieSignature::new("keyboard cat 779c6e755323")?;
    /// let format = ExpressSession::connect_redis(signature).max_age(Duration::from_secs(60));
    /// assert_eq!(
    ///     format.write(&SessionData::new(), None, None, OffsetDateTime::UNIX_EPOCH)?,
    ///     r#"{"cookie":{"originalMaxAge":60000,"expires":"1970-01-01T00:01:00.000Z","httpOnly":true,"path":"/"}}"#,
    /// );
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn max_age(mut self, duration: impl Into<Option<Duration>>) -> Self {
        self.max_age = duration.into();
        self
    }

    /// Sets `cookie.secure` in the JSON of new sessions.
    #[must_use]
    pub fn secure(mut self, secure: bool) -> Self {
        self.cookie.secure = Some(secure);
        self
    }

    /// Sets `cookie.httpOnly` in the JSON of new sessions.
    #[must_use]
    pub fn http_only(mut self, http_only: bool) -> Self {
        self.cookie.http_only = http_only;
        self
    }

    /// Sets `cookie.domain` in the JSON of new sessions.
    #[must_use]
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.cookie.domain = Some(domain.into());
        self
    }

    /// Sets `cookie.path` in the JSON of new sessions.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.cookie.path = path.into();
        self
    }

    /// Sets `cookie.sameSite` in the JSON of new sessions.
    #[must_use]
    pub fn same_site(mut self, same_site: SameSite) -> Self {
        self.cookie.same_site = Some(same_site);
        self
    }

    /// Returns the `originalMaxAge` of an entry in milliseconds, if it is a number.
    pub(super) fn original_max_age(entry: &Bytes) -> Option<f64> {
        Stored::split(entry)?.original_max_age()
    }

    /// Returns the `cookie` of a new session (`session/cookie.js`, `toJSON`).
    fn new_cookie(&self, now: OffsetDateTime) -> String {
        let CookieOptions {
            secure,
            http_only,
            domain,
            path,
            same_site,
        } = &self.cookie;
        let milliseconds = self.max_age.map(|age| age.as_millis());
        let text = |text: &str| serde_json::Value::from(text).to_string();
        let null = || "null".to_owned();
        let max_age = milliseconds.map_or_else(null, |age| age.to_string());
        #[expect(clippy::cast_precision_loss, reason = "a number of JavaScript")]
        let end = milliseconds.and_then(|age| end_after(age as f64, now));
        let end = end.map_or_else(null, |end| text(&end));
        let same_site = same_site.map(|same_site| match same_site {
            SameSite::Strict => "strict",
            SameSite::Lax => "lax",
            SameSite::None => "none",
        });
        let members = [
            ("originalMaxAge", Some(max_age)),
            ("expires", Some(end)),
            ("secure", secure.map(|secure| secure.to_string())),
            ("httpOnly", Some(http_only.to_string())),
            ("domain", domain.as_deref().map(text)),
            ("path", Some(text(path))),
            ("sameSite", same_site.map(text)),
        ];
        let members = members
            .into_iter()
            .filter_map(|(name, value)| Some(format!("\"{name}\":{}", value?)));
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
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

    fn keys(&self, id: &str) -> Vec<String> {
        vec![self.key_prefix.clone() + id]
    }

    fn time_to_live(&self) -> Option<Duration> {
        self.ttl.map(|ttl| self.max_age.unwrap_or(ttl))
    }

    fn entry_time_to_live(&self, entry: &Bytes) -> Option<Duration> {
        self.ttl?;
        let milliseconds = Self::original_max_age(entry)?;
        if milliseconds == 0.0
            && let Some(life) = self.table.and_then(SqlPackage::life_of_nothing)
        {
            return Some(life);
        }
        // A life of nothing ends at once, and not never.
        Duration::try_from_secs_f64(milliseconds.max(1.0) / 1000.0).ok()
    }

    fn read(&self, bytes: &Bytes, _: OffsetDateTime) -> ReadEntry {
        let rest = Stored::split(bytes).and_then(|stored| stored.rest());
        let session = rest.and_then(SessionData::from_json);
        session.map_or(ReadEntry::Unreadable, ReadEntry::Session)
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
        let previous = previous.and_then(|bytes| Stored::split(bytes));
        let (cookie, before) = match &previous {
            Some(previous) => (previous.touched(now), previous.keys_before()),
            None => (self.new_cookie(now), &[][..]),
        };
        let rest = session.dump_javascript()?;
        let rest = std::str::from_utf8(&rest).ok();
        let whole = rest.and_then(|rest| join(rest, &cookie, before));
        whole
            .map(Bytes::from)
            .ok_or_else(|| unwritable("the session is no JSON object"))
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

fn unwritable(reason: &str) -> Error {
    Error::UnwritableValue {
        reason: reason.to_owned(),
    }
}
