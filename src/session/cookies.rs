//! [`Cookies`]: the cookies of a request, and those that its response sets
//! (`ActionDispatch::Cookies::CookieJar`, `cookies.rb`).

use std::fmt;

use super::context::Context;
use super::handle::Session;
use crate::error::Error;
use crate::http::cookie_attributes::CookieAttributes;
use crate::http::cookie_header::CookieHeader;
use crate::http::set_cookie::SetCookie;

/// The cookies of a request beside the session, and those that its response sets: Rails'
/// `cookies`. A handle that is cheap to clone.
///
/// What is set is read again from there on, as in Rails, and goes out with the response. A
/// `Secure` cookie is not set over plain HTTP.
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
    /// The request's other cookies, and those that its response sets.
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
    /// Returns a plain cookie's value, no longer escaped (`cookies[:theme]`): anybody can have made
    /// it. What is no UTF-8 in it becomes U+FFFD; [`get_bytes`](Self::get_bytes) has it as it came.
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

    /// Returns a plain cookie's value as bytes, no longer escaped.
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
            None => CookieHeader::new(self.0.header())
                .get(name)
                .map(std::borrow::Cow::into_owned),
        }
    }

    /// Sets a cookie with the response; one of the same name, path and domain that was set before
    /// goes.
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
    /// [`Error::CommittedSession`] where the response's cookies were decided already.
    pub fn set(&self, cookie: SetCookie) -> Result<(), Error> {
        self.0.queue(cookie)
    }

    /// Makes the browser forget a plain cookie that was set with these attributes.
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
    /// What is wrong with the name or the attributes; else as [`set`](Self::set).
    pub fn delete<'a>(
        &self,
        name: &str,
        attributes: impl Into<Option<&'a CookieAttributes>>,
    ) -> Result<(), Error> {
        let attributes = CookieAttributes::or_default(attributes.into());
        self.set(SetCookie::delete(name, &self.0.for_host(&attributes))?)
    }

    /// The cookies to be set beside the session's, which are taken out: for whoever writes the
    /// response. Over plain HTTP those that are `Secure` are not among them.
    #[must_use]
    pub fn take(&self) -> Vec<SetCookie> {
        self.0.take_queue()
    }
}

impl fmt::Debug for Cookies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Cookies")
            .field(&CookieHeader::new(self.0.header_for_debug()))
            .finish()
    }
}

pub(crate) fn is_deleted(cookie: &SetCookie) -> bool {
    cookie.max_age().is_some_and(|age| age.is_zero())
}
