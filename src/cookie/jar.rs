//! [`Jar`]: the encrypted and the signed jar (`ActionDispatch::Cookies`, `cookies.rb`).

use std::fmt;

use serde::Serialize;

use crate::clock::Clock;
use crate::error::{CookieOverflow, Error};
use crate::message::metadata::{self, Metadata, Purpose};
use crate::secret_key_base::SecretKeyBase;
use crate::serializer::{DumpError, DumpStyle, Serialized};
use crate::settings::{LimitRule, Serializer, Settings};

use super::attributes::Attributes;
use super::buffers::Buffers;
use super::rotation::Rotation;
use super::set_cookie::SetCookie;

/// The encrypted jar (`cookies.encrypted`) or the signed jar (`cookies.signed`) of a Rails app:
/// it writes cookies that the app reads, and reads those that the app wrote.
///
/// ```
/// use hardtack::{Attributes, CookieHeader, Jar, RailsVersion, SecretKeyBase};
///
/// let secret = SecretKeyBase::generate()?; // in earnest: the app's own
/// let jar = Jar::encrypted(&secret, RailsVersion::V7_1);
///
/// // cookies.encrypted[:discount] = 45
/// let set_cookie = jar.write("discount", &45, &Attributes::new())?;
/// assert!(set_cookie.to_string().ends_with("; path=/; samesite=lax"));
///
/// // cookies.encrypted[:discount]
/// let header = format!("theme=dark; discount={}", set_cookie.escaped_value());
/// let discount = jar.read::<u32>("discount", &CookieHeader::new(&header))?.unwrap();
/// assert_eq!(*discount.value(), 45);
///
/// // Whoever sends anything else gets one answer.
/// assert!(jar.read::<u32>("discount", &CookieHeader::new("discount=AAAA--AAAA--AAAA")).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Cookies of the cipher that the app does not use (CBC where it uses GCM, from 5.2 on; GCM where
/// it uses CBC, from 6.1 on) open too, as in Rails, and ask to be written anew.
///
/// Keys are derived when the jar is made (about 0.3 ms each): make it once and keep it.
#[derive(Clone)]
pub struct Jar {
    /// The current one first, then the older ones in the order in which they are tried.
    pub(super) rotations: Vec<Rotation>,
    /// Which of them seals.
    pub(super) write: usize,
    pub(super) clock: Clock,
}

