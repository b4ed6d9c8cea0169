//! Sessions in a store go by the clock that is told, and end where it stands still.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::SeqCst};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use hardtack::stores::{
    Entry, MemoryStore, Saved, SessionStore, StoreError, StoredJson, Version, When,
};
use hardtack::{Error, LazySession, RequestOrigin, ServerSessions};
use time::OffsetDateTime;

fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

#[test]
fn a_memory_store_goes_by_its_clock() {
    let seconds = Arc::new(AtomicI64::new(1_900_000_000));
    let clock = seconds.clone();
    let store = MemoryStore::new()
        .clock(move || OffsetDateTime::from_unix_timestamp(clock.load(SeqCst)).unwrap());
    let ttl = Some(Duration::from_secs(60));
    now(store.save("a", Bytes::from_static(b"{}"), ttl, &When::Always)).unwrap();
    seconds.fetch_add(59, SeqCst);
    assert!(now(store.load("a")).unwrap().is_some());
    seconds.fetch_add(1, SeqCst);
    assert!(now(store.load("a")).unwrap().is_none());
}

/// A store in which somebody else is always faster.
struct Contended(AtomicU64);

impl Contended {
    fn entry(&self) -> Entry {
        let number = self.0.fetch_add(1, SeqCst);
        Entry {
            bytes: format!(r#"{{"turn":{number}}}"#).into(),
            version: Version::new(number.to_be_bytes().to_vec()),
        }
    }
}

impl SessionStore for Contended {
    async fn load(&self, _: &str) -> Result<Option<Entry>, StoreError> {
        Ok(Some(self.entry()))
    }

    async fn save(
        &self,
        _: &str,
        _: Bytes,
        _: Option<Duration>,
        _: &When,
    ) -> Result<Saved, StoreError> {
        Ok(Saved::Conflict(self.entry()))
    }

    async fn touch(&self, _: &str, _: Option<Duration>) -> Result<bool, StoreError> {
        Ok(true)
    }

    async fn delete(&self, _: &str, _: &When) -> Result<bool, StoreError> {
        Ok(false)
    }
}

#[test]
fn conflicts_end_though_the_clock_stands_still() {
    let sessions = ServerSessions::new(StoredJson, Contended(AtomicU64::new(0)), "_session_id")
        .clock(|| OffsetDateTime::UNIX_EPOCH);
    let cookie = format!("_session_id={}", "0123456789abcdef".repeat(2));
    let lazy = LazySession::open(&Arc::new(sessions), cookie, RequestOrigin::default());
    let session = now(lazy.load()).unwrap();
    session.insert("user_id", 42).unwrap();
    assert!(matches!(
        now(lazy.commit(200)),
        Err(Error::BusySession { .. })
    ));
}
