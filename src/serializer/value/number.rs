//! Numbers of all kinds as floats and integers.

use num_bigint::BigInt;

use super::{BigInteger, Value};

impl Value {
    /// Returns the nearest float of any kind of number; `None` for other kinds.
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            #[expect(
                clippy::cast_precision_loss,
                reason = "the nearest float is what is asked"
            )]
            Self::Integer(integer) => Some(*integer as f64),
            Self::BigInteger(big) => Some(big.to_f64()),
            Self::Float(float) => Some(*float),
            // Rust reads Ruby's notation: 0.123456e3, -0.5e0, NaN, Infinity.
            Self::BigDecimal(text) => text.parse().ok(),
            Self::Rational(parts) => Some(parts.0.number_of_part()? / parts.1.number_of_part()?),
            Self::Duration(duration) => duration.value.number_of_part(),
            _ => None,
        }
    }

    /// Returns the float of a part of another number, as [`Self::number`]. It goes no deeper than
    /// one Rational, so that no nesting from outside is followed.
    fn number_of_part(&self) -> Option<f64> {
        match self {
            Self::Rational(parts) => Some(parts.0.plain_number()? / parts.1.plain_number()?),
            other => other.plain_number(),
        }
    }

    fn plain_number(&self) -> Option<f64> {
        match self {
            Self::Rational(_) | Self::Duration(_) => None,
            other => other.number(),
        }
    }

    /// Converts as Ruby's `to_i`: the number without its fraction. Nil for NaN, the infinities and
    /// other kinds.
    pub(super) fn to_integer(&self) -> Value {
        match self {
            Self::Integer(_) | Self::BigInteger(_) => self.clone(),
            Self::Rational(parts) => match (parts.0.bigint(), parts.1.bigint()) {
                // Ruby truncates towards zero, as num-bigint divides.
                (Some(numerator), Some(denominator)) => numerator
                    .checked_div(&denominator)
                    .map_or(Self::Nil, Self::from_bigint),
                _ => Self::Nil,
            },
            other => match other.plain_number() {
                Some(float) => {
                    // NaN and infinities are words, so they do not parse as an integer.
                    let digits = format!("{:.0}", float.trunc());
                    digits.parse::<BigInteger>().map_or(Self::Nil, Self::from)
                }
                None => Self::Nil,
            },
        }
    }

    fn bigint(&self) -> Option<BigInt> {
        match self {
            Self::Integer(integer) => Some(BigInt::from(*integer)),
            Self::BigInteger(big) => Some(big.0.clone()),
            _ => None,
        }
    }
}
