//! [`StoredSession`]: a stored session of a Rails app, of PHP or of Express, recognised by its bytes.

use std::fmt;

use time::{Duration, OffsetDateTime};

use super::cache_entry::{CacheEntry, Wrapping};
use super::cache_form::CacheFormatVersion;
use super::{row, zlib};
use crate::error::Error;
#[cfg(feature = "php")]
use crate::serializer::php::{PhpDocument, PhpHandler, PhpStyle};
#[cfg(feature = "express")]
use crate::serializer::value::Value;
use crate::serializer::{DumpStyle, Format, Serialized};
use crate::session::data::SessionData;

/// The member that express-session keeps for itself.
#[cfg(feature = "express")]
const COOKIE: &str = "cookie";

/// A stored session of a Rails app (with the features `php` and `express` also of PHP and of
/// express-session), recognised by its bytes, which can be written back in exactly the form that it
/// came in: for tools that look into a store.
///
/// ```
/// use hardtack::stores::{StoredSession, StoredSessionFormat};
///
/// let entry = b"\x00\x11\x01\x00\x00\x00\x00\x00\x00\xf0\xbf\xff\xff\xff\xff\x04\x08{\x06I\"\x0cuser_id\x06:\x06ETi/";
/// let mut stored = StoredSession::read(entry).unwrap();
/// assert_eq!(stored.format(), StoredSessionFormat::RailsCache);
/// assert_eq!(stored.to_string(), "rails-cache, cache_format_version 7.1, Marshal");
/// assert_eq!(stored.session().get::<u32>("user_id")?, Some(42));
/// assert_eq!(stored.to_bytes()?, entry);
///
/// stored.session_mut().insert("user_id", 43)?;
/// assert!(stored.to_bytes()?.ends_with(b"i0"));
/// assert!(StoredSession::read(b"not a session").is_none());
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone)]
pub struct StoredSession {
    session: SessionData,
    shape: Shape,
}

/// The format of a stored session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoredSessionFormat {
    /// An entry of Rails' cache: see [`RailsCache`](crate::stores::RailsCache).
    RailsCache,
    /// A Hash in Marshal: redis-session-store, redis-store, Dalli.
    RailsMarshal,
    /// A JSON object: redis-session-store, redis-store.
    RailsJson,
    /// The column `data` of activerecord-session_store.
    RailsRow,
    /// A session of PHP's handler `php`: see [`PhpSessions`](crate::php::PhpSessions).
    #[cfg(feature = "php")]
    Php,
    /// A session of PHP's handler `php_binary`.
    #[cfg(feature = "php")]
    PhpBinary,
    /// A session of PHP's handler `php_serialize`.
    #[cfg(feature = "php")]
    PhpSerialize,
    /// The JSON of express-session, whose member `cookie` is Express' own: see
    /// [`ExpressSession`](crate::express::ExpressSession). A tool sees that member too.
    #[cfg(feature = "express")]
    Express,
}

/// The bytes around a session.
#[derive(Clone, Debug)]
enum Shape {
    Cache(Box<Wrapping>),
    Hash {
        format: Format,
        is_zlib: bool,
    },
    Row(Format),
    #[cfg(feature = "php")]
    Php(PhpHandler),
    #[cfg(feature = "express")]
    Express,
}

impl StoredSessionFormat {
    /// All formats.
    pub const ALL: &'static [Self] = &[
        Self::RailsCache,
        Self::RailsMarshal,
        Self::RailsJson,
        Self::RailsRow,
        #[cfg(feature = "php")]
        Self::Php,
        #[cfg(feature = "php")]
        Self::PhpBinary,
        #[cfg(feature = "php")]
        Self::PhpSerialize,
        #[cfg(feature = "express")]
        Self::Express,
    ];

    /// Returns the name that the command line takes.
    ///
    /// ```
    /// use hardtack::stores::StoredSessionFormat;
    ///
    /// let names: Vec<_> = StoredSessionFormat::ALL.iter().map(|format| format.name()).collect();
    /// assert_eq!(names[..4], ["rails-cache", "rails-marshal", "rails-json", "rails-row"]);
    /// # #[cfg(feature = "php")]
    /// assert_eq!(names[4..7], ["php", "php-binary", "php-serialize"]); // with the feature `php`
    /// # #[cfg(feature = "express")]
    /// assert_eq!(names.last(), Some(&"express")); // with the feature `express`
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RailsCache => "rails-cache",
            Self::RailsMarshal => "rails-marshal",
            Self::RailsJson => "rails-json",
            Self::RailsRow => "rails-row",
            #[cfg(feature = "php")]
            Self::Php => "php",
            #[cfg(feature = "php")]
            Self::PhpBinary => "php-binary",
            #[cfg(feature = "php")]
            Self::PhpSerialize => "php-serialize",
            #[cfg(feature = "express")]
            Self::Express => "express",
        }
    }
}

