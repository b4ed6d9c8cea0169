//! [`StoreError`]: the error of a store of sessions.

use std::fmt;
use std::sync::Arc;

/// The error of a store of sessions that is out of reach, too slow, or answered something
/// unexpected.
///
/// ```
/// use hardtack::stores::StoreError;
///
/// let error = StoreError::new(std::io::Error::other("connection refused"));
/// assert_eq!(error.to_string(), "connection refused");
/// ```
#[derive(Clone, Debug)]
pub struct StoreError(Arc<dyn std::error::Error + Send + Sync>);

impl StoreError {
    /// Creates an error from the error of the store's client.
    #[must_use]
    pub fn new(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(Arc::from(error.into()))
    }
}

impl PartialEq for StoreError {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for StoreError {}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}
