//! [`HeldLock`]: the lock of a session, which a request takes and releases.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use time::OffsetDateTime;

use super::events::Event;
use super::kept::Kept;
use super::place::Place;
use super::session_lock::SessionLock;
use super::session_store::{Answer, Operation, Saved, Version, When};
use super::sessions::Sessions;
use super::watched_store::WatchedStore;
use crate::error::Error;
use crate::http::cookie_header::CookieHeader;
use crate::random;

/// The number of locks in a row whose time has passed that are taken over without a pause.
const MOST_LAPSED: u32 = 8;

/// A lock that a request holds. Dropping it releases it on the app's runtime, if there is one.
pub(super) struct HeldLock(Option<Lock>);

/// The entry of a lock.
struct Lock {
    sessions: Arc<Sessions<dyn Place>>,
    key: String,
    token: Bytes,
    /// The version of the entry; `None` if the store knows none of what it writes.
    version: Option<Version>,
}

impl HeldLock {
    /// Waits for the lock of the session whose id was sent; `None` if there is none to wait for.
    ///
    /// # Errors
    /// [`Error::LockedSession`], and the errors of the store.
    pub(super) async fn take(
        sessions: &Arc<Sessions<dyn Place>>,
        header: &CookieHeader<'_>,
    ) -> Result<Option<Self>, Error> {
        let policy = &sessions.policy;
        let (Some(setting), Some(key)) = (&policy.lock, key(sessions, header)) else {
            return Ok(None);
        };
        let most = i128::try_from(setting.longest().as_millis()).unwrap_or(i128::MAX);
        // From here on it is released: the store may write it although its answer is lost.
        let mut held = Self(Some(Lock {
            sessions: sessions.clone(),
            key,
            token: new_token(milliseconds(policy.now()).saturating_add(most))?,
            version: None,
        }));
        // If the store failed, nobody waits for it once more: dropping the lock releases it.
        if held.wait(setting).await? {
            return Ok(Some(held));
        }
        held.0 = None;
        let name = policy.name.clone();
        Err(Error::LockedSession { name })
    }

    /// Tries to take the lock until this request has it; returns `false` if the wait ends before.
    async fn wait(&mut self, setting: &SessionLock) -> Result<bool, Error> {
        let Some(lock) = &mut self.0 else {
            return Ok(false);
        };
        let (mut waited, mut when) = (Duration::ZERO, When::Absent);
        for (looks, byte) in (0..).zip(lock.token.clone().iter().cycle()) {
            let operation = Operation::Lock {
                key: lock.key.clone(),
                token: lock.token.clone(),
                ttl: setting.longest(),
                when: std::mem::replace(&mut when, When::Absent),
            };
            match lock.run(operation).await? {
                Answer::Saved(Saved::Done(version)) => {
                    lock.version = version;
                    return Ok(true);
                }
                // The answer was lost, and the lock is this request's own.
                Answer::Saved(Saved::Conflict(entry)) if entry.bytes == lock.token => {
                    lock.version = Some(entry.version);
                    return Ok(true);
                }
                // In a table without a time of expiry it would stay for ever.
                Answer::Saved(Saved::Conflict(entry))
                    if has_ended(&entry.bytes, lock.sessions.policy.now()) =>
                {
                    when = When::Unchanged(entry.version);
                    if looks < MOST_LAPSED {
                        continue;
                    }
                }
                _ => {}
            }
            let Some(pause) = setting.pause(waited, looks, *byte) else {
                break;
            };
            setting.sleep(pause).await;
            waited += pause;
        }
        Ok(false)
    }

    /// Releases the lock. If the store fails, the lock ends by itself.
    pub(super) async fn release(mut self) {
        if let Some(lock) = self.0.take() {
            lock.release().await;
        }
    }
}

impl Drop for HeldLock {
    fn drop(&mut self) {
        if let Some(lock) = self.0.take()
            && let Some(spawn) = lock.sessions.policy.spawn.clone()
        {
            // As in `RunningCommit`: without a runtime around it `tokio::spawn` panics.
            let _ = catch_unwind(AssertUnwindSafe(|| spawn(Box::pin(lock.release()))));
        }
    }
}

impl Lock {
    async fn run(&self, operation: Operation) -> Result<Answer, Error> {
        let policy = &self.sessions.policy;
        let store = WatchedStore {
            store: self.sessions.place.store().ok_or(Error::NeedsStore)?,
            name: &policy.name,
            policy,
            recent: None,
        };
        store.run(operation).await
    }

    async fn release(self) {
        let mut version = self.version.clone();
        if version.is_none() {
            // It may be another request's by now.
            let key = self.key.clone();
            match self.run(Operation::Load { key }).await {
                Ok(Answer::Loaded(Some(entry))) if entry.bytes == self.token => {
                    version = Some(entry.version);
                }
                Ok(_) => {}
                Err(error) => self.sessions.policy.tell(Event::NotUnlocked(&error)),
            }
        }
        if let Some(version) = version {
            let (key, when) = (self.key.clone(), When::Unchanged(version));
            if let Err(error) = self.run(Operation::Unlock { key, when }).await {
                self.sessions.policy.tell(Event::NotUnlocked(&error));
            }
        }
    }
}

/// Returns the key of the lock of the session whose id was sent.
fn key(sessions: &Sessions<dyn Place>, header: &CookieHeader<'_>) -> Option<String> {
    let Kept::OnServer(stored) = sessions.place.kept() else {
        return None;
    };
    let id = stored.sent_id(&sessions.policy, header)?;
    let key = stored.format.keys(&id).into_iter().next()?;
    Some(stored.format.lock_key(&key))
}

/// Returns a text that no other request has, and that every column of a database holds: a JSON
/// string of random digits, and of the time at which the lock ends, in milliseconds since 1970.
fn new_token(end: i128) -> Result<Bytes, Error> {
    let mut bytes = [0; 16];
    random::fill(&mut bytes)?;
    let digits = u128::from_be_bytes(bytes);
    Ok(format!("\"{digits:032x}.{end}\"").into())
}

/// Checks whether the time in a lock's token has passed. A token of another form has none.
fn has_ended(token: &[u8], now: OffsetDateTime) -> bool {
    let text = std::str::from_utf8(token).unwrap_or_default();
    let end = text
        .trim_matches('"')
        .split_once('.')
        .map(|(_, end)| end.parse::<i128>());
    matches!(end, Some(Ok(end)) if end <= milliseconds(now))
}

fn milliseconds(time: OffsetDateTime) -> i128 {
    time.unix_timestamp_nanos() / 1_000_000
}
