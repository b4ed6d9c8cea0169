//! Every vector: read, written again byte for byte, and compared with Rails' value.

use super::{Document, all, dump_value, rails, ruby};
use crate::serializer::value::{RubyObject, Value};

#[test]
fn what_ruby_wrote_is_written_again_byte_for_byte() {
    for vector in all().filter(|vector| vector.name != "cyclic") {
        let document =
            Document::load(&vector.bytes).unwrap_or_else(|e| panic!("{}: {e:?}", vector.name));
        assert_eq!(
            hex::encode(document.dump()),
            hex::encode(&vector.bytes),
            "{}",
            vector.name
        );
        document.value(document.root()).unwrap();
    }
}

#[test]
fn a_cycle_is_refused() {
    let cyclic = rails()
        .into_iter()
        .find(|vector| vector.name == "cyclic")
        .unwrap();
    assert_eq!(Document::load(&cyclic.bytes).unwrap_err().reason, "a cycle");
}

#[test]
fn values_are_what_rails_makes_of_them_in_json() {
    for vector in rails() {
        // Rails converts the one to UTF-8 and refuses the other.
        if matches!(vector.name.as_str(), "cyclic" | "sjis" | "binary") {
            continue;
        }
        let document = Document::load(&vector.bytes).unwrap();
        let value = document.value(document.root()).unwrap();
        if vector.name == "-(2**80)" {
            assert_eq!(
                format!("{value:?}"),
                "BigInteger(-1208925819614629174706176)"
            );
            continue;
        }
        assert_eq!(as_json(&value), vector.json, "{}", vector.name);
    }
}

#[test]
fn values_are_written_as_ruby_writes_them() {
    for vector in ruby().into_iter().filter(|vector| vector.kind == "value") {
        let document = Document::load(&vector.bytes).unwrap();
        let value = document.value(document.root()).unwrap();
        match dump_value(&value) {
            Ok(bytes) => assert_eq!(
                bytes.escape_ascii().to_string(),
                expected(&vector.bytes, &value).escape_ascii().to_string(),
                "{}: {value:?}",
                vector.name
            ),
            Err(error) => {
                assert_eq!(vector.name, "uri");
                assert!(
                    error.0.starts_with("URI cannot be written as Marshal"),
                    "{}",
                    error.0
                );
            }
        }
    }
}

/// The bytes of a vector, except for the parts that Ruby itself writes in more than one way.
fn expected(bytes: &[u8], value: &Value) -> Vec<u8> {
    match value {
        // The number of digits that are set aside depends on the number's origin in Ruby: 36 for
        // 1e20 written with all its zeros, 18 for the same number loaded.
        Value::BigDecimal(text)
            if ["0.1e21", "0.1e-19", "0.123456789e10", "0.1e-8", "0.1e-9"]
                .contains(&text.as_str()) =>
        {
            let dumped = format!(":{text}");
            let head = bytes.strip_suffix(dumped.as_bytes()).unwrap();
            let (head, _) = head.split_at(head.len() - "36".len());
            [head, b"18", dumped.as_bytes()].concat()
        }
        // The vectors are Active Support 6.1's; since 7.0 there is a third instance variable.
        Value::Duration(duration) => {
            let mut bytes = bytes.to_vec();
            let count = b"\x04\x08o:\x1cActiveSupport::Duration".len();
            assert_eq!(std::mem::replace(&mut bytes[count], 8), 7);
            bytes.extend_from_slice(b":\x0e@variable");
            let variable = duration.parts.iter().any(|part| part.0 == "months");
            bytes.push(if variable { b'T' } else { b'F' });
            bytes
        }
        _ => bytes.to_vec(),
    }
}

/// The part of `as_json` that the vectors need.
fn as_json(value: &Value) -> serde_json::Value {
    use serde_json::{Value as Json, json};
    let key = |key: &Value| match as_json(key) {
        Json::String(text) => text,
        other => other.to_string(),
    };
    let map = |pairs: &[(Value, Value)]| pairs.iter().map(|(k, v)| (key(k), as_json(v))).collect();
    match value {
        Value::Nil => Json::Null,
        Value::Bool(flag) => json!(flag),
        Value::Integer(number) => json!(number),
        Value::Float(float) => json!(float),
        Value::String(text)
        | Value::Symbol(text)
        | Value::SafeBuffer(text)
        | Value::Regexp(text)
        | Value::Pathname(text) => json!(text),
        Value::Array(items) | Value::Set(items) => items.iter().map(as_json).collect(),
        Value::Hash(pairs) | Value::IndifferentHash(pairs) => Json::Object(map(pairs)),
        Value::BigDecimal(text) => json!(text.replace("0.125e1", "1.25")),
        Value::Rational(pair) => json!(format!("{}/{}", as_json(&pair.0), as_json(&pair.1))),
        Value::Complex(pair) => json!(format!("{}+{}i", as_json(&pair.0), as_json(&pair.1))),
        Value::Range(range) => json!(format!(
            "{}..{}",
            as_json(&range.begin),
            as_json(&range.end)
        )),
        Value::Time(time) => {
            assert_eq!((time.seconds, time.nanoseconds), (1_700_000_000, 5));
            assert_eq!(
                (time.utc_offset, time.utc, &time.zone),
                (7200, false, &None)
            );
            json!("2023-11-15T00:13:20.000+02:00")
        }
        Value::Date(day) => json!(["2024-02-03"][usize::from(*day != 2_460_344)]),
        Value::Object(object) => match &**object {
            RubyObject::Struct { members: parts, .. }
            | RubyObject::Instance { ivars: parts, .. } => {
                let part = |(name, value): &(String, Value)| {
                    (name.trim_start_matches('@').to_owned(), as_json(value))
                };
                Json::Object(parts.iter().map(part).collect())
            }
            RubyObject::Class(name) | RubyObject::Module(name) => json!(name),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}
