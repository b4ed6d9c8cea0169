//! [`RailsCache`]: sessions in Rails' cache (`ActionDispatch::Session::CacheStore`).

use std::time::Duration;

use bytes::Bytes;
use memchr::memmem;
use time::OffsetDateTime;

use super::cache_entry::{CacheEntry, Wrapping, ending_7_1, entry_end};
pub use super::cache_form::CacheFormatVersion;
use super::cache_form::{CacheForm, seconds};
use super::zlib;
use crate::error::Error;
use crate::hex;
use crate::rails::session_id::{SessionIds, stored_ids};
use crate::serializer::{DumpStyle, Format};
use crate::session::data::SessionData;
use crate::session::session_format::{ReadEntry, SessionFormat, Touch};
use crate::settings::Settings;

/// The least length of a value that Rails' cache compresses, in bytes
/// (`DEFAULT_COMPRESS_LIMIT`).
const COMPRESS_THRESHOLD: usize = 1024;

/// A Float of 0.0 in Marshal, as Ruby writes it.
const MARSHALLED_ZERO: &[u8] = b"f\x060";

/// Stores sessions as entries of Rails' cache, where `ActionDispatch::Session::CacheStore` keeps
/// them (`config.session_store :cache_store`): byte for byte as the caches of Rails 6.1 to 8.1 do.
///
/// Entries of every version are read, and the version of the settings is written. Set what the app's
/// `config.cache_store` sets. `RedisCacheStore`, `FileStore` and Solid Cache (without encryption)
/// keep the same bytes; for `MemCacheStore` call [`mem_cache_store`](Self::mem_cache_store).
///
/// The end inside an entry counts, as in Rails: a request that extends a session's life rewrites its
/// entry. A value of more than 1 MiB is written uncompressed, and is not read if it is compressed.
///
/// ```
/// use std::time::Duration;
/// use hardtack::ServerSessions;
/// use hardtack::stores::{CacheFormatVersion, MemoryStore, RailsCache, SessionFormat};
///
/// // config.cache_store = :redis_cache_store, { namespace: "shop", expires_in: 90.minutes }
/// let format = RailsCache::new(CacheFormatVersion::V7_1).namespace("shop");
/// let keys = format.keys("c5829f921fee456fdd2b54fc408dfc2e");
/// assert_eq!(
///     keys[0],
///     "shop:_session_id:2::d27462508e96d31491a3a51d0ad8e06cd5bbcd201574c0ec6a195852c8ee2745",
/// );
/// // The private id is no id of a cookie.
/// assert_eq!(format.id_of_cookie(keys[0]["shop:_session_id:".len()..].as_bytes()), None);
///
/// let sessions = ServerSessions::new(format, MemoryStore::new(), "_shop_session")
///     .expire_after(Duration::from_secs(90 * 60));
/// ```
#[derive(Clone, Debug)]
pub struct RailsCache {
    version: CacheFormatVersion,
    namespace: String,
    key_prefix: String,
    ids: SessionIds,
    style: DumpStyle,
    expires_in: Option<Duration>,
    touch_after: Duration,
    compress_from: Option<usize>,
    is_mem_cache: bool,
}

impl RailsCache {
    /// Creates the format of a cache with Rails' default settings, which writes this version.
    #[must_use]
    pub fn new(version: CacheFormatVersion) -> Self {
        Self {
            version,
            namespace: String::new(),
            key_prefix: "_session_id:".to_owned(),
            ids: SessionIds::default(),
            style: DumpStyle::stored(Format::Marshal),
            expires_in: None,
            touch_after: Duration::ZERO,
            compress_from: Some(COMPRESS_THRESHOLD),
            is_mem_cache: false,
        }
    }

