//! [`ForgeryProtection`]: checks where requests come from, and their authenticity tokens
//! (`ActionController::RequestForgeryProtection`, Rails 6.1 and 8.2 `request_forgery_protection.rb`).

use std::fmt;
use std::sync::Arc;

use bytes::BytesMut;

use super::forgery_events::ForgeryEvents;
use super::form_body::{FormBody, override_of};
use super::form_type::FormType;
use super::invalid_authenticity_token::InvalidAuthenticityToken;
use super::sec_fetch_site::SecFetchSite;
use crate::clock::Clock;
use crate::rails::app_settings::csrf_settings;
use crate::rails::csrf::verified_origin;
use crate::session::context::Context;
use crate::session::handle::Session;
use crate::settings::CsrfVerification;
use time::OffsetDateTime;

type Skip = Arc<dyn Fn(&str, &str) -> bool + Send + Sync>;

/// Protects against requests that another site made a browser send (`protect_from_forgery`).
///
/// Requests by GET, HEAD and QUERY pass. For any other there are three ways to prove that it is not
/// forged; if it has an `Origin`, that must be the site's own in each of them:
///
/// - A token: the default up to `load_defaults` 8.1. The request needs an authenticity token of its
///   session, in the header `X-CSRF-Token`, or in the form's field `authenticity_token`
///   (`application/x-www-form-urlencoded` or `multipart/form-data`).
/// - [`header_only`](Self::header_only): the default of `load_defaults` 8.2, for any version. The
///   header `Sec-Fetch-Site` must name the site's own pages. No tokens are needed.
/// - [`header_or_legacy_token`](Self::header_or_legacy_token): the default of Rails 8.2 under older
///   `load_defaults`. A token decides if the header is missing or `none`.
///
/// The body is not read if the header `X-CSRF-Token` has a token for any form, or if no token is
/// needed.
///
/// OPTIONS needs a token too, as in Rails: put a middleware that answers preflight requests around
/// this one. Unlike in Rails, tokens in the query or in a JSON body do not count.
///
/// A POST with the form field `_method` or the header `X-HTTP-Method-Override` counts as a request
/// of that method: of the tokens for one form only that method's is valid. A POST that names GET,
/// HEAD or QUERY stays a POST.
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
    trusted_origins: Vec<String>,
    /// `None` for the way of the session's settings.
    verification: Option<CsrfVerification>,
    events: Arc<ForgeryEvents>,
}

