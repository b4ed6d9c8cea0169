//! [`CookieJar`]: the cookies of a request, and those that its response sets
//! (`ActionDispatch::Cookies::CookieJar`, `cookies.rb`).

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::events::Event;
use super::handle::Session;
use super::writes::Writes;
use crate::cookie::attributes::Attributes;
use crate::cookie::duplicates::Duplicates;
use crate::cookie::header::CookieHeader;
use crate::cookie::jar::Jar;
use crate::cookie::set_cookie::SetCookie;
use crate::error::{Error, Refusal};
use crate::message::opened::Opened;
use crate::serializer::value::Value;
use crate::serializer::{Serialized, Unfit};

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
/// assert_eq!(cookies.encrypted().get::<u32>("discount")?, Some(45));
/// assert_eq!(cookies.signed().get::<u32>("discount")?, None);
/// assert_eq!(cookies.take().len(), 1);
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone)]
pub struct CookieJar(pub(super) Session);

impl Session {
    /// The request's other cookies, and those that its response sets.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use hardtack::{CookieStore, RailsVersion, RequestOrigin, SecretKeyBase, Session};
    /// # let secret = SecretKeyBase::generate()?;
    /// # let store = Arc::new(CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session"));
    /// let session = Session::open(&store, "theme=dark", RequestOrigin::default());
    /// assert_eq!(session.cookies().get("theme").as_deref(), Some(&b"dark"[..]));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn cookies(&self) -> CookieJar {
        CookieJar(self.clone())
    }
}

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
    /// assert_eq!(cookies.through(partner).get::<u32>("affiliate")?, None);
    /// # Ok::<(), hardtack::Error>(())
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
/// assert_eq!(signed.get::<u32>("seen")?, None); // forged
/// signed.write("seen", &7, &Attributes::new())?;
/// assert_eq!(signed.get::<u32>("seen")?, Some(7));
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct RequestJar {
    jar: Arc<Jar>,
    cookies: CookieJar,
}

impl RequestJar {
    /// Returns a cookie's value (example: at [`RequestJar`]); `None` where none was sent, where its
    /// value is nil, and where it does not open: the operator hears why ([`explain`](Self::explain)).
    ///
    /// One that a rotation, another cipher or an older serializer opened is set again with the
    /// response, as in Rails, unless the handler sets or deletes a cookie of that name. It gets the
    /// attributes that Rails gives it, `path=/` and `SameSite`, since a `Cookie` header tells none;
    /// `Secure` where the session's cookie is, and the expiry that was sealed. So
    /// [`write`](Self::write) it yourself where it has a domain or `HttpOnly`.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use hardtack::{Attributes, CookieStore, Jar, RailsVersion, RequestOrigin, Rotation, SecretKeyBase, Session};
    /// # let (secret, old) = (SecretKeyBase::generate()?, SecretKeyBase::generate()?);
    /// let store = CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session")
    ///     .signed_rotation(Rotation::signed(&old, RailsVersion::V7_1));
    /// # let before = Jar::signed(&old, RailsVersion::V7_1).write("seen", &7, &Attributes::new())?;
    /// # let header = format!("seen={}", before.escaped_value());
    /// let cookies = Session::open(&Arc::new(store), header, RequestOrigin::default()).cookies();
    /// assert_eq!(cookies.signed().get::<u32>("seen")?, Some(7)); // by the old secret
    /// assert!(cookies.signed().get::<bool>("seen").is_err()); // of another type
    /// let [again] = &cookies.take()[..] else { panic!() };
    /// assert!(again.to_string().ends_with("; path=/; samesite=lax"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnexpectedValue`] where it opens, and its value is not of that type.
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Error> {
        let read = |opened: &Opened<Serialized>| {
            let value = opened.value();
            if value.is_nil() {
                return Ok(None);
            }
            // Which type was asked for does not decide on whether it opens.
            match value.load_as::<T>() {
                Ok(value) => Ok(Some(Ok(value))),
                Err(Unfit::OfAnotherType(reason)) => Ok(Some(Err(reason))),
                Err(Unfit::Unreadable(_)) => Err(Refusal::UnreadableValue),
            }
        };
        let value = match self.pending(name) {
            Some(cookie) if is_deleted(&cookie) => None,
            // Set here, be it through another jar: nobody sent it.
            Some(cookie) => {
                let opened = self.jar.open_as(name, cookie.name(), &cookie.value());
                opened.and_then(|opened| read(&opened)).ok()
            }
            None => self.get_sent(name, read),
        };
        value
            .flatten()
            .transpose()
            .map_err(|reason| Error::UnexpectedValue {
                key: name.to_owned(),
                reason,
            })
    }

