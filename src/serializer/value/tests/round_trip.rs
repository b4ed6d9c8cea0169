//! A `Value` inside any type comes through `to_value` and back exactly as it was, and through
//! `serde_json` as Rails' `as_json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::*;
use crate::serializer::to_value;

/// NaN is not equal to itself.
fn same(a: &Value, b: &Value) -> bool {
    format!("{a:?}") == format!("{b:?}")
}

#[derive(Serialize, Deserialize)]
struct Holder {
    plain: Value,
    list: Vec<Value>,
    option: Option<Value>,
    map: BTreeMap<String, Value>,
    tagged: Tagged,
    pair: (Value, i64),
    newtype: Newtype,
}

#[derive(Serialize, Deserialize)]
enum Tagged {
    Unit,
    New(Value),
    Tuple(Value, Value),
    Struct { value: Value },
}

#[derive(Serialize, Deserialize)]
struct Newtype(Value);

#[test]
fn every_kind_comes_through_our_own_serializer_exactly() {
    let mut kinds = every_kind();
    // It has no JSON, and so no place in the table.
    kinds.push((Value::bytes([0xff, b'a'], "ASCII-8BIT"), ""));
    assert_eq!(kinds.len(), 87);
    for (value, _) in &kinds {
        let through = to_value(value).unwrap();
        assert!(same(&through, value), "{value:?}");
        assert!(
            same(&Value::deserialize(&through).unwrap(), value),
            "{value:?}"
        );

        for tagged in [
            Tagged::Unit,
            Tagged::New(value.clone()),
            Tagged::Tuple(value.clone(), value.clone()),
            Tagged::Struct {
                value: value.clone(),
            },
        ] {
            let holder = Holder {
                plain: value.clone(),
                list: vec![value.clone(), value.clone()],
                option: Some(value.clone()),
                map: BTreeMap::from([(text("k"), value.clone())]),
                tagged,
                pair: (value.clone(), 7),
                newtype: Newtype(value.clone()),
            };
            let made = to_value(&holder).unwrap();
            assert!(same(made.get("plain").unwrap(), value));
            assert!(same(
                &made.get("list").unwrap().as_array().unwrap()[1],
                value
            ));
            let back = Holder::deserialize(&made).unwrap();
            assert!(same(&back.plain, value));
            assert!(same(&to_value(&back).unwrap(), &made), "{value:?}");
        }
    }
}

#[test]
fn a_hash_of_any_keys_comes_through_exactly() {
    let kinds = every_kind();
    let pairs: Vec<_> = kinds
        .iter()
        .map(|(value, _)| (value.clone(), value.clone()))
        .collect();
    let hash = Value::Hash(pairs);
    assert!(same(
        &Value::deserialize(&to_value(&hash).unwrap()).unwrap(),
        &hash
    ));
}

#[test]
fn a_foreign_serializer_sees_as_json() {
    for (value, json) in every_kind() {
        let expected: serde_json::Value = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_value(&value).unwrap(), expected, "{value:?}");
        let in_text: serde_json::Value =
            serde_json::from_str(&serde_json::to_string(&value).unwrap()).unwrap();
        assert_eq!(in_text, expected, "{value:?}");
    }
    // A big integer is written as its digits.
    let big = Value::from_u128(u128::MAX);
    assert_eq!(
        serde_json::to_string(&[big]).unwrap(),
        format!("[{}]", u128::MAX)
    );
}

#[test]
fn nothing_stays_behind_for_the_next_serializer() {
    let value = Value::Symbol(text("a"));
    for _ in 0..3 {
        assert_eq!(to_value(&value).unwrap(), value);
        assert_eq!(serde_json::to_string(&value).unwrap(), r#""a""#);
        assert_eq!(Value::deserialize(&value).unwrap(), value);
        assert_eq!(serde_json::from_str::<Value>("null").unwrap(), Value::Nil);
    }
}

#[test]
fn from_serde_json() {
    let json = r#"{"id": 7, "b": [1.5, null, -1, "é", true], "id": 8, "u": 18446744073709551615}"#;
    let value: Value = serde_json::from_str(json).unwrap();
    let expected = Value::hash([
        ("id", Value::from(8)),
        (
            "b",
            vec![1.5.into(), Value::Nil, (-1).into(), "é".into(), true.into()].into(),
        ),
        ("u", u64::MAX.into()),
    ]);
    assert_eq!(value, expected);
    assert_eq!(
        Value::deserialize(serde_json::json!({"a": [1]}))
            .unwrap()
            .to_string(),
        r#"{"a":[1]}"#
    );
}

#[derive(Serialize, Deserialize)]
struct WithRaw {
    raw: Box<RawValue>,
}

#[test]
fn raw_json_is_read_by_to_value() {
    let json = r#"{"n": 123456789012345678901234567890, "a": [1.50, "é"]}"#;
    let holder = WithRaw {
        raw: RawValue::from_string(text(json)).unwrap(),
    };
    let value = to_value(&holder).unwrap();
    let raw = value.get("raw").unwrap();
    assert_eq!(
        raw.get("n").unwrap().to_string(),
        "123456789012345678901234567890"
    );
    assert_eq!(
        raw.get("a").unwrap(),
        &vec![Value::from(1.5), "é".into()].into()
    );
    let back = WithRaw::deserialize(&value).unwrap();
    assert_eq!(
        back.raw.get(),
        r#"{"n":123456789012345678901234567890,"a":[1.5,"é"]}"#
    );
    assert!(to_value(&RawValue::from_string(text("[1]")).unwrap()).is_ok());
}

#[derive(Serialize)]
struct Node(Option<Box<Node>>);

#[derive(Serialize)]
struct Link {
    next: Option<Box<Link>>,
}

#[test]
fn too_deep_is_an_error_and_no_overflow() {
    let nested = |levels: usize| (0..levels).fold(Value::Nil, |inner, _| Value::Array(vec![inner]));
    assert!(to_value(&nested(128)).is_ok());
    let error = to_value(&nested(129)).unwrap_err();
    assert_eq!(error.0, "nesting deeper than 128 levels");
    assert!(to_value(&[nested(128)]).is_err());
    assert!(to_value(&[nested(127)]).is_ok());

    let endless = (0..5_000).fold(Node(None), |inner, _| Node(Some(Box::new(inner))));
    assert!(to_value(&endless).is_err());

    let chain = |length| {
        (1..length).fold(Link { next: None }, |inner, _| Link {
            next: Some(Box::new(inner)),
        })
    };
    assert!(to_value(&chain(128)).is_ok());
    assert!(to_value(&chain(129)).is_err());
}

#[test]
fn flattened_fields_keep_their_plain_form() {
    #[derive(Deserialize)]
    struct Session {
        session_id: String,
        #[serde(flatten)]
        rest: BTreeMap<String, Value>,
    }
    let value = Value::hash([
        (Value::from("session_id"), Value::from("ab")),
        (Value::Symbol(text("locale")), Value::Symbol(text("en"))),
        (Value::from("big"), Value::from_u128(u128::MAX)),
    ]);
    let session = Session::deserialize(&value).unwrap();
    assert_eq!(session.session_id, "ab");
    assert_eq!(session.rest["locale"], Value::from("en"));
    assert!(session.rest["big"].as_f64().is_some());
}
