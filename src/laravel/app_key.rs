//! [`AppKey`]: the key of a Laravel app.

use std::fmt;

use zeroize::Zeroizing;

use super::laravel_cipher::LaravelCipher;
use super::php_base64;
use crate::error::Error;
use crate::message::base64::{encode_over, encoded_len};
use crate::random;

/// A Laravel app's `APP_KEY`, with which it encrypts cookies and sessions.
///
/// The key is wiped from memory when it is dropped, and `Debug` does not show it.
///
/// ```
/// use hardtack::Error;
/// use hardtack::laravel::AppKey;
///
/// let key = AppKey::new("base64:lfZjT32cpBnMi+tbV4x3aD/Nxh7fRElJo8Kz4wDK7TU=")?;
/// assert_eq!(format!("{key:?}"), "AppKey(..)");
///
/// // Cut off, or without its `base64:`
/// let error = AppKey::new("lfZjT32cpBnMi+tbV4x3aD/Nxh7fRElJo8Kz4wDK7TU=").unwrap_err();
/// assert!(matches!(error, Error::AppKeyLength { given: 44, .. }));
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone)]
pub struct AppKey(Zeroizing<Vec<u8>>);

impl AppKey {
    /// Creates a key of the text in `APP_KEY`: `base64:` and base64 of 16 or 32 bytes, or the bytes
    /// themselves (`EncryptionServiceProvider.php`, `parseKey`).
    ///
    /// # Errors
    /// [`Error::AppKeyLength`] if the key has neither 16 nor 32 bytes.
    pub fn new(text: impl AsRef<str>) -> Result<Self, Error> {
        let text = text.as_ref();
        let bytes = Zeroizing::new(match text.strip_prefix("base64:") {
            Some(base64) => php_base64::decode(base64.as_bytes()),
            None => text.as_bytes().to_vec(),
        });
        let lengths = LaravelCipher::ALL.iter().map(|cipher| cipher.key_length());
        if !lengths.into_iter().any(|length| length == bytes.len()) {
            return Err(Error::AppKeyLength {
                given: bytes.len(),
                wanted: LaravelCipher::default().key_length(),
            });
        }
        Ok(Self(bytes))
    }

    /// Generates a new key for a cipher, as `php artisan key:generate` does.
    ///
    /// ```
    /// use hardtack::laravel::{AppKey, LaravelCipher};
    ///
    /// let key = AppKey::generate(LaravelCipher::Aes256Cbc)?;
    /// assert!(key.expose().starts_with("base64:"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NoRandomness`] if the operating system gives no random bytes.
    pub fn generate(cipher: LaravelCipher) -> Result<Self, Error> {
        let mut bytes = Zeroizing::new(vec![0; cipher.key_length()]);
        random::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// Returns the text for `APP_KEY`, to store it.
    #[must_use]
    pub fn expose(&self) -> Zeroizing<String> {
        const PREFIX: &str = "base64:";
        let mut text = Vec::with_capacity(PREFIX.len() + encoded_len(self.0.len()));
        text.extend_from_slice(PREFIX.as_bytes());
        encode_over(&mut text, PREFIX.len(), &self.0);
        // Base64 is ASCII.
        Zeroizing::new(String::from_utf8(text).unwrap_or_default())
    }

    /// Returns the key as an array, for a cipher of this length.
    pub(super) fn array<const LENGTH: usize>(&self) -> Result<&[u8; LENGTH], Error> {
        self.0
            .as_slice()
            .try_into()
            .map_err(|_| Error::AppKeyLength {
                given: self.0.len(),
                wanted: LENGTH,
            })
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for AppKey {
    /// Leaves out the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AppKey(..)")
    }
}