    /// Returns the cookie that is to be set, which a rotation may write under its own name.
    fn pending(&self, name: &str) -> Option<SetCookie> {
        let written_name = self.jar.written_name(name);
        let is_it = |other: &str| other == name || other == written_name;
        self.cookies.0.pending(is_it)
    }

    /// Opens a cookie that came with the request; sets it again where that is due, and tells
    /// whoever listens.
    fn get_sent<R>(
        &self,
        name: &str,
        read: impl Fn(&Opened<Serialized>) -> Result<R, Refusal>,
    ) -> Option<R> {
        let session = &self.cookies.0;
        let header = CookieHeader::new(session.header());
        let found = self.jar.find(name, &header, Duplicates::First, |opened| {
            read(&opened).map(|read| (opened, read))
        })?;
        let outcome = found.as_ref().map(|(opened, _)| *opened.opening());
        if let Ok((opened, _)) = &found
            && opened.needs_rewrite()
        {
            self.rewrite(name, opened);
        }
        let policy = session.policy();
        policy.heard_of_cookie(name, outcome.map_err(|refusal| *refusal));
        found.ok().map(|(_, read)| read)
    }

    /// Queues a cookie to be set again. One that cannot be, since it is too long now, say, stays
    /// as it is: whoever reads it has its value.
    fn rewrite(&self, name: &str, opened: &Opened<Serialized>) {
        let session = &self.cookies.0;
        let (store, policy) = (session.store(), session.policy());
        // The session's cookie is for its commit, with attributes of its own.
        let is_sessions = || store.jars().session.names(store.name()).contains(&name);
        if policy.writes == Writes::Never
            || !session.may_rewrite(self.jar.written_name(name))
            || is_sessions()
        {
            return;
        }
        match self
            .jar
            .rewrite(name, opened, policy.attributes.is_secure())
        {
            Ok(cookies) => session.queue_rewritten(cookies),
            Err(error) => policy.tell(Event::NotRewritten(name, &error)),
        }
    }

    /// Tells how a cookie opened, or why it did not: for the operator, never for whoever sent it.
    /// `None` where none was sent. Nothing is set again, and no event or observer hears of it.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use hardtack::{CookieStore, RailsVersion, Refusal, RequestOrigin, SecretKeyBase, Session};
    /// # let secret = SecretKeyBase::generate()?;
    /// # let store = Arc::new(CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session"));
    /// let signed = Session::open(&store, "seen=AAAA", RequestOrigin::default()).cookies().signed();
    /// assert_eq!(signed.get::<u32>("seen")?, None);
    /// assert_eq!(signed.explain("seen").err(), Some(Refusal::Malformed));
    /// assert!(signed.explain("plan")?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The [`Refusal`] of the attempt that got furthest.
    pub fn explain(&self, name: &str) -> Result<Option<Opened<Value>>, Refusal> {
        let session = &self.cookies.0;
        match self.pending(name) {
            Some(cookie) if is_deleted(&cookie) => Ok(None),
            Some(cookie) => {
                let opened = self.jar.open_as(name, cookie.name(), &cookie.value())?;
                opened.load().map(Some)
            }
            None => {
                let header = CookieHeader::new(session.header());
                self.jar.explain_header(name, &header)
            }
        }
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
    /// assert_eq!(cookies.signed().get::<u32>("seen")?, None);
    /// # Ok::<(), hardtack::Error>(())
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
