//! [`ForgeryProtection`]: checks the authenticity tokens of requests
//! (`ActionController::RequestForgeryProtection`, Rails 6.1 `request_forgery_protection.rb`).

use std::fmt;
use std::sync::Arc;

use bytes::BytesMut;

use super::forgery_events::ForgeryEvents;
use super::form_body::{FormBody, Target, override_of};
use super::form_type::FormType;
use super::invalid_authenticity_token::InvalidAuthenticityToken;
use crate::clock::Clock;
use crate::rails::csrf::verified_origin;
use crate::session::handle::Session;
use time::OffsetDateTime;

type Skip = Arc<dyn Fn(&str, &str) -> bool + Send + Sync>;

/// Protects against requests that another site made a browser send (`protect_from_forgery`).
///
/// Every request except GET and HEAD needs an authenticity token of its session. The token is in
/// the header `X-CSRF-Token`, or in the form's field `authenticity_token`
/// (`application/x-www-form-urlencoded` or `multipart/form-data`). If the request has an `Origin`,
/// it must be the site's own. If the header's token is valid, the body is not read.
///
/// OPTIONS needs a token too, as in Rails: put a middleware that answers preflight requests around
/// this one. Unlike in Rails, tokens in the query or in a JSON body do not count.
///
/// A POST with the form field `_method` or the header `X-HTTP-Method-Override` may use the token
/// that Rails rendered for that method. It needs a token even if it names GET or HEAD.
///
/// ```
/// use hardtack::csrf::ForgeryProtection;
///
/// let protection = ForgeryProtection::new()
///     .skip(|method, path| method == "POST" && path == "/webhooks/payments")
///     .form_limit(8 * 1024 * 1024);
/// # let _ = protection;
/// ```
#[derive(Clone)]
pub struct ForgeryProtection {
    origin_check: bool,
    base_url: Option<String>,
    form_limit: usize,
    skips: Vec<Skip>,
    events: Arc<ForgeryEvents>,
}

