//! [`Rotation`]: settings under which cookies were sealed before
//! (`config.action_dispatch.cookies_rotations`).

use std::fmt;

use crate::error::Error;
use crate::message::rotation::Codecs;
use crate::secret_key_base::SecretKeyBase;
use crate::settings::Settings;
use crate::weak_secret::WeakSecret;

use super::attributes::Attributes;
use super::buffers::Buffers;
use super::limit::{self, Size};
use super::set_cookie::SetCookie;

/// How often an encrypted cookie that is too long is sealed: each nonce escapes to another length,
/// about 21 bytes of deviation in all.
const SEALS: usize = 8;

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
    pub(super) codecs: Codecs,
    pub(super) settings: Settings,
    pub(super) cookie_name: Option<String>,
    pub(super) writes: bool,
    /// Why its secret keeps nobody out, where it does not.
    pub(super) weak: Option<WeakSecret>,
}

impl Rotation {
    /// Cookies of the encrypted jar, of the settings' cipher alone.
    ///
    /// ```
    /// # use hardtack::{Attributes, Jar, KeyDigest, RailsVersion, Rotation, SecretKeyBase};
    /// # let secret = SecretKeyBase::generate()?;
    /// // An app on load_defaults 7.0 that still derived its keys by SHA-1:
    /// let before = RailsVersion::V7_0.settings().key_digest(KeyDigest::Sha1);
    /// let cookie = Jar::encrypted(&secret, before.clone()).write("tab", &2, &Attributes::new())?;
    ///
    /// let jar = Jar::encrypted(&secret, RailsVersion::V7_0);
    /// assert!(jar.read_value::<u8>("tab", cookie.value()).is_err());
    /// let jar = jar.rotation(Rotation::encrypted(&secret, before));
    /// assert!(jar.read_value::<u8>("tab", cookie.value()).is_ok());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn encrypted(secret: &SecretKeyBase, settings: impl Into<Settings>) -> Self {
        let settings = settings.into();
        Self::new(
            secret,
            Codecs::encrypted(secret, &settings, false),
            settings,
        )
    }

    /// Cookies of the signed jar, signed with the settings' digest alone.
    ///
    /// ```
    /// # use hardtack::{Attributes, HmacDigest, Jar, RailsVersion, Rotation, SecretKeyBase};
    /// # let secret = SecretKeyBase::generate()?;
    /// # let cookie = Jar::signed(&secret, RailsVersion::V7_1).write("seen", &7, &Attributes::new())?;
    /// let sha256 = RailsVersion::V7_1.settings().hmac_digest(HmacDigest::Sha256);
    /// let jar = Jar::signed(&secret, sha256);
    /// assert!(jar.read_value::<u8>("seen", cookie.value()).is_err()); // was signed with SHA-1
    /// let jar = jar.rotation(Rotation::signed(&secret, RailsVersion::V7_1));
    /// assert!(jar.read_value::<u8>("seen", cookie.value()).is_ok());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn signed(secret: &SecretKeyBase, settings: impl Into<Settings>) -> Self {
        let settings = settings.into();
        Self::new(secret, Codecs::signed(secret, &settings), settings)
    }

    /// The encrypted jar's own settings, by which the cipher that is not used opens as well.
    pub(super) fn current(secret: &SecretKeyBase, settings: Settings) -> Self {
        Self::new(secret, Codecs::encrypted(secret, &settings, true), settings)
    }

    fn new(secret: &SecretKeyBase, codecs: Codecs, settings: Settings) -> Self {
        Self {
            codecs,
            settings,
            cookie_name: None,
            writes: false,
            weak: secret.check().err(),
        }
    }

    /// The name that the cookie had then. It is looked for where the cookie of the present name
    /// is missing or does not open.
    ///
    /// ```
    /// # use hardtack::{Attributes, CookieHeader, Jar, RailsVersion, Rotation, SecretKeyBase};
    /// # let secret = SecretKeyBase::generate()?;
    /// # let jar = Jar::encrypted(&secret, RailsVersion::V7_1);
    /// # let cookie = jar.write("_old_cart", &[8], &Attributes::new())?;
    /// let header = format!("_old_cart={}", cookie.escaped_value());
    /// assert!(jar.read::<Vec<u8>>("_cart", &CookieHeader::new(&header))?.is_none());
    ///
    /// let jar = jar.rotation(Rotation::encrypted(&secret, RailsVersion::V7_1).cookie_name("_old_cart"));
    /// assert!(jar.read::<Vec<u8>>("_cart", &CookieHeader::new(&header))?.is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn cookie_name(mut self, name: impl Into<String>) -> Self {
        self.cookie_name = Some(name.into());
        self
    }

    /// Makes this one seal, although another is read first: "read new, write old", for the time
    /// of a deploy in which not all servers know the new settings yet. Of several such rotations
    /// of a jar the last counts.
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

    /// Whether the cookie had another name.
    pub(crate) fn is_renamed(&self) -> bool {
        self.cookie_name.is_some()
    }

    /// Seals the text that `wrap` makes for the cookie of this name, whose name and attributes were
    /// checked, and holds it to the limit.
    pub(super) fn seal(
        &self,
        name: &str,
        attributes: &Attributes,
        wrap: impl Fn(&mut Vec<u8>) -> Result<(), Error>,
        buffers: &mut Buffers,
    ) -> Result<Result<SetCookie, Size>, Error> {
        let Self { settings, .. } = self;
        let Buffers { value, text, .. } = buffers;
        let codec = &self.codecs.first;
        let size = |value, escaped| limit::size(settings, name.len(), value, escaped);
        let mut tries = if codec.is_random() { SEALS } else { 1 };
        loop {
            tries -= 1;
            // Anew each time: it is encrypted where it stands.
            wrap(text)?;
            codec.seal(text, value)?;
            let cookie = SetCookie::of_checked(settings, name, value, attributes)?;
            let Some(size_now) = size(value.len(), cookie.size() - name.len()) else {
                return Ok(Ok(cookie));
            };
            if size_now.fits() {
                return Ok(Ok(cookie));
            }
            // What is too long even if nothing is escaped need not be tried twice.
            let hopeless = size(value.len(), value.len()).is_some_and(|size| !size.fits());
            if tries == 0 || hopeless {
                return Ok(Err(size_now));
            }
        }
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
