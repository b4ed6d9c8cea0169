//! [`InvalidAuthenticityToken`]: the reason why a request was refused as possibly forged.

use std::fmt;

/// The reason why a request was refused as possibly forged
/// (`ActionController::InvalidAuthenticityToken`).
///
/// It is for the operator; the client is not told.
///
/// ```
/// use hardtack::csrf::InvalidAuthenticityToken;
///
/// assert_eq!(InvalidAuthenticityToken::NoToken.to_string(), "no token in the header or the form");
/// assert!(InvalidAuthenticityToken::Origin.hint().contains("trusted_hops"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InvalidAuthenticityToken {
    /// The header `Origin` names another site, or is `null`.
    Origin,
    /// The header `Sec-Fetch-Site` says that another site made the request.
    CrossSite,
    /// The header `Sec-Fetch-Site` is missing, or names neither the own site nor another.
    NoSecFetchSite,
    /// The session has no token to compare with.
    NoTokenInSession,
    /// The request has no token in its header, nor in a form that could be read.
    NoToken,
    /// The request has a token, but it does not belong to this session, path and method.
    WrongToken,
    /// The header has no valid token, and the form is longer than
    /// [`form_limit`](crate::csrf::ForgeryProtection::form_limit).
    FormTooLarge,
    /// The header has no valid token, and the form is malformed or broke off.
    UnreadableForm,
}

impl InvalidAuthenticityToken {
    /// Returns the probable cause and the remedy (example: at [`InvalidAuthenticityToken`]).
    #[must_use]
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Origin => {
                "if a proxy ends TLS or changes the header Host, see Sessions::assume_ssl and trusted_hops, or ForgeryProtection::base_url; if the origin is null, the page has the Referrer-Policy no-referrer: send same-origin instead; otherwise another site made the request"
            }
            Self::CrossSite => {
                "another site made the request; to let its pages send requests, see ForgeryProtection::trusted_origins"
            }
            Self::NoSecFetchSite => {
                "the browser is older than March 2023: see ForgeryProtection::header_or_legacy_token; or no browser sent the request: let it send Sec-Fetch-Site: same-origin, or see ForgeryProtection::skip"
            }
            Self::NoTokenInSession => {
                "the session has expired, its cookie was not sent or did not open, or no page with a token was rendered for it: load the page again"
            }
            Self::NoToken => {
                "send it in the header X-CSRF-Token, or as authenticity_token in a form that is application/x-www-form-urlencoded or multipart/form-data (neither the query nor a JSON body is read); for webhooks see ForgeryProtection::skip"
            }
            Self::WrongToken => {
                "the page was rendered before a login, a logout or a reset of the session, or for another path or method: load the page again"
            }
            Self::FormTooLarge => {
                "send the token in the header X-CSRF-Token, or raise ForgeryProtection::form_limit"
            }
            Self::UnreadableForm => {
                "the body broke off, or is not a multipart form with the boundary that its Content-Type names"
            }
        }
    }
}

impl fmt::Display for InvalidAuthenticityToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Origin => "the header Origin is not the site's own",
            Self::CrossSite => "the header Sec-Fetch-Site names another site",
            Self::NoSecFetchSite => "the header Sec-Fetch-Site does not name the own site",
            Self::NoTokenInSession => "the session has no token",
            Self::NoToken => "no token in the header or the form",
            Self::WrongToken => "the token does not belong to this session, path and method",
            Self::FormTooLarge => "no valid token in the header, and the form is too large",
            Self::UnreadableForm => "no valid token in the header, and the form is unreadable",
        })
    }
}

impl std::error::Error for InvalidAuthenticityToken {}
