//! Finds the cookies of an access log, line by line.
//!
//! In a line of JSON, the values of keys that end in `cookie` or `cookies` are headers. In any other
//! text, every `NAME=VALUE` that begins a field is a cookie. So all formats of servers are read,
//! quoted or not.

use std::borrow::Cow;
use std::io::BufRead;

use hardtack::CookieHeader;
use serde_json::Value;

use crate::found::{Found, Place, Troubles, is_token};
use crate::lines::{LONGEST_LINE, Stop, read_line};

/// The function that gets each cookie of a text.
type Visit<'v> = dyn FnMut(Option<&str>, &[u8]) -> Result<(), Stop> + 'v;

/// Finds the cookies of every line, and returns the number of lines.
pub(crate) fn read(
    mut input: impl BufRead,
    troubles: &mut Troubles,
    visit: &mut dyn FnMut(Found<'_>) -> Result<(), Stop>,
) -> Result<u64, Stop> {
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let length = read_line(&mut input, &mut line).map_err(|error| troubles.broken(&error))?;
        if length == 0 {
            return Ok(number - 1);
        }
        let place = Place::Line(number);
        let is_long = length > line.len() as u64;
        if is_long {
            let trouble =
                format!("the line has more than {LONGEST_LINE} bytes; the rest of it is skipped");
            troubles.tell(place, &trouble);
        }
        let is_read = cookies(&line, &mut |name, value| {
            visit(Found { place, name, value })
        })?;
        if !is_read && !is_long {
            troubles.tell(
                place,
                "the line begins like JSON but is broken; it is skipped",
            );
        }
    }
    Ok(0)
}

/// Finds the cookies of a line. Returns false if the line begins like JSON and is none.
fn cookies(line: &[u8], visit: &mut Visit<'_>) -> Result<bool, Stop> {
    let line = line.trim_ascii();
    // syslog and other collectors write their own text before the object.
    if let Some(start) = memchr::memmem::find(line, b"{\"") {
        let (before, object) = line.split_at_checked(start).unwrap_or_default();
        // nginx writes bytes that are not UTF-8 as they are.
        let text = String::from_utf8_lossy(object);
        if let Ok(value) = serde_json::from_str(&text) {
            json(&value, visit)?;
            return Ok(true);
        }
        if before.is_empty() {
            return Ok(false);
        }
    }
    text(line, visit)?;
    Ok(true)
}

/// Finds the cookies of a JSON value. `serde_json` limits its nesting to 128 levels.
fn json(value: &Value, visit: &mut Visit<'_>) -> Result<(), Stop> {
    match value {
        Value::String(string) => string
            .lines()
            .try_for_each(|line| text(line.as_bytes(), visit)),
        Value::Array(array) => array.iter().try_for_each(|value| json(value, visit)),
        Value::Object(object) => object.iter().try_for_each(|(key, value)| {
            if is_cookie(key.as_bytes()) {
                header(value, visit)
            } else {
                json(value, visit)
            }
        }),
        _ => Ok(()),
    }
}

/// Finds the cookies of a header's value: a text, an array of texts, or a map of names and values.
fn header(value: &Value, visit: &mut Visit<'_>) -> Result<(), Stop> {
    match value {
        Value::String(header) => CookieHeader::new(header).iter().try_for_each(|pair| {
            let (name, Some(value)) = pair else {
                return Ok(());
            };
            std::str::from_utf8(name).map_or(Ok(()), |name| visit(Some(name), value))
        }),
        Value::Array(headers) => headers.iter().try_for_each(|value| header(value, visit)),
        Value::Object(pairs) => pairs.iter().try_for_each(|(name, value)| match value {
            Value::String(value) => visit(Some(name), value.as_bytes()),
            _ => Ok(()),
        }),
        _ => Ok(()),
    }
}

/// Checks that a key or a label names cookies: `Cookie`, `http_cookie`, `sent_http_set_cookie` ...
fn is_cookie(key: &[u8]) -> bool {
    let key = key.to_ascii_lowercase();
    key.ends_with(b"cookie") || key.ends_with(b"cookies")
}

