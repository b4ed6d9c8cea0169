//! [`PhpSessions`]: the sessions of PHP's session extension.

use std::time::Duration;

use bytes::Bytes;
use time::OffsetDateTime;

use crate::error::Error;
use crate::random;
use crate::serializer::php::{PhpDocument, PhpHandler, PhpStyle};
use crate::session::data::SessionData;
use crate::session::session_format::{ReadEntry, SessionFormat};

/// The characters of ids: the first 16, 32 or all 64 of them (`php_session_create_id` in
/// `ext/session/session.c`).
const ID_CHARACTERS: &[u8; 64] =
    b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-,";

/// The longest id (`PS_MAX_SID_LENGTH`), and the shortest new one.
const LONGEST_ID: usize = 256;
const SHORTEST_NEW_ID: usize = 22;

/// Stores sessions as PHP's session extension does (`ext/session/session.c`, PHP 8.2 and 8.4; 7.1
/// and later have the same format).
///
/// The defaults are those built into PHP. Set what the app's php.ini sets: [the module](super) has
/// a table. The key of a session is its id behind the [`key_prefix`](Self::key_prefix).
///
/// ```
/// use hardtack::php::PhpSessions;
/// use hardtack::stores::{ReadEntry, SessionFormat};
/// use time::OffsetDateTime;
///
/// let format = PhpSessions::new().key_prefix("PHPREDIS_SESSION:");
/// let id = format.id_of_cookie(b"2mijtsfa7kpfj7hgb7rj9f3675").unwrap();
/// assert_eq!(format.keys(&id), ["PHPREDIS_SESSION:2mijtsfa7kpfj7hgb7rj9f3675"]);
/// assert_eq!(format.id_of_cookie(b"../../etc/passwd"), None);
///
/// let now = OffsetDateTime::now_utc();
/// let stored = b"user|O:4:\"User\":1:{s:2:\"id\";i:42;}seen|r:1;"[..].into();
/// let ReadEntry::Session(mut session) = format.read(&stored, now) else { panic!() };
/// #[derive(serde::Deserialize)]
/// struct User { id: u32 }
/// assert_eq!(session.get::<User>("seen")?.unwrap().id, 42);
///
/// session.remove("user");
/// session.insert("views", 1)?;
/// let written = format.write(&session, Some(&stored), None, now)?;
/// assert_eq!(written, "seen|O:4:\"User\":1:{s:2:\"id\";i:42;}views|i:1;");
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct PhpSessions {
    key_prefix: String,
    style: PhpStyle,
    life: Duration,
    id_length: usize,
    id_bits: u8,
}

impl PhpSessions {
    /// Creates the format with PHP's built-in settings: the handler `php`, a life of 1440 seconds,
    /// ids of 32 hexadecimal digits, and no prefix of keys.
    #[must_use]
    pub fn new() -> Self {
        Self {
            key_prefix: String::new(),
            style: PhpStyle::default(),
            life: Duration::from_secs(1440),
            id_length: 32,
            id_bits: 4,
        }
    }

    /// Sets `session.serialize_handler`. Sessions of the two other handlers are not read.
    #[must_use]
    pub fn handler(mut self, handler: PhpHandler) -> Self {
        self.style.handler = handler;
        self
    }

