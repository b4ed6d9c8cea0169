//! [`Authentication`]: the login of Rails' own authentication (`bin/rails generate authentication`,
//! Rails 8.0 and later; `app/controllers/concerns/authentication.rb` of its templates).

use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;

use super::app_settings::{keyring, logins};
use super::asked_once::AskedOnce;
use super::keyring::Keyring;
use super::login_store::AnyLoginStore;
use super::record_id::RecordId;
use crate::error::{Error, Refusal};
use crate::http::cookie_attributes::CookieAttributes;
use crate::http::duplicate_policy::DuplicatePolicy;
use crate::http::set_cookie::twenty_years_after;
use crate::serializer::Unfit;
use crate::serializer::value::Value;
use crate::session::context::Context;
use crate::session::events::Event;
use crate::session::lazy_session::LazySession;
use crate::session::store_operation::{Lookup, StoreOperation, StoreOutcome};
use crate::settings::SameSite;
use crate::store_error::StoreError;

/// The cookie that names the row of a login.
const COOKIE: &str = "session_id";

/// The longest user agent that is written, in characters: MySQL's string columns hold no more.
const LONGEST_AGENT: usize = 255;

/// The login of a request under Rails' own authentication, which
/// `bin/rails generate authentication` writes (Rails 8.0 and later): looks up the user, logs in,
/// and logs out.
///
/// Such a login is a row of the table `sessions`, and the signed cookie `session_id` names the row.
/// It is independent of the request's [`Session`](crate::Session), which nothing here loads or
/// changes.
///
/// Give the table to the app's sessions with [`CookieStore::logins`](crate::CookieStore::logins) or
/// [`ServerSessions::logins`](crate::ServerSessions::logins). `Authentication` is an extractor of
/// axum and actix-web, and so is [`CurrentSession`], which only tells who is logged in.
///
/// ```
/// use std::sync::Arc;
/// use hardtack::authentication::{LoginStore, RecordId};
/// # use std::net::IpAddr;
/// # use hardtack::stores::StoreError;
/// use hardtack::{CookieStore, LazySession, RequestOrigin};
///
/// # struct Logins;
/// # impl LoginStore for Logins {
/// #     async fn user_of(&self, id: &RecordId) -> Result<Option<RecordId>, StoreError> {
/// #         Ok((id.as_integer() == Some(1)).then(|| 7.into()))
/// #     }
/// #     async fn create(
/// #         &self, _: &RecordId, _: Option<IpAddr>, _: Option<&str>,
/// #     ) -> Result<RecordId, StoreError> {
/// #         Ok(1.into())
/// #     }
/// #     async fn delete(&self, _: &RecordId) -> Result<bool, StoreError> {
/// #         Ok(true)
/// #     }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), hardtack::Error> {
/// # let logins = Logins;
/// let sessions = Arc::new(CookieStore::ephemeral("_shop_session")?.logins(logins));
///
/// // A request logs user 7 in ...
/// let lazy = LazySession::open(&sessions, "", RequestOrigin::default());
/// lazy.authentication().start_new_session_for(7, None, None).await?;
/// let [cookie] = &lazy.cookies().take()[..] else { panic!() };
/// assert!(cookie.to_string().contains("; httponly; samesite=lax"));
///
/// // ... and the browser's next one has the cookie.
/// let header = format!("session_id={}", cookie.escaped_value());
/// let lazy = LazySession::open(&sessions, header, RequestOrigin::default());
/// let current = lazy.authentication().current_session().await?.unwrap();
/// assert_eq!(*current.user_id(), RecordId::Integer(7));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Authentication(Context);

/// The login of a request: `Current.session` of Rails' own authentication.
///
/// As an argument of handlers it looks up the row: once in a request, and only if the request has a
/// cookie `session_id` that opens. It loads no session and sets no cookie. Without a login the
/// response is an empty 401, and if the store fails an empty 503.
///
/// To give a visitor without a login another answer, extract `Option<CurrentSession>` under axum,
/// and [`Authentication`] under actix-web (its `Option` would hide a failing store).
///
/// The user's record is not looked up. It is there as long as the row, by the foreign key of Rails'
/// migration; without that key it may be gone.
///
/// ```
/// use hardtack::authentication::CurrentSession;
///
/// async fn orders(login: CurrentSession) -> String {
///     format!("orders of user {}", login.user_id())
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct CurrentSession {
    id: RecordId,
    user_id: RecordId,
}

impl CurrentSession {
    /// Returns the id of the row (`Current.session.id`).
    #[must_use]
    pub fn id(&self) -> &RecordId {
        &self.id
    }

    /// Returns the id of the user (`Current.session.user_id`; example: at [`CurrentSession`]).
    #[must_use]
    pub fn user_id(&self) -> &RecordId {
        &self.user_id
    }
}