    /// Sets the cache's `namespace`, which stands before each key with a colon.
    ///
    /// Rails shortens keys that are too long for the store. A session's key takes 79 bytes: keep
    /// the namespace below 160. In `MemCacheStore` the namespace counts as it is escaped;
    /// `MemcachedStore` of `hardtack-memcached` refuses a key that Rails shortens.
    #[must_use]
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// Sets the text between namespace and id; the default is `_session_id:`.
    ///
    /// GitLab's is `session:gitlab:`.
    ///
    /// ```
    /// use hardtack::stores::{CacheFormatVersion, RailsCache, SessionFormat};
    ///
    /// let gitlab = RailsCache::new(CacheFormatVersion::V6_1).key_prefix("session:gitlab:");
    /// let keys = gitlab.keys("c5829f921fee456fdd2b54fc408dfc2e");
    /// assert!(keys[0].starts_with("session:gitlab:2::d27462508e96d314"));
    /// ```
    #[must_use]
    pub fn key_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.key_prefix = prefix.into();
        self
    }

    /// Sets the text before the digits of new ids; ids without it are read too.
    ///
    /// GitLab with `session_cookie_token_prefix` has ids such as `cell-1-` and 32 digits.
    ///
    /// ```
    /// use hardtack::stores::{CacheFormatVersion, RailsCache, SessionFormat};
    ///
    /// let format = RailsCache::new(CacheFormatVersion::V6_1).id_prefix("cell-1-");
    /// let id = format.new_id()?;
    /// assert!(id.starts_with("cell-1-") && id.len() == 39);
    /// assert_eq!(format.id_of_cookie(id.as_bytes()), Some(id));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn id_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.ids.prefix = prefix.into();
        self
    }

    /// Writes values as MessagePack (`serializer: :message_pack`), in the forms of these settings'
    /// Rails; in version 7.1 only, since earlier versions are always Marshal.
    ///
    /// ```
    /// use hardtack::LoadDefaults;
    /// use hardtack::stores::{CacheFormatVersion, RailsCache};
    ///
    /// let cache = RailsCache::new(CacheFormatVersion::V7_1).message_pack(LoadDefaults::V7_2);
    /// ```
    #[must_use]
    pub fn message_pack(mut self, settings: impl Into<Settings>) -> Self {
        self.style = DumpStyle::of(&settings.into()).in_format(Format::MessagePack);
        self
    }

    /// Sets the life of a session whose cookie has no end, for which
    /// [`ServerSessions`](crate::ServerSessions) sets no other: GitLab's `expires_in`.
    ///
    /// Each request that loads such a session extends its life, as in Rails. Elsewhere `CacheStore`
    /// takes the `expires_in` of `config.cache_store` for its own `expire_after`, which ends the
    /// cookie too: set it by [`Sessions::expire_after`](crate::Sessions::expire_after).
    #[must_use]
    pub fn expires_in(mut self, duration: Duration) -> Self {
        self.expires_in = Some(duration);
        self
    }

    /// Sets the part of a session's life that must have passed before a request that only reads it
    /// extends it. The default is zero, as in Rails: each such request extends it. A duration above
    /// half of the life counts as half.
    ///
    /// The end inside the entry tells how much has passed. Before that, a request that only reads
    /// sends no second command, and sets no cookie. A session may therefore end up to `duration`
    /// earlier after its last visit. Entries of other formats hold no end: the store is touched
    /// each time, which rewrites nothing.
    ///
    /// ```
    /// use std::time::Duration;
    /// use hardtack::ServerSessions;
    /// use hardtack::stores::{CacheFormatVersion, MemoryStore, RailsCache};
    ///
    /// let format = RailsCache::new(CacheFormatVersion::V7_1)
    ///     .touch_after(Duration::from_secs(5 * 60));
    /// let sessions = ServerSessions::new(format, MemoryStore::new(), "_shop_session")
    ///     .expire_after(Duration::from_secs(90 * 60));
    /// ```
    #[must_use]
    pub fn touch_after(mut self, duration: Duration) -> Self {
        self.touch_after = duration;
        self
    }

    /// Sets the cache's `compress_threshold`, in bytes (1024 by default); `None` is
    /// `compress: false`.
    #[must_use]
    pub fn compress_threshold(mut self, threshold: impl Into<Option<usize>>) -> Self {
        self.compress_from = threshold.into();
        self
    }

    /// Writes keys and entries as `MemCacheStore` does with Dalli 3: keys are escaped, and from
    /// version 7.0 on an entry is a Ruby String in Marshal. Store the entries with the client flags
    /// 1.
    ///
    /// ```
    /// use hardtack::stores::{CacheFormatVersion, RailsCache, SessionFormat};
    ///
    /// let format = RailsCache::new(CacheFormatVersion::V7_1)
    ///     .namespace("my app")
    ///     .mem_cache_store();
    /// let keys = format.keys("c5829f921fee456fdd2b54fc408dfc2e");
    /// assert!(keys[0].starts_with("my%20app:_session_id:2::d27462508e96d314"));
    /// ```
    #[must_use]
    pub fn mem_cache_store(mut self) -> Self {
        self.is_mem_cache = true;
        self
    }

    fn key(&self, id: &str) -> String {
        let Self {
            namespace,
            key_prefix,
            ..
        } = self;
        let colon = if namespace.is_empty() { "" } else { ":" };
        let key = format!("{namespace}{colon}{key_prefix}{id}");
        if self.is_mem_cache {
            escaped(&key)
        } else {
            key
        }
    }

    fn wrapping(&self, form: CacheForm) -> Wrapping {
        Wrapping {
            form,
            style: match self.version {
                CacheFormatVersion::V7_1 => self.style,
                _ => DumpStyle::stored(Format::Marshal),
            },
            compress: match self.compress_from {
                Some(least) => zlib::When::From(least),
                None => zlib::When::Never,
            },
            is_in_string: self.is_mem_cache,
        }
    }
}

