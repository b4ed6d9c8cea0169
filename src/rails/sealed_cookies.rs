//! [`SealedCookies`]: the sealed cookies of a request (`cookies.encrypted` and `cookies.signed`).

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::app_settings::keyring;
use crate::error::{Error, Refusal};
use crate::http::cookie_attributes::CookieAttributes;
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
    /// Returns the cookies of `cookies.encrypted` (example: at [`Cookies`]). If sessions are kept
    /// in a store, set the jars with [`ServerSessions::keyring`](crate::ServerSessions::keyring):
    /// without them, reading and writing returns [`Error::NoKeyring`].
    #[must_use]
    pub fn encrypted(&self) -> SealedCookies {
        SealedCookies {
            jar: keyring(&self.0).map(|jars| jars.encrypted.clone()),
            cookies: self.clone(),
        }
    }

    /// Returns the cookies of `cookies.signed` (example: at [`Cookies`]). As with
    /// [`encrypted`](Self::encrypted), sessions in a store need
    /// [`ServerSessions::keyring`](crate::ServerSessions::keyring).
    #[must_use]
    pub fn signed(&self) -> SealedCookies {
        SealedCookies {
            jar: keyring(&self.0).map(|jars| jars.signed.clone()),
            cookies: self.clone(),
        }
    }

    /// Returns the cookies of any other jar: of a jar with another secret, for example.
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

/// The sealed cookies of a request in one jar: reads, writes and deletes them.
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
    /// `None` if the app has no Rails jars.
    jar: Option<Arc<Jar>>,
    cookies: Cookies,
}

impl SealedCookies {
    fn jar(&self) -> Result<&Jar, Error> {
        self.jar.as_deref().ok_or(Error::NoKeyring)
    }

    /// Returns a cookie's value (example: at [`SealedCookies`]); `None` if the request has no such
    /// cookie, if its value is nil, or if it does not open ([`explain`](Self::explain) tells why).
    ///
    /// A cookie that a rotation, another cipher or an older serializer opened is set again with the
    /// response, as in Rails, unless the handler sets or deletes a cookie of that name. A `Cookie`
    /// header carries no attributes, so the cookie gets the ones that Rails gives it: `path=/`,
    /// `SameSite`, the sealed expiry, and `Secure` if the session's cookie has it. If your cookie
    /// has a domain or `HttpOnly`, [`write`](Self::write) it yourself.
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
    /// [`Error::UnexpectedValue`] if the cookie opens and its value is not of that type;
    /// [`Error::NoKeyring`] if the app has no Rails jars.
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Error> {
        let read = |opened: &Opened<Serialized>| {
            let value = opened.value();
            if value.is_nil() {
                return Ok(None);
            }
            // A cookie opens no matter which type was asked for.
            match value.load_as::<T>() {
                Ok(value) => Ok(Some(Ok(value))),
                Err(Unfit::OfAnotherType(reason)) => Ok(Some(Err(reason))),
                Err(Unfit::Unreadable(_)) => Err(Refusal::UnreadableValue),
            }
        };
        let jar = self.jar()?;
        let value = match self.pending(jar, name) {
            Some(cookie) if is_deleted(&cookie) => None,
            // Set by this request, possibly through another jar: the browser did not send it.
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

    /// Returns the cookie that this response sets, which a rotation may write under its own name.
    fn pending(&self, jar: &Jar, name: &str) -> Option<SetCookie> {
        let written_name = jar.written_name(name);
        let is_it = |other: &str| other == name || other == written_name;
        self.cookies.0.pending(is_it)
    }

    /// Opens a cookie that came with the request, sets it again if that is due, and reports the
    /// outcome to the observers.
    fn get_sent<R>(
        &self,
        jar: &Jar,
        name: &str,
        read: impl Fn(&Opened<Serialized>) -> Result<R, Refusal>,
    ) -> Option<R> {
        let context = &self.cookies.0;
        let found = jar.find(name, &context.header(), DuplicatePolicy::First, |opened| {
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

    /// Queues a cookie to be set again. A cookie that cannot be set, because it is now too long,
    /// for example, stays unchanged: the handler still gets its value.
    fn rewrite(&self, jar: &Jar, name: &str, opened: &Opened<Serialized>) {
        let context = &self.cookies.0;
        let policy = context.policy();
        // The session's commit writes the session's cookie, with attributes of its own.
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

    /// Tells how a cookie opened, or why it did not; `None` if the request has no such cookie. Show
    /// the answer to the operator, never to the sender of the cookie. Sets no cookie, and reports
    /// nothing to events or observers.
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
            None => jar.explain_header(name, &context.header()),
        }
    }

    /// Writes a cookie, which is sent with the response (example: at [`SealedCookies`]).
    ///
    /// # Errors
    /// The errors of [`Jar::write`] and [`Cookies::set`]; [`Error::NoKeyring`] if the app has no
    /// Rails jars.
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

    /// Deletes a cookie from the browser, under its older names too.
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
    /// The errors of [`Jar::delete`] and [`Cookies::set`]; [`Error::NoKeyring`] if the app has no
    /// Rails jars.
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
