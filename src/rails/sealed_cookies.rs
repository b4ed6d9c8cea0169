//! [`SealedCookies`]: the sealed cookies of a request (`cookies.encrypted` and `cookies.signed`).

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::app_settings::keyring;
use crate::error::{Error, Refusal};
use crate::http::cookie_attributes::CookieAttributes;
use crate::http::cookie_header::CookieHeader;
use crate::http::duplicate_policy::DuplicatePolicy;
use crate::http::set_cookie::SetCookie;
use crate::message::opened::Opened;
use crate::rails::jar::Jar;
use crate::serializer::value::Value;
use crate::serializer::{Serialized, Unfit};
use crate::session::cookies::{Cookies, is_deleted};
use crate::session::events::Event;
use crate::session::write_policy::WritePolicy;

impl Cookies {
    /// `cookies.encrypted` (example: at [`Cookies`]). Beside sessions in a store it needs
    /// [`ServerSessions::keyring`](crate::ServerSessions::keyring): without it reading and writing is
    /// [`Error::NoKeyring`].
    #[must_use]
    pub fn encrypted(&self) -> SealedCookies {
        SealedCookies {
            jar: keyring(&self.0).map(|jars| jars.encrypted.clone()),
            cookies: self.clone(),
        }
    }

    /// `cookies.signed` (example: at [`Cookies`]); as [`encrypted`](Self::encrypted) otherwise.
    #[must_use]
    pub fn signed(&self) -> SealedCookies {
        SealedCookies {
            jar: keyring(&self.0).map(|jars| jars.signed.clone()),
            cookies: self.clone(),
        }
    }

    /// The cookies of any other jar: with another secret, say.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use hardtack::{CookieStore, Jar, LoadDefaults, RequestOrigin, SecretKeyBase, Session};
    ///
    /// let store = Arc::new(CookieStore::ephemeral("_shop_session")?);
    /// # let cookies = Session::open(&store, "", RequestOrigin::default()).cookies();
    /// let partner = Arc::new(Jar::signed(&SecretKeyBase::generate()?, LoadDefaults::V6_1));
    /// assert_eq!(cookies.through(partner).get::<u32>("affiliate")?, None);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn through(&self, jar: Arc<Jar>) -> SealedCookies {
        SealedCookies {
            jar: Some(jar),
            cookies: self.clone(),
        }
    }
}

/// One of the jars, for the cookies of a request.
///
/// ```
/// use std::sync::Arc;
/// use hardtack::{CookieStore, RequestOrigin, Session};
///
/// let store = Arc::new(CookieStore::ephemeral("_shop_session")?);
/// let session = Session::open(&store, "seen=AAAA", RequestOrigin::default());
/// let signed = session.cookies().signed();
/// assert_eq!(signed.get::<u32>("seen")?, None); // forged
/// signed.write("seen", 7, None)?;
/// assert_eq!(signed.get::<u32>("seen")?, Some(7));
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SealedCookies {
    /// `None` where the app has no jars of Rails.
    jar: Option<Arc<Jar>>,
    cookies: Cookies,
}

impl SealedCookies {
    fn jar(&self) -> Result<&Jar, Error> {
        self.jar.as_deref().ok_or(Error::NoKeyring)
    }