/// Escapes a key for memcached (`MemCacheStore::ESCAPE_KEY_CHARS`).
fn escaped(key: &str) -> String {
    let mut escaped = String::with_capacity(key.len());
    for byte in key.bytes() {
        match byte {
            0..=0x20 | b'%' | 0x7f.. => {
                escaped.push('%');
                let digits = hex::digits(byte).map(|digit| digit.to_ascii_uppercase());
                // Ruby's `to_s(16)` writes no zero before a single digit.
                let zeros = usize::from(byte < 0x10);
                escaped.extend(digits.into_iter().skip(zeros).map(char::from));
            }
            _ => escaped.push(char::from(byte)),
        }
    }
    escaped
}

impl SessionFormat for RailsCache {
    fn id_of_cookie(&self, value: &[u8]) -> Option<String> {
        self.ids.id_of_cookie(value)
    }

    fn new_id(&self) -> Result<String, Error> {
        self.ids.new_id()
    }

    fn keys(&self, id: &str) -> Vec<String> {
        stored_ids(id).map(|id| self.key(&id)).into()
    }

    fn time_to_live(&self) -> Option<Duration> {
        self.expires_in
    }

    fn read(&self, bytes: &Bytes, now: OffsetDateTime) -> ReadEntry {
        match CacheEntry::read(bytes) {
            None => ReadEntry::Unreadable,
            Some(entry) if entry.wrapping.form.has_ended(now) => ReadEntry::Expired,
            Some(entry) => ReadEntry::Session(entry.session),
        }
    }

    fn write(
        &self,
        session: &SessionData,
        previous: Option<&Bytes>,
        ttl: Option<Duration>,
        now: OffsetDateTime,
    ) -> Result<Bytes, Error> {
        // Only an entry of 6.1 leaves something to its successor, and only one that counts from 1970
        // (Rails 7.0 and later write a time of creation of 0.0): others are not read once more.
        let previous = match self.version {
            CacheFormatVersion::V6_1 => previous
                .filter(|bytes| memmem::find(bytes, MARSHALLED_ZERO).is_some())
                .and_then(|bytes| CacheEntry::read(bytes)),
            _ => None,
        };
        let previous = previous.as_ref().map(|entry| &entry.wrapping.form);
        let form = CacheForm::new(self.version, previous, ttl, now);
        Ok(self.wrapping(form).write(session)?.into())
    }

    fn is_touch_due(&self, previous: &Bytes, ttl: Option<Duration>, now: OffsetDateTime) -> bool {
        let (false, Some(ttl)) = (self.touch_after.is_zero(), ttl) else {
            return true;
        };
        // Later, and a visitor who comes again and again would be logged out.
        let touch_after = self.touch_after.min(ttl / 2);
        // An end much later than due was written while sessions lasted longer.
        entry_end(previous).is_none_or(|end| {
            let passed = seconds(now) + ttl.as_secs_f64() - end;
            passed.abs() >= touch_after.as_secs_f64()
        })
    }

    /// Rewrites the entry in its own form: another Rails may still have to read it.
    fn touch(
        &self,
        _: &SessionData,
        previous: &Bytes,
        ttl: Option<Duration>,
        now: OffsetDateTime,
    ) -> Touch {
        let Some(ttl) = ttl else {
            return Touch::Nothing;
        };
        if let Some(entry) = ending_7_1(previous, seconds(now) + ttl.as_secs_f64()) {
            return Touch::Rewrite(entry.into());
        }
        let rewritten = CacheEntry::read(previous).and_then(|entry| {
            let CacheEntry {
                session,
                mut wrapping,
            } = entry;
            wrapping.form = wrapping.form.ending(ttl, now);
            wrapping.write(&session).ok()
        });
        match rewritten {
            Some(entry) => Touch::Rewrite(entry.into()),
            None => Touch::Entry,
        }
    }

    fn renew(&self, session: &mut SessionData) {
        session.renew();
    }
}
