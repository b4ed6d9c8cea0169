//! [`check_session_store`](crate::test_util::check_session_store): the rules that every store
//! keeps.

use std::time::Duration;

use bytes::Bytes;

use crate::session::session_store::{Saved, SessionStore, Version, When};
use crate::store_error::StoreError;

/// Checks that a [`SessionStore`] keeps every rule of the trait, and returns the number of rules.
///
/// It uses the keys `hardtack-check-1` and `hardtack-check-2`, and deletes them at the end. It does
/// not wait for an entry's time to pass: test that with the clock of your store.
///
/// ```
/// use hardtack::stores::MemoryStore;
/// use hardtack::test_util::check_session_store;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// assert_eq!(check_session_store(&MemoryStore::new()).await, Ok(17));
/// # }
/// ```
///
/// # Errors
/// The rule that the store broke, or the store's own error, as text.
pub async fn check_session_store(store: &impl SessionStore) -> Result<usize, String> {
    let mut rules = Rules(0);
    let (one, two) = ("hardtack-check-1", "hardtack-check-2");
    let (first, second) = (Bytes::from_static(b"\0one\xff"), Bytes::from_static(b"two"));
    let hour = Some(Duration::from_secs(3600));
    let told = |error: StoreError| format!("the store failed: {error}");
    for key in [one, two] {
        store.delete(key, &When::Always).await.map_err(told)?;
    }

    let nothing = store.load(one).await.map_err(told)?;
    rules.keep("load of a missing key returns None", nothing.is_none())?;
    let touched = store.touch(one, hour).await.map_err(told)?;
    rules.keep("touch of a missing key returns false", !touched)?;
    let deleted = store.delete(one, &When::Always).await.map_err(told)?;
    rules.keep("delete of a missing key returns false", !deleted)?;
    let unknown = When::Unchanged(Version::new("no version of anybody"));
    for when in [When::Present, unknown.clone()] {
        let saved = store
            .save(one, first.clone(), hour, &when)
            .await
            .map_err(told)?;
        let is_gone = matches!(saved, Saved::Gone);
        rules.keep(
            "a save that needs an entry returns Gone if there is none",
            is_gone,
        )?;
    }

    let saved = store
        .save(one, first.clone(), hour, &When::Absent)
        .await
        .map_err(told)?;
    rules.keep(
        "a save of a new key returns Done",
        matches!(saved, Saved::Done(_)),
    )?;
    let entry = store.load(one).await.map_err(told)?;
    let entry = entry.ok_or("load returns the entry that was saved")?;
    rules.keep(
        "load returns the saved bytes unchanged",
        entry.bytes == first,
    )?;
    for when in [When::Absent, unknown.clone()] {
        let saved = store
            .save(one, second.clone(), hour, &when)
            .await
            .map_err(told)?;
        let brings = matches!(&saved, Saved::Conflict(there) if there.bytes == first);
        rules.keep(
            "a refused save returns Conflict with the present entry",
            brings,
        )?;
    }
    let unchanged = When::Unchanged(entry.version);
    let saved = store
        .save(one, second.clone(), None, &unchanged)
        .await
        .map_err(told)?;
    rules.keep(
        "a save over the version that was read returns Done",
        matches!(saved, Saved::Done(_)),
    )?;
    let saved = store
        .save(one, first.clone(), hour, &unchanged)
        .await
        .map_err(told)?;
    let brings = matches!(&saved, Saved::Conflict(there) if there.bytes == second);
    rules.keep("a version identifies a single state of an entry", brings)?;
    let touched = store.touch(one, hour).await.map_err(told)?;
    rules.keep("touch of an entry returns true", touched)?;
    let deleted = store.delete(one, &unchanged).await.map_err(told)?;
    rules.keep("delete with an outdated version leaves the entry", !deleted)?;
    store
        .save(two, first.clone(), hour, &When::Always)
        .await
        .map_err(told)?;
    let entry = store.load(one).await.map_err(told)?;
    let stays = entry.as_ref().is_some_and(|entry| entry.bytes == second);
    rules.keep("keys do not share entries", stays)?;
    let unchanged = entry.map_or(unknown, |entry| When::Unchanged(entry.version));
    let deleted = store.delete(one, &unchanged).await.map_err(told)?;
    rules.keep("delete with the current version deletes the entry", deleted)?;
    let renames = renames_as_it_says(store, two, one).await.map_err(told)?;
    rules.keep(
        "a rename moves one state of an entry, to a key without one",
        renames,
    )?;
    store.delete(one, &When::Always).await.map_err(told)?;
    store.delete(two, &When::Always).await.map_err(told)?;
    let nothing = store.load(two).await.map_err(told)?;
    rules.keep("load of a deleted key returns None", nothing.is_none())?;
    Ok(rules.0)
}

/// Checks that an entry is renamed once, by its version, or never if the store renames nothing.
async fn renames_as_it_says(
    store: &impl SessionStore,
    from: &str,
    to: &str,
) -> Result<bool, StoreError> {
    let hour = Some(Duration::from_secs(3600));
    let bytes = Bytes::from_static(b"renamed");
    let other = Version::new("no version of anybody");
    let entry = store.load(from).await?;
    let version = entry.map_or_else(|| other.clone(), |entry| entry.version);
    let mut done = Vec::new();
    for version in [&other, &version, &version] {
        let saved = store.rename(from, to, bytes.clone(), hour, version).await?;
        done.push(matches!(saved, Saved::Done(_)));
    }
    let there = store.load(to).await?;
    let is_moved = there.is_some_and(|entry| entry.bytes == bytes);
    let is_gone = store.load(from).await?.is_none();
    let renames = store.renames();
    Ok(done == [false, renames, false] && is_moved == renames && is_gone == renames)
}

/// The number of rules that were kept.
struct Rules(usize);

impl Rules {
    fn keep(&mut self, rule: &str, is_kept: bool) -> Result<(), String> {
        if !is_kept {
            return Err(rule.to_owned());
        }
        self.0 += 1;
        Ok(())
    }
}
