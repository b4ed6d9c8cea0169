//! [`SecretKeyBase`]: the secret of a Rails app.

use std::fmt;

use zeroize::Zeroizing;

use crate::error::Error;
use crate::hex;
use crate::random;
use crate::weak_secret::{LEAST_CHARACTERS, WeakSecret, characters};

/// A Rails app's `secret_key_base`: the text from which every key of its cookies is derived.
///
/// The bytes are used as written: the 128 hexadecimal digits that Rails generates are never
/// decoded (`ActiveSupport::KeyGenerator`, `key_generator.rb`). The secret is wiped from memory
/// when it is dropped, and `Debug` does not show it.
///
/// ```
/// use hardtack::SecretKeyBase;
///
/// let secret = SecretKeyBase::new("b3c631c314c0bbca50c1b2843150fe33b3c631c314c0bbca50c1b2843150fe33")?;
/// assert_eq!(format!("{secret:?}"), "SecretKeyBase(..)");
///
/// assert!(SecretKeyBase::new("   ").is_err());      // blank
/// assert!(SecretKeyBase::new("tooshort").is_err()); // fewer than 30 characters
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone)]
pub struct SecretKeyBase(Zeroizing<Vec<u8>>);

impl SecretKeyBase {
    /// Creates a secret of at least 30 characters, the minimum of Rails 2.3 to 3.2.
    ///
    /// A `String` or `Vec<u8>` is moved in and wiped later. A `&str` is copied: wiping the original
    /// is up to its owner.
    ///
    /// ```
    /// use hardtack::{Error, SecretKeyBase};
    ///
    /// assert!(SecretKeyBase::new("c0ffee".repeat(5)).is_ok()); // 30 characters
    /// let short = SecretKeyBase::new("c0ffee").unwrap_err();
    /// assert!(matches!(short, Error::ShortSecret { characters: 6, least: 30, .. }));
    /// assert_eq!(SecretKeyBase::new(" \n").unwrap_err(), Error::BlankSecret);
    /// ```
    ///
    /// # Errors
    /// [`Error::BlankSecret`] if the secret is empty or only white space, [`Error::ShortSecret`] if
    /// it has fewer than 30 characters.
    pub fn new(secret: impl Into<Vec<u8>>) -> Result<Self, Error> {
        let secret = Self::allow_short(secret)?;
        let characters = characters(&secret.0);
        if characters < LEAST_CHARACTERS {
            return Err(Error::ShortSecret {
                characters,
                least: LEAST_CHARACTERS,
            });
        }
        Ok(secret)
    }

    /// Creates a secret of any length that is not blank: for tests, and for apps that really run
    /// with a short secret.
    ///
    /// ```
    /// use hardtack::SecretKeyBase;
    ///
    /// assert!(SecretKeyBase::allow_short("tooshort").is_ok());
    /// assert!(SecretKeyBase::allow_short("").is_err());
    /// ```
    ///
    /// # Errors
    /// [`Error::BlankSecret`] if the secret is empty or only white space.
    pub fn allow_short(secret: impl Into<Vec<u8>>) -> Result<Self, Error> {
        let secret = Zeroizing::new(secret.into());
        let blank = match std::str::from_utf8(&secret) {
            Ok(text) => text.trim().is_empty(),
            Err(_) => false,
        };
        if blank {
            return Err(Error::BlankSecret);
        }
        Ok(Self(secret))
    }

    /// Generates a new secret as `rails secret` does: 64 random bytes of the operating system, as
    /// 128 lower-case hexadecimal digits (`SecureRandom.hex(64)`).
    ///
    /// ```
    /// use hardtack::SecretKeyBase;
    ///
    /// let secret = SecretKeyBase::generate()?;
    /// assert_eq!(secret.expose().len(), 128);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NoRandomness`] if the operating system fails to give random bytes.
    pub fn generate() -> Result<Self, Error> {
        let mut random = Zeroizing::new([0; 64]);
        random::fill(&mut *random)?;
        let mut secret = Zeroizing::new(Vec::with_capacity(128));
        secret.extend(random.iter().flat_map(|byte| hex::digits(*byte)));
        Ok(Self(secret))
    }

    /// Returns the secret's bytes, to store them.
    ///
    /// ```
    /// use hardtack::SecretKeyBase;
    ///
    /// let secret = SecretKeyBase::new("thirty characters are the least")?;
    /// assert_eq!(secret.expose(), b"thirty characters are the least");
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Checks that the secret is not published, repeated or short.
    ///
    /// A published secret is printed in a guide, a tutorial, tests or an example; a repeated one is a
    /// short pattern over and over; a short one has fewer than 30 characters. Call it before the
    /// app serves others. For tests and development such secrets are good enough, and
    /// [`new`](Self::new) takes all but the short ones.
    ///
    /// Published secrets are recognised by their digest. The table holds the 37 secrets that were
    /// found. No such list is complete: a secret that passes may still have been published.
    ///
    /// ```
    /// use hardtack::SecretKeyBase;
    /// use hardtack::secret::WeakSecret;
    ///
    /// assert!(SecretKeyBase::generate()?.check().is_ok());
    ///
    /// let of_rails_own_tests = SecretKeyBase::new("b3c631c314c0bbca50c1b2843150fe33")?;
    /// assert!(matches!(of_rails_own_tests.check(), Err(WeakSecret::Published { .. })));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// The reason why the secret is weak; the worst if there are several.
    pub fn check(&self) -> Result<(), WeakSecret> {
        WeakSecret::of(&self.0).map_or(Ok(()), Err)
    }
}

impl fmt::Debug for SecretKeyBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKeyBase(..)")
    }
}
