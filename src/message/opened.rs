//! [`Opened`]: a cookie's value, and the way in which it was sealed.

use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use time::OffsetDateTime;

use crate::error::Refusal;
use crate::serializer::Serialized;

use super::sealed_by::SealedBy;

/// An opened cookie: its value, and the way in which it was sealed and sent.
///
/// ```
/// use hardtack::{Jar, LoadDefaults, Rotation, SecretKeyBase};
///
/// # let secret = SecretKeyBase::generate()?;
/// # let cookie = Jar::encrypted(&secret, LoadDefaults::V6_1.settings().cookies_serializer(hardtack::Serializer::Json)).write("discount", 45, None)?;
/// let jar = Jar::encrypted(&secret, LoadDefaults::V7_0)
///     .rotation(Rotation::encrypted(&secret, LoadDefaults::V6_1));
/// let opened = jar.read_value::<u32>("discount", cookie.value())?;
/// assert_eq!(*opened.value(), 45);
/// assert_eq!(opened.rotation(), Some(0)); // by the first rotation, not the current settings:
/// assert!(opened.needs_rewrite());        // write it anew
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Opened<T> {
    pub(crate) value: T,
    pub(crate) older_name: Option<Arc<str>>,
    pub(crate) sealed_by: SealedBy,
    pub(crate) expires_at: Option<OffsetDateTime>,
}

impl<T> Opened<T> {
    /// Returns the value.
    ///
    /// ```
    /// use hardtack::Jar;
    ///
    /// let jar = Jar::ephemeral()?;
    /// # let cookie = jar.write("seats", [12, 13], None)?;
    /// let opened = jar.read_value::<Vec<u16>>("seats", cookie.value())?;
    /// assert_eq!(opened.value(), &[12, 13]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn value(&self) -> &T {
        &self.value
    }

    /// Converts into the value.
    ///
    /// ```
    /// use hardtack::Jar;
    ///
    /// let jar = Jar::ephemeral()?;
    /// # let cookie = jar.write("city", "Porto", None)?;
    /// let city: String = jar.read_value("city", cookie.value())?.into_value();
    /// assert_eq!(city, "Porto");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn into_value(self) -> T {
        self.value
    }

    /// Returns the older name of a rotation under which the cookie was sent; `None` if it has its
    /// present name. When you write the cookie again under its present name, delete the older one.
    ///
    /// ```
    /// use hardtack::{CookieHeader, Jar, LoadDefaults, Rotation, SecretKeyBase};
    ///
    /// # let secret = SecretKeyBase::generate()?;
    /// # let jar = Jar::encrypted(&secret, LoadDefaults::V7_1);
    /// # let cookie = jar.write("rebate", 45, None)?;
    /// let jar = jar.rotation(Rotation::encrypted(&secret, LoadDefaults::V7_1).cookie_name("rebate"));
    /// let header = format!("rebate={}", cookie.escaped_value());
    /// let opened = jar.read::<u32>("discount", &CookieHeader::new(&header))?.unwrap();
    /// assert_eq!(opened.older_name(), Some("rebate"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn older_name(&self) -> Option<&str> {
        self.older_name.as_deref()
    }

    /// Returns the index of the rotation that opened it, counted from 0 in the order in which they
    /// were added; `None` if the current settings opened it.
    ///
    /// ```
    /// use hardtack::{Jar, LoadDefaults, Rotation, SecretKeyBase};
    ///
    /// # let [new, recent, old] = [SecretKeyBase::generate()?, SecretKeyBase::generate()?, SecretKeyBase::generate()?];
    /// # let cookie = Jar::encrypted(&old, LoadDefaults::V7_1).write("level", 9, None)?;
    /// let jar = Jar::encrypted(&new, LoadDefaults::V7_1)
    ///     .rotation(Rotation::encrypted(&recent, LoadDefaults::V7_1))
    ///     .rotation(Rotation::encrypted(&old, LoadDefaults::V7_1));
    /// assert_eq!(jar.read_value::<u8>("level", cookie.value())?.rotation(), Some(1));
    /// let anew = jar.write("level", 9, None)?;
    /// assert_eq!(jar.read_value::<u8>("level", anew.value())?.rotation(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn rotation(&self) -> Option<usize> {
        self.sealed_by.rotation
    }

    /// Checks that the cookie should be written again: a rotation opened it, or it has another
    /// serialization than the jar writes. A jar that writes Marshal leaves cookies of other
    /// serializations as they are, as in Rails.
    ///
    /// ```
    /// use hardtack::settings::Cipher;
    /// use hardtack::{Jar, LoadDefaults, SecretKeyBase};
    ///
    /// # let secret = SecretKeyBase::generate()?;
    /// let cbc = LoadDefaults::V7_1.settings().cipher(Cipher::Aes256Cbc);
    /// let cookie = Jar::encrypted(&secret, cbc).write("plan", "pro", None)?;
    ///
    /// let jar = Jar::encrypted(&secret, LoadDefaults::V7_1);
    /// assert!(jar.read_value::<String>("plan", cookie.value())?.needs_rewrite());
    /// let anew = jar.write("plan", "pro", None)?;
    /// assert!(!jar.read_value::<String>("plan", anew.value())?.needs_rewrite());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn needs_rewrite(&self) -> bool {
        self.sealed_by.needs_rewrite
    }

    /// Returns the settings under which it was sealed (example: at [`SealedBy`]).
    #[must_use]
    pub fn sealed_by(&self) -> &SealedBy {
        &self.sealed_by
    }

    /// Returns the sealed expiry, to the millisecond; `None` if it has no expiry.
    ///
    /// ```
    /// use hardtack::{CookieAttributes, Jar};
    ///
    /// let jar = Jar::ephemeral()?;
    /// let in_2100 = time::OffsetDateTime::from_unix_timestamp(4_102_444_800)?;
    /// let cookie = jar.write("trial", true, &CookieAttributes::new().expires(in_2100))?;
    /// assert_eq!(jar.read_value::<bool>("trial", cookie.value())?.expires_at(), Some(in_2100));
    ///
    /// let late = jar.write("trial", true, &CookieAttributes::new().expires(time::OffsetDateTime::UNIX_EPOCH))?;
    /// assert!(jar.read_value::<bool>("trial", late.value()).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn expires_at(&self) -> Option<OffsetDateTime> {
        self.expires_at
    }

    /// Replaces the value, and keeps everything else.
    pub(crate) fn try_map<U, E>(self, map: impl FnOnce(T) -> Result<U, E>) -> Result<Opened<U>, E> {
        let Self {
            value,
            older_name,
            sealed_by,
            expires_at,
        } = self;
        Ok(Opened {
            value: map(value)?,
            older_name,
            sealed_by,
            expires_at,
        })
    }
}

impl Opened<Serialized> {
    pub(crate) fn load<T: DeserializeOwned>(self) -> Result<Opened<T>, Refusal> {
        self.try_map(|payload| payload.load().map_err(|_| Refusal::UnreadableValue))
    }
}

impl<T> fmt::Debug for Opened<T> {
    /// Leaves out the value, which may be somebody's session.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("older_name", &self.older_name)
            .field("sealed_by", &self.sealed_by)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
