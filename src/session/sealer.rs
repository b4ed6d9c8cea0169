//! [`Sealer`]: seals a session into its own cookie.

use std::borrow::Cow;

use super::data::SessionData;
use crate::error::Error;
use crate::http::cookie_attributes::CookieAttributes;
use crate::http::set_cookie::SetCookie;

/// Seals sessions into cookies for one request, with the same keys even if the app's are replaced
/// meanwhile.
pub(crate) trait Sealer: Send + Sync {
    /// Returns the names under which the session's cookie may come, the present one first.
    fn names<'a>(&'a self, name: &'a str) -> Vec<Cow<'a, str>>;

    /// Seals a session; one without an id gets one.
    fn seal(
        &self,
        data: &mut SessionData,
        name: &str,
        attributes: &CookieAttributes,
    ) -> Result<SetCookie, Error>;

    /// Returns the cookie that is set beside the session's, such as its signature; the default is
    /// none.
    fn beside(&self, cookie: &SetCookie) -> Option<SetCookie> {
        let _ = cookie;
        None
    }

    /// Returns the cookies that remove the session from a browser, under each name.
    fn delete(&self, name: &str, attributes: &CookieAttributes) -> Result<Vec<SetCookie>, Error>;

    /// Returns the id of a session; by default sessions have none.
    fn id(&self, data: &SessionData) -> Option<String> {
        let _ = data;
        None
    }

    /// Gives a session an id if it has none.
    fn ensure_id(&self, data: &mut SessionData) -> Result<(), Error> {
        let _ = data;
        Ok(())
    }

    /// Gives a session the id of another if it has none.
    fn adopt_id(&self, data: &mut SessionData, from: &SessionData) -> Result<(), Error> {
        let _ = (data, from);
        Ok(())
    }

    /// Leaves out the id of a session that moves to a store.
    fn leave_id_out(&self, data: &mut SessionData) {
        let _ = data;
    }

    /// Removes the parts that an attacker may have planted before a login: the id, so that the
    /// session gets another, and the secret of its authenticity tokens.
    fn renew(&self, data: &mut SessionData) {
        data.touch();
    }
}
