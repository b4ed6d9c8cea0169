//! The reader against RFC 8259 and against `serde_json`.

use proptest::prelude::*;

use crate::serializer::LoadError;
use crate::serializer::json::read::{from_json_str, load};
use crate::serializer::value::Value;

#[test]
fn values() {
    let big = |digits: &str| {
        Value::from(
            digits
                .parse::<crate::serializer::value::BigInteger>()
                .unwrap(),
        )
    };
    let cases = [
        ("null", Value::Nil),
        (" \t\r\ntrue ", true.into()),
        ("-0", 0.into()),
        ("0", 0.into()),
        ("9223372036854775807", i64::MAX.into()),
        ("9223372036854775808", big("9223372036854775808")),
        ("-9223372036854775809", big("-9223372036854775809")),
        ("1E5", 1e5.into()),
        ("0e0", 0.0.into()),
        ("1e400", f64::INFINITY.into()),
        ("-1e400", f64::NEG_INFINITY.into()),
        ("1e-400", 0.0.into()),
        (
            r#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\uFFFF""#,
            "\"\\/\u{8}\u{c}\n\r\té😀\u{ffff}".into(),
        ),
        (
            r"[ 1 , [ ] , { } ]",
            vec![Value::from(1), Value::Array(vec![]), Value::Hash(vec![])].into(),
        ),
        (r#"{"a":1,"b":2,"a":3}"#, Value::hash([("a", 3), ("b", 2)])),
        (
            r#"{"a" : {"" : null}}"#,
            Value::hash([("a", Value::hash([("", Value::Nil)]))]),
        ),
        ("\"\u{7f}\u{2028}\"", "\u{7f}\u{2028}".into()),
    ];
    let mut count = 0;
    for (json, expected) in cases {
        assert_eq!(from_json_str(json), Ok(expected), "{json}");
        count += 1;
    }
    assert_eq!(count, 17);
    assert!(matches!(from_json_str("-0.0"), Ok(Value::Float(zero)) if zero.is_sign_negative()));
}

/// Refusals of text in strings. `scanning` covers the structure, with its refusals.
#[test]
fn refusals_say_where() {
    let cases = [
        ("\"\n\"", "control character in a string", 1),
        (r#""\x""#, "unknown escape", 1),
        (r#""\u12G4""#, "expected four hexadecimal digits", 1),
        (r#""\u+123""#, "expected four hexadecimal digits", 1),
        (r#""a\ud800""#, "an unpaired surrogate", 2),
        (r#""\ud800\u0041""#, "an unpaired surrogate", 1),
        (r#""\ud800\ud800""#, "an unpaired surrogate", 1),
        (r#""\udc00""#, "an unpaired surrogate", 1),
        (r#"[1,{"\ud83d":2}]"#, "an unpaired surrogate", 5),
    ];
    let mut count = 0;
    for (json, reason, offset) in cases {
        assert_eq!(
            from_json_str(json),
            Err(LoadError { reason, offset }),
            "{json}"
        );
        count += 1;
    }
    assert_eq!(count, 9);
}

#[test]
fn sizes_are_bounded() {
    assert!(from_json_str(&"[".repeat(1_000_000)).is_err());
    assert!(from_json_str(&"9".repeat(20_000)).is_ok());
    assert!(from_json_str(&format!("-{}", "9".repeat(20_000))).is_ok());
    assert!(from_json_str(&"9".repeat(20_001)).is_err());
}

/// `serde_json` would go 127 levels deep.
#[test]
fn a_hundred_levels_of_any_type() {
    type Any = serde_json::Value;
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        for levels in [1, 99, 100, 101, 102, 126, 127, 128, 1_000] {
            let text = open.repeat(levels) + "1" + &close.repeat(levels);
            let loaded = load::<Any>(&text);
            assert_eq!(loaded.is_ok(), levels <= 100, "{levels}: {loaded:?}");
        }
    }
    // Many containers, none of them deep.
    for count in [99, 100, 101, 1_000] {
        let text = format!("[{}{{}}]", "[],".repeat(count));
        assert_eq!(load::<Vec<Any>>(&text).unwrap().len(), count + 1);
    }
}

/// Text that is JSON or nearly so.
fn near_json() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        4 => prop::sample::select(vec![
            "[", "]", "{", "}", ",", ":", "\"", "\\", " ", "\n", "null", "true", "false", "0", "-",
            "1", "12", ".", "e", "E", "+", "-0", "1.5", "1e5", "\"a\"", "\"a\":", "\"\\u00e9\"",
            "\\ud83d", "\\ude00", "\\u", "\\n", "\\/", "é", "\u{1}", "\u{2028}", "00", "nul", "[]",
            "{}", "[1,2]", "{\"a\":1}", "9223372036854775807", "-9223372036854775808",
        ]).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(token, 0..14).prop_map(|tokens| tokens.concat())
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<u64>().prop_map(Into::into),
        any::<i32>().prop_map(|number| (f64::from(number) / 64.0).into()),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::btree_map("[a-c]{0,2}", inner, 0..6)
                .prop_map(|map| map.into_iter().collect::<serde_json::Value>()),
        ]
    })
}

/// Our value as `serde_json` has it.
fn as_serde_json(value: &Value) -> serde_json::Value {
    serde::Deserialize::deserialize(value).unwrap()
}

/// Equality except for floats: `serde_json` reads -0 as -0.0, and floats only to the last bit but
/// one (its feature `float_roundtrip` is off). Ruby and Rust read the nearest.
fn alike(ours: &serde_json::Value, theirs: &serde_json::Value) -> bool {
    use serde_json::Value::{Array, Number, Object};
    match (ours, theirs) {
        (Array(a), Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b)),
        (Object(a), Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .zip(b)
                    .all(|((a_key, a), (b_key, b))| a_key == b_key && alike(a, b))
        }
        (Number(a), Number(b)) => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => (a - b).abs() <= a.abs() * 2.0 * f64::EPSILON,
            _ => false,
        },
        _ => ours == theirs,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn agrees_with_serde_json_on_near_json(text in near_json()) {
        match (from_json_str(&text), serde_json::from_str::<serde_json::Value>(&text)) {
            (Ok(ours), Ok(theirs)) => {
                prop_assert!(alike(&as_serde_json(&ours), &theirs), "{text:?}: {ours:?}, {theirs:?}");
            }
            (Err(_), Err(_)) => {}
            (Ok(_), Err(error)) if error.to_string().contains("number out of range") => {}
            (ours, theirs) => prop_assert!(false, "{text:?}: {ours:?}, serde_json {theirs:?}"),
        }
    }

    #[test]
    fn reads_what_serde_json_writes(value in json()) {
        let ours = from_json_str(&value.to_string()).unwrap();
        prop_assert_eq!(as_serde_json(&ours), value.clone());
        prop_assert_eq!(from_json_str(&serde_json::to_string_pretty(&value).unwrap()).unwrap(), ours.clone());
        // The JSON that we write reads back to the same value.
        prop_assert_eq!(from_json_str(&ours.to_string()).unwrap(), ours.clone());
        prop_assert_eq!(from_json_str(&format!("{:#}", &ours)).unwrap(), ours);
    }
}
