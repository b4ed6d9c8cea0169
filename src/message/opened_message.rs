//! [`OpenedMessage`]: a message's value, and how it came.

use std::fmt;

use time::OffsetDateTime;

/// A message that was read: its value, and how it came.
///
/// ```
/// use hardtack::{MessageOptions, MessageVerifier, RailsVersion, Value};
///
/// let old = MessageVerifier::new("an old secret", RailsVersion::V7_1)?;
/// let verifier = MessageVerifier::new("a new one", RailsVersion::V7_1)?.rotate(old.clone());
///
/// let message = old.generate("hello", &MessageOptions::new())?;
/// let opened = verifier.explain(&message, None)?;
/// assert_eq!(opened.value(), &Value::from("hello"));
/// assert_eq!(opened.rotation(), Some(0)); // the old one is still needed
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct OpenedMessage<T> {
    pub(super) value: T,
    pub(super) rotation: Option<usize>,
    pub(super) expires_at: Option<OffsetDateTime>,
}

impl<T> OpenedMessage<T> {
    /// The value.
    #[must_use]
    pub fn value(&self) -> &T {
        &self.value
    }

    /// The value, taken out.
    #[must_use]
    pub fn into_value(self) -> T {
        self.value
    }

    /// Which rotation opened it, counted from 0 in the order in which they are tried; `None` for
    /// the current one.
    #[must_use]
    pub fn rotation(&self) -> Option<usize> {
        self.rotation
    }

    /// The expiry that was sealed with it.
    #[must_use]
    pub fn expires_at(&self) -> Option<OffsetDateTime> {
        self.expires_at
    }
}

impl<T> fmt::Debug for OpenedMessage<T> {
    /// How it came, without the value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenedMessage")
            .field("rotation", &self.rotation)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
