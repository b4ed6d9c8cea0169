//! The authenticity tokens of a request's session.

use super::app_settings::csrf_settings;
use super::csrf::AuthenticityTokens;
use super::token_cookie;
use crate::error::Error;
use crate::session::handle::Session;

impl Session {
    /// Returns the session's authenticity tokens, for the pages of this request. Creates them if
    /// the session has none. [`reset`](Self::reset), [`renew`](Self::renew) and a login replace the
    /// tokens: call this method after them.
    ///
    /// ```
    /// use hardtack::Session;
    ///
    /// let session = Session::ephemeral()?;
    /// let token = session.authenticity_tokens()?.masked_per_form_token("/orders", "post")?;
    /// assert!(session.is_authentic(&token, "/orders", "POST"));
    /// assert!(!session.is_authentic(&token, "/orders", "DELETE"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// The errors of [`AuthenticityTokens::load_or_create`]; [`Error::ReadOnlySession`] or
    /// [`Error::CommittedSession`] if the session has no tokens and cannot be changed;
    /// [`Error::NoKeyring`] if a cookie keeps the tokens
    /// ([`token_cookie`](crate::csrf::CsrfSettings::token_cookie)) and the app has no Rails jars.
    pub fn authenticity_tokens(&self) -> Result<AuthenticityTokens, Error> {
        if let Some(tokens) = self.present_authenticity_tokens() {
            return Ok(tokens);
        }
        let settings = csrf_settings(&self.0);
        if let Some(name) = settings.token_cookie.clone() {
            return token_cookie::create(&self.0, settings, &name);
        }
        self.0
            .write(|loaded| AuthenticityTokens::load_or_create(&mut loaded.data, settings))
    }

    /// Checks that a token belongs to this session, for a request with this path and method: see
    /// [`AuthenticityTokens::verify`] (example: at
    /// [`authenticity_tokens`](Self::authenticity_tokens)).
    #[must_use]
    pub fn is_authentic(&self, token: impl AsRef<[u8]>, path: &str, method: &str) -> bool {
        let tokens = self.present_authenticity_tokens();
        tokens.is_some_and(|tokens| tokens.verify(token, path, method))
    }

    /// Returns the session's authenticity tokens; `None` if it has none.
    pub(crate) fn present_authenticity_tokens(&self) -> Option<AuthenticityTokens> {
        let settings = csrf_settings(&self.0);
        if let Some(name) = &settings.token_cookie {
            return token_cookie::find(&self.0, &settings, name);
        }
        self.read(|data| AuthenticityTokens::load(data, settings))
    }
}
