//! The options of one session or one response (`request.session_options`).

use std::time::Duration;

use super::context::Writing;
use super::handle::Session;
use super::policy::EXPIRE_AFTER;
use crate::error::Error;
use crate::settings::SameSite;

impl Session {
    /// Sets the expiry of this session, in place of that of [`Sessions`](crate::Sessions): it ends
    /// this long after each write.
    ///
    /// Use it for "remember me" (`request.session_options[:expire_after]`). Call it after
    /// [`reset`](Self::reset), which removes it. `None` restores the expiry of
    /// [`Sessions`](crate::Sessions).
    ///
    /// Unlike in Rails, the expiry also applies to later requests: the session stores it under
    /// `_expire_after`, in whole seconds. If Rails writes the session in between, the expiry of
    /// Rails applies until hardtack writes the session again. An
    /// [`absolute_lifetime`](crate::Sessions::absolute_lifetime) still ends the session.
    ///
    /// ```
    /// use std::time::Duration;
    /// use hardtack::{Commit, Session};
    ///
    /// let session = Session::ephemeral()?;
    /// session.insert("user_id", 42)?;
    /// session.expire_after(Duration::from_secs(30 * 24 * 60 * 60))?;
    /// let Commit::Set(cookies) = session.commit(200)? else { panic!() };
    /// assert!(cookies[0].expires().is_some());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::CookieAttribute`] for a duration of zero, [`Error::ExpiryOutOfRange`] for an end
    /// after the year 9999; otherwise as [`remove`](Self::remove).
    pub fn expire_after(&self, duration: impl Into<Option<Duration>>) -> Result<(), Error> {
        self.0.writable()?;
        // Before the lock: the clock is the app's own code.
        let policy = self.0.policy();
        let seconds = duration.into().map(|duration| policy.own_expiry(duration));
        match seconds.transpose()? {
            Some(seconds) => self.insert(EXPIRE_AFTER, seconds),
            None => self.remove(EXPIRE_AFTER).map(|_| ()),
        }
    }

    /// Sets `SameSite` of the session's cookie for this response, and writes the session.
    ///
    /// A login at another site that returns by a form (`response_mode=form_post`) needs
    /// `SameSite::None`. The next response that sets the cookie uses the setting of
    /// [`Sessions`](crate::Sessions) again. If a store keeps the session, the cookie holds only the
    /// id and is rarely set again: call this with the usual value after the login.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use hardtack::{Commit, CookieStore, RequestOrigin, SameSite, Session};
    ///
    /// let store = Arc::new(CookieStore::ephemeral("_shop_session")?.secure(true));
    /// let session = Session::open(&store, "", RequestOrigin::new(true, None));
    /// session.insert("oauth_state", "5ca75bd30")?;
    /// session.same_site(SameSite::None)?;
    /// let Commit::Set(cookies) = session.commit(302)? else { panic!() };
    /// assert_eq!(cookies[0].same_site(), Some(SameSite::None));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::CookieConflict`] for `SameSite::None` if the cookie is not `Secure`; otherwise as
    /// [`remove`](Self::remove).
    pub fn same_site(&self, same_site: SameSite) -> Result<(), Error> {
        let policy = self.0.policy();
        let attributes = policy.attributes_for(self.0.origin());
        attributes.same_site(Some(same_site)).check(&policy.name)?;
        self.0.write(|loaded| {
            loaded.same_site = Some(same_site);
            loaded.data.touch();
            Ok(())
        })
    }

    /// Leaves the session unwritten in this response (`request.session_options[:skip]`).
    ///
    /// Changes made in this request are lost, and no expiry is renewed. A [`reset`](Self::reset) still
    /// ends a session in a store, as in Rails, which deletes it at once.
    ///
    /// ```
    /// use hardtack::{Commit, Session};
    ///
    /// let session = Session::ephemeral()?;
    /// session.insert("polled_at", 1_700_000_000)?;
    /// session.skip()?;
    /// assert_eq!(session.commit(200)?, Commit::Keep);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::CommittedSession`] after the session was committed.
    pub fn skip(&self) -> Result<(), Error> {
        self.0.set_writing(Writing::Skipped)
    }

    /// Deletes the session from its store with this response, and sets no cookie
    /// (`request.session_options[:drop]`).
    ///
    /// The browser keeps its cookie, but the session no longer exists. A response with status 5xx
    /// deletes nothing. A session in a cookie stays there, as with [`skip`](Self::skip).
    /// [`reset`](Self::reset) ends both kinds of session, and a session that moves
    /// ([`Sessions::migrating_from`](crate::Sessions::migrating_from)) in both places.
    ///
    /// ```
    /// use hardtack::Session;
    ///
    /// let session = Session::ephemeral()?;
    /// session.drop()?;
    /// assert!(session.commit(200)?.cookies().is_empty());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::ReadOnlySession`] if the sessions are never written; otherwise as
    /// [`skip`](Self::skip).
    pub fn drop(&self) -> Result<(), Error> {
        self.0.writable()?;
        self.0.set_writing(Writing::Dropped)
    }
}