impl LazySession {
    /// Returns the login of Rails' own authentication (example: at [`Authentication`]). It is not
    /// looked up yet, and the session is not loaded.
    #[must_use]
    pub fn authentication(&self) -> Authentication {
        Authentication(self.0.clone())
    }
}

/// A lookup's outcome, a failure included: a store that fails is asked once in a request.
type LookedUp = Result<Option<CurrentSession>, Error>;

impl Authentication {
    /// Returns the login of the request; `None` if there is none (Rails' `resume_session`; example:
    /// at [`Authentication`]).
    ///
    /// The first call looks up the row, and the request's other calls return the same. A cookie
    /// that is not sent, does not open or holds no id is no login, and the store is not asked. If
    /// several cookies have the name, the first counts. A cookie that a rotation opened is not
    /// written again: keep the rotation as long as such cookies are in use
    /// ([`Tally`](crate::observe::Tally) counts them), or let Rails write them.
    ///
    /// # Errors
    /// [`Error::Store`] if the store failed, and the operator is told (`tracing`);
    /// [`Error::NoLogins`] if the app's sessions have no store of logins, [`Error::NoKeyring`] if
    /// they have no jars.
    pub async fn current_session(&self) -> Result<Option<CurrentSession>, Error> {
        match self.known() {
            Some(known) => known.get(|| self.look_up()).await,
            None => self.look_up().await,
        }
    }

