//! What a [`Jar`] writes: a value, serialized, sealed for its name, and held to the limit.

use serde::Serialize;

use crate::error::{CookieOverflow, Error};
use crate::message::metadata::{self, Metadata, Purpose};
use crate::serializer::{DumpError, DumpStyle, Serialized};

use super::Jar;
use super::buffers::Buffers;
use super::limit;
use crate::http::cookie_attributes::CookieAttributes;
use crate::http::set_cookie::SetCookie;

/// How often an encrypted cookie that is too long is sealed: each nonce escapes to another length,
/// about 21 bytes of deviation in all.
const SEALS: usize = 8;

impl Jar {
    /// Writes a cookie: serialized, sealed for its name and its expiry, and held to the limit.
    ///
    /// An expiry (`max-age` before `expires`, as browsers have it) is sealed with the value, so
    /// that it holds whatever the browser does; `permanent` is not.
    ///
    /// Up to about 2,020 bytes of JSON always fit the default limit; whether up to 150 more do
    /// depends on how the nonce happens to escape, and several are tried.
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
    /// [`Error::CookieOverflow`] where it does not fit, [`Error::UnwritableValue`] where it cannot
    /// be serialized, and what is wrong with the name or the attributes.
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

    /// Writes a cookie whose value is serialized already: byte for byte, unless the jar writes
    /// another format than it is in.
    ///
    /// So a cookie is written anew under other settings without a loss:
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
    /// As [`Jar::write`].
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

    /// Writes a cookie whose value is serialized here, in the room and the style that are given.
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
            // Anew each time: it is encrypted where it stands.
            metadata::wrap(text, &payload.bytes, metadata, settings.envelope)?;
            way.codec.seal(text, value)?;
            let cookie = SetCookie::of_checked(settings, name, value, attributes, &self.clock)?;
            let Some(size_now) = size(value.len(), cookie.size() - name.len()) else {
                return Ok(cookie);
            };
            if size_now.fits() {
                return Ok(cookie);
            }
            // What is too long even if nothing is escaped need not be tried twice.
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

    /// Makes the browser forget the cookie of this name, which was set with these attributes: one
    /// `Set-Cookie`, and one more for each older name that a rotation has, since that cookie would
    /// be read in its place.
    ///
    /// Deletes it even where the browser did not send it; Rails deletes only what was sent.
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
    /// What is wrong with the name or the attributes.
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