/// Finds the cookies of a text: its fields, each a pair or a value without a name.
fn text(text: &[u8], visit: &mut Visit<'_>) -> Result<(), Stop> {
    let mut rest = text;
    let mut before = None;
    while !rest.is_empty() {
        let end = end_of_field(rest);
        let (field, after) = rest.split_at_checked(end).unwrap_or((rest, b""));
        if let Some(name) = list_name(field).filter(|_| before == Some(b'[')) {
            let value = field.splitn(2, |byte| *byte == b'=').nth(1);
            visit(Some(&name), &unescaped(value.unwrap_or_default()))?;
        } else if let Some(name) = hidden_name(field, after) {
            visit(Some(name), after.get(..hidden(after)).unwrap_or_default())?;
        } else if !field.is_empty() {
            let (name, value) = pair(field);
            visit(name, &unescaped(value))?;
        }
        before = after.first().copied();
        rest = after.get(1..).unwrap_or_default();
    }
    Ok(())
}

/// Returns the name of a field that follows `[` and begins with an escaped quote: `["_session`.
/// Rails up to 7.0 under Rack 3 sets such cookies, and browsers send them back under this name.
fn list_name(field: &[u8]) -> Option<String> {
    let named = [&b"\\x22"[..], b"\\\"", b"\\u0022"]
        .iter()
        .find_map(|quote| field.strip_prefix(*quote))?;
    let name = named.split(|byte| *byte == b'=').next()?;
    let has_value = named.len() > name.len() + 1;
    let name = std::str::from_utf8(name).ok()?;
    (has_value && is_token(name.as_bytes())).then(|| format!("[\"{name}"))
}

/// Returns the name of a field without a value, if a mark such as `[FILTERED]` comes after it.
fn hidden_name<'f>(field: &'f [u8], after: &[u8]) -> Option<&'f str> {
    let name = field.strip_suffix(b"=")?;
    let name = name.rsplit(|byte| *byte == b':').next()?;
    let is_hidden = hidden(after) > 0 && is_token(name);
    std::str::from_utf8(name).ok().filter(|_| is_hidden)
}

/// Returns the length of the mark that a log's filter put in place of a value: `[FILTERED]`,
/// `<redacted>`, `(hidden)`; 0 if there is none.
fn hidden(text: &[u8]) -> usize {
    const LONGEST: usize = 24;
    let close = match text.first() {
        Some(b'[') => b']',
        Some(b'<') => b'>',
        Some(b'(') => b')',
        _ => return 0,
    };
    let word = text.iter().skip(1).take(LONGEST);
    let word = word.take_while(|byte| byte.is_ascii_alphabetic()).count();
    if word > 0 && text.get(word + 1) == Some(&close) {
        word + 2
    } else {
        0
    }
}

/// Returns the end of a field: the first byte that no sealed value holds and that is not escaped.
fn end_of_field(text: &[u8]) -> usize {
    let mut is_escaped = false;
    let end = text.iter().position(|byte| {
        if is_escaped {
            is_escaped = false;
            return false;
        }
        is_escaped = *byte == b'\\';
        byte.is_ascii_whitespace() || b"\"';,|{}[]()<>".contains(byte)
    });
    end.unwrap_or(text.len())
}

/// Splits a field into a name and a value; a field without a name is a value.
fn pair(field: &[u8]) -> (Option<&str>, &[u8]) {
    let alone = (None, field);
    let Some(place) = memchr::memchr(b'=', field) else {
        return alone;
    };
    let (before, rest) = field.split_at_checked(place).unwrap_or_default();
    let value = rest.get(1..).unwrap_or_default();
    // In a message only `=` and `--` follow a `=`.
    if value.is_empty() || value.starts_with(b"=") || value.starts_with(b"--") {
        return alone;
    }
    // `Cookie:a=1`; CloudFront writes `a=1;%20b=2`.
    let name = before.rsplit(|byte| *byte == b':').next();
    let name = name.unwrap_or_default();
    let name = name.strip_prefix(b"%20").unwrap_or(name);
    // `cookie=a=1`
    if is_cookie(name) && memchr::memchr(b'=', value).is_some() {
        let inner = pair(value);
        if inner.0.is_some() {
            return inner;
        }
    }
    // The part before `=` in a URL's query is not a token.
    match std::str::from_utf8(name) {
        Ok(text) if is_token(name) => (Some(text), value),
        _ => alone,
    }
}

