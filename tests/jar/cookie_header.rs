//! The `Cookie` header and the escaping of values, against Rails and Rack.

use std::fmt::Write;

use hardtack::CookieHeader;
use hardtack::headers::{escape, unescape};
use hardtack::internal::{escape_into, escaped_len, unescape_into};
use proptest::prelude::*;
use serde_json::Value;

use crate::support::vectors;

const RAILS: [&str; 3] = [
    "attributes/rails-6.1.jsonl",
    "attributes/rails-7.1.jsonl",
    "attributes/rails-8.1.jsonl",
];

#[test]
fn every_header_as_rails_reads_it() {
    for file in RAILS {
        let mut count = 0;
        for record in vectors::<Value>(file) {
            if record["kind"] != "parse" {
                continue;
            }
            count += 1;
            let header = CookieHeader::new(record["header"].as_str().unwrap());
            let cookies = record["cookies"].as_object().unwrap();
            for (name, value) in cookies {
                // `<ff>` means the byte 0xFF, which JSON cannot hold.
                let expected = value.as_str().map(|text| {
                    if text == "<ff>" {
                        vec![0xFF]
                    } else {
                        text.into()
                    }
                });
                assert_eq!(
                    header.get(name).map(std::borrow::Cow::into_owned),
                    expected,
                    "{record}"
                );
            }
            assert!(
                header
                    .iter()
                    .all(|(name, _)| cookies.contains_key(std::str::from_utf8(name).unwrap())),
                "{record}"
            );
        }
        assert_eq!(count, 17);
    }
}

#[test]
fn every_header_and_byte_as_rack_reads_and_writes_it() {
    let (mut headers, mut bytes) = (0, 0);
    for record in vectors::<Value>("cookie_header/rack-2.2.jsonl") {
        if let Some(byte) = record["byte"].as_u64() {
            bytes += 1;
            let byte = [u8::try_from(byte).unwrap()];
            assert_eq!(escape(&byte), record["escaped"]);
            assert_eq!(escaped_len(&byte), escape(&byte).len());
            continue;
        }
        headers += 1;
        let bytes = hex(&record["header"]).unwrap();
        let mut cookies: Vec<(Vec<u8>, Option<Vec<u8>>)> = Vec::new();
        for (name, value) in CookieHeader::new(&bytes) {
            if !cookies.iter().any(|(seen, _)| seen == name) {
                cookies.push((
                    name.to_vec(),
                    value.map(|value| unescape(value).into_owned()),
                ));
            }
            if let Ok(name) = std::str::from_utf8(name) {
                let first = cookies
                    .iter()
                    .find(|(seen, _)| seen == name.as_bytes())
                    .unwrap();
                assert_eq!(
                    CookieHeader::new(&bytes).get(name).as_deref(),
                    first.1.as_deref(),
                    "{record}"
                );
            }
        }
        let expected = record["cookies"].as_array().unwrap().iter();
        let expected: Vec<_> = expected
            .map(|pair| (hex(&pair[0]).unwrap(), hex(&pair[1])))
            .collect();
        assert_eq!(cookies, expected, "{record}");
    }
    assert_eq!((headers, bytes), (384, 256));
}

fn hex(text: &Value) -> Option<Vec<u8>> {
    let (digits, []) = text.as_str()?.as_bytes().as_chunks::<2>() else {
        panic!("{text}")
    };
    Some(
        digits
            .iter()
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect(),
    )
}

#[test]
fn one_bad_percent_leaves_the_whole_value() {
    for bad in [
        "%",
        "%4",
        "%4g",
        "%g4",
        "%%41",
        "%41%",
        "+%",
        "%+1",
        "%4+",
        "%\u{b9}1",
        "a%zz+b%41",
    ] {
        for before in [0, 1, 31, 61, 62, 63, 64, 65, 700] {
            for after in [0, 1, 2, 100] {
                let value = format!("{}+{bad}{}", "g".repeat(before), "-".repeat(after));
                assert_eq!(*unescape(value.as_bytes()), *value.as_bytes());
            }
        }
    }
    assert!(matches!(unescape(b"plain"), std::borrow::Cow::Borrowed(_)));
}

#[test]
fn values_do_not_show_in_debug() {
    let header = CookieHeader::new("k=hush; j=hush");
    assert_eq!(format!("{header:?}"), r#"CookieHeader ["k", "j"]"#);
    assert!(!format!("{:?}", header.iter()).contains("104"));
}

/// Applies the rule a byte at a time.
fn plainly_escaped(value: &[u8]) -> String {
    let mut out = String::new();
    for byte in value {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => {
                out.push(char::from(*byte));
            }
            b' ' => out.push('+'),
            _ => write!(out, "%{byte:02X}").unwrap(),
        }
    }
    out
}

