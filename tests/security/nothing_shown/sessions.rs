//! Sessions, their data, and their settings.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use hardtack::authentication::{LoginStore, RecordId};
use hardtack::csrf::CsrfSettings;
use hardtack::express::{
    ConnectFlash, CookieSignature, DoubleCsrf, ExpressSession, FileSession, Passport,
};
use hardtack::flash::FlashHash;
use hardtack::headers::Domain;
use hardtack::laravel::{
    AppKey, Encrypter, LaravelCipher, LaravelSession, LaravelVersion, SessionGuard,
};
use hardtack::observe::{Lookup, StoreOperation, StoreOutcome, Tally};
use hardtack::php::{PhpHandler, PhpSessions};
use hardtack::settings::{Priority, SizeLimit};
use hardtack::stores::{
    CacheFormatVersion, ConflictPolicy, Entry, MemoryStore, RailsCache, Saved, SessionFormat,
    SessionLock, StoreError, StoredHash, StoredJson, StoredSession, Touch, Version, When,
};
use hardtack::test_util::Browser;
use hardtack::warden::WardenScope;
use hardtack::{
    Commit, CookieAttributes, DuplicatePolicy, LazySession, LoadDefaults, RequestOrigin,
    ServerSessions, Session, WritePolicy,
};

use super::middleware::poll;
use super::{CARD, NAME, NUMBER, Rows, data, fill, store, tokens};

pub(crate) fn sessions(rows: &mut Rows) {
    let data = data();
    rows.debug("SessionData", &data);
    rows.debug("FlashHash", &FlashHash::load(&data));
    rows.debug("AuthenticityTokens", &tokens());
    let scope = WardenScope::new("user");
    rows.debug("WardenScope", &scope);
    rows.debug("WardenLogin", &scope.login(&data).unwrap());

    let tally = Arc::new(Tally::new());
    let store = Arc::new(store().observer(tally.clone()));
    rows.debug("CookieStore", &*store);
    let session = Session::open(&store, format!("plain={CARD}"), RequestOrigin::default());
    session.update(fill).unwrap();
    rows.debug("Session", &session);
    session.flash().now("alert", CARD).unwrap();
    rows.debug("Flash", &session.flash());
    rows.debug("Cookies", &session.cookies());
    rows.debug("SealedCookies", &session.cookies().encrypted());
    let commit = session.commit(200).unwrap();
    rows.debug("CacheHeaders", &session.cache_headers(|_| []));
    rows.debug("Commit", &commit);
    let header = format!("{NAME}={}", commit.cookies()[0].escaped_value());
    let read = Session::open(&store, header, RequestOrigin::default());
    assert_eq!(read.get::<String>("card").unwrap().unwrap(), CARD);
    rows.debug("Session", &read);
    rows.debug("Commit", &Commit::Keep);
    rows.debug("Tally", &*tally);
    assert!(!tally.snapshot().is_empty());
    let mut browser = Browser::default();
    browser.receive(commit.cookies().iter().map(ToString::to_string));
    rows.debug("Browser", &browser);
    rows.debug(
        "CookieMetrics",
        &hardtack::observe::CookieMetrics::default(),
    );
}

/// The sessions of Laravel and Symfony.
fn laravel(rows: &mut Rows) {
    let cipher = LaravelCipher::default();
    rows.debug("LaravelCipher", &cipher);
    rows.debug("LaravelVersion", &LaravelVersion::V13);
    let key = AppKey::generate(cipher).unwrap();
    rows.debug("AppKey", &key);
    let encrypter = Encrypter::new(&key, cipher).unwrap();
    rows.debug("Encrypter", &encrypter);
    rows.debug("SessionGuard", &SessionGuard::new("web"));
    let format = LaravelSession::redis(encrypter, LaravelVersion::V13);
    rows.debug("LaravelSession", &format);
    let now = time::OffsetDateTime::UNIX_EPOCH;
    let entry = format.write(&data(), None, None, now).unwrap();
    rows.debug("ReadEntry", &format.read(&entry, now));
    let session = Session::ephemeral().unwrap();
    session.insert("_token", CARD).unwrap();
    rows.debug("LaravelKeys", &session.laravel());
    let symfony = session.symfony();
    symfony.insert("card", CARD).unwrap();
    rows.debug("SymfonySession", &symfony);
    let meta = HashMap::from([("c", 1), ("u", 2), ("l", 3)]);
    session.insert("_sf2_meta", meta).unwrap();
    rows.debug("SymfonyMeta", &symfony.meta().unwrap().unwrap());
}

