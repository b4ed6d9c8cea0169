//! [`LaravelSession`]: the sessions of a Laravel app.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use time::OffsetDateTime;

use super::encrypter::Encrypter;
use super::laravel_version::LaravelVersion;
use super::php_base64;
use super::random_text::random_text;
use super::session_keys::TOKEN;
use crate::error::Error;
use crate::message::base64::Alphabet;
use crate::serializer::php::{PhpDocument, PhpHandler, PhpStyle};
use crate::session::data::SessionData;
use crate::session::on_server::ServerSessions;
use crate::session::session_format::{ReadEntry, SessionFormat};
use crate::session::session_store::SessionStore;

/// The length of an id (`Illuminate/Session/Store.php`, `isValidId`).
const ID_LENGTH: usize = 40;

/// Stores sessions as Laravel does (`Illuminate/Session`, 8.83 and 13.26).
///
/// Create it by the app's driver (`SESSION_DRIVER`), with the names of a new app of the version;
/// then set what the app's configuration sets. [The module](super) has a table.
///
/// ```
/// use hardtack::laravel::{AppKey, Encrypter, LaravelCipher, LaravelSession, LaravelVersion};
/// use hardtack::stores::{ReadEntry, SessionFormat};
/// use time::OffsetDateTime;
///
/// let key = AppKey::new("base64:lfZjT32cpBnMi+tbV4x3aD/Nxh7fRElJo8Kz4wDK7TU=")?;
/// let encrypter = Encrypter::new(&key, LaravelCipher::Aes256Cbc)?;
/// let format = LaravelSession::redis(encrypter, LaravelVersion::V12);
///
/// let id = format.new_id()?;
/// let cookie = format.cookie_of_id(&id)?;
/// assert_eq!(format.id_of_cookie(cookie.as_bytes()), Some(id));
/// assert_eq!(format.keys("abc"), ["laravel_database_laravel_cache_abc"]);
///
/// let stored = br#"s:27:"a:1:{s:7:"user_id";i:4711;}";"#[..].into();
/// let now = OffsetDateTime::now_utc();
/// let ReadEntry::Session(mut session) = format.read(&stored, now) else { panic!() };
/// assert_eq!(session.get::<u32>("user_id")?, Some(4711));
/// session.insert("n", 1)?;
/// assert_eq!(
///     format.write(&session, Some(&stored), None, now)?,
///     r#"s:39:"a:2:{s:7:"user_id";i:4711;s:1:"n";i:1;}";"#,
/// );
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct LaravelSession {
    encrypter: Encrypter,
    cookie_name: String,
    key_prefix: String,
    envelope: Envelope,
    is_encrypted: bool,
    is_json: bool,
    lifetime: Duration,
}

/// The form in which a driver keeps the text of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Envelope {
    /// The text itself.
    Bare,
    /// PHP's `serialize()` of the text (`Illuminate/Cache/RedisStore.php`).
    Serialized,
    /// Base64 (`DatabaseSessionHandler.php`).
    Base64,
}

impl LaravelSession {
    fn new(encrypter: Encrypter, version: LaravelVersion, envelope: Envelope) -> Self {
        Self {
            encrypter,
            cookie_name: version.cookie_name().to_owned(),
            key_prefix: String::new(),
            envelope,
            is_encrypted: false,
            is_json: false,
            lifetime: Duration::from_secs(120 * 60),
        }
    }

