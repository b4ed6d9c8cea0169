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
    ///
    /// ```
    /// # use hardtack::{MessageOptions, MessageVerifier, RailsVersion, Value};
    /// let verifier = MessageVerifier::new("a secret", RailsVersion::V7_1)?;
    /// let message = verifier.generate(&17, &MessageOptions::new())?;
    /// assert_eq!(verifier.explain(&message, None)?.value(), &Value::from(17));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn value(&self) -> &T {
        &self.value
    }

    /// The value, taken out.
    ///
    /// ```
    /// # use hardtack::{MessageEncryptor, MessageOptions, RailsVersion, Value};
    /// let crypt = MessageEncryptor::new([3; 32], RailsVersion::V8_0)?;
    /// let message = crypt.encrypt_and_sign("PIN 0000", &MessageOptions::new())?;
    /// let value: Value = crypt.explain(&message, None)?.into_value();
    /// assert_eq!(value, Value::from("PIN 0000"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn into_value(self) -> T {
        self.value
    }

    /// Which rotation opened it, counted from 0 in the order in which they are tried; `None` for
    /// the current one.
    ///
    /// ```
    /// # use hardtack::{MessageOptions, MessageVerifier, RailsVersion};
    /// let [new, recent, old] = ["new", "recent", "old"]
    ///     .map(|key| MessageVerifier::new(key, RailsVersion::V7_1).unwrap());
    /// let message = old.generate("hello", &MessageOptions::new())?;
    /// let verifier = new.rotate(recent).rotate(old);
    /// assert_eq!(verifier.explain(&message, None)?.rotation(), Some(1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn rotation(&self) -> Option<usize> {
        self.rotation
    }

    /// The expiry that was sealed with it, to the millisecond (under a `MessagePack` serializer of
    /// Rails 7.1 and later to the nanosecond); `None` where there was none.
    ///
    /// ```
    /// # use hardtack::{MessageOptions, MessageVerifier, RailsVersion};
    /// # let verifier = MessageVerifier::new("a secret", RailsVersion::V7_1)?;
    /// let in_2100 = time::OffsetDateTime::from_unix_timestamp(4_102_444_800)?;
    /// let message = verifier.generate("gift", &MessageOptions::new().expires_at(in_2100))?;
    /// assert_eq!(verifier.explain(&message, None)?.expires_at(), Some(in_2100));
    /// let message = verifier.generate("gift", &MessageOptions::new())?;
    /// assert_eq!(verifier.explain(&message, None)?.expires_at(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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
