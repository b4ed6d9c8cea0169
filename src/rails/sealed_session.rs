//! Sessions in a sealed Rails cookie: reads and writes [`SessionData`] through a jar, and defines
//! the keys that Rails itself keeps in a session.

use std::borrow::Cow;

use crate::error::{Error, InvalidMessage, Refusal};
use crate::http::cookie_attributes::CookieAttributes;
use crate::http::cookie_header::CookieHeader;
use crate::http::duplicate_policy::DuplicatePolicy;
use crate::http::set_cookie::SetCookie;
use crate::message::opened::Opened;
use crate::rails::jar::Jar;
use crate::random;
use crate::serializer::Serialized;
use crate::session::data::SessionData;
use crate::session::sealer::Sealer;

/// The key of a session's id in Rails.
const SESSION_ID: &str = "session_id";

/// The key of the secret for authenticity tokens in every version of Rails.
pub(super) const CSRF_TOKEN: &str = "_csrf_token";

impl SessionData {
    /// Reads the session from a request's `Cookie` header; `None` if the header has no such cookie.
    ///
    /// ```
    /// use hardtack::{CookieHeader, Jar, SessionData};
    ///
    /// let jar = Jar::ephemeral()?;
    /// # let mut session = SessionData::new();
    /// # session.insert("locale", "fr")?;
    /// # let cookie = session.write(&jar, "_shop_session", None)?;
    /// let text = format!("_shop_session={}", cookie.escaped_value());
    /// let session = SessionData::read(&jar, "_shop_session", &CookieHeader::new(&text))?.unwrap();
    /// assert_eq!(session.value().get::<String>("locale")?.as_deref(), Some("fr"));
    ///
    /// assert!(SessionData::read(&jar, "_shop_session", &CookieHeader::new("a=b"))?.is_none());
    /// let forged = CookieHeader::new("_shop_session=AAAA--AAAA--AAAA");
    /// assert!(SessionData::read(&jar, "_shop_session", &forged).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidMessage`], and no other error, if the cookie does not open or does not hold a map.
    pub fn read(
        jar: &Jar,
        name: &str,
        header: &CookieHeader<'_>,
    ) -> Result<Option<Opened<Self>>, InvalidMessage> {
        Ok(Self::explain(jar, name, header)?)
    }

    /// Reads the session from its cookie's unescaped value.
    ///
    /// ```
    /// use hardtack::{Jar, SessionData};
    ///
    /// let jar = Jar::ephemeral()?;
    /// assert!(SessionData::read_value(&jar, "_shop_session", "AAAA--AAAA--AAAA").is_err());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidMessage`], and no other error, if the value does not open or does not hold a map.
    pub fn read_value(
        jar: &Jar,
        name: &str,
        value: impl AsRef<[u8]>,
    ) -> Result<Opened<Self>, InvalidMessage> {
        Ok(Self::load(jar.open_as(name, name, value.as_ref())?)?)
    }

    /// Reads the session from a request's `Cookie` header, as [`read`](Self::read) does, and tells
    /// why it does not open. Show the reason to the operator, never to the sender of the cookie.
    ///
    /// ```
    /// use hardtack::{CookieHeader, Jar, Refusal, SessionData};
    ///
    /// let jar = Jar::ephemeral()?;
    /// let header = CookieHeader::new("_shop_session=AAAA--AAAA--AAAA");
    /// let refused = SessionData::explain(&jar, "_shop_session", &header).err();
    /// assert_eq!(refused, Some(Refusal::Malformed));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// The [`Refusal`] of the attempt that got furthest; [`Refusal::UnreadableValue`] also if the
    /// cookie does not hold a map.
    pub fn explain(
        jar: &Jar,
        name: &str,
        header: &CookieHeader<'_>,
    ) -> Result<Option<Opened<Self>>, Refusal> {
        jar.find(name, header, DuplicatePolicy::First, Self::load)
            .transpose()
    }

    pub(super) fn load(opened: Opened<Serialized>) -> Result<Opened<Self>, Refusal> {
        opened.try_map(|payload| Self::of_payload(payload).ok_or(Refusal::UnreadableValue))
    }

