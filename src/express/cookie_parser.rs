//! [`value_of`]: reads the `Cookie` header as Express does.

use std::borrow::Cow;

use crate::http::cookie_header::CookieHeader;

/// Returns the value of the first cookie of this name (package cookie 0.7, `parse`): name and value
/// without the spaces and tabs around them, one pair of quotes removed, and decoded by
/// `decodeURIComponent`, or as it came where that fails. A pair without `=` does not count.
pub(super) fn value_of<'h>(header: &CookieHeader<'h>, name: &str) -> Option<Cow<'h, [u8]>> {
    let raw = header.iter().find_map(|(found, value)| {
        let value = value?;
        (trimmed(found) == name.as_bytes()).then_some(value)
    })?;
    let value = trimmed(raw);
    let value = match value {
        [b'"', inner @ .., b'"'] => inner,
        [b'"'] => b"",
        value => value,
    };
    Some(decoded(value).map_or(Cow::Borrowed(value), Cow::Owned))
}

fn trimmed(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

/// Decodes as JavaScript's `decodeURIComponent`; `None` if that fails or changes nothing.
fn decoded(value: &[u8]) -> Option<Vec<u8>> {
    if !value.contains(&b'%') {
        return None;
    }
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'%' {
            out.push(*byte);
            continue;
        }
        let [high, low, after @ ..] = rest else {
            return None;
        };
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let byte = digit(*high)? * 16 + digit(*low)?;
        out.push(u8::try_from(byte).ok()?);
        rest = after;
    }
    // Escapes that are no UTF-8 fail as a whole.
    std::str::from_utf8(&out).is_ok().then_some(out)
}