impl StoredSession {
    /// Recognises and reads a stored session; `None` if the bytes have none of the formats.
    ///
    /// A Hash in Marshal counts as [`RailsMarshal`](StoredSessionFormat::RailsMarshal), although a
    /// cache may hold one without an entry around it. A JSON object whose only key is `value`
    /// counts as a row, and one whose member `cookie` has an `originalMaxAge` as Express'. No bytes
    /// at all, which PHP stores for an empty session, are not recognised.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let formats = [
            StoredSessionFormat::RailsMarshal,
            StoredSessionFormat::RailsCache,
            StoredSessionFormat::RailsRow,
            StoredSessionFormat::RailsJson,
            #[cfg(feature = "php")]
            StoredSessionFormat::PhpSerialize,
            #[cfg(feature = "php")]
            StoredSessionFormat::Php,
            #[cfg(feature = "php")]
            StoredSessionFormat::PhpBinary,
        ];
        if bytes.is_empty() {
            return None;
        }
        #[cfg(feature = "express")]
        if let Some(stored) = Self::read_as(StoredSessionFormat::Express, bytes)
            && stored.express_cookie("originalMaxAge").is_some()
        {
            return Some(stored);
        }
        formats
            .into_iter()
            .find_map(|format| Self::read_as(format, bytes))
    }

    /// Reads a stored session of this format; `None` if the bytes have another.
    ///
    /// ```
    /// use hardtack::stores::{StoredSession, StoredSessionFormat};
    ///
    /// let json = br#"{"value":{"user_id":42}}"#;
    /// let stored = StoredSession::read_as(StoredSessionFormat::RailsJson, json).unwrap();
    /// assert_eq!(stored.session().keys(), ["value"]);
    /// assert_eq!(StoredSession::read(json).unwrap().session().keys(), ["user_id"]);
    /// ```
    #[must_use]
    pub fn read_as(format: StoredSessionFormat, bytes: &[u8]) -> Option<Self> {
        match format {
            StoredSessionFormat::RailsCache => {
                let CacheEntry { session, wrapping } = CacheEntry::read(bytes)?;
                let shape = Shape::Cache(Box::new(wrapping));
                Some(Self { session, shape })
            }
            StoredSessionFormat::RailsMarshal => {
                let is_zlib = zlib::is_zlib(bytes);
                let bytes = if is_zlib {
                    zlib::inflate(bytes)?
                } else {
                    bytes.to_vec()
                };
                Self::of_hash(bytes, Format::Marshal, is_zlib)
            }
            StoredSessionFormat::RailsJson => Self::of_hash(bytes.to_vec(), Format::Json, false),
            StoredSessionFormat::RailsRow => {
                let session = row::unwrap(bytes)?;
                let shape = Shape::Row(session.format);
                let session = SessionData::of_payload(session)?;
                Some(Self { session, shape })
            }
            #[cfg(feature = "php")]
            StoredSessionFormat::Php => Self::of_php(PhpHandler::Php, bytes),
            #[cfg(feature = "php")]
            StoredSessionFormat::PhpBinary => Self::of_php(PhpHandler::PhpBinary, bytes),
            #[cfg(feature = "php")]
            StoredSessionFormat::PhpSerialize => Self::of_php(PhpHandler::PhpSerialize, bytes),
            #[cfg(feature = "express")]
            StoredSessionFormat::Express => {
                let session = SessionData::from_json(bytes)?;
                let cookie = session.get::<Value>(COOKIE);
                let shape = Shape::Express;
                matches!(cookie, Ok(Some(Value::Hash(_)))).then_some(Self { session, shape })
            }
        }
    }

    /// Returns an entry of the member `cookie`.
    #[cfg(feature = "express")]
    fn express_cookie(&self, key: &str) -> Option<Value> {
        let cookie = self.session.get::<Value>(COOKIE).ok().flatten()?;
        cookie.get(key).cloned()
    }

    #[cfg(feature = "php")]
    fn of_php(handler: PhpHandler, bytes: &[u8]) -> Option<Self> {
        let document = PhpDocument::load(handler, bytes).ok().flatten()?;
        Some(Self {
            session: SessionData::of_php(document),
            shape: Shape::Php(handler),
        })
    }

    fn of_hash(bytes: Vec<u8>, format: Format, is_zlib: bool) -> Option<Self> {
        // The reader of Marshal takes nothing else; that of JSON would take any JSON.
        let session = SessionData::of_payload(Serialized { bytes, format })?;
        let shape = Shape::Hash { format, is_zlib };
        Some(Self { session, shape })
    }

    /// Returns the format (example: at [`StoredSession`]).
    #[must_use]
    pub fn format(&self) -> StoredSessionFormat {
        match &self.shape {
            Shape::Cache(_) => StoredSessionFormat::RailsCache,
            Shape::Hash {
                format: Format::Json,
                ..
            } => StoredSessionFormat::RailsJson,
            Shape::Hash { .. } => StoredSessionFormat::RailsMarshal,
            Shape::Row(_) => StoredSessionFormat::RailsRow,
            #[cfg(feature = "php")]
            Shape::Php(PhpHandler::Php) => StoredSessionFormat::Php,
            #[cfg(feature = "php")]
            Shape::Php(PhpHandler::PhpBinary) => StoredSessionFormat::PhpBinary,
            #[cfg(feature = "php")]
            Shape::Php(PhpHandler::PhpSerialize) => StoredSessionFormat::PhpSerialize,
            #[cfg(feature = "express")]
            Shape::Express => StoredSessionFormat::Express,
        }
    }

    /// Returns the session (example: at [`StoredSession`]).
    #[must_use]
    pub fn session(&self) -> &SessionData {
        &self.session
    }

    /// Returns the session, to change (example: at [`StoredSession`]). Express' member `cookie` is a
    /// key like any other here, unlike in `ExpressSession`.
    pub fn session_mut(&mut self) -> &mut SessionData {
        &mut self.session
    }

    /// Returns the end that an entry of Rails' cache holds; `None` if it holds none.
    ///
    /// The store may drop the entry earlier.
    ///
    /// ```
    /// use hardtack::stores::StoredSession;
    ///
    /// let stored = StoredSession::read(b"\x04\x08{\x00").unwrap();
    /// assert_eq!(stored.expires_at(), None);
    /// ```
    #[must_use]
    pub fn expires_at(&self) -> Option<OffsetDateTime> {
        let Shape::Cache(wrapping) = &self.shape else {
            return None;
        };
        let end = Duration::checked_seconds_f64(wrapping.form.expires_at()?)?;
        OffsetDateTime::UNIX_EPOCH.checked_add(end)
    }

    /// Writes the session back in the form and with the end that it was read with (example: at
    /// [`StoredSession`]). What was compressed is compressed again, and equal once it is inflated.
    ///
    /// # Errors
    /// [`Error::UnwritableValue`] if a new value has no form in the format.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        let dump = |format| self.session.dump(Vec::new(), DumpStyle::stored(format));
        Ok(match &self.shape {
            Shape::Cache(wrapping) => wrapping.write(&self.session)?,
            Shape::Hash { format, is_zlib } => {
                let bytes = dump(*format)?.bytes;
                let when = if *is_zlib {
                    zlib::When::Always
                } else {
                    zlib::When::Never
                };
                zlib::deflate(&bytes, when).unwrap_or(bytes)
            }
            Shape::Row(format) => row::wrap(&dump(*format)?),
            #[cfg(feature = "php")]
            Shape::Php(handler) => self.session.dump_php(PhpStyle {
                handler: *handler,
                precision: None,
            })?,
            #[cfg(feature = "express")]
            Shape::Express => self.session.dump_javascript()?,
        })
    }
}

