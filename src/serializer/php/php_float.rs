//! Floats as PHP writes them: `smart_str_append_double` (`Zend/zend_smart_str.c`) with `zend_gcvt`
//! (`main/snprintf.c`).

use std::iter::repeat_n;

use crate::serializer::value::ruby_float_digits;

/// The digits of `serialize_precision` 17; -1 has the same limits between its notations.
const MOST_DIGITS: u8 = 17;

/// Appends a float with so many significant digits at most (`serialize_precision`); `None` is -1,
/// the shortest digits that read back to the same float.
pub(super) fn append_float(out: &mut Vec<u8>, float: f64, precision: Option<u8>) {
    if float.is_nan() {
        return out.extend_from_slice(b"NAN");
    }
    if float.is_sign_negative() {
        out.push(b'-');
    }
    if float.is_infinite() {
        return out.extend_from_slice(b"INF");
    }
    if float == 0.0 {
        return out.push(b'0');
    }
    let most = precision.unwrap_or(MOST_DIGITS).clamp(1, MOST_DIGITS);
    let digits = match precision {
        // David Gay's `dtoa`, as Ruby's.
        None => ruby_float_digits(float),
        Some(_) => rounded(float.abs(), most),
    };
    // Both forms have an exponent.
    let Some((digits, point)) = digits else {
        return;
    };
    let digits = digits.trim_end_matches('0');
    if point < -3 || point > i32::from(most) {
        let (first, rest) = digits.split_at(1);
        let rest = if rest.is_empty() { "0" } else { rest };
        out.extend_from_slice(format!("{first}.{rest}E{:+}", point - 1).as_bytes());
        return;
    }
    let Ok(whole) = usize::try_from(point) else {
        out.extend_from_slice(b"0.");
        out.extend(repeat_n(b'0', point.unsigned_abs() as usize));
        return out.extend_from_slice(digits.as_bytes());
    };
    let (before, after) = digits.split_at(whole.min(digits.len()));
    out.extend_from_slice(if whole == 0 { b"0" } else { before.as_bytes() });
    out.extend(repeat_n(b'0', whole - before.len()));
    if !after.is_empty() {
        out.push(b'.');
        out.extend_from_slice(after.as_bytes());
    }
}

/// Returns the digits of a float rounded to so many, and the place of the point: `0.DIGITS * 10 **
/// point`.
fn rounded(float: f64, digits: u8) -> Option<(String, i32)> {
    let text = format!("{float:.*e}", usize::from(digits - 1));
    let (mantissa, exponent) = text.split_once('e')?;
    Some((mantissa.replace('.', ""), exponent.parse::<i32>().ok()? + 1))
}
