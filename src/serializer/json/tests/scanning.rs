//! The spans of an object's entries, against RFC 8259 and against `serde_json`.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::serializer::LoadError;
use crate::serializer::json::index_entry::{index, key_text, readable_key};
use crate::serializer::json::read::from_json_str;

/// Keys and values of an object, unchanged.
fn entries(text: &str) -> Vec<(String, &str)> {
    let entries = index(text).unwrap().unwrap();
    entries
        .into_iter()
        .map(|entry| {
            let key = key_text(text, entry).into_owned();
            (key, entry.value.of(text))
        })
        .collect()
}

/// Values of every shape in RFC 8259, with white space wherever it is allowed.
const VALUES: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "-0",
    "7",
    "-1",
    "10",
    "1234567890123456",
    "12345678901234567",
    "-12345678901234567890123456789012345678901234567890",
    "0.5",
    "-0.25",
    "10.125",
    "1e5",
    "1E5",
    "0e0",
    "1e+5",
    "1e-5",
    "1.5e+10",
    "-1.50E-10",
    "0.12345678901234567890e12345678901234567890",
    r#""""#,
    r#""a""#,
    r#""fifteen bytes!!""#,
    r#""sixteen of them!""#,
    r#""seventeen bytes.!""#,
    r#""thirty-two bytes without an escape""#,
    r#""\"\\\/\b\f\n\r\t""#,
    r#""a\"b""#,
    r#""in the first sixteen \" and after them""#,
    r#""\u0000\u00e9\uFFFF\uffff\uabcd\uABCD\u1234\u9876""#,
    r#""\ud7ff""#,
    r#""\ue000""#,
    r#""\ud800\udc00""#,
    r#""\ud83d\ude00""#,
    r#""\udbff\udfff""#,
    r#""\uDBFF\uDFFF after""#,
    r#""a\ud83d\ude00\ud83d\ude00\\""#,
    "\"é\u{7f}\u{2028}😀\"",
    "[]",
    "[ ]",
    "[\t\r\n]",
    "{}",
    "{ }",
    "[1]",
    "[1,2]",
    "[ 1 , 2 ]",
    "[\t1\r\n,\n2\t]",
    "[[]]",
    "[[],[]]",
    "[[1],[2,[3]],4]",
    "[{},{}]",
    r#"{"a":1}"#,
    r#"{ "a" : 1 }"#,
    r#"{ "a" : 1 , "b" : [ ] , "c" : { } }"#,
    r#"{"a":{"b":{"c":[{"d":[]}]}},"e":2}"#,
    r#"[{"a":[1]},{"b":[2]},[{"c":3}]]"#,
    r#"{"]":"}","[":"{"}"#,
    r#"{"":{"":{"":""}}}"#,
];

