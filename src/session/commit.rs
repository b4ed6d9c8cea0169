//! [`Commit`]: what becomes of a session at the end of a request.

use crate::http::set_cookie::SetCookie;

/// What the response has to say of the session's cookie: decided once, by
/// [`Session::commit`](crate::Session::commit), for every framework.
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
    /// Nothing: the browser keeps what it has.
    Keep,
    /// A `Set-Cookie` with the session, beside any other; and one for each older name, domain or
    /// path under which the browser is to forget it.
    Set(Vec<SetCookie>),
    /// The `Set-Cookie`s by which the browser forgets the session.
    Remove(Vec<SetCookie>),
}

impl Commit {
    /// The cookies to be set, each by a header of its own that is appended.
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
