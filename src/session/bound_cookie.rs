//! [`BoundCookie`]: a cookie that holds the session's id.

use std::any::Any;

use super::data::SessionData;
use super::policy::Policy;
use crate::error::Error;
use crate::http::set_cookie::SetCookie;

/// A cookie beside the session that holds the session's id: it is made after the response's session
/// was decided, since only then the id is known.
pub(crate) trait BoundCookie: Any + Send + Sync {
    /// Returns the cookie that the response sets, for the session that the browser has after it;
    /// `None` if the browser has the cookie already.
    fn after(
        &self,
        policy: &Policy,
        id: Option<&str>,
        data: &SessionData,
    ) -> Result<Option<SetCookie>, Error>;
}
