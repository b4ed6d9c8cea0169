//! Numbers as Ruby writes them: Floats as text, Bignums as words.

use num_bigint::{BigInt, Sign};

/// A Bignum's value from its magnitude, little-endian.
pub(super) fn bignum(negative: bool, magnitude: &[u8]) -> BigInt {
    BigInt::from_bytes_le(if negative { Sign::Minus } else { Sign::Plus }, magnitude)
}

/// A Float's value from its text (`r_object0`, `TYPE_FLOAT`); `None` if it is no number.
pub(super) fn float(text: &[u8]) -> Option<f64> {
    match text {
        b"nan" => return Some(f64::NAN),
        b"inf" => return Some(f64::INFINITY),
        b"-inf" => return Some(f64::NEG_INFINITY),
        _ => {}
    }
    let mut halves = text.splitn(2, |&byte| byte == 0);
    let digits = std::str::from_utf8(halves.next()?).ok()?;
    // Rust also reads words ("infinity", "nan"), which are no Floats in Marshal.
    if !digits
        .bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'))
    {
        return None;
    }
    let float: f64 = digits.parse().ok()?;
    // Ruby 1.8 did not trust its digits: the mantissa's low 16 bits follow (`load_mantissa`).
    Some(match halves.next() {
        None | Some([]) => float,
        Some([high, rest @ ..]) => {
            let low = u16::from_be_bytes([*high, rest.first().copied().unwrap_or(0)]);
            f64::from_bits(float.to_bits() & !0xffff | u64::from(low))
        }
    })
}

/// The shortest digits that read back as this number, and where the point stands: `0.DIGITS * 10 ** point`.
fn digits(float: f64) -> (String, i32) {
    let text = format!("{:e}", float.abs());
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    (
        mantissa.replace('.', ""),
        exponent.parse::<i32>().unwrap_or(0) + 1,
    )
}

/// Digits with their point, without an exponent; only where `-width < point`.
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

fn scientific(digits: &str) -> (&str, &str) {
    digits.split_at_checked(1).unwrap_or((digits, ""))
}

fn special(float: f64) -> Option<&'static str> {
    match float {
        _ if float.is_nan() => Some("nan"),
        f64::INFINITY => Some("inf"),
        f64::NEG_INFINITY => Some("-inf"),
        _ if float == 0.0 => Some(if float.is_sign_negative() { "-0" } else { "0" }),
        _ => None,
    }
}

/// A Float as Marshal writes it (`w_float`): `1.5`, `1e2`, `1e-300`.
pub(super) fn float_text(float: f64) -> String {
    if let Some(text) = special(float) {
        return text.to_owned();
    }
    let sign = if float < 0.0 { "-" } else { "" };
    let (digits, point) = digits(float);
    if point < -3 || point > i32::try_from(digits.len()).unwrap_or(i32::MAX) {
        let (first, rest) = scientific(&digits);
        let dot = if rest.is_empty() { "" } else { "." };
        return format!("{sign}{first}{dot}{rest}e{}", point - 1);
    }
    format!("{sign}{}", fixed(&digits, point))
}

/// A Float as `Float#to_s` writes it: `1.5`, `100.0`, `1.0e-300`.
pub(super) fn to_s(float: f64) -> String {
    match special(float) {
        Some("nan") => return "NaN".to_owned(),
        Some("inf") => return "Infinity".to_owned(),
        Some("-inf") => return "-Infinity".to_owned(),
        Some(zero) => return format!("{zero}.0"),
        None => {}
    }
    let sign = if float < 0.0 { "-" } else { "" };
    let (digits, point) = digits(float);
    if !(-3..=15).contains(&point) {
        let (first, rest) = scientific(&digits);
        let rest = if rest.is_empty() { "0" } else { rest };
        return format!("{sign}{first}.{rest}e{:+03}", point - 1);
    }
    let text = fixed(&digits, point);
    let suffix = if text.contains('.') { "" } else { ".0" };
    format!("{sign}{text}{suffix}")
}

/// The digits that a `BigDecimal` sets aside for this text, in words of nine (`BigDecimal#_dump`);
/// `None` if the text is no `BigDecimal`.
pub(super) fn decimal_precision(text: &str) -> Option<usize> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    if matches!(unsigned, "Infinity") || text == "NaN" {
        return Some(9);
    }
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let exponent: i32 = exponent.parse().ok()?;
    let shift = exponent.unsigned_abs() as usize;
    // 0.125e1 is 1.25: one digit before the point, two behind it.
    let whole = if whole == "0" { 0 } else { whole.len() };
    let (before, behind) = if exponent < 0 {
        (whole.saturating_sub(shift), fraction.len() + shift)
    } else {
        (whole + shift, fraction.len().saturating_sub(shift))
    };
    Some(9 * (before.max(1).div_ceil(9) + behind / 9 + 1))
}
