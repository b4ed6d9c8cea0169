//! Ruby's numbers beyond MessagePack's own: big Integers, `BigDecimal`, Rational, Complex.
//!
//! Sources: `active_support/message_pack/extensions.rb` (`read_rational`, `read_complex`);
//! `msgpack/bigint.rb` of the msgpack gem.

use num_bigint::{BigInt, Sign};

use super::super::LoadError;
use super::super::value::{Value, parse_big_decimal};
use super::kind::{BIG_DECIMAL, BIG_INTEGER, RATIONAL};
use super::room::Room;
use super::unpacker::{Head, Unpacker};

/// Returns the sign and the 32-bit chunks of a big Integer's payload, least significant first.
pub(super) fn big_integer_chunks(
    mut payload: Unpacker<'_>,
) -> Result<(Sign, &[[u8; 4]]), LoadError> {
    let sign = match payload.take(1)? {
        [0] => Sign::Plus,
        [1] => Sign::Minus,
        _ => return Err(payload.error("big integer without a sign")),
    };
    match payload.rest().as_chunks() {
        (chunks, []) => Ok((sign, chunks)),
        _ => Err(payload.error("big integer that is not made of 32-bit chunks")),
    }
}

fn load_big_integer(payload: Unpacker<'_>) -> Result<Value, LoadError> {
    let (sign, chunks) = big_integer_chunks(payload)?;
    let digits = chunks.iter().map(|chunk| u32::from_be_bytes(*chunk));
    let number = BigInt::new(sign, digits.collect());
    Ok(Value::from_bigint(number))
}

/// Returns the payload of a big Integer: its sign, and big-endian chunks, least significant first.
pub(super) fn big_integer_payload(number: &BigInt) -> Vec<u8> {
    let mut payload = vec![u8::from(number.sign() == Sign::Minus)];
    payload.extend(number.iter_u32_digits().flat_map(u32::to_be_bytes));
    payload
}

/// Returns the number in `_dump`'s text, `18:0.123456e3`.
fn big_decimal(payload: Unpacker<'_>) -> Result<&str, LoadError> {
    std::str::from_utf8(payload.rest())
        .ok()
        .and_then(parse_big_decimal)
        .ok_or_else(|| payload.error("BigDecimal that is not a number"))
}

/// Returns the value of an unsigned integer that may be beyond `i64::MAX`.
pub(super) fn unsigned_value(number: u64) -> Value {
    Value::from_bigint(BigInt::from(number))
}

/// Reads the whole payload of an extension that is a real number.
pub(super) fn load_extension(
    kind: i8,
    mut payload: Unpacker<'_>,
    levels: usize,
) -> Result<Value, LoadError> {
    match kind {
        BIG_INTEGER => load_big_integer(payload),
        BIG_DECIMAL => big_decimal(payload).map(|text| Value::BigDecimal(text.to_owned())),
        _ => {
            payload.open_payload(levels)?;
            let rational = load_rational(&mut payload)?;
            payload.finish()?;
            Ok(rational)
        }
    }
}

pub(super) fn load_i64(payload: &mut Unpacker<'_>) -> Result<i64, LoadError> {
    match payload.head()? {
        Head::Integer(number) => Ok(number),
        _ => Err(payload.error("extension that lacks a 64-bit integer")),
    }
}

/// Reads a fraction whose terms fit 64 bits, signed or not; its denominator is positive.
pub(super) fn load_fraction(payload: &mut Unpacker<'_>) -> Result<(i128, i128), LoadError> {
    let numerator = load_i128(payload)?;
    let denominator = if numerator == 0 {
        1
    } else {
        load_i128(payload)?
    };
    if denominator > 0 {
        Ok((numerator, denominator))
    } else {
        Err(payload.error("fraction without a positive denominator"))
    }
}

fn load_i128(payload: &mut Unpacker<'_>) -> Result<i128, LoadError> {
    match payload.head()? {
        Head::Integer(number) => Ok(number.into()),
        Head::Unsigned(number) => Ok(number.into()),
        _ => Err(payload.error("extension that lacks a 64-bit integer")),
    }
}

fn load_rational(payload: &mut Unpacker<'_>) -> Result<Value, LoadError> {
    let numerator = load_integer(payload)?;
    let denominator = if numerator == Value::Integer(0) {
        Value::Integer(1)
    } else {
        load_integer(payload)?
    };
    if denominator == Value::Integer(0) {
        return Err(payload.error("rational with the denominator 0"));
    }
    Ok(Value::Rational(Box::new((numerator, denominator))))
}

fn load_integer(payload: &mut Unpacker<'_>) -> Result<Value, LoadError> {
    match payload.head()? {
        Head::Integer(number) => Ok(Value::Integer(number)),
        Head::Unsigned(number) => Ok(unsigned_value(number)),
        Head::Extension(BIG_INTEGER, payload) => load_big_integer(payload),
        _ => Err(payload.error("rational of something else than integers")),
    }
}

pub(super) fn load_complex(payload: &mut Unpacker<'_>, room: Room) -> Result<Value, LoadError> {
    let real = load(payload, room)?;
    let imaginary = load(payload, room)?;
    Ok(Value::Complex(Box::new((real, imaginary))))
}

/// Reads a real number of any of Ruby's classes.
pub(super) fn load(payload: &mut Unpacker<'_>, room: Room) -> Result<Value, LoadError> {
    match load_optional(payload, room)? {
        Value::Nil => Err(payload.error("nil instead of a number")),
        number => Ok(number),
    }
}

pub(super) fn load_optional(payload: &mut Unpacker<'_>, room: Room) -> Result<Value, LoadError> {
    match payload.head()? {
        Head::Nil => Ok(Value::Nil),
        Head::Integer(number) => Ok(Value::Integer(number)),
        Head::Unsigned(number) => Ok(unsigned_value(number)),
        Head::Float(number) => Ok(Value::Float(number)),
        // Checked by type before its payload is read, so that no other extension can nest there.
        Head::Extension(kind @ (BIG_INTEGER | BIG_DECIMAL | RATIONAL), number) => {
            load_extension(kind, number, room.levels())
        }
        _ => Err(payload.error("extension that lacks a number")),
    }
}

pub(super) fn is_number(value: &Value) -> bool {
    matches!(
        value,
        Value::Integer(_)
            | Value::BigInteger(_)
            | Value::Float(_)
            | Value::BigDecimal(_)
            | Value::Rational(_)
    )
}

pub(super) fn is_integer(value: &Value) -> bool {
    matches!(value, Value::Integer(_) | Value::BigInteger(_))
}