impl ForgeryProtection {
    /// Creates the protection with Rails' defaults: it checks origins, proves requests in the way
    /// of the session's settings (by tokens up to `load_defaults` 8.1), and reads forms of up to
    /// 2 MiB.
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
            trusted_origins: Vec::new(),
            verification: None,
            events: Arc::default(),
        }
    }

    /// Creates the protection that needs no tokens (`using: :header_only`): it asks for the header
    /// `Sec-Fetch-Site`, which all browsers send since March 2023.
    ///
    /// A request passes if the header is `same-origin` or `same-site`. So trust every site under
    /// your registrable domain, as Rails 8.2 does. A request without the header passes over plain
    /// HTTP only, over which browsers do not send it, and only if the session's cookie is not
    /// `Secure` (Rails: unless `force_ssl` is on); its `Origin` is still checked. Programs that are
    /// no browsers must send the header over HTTPS, or be [skipped](Self::skip).
    ///
    /// ```
    /// use hardtack::csrf::ForgeryProtection;
    ///
    /// let protection = ForgeryProtection::header_only();
    /// # let _ = protection;
    /// ```
    #[must_use]
    pub fn header_only() -> Self {
        Self {
            verification: Some(CsrfVerification::HeaderOnly),
            ..Self::new()
        }
    }

    /// Creates the protection that asks for the header `Sec-Fetch-Site`, and for a token if a
    /// browser does not send that header (`using: :header_or_legacy_token`). An event tells of such
    /// requests: if there are none, [`header_only`](Self::header_only) will do.
    ///
    /// ```
    /// use hardtack::csrf::ForgeryProtection;
    ///
    /// let protection = ForgeryProtection::header_or_legacy_token();
    /// # let _ = protection;
    /// ```
    #[must_use]
    pub fn header_or_legacy_token() -> Self {
        Self {
            verification: Some(CsrfVerification::HeaderOrLegacyToken),
            ..Self::new()
        }
    }

    /// Sets the other sites whose pages may send requests (`trusted_origins`): for the answer of a
    /// log-in elsewhere, for example. An origin is written as browsers send it.
    ///
    /// Their requests pass if `Sec-Fetch-Site` is `cross-site`. Without that header they need a
    /// token, as others do. (Rails 8.2 also refuses them by their `Origin` unless
    /// `forgery_protection_origin_check` is off; here a trusted origin passes that check.)
    ///
    /// ```
    /// use hardtack::csrf::ForgeryProtection;
    ///
    /// let protection =
    ///     ForgeryProtection::header_only().trusted_origins(["https://accounts.google.com"]);
    /// # let _ = protection;
    /// ```
    #[must_use]
    pub fn trusted_origins<O: Into<String>>(self, origins: impl IntoIterator<Item = O>) -> Self {
        Self {
            trusted_origins: origins.into_iter().map(Into::into).collect(),
            ..self
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
        let refuse = |reason| self.refuse(reason, head.origin, &session.0);
        match self.check_site(head, &session.0) {
            Some(Ok(())) => return Check::Verified,
            Some(Err(reason)) => return refuse(reason),
            None => self.tell_of_fallback(&session.0),
        }
        let Some(tokens) = session.present_authenticity_tokens() else {
            return refuse(InvalidAuthenticityToken::NoTokenInSession);
        };
        let sent = head.csrf_token.filter(|token| !token.is_empty());
        if sent.is_some_and(|token| tokens.verify_for_any_form(token)) {
            return Check::Verified;
        }
        let other = head.method_override.map(String::from_utf8_lossy);
        let stands_for = other.and_then(|other| override_of(head.method, &other));
        let kind = FormType::of(head.content_type);
        // A form's field `_method` takes precedence over both methods.
        let is_method_known = kind.is_err() || head.method != "POST";
        let is_for_form =
            |token| tokens.verify(token, head.path, stands_for.unwrap_or(head.method));
        if is_method_known && sent.is_some_and(is_for_form) {
            return Check::Verified;
        }
        let kind = match kind {
            Ok(kind) => kind,
            Err(_) if sent.is_some() => return refuse(InvalidAuthenticityToken::WrongToken),
            Err(reason) => return refuse(reason),
        };
        if head.length > self.form_limit as u64 {
            return refuse(InvalidAuthenticityToken::FormTooLarge);
        }
        Check::Form(Box::new(FormBody {
            kind,
            token_name: csrf_settings(&session.0).request_forgery_protection_token,
            limit: self.form_limit,
            body: BytesMut::new(),
            tokens,
            path: head.path.into(),
            method: head.method.into(),
            stands_for,
            sent: sent.map(Box::from),
            events: self.events.clone(),
        }))
    }

    /// Checks whether a request passes without its session's tokens, so that the session need not
    /// be loaded.
    pub(super) fn needs_no_token(&self, head: &Head<'_>, context: &Context) -> bool {
        self.check_site(head, context) == Some(Ok(()))
    }

    /// Checks a request by its method, path, origin and site; returns `None` if a token decides.
    fn check_site(
        &self,
        head: &Head<'_>,
        context: &Context,
    ) -> Option<Result<(), InvalidAuthenticityToken>> {
        // No form can send QUERY, and scripts of another site must ask before it (Rails 8.2,
        // `verified_query_request?`).
        if matches!(head.method, "GET" | "HEAD" | "QUERY")
            || self.skips.iter().any(|skip| skip(head.method, head.path))
        {
            return Some(Ok(()));
        }
        let is_trusted = self.is_trusted(head.origin);
        if self.origin_check && !is_trusted && !self.is_own_origin(head.origin, context) {
            return Some(Err(InvalidAuthenticityToken::Origin));
        }
        let verification = self.verification(context);
        if verification == CsrfVerification::Token {
            return None;
        }
        Some(match head.sec_fetch_site {
            SecFetchSite::Own => Ok(()),
            SecFetchSite::Cross if is_trusted => Ok(()),
            SecFetchSite::Cross => Err(InvalidAuthenticityToken::CrossSite),
            _ if verification == CsrfVerification::HeaderOrLegacyToken => return None,
            SecFetchSite::Missing if !self.is_https(context) => Ok(()),
            SecFetchSite::Missing | SecFetchSite::Other => {
                Err(InvalidAuthenticityToken::NoSecFetchSite)
            }
        })
    }

    /// Returns what proves a request.
    fn verification(&self, context: &Context) -> CsrfVerification {
        let by_settings = || csrf_settings(context).verification;
        self.verification.unwrap_or_else(by_settings)
    }

    /// Reports to the operator that a token decides, if the header is the proof otherwise.
    fn tell_of_fallback(&self, context: &Context) {
        if self.verification(context) == CsrfVerification::HeaderOrLegacyToken {
            self.events.token_fallback();
        }
    }

    /// Checks whether the browser speaks HTTPS, over which all browsers send `Sec-Fetch-Site`.
    fn is_https(&self, context: &Context) -> bool {
        let base_url = self.base_url.as_deref();
        context.origin().is_ssl()
            || context.policy().attributes.is_secure()
            || base_url.is_some_and(|url| url.starts_with("https:"))
    }

    fn is_trusted(&self, origin: Option<&[u8]>) -> bool {
        let mut trusted = self.trusted_origins.iter();
        origin.is_some_and(|origin| trusted.any(|trusted| trusted.as_bytes() == origin))
    }

    /// Reports to the operator that the request has no session.
    pub(super) fn missing_session(&self) {
        self.events.missing_session();
    }

    fn is_own_origin(&self, origin: Option<&[u8]>, context: &Context) -> bool {
        let Some(origin) = origin else {
            return true;
        };
        let (Ok(origin), Some(base_url)) =
            (std::str::from_utf8(origin), self.expected_origin(context))
        else {
            return false;
        };
        verified_origin(Some(origin), &base_url)
    }

    fn expected_origin(&self, context: &Context) -> Option<String> {
        let own = || context.origin().base_url();
        self.base_url.clone().or_else(own)
    }

    fn refuse(
        &self,
        reason: InvalidAuthenticityToken,
        origin: Option<&[u8]>,
        context: &Context,
    ) -> Check {
        let base_url = self.expected_origin(context);
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
            .field("trusted_origins", &self.trusted_origins)
            .field("verification", &self.verification)
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
    pub(super) sec_fetch_site: SecFetchSite,
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