    /// Writes the session through a jar, as a cookie with this name.
    ///
    /// Adds a `session_id` if the session has none, since Rails treats a session without one as
    /// empty. Leaves out keys whose value is nil, as Rails does.
    ///
    /// ```
    /// use hardtack::{CookieAttributes, Error, Jar, SessionData};
    ///
    /// let jar = Jar::ephemeral()?;
    /// let mut session = SessionData::new();
    /// session.insert("return_to", "/orders")?;
    /// session.insert("coupon", None::<String>)?;
    /// let cookie = session.write(&jar, "_shop_session", &CookieAttributes::new().http_only(true))?;
    /// let session = SessionData::read_value(&jar, "_shop_session", cookie.value())?.into_value();
    /// assert_eq!(session.keys(), ["return_to", "session_id"]);
    ///
    /// let refused = session.clone().write(&jar, "shop session", None);
    /// assert!(matches!(refused, Err(Error::CookieName { .. })));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The errors of [`Jar::write`].
    pub fn write<'a>(
        &mut self,
        jar: &Jar,
        name: &str,
        attributes: impl Into<Option<&'a CookieAttributes>>,
    ) -> Result<SetCookie, Error> {
        let attributes = match attributes.into() {
            Some(attributes) => Cow::Borrowed(attributes),
            None => Cow::Owned(CookieAttributes::new().http_only(true)),
        };
        self.ensure_session_id()?;
        jar.dump_and_seal(name, &attributes, |room, style| self.dump(room, style))
    }

    /// Returns the session's id; `None` if it has none yet. An id that Rails made has 32
    /// hexadecimal digits.
    ///
    /// ```
    /// use hardtack::{Jar, SessionData};
    ///
    /// let jar = Jar::ephemeral()?;
    /// let mut session = SessionData::new();
    /// assert_eq!(session.session_id(), None);
    /// session.write(&jar, "_shop_session", None)?; // which gives it one
    /// assert_eq!(session.session_id().unwrap().len(), 32);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn session_id(&self) -> Option<String> {
        self.get(SESSION_ID).ok().flatten()
    }

    /// Removes everything that an attacker may have planted before a login: the id, so that the
    /// session gets another one when it is written, and the secret of the authenticity tokens.
    pub(super) fn renew(&mut self) {
        self.remove(SESSION_ID);
        // Also the tokens that a cookie of their own holds.
        self.forget(CSRF_TOKEN);
        self.ask_for_id();
    }

    /// Gives the session an id, if it has none.
    fn ensure_session_id(&mut self) -> Result<(), Error> {
        if !self.holds_text(SESSION_ID) {
            self.insert(SESSION_ID, &generate_session_id()?)?;
        }
        Ok(())
    }
}

impl Sealer for Jar {
    fn names<'a>(&'a self, name: &'a str) -> Vec<Cow<'a, str>> {
        Self::names(self, name).into_iter().map(Cow::from).collect()
    }

    fn seal(
        &self,
        data: &mut SessionData,
        name: &str,
        attributes: &CookieAttributes,
    ) -> Result<SetCookie, Error> {
        data.write(self, name, attributes)
    }

    fn delete(&self, name: &str, attributes: &CookieAttributes) -> Result<Vec<SetCookie>, Error> {
        Self::delete(self, name, attributes)
    }

    fn id(&self, data: &SessionData) -> Option<String> {
        data.session_id()
    }

    fn ensure_id(&self, data: &mut SessionData) -> Result<(), Error> {
        data.ensure_session_id()
    }

    fn adopt_id(&self, data: &mut SessionData, from: &SessionData) -> Result<(), Error> {
        match from.session_id() {
            Some(id) if data.session_id().is_none() => data.insert(SESSION_ID, &id),
            _ => Ok(()),
        }
    }

    fn leave_id_out(&self, data: &mut SessionData) {
        data.leave_out(SESSION_ID);
    }

    fn renew(&self, data: &mut SessionData) {
        data.renew();
    }
}

/// Returns a new session id, as `SecureRandom.hex(16)` does
/// (`Rack::Session::Abstract::ID#generate_sid`).
pub(super) fn generate_session_id() -> Result<String, Error> {
    let mut random = [0; 16];
    random::fill(&mut random)?;
    Ok(format!("{:032x}", u128::from_be_bytes(random)))
}
