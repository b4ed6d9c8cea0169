//! A format's own time to live: the store gets it, a request that reads extends it, and the cookie
//! has no end.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hardtack::stores::{CacheFormatVersion, RailsCache, SessionFormat, StoredHash, StoredSession};
use hardtack::{Commit, LazySession, RequestOrigin, ServerSessions};
use time::OffsetDateTime;
use time::macros::datetime;

use super::shelves::Shelves;

const NAME: &str = "_session_id";

const START: OffsetDateTime = datetime!(2026-09-21 14:13:20 UTC);

const MINUTE: Duration = Duration::from_secs(60);

/// Logs in, and returns the life and the bytes of the entry after each of: the login, a request that
/// does not ask for the session, one that reads it.
async fn lives(format: impl SessionFormat) -> Vec<(Option<Duration>, Vec<u8>)> {
    let shelves = Shelves::default();
    let now = Arc::new(Mutex::new(START));
    let clock = Arc::clone(&now);
    let sessions = ServerSessions::new(format, shelves.clone(), NAME);
    let sessions = Arc::new(sessions.clock(move || *clock.lock().unwrap()));
    let request = |header: String| LazySession::open(&sessions, header, RequestOrigin::default());
    let mut lives = Vec::new();
    let mut keep = || {
        let mut shelf = shelves.0.lock().unwrap();
        let (bytes, ttl) = shelf.values_mut().next().unwrap();
        lives.push((*ttl, bytes.to_vec()));
        // What is left of it when the next request comes.
        *ttl = ttl.map(|_| Duration::from_secs(1));
        *now.lock().unwrap() += Duration::from_secs(20);
    };

    let login = request(String::new());
    login.load().await.unwrap().insert("user_id", 42).unwrap();
    let Commit::Set(cookies) = login.commit(200).await.unwrap() else {
        panic!("no cookie")
    };
    assert_eq!((cookies[0].expires(), cookies[0].max_age()), (None, None));
    let header = format!("{NAME}={}", cookies[0].escaped_value());
    keep();
    assert_eq!(request(header.clone()).commit(200).await, Ok(Commit::Keep));
    keep();
    let reading = request(header);
    let session = reading.load().await.unwrap();
    assert_eq!(session.get::<u32>("user_id"), Ok(Some(42)));
    assert_eq!(reading.commit(200).await.unwrap().cookies(), []);
    keep();
    lives
}

#[tokio::test]
async fn the_ttl_of_a_hash_is_extended_by_reading() {
    let lives = lives(StoredHash::redis_session_store().ttl(MINUTE)).await;
    let ttls: Vec<_> = lives
        .iter()
        .map(|(ttl, _)| ttl.unwrap().as_secs())
        .collect();
    assert_eq!(ttls, [60, 1, 60]);
    assert!(lives.iter().all(|(_, bytes)| *bytes == lives[0].1));
}

#[tokio::test]
async fn the_end_of_a_cache_entry_is_extended_by_reading() {
    for version in [
        CacheFormatVersion::V6_1,
        CacheFormatVersion::V7_0,
        CacheFormatVersion::V7_1,
    ] {
        let lives = lives(RailsCache::new(version).expires_in(MINUTE)).await;
        let ttls: Vec<_> = lives
            .iter()
            .map(|(ttl, _)| ttl.unwrap().as_secs())
            .collect();
        assert_eq!(ttls, [60, 1, 60], "{version:?}");
        let ends = lives.iter().map(|(_, bytes)| {
            let end = StoredSession::read(bytes).unwrap().expires_at().unwrap();
            (end - START).whole_seconds()
        });
        // The third request came forty seconds after the login.
        assert_eq!(ends.collect::<Vec<_>>(), [60, 60, 100], "{version:?}");
    }
}

#[tokio::test]
async fn without_a_life_reading_writes_nothing() {
    for lives in [
        lives(StoredHash::redis_store("session")).await,
        lives(RailsCache::new(CacheFormatVersion::V6_1)).await,
    ] {
        assert!(lives.iter().all(|life| *life == (None, lives[0].1.clone())));
    }
}
