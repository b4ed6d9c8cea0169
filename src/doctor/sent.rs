//! [`Sent`]: the `Cookie` header of a copied text, as the app's server gets it.

use crate::http::cookie_header::CookieHeader;
use crate::http::escape::unescape;

use super::pasted::Pasted;

/// The fault of a `%` without two hexadecimal digits.
pub(super) const BAD_ESCAPE: &str =
    "a % in the header begins no escape (as %2B is one): Rack then leaves the whole value escaped";

/// A header that holds the copied cookie.
pub(super) struct Sent<'a> {
    /// The value of the first cookie of the name, as it is sent.
    first: &'a [u8],
    is_first: bool,
}

impl<'a> Sent<'a> {
    /// Finds the `Cookie` header that holds a cookie, in a request or alone; `None` if the text has
    /// none: then nobody knows how the cookie was sent.
    pub(super) fn of(text: &'a [u8], cookie: &Pasted<'_>) -> Option<Self> {
        let name = cookie.name?;
        let mut lines = text.split(|byte| *byte == b'\n');
        lines.find_map(|line| {
            let line = line.strip_prefix(b"> ").unwrap_or(line).trim_ascii();
            let (field, value) = line.split_at_checked("cookie:".len())?;
            if !field.eq_ignore_ascii_case(b"cookie:") {
                return None;
            }
            let header = CookieHeader::new(value.trim_ascii());
            let mut same = header
                .into_iter()
                .filter(|(other, _)| *other == name.as_bytes());
            let first = same.next()?.1?;
            let value = cookie.value.trim_ascii();
            let is_first = first == value;
            let is_there = is_first || same.any(|(_, other)| other == Some(value));
            is_there.then_some(Self { first, is_first })
        })
    }

    /// Returns `true` if an earlier cookie of the name counts instead.
    pub(super) fn is_second(&self) -> bool {
        !self.is_first
    }

    /// Returns what is wrong with the value as it is sent, if the server reads another value from it
    /// than `opened`.
    pub(super) fn fault(&self, opened: &[u8]) -> Option<&'static str> {
        if !self.is_first || *unescape(self.first) == *opened {
            return None;
        }
        let has_bad_escape = || {
            memchr::memchr_iter(b'%', self.first).any(|place| {
                let digits = self.first.get(place + 1..place + 3);
                !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            })
        };
        Some(if has_bad_escape() {
            BAD_ESCAPE
        } else if self.first.contains(&b'+') {
            "a + stands unescaped in the header: Rack reads a space for it, and the sender should \
             have written %2B"
        } else {
            "the server reads another value from the header than the one that opens"
        })
    }
}
