//! [`RecentSaves`]: notices that another program has undone a save of this one.

use std::array;
use std::fmt::{self, Write as _};
use std::hash::{BuildHasher, DefaultHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use super::data::SessionData;
use super::kept::Kept;
use super::loaded::Loaded;
use crate::serializer::value::Value;

/// The number of saves that are remembered. A later save in the same slot replaces an earlier one.
const SLOTS: usize = 512;

/// The number of changed keys that are remembered of a save.
const KEYS: usize = 4;

/// Remembers the last saves of these sessions, as keyed hashes, to notice at a later loading that
/// the keys have their former values again.
///
/// It knows all writes of these sessions: a value that they set back themselves is never taken for
/// somebody else's. Its memory is fixed, and holds neither names nor values.
#[derive(Default)]
pub(crate) struct RecentSaves {
    hasher: RandomState,
    /// The number of saves that were remembered so far.
    count: AtomicU64,
    slots: OnceLock<Box<[Mutex<Slot>]>>,
}

#[derive(Default)]
struct Slot {
    /// The number of writes, without those that the store refused.
    writes: u64,
    running: usize,
    saved: Option<Remembered>,
}

/// A save.
#[derive(Clone, Copy)]
struct Remembered {
    /// The hash of the store's key.
    entry: u64,
    /// The number of this save.
    number: u64,
    /// The number of writes of the slot until then: as long as it stays, this save is the last
    /// write.
    writes: u64,
    changes: [Option<Change>; KEYS],
}

/// A key that a save changed, by hashes.
#[derive(Clone, Copy)]
struct Change {
    key: u64,
    before: u64,
    after: u64,
}

/// A write that runs. Dropping it ends it, whether the store has answered or not.
pub(super) struct Write<'r> {
    recent: &'r RecentSaves,
    entry: u64,
    number: u64,
    /// True if no other write ran when this one began.
    is_alone: bool,
}

/// A write that the store has answered, and beside which no other one ran when it began.
#[derive(Clone, Copy)]
pub(super) struct Written {
    entry: u64,
    number: u64,
}

impl RecentSaves {
    /// Begins a write of an entry: no earlier save is the last write any more, unless the store
    /// refuses this one.
    pub(super) fn begin(&self, key: &str) -> Write<'_> {
        let entry = self.hasher.hash_one(key);
        let mut write = Write {
            recent: self,
            entry,
            number: 0,
            is_alone: false,
        };
        if let Some(mut slot) = self.slot(entry) {
            write.is_alone = slot.running == 0;
            slot.writes += 1;
            slot.running += 1;
            write.number = slot.writes;
        }
        write
    }

    /// Remembers the keys that a save changed, if no other write has begun since.
    pub(super) fn keep(&self, written: Written, data: &SessionData) {
        // What a session had that was cleared is not known any more.
        if data.is_cleared() {
            return;
        }
        let mut changes = data.changes.iter().filter_map(|(key, _)| {
            let before = self.hash_of(data.value_before(key).ok()?);
            let after = self.hash_of(data.get(key).ok()?);
            (before != after).then(|| Change {
                key: self.hasher.hash_one(key),
                before,
                after,
            })
        });
        let changes = array::from_fn(|_| changes.next());
        if let Some(mut slot) = self.slot(written.entry)
            && slot.writes == written.number
            && slot.running == 0
        {
            slot.saved = Some(Remembered {
                entry: written.entry,
                number: self.count.fetch_add(1, SeqCst) + 1,
                writes: written.number,
                changes,
            });
        }
    }

    /// Returns the number of saves so far, for a loading that begins now.
    pub(super) fn count(&self) -> u64 {
        self.count.load(SeqCst)
    }

    /// Returns the number of keys that have their values from before a save, if none has that of
    /// the save; once for each save. `count` is from before the loading.
    pub(super) fn reverted(&self, key: &str, count: u64, loaded: &SessionData) -> usize {
        if count == 0 {
            return 0;
        }
        let entry = self.hasher.hash_one(key);
        let last = |slot: &Slot| slot.saved.filter(|saved| saved.writes == slot.writes);
        let saved = self.slot(entry).and_then(|slot| last(&slot));
        // A loading that began before the save was answered may have overtaken it.
        let Some(saved) = saved.filter(|saved| saved.entry == entry && saved.number <= count)
        else {
            return 0;
        };
        let keys = loaded.keys();
        let now = |change: &Change| {
            let is_it = |key: &&str| self.hasher.hash_one(key) == change.key;
            let name = keys.iter().map(AsRef::as_ref).find(is_it);
            // A value that cannot be read is neither the former nor the saved one.
            let value = name.map_or(Ok(None), |name| loaded.get(name));
            value.ok().map(|value| self.hash_of(value))
        };
        let (mut kept, mut reverted) = (0, 0);
        for change in saved.changes.iter().flatten() {
            let now = now(change);
            kept += usize::from(now == Some(change.after));
            reverted += usize::from(now == Some(change.before));
        }
        if kept > 0 || reverted == 0 {
            return 0;
        }
        let Some(mut slot) = self.slot(entry) else {
            return 0;
        };
        // Another loading may have noticed the same, or a write begun.
        if last(&slot).is_none_or(|still| still.number != saved.number) {
            return 0;
        }
        slot.saved = None;
        reverted
    }

    /// Hashes a value by its text, which is the same in every format.
    fn hash_of(&self, value: Option<Value>) -> u64 {
        let mut text = HashedText(self.hasher.build_hasher());
        text.0.write_u8(u8::from(value.is_some()));
        if let Some(value) = value {
            // Writing into a hasher cannot fail.
            let _ = write!(text, "{value}");
        }
        text.0.finish()
    }

    fn slot(&self, entry: u64) -> Option<MutexGuard<'_, Slot>> {
        let new = || (0..SLOTS).map(|_| Mutex::default()).collect();
        let place = usize::try_from(entry % SLOTS as u64).ok()?;
        let slot = self.slots.get_or_init(new).get(place)?;
        Some(slot.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write<'_> {
    /// Ends the write, once the store has answered. Returns `None` if the store refused it, or
    /// another write ran beside it: the store alone knows which of them was the last.
    pub(super) fn end(self, is_refused: bool) -> Option<Written> {
        let Self { entry, number, .. } = self;
        if !is_refused {
            return self.is_alone.then_some(Written { entry, number });
        }
        if let Some(mut slot) = self.recent.slot(entry)
            && slot.writes == number
        {
            slot.writes -= 1;
        }
        None
    }
}

impl Drop for Write<'_> {
    fn drop(&mut self) {
        if let Some(mut slot) = self.recent.slot(self.entry) {
            slot.running = slot.running.saturating_sub(1);
        }
    }
}

/// A text of which only the hash is kept.
struct HashedText(DefaultHasher);

impl fmt::Write for HashedText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}

impl Loaded {
    /// Returns the number of keys that somebody else set back, as far as it is known.
    pub(super) fn reverted(&self, recent: &RecentSaves, count: u64) -> usize {
        match &self.kept {
            Kept::OnServer(stored) if self.moved.is_none() => {
                let entry = stored.entry.as_ref();
                entry.map_or(0, |entry| recent.reverted(&entry.key, count, &self.data))
            }
            _ => 0,
        }
    }
}
