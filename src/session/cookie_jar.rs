//! [`CookieJar`]: the cookies of a request, and those that its response sets
//! (`ActionDispatch::Cookies::CookieJar`, `cookies.rb`).

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::handle::Session;
use crate::cookie::attributes::Attributes;
use crate::cookie::header::CookieHeader;
use crate::cookie::jar::Jar;
use crate::cookie::set_cookie::SetCookie;
use crate::error::{Error, InvalidMessage, Refusal};
use crate::message::opened::Opened;

/// The cookies of a request beside the session, and those that its response sets: Rails'
/// `cookies`. A handle that is cheap to clone.
///
/// What is set is read again from there on, as in Rails, and goes out with the response. A
/// `Secure` cookie is not set over plain HTTP.
///
/// ```
/// use std::sync::Arc;
/// use hardtack::{Attributes, CookieStore, RailsVersion, RequestOrigin, SecretKeyBase, Session};
///
/// # let secret = SecretKeyBase::generate()?;
/// let store = Arc::new(CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session"));
/// let cookies = Session::open(&store, "theme=dark", RequestOrigin::default()).cookies();
///
/// assert_eq!(cookies.get("theme").as_deref(), Some(&b"dark"[..]));
/// cookies.encrypted().write("discount", &45, &Attributes::new())?;
/// assert_eq!(*cookies.encrypted().read::<u32>("discount")?.unwrap().value(), 45);
/// assert!(cookies.signed().read::<u32>("discount").is_err());
/// assert_eq!(cookies.take().len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct CookieJar(pub(super) Session);

impl CookieJar {
    /// `cookies.encrypted` (example: at [`CookieJar`]).
    #[must_use]
    pub fn encrypted(&self) -> RequestJar {
        self.through(self.0.store().jars().encrypted.clone())
    }

    /// `cookies.signed` (example: at [`CookieJar`]).
    #[must_use]
    pub fn signed(&self) -> RequestJar {
        self.through(self.0.store().jars().signed.clone())
    }

    /// The cookies of any other jar: with another secret, say.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use hardtack::{CookieStore, Jar, RailsVersion, RequestOrigin, SecretKeyBase, Session};
    /// # let secret = SecretKeyBase::generate()?;
    /// # let store = Arc::new(CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session"));
    /// # let cookies = Session::open(&store, "", RequestOrigin::default()).cookies();
    /// let partner = Arc::new(Jar::signed(&SecretKeyBase::generate()?, RailsVersion::V6_1));
    /// assert!(cookies.through(partner).read::<u32>("affiliate")?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn through(&self, jar: Arc<Jar>) -> RequestJar {
        RequestJar {
            jar,
            cookies: self.clone(),
        }
    }

    /// A plain cookie's value, no longer escaped (`cookies[:theme]`): anybody can have made it.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use hardtack::{CookieStore, RailsVersion, RequestOrigin, SecretKeyBase, Session};
    /// # let secret = SecretKeyBase::generate()?;
    /// # let store = Arc::new(CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session"));
    /// let cookies = Session::open(&store, "q=a%20b", RequestOrigin::default()).cookies();
    /// assert_eq!(cookies.get("q").as_deref(), Some(&b"a b"[..]));
    /// assert_eq!(cookies.get("p"), None);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Vec<u8>> {
        match self.0.pending(name) {
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
    /// # use std::sync::Arc;
    /// # use hardtack::{Attributes, CookieStore, RailsVersion, RequestOrigin, SecretKeyBase, Session, SetCookie};
    /// # let secret = SecretKeyBase::generate()?;
    /// # let store = Arc::new(CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session"));
    /// let cookies = Session::open(&store, "theme=dark", RequestOrigin::default()).cookies();
    /// cookies.set(SetCookie::new("theme", "light", &Attributes::new())?)?;
    /// assert_eq!(cookies.get("theme").as_deref(), Some(&b"light"[..]));
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
    /// # use std::sync::Arc;
    /// # use hardtack::{Attributes, CookieStore, RailsVersion, RequestOrigin, SecretKeyBase, Session};
    /// # let secret = SecretKeyBase::generate()?;
    /// # let store = Arc::new(CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session"));
    /// let cookies = Session::open(&store, "theme=dark", RequestOrigin::default()).cookies();
    /// cookies.delete("theme", &Attributes::new())?;
    /// assert_eq!(cookies.get("theme"), None);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// What is wrong with the name or the attributes; else as [`set`](Self::set).
    pub fn delete(&self, name: &str, attributes: &Attributes) -> Result<(), Error> {
        self.set(SetCookie::delete(name, &self.0.for_host(attributes))?)
    }

    /// The cookies to be set beside the session's, which are taken out: for whoever writes the
    /// response. Over plain HTTP those that are `Secure` are not among them.
    #[must_use]
    pub fn take(&self) -> Vec<SetCookie> {
        self.0.take_queue()
    }
}

