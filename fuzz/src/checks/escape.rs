//! Form encoding of values, both ways, against loops over single bytes.

use hardtack::headers::{escape, unescape};
use hardtack::internal::{escape_into, escaped_len, unescape_into};

pub(super) fn check(data: &[u8]) {
    let escaped = escape(data);
    assert_eq!(escaped, escaped_naively(data));
    assert_eq!(escaped_len(data), escaped.len());
    assert_eq!(*unescape(escaped.as_bytes()), *data);
    let mut out = b"before".to_vec();
    escape_into(&mut out, data);
    assert_eq!(out, [b"before", escaped.as_bytes()].concat());

    let unescaped = unescape(data);
    assert_eq!(*unescaped, *unescaped_naively(data));
    assert_eq!(*unescape(escape(&unescaped).as_bytes()), *unescaped);
    let mut out = b"before".to_vec();
    unescape_into(&mut out, data);
    assert_eq!(out, [&b"before"[..], &unescaped].concat());
}

fn escaped_naively(data: &[u8]) -> String {
    let escaped = data.iter().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => {
            char::from(*byte).to_string()
        }
        b' ' => "+".to_owned(),
        _ => format!("%{byte:02X}"),
    });
    escaped.collect()
}

/// One `%` without two digits leaves all of it as it is.
fn unescaped_naively(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < data.len() {
        match data[at] {
            b'+' => out.push(b' '),
            b'%' => {
                let digits = data.get(at + 1..at + 3).unwrap_or_default();
                if digits.len() < 2 || !digits.iter().all(u8::is_ascii_hexdigit) {
                    return data.to_vec();
                }
                let digits = std::str::from_utf8(digits).unwrap();
                out.push(u8::from_str_radix(digits, 16).unwrap());
                at += 2;
            }
            byte => out.push(byte),
        }
        at += 1;
    }
    out
}
