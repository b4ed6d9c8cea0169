//! [`LaravelKeys`]: the keys of a session that Laravel itself uses.

use serde::Serialize;
use serde::de::DeserializeOwned;
use subtle::ConstantTimeEq;

use super::encrypter::Encrypter;
use super::random_text::random_text;
use crate::error::Error;
use crate::http::cookie_attributes::CookieAttributes;
use crate::http::set_cookie::SetCookie;
use crate::serializer::value::Value;
use crate::session::handle::Session;

/// The key of the token against forged requests.
pub(super) const TOKEN: &str = "_token";

/// The key of the names of flashed keys.
const FLASH: &str = "_flash";

/// The name of the cookie that gives the token to JavaScript (`VerifyCsrfToken.php`).
const XSRF_TOKEN: &str = "XSRF-TOKEN";

/// The length of a token (`Illuminate/Session/Store.php`, `regenerateToken`).
const TOKEN_LENGTH: usize = 40;

/// The keys of a session that Laravel itself uses: the token of its forms, the flash, the last
/// page. A handle that is cheap to clone.
///
/// ```
/// use hardtack::Session;
///
/// let session = Session::ephemeral()?;
/// let keys = session.laravel();
/// let token = keys.token()?;
/// assert!(keys.is_token(&token));
/// assert!(!keys.is_token("forged"));
///
/// keys.flash("status", "Saved")?;
/// assert_eq!(keys.take_flash::<String>("status")?.as_deref(), Some("Saved"));
/// assert_eq!(keys.take_flash::<String>("status")?, None);
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct LaravelKeys(Session);

impl Session {
    /// Returns the keys that Laravel itself uses (example: at
    /// [`LaravelKeys`](crate::laravel::LaravelKeys)).
    #[must_use]
    pub fn laravel(&self) -> LaravelKeys {
        LaravelKeys(self.clone())
    }
}

impl LaravelKeys {
    /// Returns the token for the field `_token` of a form and for the header `X-CSRF-TOKEN`
    /// (`csrf_token()`), and creates it if the session has none (example: at [`LaravelKeys`]).
    ///
    /// # Errors
    /// [`Error::UnexpectedValue`] if `_token` is no text, and the errors of
    /// [`Session::insert`].
    pub fn token(&self) -> Result<String, Error> {
        let token: Option<String> = self.0.get(TOKEN)?;
        if let Some(token) = token.filter(|token| !token.is_empty()) {
            return Ok(token);
        }
        let token = random_text::<TOKEN_LENGTH>()?;
        self.0.insert(TOKEN, &token)?;
        Ok(token)
    }

    /// Checks the token of the field `_token` or of the header `X-CSRF-TOKEN`. Without a token in
    /// the session none is right (example: at [`LaravelKeys`]).
    ///
    /// The time that it takes does not depend on the place where the tokens differ.
    #[must_use]
    pub fn is_token(&self, sent: impl AsRef<[u8]>) -> bool {
        let token: Option<String> = self.0.get(TOKEN).ok().flatten();
        let token = token.filter(|token| !token.is_empty());
        token.is_some_and(|token| bool::from(token.as_bytes().ct_eq(sent.as_ref())))
    }