/// Applies the rule, Ruby's regular expressions, a byte at a time.
fn plainly_unescaped(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = value;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = after
                    .get(..2)
                    .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
                let Some(digits) = digits else {
                    return value.to_vec();
                };
                rest = &after[2..];
                u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap()
            }
            byte => *byte,
        });
    }
    out
}

/// Returns texts of several blocks, in which few, many or all bytes need escaping.
fn values() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..300),
        "[A-Za-z0-9+/=-]{0,300}".prop_map(String::into_bytes),
        "[a-z+%]{0,40}".prop_map(String::into_bytes),
        "([A-Za-z0-9]{0,70}(%[0-9A-Fa-f]{2}|\\+|%[0-9a-g+]{1,2})){0,6}"
            .prop_map(String::into_bytes),
    ]
}

proptest! {
    #[test]
    fn escaping_by_the_rule(value in values(), before in values()) {
        let escaped = escape(&value);
        prop_assert_eq!(&escaped, &plainly_escaped(&value));
        prop_assert_eq!(escaped_len(&value), escaped.len());
        prop_assert_eq!(&*unescape(escaped.as_bytes()), &*value);
        let mut out = before.clone();
        escape_into(&mut out, &value);
        prop_assert_eq!(out, [&before, escaped.as_bytes()].concat());
    }

    #[test]
    fn unescaping_by_the_rule(value in values(), before in values()) {
        let unescaped = plainly_unescaped(&value);
        prop_assert_eq!(&*unescape(&value), &*unescaped);
        let mut out = before.clone();
        unescape_into(&mut out, &value);
        prop_assert_eq!(out, [before, unescaped].concat());
    }

    #[test]
    fn any_bytes_make_a_header(header in prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        prop::collection::vec(prop::sample::select(b"ab=; %+4".to_vec()), 0..60),
    ], name in "[ab=; ]{0,3}") {
        let cookies = CookieHeader::new(&header);
        let _ = cookies.get(&name);
        for (name, _) in cookies {
            prop_assert!(!name.contains(&b';') && !name.contains(&b'='));
        }
        // Pairs joined again read as the same pairs.
        let pairs: Vec<_> = cookies.iter().collect();
        let joined: Vec<Vec<u8>> = pairs.iter().map(|(name, value)| match value {
            Some(value) => [name, &b"="[..], value].concat(),
            None => name.to_vec(),
        }).collect();
        let joined = joined.join(&b';');
        if !joined.windows(2).any(|pair| pair == b"; ") {
            prop_assert_eq!(CookieHeader::new(&joined).iter().collect::<Vec<_>>(), pairs);
        }
    }

    #[test]
    fn what_was_set_is_read_back(value in prop::collection::vec(any::<u8>(), 0..300)) {
        let cookie = hardtack::SetCookie::new("k", &*value, &hardtack::CookieAttributes::new()).unwrap();
        let header = cookie.to_string();
        let sent = header.split("; ").next().unwrap();
        prop_assert_eq!(cookie.size() + 1, sent.len());
        let request = format!("a=1; {sent}; k=2");
        let read = CookieHeader::new(&request).get("k");
        prop_assert_eq!(read.as_deref(), Some(&*value));
    }
}

/// Escaping allocates no more than [`escape`] documents for base64, and a small multiple of the
/// worst input.
#[test]
fn the_room_that_escaping_takes() {
    // Two of 32 characters of a random base64 text are `+` or `/`.
    let base64 = b"aGVsbG8+d29ybGQ/aGVsbG93b3JsZDAx".repeat(128);
    let cases = [
        ("plain", vec![b'a'; 4096], 4096, 4096 / 8 + 128),
        ("base64", base64, 4096 + 2 * 256, 4096 / 8 + 128 - 2 * 256),
        (
            "one escape",
            [vec![b'a'; 4095], vec![b'+']].concat(),
            4098,
            4096 / 8 + 126,
        ),
        ("escapes alone", vec![b'+'; 4096], 3 * 4096, 3 * 4096),
    ];
    for (what, value, length, spare) in cases {
        assert_eq!(value.len(), 4096, "{what}");
        let escaped = escape(&value);
        assert_eq!(escaped.len(), length, "{what}");
        assert_eq!(escaped_len(&value), length, "{what}");
        let room = escaped.capacity();
        assert!(room <= length + spare, "{what}: {room}");

        let mut out = Vec::new();
        unescape_into(&mut out, escaped.as_bytes());
        assert_eq!(out, value, "{what}");
        let room = out.capacity();
        assert!(room <= length + 64, "{what}: {room}");
    }
}
