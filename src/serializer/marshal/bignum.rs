//! Numbers as Ruby writes them: Floats as text, Bignums as words.

use num_bigint::{BigInt, Sign};

use crate::serializer::value::ruby_float_digits;

/// Returns a Bignum's value from its magnitude, little-endian.
pub(super) fn bignum(negative: bool, magnitude: &[u8]) -> BigInt {
    BigInt::from_bytes_le(if negative { Sign::Minus } else { Sign::Plus }, magnitude)
}

/// Returns a Float's value from its text (`r_object0`, `TYPE_FLOAT`); `None` if the text is not a
/// number.
pub(super) fn float(text: &[u8]) -> Option<f64> {
    match text {
        b"nan" => return Some(f64::NAN),
        b"inf" => return Some(f64::INFINITY),
        b"-inf" => return Some(f64::NEG_INFINITY),
        _ => {}
    }
    let mut halves = text.splitn(2, |&byte| byte == 0);
    let digits = std::str::from_utf8(halves.next()?).ok()?;
    // Rust also reads words ("infinity", "nan"), which are not Floats in Marshal.
    if !digits
        .bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'))
    {
        return None;
    }
    let float: f64 = digits.parse().ok()?;
    // Ruby 1.8 did not rely on the digits: the mantissa's low 16 bits follow (`load_mantissa`).
    Some(match halves.next() {
        None | Some([]) => float,
        Some([high, rest @ ..]) => {
            let low = u16::from_be_bytes([*high, rest.first().copied().unwrap_or(0)]);
            f64::from_bits(float.to_bits() & !0xffff | u64::from(low))
        }
    })
}

/// Returns digits with their point, without an exponent; only called if `-width < point`.
fn fixed(digits: &str, point: i32) -> String {
    if point <= 0 {
        return format!("0.{}{digits}", "0".repeat(point.unsigned_abs() as usize));
    }
    match digits.split_at_checked(point.unsigned_abs() as usize) {
        Some((whole, "")) => whole.to_owned(),
        Some((whole, fraction)) => format!("{whole}.{fraction}"),
        None => format!("{digits:0<width$}", width = point.unsigned_abs() as usize),
    }
}

/// Returns a Float as Marshal writes it (`w_float`): `1.5`, `1e2`, `1e-300`.
pub(super) fn float_text(float: f64) -> String {
    match float {
        _ if float.is_nan() => return "nan".to_owned(),
        f64::INFINITY => return "inf".to_owned(),
        f64::NEG_INFINITY => return "-inf".to_owned(),
        _ => {}
    }
    let sign = if float.is_sign_negative() { "-" } else { "" };
    let Some((digits, point)) = ruby_float_digits(float).filter(|_| float != 0.0) else {
        return format!("{sign}0");
    };
    if point < -3 || point > i32::try_from(digits.len()).unwrap_or(i32::MAX) {
        let (first, rest) = digits.split_at_checked(1).unwrap_or((&digits, ""));
        let dot = if rest.is_empty() { "" } else { "." };
        return format!("{sign}{first}{dot}{rest}e{}", point - 1);
    }
    format!("{sign}{}", fixed(&digits, point))
}
