//! [`LoadDefaults`]: the versions of Rails that an app can name in `config.load_defaults`.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;

macro_rules! versions {
    ($($variant:ident $major:literal . $minor:literal,)+) => {
        /// A Rails version, as `config.load_defaults` names it.
        ///
        /// ```
        /// use hardtack::LoadDefaults;
        /// use hardtack::settings::KeyDigest;
        ///
        /// let version: LoadDefaults = "7.1".parse()?;
        /// assert_eq!(version, LoadDefaults::V7_1);
        /// assert_eq!(version.settings().key_generator_hash_digest_class, KeyDigest::Sha256);
        /// assert!("99.0".parse::<LoadDefaults>().is_err()); // newer than we know
        /// # Ok::<(), hardtack::Error>(())
        /// ```
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum LoadDefaults {
            $(
                #[doc = concat!("`load_defaults \"", $major, ".", $minor, "\"`")]
                $variant,
            )+
        }

        impl LoadDefaults {
            /// All versions that hardtack knows, oldest first.
            ///
            /// ```
            /// use hardtack::LoadDefaults;
            ///
            /// assert_eq!(LoadDefaults::ALL.first(), Some(&LoadDefaults::V2_3));
            /// assert!(LoadDefaults::ALL.is_sorted());
            /// ```
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            const fn number(self) -> (u16, u16) {
                match self {
                    $(Self::$variant => ($major, $minor),)+
                }
            }

            const NAMES: &'static [&'static str] = &[$(concat!($major, ".", $minor)),+];
        }
    };
}

versions! {
    V2_3 2 . 3,
    V3_0 3 . 0,
    V3_1 3 . 1,
    V3_2 3 . 2,
    V4_0 4 . 0,
    V4_1 4 . 1,
    V4_2 4 . 2,
    V5_0 5 . 0,
    V5_1 5 . 1,
    V5_2 5 . 2,
    V6_0 6 . 0,
    V6_1 6 . 1,
    V7_0 7 . 0,
    V7_1 7 . 1,
    V7_2 7 . 2,
    V8_0 8 . 0,
    V8_1 8 . 1,
    V8_2 8 . 2,
}

impl LoadDefaults {
    /// The newest released version. hardtack also knows 8.2, which is Rails' main branch: for an app
    /// on that branch, name [`V8_2`](Self::V8_2).
    ///
    /// ```
    /// use hardtack::LoadDefaults;
    ///
    /// assert_eq!(LoadDefaults::NEWEST, LoadDefaults::V8_1);
    /// assert_eq!("8.2.0.alpha".parse(), Ok(LoadDefaults::V8_2));
    /// ```
    pub const NEWEST: Self = Self::V8_1;
}

impl fmt::Display for LoadDefaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (major, minor) = self.number();
        write!(f, "{major}.{minor}")
    }
}

impl fmt::Debug for LoadDefaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LoadDefaults({self})")
    }
}

impl FromStr for LoadDefaults {
    type Err = Error;

    /// Reads `7.1`. Anything after the minor version is ignored (`7.1.5`, `8.0.0.rc1`).
    ///
    /// # Errors
    /// [`Error::UnknownSetting`] for a version that is not in [`ALL`](Self::ALL).
    fn from_str(text: &str) -> Result<Self, Error> {
        let mut parts = text.trim().split('.');
        let mut number = || {
            let digits = parts.next()?;
            let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse::<u16>().ok().filter(|_| plain)
        };
        let wanted = number().zip(number());
        Self::ALL
            .iter()
            .find(|version| Some(version.number()) == wanted)
            .copied()
            .ok_or_else(|| Error::UnknownSetting {
                what: "Rails version",
                given: text.to_owned(),
                known: Self::NAMES.to_vec(),
            })
    }
}
