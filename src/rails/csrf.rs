//! [`AuthenticityTokens`]: proof that a form was rendered for this session
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

/// How an app makes its authenticity tokens. Reading takes every form there is.
///
/// ```
/// use hardtack::LoadDefaults;
/// use hardtack::csrf::CsrfSettings;
///
/// assert!(CsrfSettings::from(LoadDefaults::V6_1).urlsafe_csrf_tokens);
/// assert!(!CsrfSettings::from(LoadDefaults::V6_0).urlsafe_csrf_tokens);
/// // An app on load_defaults 6.0 that runs Rails 7.0, which knows no other tokens:
/// let settings = CsrfSettings::from(LoadDefaults::V6_0).urlsafe_csrf_tokens(true);
/// assert!(settings.per_form_csrf_tokens);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CsrfSettings {
    /// `urlsafe_csrf_tokens`: url-safe base64 without padding (defaults 6.1), rather than standard.
    pub urlsafe_csrf_tokens: bool,
    /// `per_form_csrf_tokens`: whether a token for one path and method counts (defaults 5.0).
    pub per_form_csrf_tokens: bool,
    /// Whether a page gets the global token, as from 5.2.4.3 and 6.0.3.1 on, rather than the real
    /// one, which is all that older ones know. Both are always accepted.
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

    /// Sets whether a page gets the global token.
    ///
    /// ```
    /// use hardtack::LoadDefaults;
    /// use hardtack::csrf::CsrfSettings;
    ///
    /// // Rails 5.2.4.2 had none.
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

/// The authenticity tokens of a session: made for pages, verified when a form comes back.
///
/// They are Rails' own: a form that Rails rendered verifies here, and the reverse. A token is
/// masked by other random bytes each time that it is shown. Every comparison takes the same time
/// wherever tokens differ; the secret is wiped when it is dropped, and `Debug` does not show it.
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
    /// Takes the token out of a session; `None` where it has none, and nothing verifies.
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

    /// Takes the token out of a session, or makes one and puts it there: 32 bytes of the operating
    /// system's randomness (`real_csrf_token`).
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
    /// [`Error::NoRandomness`] where the operating system gives none.
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

    /// Takes the token as text, for an app that keeps it elsewhere (`csrf_token_storage_strategy`,
    /// Rails 7.1 and later); `None` where it is not base64 of 32 bytes.
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

    /// A token for any form and for `<meta name="csrf-token">`, masked anew
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
    /// [`Error::NoRandomness`] where the operating system gives none.
    pub fn masked_authenticity_token(&self) -> Result<String, Error> {
        if self.settings.global_csrf_tokens {
            Ok(self.encode(&mask(&self.signed(GLOBAL))?))
        } else {
            Ok(self.encode(&mask(&self.real)?))
        }
    }

    /// A token for one form, masked anew: for the path of `action`, be it a path or a URL, and
    /// the method that the form stands for (`patch`, where it has a `_method` of `patch`). Where
    /// the app knows no such tokens, one for any form.
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
    /// [`Error::NoRandomness`] where the operating system gives none.
    pub fn masked_per_form_token(&self, action: &str, method: &str) -> Result<String, Error> {
        if !self.settings.per_form_csrf_tokens {
            return self.masked_authenticity_token();
        }
        let token = self.signed(&per_form(path_of(action), method));
        Ok(self.encode(&mask(&token)?))
    }

    /// Whether a token, from the form or the header `X-CSRF-Token`, is one of this session's, for
    /// any form or for the path and method of this request (`valid_authenticity_token?`).
    ///
    /// The method is the one that counts in Rails, after `_method` has been heeded. GET and HEAD
    /// need no token at all there.
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
        // All three, whichever it is.
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

/// Whether a request comes from a page of the site itself, as far as its header `Origin` tells
/// (`valid_request_origin?`, with `forgery_protection_origin_check`, defaults 5.0).
///
/// The base URL is scheme and host, with the port where it is not the scheme's own. Without the
/// header a request passes, since some browsers leave it out; `null` does not.
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

/// What a per-form token signs: the path less one trailing slash, and the method.
fn per_form(path: &str, method: &str) -> Vec<u8> {
    let path = path.strip_suffix('/').unwrap_or(path);
    format!("{path}#{}", method.to_ascii_lowercase()).into_bytes()
}

/// The path of a form's action (`URI.parse(action).path`).
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
