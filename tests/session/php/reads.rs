//! Bytes from outside, and what PHP makes of them (`tests/vectors/php/read-*`).

use std::collections::BTreeMap;

use hardtack::php::{PhpHandler, PhpSessions};
use hardtack::value::Value;
use serde::Deserialize;

use super::recorded_values::{entries, text};
use super::{handler, read, records, shown, write};

#[derive(Deserialize)]
struct Record {
    handler: String,
    hex: String,
    started: bool,
    value: serde_json::Value,
    written_with_touched: Option<String>,
}

const FILES: [&str; 2] = ["read-8.2.jsonl.gz", "read-8.4.jsonl.gz"];

/// The values that are well formed, and of which PHP loses the session: it has no such case or enum, or
/// its class refuses. 24 of the 998 sessions hold one.
const REFUSED_BY_CLASSES: [&str; 4] = [
    r#"O:7:"Closure":0:{}"#,
    r#"E:10:"Status:Nop";"#,
    r#"E:8:"Nope:One";"#,
    r#"O:6:"Status":0:{}"#,
];

/// Parts of the values that PHP reads and that its classes change: a class adds its properties, has
/// another case in its name, or does not know the form; of an unknown class the recordings show
/// `__PHP_Incomplete_Class`.
const CHANGED_BY_CLASSES: [&str; 6] = [
    r#""Cart":"#,
    r#""cart":"#,
    r#""STDCLASS":"#,
    r#""Old":"#,
    r#""Missing":"#,
    r#"O:1:"1":"#,
];

/// Sessions that are no array, which PHP takes for `$_SESSION`.
const NO_ARRAY: [&str; 4] = [
    "i:1;",
    "b:0;",
    r#"s:1:"a";"#,
    r#"O:8:"stdClass":1:{s:1:"a";i:1;}"#,
];

fn entries_of(handler: PhpHandler, bytes: &[u8]) -> Vec<(String, String)> {
    let session = read(handler, bytes).unwrap();
    let value = |key: &str| match session.get::<Value>(key) {
        Ok(value) => text(&value.unwrap_or(Value::Nil)),
        Err(error) => error.to_string(),
    };
    let keys = session.keys();
    keys.iter()
        .map(|key| (key.to_string(), value(key)))
        .collect()
}

#[test]
fn bytes_are_judged_as_php_does() {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for record in FILES.iter().flat_map(|file| records::<Record>(file)) {
        let bytes = hex::decode(&record.hex).unwrap();
        let handler = handler(&record.handler);
        let is_array = record.value.get("$array").is_some();
        let ours = read(handler, &bytes);
        let verdict = match (&ours, record.started) {
            (Ok(_), true) if is_array => "read by both",
            (Err(_), false) => "refused by both",
            (Ok(_), false) => "refused for its class",
            (Err(_), true) if !is_array => "no array",
            _ => "wrong",
        };
        *counts.entry(verdict).or_default() += 1;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        match verdict {
            "refused for its class" if !REFUSED_BY_CLASSES.iter().any(|one| text.contains(one)) => {
                wrong.push(text);
            }
            "no array" if !NO_ARRAY.contains(&&*text) => wrong.push(text),
            "wrong" => wrong.push(text),
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let expected = [
        ("no array", 8),
        ("read by both", 456),
        ("refused for its class", 24),
        ("refused by both", 510),
    ];
    assert_eq!(counts.values().sum::<usize>(), 998);
    assert_eq!(counts, expected.into());
}

/// Sessions that both read have the same values, and one more key is written as PHP writes it.
#[test]
fn what_is_read_is_written_as_php_does() {
    let (mut same_bytes, mut same_values, mut of_classes) = (0, 0, 0);
    for record in FILES.iter().flat_map(|file| records::<Record>(file)) {
        let bytes = hex::decode(&record.hex).unwrap();
        let handler = handler(&record.handler);
        let is_array = record.value.get("$array").is_some();
        let (Ok(mut session), true, true) = (read(handler, &bytes), record.started, is_array)
        else {
            continue;
        };
        session.insert("touched", 1).unwrap();
        let written = write(&PhpSessions::new().handler(handler), &session).unwrap();
        let by_php = hex::decode(record.written_with_touched.unwrap()).unwrap();
        if written == by_php {
            same_bytes += 1;
        } else if entries_of(handler, &written) == entries_of(handler, &by_php) {
            // `i:05;` stays as it is.
            same_values += 1;
        } else {
            // PHP cannot add a key to an array that is its own value.
            let text = String::from_utf8_lossy(&bytes);
            let is_changed = CHANGED_BY_CLASSES.iter().any(|part| text.contains(part));
            assert!(
                is_changed || text.ends_with("R:1;}"),
                "{text} became {}",
                shown(&written)
            );
            of_classes += 1;
        }
    }
    assert_eq!((same_bytes, same_values, of_classes), (292, 116, 48));
}

#[test]
fn values_are_those_of_php() {
    let (mut checked, mut of_classes, mut circles) = (0, 0, 0);
    for record in FILES.iter().flat_map(|file| records::<Record>(file)) {
        let bytes = hex::decode(&record.hex).unwrap();
        let is_array = record.value.get("$array").is_some();
        let (Ok(session), true, true) = (
            read(handler(&record.handler), &bytes),
            record.started,
            is_array,
        ) else {
            continue;
        };
        let expected = entries(&record.value);
        let keys: Vec<_> = expected.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(session.keys(), keys);
        for (key, expected) in &expected {
            match session.get::<Value>(key) {
                Ok(value) if text(&value.clone().unwrap_or(Value::Nil)) == text(expected) => {
                    checked += 1;
                }
                Ok(_) => {
                    let text = String::from_utf8_lossy(&bytes);
                    let is_changed = CHANGED_BY_CLASSES.iter().any(|part| text.contains(part));
                    assert!(is_changed, "{text}");
                    of_classes += 1;
                }
                Err(error) => {
                    assert!(error.to_string().contains("circle"), "{error}");
                    circles += 1;
                }
            }
        }
    }
    assert_eq!((checked, of_classes, circles), (420, 60, 10));
}

#[test]
fn other_formats_are_named() {
    let cases: [(&[u8], &str); 4] = [
        (b"\0\0\0\x02\x14\x01\x11\x01a\x06\x05", "igbinary"),
        (b"\0\0\0\x01\x14\x01\x11\x01a\x06\x05", "igbinary"),
        (b"\x81\xa1a\x05", "msgpack"),
        (b"\xde\0\x01\xa1a\x05", "msgpack"),
    ];
    let mut checked = 0;
    for (bytes, name) in cases {
        for handler in PhpHandler::ALL {
            let reason = read(*handler, bytes).unwrap_err();
            assert!(reason.contains(name), "{reason}");
            checked += 1;
        }
    }
    assert_eq!(checked, 12);
    let reason = read(PhpHandler::Php, b"a|i:1").unwrap_err();
    assert_eq!(reason, "not an integer");
}
