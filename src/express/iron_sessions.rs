//! [`IronSessions`]: the sessions of iron-session, for the middlewares.

use std::any::Any;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

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

use super::iron_passwords::{IronPasswords, SKEW};
use super::plain_cookie::plain_cookie;

/// The life of a cookie, unless the app sets another `ttl`: 60 seconds less than 14 days
/// (iron-session `fourteenDaysInSeconds`).
const LIFE: Duration = Duration::from_secs(14 * 24 * 60 * 60 - 60);

/// The most cookies between which a seal is divided (iron-session 9 `MAX_CHUNKS`).
const MOST_PARTS: usize = 4;

/// The sessions of an app that keeps them by iron-session 8 or 9, encrypted in their cookie.
///
/// A user who logged in at the Node app is logged in here, and the reverse:
///
/// ```
/// use std::sync::Arc;
///
/// use hardtack::RequestOrigin;
/// use hardtack::express::{IronPasswords, IronSessions};
///
/// # let password = "9f1bc1856f42ec79faaf79731a0e0787";
/// // getIronSession(req, res, { password, cookieName: "app-session" })
/// let sessions = Arc::new(IronSessions::new(IronPasswords::new(password)?, "app-session"));
///
/// let https = sessions.origin(true, |_| None);
/// let session = sessions.open("", https);
/// session.insert("user_id", 42)?;
/// let commit = session.commit(200)?;
/// assert!(commit.cookies()[0].header().starts_with("app-session=Fe26.2*1*"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The cookie is `Secure`, `HttpOnly` and `SameSite=Lax`, and lives 60 seconds less than its seal:
/// 14 days less a minute. Set another `ttl` by [`expire_after`](crate::Sessions::expire_after), with
/// these 60 seconds left out.
///
/// # Differences
///
/// - iron-session writes a session when it is told to (`save()`); hardtack writes it when it changed,
///   and when a tenth of its life has passed.
/// - The cookie's end is an `expires`, where iron-session sends a `Max-Age`.
/// - A cookie that does not open is an empty session, also where iron-session fails (another prefix
///   of the seal, an end that is no number).
/// - A session that iron-session 9 divided between cookies (`chunk`) is read, and written whole: one
///   that does not fit in a cookie is an error.
/// - iron-session refuses to write more than 4096 characters with the attributes; hardtack counts
///   name and value alone, as browsers do.
pub type IronSessions = Sessions<InIronCookie>;

/// The place of sessions that iron-session keeps in their own cookie.
#[derive(Clone)]
pub struct InIronCookie {
    passwords: Arc<IronPasswords>,
}

impl IronSessions {
    /// Creates sessions in the cookie `name`: the app's `cookieName` (example: at the type).
    #[must_use]
    pub fn new(passwords: IronPasswords, name: impl Into<String>) -> Self {
        let sessions = Self {
            policy: Policy::new(name.into()),
            older: Vec::new(),
            place: InIronCookie {
                passwords: Arc::new(passwords),
            },
        };
        sessions.secure(true).expire_after(LIFE)
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
    /// use hardtack::express::{IronPasswords, IronSessions};
    ///
    /// let passwords = IronPasswords::new("9f1bc1856f42ec79faaf79731a0e0787")?;
    /// assert!(IronSessions::new(passwords.clone(), "app-session").check().is_ok());
    /// assert!(IronSessions::new(passwords, "app session").check().is_err());
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
impl Place for InIronCookie {
    fn part(&self) -> Option<&dyn Any> {
        None
    }

    fn set_clock(&mut self, _: &Clock) {}

    fn is_sessions(&self, name: &str, policy: &Policy) -> bool {
        self.passwords
            .names(&policy.name)
            .iter()
            .any(|own| own == name)
    }

    fn kept(&self) -> Kept {
        Kept::InCookie(self.passwords.clone())
    }

    fn read(&self, policy: &Policy, header: &CookieHeader<'_>) -> (Loaded, Option<Outcome>) {
        let open = |seal: &[u8]| {
            let opened = self.passwords.open(seal, policy.now())?;
            policy.unless_ended(opened)
        };
        let values = policy.duplicates.of(header, &policy.name);
        let values = values.filter(|raw| !raw.is_empty());
        let found = Refusal::first_opened(values.map(|raw| open(&unescape(raw))));
        let found = found.or_else(|| {
            let parts = part_names(&policy.name).map_while(|name| header.get(&name));
            let seal = parts.collect::<Vec<_>>().concat();
            (!seal.is_empty()).then(|| open(&seal))
        });
        Loaded::of_cookie(self.passwords.clone(), found)
    }
}

/// Returns the names of the cookies between which iron-session 9 divides a long seal (`chunk`).
fn part_names(name: &str) -> impl Iterator<Item = String> {
    (0..MOST_PARTS).map(move |number| format!("{name}.{number}"))
}

impl Sealer for IronPasswords {
    fn names<'a>(&'a self, name: &'a str) -> Vec<Cow<'a, str>> {
        let parts = part_names(name).map(Cow::from);
        std::iter::once(name.into()).chain(parts).collect()
    }

    fn seal(
        &self,
        data: &mut SessionData,
        name: &str,
        attributes: &CookieAttributes,
    ) -> Result<SetCookie, Error> {
        let end = attributes.sealed_expiry(&Clock::System);
        let end = end.map(|end| end.checked_add(SKEW.try_into().ok()?));
        let end = end.map(|end| end.ok_or(Error::ExpiryOutOfRange));
        let json = data.dump_javascript()?;
        let value = self.seal_json(&json, end.transpose()?)?;
        plain_cookie(name, &value, attributes, json)
    }

    fn delete(&self, name: &str, attributes: &CookieAttributes) -> Result<Vec<SetCookie>, Error> {
        let names = self.names(name).into_iter();
        names
            .map(|name| SetCookie::delete(name, attributes))
            .collect()
    }
}
