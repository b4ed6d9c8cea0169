//! [`LaravelCipher`]: the cipher of a Laravel app.

/// The cipher of a Laravel app (`cipher` in its config/app.php; `Encrypter.php`,
/// `$supportedCiphers`).
///
/// ```
/// use hardtack::laravel::LaravelCipher;
///
/// assert_eq!(LaravelCipher::default().name(), "AES-256-CBC");
/// assert_eq!(LaravelCipher::of_name("aes-128-gcm"), Some(LaravelCipher::Aes128Gcm));
/// assert_eq!(LaravelCipher::of_name("rot13"), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LaravelCipher {
    /// AES-256-CBC with HMAC-SHA256, Laravel's default.
    #[default]
    Aes256Cbc,
    /// AES-128-CBC with HMAC-SHA256.
    Aes128Cbc,
    /// AES-256-GCM.
    Aes256Gcm,
    /// AES-128-GCM.
    Aes128Gcm,
}

impl LaravelCipher {
    /// All ciphers.
    pub const ALL: &'static [Self] = &[
        Self::Aes256Cbc,
        Self::Aes128Cbc,
        Self::Aes256Gcm,
        Self::Aes128Gcm,
    ];

    /// Returns the name in config/app.php (example: at [`LaravelCipher`]).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aes256Cbc => "AES-256-CBC",
            Self::Aes128Cbc => "AES-128-CBC",
            Self::Aes256Gcm => "AES-256-GCM",
            Self::Aes128Gcm => "AES-128-GCM",
        }
    }

    /// Returns the cipher of a name, in capitals or not, as Laravel takes it (example: at
    /// [`LaravelCipher`]).
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let mut all = Self::ALL.iter().copied();
        all.find(|cipher| cipher.name().eq_ignore_ascii_case(name))
    }

    /// Returns the length of a key in bytes.
    ///
    /// ```
    /// use hardtack::laravel::LaravelCipher;
    ///
    /// assert_eq!(LaravelCipher::Aes256Gcm.key_length(), 32);
    /// assert_eq!(LaravelCipher::Aes128Gcm.key_length(), 16);
    /// ```
    #[must_use]
    pub const fn key_length(self) -> usize {
        match self {
            Self::Aes256Cbc | Self::Aes256Gcm => 32,
            Self::Aes128Cbc | Self::Aes128Gcm => 16,
        }
    }
}
