//! [`MessageOptions`]: what a message is for, and how long it counts.

use std::time::Duration;

use time::OffsetDateTime;

use crate::clock::Clock;
use crate::error::Error;

/// A message's purpose and expiry; both are optional, and Rails knows them from 5.2 on.
///
/// ```
/// use std::time::Duration;
///
/// use hardtack::LoadDefaults;
/// use hardtack::message::{MessageOptions, MessageVerifier};
///
/// let verifier = MessageVerifier::new("a secret", LoadDefaults::V7_1)?;
/// let options = MessageOptions::new().purpose("login").expires_in(Duration::from_secs(900));
/// let message = verifier.generate("token", &options)?;
/// assert!(verifier.verify::<String>(&message, "login").is_ok());
/// assert!(verifier.verify::<String>(&message, "shipping").is_err());
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageOptions {
    purpose: Option<String>,
    expiry: Option<Expiry>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expiry {
    At(OffsetDateTime),
    In(Duration),
}

impl MessageOptions {
    /// No purpose and no expiry.
    ///
    /// ```
    /// use hardtack::message::MessageOptions;
    ///
    /// assert_eq!(MessageOptions::new(), MessageOptions::default());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What the message is for (`purpose: :login`): whoever reads it must ask for the same.
    ///
    /// ```
    /// use hardtack::LoadDefaults;
    /// use hardtack::message::{MessageOptions, MessageVerifier};
    ///
    /// # let verifier = MessageVerifier::new("a secret", LoadDefaults::V7_1)?;
    /// let message = verifier.generate("token", &MessageOptions::new().purpose("login"))?;
    /// assert!(verifier.verify::<String>(&message, "login").is_ok());
    /// assert!(verifier.verify::<String>(&message, None).is_err());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn purpose(mut self, purpose: impl Into<String>) -> Self {
        self.purpose = Some(purpose.into());
        self
    }

    /// Sets when the message expires. It is written to the millisecond (under a
    /// `MessagePack` serializer of Rails 7.1 and later to the nanosecond). Replaces
    /// [`expires_in`](Self::expires_in).
    ///
    /// ```
    /// use hardtack::LoadDefaults;
    /// use hardtack::message::{MessageOptions, MessageVerifier};
    ///
    /// # let verifier = MessageVerifier::new("a secret", LoadDefaults::V7_1)?;
    /// let options = MessageOptions::new().expires_at(time::OffsetDateTime::UNIX_EPOCH);
    /// let message = verifier.generate("too late", &options)?;
    /// assert!(verifier.verify::<String>(&message, None).is_err());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn expires_at(mut self, at: OffsetDateTime) -> Self {
        self.expiry = Some(Expiry::At(at));
        self
    }

    /// How long the message counts, from when it is made. Replaces
    /// [`expires_at`](Self::expires_at).
    ///
    /// ```
    /// use std::time::Duration;
    /// use hardtack::LoadDefaults;
    /// use hardtack::message::{MessageOptions, MessageVerifier};
    ///
    /// # let verifier = MessageVerifier::new("a secret", LoadDefaults::V7_1)?;
    /// let options = MessageOptions::new().expires_in(Duration::from_secs(3600));
    /// let message = verifier.generate("token", &options)?; // an hour from now
    /// assert!(verifier.explain(&message, None).unwrap().expires_at().is_some());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn expires_in(mut self, duration: Duration) -> Self {
        self.expiry = Some(Expiry::In(duration));
        self
    }

    pub(super) fn purpose_text(&self) -> Option<&str> {
        self.purpose.as_deref()
    }

    /// The expiry of a message that is made now.
    pub(super) fn expiry(&self, clock: &Clock) -> Result<Option<OffsetDateTime>, Error> {
        match self.expiry {
            None => Ok(None),
            Some(Expiry::At(at)) => Ok(Some(at)),
            Some(Expiry::In(duration)) => time::Duration::try_from(duration)
                .ok()
                .and_then(|duration| clock.now().checked_add(duration))
                .map(Some)
                .ok_or(Error::ExpiryOutOfRange),
        }
    }
}
