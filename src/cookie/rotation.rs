//! [`Rotation`]: settings under which cookies were sealed before
//! (`config.action_dispatch.cookies_rotations`).

use std::fmt;

use crate::message::rotation::Codec;
use crate::secret_key_base::SecretKeyBase;
use crate::settings::Settings;

/// A secret with the settings under which cookies were, or still are, sealed.
///
/// ```
/// use hardtack::{Jar, RailsVersion, Rotation, SecretKeyBase};
///
/// let secret = SecretKeyBase::generate()?;
/// let old = SecretKeyBase::generate()?;
/// let jar = Jar::encrypted(&secret, RailsVersion::V7_0)
///     // load_defaults 6.1 -> 7.0 changed the digest of the keys:
///     .rotation(Rotation::encrypted(&secret, RailsVersion::V6_1))
///     // an older secret, and a cookie that was only signed, under another name:
///     .rotation(Rotation::encrypted(&old, RailsVersion::V6_1))
///     .rotation(Rotation::signed(&old, RailsVersion::V5_2).cookie_name("_old_session"));
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone)]
pub struct Rotation {
    pub(super) codec: Codec,
    pub(super) settings: Settings,
    pub(super) cookie_name: Option<String>,
    pub(super) writes: bool,
}

impl Rotation {
    /// Cookies of the encrypted jar.
    #[must_use]
    pub fn encrypted(secret: &SecretKeyBase, settings: impl Into<Settings>) -> Self {
        let settings = settings.into();
        Self::new(Codec::encrypted(secret, &settings), settings)
    }

    /// Cookies of the signed jar.
    #[must_use]
    pub fn signed(secret: &SecretKeyBase, settings: impl Into<Settings>) -> Self {
        let settings = settings.into();
        Self::new(Codec::signed(secret, &settings), settings)
    }

    fn new(codec: Codec, settings: Settings) -> Self {
        Self {
            codec,
            settings,
            cookie_name: None,
            writes: false,
        }
    }

    /// The name that the cookie had then. It is looked for where the cookie of the present name
    /// is missing or does not open.
    #[must_use]
    pub fn cookie_name(mut self, name: impl Into<String>) -> Self {
        self.cookie_name = Some(name.into());
        self
    }

    /// Makes this one seal, although another is read first: "read new, write old", for the time
    /// of a deploy in which not all servers know the new settings yet.
    ///
    /// ```
    /// # use hardtack::{Attributes, Jar, RailsVersion, Rotation, SecretKeyBase};
    /// # let (new, old) = (SecretKeyBase::generate()?, SecretKeyBase::generate()?);
    /// let jar = Jar::encrypted(&new, RailsVersion::V7_1)
    ///     .rotation(Rotation::encrypted(&old, RailsVersion::V7_1).writes());
    /// let cookie = jar.write("discount", &45, &Attributes::new())?;
    ///
    /// let server_of_yesterday = Jar::encrypted(&old, RailsVersion::V7_1);
    /// assert!(server_of_yesterday.read_value::<u32>("discount", cookie.value()).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn writes(mut self) -> Self {
        self.writes = true;
        self
    }

    /// The name of the cookie, where it is asked for under this one.
    pub(super) fn name<'a>(&'a self, asked: &'a str) -> &'a str {
        self.cookie_name.as_deref().unwrap_or(asked)
    }
}

impl fmt::Debug for Rotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rotation")
            .field("settings", &self.settings)
            .field("cookie_name", &self.cookie_name)
            .finish_non_exhaustive()
    }
}
