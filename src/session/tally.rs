//! [`Tally`]: counts of incoming cookies, in memory.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::observer::{Observer, Outcome};
use crate::error::Refusal;
use crate::message::sealed_by::SealedBy;

/// Counts incoming cookies in memory, by how they opened or why they did not.
///
/// Use it in tests, or to export the numbers by other means than the `metrics` crate. It holds one
/// number for each cookie's name that the app asks for and each outcome; names are never taken from
/// a request.
///
/// ```
/// use std::sync::Arc;
/// use hardtack::observe::Tally;
/// use hardtack::{CookieStore, Refusal, RequestOrigin, Session};
///
/// let tally = Arc::new(Tally::new());
/// let store = CookieStore::ephemeral("_shop_session")?.observer(tally.clone());
/// # let store = Arc::new(store);
/// # let session = Session::open(&store, "", RequestOrigin::default());
/// # session.insert("user_id", 42)?;
/// # let hardtack::Commit::Set(cookies) = session.commit(200)? else { panic!() };
/// # let set_cookie = &cookies[0];
///
/// let header = format!("_shop_session={}", set_cookie.escaped_value());
/// for header in [header.clone(), header, "_shop_session=AAAA--AAAA--AAAA".to_owned()] {
///     Session::open(&store, header, RequestOrigin::default()).get::<u32>("user_id")?;
/// }
/// let counts = tally.snapshot();
/// assert_eq!(counts.len(), 2);
/// let (cookie, Ok(how), 2) = &counts[0] else { panic!() };
/// assert_eq!(cookie, "_shop_session");
/// assert_eq!(how.to_string(), "current: encrypted, aes-256-gcm, keys by SHA256, json");
/// assert_eq!(counts[1], ("_shop_session".to_owned(), Err(Refusal::Malformed), 1));
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Default)]
pub struct Tally(Mutex<Counts>);

/// Counts by the cookie's name. The outcomes of a cookie are few, in the order of their first
/// occurrence.
type Counts = BTreeMap<String, Vec<(Outcome, u64)>>;

impl Tally {
    /// Creates an empty tally.
    ///
    /// ```
    /// assert!(hardtack::observe::Tally::new().snapshot().is_empty());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the counts since the tally was created, by the cookies' names and then in the order
    /// in which each outcome first occurred (example: at [`Tally`]).
    #[must_use]
    pub fn snapshot(&self) -> Vec<(String, Result<SealedBy, Refusal>, u64)> {
        let mut rows = Vec::new();
        for (cookie, counts) in &*self.counts() {
            rows.extend(
                counts
                    .iter()
                    .map(|(how, count)| (cookie.clone(), *how, *count)),
            );
        }
        rows
    }

    fn count(&self, cookie: &str, outcome: Outcome) {
        let mut counts = self.counts();
        if !counts.contains_key(cookie) {
            counts.insert(cookie.to_owned(), Vec::new());
        }
        let Some(ways) = counts.get_mut(cookie) else {
            return;
        };
        match ways.iter_mut().find(|(way, _)| *way == outcome) {
            Some((_, count)) => *count += 1,
            None => ways.push((outcome, 1)),
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        // A panic elsewhere cannot leave a number half written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Tally {
    fn opened(&self, cookie: &str, how: &SealedBy) {
        self.count(cookie, Ok(*how));
    }

    fn refused(&self, cookie: &str, refusal: Refusal) {
        self.count(cookie, Err(refusal));
    }
}

impl fmt::Debug for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tally").field(&self.counts()).finish()
    }
}