    /// Checks the header `X-XSRF-TOKEN`: JavaScript sends in it the value of the cookie
    /// `XSRF-TOKEN`, as Axios and Angular do. The value is no longer escaped.
    ///
    /// Laravel does not look at the prefix of the value; hardtack requires that of the cookie.
    ///
    /// ```
    /// use hardtack::Session;
    /// use hardtack::laravel::{AppKey, Encrypter, LaravelCipher};
    ///
    /// let cipher = LaravelCipher::default();
    /// let encrypter = Encrypter::new(&AppKey::generate(cipher)?, cipher)?;
    /// let session = Session::ephemeral()?;
    /// let cookie = session.laravel().xsrf_cookie(&encrypter, None)?;
    /// assert_eq!((cookie.name(), cookie.http_only()), ("XSRF-TOKEN", false));
    /// assert!(session.laravel().is_xsrf_token(&encrypter, cookie.value()));
    ///
    /// let of_another = Session::ephemeral()?.laravel().xsrf_cookie(&encrypter, None)?;
    /// assert!(!session.laravel().is_xsrf_token(&encrypter, of_another.value()));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn is_xsrf_token(&self, encrypter: &Encrypter, sent: impl AsRef<[u8]>) -> bool {
        let token = encrypter.open_cookie(XSRF_TOKEN, sent);
        token.is_ok_and(|token| self.is_token(token))
    }

    /// Returns the cookie `XSRF-TOKEN` for a response, from which JavaScript takes the token; a
    /// session without a token gets one (example: at [`is_xsrf_token`](Self::is_xsrf_token)).
    ///
    /// Give it the attributes of the session's cookie, but for `http_only`, which is off in any
    /// case.
    ///
    /// # Errors
    /// The errors of [`token`](Self::token), [`Encrypter::seal`] and [`SetCookie::new`].
    pub fn xsrf_cookie<'a>(
        &self,
        encrypter: &Encrypter,
        attributes: impl Into<Option<&'a CookieAttributes>>,
    ) -> Result<SetCookie, Error> {
        let value = encrypter.seal_cookie(XSRF_TOKEN, self.token()?)?;
        let attributes = attributes.into().cloned().unwrap_or_default();
        SetCookie::new(XSRF_TOKEN, value, &attributes.http_only(false))
    }

    /// Keeps a value for the next request (`session()->flash()`; example: at [`LaravelKeys`]).
    ///
    /// Laravel removes it at the end of the next request that Laravel handles; requests to hardtack
    /// do not count, and [`take_flash`](Self::take_flash) removes it there.
    ///
    /// # Errors
    /// The errors of [`Session::insert`].
    pub fn flash(&self, key: impl Into<String>, value: impl Serialize) -> Result<(), Error> {
        let key = key.into();
        self.0.insert(&key, value)?;
        // Laravel keeps it under `new` until its own request ends, and under `old` in the store.
        self.0.update_key(FLASH, move |flash: Option<Value>| {
            let mut flash = FlashNames::without(flash.as_ref(), &key);
            flash.old.push(key.clone());
            flash
        })
    }

    /// Removes a flashed value and returns it as a type; `None` if it is missing or null (example:
    /// at [`LaravelKeys`]).
    ///
    /// # Errors
    /// The errors of [`Session::take`].
    pub fn take_flash<T: DeserializeOwned>(
        &self,
        key: impl Into<String>,
    ) -> Result<Option<T>, Error> {
        let key = key.into();
        let value = self.0.take(&key)?;
        let flash: Option<Value> = self.0.get(FLASH)?;
        if FlashNames::of(flash.as_ref()).has(&key) {
            self.0.update_key(FLASH, move |flash: Option<Value>| {
                FlashNames::without(flash.as_ref(), &key)
            })?;
        }
        Ok(value)
    }

    /// Returns the URL of the last page that the visitor saw at Laravel (`url()->previous()`);
    /// `None` if the session has none.
    ///
    /// ```
    /// use hardtack::Session;
    /// use serde_json::json;
    ///
    /// let session = Session::ephemeral()?;
    /// session.insert("_previous", json!({ "url": "https://shop.example/orders" }))?;
    /// let url = session.laravel().previous_url();
    /// assert_eq!(url.as_deref(), Some("https://shop.example/orders"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn previous_url(&self) -> Option<String> {
        let previous: Value = self.0.get("_previous").ok().flatten()?;
        previous.get("url")?.as_str().map(str::to_owned)
    }
}

/// The names of flashed keys: those of the last request and those of this one.
#[derive(Default, Serialize)]
struct FlashNames {
    old: Vec<String>,
    new: Vec<String>,
}

impl FlashNames {
    fn of(flash: Option<&Value>) -> Self {
        let names = |key| names(flash.and_then(|flash| flash.get(key)));
        Self {
            old: names("old"),
            new: names("new"),
        }
    }

    /// Returns the names except one.
    fn without(flash: Option<&Value>, name: &str) -> Self {
        let mut names = Self::of(flash);
        names.old.retain(|other| other != name);
        names.new.retain(|other| other != name);
        names
    }

    fn has(&self, name: &str) -> bool {
        let mut names = self.old.iter().chain(&self.new);
        names.any(|other| other == name)
    }
}

/// Returns the texts of an array. Its keys have gaps if `array_diff` made it.
fn names(list: Option<&Value>) -> Vec<String> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    match list {
        Some(list) => match (list.as_array(), list.as_hash()) {
            (Some(items), _) => items.iter().filter_map(text).collect(),
            (None, Some(pairs)) => pairs.iter().filter_map(|(_, item)| text(item)).collect(),
            (None, None) => Vec::new(),
        },
        None => Vec::new(),
    }
}
