//! What a cookie's name and attributes must be, so that browsers take it: the one place that checks.

use time::OffsetDateTime;

use super::cookie_attributes::{CookieAttributes, Expiry};
use super::domain::{self, Domain};
use crate::error::Error;
use crate::settings::{SameSite, Settings};

impl CookieAttributes {
    /// Whether a cookie of this name may have these attributes: call it at start-up, so that a mistake does not wait
    /// for the first request. [`SetCookie::new`](crate::SetCookie::new) asks the same.
    ///
    /// # Errors
    ///
    /// - The name is no token (RFC 6265 section 4.1.1).
    /// - The path does not begin with `/`, has a `;`, a control character or one beyond ASCII, or more than 1,024
    ///   bytes (browsers ignore such an attribute); a domain is no domain name; `expires` is not in 1601 to 9999.
    /// - `__Host-` names need `secure`, `path=/` and no domain, `__Secure-` names need `secure`; browsers compare
    ///   these prefixes without case (RFC 6265bis section 5.7).
    /// - `SameSite=None` and `Partitioned` need `secure`.
    ///
    /// ```
    /// use hardtack::CookieAttributes;
    ///
    /// let attributes = CookieAttributes::new().secure(true);
    /// assert!(attributes.check("__Host-session").is_ok());
    /// assert!(attributes.domain("example.org").check("__Host-session").is_err());
    /// ```
    pub fn check(&self, name: &str) -> Result<(), Error> {
        self.check_with(name, self.same_site.unwrap_or(Some(SameSite::Lax)))
    }

    /// The same, for an app of these settings.
    pub(crate) fn check_under(&self, name: &str, settings: &Settings) -> Result<(), Error> {
        self.check_with(
            name,
            self.same_site
                .unwrap_or(settings.cookies_same_site_protection),
        )
    }

    /// The same, with the `SameSite` that the cookie comes to.
    fn check_with(&self, name: &str, same_site: Option<SameSite>) -> Result<(), Error> {
        check_name(name)?;
        let wrong = |attribute, value: &str, reason| {
            Err(Error::CookieAttribute {
                name: name.to_owned(),
                attribute,
                value: value.to_owned(),
                reason,
            })
        };
        if let Some(reason) = path_fault(&self.path) {
            return wrong("path", &self.path, reason);
        }
        let domains = match &self.domain {
            Domain::Host | Domain::All { .. } => &[][..],
            Domain::Exact(domain) => std::slice::from_ref(domain),
            Domain::FirstOf(domains) => domains,
        };
        for domain in domains {
            if let Some(reason) = domain::fault(domain) {
                return wrong("domain", domain, reason);
            }
        }
        if let Expiry::At(at) = self.expiry
            && header_time(at).is_none()
        {
            return wrong(
                "expires",
                &at.to_string(),
                "the year must be 1601 to 9999 in UTC; bring it nearer",
            );
        }
        match self.conflict(name, same_site) {
            Some(reason) => Err(Error::CookieConflict {
                name: name.to_owned(),
                reason,
            }),
            None => Ok(()),
        }
    }

    /// The rule of browsers that these attributes break.
    pub(crate) fn conflict(&self, name: &str, same_site: Option<SameSite>) -> Option<&'static str> {
        let named = |prefix: &str| {
            name.get(..prefix.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        };
        let whole_host = self.path == "/" && self.domain == Domain::Host;
        if named("__Host-") && !(self.secure && whole_host) {
            Some(
                "browsers take a __Host- name only with secure, path=/ and no domain; set these or choose another name",
            )
        } else if named("__Secure-") && !self.secure {
            Some("browsers take a __Secure- name only with secure; set it or choose another name")
        } else if same_site == Some(SameSite::None) && !self.secure {
            Some("browsers take SameSite=None only with secure; set it or use Lax")
        } else if self.partitioned && !self.secure {
            Some("browsers take Partitioned only with secure; set it")
        } else {
            None
        }
    }
}

/// The moment in UTC, where the header can say it and browsers read it.
pub(super) fn header_time(at: OffsetDateTime) -> Option<OffsetDateTime> {
    at.checked_to_offset(time::UtcOffset::UTC)
        .filter(|at| (1601..=9999).contains(&at.year()))
}

fn check_name(name: &str) -> Result<(), Error> {
    let found = name.chars().find(|c| !is_token_character(*c));
    if name.is_empty() || found.is_some() {
        return Err(Error::CookieName {
            name: name.to_owned(),
            found,
        });
    }
    Ok(())
}

/// RFC 9110 section 5.6.2, `tchar`.
fn is_token_character(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(
            c,
            '!' | '#'
                | '$'
                | '%'
                | '&'
                | '\''
                | '*'
                | '+'
                | '-'
                | '.'
                | '^'
                | '_'
                | '`'
                | '|'
                | '~'
        )
}

fn path_fault(path: &str) -> Option<&'static str> {
    if !path.starts_with('/') {
        Some("it must begin with /; browsers put one of their own in its place")
    } else if !path
        .bytes()
        .all(|byte| matches!(byte, b' '..=b'~') && byte != b';')
    {
        Some(
            "only ASCII without control characters and `;` may stand in it; percent-encode the rest",
        )
    } else if path.len() > 1024 {
        Some("browsers ignore a path of more than 1024 bytes")
    } else {
        None
    }
}
