//! Conversion into the types of the `cookie` crate (0.18).

use super::set_cookie::SetCookie;
use crate::settings::SameSite;

impl From<SetCookie> for cookie::Cookie<'static> {
    /// Converts into a cookie of the `cookie` crate. Its value is already escaped: add it to a jar
    /// unchanged, never through `encoded()`, which would escape it again. `Priority`, which the
    /// crate does not know, is left out.
    ///
    /// ```
    /// use hardtack::SetCookie;
    ///
    /// let cookie = cookie::Cookie::from(SetCookie::new("k", "a+b", None)?);
    /// assert_eq!(cookie.to_string(), "k=a%2Bb; SameSite=Lax; Path=/");
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    fn from(from: SetCookie) -> Self {
        let mut to = Self::new(from.name().to_owned(), from.escaped_value().to_owned());
        to.set_path(from.path().to_owned());
        if let Some(domain) = from.domain() {
            to.set_domain(domain.to_owned());
        }
        if let Some(max_age) = from.max_age() {
            to.set_max_age(time::Duration::seconds(
                i64::try_from(max_age.as_secs()).unwrap_or(i64::MAX),
            ));
        }
        if let Some(at) = from.expires() {
            to.set_expires(at);
        }
        // Always set: otherwise the crate adds `Secure` by rules of its own.
        to.set_secure(from.secure());
        to.set_http_only(from.http_only());
        to.set_partitioned(from.partitioned());
        to.set_same_site(from.same_site().map(|same_site| match same_site {
            SameSite::Strict => cookie::SameSite::Strict,
            SameSite::Lax => cookie::SameSite::Lax,
            SameSite::None => cookie::SameSite::None,
        }));
        to
    }
}
