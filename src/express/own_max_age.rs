//! The `maxAge` of one session, set by a request.

use std::time::Duration;

use crate::error::Error;
use crate::session::handle::Session;
use crate::session::loaded::Loaded;

/// What a request asks of a session's `cookie`, beside the session's data.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Asked {
    /// True if the session begins in a request that came over HTTPS.
    pub(super) is_ssl: bool,
    /// The `originalMaxAge` in milliseconds that the request set, or that it took away.
    #[expect(clippy::option_option, reason = "not set, taken away, or set")]
    max_age: Option<Option<f64>>,
}

impl Asked {
    /// Returns the `originalMaxAge` in milliseconds that the request set, or else this one.
    pub(super) fn max_age_or(self, present: Option<f64>) -> Option<f64> {
        self.max_age.unwrap_or(present)
    }

    /// Returns the `originalMaxAge` that the request set, as JSON.
    pub(super) fn max_age_text(self) -> Option<String> {
        let max_age = self.max_age?;
        Some(max_age.map_or_else(|| "null".to_owned(), |age| age.to_string()))
    }
}

impl Session {
    /// Sets `req.session.cookie.maxAge` of a session of Express: the life of this session from each
    /// write on, in whole milliseconds. With `None` its cookie ends with the browser.
    ///
    /// Use it for "remember me", in the request of the login. As in Express it is no change of the
    /// session: a request that sets nothing else extends the session's life in the store once, sets
    /// no cookie, and a store that does not rewrite the JSON (all but connect-memcached's) forgets
    /// the value. Call it after [`reset`](Self::reset), which drops it. A life of zero ends the
    /// session: its entry is deleted.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// use std::sync::Arc;
    /// use std::time::Duration;
    /// use hardtack::express::{CookieSignature, ExpressSession};
    /// use hardtack::stores::MemoryStore;
    /// use hardtack::{Commit, LazySession, RequestOrigin, ServerSessions};
    ///
    /// let signature = CookieSignature::new("keyboard cat 779c6e755323")?;
    /// let format = ExpressSession::connect_redis(signature);
    /// let sessions = Arc::new(ServerSessions::new(format, MemoryStore::new(), "connect.sid"));
    /// let request = LazySession::open(&sessions, "", RequestOrigin::default());
    /// let session = request.load().await?;
    /// session.insert("user", 42)?;
    /// session.express_max_age(Duration::from_secs(30 * 24 * 60 * 60))?;
    /// let Commit::Set(cookies) = request.commit(200).await? else { panic!() };
    /// assert!(cookies[0].expires().is_some());
    /// # Ok::<(), hardtack::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnwritableValue`] if the sessions are not those of Express; otherwise as
    /// [`remove`](Self::remove).
    pub fn express_max_age(&self, duration: impl Into<Option<Duration>>) -> Result<(), Error> {
        #[expect(clippy::cast_precision_loss, reason = "a number of JavaScript")]
        let max_age = duration.into().map(|age| age.as_millis() as f64);
        // Outside of the lock: the clock is the app's own code.
        let policy = self.0.policy();
        let seen = self.0.loaded();
        if !seen.has_own_cookie(policy, self.0.origin()) {
            return Err(Error::UnwritableValue {
                reason: "only a session of Express has a `maxAge` of its own".to_owned(),
            });
        }
        drop(seen);
        self.0.write(|Loaded { data, .. }| {
            let mut asked = data.aside::<Asked>().copied().unwrap_or_default();
            asked.max_age = Some(max_age);
            data.set_aside(asked);
            Ok(())
        })
    }
}

/// Returns what a request asked, of a session that begins over this connection.
pub(super) fn begun(asked: Option<&Asked>, is_ssl: bool) -> Asked {
    Asked {
        is_ssl,
        ..asked.copied().unwrap_or_default()
    }
}
