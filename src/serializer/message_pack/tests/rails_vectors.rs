//! Values as Rails 7.1 and 8.1 wrote them. The expected value is each record's `ruby`.

use num_bigint::BigInt;
use serde_json::Value as Json;

use super::super::super::value::{BigInteger, RubyDuration, RubyRange, RubyTime, Value};
use super::super::{Style, index, load, value_at};
use crate::safe_buffer_form::SafeBufferForm;
use crate::settings::IpAddrForm;

const RAILS_7_1: &str = include_str!("../../../../tests/vectors/message_pack/rails-7.1.jsonl");
const RAILS_8_1: &str = include_str!("../../../../tests/vectors/message_pack/rails-8.1.jsonl");

/// The records of single values, by name.
pub(super) fn vectors(rails: &str) -> Vec<(String, Vec<u8>)> {
    rails
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_str::<Json>(line).unwrap())
        .filter(|record| record["kind"] == "message_pack")
        .map(|record| {
            let bytes = hex::decode(record["hex"].as_str().unwrap()).unwrap();
            (record["name"].as_str().unwrap().to_owned(), bytes)
        })
        .collect()
}

pub(super) fn all() -> Vec<(String, Vec<u8>)> {
    let mut all = vectors(RAILS_7_1);
    all.extend(vectors(RAILS_8_1));
    all
}

