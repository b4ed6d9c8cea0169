//! [`DuplicatePolicy`]: chooses among several cookies with one name.

use super::cookie_header::CookieHeader;

/// Chooses the cookie to use when several have the same name. Browsers send two if they have one
/// for another path or domain as well: first the one with the longest path, then the oldest (RFC
/// 6265 section 5.4).
///
/// ```
/// use hardtack::{CookieStore, DuplicatePolicy, LoadDefaults, SecretKeyBase};
///
/// let secret = SecretKeyBase::generate()?;
/// let store = CookieStore::new(&secret, LoadDefaults::V7_1, "_shop_session")
///     .duplicates(DuplicatePolicy::FirstThatOpens);
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum DuplicatePolicy {
    /// The first cookie, as in Rack.
    #[default]
    First,
    /// The first cookie that opens, of the first fifty. Use it if another app, or an app with
    /// another secret, sets a cookie with the same name.
    FirstThatOpens,
}

/// The most cookies of one name that are tried: a browser has to keep at least as many for a domain
/// (RFC 6265 section 6.1). A header of 100 KB has room for thousands.
const MOST: usize = 50;

impl DuplicatePolicy {
    /// Returns the values, as sent, of the cookies with this name that the policy tries.
    pub(crate) fn of<'h>(
        self,
        header: &CookieHeader<'h>,
        name: &str,
    ) -> impl Iterator<Item = &'h [u8]> {
        let most = match self {
            Self::First => 1,
            Self::FirstThatOpens => MOST,
        };
        header
            .iter()
            .filter(move |(found, _)| *found == name.as_bytes())
            .take(most)
            .filter_map(|(_, value)| value)
    }
}
