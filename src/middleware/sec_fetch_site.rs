//! [`SecFetchSite`]: the site that made the browser send a request.

/// The header `Sec-Fetch-Site`, which browsers send over HTTPS and to localhost, and no page can
/// change (Fetch Metadata Request Headers, section 2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SecFetchSite {
    /// The header is missing or empty.
    Missing,
    /// `same-origin` or `same-site`.
    Own,
    /// `cross-site`.
    Cross,
    /// `none`, which is the user's own navigation, and everything else.
    Other,
}

impl SecFetchSite {
    /// Reads the values of the header (`sec_fetch_site_value`, Rails 8.2
    /// `request_forgery_protection.rb`).
    pub(super) fn of<'h>(mut values: impl Iterator<Item = &'h [u8]>) -> Self {
        let value = match (values.next(), values.next()) {
            (None, _) => return Self::Missing,
            (Some(value), None) => value.trim_ascii(),
            // A server for Rack joins several headers, and the result is no known value.
            (Some(_), Some(_)) => return Self::Other,
        };
        let is = |known: &[u8]| value.eq_ignore_ascii_case(known);
        if value.is_empty() {
            Self::Missing
        } else if is(b"same-origin") || is(b"same-site") {
            Self::Own
        } else if is(b"cross-site") {
            Self::Cross
        } else {
            Self::Other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SecFetchSite::{self, Cross, Missing, Other, Own};

    #[test]
    fn values() {
        let cases: [(&[&str], SecFetchSite); 12] = [
            (&[], Missing),
            (&[""], Missing),
            (&[" "], Missing),
            (&["same-origin"], Own),
            (&["SAME-site "], Own),
            (&["cross-site"], Cross),
            (&["none"], Other),
            (&["same"], Other),
            (&["same-origin, cross-site"], Other),
            (&["same-origin", "same-origin"], Other),
            (&["cross-site", "same-origin"], Other),
            (&["", "same-origin"], Other),
        ];
        for (sent, expected) in cases {
            let values = sent.iter().map(|value| value.as_bytes());
            assert_eq!(SecFetchSite::of(values), expected, "{sent:?}");
        }
    }
}
