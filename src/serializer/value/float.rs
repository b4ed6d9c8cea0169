//! Floats as Ruby writes them.

use std::fmt::{self, LowerExp, Write};

/// Room for the longest shortest float, `-2.2250738585072014e-308`, and a little more.
struct Digits {
    bytes: [u8; 32],
    len: usize,
}

impl Write for Digits {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len + text.len();
        let room = self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

impl Digits {
    /// Returns the shortest digits that read back to the same number, as `[-]d[.ddd]e[-]x`.
    fn shortest(number: impl LowerExp) -> Option<Self> {
        let mut digits = Self {
            bytes: [0; 32],
            len: 0,
        };
        write!(digits, "{number:e}").ok()?;
        Some(digits)
    }

    /// Returns the shortest digits; of two equally near the even one, as David Gay's `dtoa` in
    /// Ruby: 765727949427390.25 is `765727949427390.2`, not `.3`.
    fn shortest_even(float: f64) -> Option<Self> {
        /// Only floats of this many digits can lie in the middle of two shorter numbers.
        const LONG: usize = 15;

        let shortest = Self::shortest(float)?;
        let text = shortest.as_str();
        let mantissa = text.split_once('e').map_or(text, |(mantissa, _)| mantissa);
        let digits = mantissa.bytes().filter(u8::is_ascii_digit).count();
        if digits < LONG {
            return Some(shortest);
        }
        // The exact number, rounded to that many digits, half to even.
        let mut even = Self {
            bytes: [0; 32],
            len: 0,
        };
        write!(even, "{float:.*e}", digits - 1).ok()?;
        let same = even
            .as_str()
            .parse::<f64>()
            .is_ok_and(|read| read.to_bits() == float.to_bits());
        Some(if same && !even.ends_in_zero() {
            even
        } else {
            shortest
        })
    }

    fn ends_in_zero(&self) -> bool {
        self.as_str().contains("0e")
    }

    fn as_str(&self) -> &str {
        self.bytes
            .get(..self.len)
            .and_then(|text| std::str::from_utf8(text).ok())
            .unwrap_or_default()
    }
}

/// Appends a finite float in the form of Ruby's `Float#to_s` (`flo_to_s` in numeric.c): the
/// shortest digits that read back to the same float, always with a point. The notation is decimal
/// from 1e-4 to below 1e15, and to below 1e16 if digits follow the point (`2932837392844915.5`, but
/// `1.234567890123456e+15`); beyond that it is `d.ddde+XX` with at least two digits of exponent.
///
/// NaN and infinities are not JSON: the caller handles them; nothing is appended for them here.
pub(crate) fn ruby_float(out: &mut Vec<u8>, float: f64) {
    if let Some(digits) = Digits::shortest_even(float) {
        write_digits(out, digits.as_str().as_bytes());
    }
}

/// Appends a float as [`ruby_float`] does, with the digits that read back the same `f32`.
pub(crate) fn ruby_float_of_single(out: &mut Vec<u8>, single: f32) {
    if let Some(digits) = Digits::shortest(single) {
        write_digits(out, digits.as_str().as_bytes());
    }
}

fn write_digits(out: &mut Vec<u8>, text: &[u8]) {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let Some(e) = text.iter().position(|&byte| byte == b'e') else {
        return;
    };
    let (mantissa, exponent) = text.split_at(e);
    let exponent = exponent
        .get(1..)
        .and_then(|digits| std::str::from_utf8(digits).ok());
    let Some(exponent) = exponent.and_then(|digits| digits.parse::<i32>().ok()) else {
        return;
    };
    let Some((&first, fraction)) = mantissa.split_first() else {
        return;
    };
    let fraction = fraction.get(1..).unwrap_or_default();

    if negative {
        out.push(b'-');
    }
    match exponent {
        0.. if exponent < 15 || (exponent == 15 && fraction.len() > 15) => {
            let whole = usize::try_from(exponent).unwrap_or_default();
            out.push(first);
            let (before, after) = fraction.split_at(whole.min(fraction.len()));
            out.extend_from_slice(before);
            out.extend(std::iter::repeat_n(b'0', whole - before.len()));
            out.push(b'.');
            out.extend_from_slice(if after.is_empty() { b"0" } else { after });
        }
        -4..0 => {
            out.extend_from_slice(b"0.");
            let zeros = usize::try_from(-exponent - 1).unwrap_or_default();
            out.extend(std::iter::repeat_n(b'0', zeros));
            out.push(first);
            out.extend_from_slice(fraction);
        }
        _ => {
            out.extend_from_slice(&[first, b'.']);
            out.extend_from_slice(if fraction.is_empty() { b"0" } else { fraction });
            out.extend_from_slice(if exponent < 0 { b"e-" } else { b"e+" });
            let size = exponent.unsigned_abs();
            if size < 10 {
                out.push(b'0');
            }
            out.extend_from_slice(size.to_string().as_bytes());
        }
    }
}

/// Returns `Float#to_s` of any float.
pub(crate) fn ruby_float_text(float: f64) -> String {
    if float.is_nan() {
        return "NaN".to_owned();
    }
    if float.is_infinite() {
        return if float > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let mut out = Vec::with_capacity(24);
    ruby_float(&mut out, float);
    String::from_utf8(out).unwrap_or_default()
}

/// Returns the digits of a finite float without their sign, and the place of the point: `0.DIGITS *
/// 10 ** point`.
#[cfg(any(feature = "marshal", feature = "php"))]
pub(crate) fn ruby_float_digits(float: f64) -> Option<(String, i32)> {
    let digits = Digits::shortest_even(float.abs())?;
    let (mantissa, exponent) = digits.as_str().split_once('e')?;
    Some((mantissa.replace('.', ""), exponent.parse::<i32>().ok()? + 1))
}
