//! `Hash` for [`Value`], in agreement with its `==`, for tables of keys.

use std::hash::{Hash, Hasher};
use std::mem::discriminant;

use super::Value;

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        discriminant(self).hash(state);
        match self {
            Self::Nil => {}
            Self::Bool(boolean) => boolean.hash(state),
            Self::Integer(integer) | Self::Date(integer) => integer.hash(state),
            Self::BigInteger(big) => big.hash(state),
            // 0.0 == -0.0, also in Ruby's Hash.
            Self::Float(float) if *float == 0.0 => 0.0_f64.to_bits().hash(state),
            Self::Float(float) => float.to_bits().hash(state),
            Self::String(text)
            | Self::Symbol(text)
            | Self::BigDecimal(text)
            | Self::TimeZone(text)
            | Self::Uri(text)
            | Self::IpAddr(text)
            | Self::Pathname(text)
            | Self::Regexp(text)
            | Self::SafeBuffer(text) => text.hash(state),
            Self::Bytes(bytes) => bytes.hash(state),
            Self::Array(items) | Self::Set(items) => items.hash(state),
            Self::Hash(pairs) | Self::IndifferentHash(pairs) => pairs.hash(state),
            Self::Rational(numbers) | Self::Complex(numbers) => numbers.hash(state),
            Self::Time(time) | Self::DateTime(time) => time.hash(state),
            Self::Duration(duration) => duration.hash(state),
            Self::Range(range) => range.hash(state),
            Self::Object(object) => object.hash(state),
            #[cfg(feature = "php")]
            Self::Php(object) => object.hash(state),
        }
    }
}