/// Sessions that a store keeps.
pub(crate) fn on_server(rows: &mut Rows) {
    let now = time::OffsetDateTime::UNIX_EPOCH;
    let bytes = StoredJson.write(&data(), None, None, now).unwrap();
    assert!(String::from_utf8_lossy(&bytes).contains(CARD));
    rows.debug("ReadEntry", &StoredJson.read(&bytes, now));
    rows.debug("Touch", &Touch::Entry);
    rows.debug("StoredJson", &StoredJson);
    let layout = StoredJson.table_layout();
    rows.debug("DataType", &layout.data_type);
    rows.debug("TableLayout", &layout);
    rows.both("SqlDatabase", &hardtack::stores::SqlDatabase::Postgres);
    let cache = RailsCache::new(CacheFormatVersion::V7_1);
    rows.debug("CacheFormatVersion", &CacheFormatVersion::V7_1);
    rows.debug("RailsCache", &cache);
    rows.debug("StoredHash", &StoredHash::redis_session_store());
    let php = PhpSessions::new();
    rows.debug("PhpSessions", &php);
    rows.debug("PhpHandler", &PhpHandler::PhpSerialize);
    let entry = php.write(&data(), None, None, now).unwrap();
    rows.debug("ReadEntry", &php.read(&entry, now));
    rows.debug("ReadEntry", &php.read(&entry.slice(1..), now));
    let signature = CookieSignature::new(CARD).unwrap();
    rows.debug("CookieSignature", &signature);
    let express = ExpressSession::connect_redis(signature);
    rows.debug("ExpressSession", &express);
    let entry = express.write(&data(), None, None, now).unwrap();
    rows.debug("ReadEntry", &express.read(&entry, now));
    rows.debug("FileSession", &FileSession::new(express.clone()));
    rows.debug("Passport", &Passport::new());
    rows.debug("ConnectFlash", &ConnectFlash);
    rows.debug("DoubleCsrf", &DoubleCsrf::new(CARD).unwrap());
    rows.debug("TimeForm", &layout.time_form);
    laravel(rows);
    let entry = cache.write(&data(), None, None, now).unwrap();
    rows.debug("ReadEntry", &cache.read(&entry, now));
    let stored = StoredSession::read(&entry).unwrap();
    rows.both("StoredSession", &stored);
    rows.debug("StoredSessionFormat", &stored.format());
    let version = Version::new(bytes.clone());
    rows.debug("Version", &version);
    rows.debug("When", &When::Unchanged(version.clone()));
    let entry = Entry { bytes, version };
    rows.debug("Entry", &entry);
    rows.debug("Saved", &Saved::Conflict(entry));
    rows.both("StoreError", &StoreError::new("connection refused"));

    let store = MemoryStore::new();
    rows.debug("MemoryStore", &store);
    let sessions = Arc::new(ServerSessions::new(StoredJson, store, NAME));
    rows.debug("ServerSessions", &*sessions);
    rows.debug("Sessions", &*sessions);
    let header = format!("plain={CARD}");
    let lazy = LazySession::open(&sessions, header, RequestOrigin::default());
    rows.debug("LazySession", &lazy);
    authentication(rows);
    rows.debug("ConflictPolicy", &ConflictPolicy::Overwrite);
    rows.debug("SessionLock", &SessionLock::new(|_| async {}));
    rows.debug("StoreOperation", &StoreOperation::Load);
    rows.debug("StoreOutcome", &StoreOutcome::Conflict);
    rows.debug("Lookup", &Lookup::Unreadable);
    let session = poll(lazy.load()).unwrap();
    session.update(fill).unwrap();
    rows.debug("LazySession", &lazy);
}

/// A table whose rows have a number of the session's for an id, and a value for a user.
struct Logins;

impl LoginStore for Logins {
    async fn user_of(&self, _: &RecordId) -> Result<Option<RecordId>, StoreError> {
        Ok(Some(CARD.into()))
    }

    async fn create(
        &self,
        _: &RecordId,
        _: Option<IpAddr>,
        _: Option<&str>,
    ) -> Result<RecordId, StoreError> {
        Ok(NUMBER.into())
    }

    async fn delete(&self, _: &RecordId) -> Result<bool, StoreError> {
        Ok(true)
    }
}

fn authentication(rows: &mut Rows) {
    let sessions = Arc::new(store().logins(Logins));
    rows.debug("CookieStore", &*sessions);
    let lazy = LazySession::open(&sessions, "", RequestOrigin::default());
    let authentication = lazy.authentication();
    let login = authentication.start_new_session_for(CARD, None, CARD);
    rows.debug("CurrentSession", &poll(login).unwrap());
    rows.debug("Authentication", &authentication);
}

pub(crate) fn settings(rows: &mut Rows) {
    let settings = LoadDefaults::V7_1.settings();
    rows.both("Cipher", &settings.cipher);
    rows.both("HmacDigest", &settings.signed_cookie_digest);
    rows.both("KeyDigest", &settings.key_generator_hash_digest_class);
    rows.both("SecretKind", &settings.secret_kind);
    rows.both("Serializer", &settings.cookies_serializer);
    rows.both("SameSite", &settings.cookies_same_site_protection.unwrap());
    rows.both("Priority", &Priority::High);
    rows.debug("SafeBufferForm", &settings.safe_buffer);
    rows.debug("SizeLimit", &SizeLimit::Rails);
    rows.both("LoadDefaults", &settings.version);
    rows.debug("Settings", &settings);
    rows.debug("CookieAttributes", &CookieAttributes::new());
    rows.debug("Domain", &Domain::All { tld_length: None });
    rows.debug("DuplicatePolicy", &DuplicatePolicy::First);
    rows.debug("WritePolicy", &WritePolicy::WhenRead);
    rows.debug("CsrfSettings", &CsrfSettings::from(LoadDefaults::V7_1));
    rows.debug(
        "RequestOrigin",
        &RequestOrigin::new(true, Some("example.org")),
    );
}
