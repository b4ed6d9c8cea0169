//! [`DoubleCsrf`]: the tokens of the Node package csrf-csrf.

use std::fmt;

use subtle::ConstantTimeEq;

use crate::cipher::hmac::HmacKey;
use crate::error::Error;
use crate::hex;
use crate::random;
use crate::settings::HmacDigest;

/// The random bytes of a token (the package's default `size`).
const RANDOM_BYTES: usize = 32;

/// The tokens of csrf-csrf 4 against forged requests (`csrf-csrf/index.js`), with its defaults:
/// HMAC-SHA256 over the session's identifier and a random value.
///
/// The app sets a token as a cookie and hands it to the page, which sends it back in the header
/// `x-csrf-token`. Both must be the same, and made for the session: a page of another site can
/// neither read the cookie nor make a token. What the app's `getSessionIdentifier` returns is the
/// identifier, usually the id of express-session.
///
/// The first secret signs, and all of them verify.
///
/// ```
/// use hardtack::express::DoubleCsrf;
///
/// let tokens = DoubleCsrf::new("keyboard cat 779c6e755323")?;
/// let token = tokens.token("kWkUrpGrN_tfBPGy6fGZr1ke9dVpJZa6")?;
/// assert!(tokens.is_authentic(&token, &token, "kWkUrpGrN_tfBPGy6fGZr1ke9dVpJZa6"));
/// assert!(!tokens.is_authentic(&token, &token, "another session"));
/// assert!(!tokens.is_authentic(&token, "", "kWkUrpGrN_tfBPGy6fGZr1ke9dVpJZa6"));
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone)]
pub struct DoubleCsrf {
    first: HmacKey,
    older: Vec<HmacKey>,
}

impl DoubleCsrf {
    /// Creates the tokens of a secret.
    ///
    /// # Errors
    /// [`Error::BlankSecret`] if the secret is empty or only white space.
    pub fn new(secret: impl AsRef<str>) -> Result<Self, Error> {
        Ok(Self {
            first: key(secret.as_ref())?,
            older: Vec::new(),
        })
    }

    /// Adds an older secret, which verifies and never signs.
    ///
    /// ```
    /// use hardtack::express::DoubleCsrf;
    ///
    /// let token = DoubleCsrf::new("old secret")?.token("id")?;
    /// let tokens = DoubleCsrf::new("new secret")?.older_secret("old secret")?;
    /// assert!(tokens.is_authentic(&token, &token, "id"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// The error of [`new`](Self::new).
    pub fn older_secret(mut self, secret: impl AsRef<str>) -> Result<Self, Error> {
        self.older.push(key(secret.as_ref())?);
        Ok(self)
    }

    /// Makes a token for a session: its HMAC and a random value, in hexadecimal digits, joined by a
    /// dot (example: at the type).
    ///
    /// # Errors
    /// [`Error::NoRandomness`] if the operating system gives no random bytes.
    pub fn token(&self, session_id: &str) -> Result<String, Error> {
        let mut bytes = [0; RANDOM_BYTES];
        random::fill(&mut bytes)?;
        let value = digits(bytes);
        Ok(format!("{}.{value}", sign(&self.first, session_id, &value)))
    }

    /// Checks that the page sent the token of the cookie, and that the token was made for the
    /// session (example: at the type). The time of a refusal does not tell where a token is wrong.
    #[must_use]
    pub fn is_authentic(&self, cookie: &str, sent: &str, session_id: &str) -> bool {
        // As `split(".")` in the package, which ignores further parts.
        let mut parts = cookie.split('.');
        let (Some(code), Some(value)) = (parts.next(), parts.next()) else {
            return false;
        };
        let is_same = bool::from(cookie.as_bytes().ct_eq(sent.as_bytes()));
        let mut keys = std::iter::once(&self.first).chain(&self.older);
        let fits = |key| {
            let right = sign(key, session_id, value);
            bool::from(right.as_bytes().ct_eq(code.as_bytes()))
        };
        is_same && !value.is_empty() && keys.any(fits)
    }
}

impl fmt::Debug for DoubleCsrf {
    /// Leaves out the keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DoubleCsrf(..)")
    }
}

/// Signs the message of the package: each part after its length in UTF-16, joined by `!`.
fn sign(key: &HmacKey, session_id: &str, value: &str) -> String {
    let length = |text: &str| text.encode_utf16().count();
    let (id_length, value_length) = (length(session_id), length(value));
    let message = format!("{id_length}!{session_id}!{value_length}!{value}");
    digits(key.sign(message.as_bytes()).bytes())
}

fn digits(bytes: impl IntoIterator<Item = u8>) -> String {
    let digits = bytes.into_iter().flat_map(hex::digits);
    digits.map(char::from).collect()
}

fn key(secret: &str) -> Result<HmacKey, Error> {
    if secret.trim().is_empty() {
        return Err(Error::BlankSecret);
    }
    Ok(HmacKey::new(HmacDigest::Sha256, secret.as_bytes()))
}
