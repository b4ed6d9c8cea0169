//! The rules that browsers have for a cookie's name and attributes: the only place that checks
//! them.

use time::OffsetDateTime;

use super::cookie_attributes::{CookieAttributes, Expiry};
use super::domain::{self, Domain};
use crate::error::Error;
use crate::settings::{SameSite, Settings};

impl CookieAttributes {
    /// Checks that a cookie with this name may have these attributes. Call it at start-up, so that
    /// a mistake shows before the first request. [`SetCookie::new`](crate::SetCookie::new) checks
    /// the same rules.
    ///
    /// # Errors
    ///
    /// - [`Error::CookieName`]: the name is not a token (RFC 6265 section 4.1.1).
    /// - [`Error::CookieAttribute`]: the path does not start with `/`, contains a `;`, a control
    ///   character or a character beyond ASCII, or is longer than 1,024 bytes (browsers ignore such
    ///   an attribute); a domain is not a domain name; `expires` is not in the years 1601 to 9999.
    /// - [`Error::CookieConflict`]: a `__Host-` name lacks `secure` or `path=/`, or has a domain; a
    ///   `__Secure-` name lacks `secure` (browsers compare both prefixes without case, RFC 6265bis
    ///   section 5.7); `SameSite=None` or `Partitioned` is set without `secure`.
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

    /// Checks the attributes for an app with these settings.
    pub(crate) fn check_under(&self, name: &str, settings: &Settings) -> Result<(), Error> {
        self.check_with(
            name,
            self.same_site
                .unwrap_or(settings.cookies_same_site_protection),
        )
    }

    /// Checks the attributes with the `SameSite` that the cookie gets.
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

    /// Returns the rule of browsers that these attributes break; `None` if they break none.
    pub(crate) fn conflict(&self, name: &str, same_site: Option<SameSite>) -> Option<&'static str> {
        let named = |prefix: &str| {
            name.get(..prefix.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        };
        let whole_host = self.path == "/" && self.domain == Domain::Host;
        if named("__Host-") && !(self.secure && whole_host) {
            Some(
                "browsers accept a __Host- name only with secure, path=/ and no domain; set these or choose another name",
            )
        } else if named("__Secure-") && !self.secure {
            Some("browsers accept a __Secure- name only with secure; set it or choose another name")
        } else if same_site == Some(SameSite::None) && !self.secure {
            Some("browsers accept SameSite=None only with secure; set it or use Lax")
        } else if self.partitioned && !self.secure {
            Some("browsers accept Partitioned only with secure; set it")
        } else {
            None
        }
    }
}

/// Returns the time in UTC; `None` if the header cannot express it or browsers do not read it.
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

/// Checks for a character of a token (RFC 9110 section 5.6.2, `tchar`).
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
        Some("it must begin with /; browsers replace any other path with one of their own")
    } else if !path
        .bytes()
        .all(|byte| matches!(byte, b' '..=b'~') && byte != b';')
    {
        Some("it may hold only ASCII without control characters and `;`; percent-encode the rest")
    } else if path.len() > 1024 {
        Some("it is longer than 1024 bytes, and browsers ignore such a path; give a shorter one")
    } else {
        None
    }
}
