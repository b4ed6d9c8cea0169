//! [`WeakSecret`]: a secret that others know, or can find by trying.

use std::fmt;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::hex;
use crate::stack;

/// The smallest number of characters that Rails accepted (`config.secret_token`, Rails 2.3 to 3.2).
pub(crate) const LEAST_CHARACTERS: usize = 30;

/// The longest pattern that makes a secret weak if the secret repeats nothing else: 16 hexadecimal
/// digits hold 64 bits.
const LONGEST_PATTERN: usize = 16;

/// The digests of published secrets, and the places where they were published.
const PUBLISHED: &str = include_str!("published_secrets.tsv");

/// The reason why a secret protects nothing. It never holds the secret.
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
    /// The secret is published, and attackers try published secrets first.
    Published {
        /// The place: a guide, a tutorial, the example of an app.
        place: &'static str,
    },
    /// The secret is one short pattern over and over.
    Repeated {
        /// The pattern's length in bytes, at most 16.
        length: usize,
    },
    /// The secret has fewer characters than any version of Rails accepted.
    TooShort {
        /// The number of characters that the secret has.
        characters: usize,
        /// The number of characters that it should have at least.
        least: usize,
    },
}

impl WeakSecret {
    /// Returns the reason's name, as `hardtack doctor --json` prints it: `published`, `repeated` or
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

    /// Returns the worst reason why a secret is weak.
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

/// Counts the characters of a secret, or its bytes if it is not text.
pub(crate) fn characters(secret: &[u8]) -> usize {
    std::str::from_utf8(secret).map_or(secret.len(), |text| text.chars().count())
}

/// Returns the place where a secret was published.
fn published(secret: &[u8]) -> Option<&'static str> {
    // HMAC uses the digest of a long secret as its key, so the digest is wiped like a key.
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

/// Returns the table's rows: a digest in lower-case digits, and a place.
fn rows() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = PUBLISHED.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once('\t'))
}

/// Returns the length of the shortest pattern that the secret repeats, at least twice.
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
                "the secret has {characters} characters and needs at least {least}"
            )?,
        }
        f.write_str("; make a new one with `rails secret` or `hardtack secret`")
    }
}

impl std::error::Error for WeakSecret {}

#[cfg(test)]
mod tests {
    use super::*;

    /// A broken row would never match, and nothing else would notice.
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
        assert_eq!(digests.len(), 600);
    }
}
