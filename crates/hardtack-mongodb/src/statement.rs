//! The filters and updates of connect-mongo (`src/lib/MongoStore.ts`, 4.6.0 to 6.0.0), as data.

use std::time::Duration;

use mongodb::bson::{Bson, DateTime, Document, doc};

/// The last millisecond of the year 9999: every driver can show it.
const LATEST: i64 = 253_402_300_799_999;

/// Returns the filter that finds the entry of a key if its time has not passed.
pub(crate) fn live(key: &str, now: DateTime) -> Document {
    doc! {
        "_id": key,
        "$or": [{ "expires": { "$exists": false } }, { "expires": { "$gt": now } }],
    }
}

/// Returns the filter that finds the entry of a key if it is live and has exactly this value.
pub(crate) fn unchanged(key: &str, now: DateTime, value: Bson) -> Document {
    let mut filter = live(key, now);
    filter.insert("session", doc! { "$eq": value });
    filter
}

/// Returns the filter that finds the entry of a key if its time has passed.
///
/// An upsert by it writes where no entry is live: a live one is not found, and the insert meets its
/// key.
pub(crate) fn ended(key: &str, now: DateTime) -> Document {
    doc! { "_id": key, "expires": { "$exists": true, "$not": { "$gt": now } } }
}

/// Returns the time that is `ttl` from now.
pub(crate) fn end(now: DateTime, ttl: Duration) -> DateTime {
    let ttl = i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX);
    let end = now.timestamp_millis().saturating_add(ttl);
    DateTime::from_millis(end.min(LATEST))
}

/// The options of connect-mongo that add members to a document.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Times {
    /// `touchAfter`, which writes `lastModified`.
    pub(crate) touch_after: Option<Duration>,
    /// `timestamps` of connect-mongo 6, which writes `createdAt` and `updatedAt`.
    pub(crate) has_timestamps: bool,
}

impl Times {
    /// Returns the update that writes an entry.
    pub(crate) fn write(
        self,
        key: &str,
        value: Bson,
        now: DateTime,
        ttl: Option<Duration>,
    ) -> Document {
        let mut set = doc! { "_id": key, "session": value };
        if let Some(ttl) = ttl {
            set.insert("expires", end(now, ttl));
        }
        if self.touch_after.is_some() {
            set.insert("lastModified", now);
        }
        let mut update = doc! { "$set": set };
        if ttl.is_none() {
            update.insert("$unset", doc! { "expires": "" });
        }
        if self.has_timestamps {
            update.insert("$setOnInsert", doc! { "createdAt": now });
            update.insert("$currentDate", doc! { "updatedAt": true });
        }
        update
    }

    /// Returns the update that extends the life of an entry.
    pub(crate) fn touch(self, now: DateTime, ttl: Duration, has_last_modified: bool) -> Document {
        let mut set = Document::new();
        if self.touch_after.is_some() && has_last_modified {
            set.insert("lastModified", now);
        }
        set.insert("expires", end(now, ttl));
        let mut update = doc! { "$set": set };
        if self.has_timestamps {
            update.insert("$currentDate", doc! { "updatedAt": true });
        }
        update
    }

    /// Checks whether an entry of this age is left as it is by a touch.
    pub(crate) fn is_young(self, last_modified: DateTime, now: DateTime) -> bool {
        let age = now
            .timestamp_millis()
            .saturating_sub(last_modified.timestamp_millis());
        self.touch_after.is_some_and(|after| {
            i128::from(age) < i128::try_from(after.as_millis()).unwrap_or(i128::MAX)
        })
    }
}
