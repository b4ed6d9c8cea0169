//! [`as_in_javascript`]: the numbers of a JSON text in the form of `JSON.stringify`.

/// The longest number without an exponent, in digits (ECMA-262, `Number::toString`).
const MOST_DIGITS: i32 = 21;

/// Rewrites the numbers of the JSON text from `start` on that have a point or an exponent, and
/// `-0`: `1.0` becomes `1`. Integers stay, since JavaScript would round long ones.
pub(super) fn as_in_javascript(out: &mut Vec<u8>, start: usize) {
    let text = out.get(start..).unwrap_or_default();
    if !text.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E')) && !has_minus_zero(text) {
        return;
    }
    let text = out.split_off(start);
    let mut rest = &*text;
    while let Some(byte) = rest.first() {
        let len = match byte {
            b'"' => string_len(rest),
            b'-' | b'0'..=b'9' => number_len(rest),
            _ => 1,
        };
        let (token, after) = rest.split_at(len.clamp(1, rest.len()));
        match (byte, number(token)) {
            (b'-' | b'0'..=b'9', Some(number)) => write(out, number),
            _ => out.extend_from_slice(token),
        }
        rest = after;
    }
}

fn has_minus_zero(text: &[u8]) -> bool {
    text.windows(2).any(|pair| pair == b"-0")
}

/// Returns the length of the string at the start of the text, with its quotes.
fn string_len(text: &[u8]) -> usize {
    let mut is_escaped = false;
    let end = text.iter().skip(1).position(|byte| {
        let is_end = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        is_end
    });
    end.map_or(text.len(), |end| end + 2)
}

fn number_len(text: &[u8]) -> usize {
    let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
    text.iter().take_while(|byte| is_part(byte)).count()
}

/// Returns the value of a number that JavaScript writes in another form.
fn number(token: &[u8]) -> Option<f64> {
    let is_float = token.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E'));
    if !is_float && token != b"-0" {
        return None;
    }
    let number: f64 = std::str::from_utf8(token).ok()?.parse().ok()?;
    // What is no double is left to whoever reads it.
    number.is_finite().then_some(number)
}

/// Appends a number as JavaScript writes it (ECMA-262, `Number::toString`).
fn write(out: &mut Vec<u8>, number: f64) {
    if number == 0.0 {
        return out.push(b'0');
    }
    if number < 0.0 {
        out.push(b'-');
    }
    let text = format!("{:e}", number.abs());
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits = mantissa.replace('.', "");
    let count = i32::try_from(digits.len()).unwrap_or(MOST_DIGITS);
    // The place of the point after the first digit.
    let point = exponent.parse::<i32>().unwrap_or_default() + 1;
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or_default());
    let at = usize::try_from(point).unwrap_or_default();
    let written = if (count..=MOST_DIGITS).contains(&point) {
        format!("{digits}{}", zeros(point - count))
    } else if (1..=MOST_DIGITS).contains(&point) {
        let (whole, fraction) = digits.split_at_checked(at).unwrap_or((&digits, ""));
        format!("{whole}.{fraction}")
    } else if (-5..=0).contains(&point) {
        format!("0.{}{digits}", zeros(-point))
    } else {
        let sign = if point > 0 { "+" } else { "-" };
        format!("{mantissa}e{sign}{}", (point - 1).abs())
    };
    out.extend_from_slice(written.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::as_in_javascript;

    #[test]
    fn numbers_have_the_form_of_javascript() {
        // By ECMA-262, and as Node 18 prints them.
        let numbers = [
            ("1.0", "1"),
            ("-0", "0"),
            ("-0.0", "0"),
            ("1e2", "100"),
            ("1E+2", "100"),
            ("0.1", "0.1"),
            ("-2.50", "-2.5"),
            ("1e21", "1e+21"),
            ("1e20", "100000000000000000000"),
            ("123456789012345680000.0", "123456789012345680000"),
            ("1.5e300", "1.5e+300"),
            ("0.000001", "0.000001"),
            ("0.0000001", "1e-7"),
            ("1.25e-7", "1.25e-7"),
            ("5e-324", "5e-324"),
            ("1.7976931348623157e308", "1.7976931348623157e+308"),
            // No doubles, and no floats.
            ("1e400", "1e400"),
            ("12345678901234567890", "12345678901234567890"),
            ("-10", "-10"),
        ];
        for (text, expected) in numbers {
            for (before, after) in [("", ""), (r#"{"1.0":["\"1.0\\",-0.0,"#, "]}")] {
                let mut out = b"1.0".to_vec();
                out.extend_from_slice(format!("{before}{text}{after}").as_bytes());
                as_in_javascript(&mut out, 3);
                let before = before.replace("-0.0", "0");
                let out = String::from_utf8(out).unwrap();
                assert_eq!(out, format!("1.0{before}{expected}{after}"));
            }
        }
    }
}