impl fmt::Display for StoredSession {
    /// Names the format and its version, the serializer and the compression (example: at
    /// [`StoredSession`]).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.format().name())?;
        let (format, is_zlib, is_in_string) = match &self.shape {
            Shape::Cache(wrapping) => {
                f.write_str(match wrapping.form.version() {
                    None => ", without an entry",
                    Some(CacheFormatVersion::V6_1) => ", cache_format_version 6.1",
                    Some(CacheFormatVersion::V7_0) => ", cache_format_version 7.0",
                    Some(CacheFormatVersion::V7_1) => ", cache_format_version 7.1",
                })?;
                let is_zlib = wrapping.compress != zlib::When::Never;
                (wrapping.style.format, is_zlib, wrapping.is_in_string)
            }
            Shape::Hash { format, is_zlib } => (*format, *is_zlib, false),
            Shape::Row(format) => (*format, false, false),
            #[cfg(feature = "php")]
            Shape::Php(_) => return Ok(()),
            #[cfg(feature = "express")]
            Shape::Express => return Ok(()),
        };
        f.write_str(match format {
            Format::Json => ", JSON",
            Format::Marshal => ", Marshal",
            Format::MessagePack => ", MessagePack",
        })?;
        if is_zlib {
            f.write_str(", compressed")?;
        }
        if is_in_string {
            f.write_str(", in a String (MemCacheStore)")?;
        }
        Ok(())
    }
}

impl fmt::Debug for StoredSession {
    /// Shows the format and the keys alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredSession")
            .field("format", &format_args!("{self}"))
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}