/// Resolves a log's escapes: `\xHH` (Apache, nginx), `\"` and `\\` (Apache).
fn unescaped(value: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\\', value).is_none() {
        return Cow::Borrowed(value);
    }
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let [first, after_first @ ..] = rest {
        let (byte, after) = match rest {
            [b'\\', b'x', high, low, after @ ..] => match (nibble(*high), nibble(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, after),
                _ => (*first, after_first),
            },
            [b'\\', escaped @ (b'"' | b'\\'), after @ ..] => (*escaped, after),
            _ => (*first, after_first),
        };
        out.push(byte);
        rest = after;
    }
    Cow::Owned(out)
}

/// Returns the value of a hexadecimal digit.
fn nibble(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_its_pairs_and_what_stands_alone() {
        let cases: [(&str, &[&str]); 21] = [
            (r#""a=1; b=x--y""#, &["a=1", "b=x--y"]),
            ("cookie=a=1; b=2", &["a=1", "b=2"]),
            ("Cookie: a=1;b=2", &["a=1", "b=2"]),
            ("Cookie:a=1;%20b=2", &["a=1", "b=2"]),
            ("{a=1;|b=2}", &["a=1", "b=2"]),
            ("GET /?a=1&b=2 HTTP/1.1", &[]),
            ("https://example.com:80/?a=1", &[]),
            (r#""a=\x22x y\x22; b=\"x\"""#, &["a=\"x", "b=\"x\""]),
            (r"a=\x2g\\\q", &[r"a=\x2g\\q"]),
            // A sign is no digit.
            (r"a=\x+5\x-5b", &[r"a=\x+5\x-5b"]),
            // The name of a cookie of Rails 6.1 under Rack 3.
            (r#""[\x22_s=x--y; b=2""#, &["[\"_s=x--y", "b=2"]),
            (r#""[\"_s=x--y""#, &["[\"_s=x--y"]),
            (r#"{"cookie":"[\"_s=x--y; b=2"}"#, &["[\"_s=x--y", "b=2"]),
            // A list, and no name.
            (r#"["_s=x--y"]"#, &["_s=x--y"]),
            // The values that a filter hid.
            (
                "_s=[FILTERED] b=<redacted> c=(hidden)",
                &["_s=[FILTERED]", "b=<redacted>", "c=(hidden)"],
            ),
            ("cookie:_s=[FILTERED]; b=2", &["_s=[FILTERED]", "b=2"]),
            ("GET /?a=[FILTERED] HTTP/1.1 [30/Nov/2026:08:00:00]", &[]),
            (
                r#"{"x":1,"h":{"Cookie":["a=1; b=2; c"]},"n":null}"#,
                &["a=1", "b=2"],
            ),
            (r#"{"cookies":{"a":"1","b":2}}"#, &["a=1"]),
            (r#"{"log":"GET / \"a=1; b=2\"\n"}"#, &["a=1", "b=2"]),
            (r#"<190>Nov 22 nginx: {"http_cookie":"a=1"}"#, &["a=1"]),
        ];
        let mut ran = 0;
        for (line, expected) in cases {
            let mut pairs = Vec::new();
            let is_read = cookies(line.as_bytes(), &mut |name, value| {
                let value = String::from_utf8_lossy(value);
                pairs.extend(name.map(|name| format!("{name}={value}")));
                Ok(())
            });
            assert!(is_read.is_ok_and(|is_read| is_read), "{line}");
            assert_eq!(pairs, expected, "{line}");
            ran += 1;
        }
        assert_eq!(ran, 21);
    }
}
