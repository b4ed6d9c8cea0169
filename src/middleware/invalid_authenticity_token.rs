//! [`InvalidAuthenticityToken`]: why a request was taken for a forged one.

use std::fmt;

/// Why a request was refused, for the operator: whoever sent it is told nothing
/// (`ActionController::InvalidAuthenticityToken`).
///
/// ```
/// use hardtack::csrf::InvalidAuthenticityToken;
///
/// assert_eq!(InvalidAuthenticityToken::NoToken.to_string(), "no token in the header or the form");
/// assert!(InvalidAuthenticityToken::Origin.hint().contains("trust_proxy"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InvalidAuthenticityToken {
    /// The header `Origin` names another site, or `null`.
    Origin,
    /// The session has no token that the request's could be one of.
    NoTokenInSession,
    /// No token in the header, nor in a form that could be read.
    NoToken,
    /// A token, but none of this session for this path and method.
    WrongToken,
    /// No valid token in the header, and a form longer than
    /// [`form_limit`](crate::csrf::ForgeryProtection::form_limit).
    FormTooLarge,
    /// No valid token in the header, and a form that is broken or broke off.
    UnreadableForm,
}

impl InvalidAuthenticityToken {
    /// What may be the cause, and how to mend it (example: at [`InvalidAuthenticityToken`]).
    #[must_use]
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Origin => {
                "where a proxy ends TLS or changes the header Host, see CookieStore::assume_ssl and trust_proxy, or ForgeryProtection::base_url; null is what browsers send under a Referrer-Policy of no-referrer: same-origin would do; else a request of another site"
            }
            Self::NoTokenInSession => {
                "the session has expired, its cookie was not sent or did not open, or no page with a token was rendered for it"
            }
            Self::NoToken => {
                "send it as X-CSRF-Token, or as authenticity_token in a form that is application/x-www-form-urlencoded or multipart/form-data (neither the query nor a JSON body is looked at); for webhooks see ForgeryProtection::skip"
            }
            Self::WrongToken => {
                "the page was rendered before a login, a logout or a reset of the session, or for another path or method"
            }
            Self::FormTooLarge => {
                "send the token as X-CSRF-Token, or see ForgeryProtection::form_limit"
            }
            Self::UnreadableForm => {
                "the body is no multipart form of the boundary that its Content-Type names, or it broke off"
            }
        }
    }
}

impl fmt::Display for InvalidAuthenticityToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Origin => "the header Origin is not the site's own",
            Self::NoTokenInSession => "no token in the session",
            Self::NoToken => "no token in the header or the form",
            Self::WrongToken => "no token of this session, path and method",
            Self::FormTooLarge => "no valid token in the header, and the form is too large",
            Self::UnreadableForm => "no valid token in the header, and the form is unreadable",
        })
    }
}

impl std::error::Error for InvalidAuthenticityToken {}
