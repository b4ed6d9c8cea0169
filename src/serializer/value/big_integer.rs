//! [`BigInteger`]: an Integer wider than 64 bits.

use std::fmt;
use std::str::FromStr;

use num_bigint::BigInt;

use super::Value;

/// An Integer of any size, for Integers that do not fit an `i64`.
///
/// `Value::from` turns it into a [`Value::Integer`] if it fits one, so that equal numbers are equal
/// values.
///
/// ```
/// use hardtack::value::BigInteger;
///
/// let big: BigInteger = "1208925819614629174706176".parse()?;
/// assert_eq!(big.to_string(), "1208925819614629174706176");
/// assert_eq!(i128::try_from(&big), Ok(1 << 80));
/// # Ok::<(), hardtack::value::ParseBigIntegerError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BigInteger(pub(crate) BigInt);

impl BigInteger {
    /// Returns the nearest float, or an infinity if the number is beyond all floats.
    pub(crate) fn to_f64(&self) -> f64 {
        // Through the digits: the conversion of num-bigint needs num-traits, and the standard
        // library's parser rounds correctly.
        self.0.to_string().parse().unwrap_or(f64::NAN)
    }
}

impl fmt::Display for BigInteger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for BigInteger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The error of parsing a [`BigInteger`]: the text is not decimal digits with an optional `-`.
///
/// ```
/// use hardtack::value::BigInteger;
///
/// let error = "1_000".parse::<BigInteger>().unwrap_err();
/// assert_eq!(error.to_string(), "not a decimal integer");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseBigIntegerError(());

impl fmt::Display for ParseBigIntegerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a decimal integer")
    }
}

impl std::error::Error for ParseBigIntegerError {}

impl FromStr for BigInteger {
    type Err = ParseBigIntegerError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Stricter than num-bigint, which takes "+5" and "1_000".
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ParseBigIntegerError(()));
        }
        text.parse().map(Self).map_err(|_| ParseBigIntegerError(()))
    }
}

/// The error of converting a [`BigInteger`] to an `i128` or `u128` that it does not fit.
///
/// ```
/// use hardtack::value::BigInteger;
///
/// let negative: BigInteger = "-1208925819614629174706176".parse()?;
/// assert!(u128::try_from(&negative).is_err());
/// # Ok::<(), hardtack::value::ParseBigIntegerError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BigIntegerRangeError(());

impl fmt::Display for BigIntegerRangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("integer out of range")
    }
}

impl std::error::Error for BigIntegerRangeError {}

impl TryFrom<&BigInteger> for i128 {
    type Error = BigIntegerRangeError;

    fn try_from(big: &BigInteger) -> Result<Self, Self::Error> {
        i128::try_from(&big.0).map_err(|_| BigIntegerRangeError(()))
    }
}

impl TryFrom<&BigInteger> for u128 {
    type Error = BigIntegerRangeError;

    fn try_from(big: &BigInteger) -> Result<Self, Self::Error> {
        u128::try_from(&big.0).map_err(|_| BigIntegerRangeError(()))
    }
}

impl TryFrom<&BigInteger> for u64 {
    type Error = BigIntegerRangeError;

    fn try_from(big: &BigInteger) -> Result<Self, Self::Error> {
        u64::try_from(&big.0).map_err(|_| BigIntegerRangeError(()))
    }
}

impl From<i128> for BigInteger {
    fn from(integer: i128) -> Self {
        Self(BigInt::from(integer))
    }
}

impl From<u128> for BigInteger {
    fn from(integer: u128) -> Self {
        Self(BigInt::from(integer))
    }
}

impl From<BigInteger> for Value {
    fn from(big: BigInteger) -> Self {
        Self::from_bigint(big.0)
    }
}

impl Value {
    /// Creates an Integer: [`Value::Integer`] if it fits 64 bits, else [`Value::BigInteger`].
    pub(crate) fn from_bigint(integer: BigInt) -> Self {
        match i64::try_from(&integer) {
            Ok(small) => Self::Integer(small),
            Err(_) => Self::BigInteger(BigInteger(integer)),
        }
    }

    /// Creates an Integer: [`Value::Integer`] if it fits 64 bits, else [`Value::BigInteger`].
    ///
    /// ```
    /// use hardtack::value::Value;
    ///
    /// assert_eq!(Value::from_i128(7), Value::Integer(7));
    /// assert_eq!(Value::from_i128(1 << 80).to_string(), "1208925819614629174706176");
    /// ```
    #[must_use]
    pub fn from_i128(integer: i128) -> Self {
        match i64::try_from(integer) {
            Ok(small) => Self::Integer(small),
            Err(_) => Self::BigInteger(integer.into()),
        }
    }

    /// Creates an Integer: [`Value::Integer`] if it fits 64 bits, else [`Value::BigInteger`].
    ///
    /// ```
    /// use hardtack::value::Value;
    ///
    /// assert_eq!(Value::from_u128(7), Value::Integer(7));
    /// assert_eq!(Value::from_u128(u128::MAX).to_string(), u128::MAX.to_string());
    /// ```
    #[must_use]
    pub fn from_u128(integer: u128) -> Self {
        match i64::try_from(integer) {
            Ok(small) => Self::Integer(small),
            Err(_) => Self::BigInteger(integer.into()),
        }
    }
}
