//! [`AuthenticityTokens`]: prove that a form was rendered for this session
//! (`ActionController::RequestForgeryProtection`, `request_forgery_protection.rb`).

use std::fmt;

use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use super::masked_token::{LENGTH, Token, decode, mask, random, unmask};
use super::sealed_session::CSRF_TOKEN;
use crate::cipher::hmac::HmacKey;
use crate::error::Error;
use crate::load_defaults::LoadDefaults;
use crate::message::base64::Alphabet;
use crate::session::data::SessionData;
use crate::settings::{CsrfForms, HmacDigest, Settings};

/// `GLOBAL_CSRF_TOKEN_IDENTIFIER` (5.2.4.3 and 6.0.3.1)
const GLOBAL: &[u8] = b"!real_csrf_token";

/// The form in which an app makes its authenticity tokens. Every form is accepted when a token is
/// verified.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
            urlsafe_csrf_tokens: matches!(forms, CsrfForms::Rails6_1 | CsrfForms::Rails7_0),
            per_form_csrf_tokens: forms != CsrfForms::Rails2_3,
            global_csrf_tokens: !matches!(forms, CsrfForms::Rails2_3 | CsrfForms::Rails5_0),
        }
    }
}

/// The authenticity tokens of a session: made for pages, verified when a form is sent.
///
/// They are compatible with Rails both ways: a form that Rails rendered verifies here, and the
/// reverse. A token is masked with new random bytes each time it is shown. Every comparison takes
/// the same time, no matter at which byte the tokens differ. The secret is wiped when it is
/// dropped, and `Debug` does not show it.
///
/// ```
/// use hardtack::csrf::AuthenticityTokens;
/// use hardtack::{LoadDefaults, SessionData};
///
/// let mut session = SessionData::new();
/// let tokens = AuthenticityTokens::load_or_create(&mut session, LoadDefaults::V7_1)?;
/// let token = tokens.masked_authenticity_token()?;
/// assert!(tokens.verify(&token, "/orders", "POST"));
/// assert!(!tokens.verify("forged", "/orders", "POST"));
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone)]
pub struct AuthenticityTokens {
    real: Token,
    key: HmacKey,
    settings: CsrfSettings,
}

impl AuthenticityTokens {
    /// Reads the token from a session; `None` if the session has none, so that no token can verify.
    ///
    /// ```
    /// use hardtack::csrf::AuthenticityTokens;
    /// use hardtack::{LoadDefaults, SessionData};
    ///
    /// assert!(AuthenticityTokens::load(&SessionData::new(), LoadDefaults::V7_1).is_none());
    /// ```
    #[must_use]
    pub fn load(session: &SessionData, settings: impl Into<CsrfSettings>) -> Option<Self> {
        let text = Zeroizing::new(session.get::<String>(CSRF_TOKEN).ok().flatten()?);
        Self::parse(&text, settings)
    }

    /// Reads the token from a session, or creates one and puts it there: 32 random bytes from the
    /// operating system (`real_csrf_token`).
    ///
    /// ```
    /// use hardtack::csrf::AuthenticityTokens;
    /// use hardtack::{LoadDefaults, SessionData};
    ///
    /// let mut session = SessionData::new();
    /// AuthenticityTokens::load_or_create(&mut session, LoadDefaults::V7_1)?;
    /// assert_eq!(session.get::<String>("_csrf_token")?.unwrap().len(), 43);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NoRandomness`] if the operating system gives no random bytes.
    pub fn load_or_create(
        session: &mut SessionData,
        settings: impl Into<CsrfSettings>,
    ) -> Result<Self, Error> {
        let settings = settings.into();
        if let Some(tokens) = Self::load(session, settings) {
            return Ok(tokens);
        }
        let tokens = Self::new(random()?, settings);
        session.insert(CSRF_TOKEN, tokens.encode(&*tokens.real))?;
        Ok(tokens)
    }

    /// Parses the token from text, for an app that keeps it outside the session
    /// (`csrf_token_storage_strategy`, Rails 7.1 and later); `None` if it is not base64 of 32
    /// bytes.
    ///
    /// ```
    /// use hardtack::LoadDefaults;
    /// use hardtack::csrf::AuthenticityTokens;
    ///
    /// let text = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    /// assert!(AuthenticityTokens::parse(text, LoadDefaults::V7_1).is_some());
    /// assert!(AuthenticityTokens::parse("AAEC", LoadDefaults::V7_1).is_none());
    /// ```
    #[must_use]
    pub fn parse(text: &str, settings: impl Into<CsrfSettings>) -> Option<Self> {
        let bytes = decode(text.as_bytes())?;
        let real = <&[u8; LENGTH]>::try_from(bytes.as_slice()).ok()?;
        Some(Self::new(Zeroizing::new(*real), settings.into()))
    }

    fn new(real: Token, settings: CsrfSettings) -> Self {
        let key = HmacKey::new(HmacDigest::Sha256, &*real);
        Self {
            real,
            key,
            settings,
        }
    }

    /// Returns a newly masked token for any form and for `<meta name="csrf-token">`
    /// (`form_authenticity_token`).
    ///
    /// ```
    /// use hardtack::csrf::AuthenticityTokens;
    /// use hardtack::{LoadDefaults, SessionData};
    ///
    /// # let mut session = SessionData::new();
    /// # let tokens = AuthenticityTokens::load_or_create(&mut session, LoadDefaults::V7_1)?;
    /// let token = tokens.masked_authenticity_token()?;
    /// assert_eq!(token.len(), 86);
    /// assert_ne!(token, tokens.masked_authenticity_token()?);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NoRandomness`] if the operating system gives no random bytes.
    pub fn masked_authenticity_token(&self) -> Result<String, Error> {
        if self.settings.global_csrf_tokens {
            Ok(self.encode(&mask(&self.signed(GLOBAL))?))
        } else {
            Ok(self.encode(&mask(&self.real)?))
        }
    }