    /// Creates the format of the driver `file`: a file per session under
    /// `storage/framework/sessions`, named by the id.
    ///
    /// ```
    /// use hardtack::laravel::{AppKey, Encrypter, LaravelCipher, LaravelSession, LaravelVersion};
    /// use hardtack::stores::SessionFormat;
    ///
    /// let cipher = LaravelCipher::default();
    /// let encrypter = Encrypter::new(&AppKey::generate(cipher)?, cipher)?;
    /// let format = LaravelSession::file(encrypter, LaravelVersion::V10);
    /// assert_eq!(format.keys("abc"), ["abc"]);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn file(encrypter: Encrypter, version: LaravelVersion) -> Self {
        Self::new(encrypter, version, Envelope::Bare)
    }

    /// Creates the format of the driver `redis` (example: at [`LaravelSession`]).
    #[must_use]
    pub fn redis(encrypter: Encrypter, version: LaravelVersion) -> Self {
        Self::new(encrypter, version, Envelope::Serialized).key_prefix(version.redis_prefix())
    }

    /// Creates the format of the driver `memcached`. The extension memcached stores a text with the
    /// client flags 0.
    ///
    /// ```
    /// use hardtack::laravel::{AppKey, Encrypter, LaravelCipher, LaravelSession, LaravelVersion};
    /// use hardtack::stores::SessionFormat;
    ///
    /// let cipher = LaravelCipher::default();
    /// let encrypter = Encrypter::new(&AppKey::generate(cipher)?, cipher)?;
    /// let format = LaravelSession::memcached(encrypter, LaravelVersion::V13);
    /// assert_eq!(format.keys("abc"), ["laravel-cache-abc"]);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn memcached(encrypter: Encrypter, version: LaravelVersion) -> Self {
        Self::new(encrypter, version, Envelope::Bare).key_prefix(version.memcached_prefix())
    }

    /// Creates the format of the driver `database`: the column `payload` of the table `sessions`,
    /// whose row the column `id` names.
    ///
    /// `last_activity` of that table is a whole number of seconds since 1970, which
    /// [`TableLayout`](crate::stores::TableLayout) has no form for: the package `hardtack-sqlx` does
    /// not write this table. A [`SessionStore`] of your own can.
    ///
    /// ```
    /// use hardtack::laravel::{AppKey, Encrypter, LaravelCipher, LaravelSession, LaravelVersion};
    /// use hardtack::stores::{ReadEntry, SessionFormat};
    /// use time::OffsetDateTime;
    ///
    /// let cipher = LaravelCipher::default();
    /// let encrypter = Encrypter::new(&AppKey::generate(cipher)?, cipher)?;
    /// let format = LaravelSession::database(encrypter, LaravelVersion::V11);
    /// let payload = b"YToxOntzOjE6ImEiO2k6MTt9"[..].into();
    /// let ReadEntry::Session(session) = format.read(&payload, OffsetDateTime::now_utc()) else {
    ///     panic!()
    /// };
    /// assert_eq!(session.get::<u8>("a")?, Some(1));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn database(encrypter: Encrypter, version: LaravelVersion) -> Self {
        Self::new(encrypter, version, Envelope::Base64)
    }

    /// Sets `session.cookie`, the name of the session's cookie, which the value of that cookie is
    /// sealed for.
    #[must_use]
    pub fn cookie_name(mut self, name: impl Into<String>) -> Self {
        self.cookie_name = name.into();
        self
    }

    /// Sets the text before the id in a key: of Redis `database.redis.options.prefix` and
    /// `cache.prefix` (with a `:` behind it up to Laravel 8), of Memcached `cache.prefix` alone.
    #[must_use]
    pub fn key_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.key_prefix = prefix.into();
        self
    }

    /// Encrypts stored sessions (`session.encrypt`). A session that is not encrypted is then
    /// unreadable, as in Laravel.
    #[must_use]
    pub fn encrypt(mut self) -> Self {
        self.is_encrypted = true;
        self
    }

    /// Stores sessions as JSON (`session.serialization`, for which a new app of Laravel 13 may
    /// choose `json`).
    ///
    /// ```
    /// use hardtack::SessionData;
    /// use hardtack::laravel::{AppKey, Encrypter, LaravelCipher, LaravelSession, LaravelVersion};
    /// use hardtack::stores::SessionFormat;
    ///
    /// let cipher = LaravelCipher::default();
    /// let encrypter = Encrypter::new(&AppKey::generate(cipher)?, cipher)?;
    /// let format = LaravelSession::file(encrypter, LaravelVersion::V13).json();
    /// let mut session = SessionData::new();
    /// session.insert("user_id", 42)?;
    /// let now = time::OffsetDateTime::now_utc();
    /// assert_eq!(format.write(&session, None, None, now)?, r#"{"user_id":42}"#);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn json(mut self) -> Self {
        self.is_json = true;
        self
    }

    /// Sets `session.lifetime`: the life of a session after its last request, of 120 minutes by
    /// default.
    #[must_use]
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Creates the sessions that `store` keeps, under the format's own cookie name, which expires
    /// with the session.
    ///
    /// ```
    /// use hardtack::laravel::{AppKey, Encrypter, LaravelCipher, LaravelSession, LaravelVersion};
    /// use hardtack::stores::MemoryStore;
    ///
    /// let cipher = LaravelCipher::default();
    /// let encrypter = Encrypter::new(&AppKey::generate(cipher)?, cipher)?;
    /// let format = LaravelSession::redis(encrypter, LaravelVersion::V12).cookie_name("shop_session");
    /// let sessions = format.sessions(MemoryStore::new());
    /// assert_eq!(sessions.name(), "shop_session");
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// [`ServerSessions::new`] does the same, and leaves out the expiry (`expire_on_close`): give
    /// it the format's own cookie name, or no cookie of Laravel opens.
    #[must_use]
    pub fn sessions(self, store: impl SessionStore) -> ServerSessions {
        let (name, lifetime) = (self.cookie_name.clone(), self.lifetime);
        ServerSessions::new(self, store, name).expire_after(lifetime)
    }

    /// Returns the text of a session in an entry; the reason if there is none.
    fn text<'a>(&self, entry: &'a [u8]) -> Result<Cow<'a, [u8]>, &'static str> {
        let text = match self.envelope {
            Envelope::Bare => Cow::Borrowed(entry),
            Envelope::Base64 => Cow::Owned(php_base64::decode(entry)),
            Envelope::Serialized if entry.is_empty() => Cow::Borrowed(entry),
            Envelope::Serialized => Cow::Borrowed(serialized_text(entry).ok_or(NOT_SERIALIZED)?),
        };
        if !self.is_encrypted || text.is_empty() {
            return Ok(text);
        }
        let opened = self.encrypter.open(&text).map_err(|_| NOT_ENCRYPTED)?;
        let text = serialized_text(&opened).ok_or(NOT_SERIALIZED)?;
        Ok(Cow::Owned(text.to_vec()))
    }
}