    /// Returns a cookie's value (example: at [`SealedCookies`]); `None` where none was sent, where its
    /// value is nil, and where it does not open: the operator hears why ([`explain`](Self::explain)).
    ///
    /// One that a rotation, another cipher or an older serializer opened is set again with the
    /// response, as in Rails, unless the handler sets or deletes a cookie of that name. It gets the
    /// attributes that Rails gives it, `path=/` and `SameSite`, since a `Cookie` header tells none;
    /// `Secure` where the session's cookie is, and the expiry that was sealed. So
    /// [`write`](Self::write) it yourself where it has a domain or `HttpOnly`.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use hardtack::{CookieStore, Jar, LoadDefaults, RequestOrigin, Rotation, SecretKeyBase, Session};
    ///
    /// # let (secret, old) = (SecretKeyBase::generate()?, SecretKeyBase::generate()?);
    /// let store = CookieStore::new(&secret, LoadDefaults::V7_1, "_shop_session")
    ///     .signed_rotation(Rotation::signed(&old, LoadDefaults::V7_1));
    /// # let before = Jar::signed(&old, LoadDefaults::V7_1).write("seen", 7, None)?;
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
    /// [`Error::UnexpectedValue`] where it opens, and its value is not of that type;
    /// [`Error::NoKeyring`] where the app has no jars of Rails.
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
        let jar = self.jar()?;
        let value = match self.pending(jar, name) {
            Some(cookie) if is_deleted(&cookie) => None,
            // Set here, be it through another jar: nobody sent it.
            Some(cookie) => {
                let opened = jar.open_as(name, cookie.name(), &cookie.value());
                opened.and_then(|opened| read(&opened)).ok()
            }
            None => self.get_sent(jar, name, read),
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
    fn pending(&self, jar: &Jar, name: &str) -> Option<SetCookie> {
        let written_name = jar.written_name(name);
        let is_it = |other: &str| other == name || other == written_name;
        self.cookies.0.pending(is_it)
    }

    /// Opens a cookie that came with the request; sets it again where that is due, and tells
    /// whoever listens.
    fn get_sent<R>(
        &self,
        jar: &Jar,
        name: &str,
        read: impl Fn(&Opened<Serialized>) -> Result<R, Refusal>,
    ) -> Option<R> {
        let context = &self.cookies.0;
        let header = CookieHeader::new(context.header());
        let found = jar.find(name, &header, DuplicatePolicy::First, |opened| {
            read(&opened).map(|read| (opened, read))
        })?;
        let outcome = found.as_ref().map(|(opened, _)| *opened.sealed_by());
        if let Ok((opened, _)) = &found
            && opened.needs_rewrite()
        {
            self.rewrite(jar, name, opened);
        }
        let policy = context.policy();
        policy.heard_of_cookie(name, outcome.map_err(|refusal| *refusal));
        found.ok().map(|(_, read)| read)
    }

    /// Queues a cookie to be set again. One that cannot be, since it is too long now, say, stays
    /// as it is: whoever reads it has its value.
    fn rewrite(&self, jar: &Jar, name: &str, opened: &Opened<Serialized>) {
        let context = &self.cookies.0;
        let policy = context.policy();
        // The session's cookie is for its commit, with attributes of its own.
        let is_sessions = || context.is_sessions(name);
        if policy.writes == WritePolicy::Never
            || !context.may_rewrite(jar.written_name(name))
            || is_sessions()
        {
            return;
        }
        match jar.rewrite(name, opened, policy.attributes.is_secure()) {
            Ok(cookies) => context.queue_rewritten(cookies),
            Err(error) => policy.tell(Event::NotRewritten(name, &error)),
        }
    }

    /// Tells how a cookie opened, or why it did not: for the operator, never for whoever sent it.
    /// `None` where none was sent. Nothing is set again, and no event or observer hears of it.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use hardtack::{CookieStore, Refusal, RequestOrigin, Session};
    ///
    /// let store = Arc::new(CookieStore::ephemeral("_shop_session")?);
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
        let context = &self.cookies.0;
        let Some(jar) = self.jar.as_deref() else {
            return Ok(None);
        };
        match self.pending(jar, name) {
            Some(cookie) if is_deleted(&cookie) => Ok(None),
            Some(cookie) => {
                let opened = jar.open_as(name, cookie.name(), &cookie.value())?;
                opened.load().map(Some)
            }
            None => {
                let header = CookieHeader::new(context.header());
                jar.explain_header(name, &header)
            }
        }
    }

    /// Writes a cookie, which goes out with the response (example: at [`SealedCookies`]).
    ///
    /// # Errors
    /// As [`Jar::write`] and [`Cookies::set`].
    pub fn write<'a, T: Serialize>(
        &self,
        name: &str,
        value: T,
        attributes: impl Into<Option<&'a CookieAttributes>>,
    ) -> Result<(), Error> {
        let attributes = CookieAttributes::or_default(attributes.into());
        let attributes = self.cookies.0.for_host(&attributes);
        self.cookies
            .set(self.jar()?.write(name, value, &attributes)?)
    }

    /// Makes the browser forget a cookie, under its older names too.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use hardtack::{CookieStore, RequestOrigin, Session};
    ///
    /// let store = Arc::new(CookieStore::ephemeral("_shop_session")?);
    /// let cookies = Session::open(&store, "seen=AAAA", RequestOrigin::default()).cookies();
    /// cookies.signed().delete("seen", None)?;
    /// assert_eq!(cookies.signed().get::<u32>("seen")?, None);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Cookies::delete`].
    pub fn delete<'a>(
        &self,
        name: &str,
        attributes: impl Into<Option<&'a CookieAttributes>>,
    ) -> Result<(), Error> {
        let attributes = CookieAttributes::or_default(attributes.into());
        let attributes = self.cookies.0.for_host(&attributes);
        let mut cookies = self.jar()?.delete(name, &attributes)?.into_iter();
        cookies.try_for_each(|cookie| self.cookies.set(cookie))
    }
}
