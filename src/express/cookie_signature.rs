//! [`CookieSignature`]: the signatures of the Node package cookie-signature.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::cipher::hmac::HmacKey;
use crate::error::Error;
use crate::settings::HmacDigest;

/// Signs texts as the Node package cookie-signature does (`cookie-signature/index.js`, 1.0.7 and
/// 1.2.2): the text, a dot, and base64 without padding of its HMAC-SHA256.
///
/// The first secret signs, and all of them verify: keep an older secret for as long as its cookies
/// are in use. The secret's bytes are used as written. The keys are wiped when they are dropped.
///
/// ```
/// use hardtack::express::CookieSignature;
///
/// let signature = CookieSignature::new("ein Geheimnis 2d09c1566045")?;
/// let signed = signature.sign("hello");
/// assert_eq!(signed, "hello.8hO1cj4tBJmTMOwBpGxD84iE5xAAjMXvC2tp0e0278Q");
/// assert_eq!(signature.verify(&signed), Some("hello"));
/// assert_eq!(signature.verify("hullo.8hO1cj4tBJmTMOwBpGxD84iE5xAAjMXvC2tp0e0278Q"), None);
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone)]
pub struct CookieSignature {
    first: HmacKey,
    older: Vec<HmacKey>,
}

impl CookieSignature {
    /// Creates the signature of a secret.
    ///
    /// # Errors
    /// [`Error::BlankSecret`] if the secret is empty or only white space. The package itself takes
    /// such a secret, with which anybody could sign.
    pub fn new(secret: impl AsRef<str>) -> Result<Self, Error> {
        Ok(Self {
            first: key(secret.as_ref())?,
            older: Vec::new(),
        })
    }

    /// Adds an older secret, which verifies and never signs.
    ///
    /// ```
    /// use hardtack::express::CookieSignature;
    ///
    /// let signed = CookieSignature::new("old secret")?.sign("hello");
    /// let signature = CookieSignature::new("new secret")?.older_secret("old secret")?;
    /// assert_eq!(signature.verify(&signed), Some("hello"));
    /// assert_ne!(signature.sign("hello"), signed);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// The error of [`new`](Self::new).
    pub fn older_secret(mut self, secret: impl AsRef<str>) -> Result<Self, Error> {
        self.older.push(key(secret.as_ref())?);
        Ok(self)
    }

    /// Signs a text with the first secret.
    #[must_use]
    pub fn sign(&self, value: &str) -> String {
        let code: Vec<u8> = self.first.sign(value.as_bytes()).bytes().collect();
        format!("{value}.{}", STANDARD_NO_PAD.encode(code))
    }

    /// Returns the text that was signed; `None` if no secret made this signature.
    ///
    /// The signature follows the last dot. A signature with padding, with white space or in another
    /// alphabet is refused. The time of a refusal does not tell where the signature is wrong.
    #[must_use]
    pub fn verify<'a>(&self, signed: &'a str) -> Option<&'a str> {
        let (value, code) = signed.rsplit_once('.')?;
        let code = STANDARD_NO_PAD.decode(code).ok()?;
        let mut keys = std::iter::once(&self.first).chain(&self.older);
        keys.any(|key| key.verify(value.as_bytes(), &code).is_some())
            .then_some(value)
    }
}

impl fmt::Debug for CookieSignature {
    /// Leaves out the keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CookieSignature(..)")
    }
}

fn key(secret: &str) -> Result<HmacKey, Error> {
    if secret.trim().is_empty() {
        return Err(Error::BlankSecret);
    }
    Ok(HmacKey::new(HmacDigest::Sha256, secret.as_bytes()))
}
