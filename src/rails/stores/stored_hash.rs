//! [`StoredHash`]: sessions whose Hash is stored without an entry around it.

use std::time::Duration;

use bytes::Bytes;
use time::OffsetDateTime;

use super::{row, zlib};
use crate::error::Error;
use crate::rails::jar::Jar;
use crate::rails::session_id::{SessionIds, stored_ids};
use crate::serializer::{DumpStyle, Format, Serialized};
use crate::session::data::SessionData;
use crate::session::session_format::{ReadEntry, SessionFormat};
use crate::session::table_layout::{DataType, TableLayout};
use crate::settings::Serializer;

/// Stores sessions as the Hash itself, serialized: as redis-session-store, redis-store,
/// activerecord-session_store and Dalli do.
///
/// Set the serializer that the app's store has; the default is Marshal, as in these gems. It writes
/// one format, and reads what [`Serializer`] reads: `Hybrid` reads Marshal and JSON, and writes JSON.
///
/// ```
/// use hardtack::stores::{MemoryStore, SessionFormat, StoredHash};
/// use hardtack::{Serializer, ServerSessions};
///
/// // config.session_store :redis_session_store, serializer: :hybrid,
/// //   redis: { key_prefix: "shop:session:", ... }
/// let format = StoredHash::redis_session_store()
///     .key_prefix("shop:session:")
///     .serializer(Serializer::Hybrid);
/// let keys = format.keys("c5829f921fee456fdd2b54fc408dfc2e");
/// assert!(keys[0].starts_with("shop:session:2::d27462508e96d314"));
///
/// let sessions = ServerSessions::new(format, MemoryStore::new(), "_shop_session");
/// ```
#[derive(Clone, Debug)]
pub struct StoredHash {
    key_prefix: String,
    ids: SessionIds,
    serializer: Serializer,
    ttl: Option<Duration>,
    layout: Layout,
}

/// The age at which `rake db:sessions:trim` deletes rows, unless `SESSION_DAYS_TRIM_THRESHOLD` says
/// otherwise.
const TRIM_AFTER: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The bytes around a serialized Hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// None.
    Plain,
    /// Those of a text column of a table.
    Row,
    /// None: the column is JSON itself.
    JsonColumn,
    /// None, or zlib, which memcached's client flags tell.
    Dalli,
}

impl StoredHash {
    fn new(key_prefix: String, layout: Layout) -> Self {
        Self {
            key_prefix,
            ids: SessionIds::default(),
            serializer: Serializer::Marshal,
            ttl: None,
            layout,
        }
    }

    /// Creates the format of the gem redis-session-store (0.11), without a `key_prefix`.
    #[must_use]
    pub fn redis_session_store() -> Self {
        Self::new(String::new(), Layout::Plain)
    }

    /// Creates the format of redis-store, redis-rack and redis-actionpack, under the namespace in the
    /// server's URL (`redis://localhost:6379/0/session` has `session`); it may be empty.
    ///
    /// ```
    /// use hardtack::stores::{SessionFormat, StoredHash};
    ///
    /// let keys = StoredHash::redis_store("session").keys("c5829f921fee456fdd2b54fc408dfc2e");
    /// assert!(keys[0].starts_with("session:2::d27462508e96d314"));
    /// ```
    #[must_use]
    pub fn redis_store(namespace: &str) -> Self {
        let colon = if namespace.is_empty() { "" } else { ":" };
        Self::new(format!("{namespace}{colon}"), Layout::Plain)
    }

    /// Creates the format of the column `data` of activerecord-session_store (2.x), whose rows have
    /// the key in the column `session_id`: base64 of Marshal, or JSON.
    ///
    /// ```
    /// use hardtack::SessionData;
    /// use hardtack::stores::{SessionFormat, StoredHash};
    /// use time::OffsetDateTime;
    ///
    /// let mut session = SessionData::new();
    /// session.insert("views", 1)?;
    /// let now = OffsetDateTime::now_utc();
    /// let data = StoredHash::active_record_store().write(&session, None, None, now)?;
    /// assert_eq!(data, "BAh7BkkiCnZpZXdzBjoGRVRpBg==\n");
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn active_record_store() -> Self {
        Self::new(String::new(), Layout::Row)
    }

