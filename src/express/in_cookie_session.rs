//! [`CookieSessions`]: the sessions of cookie-session, for the middlewares.

use std::any::Any;
use std::borrow::Cow;
use std::sync::Arc;

use crate::clock::Clock;
use crate::error::{Error, Refusal};
use crate::http::cookie_attributes::CookieAttributes;
use crate::http::cookie_header::CookieHeader;
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

use super::keygrip::{Keygrip, seal_cookie, signature_name};

/// The sessions of an app that keeps them by cookie-session 2, in a cookie `NAME` with its signature
/// in `NAME.sig`.
///
/// A user who logged in at the Express app is logged in here, and the reverse:
///
/// ```
/// use std::sync::Arc;
///
/// use hardtack::RequestOrigin;
/// use hardtack::express::{CookieSessions, Keygrip};
///
/// // cookieSession({ keys: [key, olderKey] })
/// # let (key, older_key) = ("ein Geheimnis 5d25d3decd71", "keyboard cat 97ec844891e3");
/// let keys = Keygrip::new(key)?.older_key(older_key)?;
/// let sessions = Arc::new(CookieSessions::new(keys, "session"));
///
/// let sent = "session=eyJhIjoxfQ==; session.sig=S03xSs1sTLv9wkV53xRrpxpGUP8";
/// let session = sessions.open(sent, RequestOrigin::default());
/// assert_eq!(session.get::<u32>("a")?, Some(1));
/// session.insert("a", 2)?;
/// let commit = session.commit(200)?;
/// assert_eq!(commit.cookies()[0].name(), "session");
/// assert_eq!(commit.cookies()[1].name(), "session.sig");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Differences
///
/// - The cookie gets `SameSite=Lax`, which cookie-session leaves out, and its attributes come in
///   hardtack's own order.
/// - A session without keys is removed; cookie-session keeps an empty one.
/// - A session under an older key is written again whole; cookie-session sets the signature alone.
/// - Cookies that do not open stay in the browser; cookie-session removes a wrong signature.
/// - With [`expire_after`](crate::Sessions::expire_after) (`maxAge`) each request that reads the
///   session extends its life; cookie-session does so when it is written.
/// - cookie-session drops keys that its own object has (`isNew`, `toString`); hardtack keeps them.
pub type CookieSessions = Sessions<InCookieSession>;

/// The place of sessions that cookie-session keeps in their own cookie.
#[derive(Clone)]
pub struct InCookieSession {
    keys: Arc<Keygrip>,
}

impl CookieSessions {
    /// Creates sessions in the cookie `name`: the app's `name`, or `session` (example: at the type).
    #[must_use]
    pub fn new(keys: Keygrip, name: impl Into<String>) -> Self {
        Self {
            policy: Policy::new(name.into()),
            older: Vec::new(),
            place: InCookieSession {
                keys: Arc::new(keys),
            },
        }
    }

    /// Creates the session of a request from its `Cookie` header, which may be empty (example: at
    /// the type). A middleware does it for you.
    #[must_use]
    pub fn open(
        self: &Arc<Self>,
        cookie_header: impl AsRef<[u8]> + Send + Sync + 'static,
        origin: RequestOrigin,
    ) -> Session {
        Session(Context::new(self.clone(), cookie_header, origin))
    }

    /// Checks that sessions can be written: the name, the attributes and the expiry. Call it when
    /// the program starts.
    ///
    /// ```
    /// use hardtack::express::{CookieSessions, Keygrip};
    ///
    /// let keys = Keygrip::new("ein Geheimnis 5d25d3decd71")?;
    /// assert!(CookieSessions::new(keys.clone(), "session").check().is_ok());
    /// assert!(CookieSessions::new(keys, "my session").check().is_err());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// The errors of [`CookieAttributes::check`](crate::CookieAttributes::check);
    /// [`Error::ExpiryOutOfRange`] or [`Error::CookieAttribute`] for an expiry beyond the year 9999
    /// or of zero.
    pub fn check(&self) -> Result<(), Error> {
        let name = self.name();
        self.policy
            .check(|attributes| SetCookie::delete(name, attributes).map(|_| ()))
    }
}

#[expect(private_interfaces, reason = "nobody else calls it")]
impl Place for InCookieSession {
    fn part(&self) -> Option<&dyn Any> {
        None
    }

    fn set_clock(&mut self, _: &Clock) {}

    fn is_sessions(&self, name: &str, policy: &Policy) -> bool {
        name == policy.name || name == signature_name(&policy.name)
    }

    fn kept(&self) -> Kept {
        Kept::InCookie(self.keys.clone())
    }

    fn read(&self, policy: &Policy, header: &CookieHeader<'_>) -> (Loaded, Option<Outcome>) {
        let value = value_of(header, &policy.name);
        let found = value.map(|value| {
            let signature = value_of(header, &signature_name(&policy.name));
            let signature = signature.ok_or(Refusal::Malformed)?;
            policy.unless_ended(self.keys.open(&policy.name, value, signature)?)
        });
        Loaded::of_cookie(self.keys.clone(), found)
    }
}

/// Returns the value of the first cookie of a name that has one, as the package cookies finds it
/// (0.9.1 `index.js`): not decoded, and without the first and the last character if it begins with a
/// quotation mark.
fn value_of<'h>(header: &CookieHeader<'h>, name: &str) -> Option<&'h [u8]> {
    let named = |(found, value): (&'h [u8], Option<&'h [u8]>)| {
        (found.trim_ascii_start() == name.as_bytes())
            .then_some(value)
            .flatten()
    };
    let value = header.iter().find_map(named)?;
    if value.first() != Some(&b'"') {
        return Some(value);
    }
    Some(value.get(1..value.len() - 1).unwrap_or_default())
}

impl Sealer for Keygrip {
    fn names<'a>(&'a self, name: &'a str) -> Vec<Cow<'a, str>> {
        vec![name.into()]
    }

    fn seal(
        &self,
        data: &mut SessionData,
        name: &str,
        attributes: &CookieAttributes,
    ) -> Result<SetCookie, Error> {
        seal_cookie(data, name, attributes)
    }

    fn beside(&self, cookie: &SetCookie) -> Option<SetCookie> {
        Some(self.signature_of(cookie))
    }

    fn delete(&self, name: &str, attributes: &CookieAttributes) -> Result<Vec<SetCookie>, Error> {
        let names = [name.to_owned(), signature_name(name)];
        names
            .iter()
            .map(|name| SetCookie::delete(name, attributes))
            .collect()
    }
}