    /// Sets the text before the id in a key: `PHPREDIS_SESSION:` for phpredis and `memc.sess.key.`
    /// for the extension memcached, unless the app sets another.
    ///
    /// ```
    /// use hardtack::php::PhpSessions;
    /// use hardtack::stores::SessionFormat;
    ///
    /// let format = PhpSessions::new().key_prefix("memc.sess.key.");
    /// assert_eq!(format.keys("abc"), ["memc.sess.key.abc"]);
    /// ```
    #[must_use]
    pub fn key_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.key_prefix = prefix.into();
        self
    }

    /// Sets `session.gc_maxlifetime`: the life of a session after its last request, in the store.
    /// It is 24 minutes by default.
    ///
    /// [`Sessions::expire_after`](crate::Sessions::expire_after) takes its place, and ends the
    /// cookie as well.
    ///
    /// ```
    /// use std::time::Duration;
    /// use hardtack::php::PhpSessions;
    /// use hardtack::stores::SessionFormat;
    ///
    /// assert_eq!(PhpSessions::new().time_to_live(), Some(Duration::from_secs(1440)));
    /// let day = Duration::from_secs(24 * 60 * 60);
    /// assert_eq!(PhpSessions::new().gc_maxlifetime(day).time_to_live(), Some(day));
    /// ```
    #[must_use]
    pub fn gc_maxlifetime(mut self, life: Duration) -> Self {
        self.life = life;
        self
    }

    /// Sets `serialize_precision`, the significant digits of a float that Rust sets: 17 in apps
    /// from before PHP 7.1. `None` is -1, the default: the shortest digits that give the float
    /// back.
    ///
    /// A number above 17 counts as 17, which gives every float back too.
    ///
    /// ```
    /// use hardtack::SessionData;
    /// use hardtack::php::PhpSessions;
    /// use hardtack::stores::SessionFormat;
    ///
    /// let mut session = SessionData::new();
    /// session.insert("price", 0.1)?;
    /// let now = time::OffsetDateTime::now_utc();
    /// let format = PhpSessions::new();
    /// assert_eq!(format.write(&session, None, None, now)?, "price|d:0.1;");
    /// let format = format.serialize_precision(17);
    /// assert_eq!(format.write(&session, None, None, now)?, "price|d:0.10000000000000001;");
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn serialize_precision(mut self, digits: impl Into<Option<u8>>) -> Self {
        self.style.precision = digits.into();
        self
    }

    /// Sets `session.sid_length`, the number of characters of new ids: 22 to 256, as in PHP. A
    /// number outside counts as the nearer limit. Ids of any length up to 256 are read.
    #[must_use]
    pub fn sid_length(mut self, characters: usize) -> Self {
        self.id_length = characters.clamp(SHORTEST_NEW_ID, LONGEST_ID);
        self
    }

    /// Sets `session.sid_bits_per_character` of new ids: 4 for `0-9a-f`, 5 for `0-9a-v`, 6 for
    /// `0-9a-zA-Z-,`; less or more counts as 4 or 6.
    ///
    /// Debian's PHP up to 8.3 has ids of 26 characters with 5 bits each.
    ///
    /// ```
    /// use hardtack::php::PhpSessions;
    /// use hardtack::stores::SessionFormat;
    ///
    /// let id = PhpSessions::new().sid_length(26).sid_bits_per_character(5).new_id()?;
    /// assert!(id.len() == 26 && id.chars().all(|c| matches!(c, '0'..='9' | 'a'..='v')));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn sid_bits_per_character(mut self, bits: u8) -> Self {
        self.id_bits = bits.clamp(4, 6);
        self
    }
}

impl Default for PhpSessions {
    fn default() -> Self {
        Self::new()
    }
}

impl SessionFormat for PhpSessions {
    /// Accepts 1 to 256 of PHP's characters (`php_session_valid_key`). With any other id PHP, too,
    /// begins a new session or none.
    fn id_of_cookie(&self, value: &[u8]) -> Option<String> {
        let is_id = (1..=LONGEST_ID).contains(&value.len())
            && value.iter().all(|byte| ID_CHARACTERS.contains(byte));
        is_id.then(|| String::from_utf8_lossy(value).into_owned())
    }

    fn new_id(&self) -> Result<String, Error> {
        let mut random = vec![0; self.id_length];
        random::fill(&mut random)?;
        let mask = (1_u8 << self.id_bits) - 1;
        let character = |byte: &u8| {
            let character = ID_CHARACTERS.get(usize::from(byte & mask));
            character.copied().map(char::from)
        };
        Ok(random.iter().filter_map(character).collect())
    }

    fn keys(&self, id: &str) -> Vec<String> {
        vec![self.key_prefix.clone() + id]
    }

    fn time_to_live(&self) -> Option<Duration> {
        Some(self.life)
    }

    fn read(&self, bytes: &Bytes, _: OffsetDateTime) -> ReadEntry {
        match PhpDocument::load(self.style.handler, bytes) {
            Ok(Some(document)) => ReadEntry::Session(SessionData::of_php(document)),
            Ok(None) => ReadEntry::Foreign("the session is one value, and no array"),
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
        Ok(session.dump_php(self.style)?.into())
    }
}
