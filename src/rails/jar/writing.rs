//! Writes values through a [`Jar`]: serializes them, seals them for a name, and checks the size
//! limit.

use serde::Serialize;

use crate::error::{CookieOverflow, Error};
use crate::message::metadata::{self, Metadata, Purpose};
use crate::serializer::{DumpError, DumpStyle, Serialized};

use super::Jar;
use super::buffers::Buffers;
use crate::http::cookie_attributes::CookieAttributes;
use crate::http::limit;
use crate::http::set_cookie::SetCookie;

/// The number of times that an encrypted cookie is sealed before it counts as too long: each nonce
/// escapes to another length, with a standard deviation of about 21 bytes.
const SEALS: usize = 8;

impl Jar {
    /// Writes a cookie: serializes the value, seals it for its name and expiry, and checks the size
    /// limit.
    ///
    /// The expiry is sealed with the value, so it applies even if the client keeps the cookie
    /// longer. `max-age` takes precedence over `expires`, as in browsers. The expiry of `permanent`
    /// is not sealed.
    ///
    /// Up to about 2,020 bytes of JSON always fit the default limit. Up to 150 more may fit: the
    /// escaped length depends on the random nonce, so hardtack tries several nonces.
    ///
    /// ```
    /// use std::time::Duration;
    /// use hardtack::{CookieAttributes, Error, Jar};
    ///
    /// let jar = Jar::ephemeral()?;
    /// let a_day = CookieAttributes::new().max_age(Duration::from_secs(86_400));
    /// let cookie = jar.write("coupon", "SPRING", &a_day)?;
    /// assert!(jar.read_value::<String>("coupon", cookie.value())?.expires_at().is_some());
    ///
    /// let refused = jar.write("coupon", "X".repeat(4000), &a_day);
    /// assert!(matches!(refused, Err(Error::CookieOverflow(_))));
    /// assert!(matches!(jar.write("my coupon", "SPRING", &a_day), Err(Error::CookieName { .. })));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::CookieOverflow`] if the cookie exceeds the size limit; [`Error::UnwritableValue`]
    /// if the value cannot be serialized; [`Error::ExpiryOutOfRange`] if the expiry is beyond the
    /// year 9999; [`Error::CookieName`], [`Error::CookieAttribute`] or [`Error::CookieConflict`] if
    /// the name or the attributes are wrong; [`Error::NoRandomness`] if the operating system gives
    /// no random bytes.
    pub fn write<'a, T: Serialize>(
        &self,
        name: &str,
        value: T,
        attributes: impl Into<Option<&'a CookieAttributes>>,
    ) -> Result<SetCookie, Error> {
        let attributes = CookieAttributes::or_default(attributes.into());
        self.dump_and_seal(name, &attributes, |room, style| {
            Serialized::dump_into(room, &value, style)
        })
    }

    /// Writes a cookie whose value is already serialized. Copies the value byte for byte, unless
    /// the jar writes another format.
    ///
    /// Use it to write a cookie again under other settings, without loss:
    ///
    /// ```
    /// use hardtack::{CookieAttributes, Jar, LoadDefaults, SecretKeyBase};
    ///
    /// # let (old, new) = (SecretKeyBase::generate()?, SecretKeyBase::generate()?);
    /// # let (old, new) = (Jar::encrypted(&old, LoadDefaults::V7_1), Jar::encrypted(&new, LoadDefaults::V8_1));
    /// # let cookie = old.write("discount", 45, None)?;
    /// let opened = old.open("discount", cookie.value())?;
    /// let mut attributes = CookieAttributes::new();
    /// if let Some(expires_at) = opened.expires_at() {
    ///     attributes = attributes.expires(expires_at);
    /// }
    /// let anew = new.write_serialized("discount", opened.value(), &attributes)?;
    /// assert_eq!(*new.read_value::<u32>("discount", anew.value())?.value(), 45);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The errors of [`Jar::write`].
    pub fn write_serialized<'a>(
        &self,
        name: &str,
        value: &Serialized,
        attributes: impl Into<Option<&'a CookieAttributes>>,
    ) -> Result<SetCookie, Error> {
        let attributes = &*CookieAttributes::or_default(attributes.into());
        let value = value.converted(self.dump_style())?;
        Buffers::lend(|buffers| self.seal(name, &value, attributes, buffers))
    }

    /// Writes a cookie whose value `dump` serializes, in the buffer and the style that it gets.
    pub(crate) fn dump_and_seal(
        &self,
        name: &str,
        attributes: &CookieAttributes,
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
        attributes: &CookieAttributes,
        buffers: &mut Buffers,
    ) -> Result<SetCookie, Error> {
        let way = self.writing();
        let settings = &self.settings;
        let name = way.name(name);
        attributes.check_under(name, settings)?;
        let metadata = Metadata {
            expires_at: attributes
                .sealed_expiry(&self.clock)
                .filter(|_| settings.seals_expiry()),
            purpose: settings
                .use_cookies_with_metadata
                .then_some(Purpose::Cookie(name)),
        };
        let Buffers { value, text, .. } = buffers;
        let size = |value, escaped| limit::size(settings, name.len(), value, escaped);
        let mut tries = if way.codec.is_random() { SEALS } else { 1 };
        let too_large = loop {
            tries -= 1;
            // Wrapped again for each try, since the text is encrypted in place.
            metadata::wrap(text, &payload.bytes, metadata, settings.envelope)?;
            way.codec.seal(text, value)?;
            let cookie = SetCookie::of_checked(settings, name, value, attributes, &self.clock)?;
            let Some(size_now) = size(value.len(), cookie.size() - name.len()) else {
                return Ok(cookie);
            };
            if size_now.fits() {
                return Ok(cookie);
            }
            // A cookie that is too long without any escape is not tried again.
            let hopeless = size(value.len(), value.len()).is_some_and(|size| !size.fits());
            if tries == 0 || hopeless {
                break size_now;
            }
        };
        Err(Error::CookieOverflow(CookieOverflow {
            name: name.to_owned(),
            size: too_large.counted,
            limit: too_large.limit,
            entries: payload.entry_sizes(),
        }))
    }

    /// Deletes the cookie with this name from the browser; `attributes` are those with which it was
    /// set. Returns one `Set-Cookie` for the name, and one for each older name of a rotation,
    /// because the jar would read that cookie instead.
    ///
    /// Deletes the cookie even if the browser did not send it; Rails deletes only cookies that were
    /// sent.
    ///
    /// ```
    /// use hardtack::{Jar, LoadDefaults, Rotation, SecretKeyBase};
    ///
    /// # let secret = SecretKeyBase::generate()?;
    /// let jar = Jar::encrypted(&secret, LoadDefaults::V7_1)
    ///     .rotation(Rotation::encrypted(&secret, LoadDefaults::V7_1).cookie_name("rebate"));
    /// let [discount, rebate] = &jar.delete("discount", None)?[..] else { panic!() };
    /// assert!(discount.to_string().starts_with("discount=; path=/; max-age=0; expires=Thu, 01 Jan 1970"));
    /// assert!(rebate.to_string().starts_with("rebate=; path=/; max-age=0"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::CookieName`], [`Error::CookieAttribute`] or [`Error::CookieConflict`] if the name
    /// or the attributes are wrong.
    pub fn delete<'a>(
        &self,
        name: &str,
        attributes: impl Into<Option<&'a CookieAttributes>>,
    ) -> Result<Vec<SetCookie>, Error> {
        let attributes = CookieAttributes::or_default(attributes.into());
        let delete = |name: &str| SetCookie::expired(&self.settings, name, &attributes);
        self.names(name).into_iter().map(delete).collect()
    }
}
