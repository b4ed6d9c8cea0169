//! Steps that put a cookie together: from its parts, or from one more layer of an encoding.

use std::borrow::Cow;

use crate::hex;
use crate::http::escape::unescape;
use crate::message::base64::decode_any;

use super::pasted::{Pasted, amid, cookies};

/// The most parts that a cookie is split into.
const MOST_PARTS: usize = 16;

/// The shortest text that may be an encoded cookie, in bytes.
const SHORTEST_ENCODED: usize = 48;

/// Joins cookies whose names differ by a number at the end: `_session.0`, `_session.1`. Returns the
/// text of a header with the joined cookies.
pub(super) fn joined_cookies(text: &[u8]) -> Option<Vec<u8>> {
    let pasted = cookies(text, None).cookies;
    let part = |cookie: &Pasted<'_>| {
        let (base, number) = numbered(cookie.name?)?;
        Some((base.to_owned(), number, cookie.value.to_vec()))
    };
    let parts: Vec<_> = pasted.iter().filter_map(part).collect();
    let mut out = b"Cookie: ".to_vec();
    let mut joined: Vec<&str> = Vec::new();
    for (base, number, _) in &parts {
        if joined.contains(&base.as_str()) || *number > 1 {
            continue;
        }
        let mut values = Vec::new();
        for number in *number..*number + MOST_PARTS {
            let of_number = |part: &&(String, usize, Vec<u8>)| part.0 == *base && part.1 == number;
            let Some((_, _, value)) = parts.iter().find(of_number) else {
                break;
            };
            values.push(&value[..]);
        }
        // A first part may have the bare name.
        let bare = pasted.iter().find(|cookie| {
            *number == 1 && cookie.name == Some(base.trim_end_matches(['.', '-', '_', 'C']))
        });
        if let Some(bare) = bare {
            values.insert(0, bare.value);
        }
        if values.len() >= 2 {
            joined.push(base);
            out.extend_from_slice(base.trim_end_matches(['.', '-']).as_bytes());
            out.push(b'=');
            out.extend(values.concat());
            out.extend_from_slice(b"; ");
        }
    }
    (!joined.is_empty()).then_some(out)
}

/// Splits a name into its text and the number at its end: `_session.0`, `session-1`, `authC2`.
fn numbered(name: &str) -> Option<(&str, usize)> {
    let base = name.trim_end_matches(|digit: char| digit.is_ascii_digit());
    let digits = name.get(base.len()..)?;
    let is_part = base.ends_with(['.', '-', '_', 'C']) && digits.len() <= 2;
    Some((base, digits.parse().ok().filter(|_| is_part)?))
}

/// Decodes one more layer of base64 or hexadecimal digits, in which the whole cookie stands.
pub(super) fn decoded_once_more(text: &[u8]) -> Option<Vec<u8>> {
    let pasted = cookies(text, None).cookies;
    let whole = [(None, Cow::Borrowed(text))].into_iter();
    let named = pasted
        .iter()
        .map(|cookie| (cookie.name, Cow::Borrowed(cookie.value)));
    let runs = amid_encoded(text).map(|run| (None, Cow::Borrowed(run)));
    whole.chain(named).chain(runs).find_map(|(name, value)| {
        let value = unescape(&value);
        let digits: Vec<u8> = value
            .iter()
            .filter(|byte| !byte.is_ascii_whitespace())
            .copied()
            .collect();
        if digits.len() < SHORTEST_ENCODED {
            return None;
        }
        let decoded = of_hex(&digits).or_else(|| of_base64(&digits))?;
        let is_cookie = decoded
            .iter()
            .all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\r'))
            && cookies(&decoded, None).cookies.iter().any(may_be_message);
        is_cookie.then(|| match name {
            Some(name)
                if memchr::memchr2(b' ', b';', &decoded).is_none() && !has_name(&decoded) =>
            {
                [name.as_bytes(), b"=", &decoded].concat()
            }
            _ => decoded,
        })
    })
}

fn has_name(text: &[u8]) -> bool {
    amid(text).any(|cookie| cookie.name.is_some())
}

fn may_be_message(cookie: &Pasted<'_>) -> bool {
    memchr::memmem::find(cookie.value, b"--").is_some()
}

fn of_hex(digits: &[u8]) -> Option<Vec<u8>> {
    let (pairs, rest) = digits.as_chunks();
    let byte = |[high, low]: &[u8; 2]| {
        let value = |digit: &u8| hex::value(digit.to_ascii_lowercase());
        Some(value(high)? << 4 | value(low)?)
    };
    rest.is_empty().then(|| pairs.iter().map(byte).collect())?
}

fn of_base64(digits: &[u8]) -> Option<Vec<u8>> {
    let end = digits
        .iter()
        .rposition(|byte| *byte != b'=')
        .map_or(0, |end| end + 1);
    let bare = digits.get(..end)?;
    decode_any(digits).or_else(|| {
        // The padding of the layer may be lost.
        let padding: &[u8] = match bare.len() % 4 {
            2 => b"==",
            3 => b"=",
            _ => b"",
        };
        decode_any(&[bare, padding].concat())
    })
}

/// Finds runs of base64 digits amid other text.
fn amid_encoded(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let stays = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=-_".contains(byte);
    text.split(move |byte| !stays(byte))
        .filter(|run| run.len() >= SHORTEST_ENCODED)
        .take(MOST_PARTS)
}