    /// Logs a user in: writes a row, and sets the cookie `session_id` for twenty years (Rails'
    /// method of this name). Check the password first.
    ///
    /// The cookie has `path=/`, `HttpOnly` and `SameSite=Lax`, and is `Secure` if the session's
    /// cookie is. `ip_address` and `user_agent` are for the user's list of logins: give the address
    /// of the client, not that of a proxy. The first 255 characters of the user agent are kept.
    ///
    /// As in Rails, a row that the browser had before stays: call
    /// [`terminate_session`](Self::terminate_session) first if it should not. The request's session
    /// stays too; [`Session::renew`](crate::Session::renew) gives it a new id.
    ///
    /// ```
    /// use hardtack::Error;
    /// use hardtack::authentication::Authentication;
    ///
    /// async fn log_in(authentication: Authentication) -> Result<(), Error> {
    ///     let client = [203, 0, 113, 7].into();
    ///     authentication.start_new_session_for(7, Some(client), Some("Mozilla/5.0")).await?;
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// [`Error::CommittedSession`] after the response headers were sent, and then no row is
    /// written; [`Error::Store`] if the store failed: the row may have been written, and nobody has
    /// its cookie. [`Error::NoLogins`] and [`Error::NoKeyring`] as
    /// [`current_session`](Self::current_session).
    pub async fn start_new_session_for<'a>(
        &self,
        user_id: impl Into<RecordId>,
        ip_address: impl Into<Option<IpAddr>>,
        user_agent: impl Into<Option<&'a str>>,
    ) -> Result<CurrentSession, Error> {
        let (store, jars) = self.parts()?;
        let user_id = user_id.into();
        let ip_address = ip_address.into().map(|address| address.to_canonical());
        let user_agent = user_agent.into().map(agent);
        self.0.check_uncommitted()?;
        let written = store.create(&user_id, ip_address, user_agent.as_deref());
        let written = self.watched(StoreOperation::Save, |_| StoreOutcome::Done, written);
        let id = self.told_of_change(written.await)?;
        let policy = self.0.policy();
        // `cookies.signed.permanent` seals the expiry too: its parent is the signed jar.
        let attributes = self.attributes().expires(twenty_years_after(policy.now()));
        let cookie = jars.signed.write(COOKIE, &id, &attributes)?;
        self.0.queue(cookie)?;
        let login = CurrentSession { id, user_id };
        self.know(Some(login.clone()));
        Ok(login)
    }

    /// Logs out: deletes the row that the request's cookie names, and the cookie (Rails' method of
    /// this name). Without a login it only deletes the cookie.
    ///
    /// ```
    /// use hardtack::Error;
    /// use hardtack::authentication::Authentication;
    ///
    /// async fn log_out(authentication: Authentication) -> Result<(), Error> {
    ///     authentication.terminate_session().await
    /// }
    /// ```
    ///
    /// # Errors
    /// [`Error::CommittedSession`] after the response headers were sent, and then nothing is
    /// deleted; [`Error::Store`] if the store failed: the row may have been deleted, and the
    /// browser keeps its cookie. [`Error::NoLogins`] and [`Error::NoKeyring`] as
    /// [`current_session`](Self::current_session).
    pub async fn terminate_session(&self) -> Result<(), Error> {
        let (store, jars) = self.parts()?;
        self.0.check_uncommitted()?;
        if let Some(id) = self.current_id(&jars) {
            let outcome = |was_there: &bool| done_if(*was_there);
            let deleted = self.watched(StoreOperation::Delete, outcome, store.delete(&id));
            self.told_of_change(deleted.await)?;
        }
        for cookie in jars.signed.delete(COOKIE, &self.attributes())? {
            self.0.queue(cookie)?;
        }
        self.know(None);
        Ok(())
    }

    /// Looks up the row of the request's cookie.
    async fn look_up(&self) -> LookedUp {
        let (store, jars) = self.parts()?;
        let Some(id) = self.sent_id(&jars) else {
            return Ok(None);
        };
        let outcome = |user_id: &Option<RecordId>| done_if(user_id.is_some());
        let user_id = self.watched(StoreOperation::Load, outcome, store.user_of(&id));
        let user_id = user_id.await.map_err(|error| {
            let error = Error::from(error);
            self.0.policy().tell(Event::LoginNotFound(COOKIE, &error));
            error
        })?;
        let lookup = match user_id {
            Some(_) => Lookup::Hit,
            None => Lookup::Miss,
        };
        self.0.policy().looked_up(COOKIE, lookup);
        Ok(user_id.map(|user_id| CurrentSession { id, user_id }))
    }

    fn parts(&self) -> Result<(Arc<dyn AnyLoginStore>, Arc<Keyring>), Error> {
        let store = logins(&self.0).ok_or(Error::NoLogins)?;
        let jars = keyring(&self.0).ok_or(Error::NoKeyring)?;
        Ok((store, jars))
    }

    /// Returns the id of the row that the request has now: of a login by this request, or of its
    /// cookie.
    fn current_id(&self, jars: &Keyring) -> Option<RecordId> {
        match self.known().and_then(AskedOnce::answer) {
            Some(Ok(current)) => current.map(|current| current.id),
            // A lookup that failed does not prevent a logout.
            Some(Err(_)) | None => self.sent_id(jars),
        }
    }

    /// Returns the id in the request's cookie, and tells observers and the log how it opened.
    fn sent_id(&self, jars: &Keyring) -> Option<RecordId> {
        let header = self.0.header();
        let found = jars
            .signed
            .find(COOKIE, &header, DuplicatePolicy::First, |opened| {
                let id = match opened.value().load_as::<Value>() {
                    Ok(value) => RecordId::of_value(&value),
                    Err(Unfit::OfAnotherType(_)) => None,
                    Err(Unfit::Unreadable(_)) => return Err(Refusal::UnreadableValue),
                };
                Ok((id, *opened.sealed_by()))
            })?;
        let outcome = found.as_ref().map(|(_, how)| *how);
        let outcome = outcome.map_err(|refusal| *refusal);
        self.0.policy().heard_of_cookie(COOKIE, outcome);
        found.ok().and_then(|(id, _)| id)
    }

    fn attributes(&self) -> CookieAttributes {
        CookieAttributes::new()
            .http_only(true)
            .same_site(Some(SameSite::Lax))
            .secure(self.0.policy().attributes.is_secure())
    }

    /// Awaits the store's answer, and tells the observer of it.
    async fn watched<T>(
        &self,
        operation: StoreOperation,
        outcome: impl FnOnce(&T) -> StoreOutcome,
        answer: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let policy = self.0.policy();
        let Some(observer) = &policy.observer else {
            return answer.await;
        };
        let before = policy.now();
        let answer = answer.await;
        // A clock that was set back meanwhile counts as no time.
        let duration = (policy.now() - before).try_into().unwrap_or_default();
        let outcome = answer.as_ref().map_or(StoreOutcome::Error, outcome);
        observer.store_answered(COOKIE, operation, outcome, duration);
        answer
    }

    /// Tells the operator that a row could not be written or deleted.
    fn told_of_change<T>(&self, outcome: Result<T, StoreError>) -> Result<T, Error> {
        outcome.map_err(|error| {
            let error = Error::from(error);
            self.0.policy().tell(Event::LoginNotChanged(COOKIE, &error));
            error
        })
    }

    /// Returns the request's lookup.
    fn known(&self) -> Option<&AskedOnce<LookedUp>> {
        self.0.own(AskedOnce::new)
    }

    /// Replaces the request's lookup after a login or a logout.
    fn know(&self, login: Option<CurrentSession>) {
        if let Some(known) = self.known() {
            known.set(Ok(login));
        }
    }
}

fn done_if(was_there: bool) -> StoreOutcome {
    if was_there {
        StoreOutcome::Done
    } else {
        StoreOutcome::Absent
    }
}

/// Returns the user agent as it is written.
fn agent(text: &str) -> String {
    let shown = text.chars().filter(|c| !c.is_control());
    shown.take(LONGEST_AGENT).collect()
}

impl fmt::Debug for Authentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authentication(..)")
    }
}

impl fmt::Debug for CurrentSession {
    /// Leaves out the ids.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CurrentSession(..)")
    }
}
