//! JSON: our index and our reader against `serde_json`, and our writer against both.
//!
//! The intended differences: hardtack takes a hundred levels as Ruby does, `serde_json` 127; a float
//! beyond all floats is an infinity; `-0` is the Integer 0; Integers have any size.

use hardtack::value::Value;
use hardtack::{LoadDefaults, Serializer, fuzzing};
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::text;

/// Ruby's `max_nesting`.
const MAX_DEPTH: usize = 100;

pub(super) fn check(data: &[u8]) {
    let Ok(json) = std::str::from_utf8(data) else {
        assert!(fuzzing::check(&fuzzing::serialized(Serializer::Json, data)).is_err());
        return;
    };
    let is_json = is_json(json, MAX_DEPTH);
    let index = fuzzing::json_index(json);
    let serialized = fuzzing::serialized(Serializer::Json, data);
    let value = fuzzing::load(&serialized);
    assert_eq!(value.is_ok(), is_json, "the reader: {value:?}");
    let is_map = matches!(index, Ok(Some(_)));
    assert_eq!(fuzzing::check(&serialized).is_ok(), is_map || is_json);
    let Ok(index) = index else {
        assert!(!is_json, "the index: {index:?}");
        return;
    };
    let Ok(value) = value else {
        // Of an object whose structure is sound something in its entries cannot be read.
        assert!(index.is_none_or(|index| index.iter().any(is_unreadable)));
        return;
    };
    let readable = |(key, raw): (Result<String, _>, _)| (key.unwrap(), raw);
    let index = index.map(|index| index.into_iter().map(readable).collect());

    let by_serde_json: Option<serde_json::Value> = serde_json::from_str(json).ok();
    if let Some(other) = &by_serde_json {
        assert!(is_same(&value, other), "{value:?} is not {other:?}");
    }
    entries(json, index, &value);

    for version in [LoadDefaults::V7_1, LoadDefaults::V8_1] {
        let settings = version.settings().cookies_serializer(Serializer::Json);
        let written = fuzzing::dump(&value, &settings).unwrap();
        let is_plain = |text: &str| !text.contains(['<', '>', '&']);
        assert!(std::str::from_utf8(written.as_bytes()).is_ok_and(is_plain));
        let again = fuzzing::load(&written).unwrap();
        // Infinities are null.
        if by_serde_json.is_some() {
            assert_eq!(text(&again), text(&value));
        }
        assert_eq!(fuzzing::dump(&again, &settings).unwrap(), written);
    }
}

fn is_unreadable((key, raw): &(Result<String, &str>, &str)) -> bool {
    let value = fuzzing::serialized(Serializer::Json, raw.as_bytes());
    key.is_err() || fuzzing::load(&value).is_err()
}

/// The entries of the index are those of the value, and read by themselves they are its values.
fn entries(json: &str, index: Option<Vec<(String, &str)>>, value: &Value) {
    let Some(index) = index else {
        assert!(!matches!(value, Value::Hash(_)));
        return;
    };
    let Value::Hash(pairs) = value else {
        panic!("an index of what is no object");
    };
    let count = serde_json::from_str::<Pairs<'_>>(json).unwrap().0;
    assert_eq!(index.len(), count.len());
    for ((key, raw), (other_key, other_raw)) in index.iter().zip(&count) {
        assert_eq!((key, *raw), (other_key, other_raw.get()));
    }
    for (key, expected) in pairs {
        let Value::String(key) = key else {
            panic!("a key that is no text");
        };
        let (_, raw) = index.iter().rfind(|(found, _)| found == key).unwrap();
        let read = fuzzing::serialized(Serializer::Json, raw.as_bytes());
        assert_eq!(text(&fuzzing::load(&read).unwrap()), text(expected));
    }
    assert!(index.iter().all(|(key, _)| value.get(key).is_some()));
}

/// RFC 8259 by `serde_json`, of at most so many levels. Texts, which it does not look into where
/// it only skips them, are read.
fn is_json(json: &str, levels: usize) -> bool {
    let Ok(raw) = serde_json::from_str::<&RawValue>(json) else {
        return false;
    };
    let json = raw.get();
    match json.as_bytes().first() {
        Some(b'"') => serde_json::from_str::<String>(json).is_ok(),
        Some(b'[' | b'{') if levels == 0 => false,
        Some(b'[') => serde_json::from_str::<Vec<&RawValue>>(json)
            .is_ok_and(|items| items.iter().all(|item| is_json(item.get(), levels - 1))),
        Some(b'{') => serde_json::from_str::<Pairs<'_>>(json).is_ok_and(|pairs| {
            pairs
                .0
                .iter()
                .all(|(_, value)| is_json(value.get(), levels - 1))
        }),
        _ => serde_json::from_str::<IgnoredAny>(json).is_ok(),
    }
}

/// An object's pairs in order, doubles and all.
struct Pairs<'a>(Vec<(String, &'a RawValue)>);

impl<'de> serde::Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Pairs<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

fn is_same(ours: &Value, other: &serde_json::Value) -> bool {
    use serde_json::Value as Other;
    match (ours, other) {
        (Value::Nil, Other::Null) => true,
        (Value::Bool(one), Other::Bool(other)) => one == other,
        (Value::String(one), Other::String(other)) => one == other,
        (Value::Integer(one), Other::Number(other)) => {
            other.as_i64() == Some(*one) || *one == 0 && other.as_f64() == Some(0.0)
        }
        (Value::BigInteger(one), Other::Number(other)) => match other.as_u64() {
            Some(other) => one.to_string() == other.to_string(),
            None => other.is_f64() && one.to_string().parse() == Ok(other.as_f64().unwrap()),
        },
        (Value::Float(one), Other::Number(other)) => {
            other.as_f64().map(f64::to_bits) == Some(one.to_bits())
        }
        (Value::Array(one), Other::Array(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| is_same(one, other))
        }
        (Value::Hash(one), Other::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, value)| {
                    let other = key.as_str().and_then(|key| other.get(key));
                    other.is_some_and(|other| is_same(value, other))
                })
        }
        _ => false,
    }
}
