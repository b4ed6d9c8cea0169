//! [`RackSessions`]: the sessions of `Rack::Session::Cookie`, for the middlewares.

use std::any::Any;
use std::borrow::Cow;
use std::sync::Arc;

use crate::clock::Clock;
use crate::error::{Error, Refusal};
use crate::http::cookie_attributes::CookieAttributes;
use crate::http::cookie_header::CookieHeader;
use crate::http::escape::unescape;
use crate::http::set_cookie::SetCookie;
use crate::session::context::Context;
use crate::session::data::SessionData;
use crate::session::handle::Session;
use crate::session::kept::Kept;
use crate::session::loaded::Loaded;
use crate::session::observer::Outcome;
use crate::session::origin::RequestOrigin;
use crate::session::place::Place;
use crate::session::policy::Policy;
use crate::session::sealer::Sealer;
use crate::session::sessions::Sessions;

use super::rack_jar::RackJar;

/// The sessions of an app that keeps them by `Rack::Session::Cookie` (example: at
/// [the module](super)).
///
/// The cookie gets `path=/`, `HttpOnly`, and `SameSite=Lax`, which Rack leaves out. As with a
/// [`CookieStore`](crate::CookieStore), a session is written only if it changed; a session with an
/// expiry, and one that a rotation opened, also when it is read.
pub type RackSessions = Sessions<InRackCookie>;

/// The place of sessions that Rack keeps in their own cookie.
#[derive(Clone)]
pub struct InRackCookie {
    jar: Arc<RackJar>,
}

impl RackSessions {
    /// Creates sessions in the cookie `name`: the Ruby app's `key:`, or `rack.session`.
    ///
    /// ```
    /// use hardtack::rack::{RackJar, RackSessions, RackVersion};
    ///
    /// # let secret = hardtack::SecretKeyBase::generate()?;
    /// let jar = RackJar::new(&secret, RackVersion::Rack2_1)?;
    /// assert_eq!(RackSessions::new(jar, "rack.session").name(), "rack.session");
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn new(jar: RackJar, name: impl Into<String>) -> Self {
        Self {
            policy: Policy::new(name.into()),
            older: Vec::new(),
            place: InRackCookie { jar: Arc::new(jar) },
        }
    }

    /// Creates the session of a request from its `Cookie` header, which may be empty (example: at
    /// [the module](super)). A middleware does it for you.
    #[must_use]
    pub fn open(
        self: &Arc<Self>,
        cookie_header: impl AsRef<[u8]> + Send + Sync + 'static,
        origin: RequestOrigin,
    ) -> Session {
        Session(Context::new(self.clone(), cookie_header, origin))
    }

    /// Checks that sessions can be written: the name, the attributes, the expiry, and that the
    /// jar's format is built in. Call it when the program starts.
    ///
    /// ```
    /// use hardtack::rack::{RackJar, RackSessions, RackVersion};
    ///
    /// # let secret = hardtack::SecretKeyBase::generate()?;
    /// let jar = RackJar::new(&secret, RackVersion::Rack2_1)?;
    /// let marshal = RackSessions::new(jar.clone(), "rack.session");
    /// assert_eq!(marshal.check().is_ok(), cfg!(feature = "marshal"));
    /// assert!(RackSessions::new(jar.json(), "rack session").check().is_err());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// The errors of [`CookieAttributes::check`](crate::CookieAttributes::check);
    /// [`Error::ExpiryOutOfRange`] or [`Error::CookieAttribute`] for an expiry beyond the year 9999
    /// or of zero; [`Error::SerializerNotBuiltIn`] if the jar writes Marshal and the feature
    /// `marshal` is off.
    pub fn check(&self) -> Result<(), Error> {
        let name = self.name();
        self.policy
            .check(|attributes| SetCookie::delete(name, attributes).map(|_| ()))?;
        self.place.jar.check_format()
    }
}

#[expect(private_interfaces, reason = "nobody else calls it")]
impl Place for InRackCookie {
    fn part(&self) -> Option<&dyn Any> {
        None
    }

    fn set_clock(&mut self, _: &Clock) {}

    fn is_sessions(&self, name: &str, policy: &Policy) -> bool {
        name == policy.name
    }

    fn kept(&self) -> Kept {
        Kept::InCookie(self.jar.clone())
    }

    fn read(&self, policy: &Policy, header: &CookieHeader<'_>) -> (Loaded, Option<Outcome>) {
        let values = policy.duplicates.of(header, &policy.name);
        let found = Refusal::first_opened(values.map(|raw| {
            let opened = self.jar.open(&policy.name, unescape(raw))?;
            policy.unless_ended(opened)
        }));
        Loaded::of_cookie(self.jar.clone(), found)
    }
}

impl Sealer for RackJar {
    fn names<'a>(&'a self, name: &'a str) -> Vec<Cow<'a, str>> {
        vec![name.into()]
    }

    fn seal(
        &self,
        data: &mut SessionData,
        name: &str,
        attributes: &CookieAttributes,
    ) -> Result<SetCookie, Error> {
        Self::seal(self, data, name, attributes)
    }

    fn delete(&self, name: &str, attributes: &CookieAttributes) -> Result<Vec<SetCookie>, Error> {
        Ok(vec![SetCookie::delete(name, attributes)?])
    }

    fn id(&self, data: &SessionData) -> Option<String> {
        Self::id(data)
    }

    fn ensure_id(&self, data: &mut SessionData) -> Result<(), Error> {
        Self::ensure_id(self, data)
    }

    fn adopt_id(&self, data: &mut SessionData, from: &SessionData) -> Result<(), Error> {
        Self::adopt_id(data, Self::id(from))
    }

    fn leave_id_out(&self, data: &mut SessionData) {
        Self::leave_id_out(data);
    }

    fn renew(&self, data: &mut SessionData) {
        Self::renew(data);
    }
}