const NOT_SERIALIZED: &str = "the entry is no text that PHP serialized; see whether the format has the app's driver, and the app's Redis client no serializer of its own";
const NOT_ENCRYPTED: &str =
    "the session is not encrypted by a key of the app; see session.encrypt, APP_KEY and the cipher";
const NO_ARRAY: &str = "the session is one value, and no array";
const NO_OBJECT: &str = "the session is no object of JSON; see session.serialization";

impl SessionFormat for LaravelSession {
    /// Accepts an encrypted id of 40 letters and digits behind the prefix of the cookie's name.
    /// Laravel adopts such an id even if its session is gone; hardtack never does.
    fn id_of_cookie(&self, value: &[u8]) -> Option<String> {
        let id = self.encrypter.open_cookie(&self.cookie_name, value).ok()?;
        let is_id = id.len() == ID_LENGTH && id.iter().all(u8::is_ascii_alphanumeric);
        String::from_utf8(id).ok().filter(|_| is_id)
    }

    fn cookie_of_id(&self, id: &str) -> Result<String, Error> {
        self.encrypter.seal_cookie(&self.cookie_name, id)
    }

    fn new_id(&self) -> Result<String, Error> {
        random_text::<ID_LENGTH>()
    }

    fn keys(&self, id: &str) -> Vec<String> {
        vec![self.key_prefix.clone() + id]
    }

    fn time_to_live(&self) -> Option<Duration> {
        Some(self.lifetime)
    }

    fn read(&self, bytes: &Bytes, _: OffsetDateTime) -> ReadEntry {
        let text = match self.text(bytes) {
            Ok(text) => text,
            Err(reason) => return ReadEntry::Foreign(reason),
        };
        if self.is_json {
            // PHP has one empty array.
            let session = match &*text {
                b"" | b"[]" => Some(SessionData::new()),
                text => SessionData::from_json(text),
            };
            return session.map_or(ReadEntry::Foreign(NO_OBJECT), ReadEntry::Session);
        }
        match PhpDocument::load(PhpHandler::PhpSerialize, &text) {
            Ok(Some(document)) => ReadEntry::Session(SessionData::of_php(document)),
            Ok(None) => ReadEntry::Foreign(NO_ARRAY),
            Err(error) => ReadEntry::Foreign(error.reason),
        }
    }

    fn write(
        &self,
        session: &SessionData,
        _: Option<&Bytes>,
        _: Option<Duration>,
        _: OffsetDateTime,
    ) -> Result<Bytes, Error> {
        let mut text = if self.is_json {
            session.dump_json_with_nulls()?
        } else {
            session.dump_php(PhpStyle {
                handler: PhpHandler::PhpSerialize,
                precision: None,
            })?
        };
        if self.is_encrypted {
            text = self.encrypter.seal(serialize_text(&text))?.into_bytes();
        }
        Ok(match self.envelope {
            Envelope::Bare => text,
            Envelope::Serialized => serialize_text(&text),
            Envelope::Base64 => {
                let mut base64 = Vec::new();
                Alphabet::Standard.encode_into(&mut base64, &text);
                base64
            }
        }
        .into())
    }

    /// Drops the token, as `session()->regenerate()` does: Laravel then makes another one.
    fn renew(&self, session: &mut SessionData) {
        session.remove(TOKEN);
    }
}

/// Returns the text of `s:LEN:"text";`.
fn serialized_text(bytes: &[u8]) -> Option<&[u8]> {
    let rest = bytes.strip_prefix(b"s:")?;
    let colon = rest.iter().position(|byte| *byte == b':')?;
    let (length, rest) = rest.split_at_checked(colon)?;
    let text = rest.strip_prefix(b":\"")?.strip_suffix(b"\";")?;
    let is_digits = !length.is_empty() && length.iter().all(u8::is_ascii_digit);
    let length: usize = std::str::from_utf8(length).ok()?.parse().ok()?;
    (is_digits && length == text.len()).then_some(text)
}

/// Writes a text as PHP's `serialize()` does.
fn serialize_text(text: &[u8]) -> Vec<u8> {
    let head = format!("s:{}:\"", text.len());
    [head.as_bytes(), text, b"\";"].concat()
}
