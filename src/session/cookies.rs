//! [`Cookies`]: the cookies of a request, and those that its response sets
//! (`ActionDispatch::Cookies::CookieJar`, `cookies.rb`).

use std::fmt;

use super::context::Context;
use super::handle::Session;
use crate::error::Error;
use crate::http::cookie_attributes::CookieAttributes;
use crate::http::set_cookie::SetCookie;

/// The cookies of a request beside the session, and those that its response sets (Rails'
/// `cookies`).
///
/// A handle that is cheap to clone. A cookie that was set can be read back at once, as in Rails,
/// and is sent with the response. A `Secure` cookie is not set over plain HTTP.
///
/// ```
/// use std::sync::Arc;
/// use hardtack::{CookieStore, RequestOrigin, Session};
///
/// let store = Arc::new(CookieStore::ephemeral("_shop_session")?);
/// let cookies = Session::open(&store, "theme=dark", RequestOrigin::default()).cookies();
///
/// assert_eq!(cookies.get("theme").as_deref(), Some("dark"));
/// cookies.encrypted().write("discount", 45, None)?;
/// assert_eq!(cookies.encrypted().get::<u32>("discount")?, Some(45));
/// assert_eq!(cookies.signed().get::<u32>("discount")?, None);
/// assert_eq!(cookies.take().len(), 1);
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone)]
pub struct Cookies(pub(crate) Context);

impl Session {
    /// Returns the request's other cookies, and those that its response sets.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use hardtack::{CookieStore, RequestOrigin, Session};
    ///
    /// let store = Arc::new(CookieStore::ephemeral("_shop_session")?);
    /// let session = Session::open(&store, "theme=dark", RequestOrigin::default());
    /// assert_eq!(session.cookies().get("theme").as_deref(), Some("dark"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn cookies(&self) -> Cookies {
        Cookies(self.0.clone())
    }
}

impl Cookies {
    /// Returns the unescaped value of a plain cookie (`cookies[:theme]`), which any client can
    /// forge.
    ///
    /// Bytes that are not UTF-8 become U+FFFD; [`get_bytes`](Self::get_bytes) returns them
    /// unchanged.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use hardtack::{CookieStore, RequestOrigin, Session};
    ///
    /// let store = Arc::new(CookieStore::ephemeral("_shop_session")?);
    /// let cookies = Session::open(&store, "q=a%20b", RequestOrigin::default()).cookies();
    /// assert_eq!(cookies.get("q").as_deref(), Some("a b"));
    /// assert_eq!(cookies.get("p"), None);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        let value = self.get_bytes(name)?;
        Some(match String::from_utf8(value) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        })
    }

    /// Returns the unescaped value of a plain cookie as bytes.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use hardtack::{CookieStore, RequestOrigin, Session};
    ///
    /// let store = Arc::new(CookieStore::ephemeral("_shop_session")?);
    /// let cookies = Session::open(&store, "q=%FF", RequestOrigin::default()).cookies();
    /// assert_eq!(cookies.get_bytes("q").as_deref(), Some(&b"\xFF"[..]));
    /// assert_eq!(cookies.get("q").as_deref(), Some("\u{FFFD}"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn get_bytes(&self, name: &str) -> Option<Vec<u8>> {
        match self.0.pending(|other| other == name) {
            Some(cookie) if is_deleted(&cookie) => None,
            Some(cookie) => Some(cookie.value().to_vec()),
            None => self.0.header().get(name).map(std::borrow::Cow::into_owned),
        }
    }

    /// Sets a cookie with the response, in place of one set before with the same name, path and
    /// domain.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use hardtack::{CookieStore, RequestOrigin, Session, SetCookie};
    ///
    /// let store = Arc::new(CookieStore::ephemeral("_shop_session")?);
    /// let cookies = Session::open(&store, "theme=dark", RequestOrigin::default()).cookies();
    /// cookies.set(SetCookie::new("theme", "light", None)?)?;
    /// assert_eq!(cookies.get("theme").as_deref(), Some("light"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::CommittedSession`] after the session was committed.
    pub fn set(&self, cookie: SetCookie) -> Result<(), Error> {
        self.0.queue(cookie)
    }

    /// Removes a plain cookie from the browser; the attributes must be those with which it was set.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use hardtack::{CookieStore, RequestOrigin, Session};
    ///
    /// let store = Arc::new(CookieStore::ephemeral("_shop_session")?);
    /// let cookies = Session::open(&store, "theme=dark", RequestOrigin::default()).cookies();
    /// cookies.delete("theme", None)?;
    /// assert_eq!(cookies.get("theme"), None);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::CookieName`], [`Error::CookieAttribute`] or [`Error::CookieConflict`] if the name
    /// or the attributes are invalid; otherwise as [`set`](Self::set).
    pub fn delete<'a>(
        &self,
        name: &str,
        attributes: impl Into<Option<&'a CookieAttributes>>,
    ) -> Result<(), Error> {
        let attributes = CookieAttributes::or_default(attributes.into());
        self.set(SetCookie::delete(name, &self.0.for_host(&attributes))?)
    }

    /// Takes out the cookies to set beside the session's, for code that writes the response itself:
    /// after the session was committed.
    ///
    /// Over plain HTTP it leaves out `Secure` cookies.
    #[must_use]
    pub fn take(&self) -> Vec<SetCookie> {
        self.0.take_queue()
    }
}

impl fmt::Debug for Cookies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Cookies")
            .field(&self.0.header_for_debug())
            .finish()
    }
}

pub(crate) fn is_deleted(cookie: &SetCookie) -> bool {
    cookie.max_age().is_some_and(|age| age.is_zero())
}
