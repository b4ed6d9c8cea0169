//! What every middleware does when the handler has answered: no framework's types in it.

use crate::cookie::set_cookie::SetCookie;
use crate::error::Error;
use crate::session::commit::Commit;
use crate::session::handle::Session;

/// The cookies that a response of this status sets: the session's, then those beside it. Each is
/// a header of its own, appended to what is there.
///
/// # Errors
/// As [`Session::commit`]; then the response is not to be sent, and sets nothing.
pub(crate) fn set_cookies(session: &Session, status: u16) -> Result<Vec<SetCookie>, Error> {
    let mut cookies = match session.commit(status)? {
        Commit::Keep => Vec::new(),
        Commit::Set(cookies) | Commit::Remove(cookies) => cookies,
    };
    cookies.extend(session.cookies().take());
    Ok(cookies)
}
