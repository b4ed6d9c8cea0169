//! [`AuthenticityTokens`]: prove that a form was rendered for this session
//! (`ActionController::RequestForgeryProtection`, `request_forgery_protection.rb`).

use std::borrow::Cow;
use std::fmt;

use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use super::csrf_settings::CsrfSettings;
use super::masked_token::{LENGTH, Token, decode, mask, parse, random, unmask};
use super::sealed_session::CSRF_TOKEN;
use crate::cipher::hmac::HmacKey;
use crate::error::Error;
use crate::message::base64::Alphabet;
use crate::serializer::value::Value;
use crate::session::data::{SessionData, from_value};
use crate::session::key_update::KeyUpdate;
use crate::settings::HmacDigest;

/// `GLOBAL_CSRF_TOKEN_IDENTIFIER` (5.2.4.3 and 6.0.3.1)
const GLOBAL: &[u8] = b"!real_csrf_token";

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
    /// The path of the page that the tokens are for.
    page: Option<Box<str>>,
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
    /// If two requests create the first token of a session in a store at the same time, the one
    /// that is saved first stays. A form that the other request rendered does not verify then. This
    /// refuses the fewest forms: any number of requests may have rendered forms with the token that
    /// was saved. (In Rails the last one stays, and the forms of all others are refused.)
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
        if let Some(tokens) = Self::load(session, settings.clone()) {
            return Ok(tokens);
        }
        let tokens = Self::generate(settings)?;
        let text = tokens.text();
        let value = Value::from(&**text);
        let set_first = KeyUpdate::new(CSRF_TOKEN, move |there| {
            let there = there.and_then(|there| from_value::<String>(CSRF_TOKEN, &there));
            let is_token = there.is_ok_and(|there| parse(&there).is_some());
            Ok((!is_token).then(|| Value::from(&**text)))
        });
        session.put_update(set_first, Some(value));
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
        Some(Self::new(parse(text)?, settings.into()))
    }

    /// Creates new tokens.
    pub(super) fn generate(settings: CsrfSettings) -> Result<Self, Error> {
        Ok(Self::new(random()?, settings))
    }

    /// Returns the token's text, as a session or a cookie keeps it.
    pub(super) fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(self.encode(&*self.real))
    }

    fn new(real: Token, settings: CsrfSettings) -> Self {
        let key = HmacKey::new(HmacDigest::Sha256, &*real);
        Self {
            real,
            key,
            settings,
            page: None,
        }
    }

    /// Sets the path of the page whose forms get tokens, the path of the present request.
    ///
    /// A form without an action, or with a relative one, is sent to an address below that page:
    /// Rails 7.2 and later append `/` and the action to the page's path. Browsers resolve `edit` on
    /// the page `/orders/17` to `/orders/edit` instead, and so no such token is ever valid. Write
    /// other actions with their whole path.
    ///
    /// ```
    /// use hardtack::csrf::AuthenticityTokens;
    /// use hardtack::{LoadDefaults, SessionData};
    ///
    /// let mut session = SessionData::new();
    /// let tokens = AuthenticityTokens::load_or_create(&mut session, LoadDefaults::V7_2)?;
    /// let token = tokens.page("/orders/17").masked_per_form_token("", "post")?;
    /// assert!(tokens.verify(&token, "/orders/17", "POST"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn page(&self, path: &str) -> Self {
        Self {
            page: Some(without_query(path).into()),
            ..self.clone()
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
    /// not use per-form tokens, returns a token for any form. For a relative action, see
    /// [`page`](Self::page).
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
        let token = self.signed(&per_form(&self.action_path(action), method));
        Ok(self.encode(&mask(&token)?))
    }

    /// Returns the path of a form's action (`normalize_action_path`); a relative one is joined to
    /// the page's path (`normalize_relative_action_path`, Rails 7.2).
    fn action_path<'a>(&self, action: &'a str) -> Cow<'a, str> {
        let (path, is_relative) = path_of(action);
        match &self.page {
            Some(page) if is_relative && self.settings.joins_relative_actions => {
                Cow::Owned(format!("{page}/{path}").replace("/./", "/"))
            }
            _ => Cow::Borrowed(path),
        }
    }

    /// Returns the hidden field of a form, as HTML, with a newly masked token for any form
    /// (`token_tag`). For a token of one form, write the field yourself.
    ///
    /// ```
    /// use hardtack::Session;
    ///
    /// let field = Session::ephemeral()?.authenticity_tokens()?.hidden_field()?;
    /// assert!(field.starts_with(r#"<input type="hidden" name="authenticity_token" value=""#));
    /// assert!(field.ends_with(r#"" autocomplete="off" />"#));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NoRandomness`] if the operating system gives no random bytes.
    pub fn hidden_field(&self) -> Result<String, Error> {
        let name = escape_html(&self.settings.request_forgery_protection_token);
        let token = self.masked_authenticity_token()?;
        // A browser that reloads a page would fill in the old token again (Rails 7.0 to 8.0).
        Ok(format!(
            r#"<input type="hidden" name="{name}" value="{token}" autocomplete="off" />"#
        ))
    }

    /// Returns the two tags for a page's `<head>`, as HTML: the name of a form's field, and a newly
    /// masked token for any form (`csrf_meta_tags`). JavaScript sends the token in the header
    /// `X-CSRF-Token`.
    ///
    /// ```
    /// use hardtack::Session;
    ///
    /// let tags = Session::ephemeral()?.authenticity_tokens()?.csrf_meta_tags()?;
    /// let (name, token) = tags.split_once('\n').unwrap();
    /// assert_eq!(name, r#"<meta name="csrf-param" content="authenticity_token" />"#);
    /// assert!(token.starts_with(r#"<meta name="csrf-token" content=""#));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NoRandomness`] if the operating system gives no random bytes.
    pub fn csrf_meta_tags(&self) -> Result<String, Error> {
        let name = escape_html(&self.settings.request_forgery_protection_token);
        let token = self.masked_authenticity_token()?;
        Ok(format!(
            "<meta name=\"csrf-param\" content=\"{name}\" />\n<meta name=\"csrf-token\" content=\"{token}\" />"
        ))
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
        self.is_valid(token.as_ref(), Some((path, method)))
    }

    /// Checks that a token belongs to this session, and is not for one form only.
    #[cfg(any(feature = "tower", feature = "actix-web"))]
    pub(crate) fn verify_for_any_form(&self, token: &[u8]) -> bool {
        self.is_valid(token, None)
    }

    fn is_valid(&self, token: &[u8], form: Option<(&str, &str)>) -> bool {
        let Some(bytes) = decode(token) else {
            return false;
        };
        if let Ok(unmasked) = <&[u8; LENGTH]>::try_from(bytes.as_slice()) {
            return self.is_real(unmasked).into();
        }
        let Some(token) = unmask(&bytes) else {
            return false;
        };
        let is_signed =
            |text: &[u8]| Choice::from(u8::from(self.key.verify(text, &*token).is_some()));
        let is_for_form = |(path, method)| is_signed(&per_form(without_query(path), method));
        let per_form = form.map_or(Choice::from(0), is_for_form)
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

/// Returns a request's path without its query.
fn without_query(path: &str) -> &str {
    path.split_once('?').map_or(path, |(path, _)| path)
}

/// Escapes the value of an attribute (`ERB::Util.html_escape`).
fn escape_html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

/// Returns the text that a per-form token signs: the path less one trailing slash, and the method.
fn per_form(path: &str, method: &str) -> Vec<u8> {
    let path = path.strip_suffix('/').unwrap_or(path);
    format!("{path}#{}", method.to_ascii_lowercase()).into_bytes()
}

/// Returns the path of a form's action (`URI.parse(action).path`), and whether it is relative to
/// its page.
fn path_of(action: &str) -> (&str, bool) {
    let end = action.find(['?', '#']).unwrap_or(action.len());
    let action = action.get(..end).unwrap_or(action);
    let is_scheme = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    };
    let (rest, has_scheme) = match action.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) => (rest, true),
        _ => (action, false),
    };
    match rest.strip_prefix("//") {
        Some(host) => {
            let start = host.find('/').unwrap_or(host.len());
            (host.get(start..).unwrap_or_default(), false)
        }
        None => (rest, !has_scheme && !rest.starts_with('/')),
    }
}
