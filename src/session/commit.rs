//! [`Commit`]: the outcome of a session at the end of a request.

use crate::http::set_cookie::SetCookie;

/// The changes to the session's cookie in the response.
///
/// [`Session::commit`](crate::Session::commit) decides it once, for every framework.
///
/// ```
/// use std::sync::Arc;
/// use hardtack::{Commit, CookieStore, RequestOrigin, Session};
///
/// let store = Arc::new(CookieStore::ephemeral("_shop_session")?);
/// let request = || Session::open(&store, "theme=dark", RequestOrigin::default());
/// assert_eq!(request().commit(200)?, Commit::Keep); // nobody asked for it
///
/// let session = request();
/// session.insert("user_id", 42)?;
/// let Commit::Set(cookies) = session.commit(200)? else { panic!() };
/// assert_eq!(cookies[0].name(), "_shop_session");
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Commit {
    /// Sets nothing: the browser keeps its cookies.
    Keep,
    /// Sets the session's cookie, and removes it under each older name, domain or path.
    Set(Vec<SetCookie>),
    /// Removes the session's cookies from the browser.
    Remove(Vec<SetCookie>),
}

impl Commit {
    /// Returns the cookies to set, each to be appended as a `Set-Cookie` header of its own.
    ///
    /// ```
    /// assert!(hardtack::Commit::Keep.cookies().is_empty());
    /// ```
    #[must_use]
    pub fn cookies(&self) -> &[SetCookie] {
        match self {
            Self::Keep => &[],
            Self::Set(cookies) | Self::Remove(cookies) => cookies,
        }
    }
}
