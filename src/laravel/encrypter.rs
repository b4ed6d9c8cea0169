//! [`Encrypter`]: encrypts texts and cookies as a Laravel app does.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::app_key::AppKey;
use super::encrypted_payload::EncryptedPayload;
use super::encrypter_key::EncrypterKey;
use super::laravel_cipher::LaravelCipher;
use crate::error::{Error, InvalidMessage, Refusal};
use crate::http::limit::MAX_READ_SIZE;
use crate::message::base64::Alphabet;
use crate::php;

/// Encrypts texts and cookies as a Laravel app does (`Illuminate/Encryption/Encrypter.php` and
/// `Illuminate/Cookie/CookieValuePrefix.php`, 8.83 and 13.26).
///
/// `APP_KEY` seals. It and the previous keys open: keep a previous key for as long as its cookies
/// are in use. The keys are wiped when they are dropped.
///
/// ```
/// use hardtack::laravel::{AppKey, Encrypter, LaravelCipher};
///
/// let key = AppKey::new("base64:lfZjT32cpBnMi+tbV4x3aD/Nxh7fRElJo8Kz4wDK7TU=")?;
/// let encrypter = Encrypter::new(&key, LaravelCipher::Aes256Cbc)?;
///
/// // Crypt::encryptString('a')
/// let by_laravel = "eyJpdiI6IkdrY29lUEpZWW5sZlF2Nys5K1JkWFE9PSIsInZhbHVlIjoiVENOMTVNMUk4OU5IUn\
///     B6YUxtcE1WZz09IiwibWFjIjoiNmMwOWM2MTg2MjhiMWIyZDdiOTdhMzcwNzg3NDk1MTU0MjViNmNhOTg1NGY4ZD\
///     RiMjQwM2Y0MThlMDVmMjYxNyIsInRhZyI6IiJ9";
/// assert_eq!(encrypter.open(by_laravel)?, b"a");
///
/// let sealed = encrypter.seal("Zoë")?;
/// assert_eq!(encrypter.open(&sealed)?, "Zoë".as_bytes());
/// assert!(encrypter.open(&sealed[..40]).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Encrypter {
    cipher: LaravelCipher,
    key: EncrypterKey,
    previous: Vec<EncrypterKey>,
}

impl Encrypter {
    /// Creates the encrypter of a key, and of the `cipher` in config/app.php.
    ///
    /// ```
    /// use hardtack::Error;
    /// use hardtack::laravel::{AppKey, Encrypter, LaravelCipher};
    ///
    /// let short = AppKey::generate(LaravelCipher::Aes128Cbc)?;
    /// let error = Encrypter::new(&short, LaravelCipher::Aes256Cbc).unwrap_err();
    /// assert!(matches!(error, Error::AppKeyLength { given: 16, wanted: 32, .. }));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::AppKeyLength`] if the cipher takes a key of another length.
    pub fn new(key: &AppKey, cipher: LaravelCipher) -> Result<Self, Error> {
        Ok(Self {
            cipher,
            key: EncrypterKey::new(key, cipher)?,
            previous: Vec::new(),
        })
    }

    /// Adds the keys of `APP_PREVIOUS_KEYS` (Laravel 11 and later), separated by commas. They open
    /// and never seal.
    ///
    /// ```
    /// use hardtack::laravel::{AppKey, Encrypter, LaravelCipher};
    ///
    /// let cipher = LaravelCipher::default();
    /// let (old, new) = (AppKey::generate(cipher)?, AppKey::generate(cipher)?);
    /// let sealed = Encrypter::new(&old, cipher)?.seal("a")?;
    ///
    /// let encrypter = Encrypter::new(&new, cipher)?;
    /// assert!(encrypter.open(&sealed).is_err());
    /// let encrypter = encrypter.previous_keys(old.expose().as_str())?;
    /// assert_eq!(encrypter.open(&sealed)?, b"a");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The errors of [`AppKey::new`] and [`Encrypter::new`].
    pub fn previous_keys(mut self, keys: impl AsRef<str>) -> Result<Self, Error> {
        let keys = keys.as_ref().split(',').filter(|key| !key.is_empty());
        for key in keys {
            let key = EncrypterKey::new(&AppKey::new(key)?, self.cipher)?;
            self.previous.push(key);
        }
        Ok(self)
    }

    /// Encrypts a text (`Crypt::encryptString`; example: at [`Encrypter`]).
    ///
    /// # Errors
    /// [`Error::NoRandomness`] if the operating system gives no random bytes.
    pub fn seal(&self, text: impl AsRef<[u8]>) -> Result<String, Error> {
        let json = self.key.seal(text.as_ref())?.to_json();
        let mut payload = Vec::new();
        Alphabet::Standard.encode_into(&mut payload, json.as_bytes());
        // Base64 is ASCII.
        Ok(String::from_utf8(payload).unwrap_or_default())
    }

    /// Decrypts a text (`Crypt::decryptString`; example: at [`Encrypter`]).
    ///
    /// # Errors
    /// [`InvalidMessage`] if none of the keys sealed the text.
    pub fn open(&self, payload: impl AsRef<[u8]>) -> Result<Vec<u8>, InvalidMessage> {
        self.explain(payload).map_err(|_| InvalidMessage)
    }

