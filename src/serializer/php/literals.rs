//! Numbers and strings as PHP's grammar has them (`ext/standard/var_unserializer.re`).

use crate::serializer::LoadError;

/// Returns the end of the digits that begin here.
fn digits_end(input: &[u8], at: usize) -> usize {
    let rest = input.get(at..).unwrap_or_default();
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit());
    at + digits.count()
}

fn sign_end(input: &[u8], at: usize) -> usize {
    let has_sign = matches!(input.get(at), Some(b'+' | b'-'));
    at + usize::from(has_sign)
}

/// Reads the digits of a length (`parse_uiv`, which wraps around at 64 bits): its number and its
/// end.
pub(super) fn length(input: &[u8], at: usize) -> Result<(usize, usize), LoadError> {
    let end = digits_end(input, at);
    if end == at {
        return Err(LoadError {
            reason: "a length without digits",
            offset: at,
        });
    }
    let digits = input.get(at..end).unwrap_or_default();
    let wrapped = digits.iter().fold(0_u64, |number, digit| {
        number
            .wrapping_mul(10)
            .wrapping_add(u64::from(digit - b'0'))
    });
    Ok((usize::try_from(wrapped).unwrap_or(usize::MAX), end))
}

/// Reads the count of an object's properties (`parse_iv2`, which takes a sign and no digits too):
/// its number and its end. `None` if it is negative.
pub(super) fn count(input: &[u8], at: usize) -> (Option<usize>, usize) {
    let end = digits_end(input, sign_end(input, at));
    let number = saturating_integer(input.get(at..end).unwrap_or_default());
    (usize::try_from(number).ok(), end)
}

/// Returns the end of an integer with its semicolon.
pub(super) fn integer_end(input: &[u8], at: usize) -> Result<usize, LoadError> {
    let start = sign_end(input, at);
    let end = digits_end(input, start);
    if end > start && input.get(end) == Some(&b';') {
        return Ok(end + 1);
    }
    Err(LoadError {
        reason: "not an integer",
        offset: at,
    })
}

/// Returns the end of a float with its semicolon.
pub(super) fn float_end(input: &[u8], at: usize) -> Result<usize, LoadError> {
    let rest = input.get(at..).unwrap_or_default();
    for word in [&b"NAN;"[..], b"INF;", b"-INF;"] {
        if rest.starts_with(word) {
            return Ok(at + word.len());
        }
    }
    let start = sign_end(input, at);
    let mut end = digits_end(input, start);
    let mut digits = end - start;
    if input.get(end) == Some(&b'.') {
        let fraction = end + 1;
        end = digits_end(input, fraction);
        digits += end - fraction;
    }
    let mut is_whole = digits > 0;
    if is_whole && matches!(input.get(end), Some(b'e' | b'E')) {
        let exponent = sign_end(input, end + 1);
        end = digits_end(input, exponent);
        is_whole = end > exponent;
    }
    if is_whole && input.get(end) == Some(&b';') {
        return Ok(end + 1);
    }
    Err(LoadError {
        reason: "not a float",
        offset: at,
    })
}

/// Returns the end of `s:LEN:"...";` or `S:LEN:"...";`, which begins here.
pub(super) fn string_end(input: &[u8], at: usize) -> Result<usize, LoadError> {
    let (length, head) = quoted_length(input, at)?;
    let wrong = LoadError {
        reason: "a string that does not end where its length says",
        offset: at,
    };
    let end = if input.get(at) == Some(&b'S') {
        escaped_end(input, head, length)
    } else {
        head.checked_add(length)
    };
    let end = end.ok_or(wrong)?;
    let closing = input.get(end..end.saturating_add(2));
    if closing == Some(b"\";") {
        Ok(end + 2)
    } else {
        Err(wrong)
    }
}

/// Reads `X:LEN:"`: the length, and the place after the quote.
pub(super) fn quoted_length(input: &[u8], at: usize) -> Result<(usize, usize), LoadError> {
    let wrong = |reason| LoadError { reason, offset: at };
    if input.get(at + 1) != Some(&b':') {
        return Err(wrong("a type without a colon"));
    }
    let (length, end) = length(input, at + 2)?;
    let head = end + 2;
    if input.get(end..head) != Some(b":\"") {
        return Err(wrong("a length without a quote"));
    }
    if length > input.len() - head {
        return Err(wrong("a length beyond the end"));
    }
    Ok((length, head))
}

/// Returns the end of so many characters, of which each may be `\hh`.
fn escaped_end(input: &[u8], mut at: usize, length: usize) -> Option<usize> {
    for _ in 0..length {
        if *input.get(at)? == b'\\' {
            let digits = input.get(at + 1..at + 3)?;
            if !digits.iter().all(u8::is_ascii_hexdigit) {
                return None;
            }
            at += 2;
        }
        at += 1;
    }
    Some(at)
}

/// Returns the bytes of the content of an `S:`.
pub(super) fn escaped_text(mut content: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(content.len());
    let digit = |byte: &u8| {
        char::from(*byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    while let Some((first, rest)) = content.split_first() {
        content = rest;
        if *first == b'\\'
            && let [high, low, after @ ..] = rest
            && let (Some(high), Some(low)) = (digit(high), digit(low))
        {
            text.push(high << 4 | low);
            content = after;
        } else {
            text.push(*first);
        }
    }
    text
}

/// Reads an integer; beyond 64 bits it is the last that fits, as in PHP.
pub(super) fn saturating_integer(text: &[u8]) -> i64 {
    let (is_negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] | digits => (false, digits),
    };
    let digits = digits.iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0_i64, |number, digit| {
        let digit = i64::from(digit - b'0');
        let signed = if is_negative { -digit } else { digit };
        number.saturating_mul(10).saturating_add(signed)
    })
}

/// Returns the bytes after the first quote.
pub(super) fn first_quote(token: &[u8]) -> &[u8] {
    let quote = token.iter().position(|byte| *byte == b'"');
    let rest = quote.and_then(|quote| token.get(quote + 1..));
    rest.unwrap_or_default()
}