impl Jar {
    /// The encrypted jar: nobody but the secret's holders can read or change what is in it.
    ///
    /// ```
    /// # use hardtack::{Attributes, Jar, RailsVersion, SecretKeyBase};
    /// # let secret = SecretKeyBase::generate()?;
    /// let jar = Jar::encrypted(&secret, RailsVersion::V8_0);
    /// let cookie = jar.write("theme", "dark", &Attributes::new())?;
    /// assert_eq!(jar.read_value::<String>("theme", cookie.value())?.value(), "dark");
    ///
    /// let signed = Jar::signed(&secret, RailsVersion::V8_0);
    /// assert!(signed.read_value::<String>("theme", cookie.value()).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn encrypted(secret: &SecretKeyBase, settings: impl Into<Settings>) -> Self {
        Self {
            rotations: vec![Rotation::current(secret, settings.into())],
            write: 0,
            clock: Clock::System,
        }
    }

    /// The signed jar: everybody can read what is in it, and only the secret's holders change it.
    ///
    /// ```
    /// # use hardtack::{Attributes, Jar, RailsVersion, SecretKeyBase};
    /// let jar = Jar::signed(&SecretKeyBase::generate()?, RailsVersion::V7_0);
    /// let cookie = jar.write("seen", &["welcome"], &Attributes::new())?;
    /// assert!(cookie.value().starts_with(b"eyJfcmFpbHMi")); // base64 of {"_rails"
    ///
    /// let mut forged = cookie.value().to_vec();
    /// forged.swap(0, 1);
    /// assert!(jar.read_value::<Vec<String>>("seen", forged).is_err());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn signed(secret: &SecretKeyBase, settings: impl Into<Settings>) -> Self {
        Self {
            rotations: vec![Rotation::signed(secret, settings)],
            write: 0,
            clock: Clock::System,
        }
    }

    /// Adds older settings, tried after those already there
    /// (`config.action_dispatch.cookies_rotations`). Each has a serializer of its own: that says
    /// what may be read of a cookie that it opens.
    ///
    /// ```
    /// # use hardtack::{Attributes, Jar, RailsVersion, Rotation, SecretKeyBase};
    /// # let (new, old) = (SecretKeyBase::generate()?, SecretKeyBase::generate()?);
    /// let cookie = Jar::encrypted(&old, RailsVersion::V7_2).write("cart", &[3, 5], &Attributes::new())?;
    ///
    /// let jar = Jar::encrypted(&new, RailsVersion::V7_2);
    /// assert!(jar.read_value::<Vec<u32>>("cart", cookie.value()).is_err());
    /// let jar = jar.rotation(Rotation::encrypted(&old, RailsVersion::V7_2));
    /// assert_eq!(jar.read_value::<Vec<u32>>("cart", cookie.value())?.into_value(), [3, 5]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn rotation(mut self, rotation: Rotation) -> Self {
        if rotation.writes {
            self.write = self.rotations.len();
        }
        self.rotations.push(rotation);
        self
    }

    /// Writes a cookie: serialized, sealed for its name and its expiry, and held to the limit.
    ///
    /// An expiry (`max-age` before `expires`, as browsers have it) is sealed with the value, so
    /// that it holds whatever the browser does; `permanent` is not.
    ///
    /// Up to about 2,020 bytes of JSON always fit the default limit; whether up to 150 more do
    /// depends on how the nonce happens to escape, and several are tried.
    ///
    /// ```
    /// # use hardtack::{Attributes, Error, Jar, RailsVersion, SecretKeyBase};
    /// # use std::time::Duration;
    /// # let jar = Jar::encrypted(&SecretKeyBase::generate()?, RailsVersion::V7_1);
    /// let a_day = Attributes::new().max_age(Duration::from_secs(86_400));
    /// let cookie = jar.write("coupon", "SPRING", &a_day)?;
    /// assert!(jar.read_value::<String>("coupon", cookie.value())?.expires_at().is_some());
    ///
    /// let refused = jar.write("coupon", &"X".repeat(4000), &a_day);
    /// assert!(matches!(refused, Err(Error::CookieOverflow(_))));
    /// assert!(matches!(jar.write("my coupon", "SPRING", &a_day), Err(Error::CookieName { .. })));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::CookieOverflow`] where it does not fit, [`Error::UnwritableValue`] where it cannot
    /// be serialized, and what is wrong with the name or the attributes.
    pub fn write<T: Serialize + ?Sized>(
        &self,
        name: &str,
        value: &T,
        attributes: &Attributes,
    ) -> Result<SetCookie, Error> {
        self.dump_and_seal(name, attributes, |room, style| {
            Serialized::dump_into(room, value, style)
        })
    }

    /// Writes a cookie whose value is serialized already: byte for byte, unless the jar writes
    /// another format than it is in.
    ///
    /// So a cookie is written anew under other settings without a loss:
    ///
    /// ```
    /// # use hardtack::{Attributes, Jar, RailsVersion, SecretKeyBase};
    /// # let (old, new) = (SecretKeyBase::generate()?, SecretKeyBase::generate()?);
    /// # let (old, new) = (Jar::encrypted(&old, RailsVersion::V7_1), Jar::encrypted(&new, RailsVersion::V8_1));
    /// # let cookie = old.write("discount", &45, &Attributes::new())?;
    /// let opened = old.open("discount", cookie.value())?;
    /// let mut attributes = Attributes::new();
    /// if let Some(expires_at) = opened.expires_at() {
    ///     attributes = attributes.expires(expires_at);
    /// }
    /// let anew = new.write_serialized("discount", opened.value(), &attributes)?;
    /// assert_eq!(*new.read_value::<u32>("discount", anew.value())?.value(), 45);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`Jar::write`].
    pub fn write_serialized(
        &self,
        name: &str,
        value: &Serialized,
        attributes: &Attributes,
    ) -> Result<SetCookie, Error> {
        let value = value.converted(self.dump_style())?;
        Buffers::lend(|buffers| self.seal(name, &value, attributes, buffers))
    }

    /// Writes a cookie whose value is serialized here, in the room and the style that are given.
    pub(crate) fn dump_and_seal(
        &self,
        name: &str,
        attributes: &Attributes,
        dump: impl FnOnce(Vec<u8>, DumpStyle) -> Result<Serialized, DumpError>,
    ) -> Result<SetCookie, Error> {
        Buffers::lend(|buffers| {
            let room = std::mem::take(&mut buffers.serialized);
            let payload = dump(room, self.dump_style())?;
            let cookie = self.seal(name, &payload, attributes, buffers);
            buffers.serialized = payload.bytes;
            cookie
        })
    }

    /// Writes a cookie whose value is serialized in the jar's format.
    fn seal(
        &self,
        name: &str,
        payload: &Serialized,
        attributes: &Attributes,
        buffers: &mut Buffers,
    ) -> Result<SetCookie, Error> {
        let writing = self.writing();
        let Rotation { settings, .. } = writing;
        let name = writing.name(name);
        attributes.check_under(name, settings)?;
        let metadata = Metadata {
            expires_at: attributes
                .sealed_expiry()
                .filter(|_| settings.seals_expiry()),
            purpose: settings.metadata.then_some(Purpose::Cookie(name)),
        };
        let reading = settings.envelope;
        let wrap = |text: &mut Vec<u8>| metadata::wrap(text, &payload.bytes, metadata, reading);
        let sealed = writing.seal(name, attributes, wrap, buffers)?;
        sealed.map_err(|size| {
            Error::CookieOverflow(CookieOverflow {
                name: name.to_owned(),
                size: size.counted,
                limit: size.limit,
                entries: payload.entry_sizes(),
            })
        })
    }

    /// Makes the browser forget the cookie of this name, which was set with these attributes: one
    /// `Set-Cookie`, and one more for each older name that a rotation has, since that cookie would
    /// be read in its place.
    ///
    /// Whether the browser has the cookie is not asked; Rails deletes only what was sent.
    ///
    /// ```
    /// # use hardtack::{Attributes, Jar, RailsVersion, Rotation, SecretKeyBase};
    /// # let secret = SecretKeyBase::generate()?;
    /// let jar = Jar::encrypted(&secret, RailsVersion::V7_1)
    ///     .rotation(Rotation::encrypted(&secret, RailsVersion::V7_1).cookie_name("rebate"));
    /// let [discount, rebate] = &jar.delete("discount", &Attributes::new())?[..] else { panic!() };
    /// assert!(discount.to_string().starts_with("discount=; path=/; max-age=0; expires=Thu, 01 Jan 1970"));
    /// assert!(rebate.to_string().starts_with("rebate=; path=/; max-age=0"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// What is wrong with the name or the attributes.
    pub fn delete(&self, name: &str, attributes: &Attributes) -> Result<Vec<SetCookie>, Error> {
        let Rotation { settings, .. } = self.writing();
        let delete = |name: &str| SetCookie::expired(settings, name, attributes);
        self.names(name).into_iter().map(delete).collect()
    }

    /// Under which names the cookie of this name is looked for, its own first.
    pub(crate) fn names<'a>(&'a self, name: &'a str) -> Vec<&'a str> {
        let mut names = vec![name];
        for rotation in &self.rotations {
            let name = rotation.name(name);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// The same jar, by another clock: it says which cookies have expired.
    pub(crate) fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// The same jar, its current settings (not those of its rotations) with another serializer.
    pub(crate) fn with_serializer(mut self, serializer: Serializer) -> Self {
        if let Some(current) = self.rotations.first_mut() {
            current.settings.serializer = serializer;
        }
        self
    }

    /// The same jar, its current settings (not those of its rotations) with another limit.
    pub(crate) fn with_limit(mut self, limit: LimitRule) -> Self {
        if let Some(current) = self.rotations.first_mut() {
            current.settings.limit = limit;
        }
        self
    }

    /// The settings under which it writes.
    pub(crate) fn settings(&self) -> &Settings {
        &self.writing().settings
    }

    /// In which format, and how, this jar writes values.
    pub(crate) fn dump_style(&self) -> DumpStyle {
        DumpStyle::of(self.settings())
    }

    pub(super) fn writing(&self) -> &Rotation {
        // `write` is the index of a rotation that was there when it was set, and none is removed.
        #[allow(clippy::indexing_slicing, reason = "see above")]
        &self.rotations[self.write]
    }
}

impl fmt::Debug for Jar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jar")
            .field("rotations", &self.rotations)
            .field("write", &self.write)
            .finish_non_exhaustive()
    }
}