    /// Decrypts a text, and tells why it does not open. Show the reason to the operator, never to
    /// the sender of the text.
    ///
    /// ```
    /// use hardtack::Refusal;
    /// use hardtack::laravel::{AppKey, Encrypter, LaravelCipher};
    ///
    /// let cipher = LaravelCipher::default();
    /// let encrypter = Encrypter::new(&AppKey::generate(cipher)?, cipher)?;
    /// let foreign = Encrypter::new(&AppKey::generate(cipher)?, cipher)?.seal("a")?;
    /// assert_eq!(encrypter.explain(foreign), Err(Refusal::Invalid));
    /// assert_eq!(encrypter.explain("aGVsbG8="), Err(Refusal::Malformed));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Refusal::Malformed`] where Laravel says "The payload is invalid", and
    /// [`Refusal::Invalid`] where it says "The MAC is invalid" or "Could not decrypt the data".
    pub fn explain(&self, payload: impl AsRef<[u8]>) -> Result<Vec<u8>, Refusal> {
        let payload = EncryptedPayload::parse(payload.as_ref()).ok_or(Refusal::Malformed)?;
        let opened = Refusal::first_opened(self.keys().map(|key| key.open(&payload)));
        opened.unwrap_or(Err(Refusal::Invalid))
    }

    /// Encrypts a value, written by PHP's `serialize()` (`Crypt::encrypt`, `encrypt()`).
    ///
    /// ```
    /// use hardtack::laravel::{AppKey, Encrypter, LaravelCipher};
    ///
    /// let cipher = LaravelCipher::default();
    /// let encrypter = Encrypter::new(&AppKey::generate(cipher)?, cipher)?;
    /// let sealed = encrypter.seal_value(&["tea", "milk"])?;
    /// let cart: Vec<String> = encrypter.open_value(&sealed)?;
    /// assert_eq!(cart, ["tea", "milk"]);
    /// assert_eq!(encrypter.open(&sealed)?, br#"a:2:{i:0;s:3:"tea";i:1;s:4:"milk";}"#);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The errors of [`php::serialize`] and [`seal`](Self::seal).
    pub fn seal_value<T: Serialize + ?Sized>(&self, value: &T) -> Result<String, Error> {
        self.seal(php::serialize(value)?)
    }

    /// Decrypts a value that PHP's `serialize()` wrote (`Crypt::decrypt`, `decrypt()`; example: at
    /// [`seal_value`](Self::seal_value)). No object is made: a class is a name.
    ///
    /// # Errors
    /// [`Error::InvalidMessage`] if none of the keys sealed the text, and the errors of
    /// [`php::unserialize`].
    pub fn open_value<T: DeserializeOwned>(&self, payload: impl AsRef<[u8]>) -> Result<T, Error> {
        let text = self.open(payload).map_err(|_| Error::InvalidMessage)?;
        php::unserialize(&text)
    }

    /// Encrypts the value of the cookie `name`, behind the prefix that holds it to that name
    /// (`EncryptCookies.php`).
    ///
    /// ```
    /// use hardtack::Refusal;
    /// use hardtack::laravel::{AppKey, Encrypter, LaravelCipher};
    ///
    /// let cipher = LaravelCipher::default();
    /// let encrypter = Encrypter::new(&AppKey::generate(cipher)?, cipher)?;
    /// let sealed = encrypter.seal_cookie("theme", "dark")?;
    /// assert_eq!(encrypter.open_cookie("theme", &sealed)?, b"dark");
    /// assert_eq!(encrypter.explain_cookie("cart", &sealed), Err(Refusal::WrongPurpose));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The error of [`seal`](Self::seal).
    pub fn seal_cookie(&self, name: &str, value: impl AsRef<[u8]>) -> Result<String, Error> {
        let prefix = self.key.prefix(name);
        self.seal([prefix.as_bytes(), value.as_ref()].concat())
    }

    /// Decrypts the value of the cookie `name`, which is no longer escaped (example: at
    /// [`seal_cookie`](Self::seal_cookie)).
    ///
    /// # Errors
    /// [`InvalidMessage`] if none of the keys sealed the value, or if it is of another cookie.
    pub fn open_cookie(
        &self,
        name: &str,
        value: impl AsRef<[u8]>,
    ) -> Result<Vec<u8>, InvalidMessage> {
        self.explain_cookie(name, value).map_err(|_| InvalidMessage)
    }

    /// Decrypts the value of a cookie, and tells why it does not open (example: at
    /// [`seal_cookie`](Self::seal_cookie)).
    ///
    /// # Errors
    /// The refusals of [`explain`](Self::explain); [`Refusal::WrongPurpose`] if the prefix is of
    /// another name, or missing; [`Refusal::TooLarge`] for a value of more than 16 KiB.
    pub fn explain_cookie(&self, name: &str, value: impl AsRef<[u8]>) -> Result<Vec<u8>, Refusal> {
        let value = value.as_ref();
        if value.len() > MAX_READ_SIZE {
            return Err(Refusal::TooLarge);
        }
        let text = self.explain(value)?;
        // As in Laravel, the prefix may be of another key than the encryption.
        let mut rest = self
            .keys()
            .filter_map(|key| key.without_prefix(name, &text));
        let rest = rest.next().ok_or(Refusal::WrongPurpose)?;
        Ok(rest.to_vec())
    }

    /// Returns `APP_KEY` and the previous keys.
    fn keys(&self) -> impl Iterator<Item = &EncrypterKey> {
        std::iter::once(&self.key).chain(&self.previous)
    }
}

impl fmt::Debug for Encrypter {
    /// Leaves out the keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encrypter")
            .field("cipher", &self.cipher)
            .finish_non_exhaustive()
    }
}