fn string(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn symbol(text: &str) -> Value {
    Value::Symbol(text.to_owned())
}

fn big(text: &str) -> Value {
    Value::BigInteger(BigInteger(text.parse::<BigInt>().unwrap()))
}

fn range(end: Value, exclude_end: bool) -> Value {
    Value::Range(Box::new(RubyRange {
        begin: Value::Integer(1),
        end,
        exclude_end,
    }))
}

fn time(seconds: i64, nanoseconds: u32, utc_offset: i32) -> RubyTime {
    RubyTime::at(seconds, nanoseconds, utc_offset, false)
}

fn expected(name: &str, ip_addr: IpAddrForm) -> Value {
    match name {
        "nil" => Value::Nil,
        "true" => Value::Bool(true),
        "int" => Value::Integer(5),
        "negative" => Value::Integer(-5),
        "i64" => Value::Integer(1 << 40),
        "u64" => big("18446744073709551615"),
        "bigint" => big("1208925819614629174706176"),
        "neg_bigint" => big("-1208925819614629174706176"),
        "float" => Value::Float(1.5),
        "string" => string("Zoë"),
        "binary" => Value::bytes(vec![0xff, 0], "ASCII-8BIT"),
        "symbol" => symbol("sym"),
        "bigdecimal" => Value::BigDecimal("0.123456e3".to_owned()),
        "rational" => Value::Rational(Box::new((Value::Integer(1), Value::Integer(3)))),
        "rational0" => Value::Rational(Box::new((Value::Integer(0), Value::Integer(1)))),
        "complex" => Value::Complex(Box::new((Value::Integer(1), Value::Integer(-2)))),
        // `date -u -d 2024-02-02T19:05:06 +%s`, the time in UTC.
        "datetime" => Value::DateTime(time(1_706_900_706, 500_000_000, 9 * 3600)),
        // 19,756 days after 1970-01-01.
        "date" => Value::Date(2_440_588 + 19_756),
        // `date -u -d 2023-11-14T22:13:20 +%s` is 1700000000.
        "time" => Value::Time(time(1_700_000_000, 123_456_789, 2 * 3600)),
        "time_with_zone" => Value::Time(RubyTime {
            utc: true,
            zone: Some("Tokyo".to_owned()),
            with_zone: true,
            ..time(1_700_000_000, 5, 0)
        }),
        "time_zone" => Value::TimeZone("Tokyo".to_owned()),
        "duration" => Value::Duration(Box::new(RubyDuration {
            value: Value::Integer(2_888_951),
            parts: vec![
                ("months".to_owned(), Value::Integer(1)),
                ("days".to_owned(), Value::Integer(3)),
                ("seconds".to_owned(), Value::Integer(5)),
            ],
        })),
        "range" => range(Value::Integer(5), false),
        "range_excl" => range(Value::Integer(5), true),
        "endless" => range(Value::Nil, false),
        "set" => Value::Set(vec![Value::Integer(1), string("a")]),
        "uri" => Value::Uri("https://example.org/a?b=c".to_owned()),
        // 7.1 wrote an address without its prefix.
        "ipaddr" if ip_addr == IpAddrForm::Raw => Value::IpAddr("10.0.0.0".to_owned()),
        "ipaddr" => Value::IpAddr("10.0.0.0/8".to_owned()),
        "ipv6" => Value::IpAddr("::1".to_owned()),
        "pathname" => Value::Pathname("/a/b".to_owned()),
        "regexp" => Value::Regexp("(?i-mx:a.b)".to_owned()),
        "hwia" => Value::IndifferentHash(vec![
            (string("a"), Value::Integer(1)),
            (
                string("b"),
                Value::IndifferentHash(vec![(
                    string("c"),
                    Value::Array(vec![Value::Integer(1), symbol("d")]),
                )]),
            ),
        ]),
        "safebuffer" => Value::SafeBuffer("<b>".to_owned()),
        "symbol_keys" => Value::Hash(vec![
            (symbol("a"), Value::Integer(1)),
            (symbol("b"), symbol("c")),
        ]),
        "int_keys" => Value::Hash(vec![
            (Value::Integer(1), string("a")),
            (Value::Nil, string("b")),
            (Value::Float(2.5), string("c")),
        ]),
        "nested" => (0..6).fold(Value::Array(vec![]), |inner, _| Value::Array(vec![inner])),
        _ => panic!("a vector that this test does not know: {name}"),
    }
}

fn read_and_written_as_rails_does(rails: &str, ip_addr: IpAddrForm) -> usize {
    let vectors = vectors(rails);
    for (name, bytes) in &vectors {
        let expected = expected(name, ip_addr);
        assert_eq!(load(bytes).as_ref(), Ok(&expected), "{name}");
        let dumped = Style {
            ip_addr,
            safe_buffer: SafeBufferForm::Raw,
        }
        .dump(&expected)
        .unwrap();
        assert_eq!(hex::encode(dumped), hex::encode(bytes), "{name}");
    }
    vectors.len()
}

#[test]
fn rails_7_1() {
    let count = read_and_written_as_rails_does(RAILS_7_1, IpAddrForm::Raw);
    assert_eq!(count, 35);
}

#[test]
fn rails_8_1() {
    let count = read_and_written_as_rails_does(RAILS_8_1, IpAddrForm::String);
    assert_eq!(count, 36);
}

#[test]
fn the_index_of_each_map_is_its_keys_as_json() {
    let mut maps = vec![];
    for (name, bytes) in vectors(RAILS_8_1) {
        let Some(entries) = index(&bytes).unwrap() else {
            continue;
        };
        let (Value::Hash(pairs) | Value::IndifferentHash(pairs)) = load(&bytes).unwrap() else {
            panic!("{name} is no map");
        };
        assert_eq!(entries.len(), pairs.len());
        for (entry, (key, value)) in entries.iter().zip(&pairs) {
            assert_eq!(value_at(&bytes, entry.key).as_ref(), Ok(key));
            assert_eq!(value_at(&bytes, entry.value).as_ref(), Ok(value));
        }
        let keys: Vec<String> = entries.iter().map(|e| e.text(&bytes).to_owned()).collect();
        maps.push((name, keys.join(",")));
    }
    // From the records' `json`.
    let expected = [
        ("hwia", "a,b"),
        ("symbol_keys", "a,b"),
        ("int_keys", "1,,2.5"),
    ];
    assert_eq!(maps, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
}

#[test]
fn every_truncation_is_refused() {
    for (name, bytes) in all() {
        for end in 0..bytes.len() {
            assert!(load(&bytes[..end]).is_err(), "{name} cut at {end}");
            assert!(index(&bytes[..end]).is_err(), "{name} cut at {end}");
        }
    }
}
