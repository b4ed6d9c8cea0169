//! [`DuplicatePolicy`]: chooses among several cookies of one name.

use super::cookie_header::CookieHeader;

/// Chooses the cookie to use when several have one name. Browsers send two where they have one for another
/// path or domain as well: the one of the longest path first, then the oldest (RFC 6265 section
/// 5.4).
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
    /// The first, as in Rack.
    #[default]
    First,
    /// The first that opens, of the first fifty: where another app, or one with another secret,
    /// sets a cookie of the same name.
    FirstThatOpens,
}

/// How many cookies of one name are tried: as many as a browser has to keep for a domain (RFC 6265
/// section 6.1). A header of 100 KB has room for thousands.
const MOST: usize = 50;

impl DuplicatePolicy {
    /// The values, as sent, that count of the cookies of this name.
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
