//! [`splice`] against results written by hand. The `session::data` tests show that writing entry by
//! entry gives the same.

use crate::serializer::NewValue;
use crate::serializer::json::escape::JsonStyle;
use crate::serializer::json::index_entry::index;
use crate::serializer::json::splice::splice;
use crate::serializer::value::Value;

/// A text, the values that are set in it, and the expected result.
type Case<'a> = (&'a str, &'a [(&'a str, Value)], Option<&'a str>);

fn spliced(text: &str, sets: &[(&str, Value)]) -> Option<String> {
    let entries = index(text).unwrap().unwrap();
    let mut out = b"what was there".to_vec();
    let sets = sets
        .iter()
        .map(|(key, value)| (key.as_bytes(), NewValue::Value(value)));
    splice(&mut out, text, &entries, sets, JsonStyle::default())?;
    Some(String::from_utf8(out).unwrap())
}

#[test]
fn values_are_put_in_place_and_keys_behind() {
    let one = || Value::Integer(1);
    let no_text = Value::bytes([0xFF], "ASCII-8BIT");
    let cases: [Case<'_>; 17] = [
        (r#"{"a":5}"#, &[], Some(r#"{"a":5}"#)),
        (r#"{"a":5}"#, &[("a", one())], Some(r#"{"a":1}"#)),
        (
            r#"{"a":5,"bc":[2]}"#,
            &[("a", one())],
            Some(r#"{"a":1,"bc":[2]}"#),
        ),
        (
            r#"{"a":5,"bc":[2]}"#,
            &[("bc", one())],
            Some(r#"{"a":5,"bc":1}"#),
        ),
        (r#"{"a":5}"#, &[("b", one())], Some(r#"{"a":5,"b":1}"#)),
        // Old keys keep their places, new keys follow in the order in which they were set.
        (
            r#"{"a":5,"b":6,"c":7}"#,
            &[("d", one()), ("c", one()), ("a", one()), ("e", one())],
            Some(r#"{"a":1,"b":6,"c":1,"d":1,"e":1}"#),
        ),
        (
            r#"{"a":"nul","b":"null"}"#,
            &[("a", one())],
            Some(r#"{"a":1,"b":"null"}"#),
        ),
        // A key and a value that are escaped, and a key that is as long as another.
        (
            r#"{"\u0061":5,"b":"\u003c"}"#,
            &[("a", one()), ("<", Value::from("<"))],
            Some(r#"{"\u0061":1,"b":"\u003c","\u003c":"\u003c"}"#),
        ),
        (
            r#"{"ab":5,"cd":6}"#,
            &[("cd", one())],
            Some(r#"{"ab":5,"cd":1}"#),
        ),
        // Not in the form that Rails writes.
        (r#"{"a": 5}"#, &[("a", one())], None),
        (r#"{ "a":5}"#, &[("a", one())], None),
        (r#"{"a":5} "#, &[("a", one())], None),
        (r#"{"a":5,"b":null}"#, &[("a", one())], None),
        (r#"{"a":5,"a":6}"#, &[("b", one())], None),
        (r#"{"a":5,"\u0061":6}"#, &[("b", one())], None),
        (r"{}", &[("a", one())], None),
        // A value that cannot be written: writing entry by entry gives the error.
        (r#"{"a":5}"#, &[("a", no_text)], None),
    ];
    for (text, sets, expected) in &cases {
        assert_eq!(spliced(text, sets).as_deref(), *expected, "{text}");
    }
}

/// As many keys as one splice takes, and more. Their lengths wrap around 64.
#[test]
fn many_keys() {
    let mut checked = 0;
    for count in 1..=20 {
        let key = |n: usize| "k".repeat(n + 60);
        let pairs: Vec<String> = (0..count).map(|n| format!(r#""{}":{n}"#, key(n))).collect();
        let text = format!("{{{}}}", pairs.join(","));
        let last = key(count - 1);
        let found = spliced(&text, &[(&last, Value::Integer(7))]);
        let expected = text.replace(&format!(r#"k":{}}}"#, count - 1), r#"k":7}"#);
        assert_eq!(found, (count <= 16).then_some(expected), "{count}");
        checked += 1;
    }
    assert_eq!(checked, 20);
}

/// Two keys whose lengths differ by 64 are told apart.
#[test]
fn lengths_that_look_alike() {
    let long = "a".repeat(65);
    let text = format!(r#"{{"a":1,"{long}":2}}"#);
    let expected = format!(r#"{{"a":1,"{long}":3}}"#);
    assert_eq!(
        spliced(&text, &[(&long, Value::Integer(3))]),
        Some(expected)
    );
}

/// U+2028 is left unescaped if the style is that of Rails 8.1.
#[test]
fn by_the_style() {
    let style = JsonStyle {
        escape_js_separators: false,
        ..JsonStyle::default()
    };
    let text = r#"{"a":1}"#;
    let entries = index(text).unwrap().unwrap();
    let value = Value::from("\u{2028}");
    let mut out = Vec::new();
    splice(
        &mut out,
        text,
        &entries,
        [(&b"a"[..], NewValue::Value(&value))].into_iter(),
        style,
    )
    .unwrap();
    assert_eq!(out, "{\"a\":\"\u{2028}\"}".as_bytes());
}
