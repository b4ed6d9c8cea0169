//! Any bytes as a text, for columns that hold text.

use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;
use hardtack::stores::{Entry, Saved, SessionStore, StoreError, When};

/// A store that keeps bytes as hexadecimal digits in quotes: a text, and JSON.
pub(crate) struct AsText<S>(pub(crate) S);

fn text(bytes: &[u8]) -> Bytes {
    let mut text = "\"".to_owned();
    for byte in bytes {
        write!(text, "{byte:02x}").unwrap();
    }
    text.push('"');
    text.into()
}

fn entry(kept: Entry) -> Entry {
    let digits = std::str::from_utf8(&kept.bytes).unwrap().trim_matches('"');
    let bytes = (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap());
    Entry {
        bytes: bytes.collect(),
        version: kept.version,
    }
}

impl<S: SessionStore> SessionStore for AsText<S> {
    async fn load(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        Ok(self.0.load(key).await?.map(entry))
    }

    async fn save(
        &self,
        key: &str,
        bytes: Bytes,
        ttl: Option<Duration>,
        when: &When,
    ) -> Result<Saved, StoreError> {
        Ok(match self.0.save(key, text(&bytes), ttl, when).await? {
            Saved::Conflict(there) => Saved::Conflict(entry(there)),
            other => other,
        })
    }

    async fn touch(&self, key: &str, ttl: Option<Duration>) -> Result<bool, StoreError> {
        self.0.touch(key, ttl).await
    }

    async fn delete(&self, key: &str, when: &When) -> Result<bool, StoreError> {
        self.0.delete(key, when).await
    }
}
