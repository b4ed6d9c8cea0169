//! [`CsrfSettings`]: the settings of an app's protection against forged requests.

use std::borrow::Cow;

use crate::load_defaults::LoadDefaults;
use crate::settings::{CsrfForms, CsrfVerification, Settings};

/// The settings of an app's protection against forged requests: the form in which it makes its
/// authenticity tokens, of which every form is accepted, and what a request needs.
///
/// ```
/// use hardtack::LoadDefaults;
/// use hardtack::csrf::CsrfSettings;
///
/// assert!(CsrfSettings::from(LoadDefaults::V6_1).urlsafe_csrf_tokens);
/// assert!(!CsrfSettings::from(LoadDefaults::V6_0).urlsafe_csrf_tokens);
/// // An app on load_defaults 6.0 that runs Rails 7.0, which reads only url-safe tokens:
/// let settings = CsrfSettings::from(LoadDefaults::V6_0).urlsafe_csrf_tokens(true);
/// assert!(settings.per_form_csrf_tokens);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a setting of its own, and none excludes another"
)]
#[non_exhaustive]
pub struct CsrfSettings {
    /// `urlsafe_csrf_tokens`: url-safe base64 without padding (defaults 6.1), instead of standard
    /// base64.
    pub urlsafe_csrf_tokens: bool,
    /// `per_form_csrf_tokens`: also accepts a token made for one path and method (defaults 5.0).
    pub per_form_csrf_tokens: bool,
    /// Pages get the global token, as from Rails 5.2.4.3 and 6.0.3.1 on, instead of the real one,
    /// the only token that older versions know. Both are always accepted.
    pub global_csrf_tokens: bool,
    /// `request_forgery_protection_token`: the name of the field that holds a form's token,
    /// `authenticity_token` in every version.
    pub request_forgery_protection_token: Cow<'static, str>,
    /// The encrypted cookie that keeps the token (`protect_from_forgery store: :cookie`); `None` if
    /// the session keeps it, the default of every version.
    pub token_cookie: Option<Cow<'static, str>>,
    /// Joins a form's relative action to the path of its page.
    pub(crate) joins_relative_actions: bool,
    /// The proof that a request is not forged.
    pub(crate) verification: CsrfVerification,
}

impl CsrfSettings {
    /// Sets `urlsafe_csrf_tokens` (example: at the type).
    #[must_use]
    pub fn urlsafe_csrf_tokens(mut self, urlsafe_csrf_tokens: bool) -> Self {
        self.urlsafe_csrf_tokens = urlsafe_csrf_tokens;
        self
    }

    /// Sets `per_form_csrf_tokens`.
    ///
    /// ```
    /// use hardtack::LoadDefaults;
    /// use hardtack::csrf::CsrfSettings;
    ///
    /// let settings = CsrfSettings::from(LoadDefaults::V7_1).per_form_csrf_tokens(false);
    /// assert!(!settings.per_form_csrf_tokens);
    /// ```
    #[must_use]
    pub fn per_form_csrf_tokens(mut self, per_form_csrf_tokens: bool) -> Self {
        self.per_form_csrf_tokens = per_form_csrf_tokens;
        self
    }

    /// Sets `global_csrf_tokens`: pages get the global token instead of the real one.
    ///
    /// ```
    /// use hardtack::LoadDefaults;
    /// use hardtack::csrf::CsrfSettings;
    ///
    /// // Rails 5.2.4.2 had no global token.
    /// let settings = CsrfSettings::from(LoadDefaults::V5_2).global_csrf_tokens(false);
    /// assert!(!settings.global_csrf_tokens);
    /// ```
    #[must_use]
    pub fn global_csrf_tokens(mut self, global_csrf_tokens: bool) -> Self {
        self.global_csrf_tokens = global_csrf_tokens;
        self
    }

    /// Sets `request_forgery_protection_token`: the name of the field that holds a form's token.
    ///
    /// ```
    /// use hardtack::csrf::{AuthenticityTokens, CsrfSettings};
    /// use hardtack::{LoadDefaults, SessionData};
    ///
    /// let settings = CsrfSettings::from(LoadDefaults::V7_1).request_forgery_protection_token("csrf");
    /// let tokens = AuthenticityTokens::load_or_create(&mut SessionData::new(), settings)?;
    /// assert!(tokens.hidden_field()?.starts_with(r#"<input type="hidden" name="csrf" "#));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn request_forgery_protection_token(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.request_forgery_protection_token = name.into();
        self
    }

    /// Keeps the token in an encrypted cookie of its own (`protect_from_forgery store: :cookie`,
    /// Rails 7.1 and later), which Rails calls `csrf_token`: a form then begins no session.
    ///
    /// The cookie holds the session's id, and counts only for that session, or for a browser
    /// without one. If a request that uses the tokens begins a session, its response sets the
    /// cookie for that session. If one does that does not use them, such as a page without a form,
    /// the tokens of earlier pages are invalid afterwards, as in Rails.
    ///
    /// The cookie needs the app's jars ([`ServerSessions::keyring`](crate::ServerSessions::keyring)
    /// for sessions in a store), and is set with the others
    /// ([`Cookies::take`](crate::Cookies::take)).
    ///
    /// ```
    /// use std::sync::Arc;
    /// use hardtack::csrf::CsrfSettings;
    /// use hardtack::{Commit, CookieStore, LoadDefaults, RequestOrigin, Session};
    ///
    /// let store = CookieStore::ephemeral("_shop_session")?
    ///     .csrf(CsrfSettings::from(LoadDefaults::V7_2).token_cookie("csrf_token"));
    /// let session = Session::open(&Arc::new(store), "", RequestOrigin::default());
    /// let token = session.authenticity_tokens()?.masked_authenticity_token()?;
    /// assert_eq!(session.commit(200)?, Commit::Keep); // no session
    /// assert_eq!(session.cookies().take()[0].name(), "csrf_token");
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn token_cookie(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.token_cookie = Some(name.into());
        self
    }
}

impl From<LoadDefaults> for CsrfSettings {
    fn from(version: LoadDefaults) -> Self {
        Self::from(&version.settings())
    }
}

impl From<&Settings> for CsrfSettings {
    fn from(settings: &Settings) -> Self {
        let forms = settings.csrf;
        Self {
            urlsafe_csrf_tokens: forms >= CsrfForms::Rails6_1,
            per_form_csrf_tokens: forms >= CsrfForms::Rails5_0,
            global_csrf_tokens: forms >= CsrfForms::Rails5_2,
            request_forgery_protection_token: Cow::Borrowed("authenticity_token"),
            token_cookie: None,
            joins_relative_actions: forms >= CsrfForms::Rails7_2,
            verification: settings.csrf_verification,
        }
    }
}