    /// Takes the column `data` for a JSON column that holds the session itself: the serializer
    /// `:null` of activerecord-session_store, over a column of the type `json` or `jsonb`. The
    /// [`serializer`](Self::serializer) then has no effect.
    ///
    /// Any other store keeps its form.
    ///
    /// ```
    /// use hardtack::SessionData;
    /// use hardtack::stores::{DataType, SessionFormat, StoredHash};
    /// use time::OffsetDateTime;
    ///
    /// // ActiveRecord::SessionStore::Session.serializer = :null
    /// let format = StoredHash::active_record_store().json_column();
    /// let mut session = SessionData::new();
    /// session.insert("views", 1)?;
    /// let now = OffsetDateTime::now_utc();
    /// assert_eq!(format.write(&session, None, None, now)?, r#"{"views":1}"#);
    /// assert_eq!(format.table_layout().data_type, DataType::Json);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn json_column(mut self) -> Self {
        if self.layout == Layout::Row {
            self.layout = Layout::JsonColumn;
        }
        self
    }

    /// Creates the format of `Rack::Session::Dalli`, under the key prefix `rack:session:`.
    ///
    /// Dalli compresses long values, which are read; they are written uncompressed. Store the
    /// entries with the client flags 1.
    #[must_use]
    pub fn dalli() -> Self {
        Self::new("rack:session:".to_owned(), Layout::Dalli)
    }

    /// Sets the text before the id in a key.
    #[must_use]
    pub fn key_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.key_prefix = prefix.into();
        self
    }

    /// Sets the text before the digits of new ids; ids without it are read too.
    ///
    /// ```
    /// use hardtack::stores::{SessionFormat, StoredHash};
    ///
    /// let format = StoredHash::redis_session_store().id_prefix("cell-1-");
    /// assert!(format.new_id()?.starts_with("cell-1-"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn id_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.ids.prefix = prefix.into();
        self
    }

    /// Seals the ids in the cookie `name` with a jar, as redis-actionpack does under
    /// `signed: true`. It keeps them in `cookies.signed_or_encrypted`, which is the app's encrypted
    /// jar.
    ///
    /// redis-actionpack 5.3 writes such cookies under Rails 6.1 and 7.0, and does not read them:
    /// each request begins a new session there. Rust reads them.
    ///
    /// ```
    /// use hardtack::stores::{SessionFormat, StoredHash};
    /// use hardtack::{Jar, LoadDefaults, SecretKeyBase};
    ///
    /// # let secret = SecretKeyBase::generate()?;
    /// let jar = Jar::encrypted(&secret, LoadDefaults::V7_0);
    /// let format = StoredHash::redis_store("cache").sealed_ids(jar, "_shop_session");
    /// let id = "c5829f921fee456fdd2b54fc408dfc2e";
    /// let cookie = format.cookie_of_id(id)?;
    /// assert_eq!(format.id_of_cookie(cookie.as_bytes()).as_deref(), Some(id));
    /// assert_eq!(format.id_of_cookie(id.as_bytes()), None); // the bare id opens nothing
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn sealed_ids(mut self, jar: Jar, name: impl Into<String>) -> Self {
        self.ids.jar = Some((jar, name.into()));
        self
    }

    /// Sets the serializer of the store; the default is Marshal.
    #[must_use]
    pub fn serializer(mut self, serializer: Serializer) -> Self {
        self.serializer = serializer;
        self
    }

    /// Sets the life of a session for which [`ServerSessions`](crate::ServerSessions) sets no other:
    /// the `ttl` of redis-session-store.
    ///
    /// Each request that loads such a session extends its life, as in Rails.
    #[must_use]
    pub fn ttl(mut self, duration: Duration) -> Self {
        self.ttl = Some(duration);
        self
    }

    /// Returns the serialized Hash in an entry.
    fn unwrap(&self, bytes: &[u8]) -> Option<Serialized> {
        let of = |bytes: Vec<u8>| {
            let format = self.serializer.format_of(&bytes).ok()?;
            Some(Serialized { bytes, format })
        };
        match self.layout {
            Layout::Dalli if zlib::is_zlib(bytes) => of(zlib::inflate(bytes)?),
            Layout::Plain | Layout::Dalli => of(bytes.to_vec()),
            Layout::JsonColumn => Some(Serialized {
                bytes: bytes.to_vec(),
                format: Format::Json,
            }),
            Layout::Row => {
                let session = row::unwrap(bytes)?;
                self.serializer.reads(session.format).then_some(session)
            }
        }
    }
}

impl SessionFormat for StoredHash {
    fn id_of_cookie(&self, value: &[u8]) -> Option<String> {
        self.ids.id_of_cookie(value)
    }

    fn cookie_of_id(&self, id: &str) -> Result<String, Error> {
        self.ids.cookie_of_id(id)
    }

    fn new_id(&self) -> Result<String, Error> {
        self.ids.new_id()
    }

    fn keys(&self, id: &str) -> Vec<String> {
        stored_ids(id)
            .map(|id| self.key_prefix.clone() + &id)
            .into()
    }

    fn time_to_live(&self) -> Option<Duration> {
        self.ttl
    }

    fn read(&self, bytes: &Bytes, _: OffsetDateTime) -> ReadEntry {
        // A row whose column is NULL is an empty session in Rails.
        if bytes.is_empty() && matches!(self.layout, Layout::Row | Layout::JsonColumn) {
            return ReadEntry::Session(SessionData::new());
        }
        let session = self.unwrap(bytes).and_then(SessionData::of_payload);
        session.map_or(ReadEntry::Unreadable, ReadEntry::Session)
    }

    fn write(
        &self,
        session: &SessionData,
        _: Option<&Bytes>,
        _: Option<Duration>,
        _: OffsetDateTime,
    ) -> Result<Bytes, Error> {
        let style = match self.layout {
            // Active Support writes it, with its escapes.
            Layout::JsonColumn => DumpStyle::json(),
            _ => DumpStyle::stored(self.serializer.writes()),
        };
        let session = session.dump(Vec::new(), style)?;
        Ok(match self.layout {
            Layout::Row => row::wrap(&session).into(),
            Layout::Plain | Layout::Dalli | Layout::JsonColumn => session.bytes.into(),
        })
    }

    /// Returns the table of activerecord-session_store's own migration, whose rows its rake task
    /// deletes 30 days after their last change; hardtack's own table for any other store.
    fn table_layout(&self) -> TableLayout {
        let data_type = match self.layout {
            Layout::Row => DataType::Text,
            Layout::JsonColumn => DataType::Json,
            Layout::Plain | Layout::Dalli => return TableLayout::new(),
        };
        let mut layout = TableLayout::new()
            .table("sessions")
            .data_type(data_type)
            .max_age(TRIM_AFTER);
        layout.id = Some("id".to_owned());
        layout.expires_at = None;
        layout.created_at = Some("created_at".to_owned());
        layout.updated_at = Some("updated_at".to_owned());
        layout
    }

    fn renew(&self, session: &mut SessionData) {
        session.renew();
    }
}