impl ForgeryProtection {
    /// Creates the protection with Rails' defaults: it checks tokens and origins, and reads forms
    /// of up to 2 MiB.
    ///
    /// ```
    /// use hardtack::csrf::ForgeryProtection;
    ///
    /// let protection = ForgeryProtection::new();
    /// assert!(format!("{protection:?}").contains("form_limit: 2097152"));
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self {
            origin_check: true,
            base_url: None,
            form_limit: 2 * 1024 * 1024,
            skips: Vec::new(),
            events: Arc::default(),
        }
    }

    /// Sets whether the header `Origin` must be the site's own (`forgery_protection_origin_check`,
    /// on from `load_defaults` 5.0).
    ///
    /// ```
    /// use hardtack::csrf::ForgeryProtection;
    ///
    /// let protection = ForgeryProtection::new().origin_check(false);
    /// # let _ = protection;
    /// ```
    #[must_use]
    pub fn origin_check(self, origin_check: bool) -> Self {
        Self {
            origin_check,
            ..self
        }
    }

    /// Sets the site's own origin; the default is that of [`Session::origin`].
    ///
    /// It is the scheme and host as browsers send them, with the port unless it is the scheme's
    /// usual one.
    ///
    /// ```
    /// use hardtack::csrf::ForgeryProtection;
    ///
    /// let protection = ForgeryProtection::new().base_url("https://shop.example");
    /// assert!(format!("{protection:?}").contains("https://shop.example"));
    /// ```
    #[must_use]
    pub fn base_url(self, base_url: impl Into<String>) -> Self {
        let mut base_url = base_url.into();
        if base_url.ends_with('/') {
            base_url.pop();
        }
        Self {
            base_url: Some(base_url),
            ..self
        }
    }

    /// Lets requests through for which `skip` returns true (`skip_forgery_protection`).
    ///
    /// `skip` gets the method, and the path as it was sent, without its query. Use it for requests
    /// that are protected otherwise, such as webhooks with a signature. After several calls, a
    /// request passes if any of them returns true.
    ///
    /// ```
    /// use hardtack::csrf::ForgeryProtection;
    ///
    /// let protection = ForgeryProtection::new().skip(|_, path| path.starts_with("/webhooks/"));
    /// # let _ = protection;
    /// ```
    #[must_use]
    pub fn skip(mut self, skip: impl Fn(&str, &str) -> bool + Send + Sync + 'static) -> Self {
        self.skips.push(Arc::new(skip));
        self
    }

    /// Sets the maximum length in bytes of a form that is kept in memory to find its token; the
    /// default is 2 MiB.
    ///
    /// A longer form is refused unless the header `X-CSRF-Token` has a valid token.
    ///
    /// ```
    /// use hardtack::csrf::ForgeryProtection;
    ///
    /// let protection = ForgeryProtection::new().form_limit(64 * 1024);
    /// # let _ = protection;
    /// ```
    #[must_use]
    pub fn form_limit(self, form_limit: usize) -> Self {
        Self { form_limit, ..self }
    }

    /// Sets the clock that limits how often an event is told: for platforms without a clock of
    /// their own.
    ///
    /// ```
    /// use hardtack::csrf::ForgeryProtection;
    /// use time::OffsetDateTime;
    ///
    /// let protection = ForgeryProtection::new().clock(|| OffsetDateTime::UNIX_EPOCH);
    /// # let _ = protection;
    /// ```
    #[must_use]
    pub fn clock(self, now: impl Fn() -> OffsetDateTime + Send + Sync + 'static) -> Self {
        Self {
            events: Arc::new(ForgeryEvents::at(Clock::told(now))),
            ..self
        }
    }

    /// Checks a request by its headers; returns [`Check::Form`] if its form may hold the token.
    pub(super) fn check(&self, head: &Head<'_>, session: &Session) -> Check {
        if self.is_exempt(head.method, head.path) {
            return Check::Verified;
        }
        if self.origin_check && !self.is_own_origin(head.origin, session) {
            return self.refuse(InvalidAuthenticityToken::Origin, head.origin, session);
        }
        let refuse = |reason| self.refuse(reason, head.origin, session);
        let Some(tokens) = session.present_authenticity_tokens() else {
            return refuse(InvalidAuthenticityToken::NoTokenInSession);
        };
        let sent = head.csrf_token.filter(|token| !token.is_empty());
        let other_method = head.method_override.map(String::from_utf8_lossy);
        let target = Target {
            path: head.path,
            method: head.method,
            stands_for: other_method.and_then(|other| override_of(head.method, &other)),
        };
        if sent.is_some_and(|token| target.is_authentic(&tokens, token)) {
            return Check::Verified;
        }
        let kind = match FormType::of(head.content_type) {
            Ok(kind) => kind,
            Err(_) if sent.is_some() => return refuse(InvalidAuthenticityToken::WrongToken),
            Err(reason) => return refuse(reason),
        };
        if head.length > self.form_limit as u64 {
            return refuse(InvalidAuthenticityToken::FormTooLarge);
        }
        Check::Form(Box::new(FormBody {
            kind,
            limit: self.form_limit,
            body: BytesMut::new(),
            tokens,
            target: Target {
                path: head.path.into(),
                method: head.method.into(),
                stands_for: target.stands_for,
            },
            sent: sent.map(Box::from),
            events: self.events.clone(),
        }))
    }

    /// Checks whether requests of this method and path need no token.
    pub(super) fn is_exempt(&self, method: &str, path: &str) -> bool {
        matches!(method, "GET" | "HEAD") || self.skips.iter().any(|skip| skip(method, path))
    }

    /// Reports to the operator that the request has no session.
    pub(super) fn missing_session(&self) {
        self.events.missing_session();
    }

    fn is_own_origin(&self, origin: Option<&[u8]>, session: &Session) -> bool {
        let Some(origin) = origin else {
            return true;
        };
        let (Ok(origin), Some(base_url)) =
            (std::str::from_utf8(origin), self.expected_origin(session))
        else {
            return false;
        };
        verified_origin(Some(origin), &base_url)
    }

    fn expected_origin(&self, session: &Session) -> Option<String> {
        let own = || session.origin().base_url();
        self.base_url.clone().or_else(own)
    }

    fn refuse(
        &self,
        reason: InvalidAuthenticityToken,
        origin: Option<&[u8]>,
        session: &Session,
    ) -> Check {
        let base_url = self.expected_origin(session);
        self.events.refused(reason, origin, base_url.as_deref());
        Check::Refused(reason)
    }
}

impl Default for ForgeryProtection {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ForgeryProtection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForgeryProtection")
            .field("origin_check", &self.origin_check)
            .field("base_url", &self.base_url)
            .field("form_limit", &self.form_limit)
            .field("skips", &self.skips.len())
            .finish_non_exhaustive()
    }
}

/// The method, path and headers that the protection checks.
pub(super) struct Head<'a> {
    pub(super) method: &'a str,
    /// The path without the query.
    pub(super) path: &'a str,
    pub(super) origin: Option<&'a [u8]>,
    pub(super) csrf_token: Option<&'a [u8]>,
    pub(super) method_override: Option<&'a [u8]>,
    pub(super) content_type: Option<&'a [u8]>,
    /// The minimum length of the body in bytes.
    pub(super) length: u64,
}

/// The outcome of a check of the headers.
pub(super) enum Check {
    Verified,
    Refused(InvalidAuthenticityToken),
    /// The form in the body decides.
    Form(Box<FormBody>),
}
