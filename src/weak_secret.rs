//! [`WeakSecret`]: a secret that others know, or can find by trying.

use std::fmt;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::hex;
use crate::stack;

/// The fewest characters that Rails asked of a secret (`config.secret_token`, Rails 2.3 to 3.2).
pub(crate) const LEAST_CHARACTERS: usize = 30;

/// The longest pattern that makes a secret weak when there is nothing else in it: as hexadecimal
/// digits it is of 64 bits.
const LONGEST_PATTERN: usize = 16;

/// The digests of published secrets, and where they were published.
const PUBLISHED: &str = include_str!("published_secrets.tsv");

/// Why a secret keeps nobody out. It never says what the secret is.
///
/// ```
/// use hardtack::SecretKeyBase;
/// use hardtack::secret::WeakSecret;
///
/// let secret = SecretKeyBase::new("x".repeat(64))?;
/// assert_eq!(secret.check(), Err(WeakSecret::Repeated { length: 1 }));
/// assert_eq!(
///     secret.check().unwrap_err().to_string(),
///     "the secret is one character over and over; make a new one with `rails secret` or \
///      `hardtack secret`",
/// );
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WeakSecret {
    /// It stands where anybody can read it, and those who attack try such secrets first.
    Published {
        /// Where that is: a guide, a tutorial, the example of an app.
        place: &'static str,
    },
    /// It is one short pattern over and over.
    Repeated {
        /// The pattern's length in bytes: 16 at most.
        length: usize,
    },
    /// It has fewer characters than Rails ever asked for.
    TooShort {
        /// The characters that it has.
        characters: usize,
        /// The characters that it should have.
        least: usize,
    },
}

impl WeakSecret {
    /// The reason's name, as `hardtack doctor --json` prints it: `published`, `repeated` or
    /// `too-short`.
    ///
    /// ```
    /// use hardtack::SecretKeyBase;
    ///
    /// let token = SecretKeyBase::allow_short("keyboard cat")?; // express-session's README has it
    /// assert_eq!(token.check().unwrap_err().name(), "published");
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Published { .. } => "published",
            Self::Repeated { .. } => "repeated",
            Self::TooShort { .. } => "too-short",
        }
    }

    /// What is wrong with a secret, what is worst first.
    pub(crate) fn of(secret: &[u8]) -> Option<Self> {
        let published = || published(secret).map(|place| Self::Published { place });
        let repeated = || pattern(secret).map(|length| Self::Repeated { length });
        let characters = characters(secret);
        let too_short = (characters < LEAST_CHARACTERS).then_some(Self::TooShort {
            characters,
            least: LEAST_CHARACTERS,
        });
        published().or_else(repeated).or(too_short)
    }
}

/// How many characters a secret has; of one that is no text, how many bytes.
pub(crate) fn characters(secret: &[u8]) -> usize {
    std::str::from_utf8(secret).map_or(secret.len(), |text| text.chars().count())
}

/// Where a secret was published.
fn published(secret: &[u8]) -> Option<&'static str> {
    // HMAC takes the digest of a long secret for its key: it is wiped as one.
    let mut digits = Zeroizing::new([0; 64]);
    stack::wiped(|| {
        let digest = Sha256::digest(secret.trim_ascii());
        let pairs = digest.iter().flat_map(|byte| hex::digits(*byte));
        for (place, digit) in digits.iter_mut().zip(pairs) {
            *place = digit;
        }
    });
    rows().find_map(|(digest, place)| (digest.as_bytes() == *digits).then_some(place))
}

/// The table's rows: a digest in lower-case digits, and a place.
fn rows() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = PUBLISHED.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once('\t'))
}

/// The length of the shortest pattern that a secret is made of, twice at least.
fn pattern(secret: &[u8]) -> Option<usize> {
    (1..=LONGEST_PATTERN.min(secret.len() / 2)).find(|length| {
        let shifted = secret.iter().skip(*length);
        secret.iter().zip(shifted).all(|(one, other)| one == other)
    })
}

impl fmt::Display for WeakSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Published { place } => write!(f, "the secret is published: {place}")?,
            Self::Repeated { length: 1 } => {
                f.write_str("the secret is one character over and over")?;
            }
            Self::Repeated { length } => {
                write!(f, "the secret is a pattern of {length} bytes over and over")?;
            }
            Self::TooShort { characters, least } => write!(
                f,
                "the secret has {characters} characters, and {least} are the least"
            )?,
        }
        f.write_str("; make a new one with `rails secret` or `hardtack secret`")
    }
}

impl std::error::Error for WeakSecret {}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row that is broken would never be found, and nobody would know.
    #[test]
    fn every_row_is_whole() {
        let mut digests: Vec<_> = rows().map(|(digest, _)| digest).collect();
        let lines = PUBLISHED.lines().filter(|line| !line.starts_with('#'));
        assert_eq!(digests.len(), lines.count());
        for (digest, place) in rows() {
            assert!(digest.len() == 64 && digest.bytes().all(|digit| hex::value(digit).is_some()));
            assert!(
                !place.is_empty() && place.trim() == place && !place.contains('\t'),
                "{place}"
            );
        }
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), 37);
    }
}