#[test]
fn every_value_ends_where_it_does() {
    let mut count = 0;
    for value in VALUES {
        // First, in the middle and last; without white space, and with all white space that is
        // allowed.
        for space in ["", " ", " \t\r\n "] {
            let others = ["0", r#""x""#];
            for place in 0..3 {
                let mut values = others.to_vec();
                values.insert(place, value);
                let pairs = ["a", "\\u0062", "c"].iter().zip(&values);
                let pairs: Vec<_> = pairs
                    .map(|(key, value)| format!("{space}\"{key}\"{space}:{space}{value}{space}"))
                    .collect();
                let text = format!("{space}{{{}}}{space}", pairs.join(","));
                let expected: Vec<_> = ["a", "b", "c"].map(str::to_owned).into_iter().collect();
                let expected: Vec<_> = expected.into_iter().zip(values).collect();
                assert_eq!(entries(&text), expected, "{text}");
                // serde_json finds the same, value by value.
                let theirs: BTreeMap<String, &RawValue> = serde_json::from_str(&text).unwrap();
                let theirs = theirs.into_iter().map(|(key, raw)| (key, raw.get()));
                assert_eq!(theirs.collect::<Vec<_>>(), expected, "{text}");
                count += 1;
            }
        }
        assert_eq!(index(value).unwrap().is_some(), value.starts_with('{'));
        assert!(index(&format!(" \n{value}\t\r")).is_ok(), "{value}");
    }
    assert_eq!(count, VALUES.len() * 3 * 3);
}

#[test]
fn refusals_say_where() {
    let cases = [
        ("", "not a JSON value", 0),
        (" ", "not a JSON value", 1),
        ("nul", "not a JSON value", 0),
        ("tru", "not a JSON value", 0),
        ("True", "not a JSON value", 0),
        ("NaN", "not a JSON value", 0),
        ("+1", "not a JSON value", 0),
        (".5", "not a JSON value", 0),
        ("-", "not a JSON value", 1),
        ("-a", "not a JSON value", 1),
        ("1.", "not a JSON value", 2),
        ("1.e5", "not a JSON value", 2),
        ("1e", "not a JSON value", 2),
        ("1e+", "not a JSON value", 3),
        ("12345678901234567e", "not a JSON value", 18),
        ("01", "more text after the value", 1),
        ("-01", "more text after the value", 2),
        ("1 2", "more text after the value", 2),
        ("{} x", "more text after the value", 3),
        ("[] ]", "more text after the value", 3),
        ("truefalse", "more text after the value", 4),
        ("nullnull", "more text after the value", 4),
        ("falsetrue", "more text after the value", 5),
        ("\"a", "a string that does not end", 2),
        ("\"sixteen of them!", "a string that does not end", 17),
        ("[", "not a JSON value", 1),
        ("[1", "expected a comma or a closing bracket", 2),
        ("[1,", "not a JSON value", 3),
        ("[1,]", "not a JSON value", 3),
        ("[,1]", "not a JSON value", 1),
        ("[1 2]", "expected a comma or a closing bracket", 3),
        ("[1}", "expected a comma or a closing bracket", 2),
        ("[[]}", "expected a comma or a closing bracket", 3),
        ("[{]", "expected a string", 2),
        ("{", "expected a string", 1),
        ("{1:2}", "expected a string", 1),
        ("{a:1}", "expected a string", 1),
        (r#"{"a""#, "expected a colon", 4),
        (r#"{"a" 1}"#, "expected a colon", 5),
        (r#"{"a":}"#, "not a JSON value", 5),
        (r#"{"a":1"#, "expected a comma or a closing bracket", 6),
        (r#"{"a":1]"#, "expected a comma or a closing bracket", 6),
        (
            r#"{"a":1 "b":2}"#,
            "expected a comma or a closing bracket",
            7,
        ),
        (r#"{"a":1,}"#, "expected a string", 7),
        (r#"{"a":1,,}"#, "expected a string", 7),
        (
            r#"{"a":{"b":1]}"#,
            "expected a comma or a closing bracket",
            11,
        ),
        (
            r#"{"a":[{"b":1}}}"#,
            "expected a comma or a closing bracket",
            13,
        ),
        (r#"{"a":{"b" 1}}"#, "expected a colon", 10),
        (r#"{"a":{"b":1,}}"#, "expected a string", 12),
        (r#"{"a":{"b":1,2}}"#, "expected a string", 12),
        (
            r#"{"a":[1,"b":2]}"#,
            "expected a comma or a closing bracket",
            11,
        ),
        ("\u{feff}1", "not a JSON value", 0),
        ("// c\n1", "not a JSON value", 0),
        ("\u{a0}1", "not a JSON value", 0),
        ("\u{b}1", "not a JSON value", 0),
    ];
    for (text, reason, offset) in cases {
        let error = LoadError { reason, offset };
        assert_eq!(index(text), Err(error), "{text}");
        assert_eq!(from_json_str(text), Err(error), "{text}");
        assert!(
            serde_json::from_str::<serde_json::Value>(text).is_err(),
            "{text}"
        );
    }
    assert_eq!(cases.len(), 55);
}

/// The text of a string is checked when it is read; the scan only finds its end.
#[test]
fn strings_that_cannot_be_read_are_passed_over() {
    for string in [
        "\"a\nb\"",
        "\"\u{1f}\"",
        "\"sixteen of them!\t\"",
        "\"a\tb\u{0}c, and sixteen more of them\"",
        r#""\x""#,
        r#""\é""#,
        r#""\U0041""#,
        r#""\u12G4""#,
        r#""\u+123""#,
        r#""\u123""#,
        r#""\u""#,
        r#""\ud800""#,
        r#""\udbff""#,
        r#""\udc00""#,
        r#""\udfff""#,
        r#""\ud800\u0041""#,
        r#""\ud800\udbff""#,
        r#""\ud800\ue000""#,
        r#""\ud800udc00""#,
        r#""\ud800\ndc00""#,
        r#""\ud800 \udc00""#,
        r#""\ud83d\ud83d\ude00""#,
        r#""\ud800\udc0""#,
        r#""\ud800\"\\""#,
    ] {
        assert!(from_json_str(string).is_err(), "{string}");
        assert!(serde_json::from_str::<String>(string).is_err(), "{string}");
        // As a value, within one, and as a key.
        for value in [
            string.to_owned(),
            format!("[1,{{\"b\":{string}}}]"),
            format!("{{{string}:[]}}"),
        ] {
            let text = format!(r#"{{"a":1,"b": {value} ,"c":2}}"#);
            let expected = [("a", "1"), ("b", &value), ("c", "2")];
            let expected = expected.map(|(key, value)| (key.to_owned(), value));
            assert_eq!(entries(&text), expected, "{text}");
        }
        let text = format!(r#"{{"a":1,{string}:2}}"#);
        let entries = index(&text).unwrap().unwrap();
        assert!(readable_key(&text, entries[1]).is_err(), "{text}");
        assert_eq!(key_text(&text, entries[1]), "#<Object:0x7>", "{text}");
    }
    for open in ["\"\\", "\"\\\"", "\"\n", "\"a\\u12"] {
        let reason = "a string that does not end";
        let offset = open.len();
        assert_eq!(index(open), Err(LoadError { reason, offset }), "{open}");
    }
}

/// Ruby: `JSON.parse("[" * 100 + "]" * 100)` is read, 101 raise `JSON::NestingError`.
#[test]
fn a_hundred_levels() {
    let is_ok = |text: &str| index(text).is_ok() && from_json_str(text).is_ok();
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}"), ("[ ", " ]")] {
        let nested = |levels: usize| open.repeat(levels) + "1" + &close.repeat(levels);
        assert!(is_ok(&nested(100)));
        let error = LoadError {
            reason: "nesting deeper than 100 levels",
            offset: open.len() * 100,
        };
        assert_eq!(index(&nested(101)), Err(error));
        assert_eq!(from_json_str(&nested(101)), Err(error));
    }
    // Empty containers are a level too.
    let empty = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    assert!(is_ok(&empty(100)));
    assert!(index(&empty(101)).is_err());
    // Containers beside each other are not.
    let beside = format!("[{}[1]]", "[{}],{\"a\":[]},".repeat(200));
    assert!(is_ok(&beside));
    assert!(is_ok(&format!("[{beside}]")));
}
