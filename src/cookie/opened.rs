//! [`Opened`]: a cookie's value, and how it came.

use std::fmt;

use serde::de::DeserializeOwned;
use time::OffsetDateTime;

use crate::error::Refusal;
use crate::serializer::Serialized;

/// A cookie that was opened: its value, and how it came.
///
/// ```
/// # use hardtack::{Attributes, Jar, RailsVersion, Rotation, SecretKeyBase};
/// # let secret = SecretKeyBase::generate()?;
/// # let cookie = Jar::encrypted(&secret, hardtack::Settings {
/// #     serializer: hardtack::Serializer::Json, ..RailsVersion::V6_1.settings()
/// # }).write("discount", &45, &Attributes::new())?;
/// let jar = Jar::encrypted(&secret, RailsVersion::V7_0)
///     .rotation(Rotation::encrypted(&secret, RailsVersion::V6_1));
/// let opened = jar.read_value::<u32>("discount", cookie.value())?;
/// assert_eq!(*opened.value(), 45);
/// assert_eq!(opened.rotation(), Some(0)); // by the first rotation, not the current settings:
/// assert!(opened.needs_rewrite());        // write it anew
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Opened<T> {
    pub(super) value: T,
    pub(super) older_name: Option<String>,
    pub(super) rotation: Option<usize>,
    pub(super) stale: bool,
    pub(super) expires_at: Option<OffsetDateTime>,
}

impl<T> Opened<T> {
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

    /// The older name under which it was sent, where a rotation has one; `None` for the present
    /// name. Whoever writes the cookie anew under its present name should remove that one.
    #[must_use]
    pub fn older_name(&self) -> Option<&str> {
        self.older_name.as_deref()
    }

    /// Which rotation opened it, counted from 0 in the order in which they were added; `None` for
    /// the current settings.
    #[must_use]
    pub fn rotation(&self) -> Option<usize> {
        self.rotation
    }

    /// Whether it should be written anew: a rotation opened it, or it was in another
    /// serialization than the jar writes.
    #[must_use]
    pub fn needs_rewrite(&self) -> bool {
        self.stale
    }

    /// The expiry that was sealed with it.
    #[must_use]
    pub fn expires_at(&self) -> Option<OffsetDateTime> {
        self.expires_at
    }

    /// The same with another value.
    pub(crate) fn try_map<U, E>(self, map: impl FnOnce(T) -> Result<U, E>) -> Result<Opened<U>, E> {
        let Self {
            value,
            older_name,
            rotation,
            stale,
            expires_at,
        } = self;
        Ok(Opened {
            value: map(value)?,
            older_name,
            rotation,
            stale,
            expires_at,
        })
    }
}

impl Opened<Serialized> {
    pub(super) fn load<T: DeserializeOwned>(self) -> Result<Opened<T>, Refusal> {
        self.try_map(|payload| payload.load().map_err(|_| Refusal::UnreadableValue))
    }
}

impl<T> fmt::Debug for Opened<T> {
    /// How it came: the value may be somebody's session.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("older_name", &self.older_name)
            .field("rotation", &self.rotation)
            .field("needs_rewrite", &self.stale)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