impl fmt::Debug for CookieJar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CookieJar")
            .field(&CookieHeader::new(self.0.header_for_debug()))
            .finish()
    }
}

/// One of the jars, for the cookies of a request.
///
/// ```
/// # use std::sync::Arc;
/// # use hardtack::{Attributes, CookieStore, RailsVersion, RequestOrigin, SecretKeyBase, Session};
/// # let secret = SecretKeyBase::generate()?;
/// # let store = Arc::new(CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session"));
/// let session = Session::open(&store, "seen=AAAA", RequestOrigin::default());
/// let signed = session.cookies().signed();
/// assert!(signed.read::<u32>("seen").is_err()); // forged
/// signed.write("seen", &7, &Attributes::new())?;
/// assert_eq!(signed.read::<u32>("seen")?.unwrap().into_value(), 7);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct RequestJar {
    jar: Arc<Jar>,
    cookies: CookieJar,
}

impl RequestJar {
    /// Reads a cookie (example: at [`RequestJar`]); `None` where it was not sent.
    ///
    /// # Errors
    /// As [`Jar::read`].
    pub fn read<T: DeserializeOwned>(
        &self,
        name: &str,
    ) -> Result<Option<Opened<T>>, InvalidMessage> {
        let session = &self.cookies.0;
        match session.pending(name) {
            Some(cookie) if is_deleted(&cookie) => Ok(None),
            Some(cookie) => self.jar.read_value(name, cookie.value()).map(Some),
            None => Ok(self.read_sent(name)?),
        }
    }

    /// Reads a cookie that came with the request, and says so to the store's observer.
    fn read_sent<T: DeserializeOwned>(&self, name: &str) -> Result<Option<Opened<T>>, Refusal> {
        let session = &self.cookies.0;
        let header = CookieHeader::new(session.header());
        let opened = self.jar.find_value(name, &header);
        let outcome = opened.as_ref().map(Option::as_ref).transpose();
        if let Some(outcome) = outcome {
            let outcome = outcome.map(Opened::opening).map_err(|refusal| *refusal);
            session.store().observe(name, outcome);
        }
        opened
    }

    /// Writes a cookie, which goes out with the response (example: at [`RequestJar`]).
    ///
    /// # Errors
    /// As [`Jar::write`] and [`CookieJar::set`].
    pub fn write<T: Serialize + ?Sized>(
        &self,
        name: &str,
        value: &T,
        attributes: &Attributes,
    ) -> Result<(), Error> {
        let attributes = self.cookies.0.for_host(attributes);
        self.cookies.set(self.jar.write(name, value, &attributes)?)
    }

    /// Makes the browser forget a cookie, under its older names too.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use hardtack::{Attributes, CookieStore, RailsVersion, RequestOrigin, SecretKeyBase, Session};
    /// # let secret = SecretKeyBase::generate()?;
    /// # let store = Arc::new(CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session"));
    /// let cookies = Session::open(&store, "seen=AAAA", RequestOrigin::default()).cookies();
    /// cookies.signed().delete("seen", &Attributes::new())?;
    /// assert!(cookies.signed().read::<u32>("seen")?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`CookieJar::delete`].
    pub fn delete(&self, name: &str, attributes: &Attributes) -> Result<(), Error> {
        let attributes = self.cookies.0.for_host(attributes);
        let mut cookies = self.jar.delete(name, &attributes)?.into_iter();
        cookies.try_for_each(|cookie| self.cookies.set(cookie))
    }
}

fn is_deleted(cookie: &SetCookie) -> bool {
    cookie.max_age().is_some_and(|age| age.is_zero())
}
