//! Cookies whose value is sent as it is.

use crate::error::{CookieOverflow, Error};
use crate::http::cookie_attributes::CookieAttributes;
use crate::http::limit::size_in_browsers;
use crate::http::set_cookie::SetCookie;
use crate::serializer::{Format, Serialized};

/// Creates a cookie whose value is not escaped: of the letters, digits and `*+-./=_~` alone.
///
/// # Errors
/// [`Error::CookieOverflow`] if name and value take more than 4096 bytes, by the entries of the JSON
/// that they hold, and those of [`SetCookie::new`].
pub(super) fn plain_cookie(
    name: &str,
    value: &str,
    attributes: &CookieAttributes,
    json: Vec<u8>,
) -> Result<SetCookie, Error> {
    let size = size_in_browsers(name.len(), value.len());
    if size.fits() {
        return Ok(SetCookie::new(name, "", attributes)?.with_pair(name, value));
    }
    let json = Serialized {
        bytes: json,
        format: Format::Json,
    };
    Err(Error::CookieOverflow(CookieOverflow {
        name: name.to_owned(),
        size: size.counted,
        limit: size.limit,
        entries: json.entry_sizes(),
    }))
}
