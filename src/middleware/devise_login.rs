//! [`DeviseLogin`]: the login that Devise keeps in the session, as an argument of handlers.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use crate::rails::warden::{WardenLogin, WardenScope};
use crate::session::handle::Session;

/// A scope of Devise, which has one for each model: `user` for `User`, `admin` for `Admin`.
///
/// ```
/// use hardtack::warden::{DeviseLogin, DeviseScope};
///
/// struct Admin;
///
/// impl DeviseScope for Admin {
///     const NAME: &'static str = "admin";
/// }
///
/// async fn accounts(admin: DeviseLogin<Admin>) -> Result<String, hardtack::Error> {
///     Ok(format!("admin {}", admin.id::<u64>()?))
/// }
/// ```
pub trait DeviseScope: 'static {
    /// The scope's name.
    const NAME: &'static str;
}

/// The scope `user`, which Devise has for the model `User`.
///
/// ```
/// use hardtack::warden::{DeviseScope, UserScope};
///
/// assert_eq!(UserScope::NAME, "user");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserScope;

impl DeviseScope for UserScope {
    const NAME: &'static str = "user";
}

/// The login in the request's session, as an argument of handlers. It derefs to the
/// [`WardenLogin`].
///
/// Without a login the response is an empty 401 ([`NotLoggedIn`]). To redirect instead, extract
/// `Option<DeviseLogin>` under axum, and `Result<DeviseLogin, actix_web::Error>` under actix-web
/// (its `Option` would hide a store that is out of reach).
///
/// The session only tells who logged in at some time. Look the record up by
/// [`id`](WardenLogin::id), and check with [`matches`](WardenLogin::matches) that its
/// `encrypted_password` still has the salt that Devise stored with the id
/// (`authenticatable_salt`): otherwise a session outlives a change of the password.
///
/// ```
/// # #[cfg(feature = "axum")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use axum::body::Body;
/// # use tower::ServiceExt;
/// use axum::Router;
/// use axum::http::{Request, StatusCode};
/// use axum::routing::get;
/// use hardtack::tower::SessionLayer;
/// use hardtack::warden::{DeviseLogin, WardenScope};
/// use hardtack::{CookieStore, Error, Session};
///
/// # const HASH: &str = "$2a$12$abcdefghijklmnopqrstuv0123456789abcdefghijklmnopqrstu";
/// /// Reads `encrypted_password` from the app's database.
/// async fn encrypted_password(id: u64) -> Option<String> {
///     // SELECT encrypted_password FROM users WHERE id = $1
/// #   (id == 7).then(|| HASH.to_owned())
/// }
///
/// async fn orders(login: DeviseLogin) -> Result<String, StatusCode> {
///     let id = login.id::<u64>().map_err(|_| StatusCode::UNAUTHORIZED)?;
///     let hash = encrypted_password(id).await;
///     if !hash.is_some_and(|hash| login.matches(hash.as_str())) {
///         return Err(StatusCode::UNAUTHORIZED); // the record is gone, or its password was changed
///     }
///     Ok(format!("orders of user {id}"))
/// }
/// # async fn sign_in(session: Session) -> Result<(), Error> {
/// #     session.update(|data| WardenScope::new("user").log_in(data, &7, HASH))
/// # }
///
/// let store = CookieStore::ephemeral("_shop_session")?;
/// let app = Router::new().route("/orders", get(orders));
/// # let app = app.route("/sign_in", get(sign_in));
/// let app = app.layer(SessionLayer::new(store));
///
/// let request = Request::get("/orders").body(Body::empty())?;
/// assert_eq!(app.clone().oneshot(request).await?.status(), 401);
/// # let response = app.clone().oneshot(Request::get("/sign_in").body(Body::empty())?).await?;
/// # let cookie = response.headers()["set-cookie"].to_str()?.split(';').next().unwrap().to_owned();
///
/// // With the cookie that Devise set:
/// let request = Request::get("/orders").header("cookie", cookie).body(Body::empty())?;
/// let response = app.oneshot(request).await?;
/// # assert_eq!(response.status(), 200);
/// let body = axum::body::to_bytes(response.into_body(), 1000).await?;
/// assert_eq!(body, "orders of user 7");
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "axum"))]
/// # fn main() {}
/// ```
pub struct DeviseLogin<S: DeviseScope = UserScope> {
    login: WardenLogin,
    scope: PhantomData<fn() -> S>,
}

impl<S: DeviseScope> DeviseLogin<S> {
    /// Returns the login in a session; `None` if there is none.
    ///
    /// ```
    /// use hardtack::warden::{DeviseLogin, UserScope, WardenScope};
    /// use hardtack::{Error, Session};
    ///
    /// fn user_id(session: &Session) -> Option<u64> {
    ///     DeviseLogin::<UserScope>::of(session)?.id().ok()
    /// }
    /// ```
    #[must_use]
    pub fn of(session: &Session) -> Option<Self> {
        let login = session.read(|data| WardenScope::new(S::NAME).login(data))?;
        Some(Self {
            login,
            scope: PhantomData,
        })
    }
}

impl<S: DeviseScope> Deref for DeviseLogin<S> {
    type Target = WardenLogin;

    fn deref(&self) -> &WardenLogin {
        &self.login
    }
}

impl<S: DeviseScope> Clone for DeviseLogin<S> {
    fn clone(&self) -> Self {
        Self {
            login: self.login.clone(),
            scope: PhantomData,
        }
    }
}

impl<S: DeviseScope> fmt::Debug for DeviseLogin<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DeviseLogin").field(&self.login).finish()
    }
}

/// The rejection of a handler that asks for a [`DeviseLogin`] in a session without one. The response
/// is an empty 401.
///
/// ```
/// use hardtack::warden::NotLoggedIn;
///
/// assert_eq!(NotLoggedIn.to_string(), "the session has no login of Devise");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotLoggedIn;

impl fmt::Display for NotLoggedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the session has no login of Devise")
    }
}

impl std::error::Error for NotLoggedIn {}
