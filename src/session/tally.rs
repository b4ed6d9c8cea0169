//! [`Tally`]: counts of incoming cookies and of the work of stores, in memory.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::observer::{Observer, Outcome};
use super::store_operation::{Lookup, StoreOperation, StoreOutcome};
use crate::error::Refusal;
use crate::message::sealed_by::SealedBy;

/// Counts incoming cookies in memory, by how they opened or why they did not, and the work of a
/// store of sessions.
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
/// assert_eq!(how.to_string(), "current: encrypted, aes-256-gcm, key digest SHA256, json");
/// assert_eq!(counts[1], ("_shop_session".to_owned(), Err(Refusal::Malformed), 1));
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Default)]
pub struct Tally(Mutex<Counts>);

/// Counts by the cookie's name.
type Counts = BTreeMap<String, Counted>;

/// The counts of a cookie.
#[derive(Debug, Default)]
struct Counted {
    /// The outcomes are few, in the order of their first occurrence.
    opened: Vec<(Outcome, u64)>,
    lookups: BTreeMap<Lookup, u64>,
    operations: BTreeMap<(StoreOperation, StoreOutcome), (u64, Duration)>,
    conflicts: u64,
    reverts: u64,
}

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
        for (cookie, counted) in &*self.counts() {
            rows.extend(
                counted
                    .opened
                    .iter()
                    .map(|(how, count)| (cookie.clone(), *how, *count)),
            );
        }
        rows
    }

    /// Returns how often the store had the session of a cookie's id, or had not.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use hardtack::observe::{Lookup, StoreOperation, StoreOutcome, Tally};
    /// use hardtack::stores::{MemoryStore, StoredJson};
    /// use hardtack::{LazySession, RequestOrigin, ServerSessions};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), hardtack::Error> {
    /// let tally = Arc::new(Tally::new());
    /// let sessions = ServerSessions::new(StoredJson, MemoryStore::new(), "_session_id")
    ///     .observer(tally.clone());
    /// let header = "_session_id=0123456789abcdef0123456789abcdef";
    /// let lazy = LazySession::open(&Arc::new(sessions), header, RequestOrigin::default());
    /// assert!(lazy.load().await?.is_empty());
    ///
    /// assert_eq!(tally.lookups(), [("_session_id".to_owned(), Lookup::Miss, 1)]);
    /// let (_, operation, outcome, count, _total) = &tally.operations()[0];
    /// assert_eq!((*operation, *outcome), (StoreOperation::Load, StoreOutcome::Absent));
    /// assert_eq!(*count, 3); // each key of the id, and the first one again
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn lookups(&self) -> Vec<(String, Lookup, u64)> {
        let mut rows = Vec::new();
        for (cookie, counted) in &*self.counts() {
            let lookups = counted.lookups.iter();
            rows.extend(lookups.map(|(lookup, count)| (cookie.clone(), *lookup, *count)));
        }
        rows
    }

    /// Returns the numbers of a store's operations by their outcomes, and the time that they took
    /// together (example: at [`lookups`](Self::lookups)).
    #[must_use]
    pub fn operations(&self) -> Vec<(String, StoreOperation, StoreOutcome, u64, Duration)> {
        let mut rows = Vec::new();
        for (cookie, counted) in &*self.counts() {
            for ((operation, outcome), (count, total)) in &counted.operations {
                rows.push((cookie.clone(), *operation, *outcome, *count, *total));
            }
        }
        rows
    }

    /// Returns the numbers of keys that two requests changed at once, by the cookies' names.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use hardtack::observe::Tally;
    /// use hardtack::stores::{MemoryStore, StoredJson};
    /// use hardtack::{Commit, LazySession, RequestOrigin, ServerSessions};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), hardtack::Error> {
    /// let tally = Arc::new(Tally::new());
    /// let sessions = ServerSessions::new(StoredJson, MemoryStore::new(), "_session_id")
    ///     .observer(tally.clone());
    /// # let sessions = Arc::new(sessions);
    /// # let begun = LazySession::open(&sessions, "", RequestOrigin::default());
    /// # begun.load().await?.insert("theme", "light")?;
    /// # let Commit::Set(cookies) = begun.commit(200).await? else { panic!() };
    /// # let header = format!("_session_id={}", cookies[0].escaped_value());
    /// // Two requests of one browser load the session, and change the same key.
    /// let [one, two] =
    ///     [(); 2].map(|()| LazySession::open(&sessions, header.clone(), RequestOrigin::default()));
    /// one.load().await?.insert("theme", "dark")?;
    /// two.load().await?.insert("theme", "blue")?;
    /// one.commit(200).await?;
    /// two.commit(200).await?;
    /// assert_eq!(tally.conflicts(), [("_session_id".to_owned(), 1)]);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn conflicts(&self) -> Vec<(String, u64)> {
        self.rows(|counted| counted.conflicts)
    }

    /// Returns the numbers of saved keys that were found with their former values again, by the
    /// cookies' names.
    ///
    /// ```
    /// assert!(hardtack::observe::Tally::new().reverts().is_empty());
    /// ```
    #[must_use]
    pub fn reverts(&self) -> Vec<(String, u64)> {
        self.rows(|counted| counted.reverts)
    }

    /// Returns the counts of a kind that are not zero.
    fn rows(&self, count: impl Fn(&Counted) -> u64) -> Vec<(String, u64)> {
        let counts = self.counts();
        let rows = counts
            .iter()
            .map(|(cookie, counted)| (cookie.clone(), count(counted)));
        rows.filter(|(_, count)| *count > 0).collect()
    }

    fn count(&self, cookie: &str, count: impl FnOnce(&mut Counted)) {
        let mut counts = self.counts();
        if !counts.contains_key(cookie) {
            counts.insert(cookie.to_owned(), Counted::default());
        }
        if let Some(counted) = counts.get_mut(cookie) {
            count(counted);
        }
    }

    fn count_outcome(&self, cookie: &str, outcome: Outcome) {
        self.count(cookie, |Counted { opened, .. }| {
            match opened.iter_mut().find(|(way, _)| *way == outcome) {
                Some((_, count)) => *count += 1,
                None => opened.push((outcome, 1)),
            }
        });
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        // A panic elsewhere cannot leave a number half written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Tally {
    fn opened(&self, cookie: &str, how: &SealedBy) {
        self.count_outcome(cookie, Ok(*how));
    }

    fn refused(&self, cookie: &str, refusal: Refusal) {
        self.count_outcome(cookie, Err(refusal));
    }

    fn looked_up(&self, cookie: &str, lookup: Lookup) {
        self.count(cookie, |counted| {
            *counted.lookups.entry(lookup).or_default() += 1;
        });
    }

    fn store_answered(
        &self,
        cookie: &str,
        operation: StoreOperation,
        outcome: StoreOutcome,
        duration: Duration,
    ) {
        self.count(cookie, |counted| {
            let (count, total) = counted.operations.entry((operation, outcome)).or_default();
            *count += 1;
            *total = total.saturating_add(duration);
        });
    }

    fn conflicted(&self, cookie: &str, keys: usize) {
        self.count(cookie, |counted| {
            counted.conflicts = counted.conflicts.saturating_add(keys as u64);
        });
    }

    fn reverted(&self, cookie: &str, keys: usize) {
        self.count(cookie, |counted| {
            counted.reverts = counted.reverts.saturating_add(keys as u64);
        });
    }
}

impl fmt::Debug for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tally").field(&self.counts()).finish()
    }
}
