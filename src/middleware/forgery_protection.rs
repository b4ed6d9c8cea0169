//! [`ForgeryProtection`]: which requests need an authenticity token, and whether they bring one
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

/// Protection against requests that another site made a browser send (`protect_from_forgery`).
///
/// Every request but GET and HEAD needs one of its session's authenticity tokens, in the header
/// `X-CSRF-Token` or the form's field `authenticity_token` (`application/x-www-form-urlencoded` or
/// `multipart/form-data`), and an `Origin` of the site itself, where it has one. Where the header's
/// token is valid the body is not touched. OPTIONS needs one too, as in Rails: put a middleware
/// that answers preflight requests around this one. Unlike in Rails, a token in the query or in a
/// JSON body does not count.
///
/// A POST whose form has a `_method`, or that has the header `X-HTTP-Method-Override`, may bring
/// the token that Rails rendered for that method; it needs one whatever they say.
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
    /// As Rails has it by default: tokens and origins are checked; forms of up to 2 MiB are read.
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

    /// Whether the header `Origin` must be the site's own (`forgery_protection_origin_check`,
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

    /// The site's own origin: scheme and host as browsers send them, with the port where it is
    /// not the scheme's usual one. Without it, what [`Session::origin`] says.
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

    /// Lets requests through for which this is true, of their method and their path without its
    /// query, as sent: those that something else protects, such as a webhook's signature
    /// (`skip_forgery_protection`). Of several any one will do.
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

    /// How long a form may be, in bytes, that is kept in memory for its token: 2 MiB where nothing
    /// is said. A longer one is refused unless the header `X-CSRF-Token` has a valid token.
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

    /// What a request's head says of it.
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

    /// Tells the operator that there was no session to look at.
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

/// What the protection looks at in a request's head.
pub(super) struct Head<'a> {
    pub(super) method: &'a str,
    /// Without the query.
    pub(super) path: &'a str,
    pub(super) origin: Option<&'a [u8]>,
    pub(super) csrf_token: Option<&'a [u8]>,
    pub(super) method_override: Option<&'a [u8]>,
    pub(super) content_type: Option<&'a [u8]>,
    /// How many bytes the body has at least.
    pub(super) length: u64,
}

/// What is to be done with a request.
pub(super) enum Check {
    Verified,
    Refused(InvalidAuthenticityToken),
    /// Its body decides.
    Form(Box<FormBody>),
}
