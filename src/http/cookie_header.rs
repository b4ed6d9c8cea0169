//! The `Cookie` header, by Rack's rules.

use std::borrow::Cow;
use std::iter::FusedIterator;

use super::escape::unescape;

/// The most pairs of a header that are looked at, the empty ones between two `;` included. Browsers
/// keep 50 to 180 cookies for a site (RFC 6265 section 6.1 asks for 50).
const MOST: usize = 1024;

/// A `Cookie` header, read as Rack reads it. It borrows the header's bytes, which can be any bytes,
/// and scans them when it is asked for a cookie. Unlike Rack, it ignores everything after the first
/// 1,024 pairs: without a limit, a header of nothing but `;` would cost as much as a large page.
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
    /// The pairs, if somebody has already found them.
    index: Option<&'a CookieIndex>,
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
            index: None,
        }
    }

    /// Creates a reader that looks cookies up in the index of the same header.
    pub(crate) fn indexed(header: &'a [u8], index: &'a CookieIndex) -> Self {
        Self {
            bytes: header,
            index: Some(index),
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

    /// Returns the first 1,024 pairs in the header's order, with names and values as sent. A pair
    /// without `=` has no value.
    ///
    /// ```
    /// use hardtack::CookieHeader;
    ///
    /// let pairs: Vec<_> = CookieHeader::new("a=1;b").iter().collect();
    /// assert_eq!(pairs, [(&b"a"[..], Some(&b"1"[..])), (b"b", None)]);
    /// ```
    #[must_use]
    pub fn iter(&self) -> CookiePairs<'a> {
        CookiePairs(match self.index {
            None => Pairs::Scanned(Scan::new(self.bytes)),
            Some(index) => Pairs::Indexed(self.bytes, index.pairs.iter()),
        })
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
pub struct CookiePairs<'a>(Pairs<'a>);

#[derive(Clone)]
enum Pairs<'a> {
    Scanned(Scan<'a>),
    Indexed(&'a [u8], std::slice::Iter<'a, Pair>),
}

impl<'a> Iterator for CookiePairs<'a> {
    type Item = (&'a [u8], Option<&'a [u8]>);

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Pairs::Scanned(scan) => Some(scan.next()?.of(scan.header)),
            Pairs::Indexed(header, pairs) => Some(pairs.next()?.of(header)),
        }
    }
}

impl FusedIterator for CookiePairs<'_> {}

impl std::fmt::Debug for CookiePairs<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CookiePairs(..)")
    }
}

/// The place of a pair in its header.
#[derive(Clone, Copy)]
struct Pair {
    start: usize,
    name_end: usize,
    /// The end of the value; the end of the name if there is no `=`.
    end: usize,
}

impl Pair {
    /// Returns the name and the value.
    fn of(self, header: &[u8]) -> (&[u8], Option<&[u8]>) {
        let part = |range| header.get(range).unwrap_or_default();
        let has_value = self.end > self.name_end;
        (
            part(self.start..self.name_end),
            has_value.then(|| part(self.name_end + 1..self.end)),
        )
    }
}

/// A scan of a header for its pairs.
#[derive(Clone)]
struct Scan<'a> {
    header: &'a [u8],
    /// The place that the scan has reached; `None` after the last pair.
    at: Option<usize>,
    /// The number of pairs that are still looked at.
    left: usize,
}

impl<'a> Scan<'a> {
    fn new(header: &'a [u8]) -> Self {
        Self {
            header,
            at: Some(0),
            left: MOST,
        }
    }

    fn next(&mut self) -> Option<Pair> {
        loop {
            let start = self.at?;
            self.left = self.left.checked_sub(1)?;
            let rest = self.header.get(start..)?;
            let semicolon = memchr::memchr(b';', rest);
            self.at = semicolon.map(|length| {
                let after = start + length + 1;
                let after_it = self.header.get(after..).unwrap_or_default();
                after + after_it.iter().take_while(|byte| **byte == b' ').count()
            });
            let pair = rest.get(..semicolon.unwrap_or(rest.len()))?;
            if !pair.is_empty() {
                let name = memchr::memchr(b'=', pair).unwrap_or(pair.len());
                return Some(Pair {
                    start,
                    name_end: start + name,
                    end: start + pair.len(),
                });
            }
        }
    }
}

/// The places of a header's pairs, found once for all look-ups of a request.
pub(crate) struct CookieIndex {
    pairs: Box<[Pair]>,
    is_cut: bool,
}

impl CookieIndex {
    /// Finds the pairs of a header.
    pub(crate) fn of(header: &[u8]) -> Self {
        let mut scan = Scan::new(header);
        let pairs = std::iter::from_fn(|| scan.next()).collect();
        Self {
            pairs,
            is_cut: scan.at.is_some_and(|at| at < header.len()),
        }
    }

    /// Returns true if the header has more pairs than are looked at.
    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut
    }
}
