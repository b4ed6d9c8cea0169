//! The `Cookie` header, by Rack's rules.

use std::borrow::Cow;
use std::iter::FusedIterator;

use super::escape::unescape;

/// A `Cookie` header, read as Rack reads it. It borrows the header's bytes, which can be any bytes,
/// and scans them when it is asked for a cookie.
///
/// The header is split at `;`, the spaces after a `;` are dropped (and no others), and each pair is
/// split at its first `=`. Quotes stay, a comma separates nothing, and names are not decoded. If
/// two cookies have one name, the FIRST counts. (Rack 2.2 and 3.1 `utils.rb`,
/// `parse_cookies_header`; browsers send the cookie with the longest path first, RFC 6265 section
/// 5.4.)
///
/// ```
/// use hardtack::CookieHeader;
///
/// let header = CookieHeader::new("a=1%2B1; b; a=2");
/// assert_eq!(header.get("a").as_deref(), Some(&b"1+1"[..]));
/// assert_eq!(header.get_raw("a"), Some(&b"1%2B1"[..]));
/// assert_eq!(header.get("b"), None);
/// assert_eq!(header.get("c"), None);
/// ```
#[derive(Clone, Copy)]
pub struct CookieHeader<'a> {
    bytes: &'a [u8],
}

impl<'a> CookieHeader<'a> {
    /// Creates a reader of the header's value, text or bytes. If there are several `Cookie` headers
    /// (HTTP/2 allows it), join their values with `"; "` first, as Ruby's servers do (RFC 9113
    /// section 8.2.3).
    ///
    /// ```
    /// use hardtack::CookieHeader;
    ///
    /// assert_eq!(CookieHeader::new(b"a=\xFF").get_raw("a"), Some(&[0xFF][..]));
    /// ```
    #[must_use]
    pub fn new(header: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self {
            bytes: header.as_ref(),
        }
    }

    /// Returns the decoded value of the first cookie with this name; `None` if there is no such
    /// cookie, or if the first one has no `=`. `+` is decoded to a space and `%XX` to a byte. A
    /// single invalid `%` leaves the whole value unchanged.
    ///
    /// ```
    /// use hardtack::CookieHeader;
    ///
    /// let header = CookieHeader::new("k=a+b; bad=a+b%");
    /// assert_eq!(header.get("k").as_deref(), Some(&b"a b"[..]));
    /// assert_eq!(header.get("bad").as_deref(), Some(&b"a+b%"[..]));
    /// ```
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Cow<'a, [u8]>> {
        self.get_raw(name).map(unescape)
    }

    /// Returns the value of the first cookie with this name, as sent; `None` in the same cases as
    /// [`get`](Self::get).
    ///
    /// ```
    /// use hardtack::CookieHeader;
    ///
    /// assert_eq!(CookieHeader::new("k=a%3D").get_raw("k"), Some(&b"a%3D"[..]));
    /// // The first cookie counts, even without a value.
    /// assert_eq!(CookieHeader::new("k; k=1").get_raw("k"), None);
    /// ```
    #[must_use]
    pub fn get_raw(&self, name: &str) -> Option<&'a [u8]> {
        self.iter().find(|(found, _)| *found == name.as_bytes())?.1
    }

    /// Returns all pairs in the header's order, with names and values as sent. A pair without `=`
    /// has no value.
    ///
    /// ```
    /// use hardtack::CookieHeader;
    ///
    /// let pairs: Vec<_> = CookieHeader::new("a=1;b").iter().collect();
    /// assert_eq!(pairs, [(&b"a"[..], Some(&b"1"[..])), (b"b", None)]);
    /// ```
    #[must_use]
    pub fn iter(&self) -> CookiePairs<'a> {
        CookiePairs {
            rest: Some(self.bytes),
        }
    }
}

impl std::fmt::Debug for CookieHeader<'_> {
    /// Shows only the names: the values are people's sessions.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.iter().map(|(name, _)| String::from_utf8_lossy(name));
        f.write_str("CookieHeader ")?;
        f.debug_list().entries(names).finish()
    }
}

impl<'a> IntoIterator for CookieHeader<'a> {
    type Item = (&'a [u8], Option<&'a [u8]>);
    type IntoIter = CookiePairs<'a>;

    fn into_iter(self) -> CookiePairs<'a> {
        self.iter()
    }
}

impl<'a> IntoIterator for &CookieHeader<'a> {
    type Item = (&'a [u8], Option<&'a [u8]>);
    type IntoIter = CookiePairs<'a>;

    fn into_iter(self) -> CookiePairs<'a> {
        self.iter()
    }
}

/// An iterator over the pairs of a [`CookieHeader`], from [`CookieHeader::iter`].
///
/// ```
/// let mut cookies = hardtack::CookieHeader::new("a=1; b=2").iter();
/// assert_eq!(cookies.next(), Some((&b"a"[..], Some(&b"1"[..]))));
/// ```
#[derive(Clone)]
pub struct CookiePairs<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Iterator for CookiePairs<'a> {
    type Item = (&'a [u8], Option<&'a [u8]>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let rest = self.rest?;
            let (pair, after) =
                split(rest, b';').map_or((rest, None), |(pair, after)| (pair, Some(after)));
            self.rest = after.map(without_leading_spaces);
            if !pair.is_empty() {
                return Some(match split(pair, b'=') {
                    Some((name, value)) => (name, Some(value)),
                    None => (pair, None),
                });
            }
        }
    }
}

impl FusedIterator for CookiePairs<'_> {}

impl std::fmt::Debug for CookiePairs<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CookiePairs(..)")
    }
}

fn without_leading_spaces(bytes: &[u8]) -> &[u8] {
    let spaces = bytes.iter().take_while(|byte| **byte == b' ').count();
    bytes.get(spaces..).unwrap_or_default()
}

/// Returns the bytes before and after the first `at`.
fn split(bytes: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let (before, after) = bytes.split_at_checked(memchr::memchr(at, bytes)?)?;
    Some((before, after.get(1..)?))
}
