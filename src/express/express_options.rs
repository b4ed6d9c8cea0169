//! The options of [`ExpressSession`].

use std::time::Duration;

use time::OffsetDateTime;

use super::cookie_options::{Life, OwnSameSite, Secure};
use super::express_session::{ExpressSession, TouchForm};
use crate::settings::{Priority, SameSite};

impl ExpressSession {
    /// Sets the store's `prefix`, the text before the id in a key; it may be empty.
    #[must_use]
    pub fn key_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.key_prefix = prefix.into();
        self
    }

    /// Sets the store's `ttl`, the life of a session without a `maxAge`. `None` is `disableTTL` of
    /// connect-redis: entries stay until they are deleted, and are never touched.
    ///
    /// ```
    /// use hardtack::express::{CookieSignature, ExpressSession};
    /// use hardtack::stores::SessionFormat;
    ///
    /// let signature = CookieSignature::new("keyboard cat 779c6e755323")?;
    /// let format = ExpressSession::connect_redis(signature);
    /// assert_eq!(format.time_to_live().unwrap().as_secs(), 86_400);
    /// assert_eq!(format.ttl(None).time_to_live(), None);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn ttl(mut self, duration: impl Into<Option<Duration>>) -> Self {
        self.ttl = duration.into();
        self.has_fixed_life = self.touch == TouchForm::Rewrite;
        self
    }

    /// Sets the cookie again with each response that read the session (`rolling: true`).
    #[must_use]
    pub fn rolling(mut self) -> Self {
        self.is_rolling = true;
        self
    }

    /// Saves new sessions without keys (`saveUninitialized: true`), in requests that ask for the
    /// session. A session that was [reset](crate::Session::reset) is not saved until it has a key.
    #[must_use]
    pub fn save_uninitialized(mut self) -> Self {
        self.saves_uninitialized = true;
        self
    }

    /// Leaves the life of a session as it is if a request only read it (`disableTouch` of
    /// connect-redis).
    #[must_use]
    pub fn disable_touch(mut self) -> Self {
        self.touch = TouchForm::Nothing;
        self
    }

    /// Accepts ids of any form that the app's `genid` returns: 1 to 200 bytes of UTF-8, without
    /// white space and control characters.
    ///
    /// Without it an id has the form of express-session's own, 32 characters of `A-Za-z0-9_-`,
    /// which new ids have in any case. Only the holder of a secret can sign an id.
    ///
    /// ```
    /// use hardtack::express::{CookieSignature, ExpressSession};
    /// use hardtack::stores::SessionFormat;
    ///
    /// let signature = CookieSignature::new("keyboard cat 779c6e755323")?;
    /// let cookie = format!("s:{}", signature.sign("user/7"));
    /// let format = ExpressSession::connect_redis(signature);
    /// assert_eq!(format.id_of_cookie(cookie.as_bytes()), None);
    /// let format = format.custom_ids();
    /// assert_eq!(format.id_of_cookie(cookie.as_bytes()).as_deref(), Some("user/7"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn custom_ids(mut self) -> Self {
        self.has_custom_ids = true;
        self
    }

    /// Sets `cookie.maxAge` of new sessions: their life after each request, in whole milliseconds.
    /// Their cookie has that end.
    ///
    /// A session that Express began keeps its own `originalMaxAge`.
    ///
    /// ```
    /// use std::time::Duration;
    /// use hardtack::SessionData;
    /// use hardtack::express::{CookieSignature, ExpressSession};
    /// use hardtack::stores::SessionFormat;
    /// use time::OffsetDateTime;
    ///
    /// let signature = CookieSignature::new("keyboard cat 779c6e755323")?;
    /// let format = ExpressSession::connect_redis(signature).max_age(Duration::from_secs(60));
    /// assert_eq!(
    ///     format.write(&SessionData::new(), None, None, OffsetDateTime::UNIX_EPOCH)?,
    ///     r#"{"cookie":{"originalMaxAge":60000,"expires":"1970-01-01T00:01:00.000Z","httpOnly":true,"path":"/"}}"#,
    /// );
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn max_age(mut self, duration: impl Into<Option<Duration>>) -> Self {
        self.cookie.life = duration.into().map_or(Life::WithBrowser, Life::MaxAge);
        self
    }

    /// Sets `cookie.expires` of new sessions, in place of [`max_age`](Self::max_age): they live
    /// from each write on as long as there was time left until `end` when they began.
    #[must_use]
    pub fn expires(mut self, end: OffsetDateTime) -> Self {
        self.cookie.life = Life::Until(end);
        self
    }

    /// Sets `cookie.secure` of new sessions: their cookie has `Secure`, and is not set over plain
    /// HTTP.
    #[must_use]
    pub fn secure(mut self, secure: bool) -> Self {
        self.cookie.secure = Secure::Always(secure);
        self
    }

    /// Sets `cookie.secure` of a new session if its request came over HTTPS (`secure: 'auto'`).
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// use std::sync::Arc;
    /// use hardtack::express::{CookieSignature, ExpressSession};
    /// use hardtack::stores::MemoryStore;
    /// use hardtack::{Commit, LazySession, RequestOrigin, SameSite, ServerSessions};
    ///
    /// let signature = CookieSignature::new("keyboard cat 779c6e755323")?;
    /// let format = ExpressSession::connect_redis(signature).secure_auto().same_site_auto();
    /// let sessions = Arc::new(ServerSessions::new(format, MemoryStore::new(), "connect.sid"));
    /// for is_ssl in [false, true] {
    ///     let request = LazySession::open(&sessions, "", RequestOrigin::new(is_ssl, None));
    ///     request.load().await?.insert("user", 42)?;
    ///     let Commit::Set(cookies) = request.commit(200).await? else { panic!() };
    ///     let same_site = if is_ssl { SameSite::None } else { SameSite::Lax };
    ///     assert_eq!((cookies[0].secure(), cookies[0].same_site()), (is_ssl, Some(same_site)));
    /// }
    /// # Ok::<(), hardtack::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn secure_auto(mut self) -> Self {
        self.cookie.secure = Secure::Auto;
        self
    }

    /// Sets `cookie.httpOnly` of new sessions.
    #[must_use]
    pub fn http_only(mut self, http_only: bool) -> Self {
        self.cookie.http_only = http_only;
        self
    }

    /// Sets `cookie.domain` of new sessions.
    #[must_use]
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.cookie.domain = Some(domain.into());
        self
    }

    /// Sets `cookie.path` of new sessions. Nothing else is done with it: mount the middleware there.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.cookie.path = path.into();
        self
    }

    /// Sets `cookie.sameSite` of new sessions.
    #[must_use]
    pub fn same_site(mut self, same_site: SameSite) -> Self {
        self.cookie.same_site = OwnSameSite::Always(same_site);
        self
    }

    /// Sets `cookie.sameSite` of a new session to `none` if its request came over HTTPS, and to
    /// `lax` otherwise (`sameSite: 'auto'`; example: at [`secure_auto`](Self::secure_auto)).
    #[must_use]
    pub fn same_site_auto(mut self) -> Self {
        self.cookie.same_site = OwnSameSite::Auto;
        self
    }

    /// Sets `cookie.priority` of new sessions (express-session 1.18).
    #[must_use]
    pub fn priority(mut self, priority: Priority) -> Self {
        self.cookie.priority = Some(priority);
        self
    }

    /// Sets `cookie.partitioned` of new sessions (express-session 1.18). Such a cookie must be
    /// `Secure`.
    #[must_use]
    pub fn partitioned(mut self, partitioned: bool) -> Self {
        self.cookie.partitioned = Some(partitioned);
        self
    }
}
