//! Every kind of value reads into plain Rust types.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Debug;

use ::time::macros::{date, datetime};
use ::time::{Date, OffsetDateTime};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::*;
use crate::serializer::to_value;

fn read<T: DeserializeOwned + Debug + PartialEq>(value: &Value, expected: T) {
    assert_eq!(T::deserialize(value), Ok(expected), "{value:?}");
}

fn refuse<T: DeserializeOwned + Debug>(value: &Value) {
    assert!(T::deserialize(value).is_err(), "{value:?}");
}

#[test]
fn text_kinds_are_borrowed_text() {
    let kinds = [
        Value::String,
        Value::Symbol,
        Value::TimeZone,
        Value::Uri,
        Value::IpAddr,
        Value::Pathname,
        Value::Regexp,
        Value::SafeBuffer,
    ];
    for kind in kinds {
        let value = kind(text("a.b"));
        assert_eq!(<&str>::deserialize(&value), Ok("a.b"));
        read(&value, text("a.b"));
        read(&value, Some(text("a.b")));
        refuse::<i64>(&value);
    }
    read(&Value::from("x"), 'x');
    refuse::<char>(&Value::from("xy"));
}

#[test]
fn numbers_in_range() {
    read(&Value::Integer(255), 255_u8);
    refuse::<u8>(&Value::Integer(256));
    refuse::<u64>(&Value::Integer(-1));
    read(&Value::Integer(-128), -128_i8);
    read(&Value::Integer(-1), -1_i128);
    refuse::<u128>(&Value::Integer(-1));
    read(&Value::Integer(3), 3.0_f64);
    read(&Value::Integer(3), 3.0_f32);
    read(&big("18446744073709551615"), u64::MAX);
    refuse::<i64>(&big("18446744073709551615"));
    read(&big("1208925819614629174706176"), 1_i128 << 80);
    read(&big("1208925819614629174706176"), 1_u128 << 80);
    read(
        &big("1208925819614629174706176"),
        1_208_925_819_614_629_174_706_176.0_f64,
    );
    refuse::<u128>(&big("-1208925819614629174706176"));
    refuse::<i128>(&big("1000000000000000000000000000000000000000000"));
    refuse::<i64>(&Value::Float(1.0));
    read(&Value::BigDecimal(text("0.123456e3")), 123.456_f64);
    read(&Value::BigDecimal(text("0.123456e3")), text("123.456"));
    read(&Value::BigDecimal(text("-Infinity")), f64::NEG_INFINITY);
    read(&rational(1, 4), 0.25_f64);
    read(&rational(1, 3), text("1/3"));
    read(
        &Value::Complex(Box::new((1.into(), (-2).into()))),
        text("1-2i"),
    );
    read(&duration(2_888_951.into()), 2_888_951_u32);
    read(&duration(Value::Float(1.5)), 1.5_f64);
    read(&duration(Value::Float(1.5)), 1_i64);
    read(&Value::Bool(true), true);
    refuse::<bool>(&Value::Integer(1));
    read(&Value::Nil, ());
    read(&Value::Nil, None::<i64>);
    refuse::<String>(&Value::Nil);
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Times {
    #[serde(with = "::time::serde::rfc3339")]
    rfc3339: OffsetDateTime,
    #[serde(with = "::time::serde::iso8601")]
    iso8601: OffsetDateTime,
}

#[test]
fn times_for_the_time_crate() {
    let cases = [
        (
            RubyTime::at(1_700_000_000, 123_456_789, 7_200, false),
            datetime!(2023-11-15 00:13:20.123456789 +2),
            "2023-11-15T00:13:20.123456789+02:00",
        ),
        (
            RubyTime::at(1_700_000_000, 5, 0, true),
            datetime!(2023-11-14 22:13:20.000000005 UTC),
            "2023-11-14T22:13:20.000000005Z",
        ),
        (
            RubyTime::at(1_700_000_000, 500_000_000, 0, false),
            datetime!(2023-11-14 22:13:20.5 UTC),
            "2023-11-14T22:13:20.5+00:00",
        ),
        (
            RubyTime::at(-1, 0, -12_600, false),
            datetime!(1969-12-31 20:29:59 -3:30),
            "1969-12-31T20:29:59-03:30",
        ),
        (
            RubyTime::at(-14_831_744_400, 0, 0, true),
            datetime!(1500-01-01 07:00:00 UTC),
            "1500-01-01T07:00:00Z",
        ),
    ];
    for (time, expected, rfc3339) in cases {
        assert_eq!(time.to_offset_date_time(), Some(expected));
        assert_eq!(
            time.to_offset_date_time().map(OffsetDateTime::offset),
            Some(expected.offset())
        );
        for value in [Value::Time(time.clone()), Value::DateTime(time.clone())] {
            read(&value, text(rfc3339));
            let pair = Value::hash([("rfc3339", value.clone()), ("iso8601", value.clone())]);
            let times = Times::deserialize(&pair).unwrap();
            assert_eq!(
                times,
                Times {
                    rfc3339: expected,
                    iso8601: expected
                }
            );
            assert_eq!(
                Times::deserialize(&to_value(&times).unwrap()).unwrap(),
                times
            );
        }
    }
    // An offset with seconds: the same moment at whole minutes.
    let odd = Value::Time(RubyTime::at(1_704_184_460, 0, -19_815, false));
    read(&odd, text("2024-01-02T03:04:20-05:30"));
    let kept = RubyTime::from(datetime!(2024-02-03 04:05:06.7 +9));
    assert_eq!(
        kept,
        RubyTime::at(1_706_900_706, 700_000_000, 32_400, false)
    );
    assert!(RubyTime::from(OffsetDateTime::UNIX_EPOCH).utc);
    assert_eq!(
        RubyTime::at(i64::MAX, 0, 0, true).to_offset_date_time(),
        None
    );
}

#[derive(Deserialize, Debug, PartialEq)]
struct Day {
    // The time crate's own form for text.
    day: Date,
}

#[test]
fn dates() {
    read(&Value::Date(2_460_344), text("2024-02-03"));
    assert_eq!(
        Value::Date(2_460_344).to_date(),
        Some(date!(2024 - 02 - 03))
    );
    assert_eq!(Value::from(date!(1970 - 01 - 01)), Value::Date(2_440_588));
    assert_eq!(Value::Date(i64::MAX).to_date(), None);
    // ISO 8601 knows no Julian calendar: the day before 1582-10-15 is the 14th.
    read(&Value::Date(2_299_160), text("1582-10-14"));
    assert_eq!(
        Value::Date(2_299_160).to_date(),
        Some(date!(1582 - 10 - 14))
    );
    read(
        &Value::hash([("day", Value::Date(2_460_344))]),
        Day {
            day: date!(2024 - 02 - 03),
        },
    );
}

#[test]
fn collections_and_keys() {
    read(
        &Value::Set(vec![1.into(), 2.into()]),
        BTreeSet::from([1, 2]),
    );
    read(&Value::from([1, 2]), (1_u8, 2_i64));
    refuse::<(u8, u8)>(&Value::from([1, 2, 3]));
    read(
        &Value::IndifferentHash(vec![("a".into(), 1.into())]),
        HashMap::from([(text("a"), 1)]),
    );
    let integer_keys = Value::hash([(1, "a"), (2, "b")]);
    read(
        &integer_keys,
        BTreeMap::from([(1_i64, text("a")), (2, text("b"))]),
    );
    read(
        &integer_keys,
        BTreeMap::from([(text("1"), text("a")), (text("2"), text("b"))]),
    );
    read(
        &Value::hash([("1", "a")]),
        BTreeMap::from([(1_u8, text("a"))]),
    );
    refuse::<BTreeMap<u8, String>>(&Value::hash([("x", "a")]));
    let mixed = Value::hash([
        (Value::Nil, 1),
        (Value::Symbol(text("s")), 2),
        (1.into(), 3),
        (2.5.into(), 4),
    ]);
    let expected = [("", 1), ("s", 2), ("1", 3), ("2.5", 4)];
    read(
        &mixed,
        expected
            .into_iter()
            .map(|(key, value)| (text(key), value))
            .collect::<HashMap<_, _>>(),
    );
    read(
        &Value::hash([(Value::Nil, 1), (2.into(), 3)]),
        BTreeMap::from([(None, 1), (Some(2), 3)]),
    );
    read(&Value::hash([(true, 1)]), BTreeMap::from([(true, 1)]));
    read(
        &Value::Range(Box::new(RubyRange {
            begin: 1.into(),
            end: 5.into(),
            exclude_end: true,
        })),
        text("1...5"),
    );
    assert_eq!(
        to_value(&HashMap::from([(1_i64, "a")])).unwrap(),
        Value::hash([(1, "a")]),
        "keys keep their kind",
    );
}

#[test]
fn bytes() {
    let bytes = Value::bytes(vec![0xff, 0], "ASCII-8BIT");
    assert_eq!(<&[u8]>::deserialize(&bytes), Ok(&[0xff, 0][..]));
    refuse::<String>(&bytes);
    let ascii = Value::bytes(b"abc", "ASCII-8BIT");
    assert_eq!(<&str>::deserialize(&ascii), Ok("abc"));
    assert_eq!(<&[u8]>::deserialize(&ascii), Ok(&b"abc"[..]));
    read(&Value::from([1, 255]), vec![1_u8, 255]);
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Unit,
    New(u8),
    Tuple(u8, String),
    Struct { a: u8, b: Option<bool> },
}

#[test]
fn enums_are_externally_tagged() {
    let shapes = [
        (Shape::Unit, Value::from("Unit")),
        (Shape::New(1), Value::hash([("New", 1)])),
        (
            Shape::Tuple(1, text("x")),
            Value::hash([("Tuple", vec![Value::from(1), "x".into()])]),
        ),
        (
            Shape::Struct { a: 1, b: None },
            Value::hash([(
                "Struct",
                Value::hash([("a", Value::from(1)), ("b", Value::Nil)]),
            )]),
        ),
    ];
    for (shape, value) in shapes {
        assert_eq!(to_value(&shape).unwrap(), value);
        read(&value, shape);
    }
    read(&Value::Symbol(text("Unit")), Shape::Unit);
    read(
        &Value::hash([(Value::Symbol(text("New")), 1)]),
        Shape::New(1),
    );
    read(&Value::hash([("Unit", Value::Nil)]), Shape::Unit);
    for wrong in [
        Value::Nil,
        Value::from("New"),
        Value::from("Other"),
        Value::Integer(0),
        Value::hash([("New", 1), ("Unit", 2)]),
    ] {
        refuse::<Shape>(&wrong);
    }
    let keyed: HashMap<Unit, i32> = HashMap::from([(Unit::A, 1)]);
    read(&to_value(&keyed).unwrap(), keyed);
}

#[derive(Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum Unit {
    A,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Point {
    x: i64,
    name: Option<String>,
}

#[test]
fn objects_and_symbol_keys_are_structs() {
    let expected = || Point {
        x: 1,
        name: Some(text("n")),
    };
    let ivars = vec![
        (text("@x"), Value::Integer(1)),
        (text("@name"), Value::from("n")),
    ];
    read(
        &object(RubyObject::Instance {
            class: text("Pt"),
            ivars,
        }),
        expected(),
    );
    let members = vec![
        (text("x"), Value::Integer(1)),
        (text("name"), Value::from("n")),
    ];
    let members = object(RubyObject::Struct {
        class: text("S"),
        members,
    });
    read(&members, expected());
    read(
        &object(RubyObject::Extended {
            module: text("M"),
            content: members,
        }),
        expected(),
    );
    let symbol = |name: &str| Value::Symbol(text(name));
    let hash = Value::hash([
        (symbol("x"), Value::Integer(1)),
        (symbol("name"), symbol("n")),
    ]);
    read(&hash, expected());
    // :x and "x" are one field: the last value counts.
    let twice = Value::hash([(symbol("x"), 0), (Value::from("x"), 1)]);
    read(&twice, Point { x: 1, name: None });
    read(&object(RubyObject::Class(text("String"))), text("String"));
}

#[test]
fn plain_types_become_natural_values() {
    assert_eq!(to_value(&0.1_f32).unwrap(), Value::Float(0.1));
    assert_eq!(to_value(&'x').unwrap(), Value::from("x"));
    assert_eq!(
        to_value(&u128::MAX).unwrap().to_string(),
        u128::MAX.to_string()
    );
    assert_eq!(to_value(&Some(None::<i8>)).unwrap(), Value::Nil);
    assert_eq!(to_value(&()).unwrap(), Value::Nil);
    assert_eq!(
        to_value(&(1, "a")).unwrap(),
        vec![Value::from(1), "a".into()].into()
    );
    assert_eq!(to_value("a").unwrap(), Value::from("a"));
    let json = serde_json::json!({"a": [1, -1, 1.5, null, "x", true], "b": {}});
    assert_eq!(to_value(&json).unwrap().to_string(), json.to_string());
    assert_eq!(
        serde_json::Value::deserialize(&to_value(&json).unwrap()).unwrap(),
        json
    );
}