    /// Returns a newly masked token for one form: for the path of `action` (a path or a URL) and
    /// the form's `method`, which is `patch` for a form whose `_method` is `patch`. If the app does
    /// not use per-form tokens, returns a token for any form.
    ///
    /// ```
    /// use hardtack::csrf::AuthenticityTokens;
    /// use hardtack::{LoadDefaults, SessionData};
    ///
    /// # let mut session = SessionData::new();
    /// # let tokens = AuthenticityTokens::load_or_create(&mut session, LoadDefaults::V7_1)?;
    /// let token = tokens.masked_per_form_token("/orders/17?page=2", "patch")?;
    /// assert!(tokens.verify(&token, "/orders/17/", "PATCH"));
    /// assert!(!tokens.verify(&token, "/orders/18", "PATCH"));
    /// assert!(!tokens.verify(&token, "/orders/17", "DELETE"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NoRandomness`] if the operating system gives no random bytes.
    pub fn masked_per_form_token(&self, action: &str, method: &str) -> Result<String, Error> {
        if !self.settings.per_form_csrf_tokens {
            return self.masked_authenticity_token();
        }
        let token = self.signed(&per_form(path_of(action), method));
        Ok(self.encode(&mask(&token)?))
    }

    /// Checks that a token, from the form or the header `X-CSRF-Token`, belongs to this session,
    /// for any form or for the path and method of this request (`valid_authenticity_token?`).
    ///
    /// Pass the method that Rails would see, after `_method` was applied. In Rails, GET and HEAD
    /// requests need no token.
    ///
    /// ```
    /// use hardtack::LoadDefaults;
    /// use hardtack::csrf::AuthenticityTokens;
    ///
    /// let text = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    /// let tokens = AuthenticityTokens::parse(text, LoadDefaults::V7_1).unwrap();
    /// assert!(tokens.verify(text, "/", "POST")); // unmasked, as Rails 4.1 and older sent it
    /// assert!(!tokens.verify("", "/", "POST"));
    /// ```
    #[must_use]
    pub fn verify(&self, token: impl AsRef<[u8]>, path: &str, method: &str) -> bool {
        let Some(bytes) = decode(token.as_ref()) else {
            return false;
        };
        if let Ok(unmasked) = <&[u8; LENGTH]>::try_from(bytes.as_slice()) {
            return self.is_real(unmasked).into();
        }
        let Some(token) = unmask(&bytes) else {
            return false;
        };
        let path = path.split_once('?').map_or(path, |(path, _)| path);
        let is_signed =
            |text: &[u8]| Choice::from(u8::from(self.key.verify(text, &*token).is_some()));
        let per_form = is_signed(&per_form(path, method))
            & Choice::from(u8::from(self.settings.per_form_csrf_tokens));
        // All three are always compared, so that the time does not tell which kind the token is.
        (is_signed(GLOBAL) | self.is_real(&token) | per_form).into()
    }

    fn is_real(&self, token: &[u8; LENGTH]) -> Choice {
        token.ct_eq(&*self.real)
    }

    /// `csrf_token_hmac`
    fn signed(&self, text: &[u8]) -> Token {
        let mut token = Zeroizing::new([0; LENGTH]);
        for (to, from) in token.iter_mut().zip(self.key.sign(text).bytes()) {
            *to = from;
        }
        token
    }

    fn encode(&self, bytes: &[u8]) -> String {
        let alphabet = Alphabet::when_url_safe(self.settings.urlsafe_csrf_tokens);
        let mut text = Vec::with_capacity(alphabet.encoded_len(bytes.len()));
        alphabet.encode_into(&mut text, bytes);
        text.into_iter().map(char::from).collect()
    }
}

impl fmt::Debug for AuthenticityTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthenticityTokens(..)")
    }
}

/// Checks that a request's `Origin` header, if it has one, names the site itself
/// (`valid_request_origin?`, with `forgery_protection_origin_check`, defaults 5.0).
///
/// The base URL is scheme and host, with the port unless it is the scheme's default. A request
/// without the header passes, since some browsers leave it out; the value `null` does not pass.
///
/// ```
/// use hardtack::internal::verified_origin;
///
/// assert!(verified_origin(Some("https://example.com"), "https://example.com"));
/// assert!(verified_origin(None, "https://example.com"));
/// assert!(!verified_origin(Some("https://example.org"), "https://example.com"));
/// assert!(!verified_origin(Some("null"), "https://example.com"));
/// ```
#[must_use]
pub fn verified_origin(origin: Option<&str>, base_url: &str) -> bool {
    origin.is_none_or(|origin| origin != "null" && origin == base_url)
}

/// Returns the text that a per-form token signs: the path less one trailing slash, and the method.
fn per_form(path: &str, method: &str) -> Vec<u8> {
    let path = path.strip_suffix('/').unwrap_or(path);
    format!("{path}#{}", method.to_ascii_lowercase()).into_bytes()
}

/// Returns the path of a form's action (`URI.parse(action).path`).
fn path_of(action: &str) -> &str {
    let end = action.find(['?', '#']).unwrap_or(action.len());
    let action = action.get(..end).unwrap_or(action);
    let is_scheme = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    };
    let rest = match action.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) => rest,
        _ => action,
    };
    match rest.strip_prefix("//") {
        Some(host) => host
            .find('/')
            .and_then(|start| host.get(start..))
            .unwrap_or(""),
        None => rest,
    }
}
