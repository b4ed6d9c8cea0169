//! Values against serde.

mod containers;
mod hints;
mod kinds;
mod plain_types;
mod round_trip;
mod text_sizes;

pub(crate) use containers::every_container;

use super::*;

fn text(text: &str) -> String {
    text.to_owned()
}

fn rational(numerator: i64, denominator: i64) -> Value {
    Value::Rational(Box::new((numerator.into(), denominator.into())))
}

fn big(digits: &str) -> Value {
    Value::from(digits.parse::<BigInteger>().unwrap())
}

fn duration(value: Value) -> Value {
    let parts = vec![];
    Value::Duration(Box::new(RubyDuration { value, parts }))
}

fn object(object: RubyObject) -> Value {
    Value::Object(Box::new(object))
}

/// Values of every variant, with what Rails' `as_json` makes of each: from Active Support 6.1 and
/// the vectors of 8.1, except the last seven, whose form is hardtack's own.
#[expect(clippy::too_many_lines, reason = "one table")]
pub(crate) fn every_kind() -> Vec<(Value, &'static str)> {
    let range = |begin: Value, end: Value, exclude_end| {
        Value::Range(Box::new(RubyRange {
            begin,
            end,
            exclude_end,
        }))
    };
    let complex = |real: Value, imaginary: Value| Value::Complex(Box::new((real, imaginary)));
    let decimal = |digits: &str| Value::BigDecimal(text(digits));
    let symbol = |name: &str| Value::Symbol(text(name));
    vec![
        (Value::Nil, "null"),
        (Value::Bool(true), "true"),
        (Value::Bool(false), "false"),
        (Value::Integer(i64::MIN), "-9223372036854775808"),
        (big("18446744073709551615"), "18446744073709551615"),
        (
            big("-1208925819614629174706176"),
            "-1208925819614629174706176",
        ),
        (
            big("1000000000000000000000000000000000000000000"),
            "1000000000000000000000000000000000000000000",
        ),
        (Value::Float(1.5), "1.5"),
        (Value::Float(-0.0), "-0.0"),
        (Value::Float(100.0), "100.0"),
        (Value::Float(1e20), "1.0e+20"),
        (Value::Float(f64::INFINITY), "null"),
        (Value::from("Zoë <b>&"), r#""Zoë \u003cb\u003e\u0026""#),
        (Value::bytes(b"abc", "US-ASCII"), r#""abc""#),
        (Value::bytes(b"a\0b\0", "UTF-16LE"), r#""ab""#),
        (Value::bytes(b"\0a\0b", "UTF-16BE"), r#""ab""#),
        (Value::bytes(b"Zo\xeb", "ISO-8859-1"), r#""Zoë""#),
        (symbol("sym"), r#""sym""#),
        (
            Value::from(vec![Value::from([1]), Value::Nil]),
            "[[1],null]",
        ),
        (Value::from(Vec::<Value>::new()), "[]"),
        (
            Value::hash([(Value::from("a"), 1), (symbol("b"), 2), (3.into(), 4)]),
            r#"{"a":1,"b":2,"3":4}"#,
        ),
        (Value::hash::<&str, i64>([]), "{}"),
        (
            Value::hash([
                (Value::Nil, 1),
                (1.into(), 2),
                (Value::Float(2.5), 3),
                (symbol("a"), 4),
                (Value::Bool(true), 5),
                (Value::Float(1e20), 6),
                (decimal("0.15e1"), 7),
                (rational(1, 3), 8),
                (complex(1.into(), 2.into()), 9),
                (range(1.into(), 2.into(), false), 12),
                (Value::Float(f64::NAN), 13),
                (Value::Date(2_460_312), 14),
            ]),
            r#"{"":1,"1":2,"2.5":3,"a":4,"true":5,"1.0e+20":6,"1.5":7,"1/3":8,"1+2i":9,"1..2":12,"NaN":13,"2024-01-02":14}"#,
        ),
        (
            Value::hash([
                (
                    Value::Time(RubyTime::at(1_704_164_645, 600_000_000, 0, true)),
                    1,
                ),
                (Value::Time(RubyTime::at(1_704_157_445, 0, 7_200, false)), 2),
                (Value::DateTime(RubyTime::at(1_704_164_645, 0, 0, false)), 3),
                (
                    Value::Time(RubyTime {
                        zone: Some(text("Tokyo")),
                        with_zone: true,
                        ..RubyTime::at(1_704_034_800, 0, 32_400, false)
                    }),
                    4,
                ),
                (duration(86_400.into()), 5),
                (Value::Regexp(text("(?i-mx:a.b)")), 6),
                (object(RubyObject::Class(text("String"))), 7),
                (Value::Uri(text("http://a.b/")), 8),
                (Value::IpAddr(text("10.0.0.0/8")), 9),
                (Value::Pathname(text("/a")), 10),
                (duration(Value::Float(129_600.0)), 13),
                (
                    range(Value::Date(2_460_312), Value::Date(2_460_313), false),
                    14,
                ),
                (Value::SafeBuffer(text("x")), 15),
            ]),
            r#"{"2024-01-02 03:04:05 UTC":1,"2024-01-02 03:04:05 +0200":2,"2024-01-02T03:04:05+00:00":3,"2024-01-01 00:00:00 +0900":4,"86400":5,"(?i-mx:a.b)":6,"String":7,"http://a.b/":8,"10.0.0.0":9,"/a":10,"129600.0":13,"2024-01-02..2024-01-03":14,"x":15}"#,
        ),
        (
            Value::hash([
                (symbol("a"), 1),
                (Value::from("b"), 2),
                (Value::from("a"), 3),
            ]),
            r#"{"a":3,"b":2}"#,
        ),
        (
            Value::IndifferentHash(vec![("a".into(), Value::hash([("<b>", "&")]))]),
            r#"{"a":{"\u003cb\u003e":"\u0026"}}"#,
        ),
        (decimal("0.123456e3"), r#""123.456""#),
        (decimal("0.0"), r#""0.0""#),
        (decimal("-0.0"), r#""-0.0""#),
        (decimal("-0.5e0"), r#""-0.5""#),
        (decimal("0.1e31"), r#""1000000000000000000000000000000.0""#),
        (decimal("0.1e-9"), r#""0.0000000001""#),
        (
            decimal("0.12345678901234567890123456785e28"),
            r#""1234567890123456789012345678.5""#,
        ),
        (decimal("0.125e1"), r#""1.25""#),
        (decimal("NaN"), "null"),
        (decimal("-Infinity"), "null"),
        (rational(1, 3), r#""1/3""#),
        (rational(-1, 3), r#""-1/3""#),
        (rational(0, 1), r#""0/1""#),
        (complex(1.into(), (-2).into()), r#""1-2i""#),
        (complex(Value::Float(1.5), 2.into()), r#""1.5+2i""#),
        (complex(rational(1, 3), rational(-2, 3)), r#""1/3-2/3i""#),
        (
            complex(Value::Float(1.0), Value::Float(-0.0)),
            r#""1.0-0.0i""#,
        ),
        (
            complex(1.into(), Value::Float(f64::NEG_INFINITY)),
            r#""1-Infinity*i""#,
        ),
        (complex(1.into(), Value::Float(1e20)), r#""1+1.0e+20i""#),
        (
            Value::Time(RubyTime::at(1_700_000_000, 123_456_789, 7_200, false)),
            r#""2023-11-15T00:13:20.123+02:00""#,
        ),
        (
            Value::Time(RubyTime::at(1_704_164_645, 999_999_900, 0, true)),
            r#""2024-01-02T03:04:05.999Z""#,
        ),
        (
            Value::Time(RubyTime::at(1_704_164_645, 0, 0, false)),
            r#""2024-01-02T03:04:05.000+00:00""#,
        ),
        (
            Value::Time(RubyTime::at(1_704_184_460, 0, -19_815, false)),
            r#""2024-01-02T03:04:05.000-05:30""#,
        ),
        (
            Value::Time(RubyTime::at(-62_198_755_200, 0, 0, true)),
            r#""-0001-01-01T00:00:00.000Z""#,
        ),
        (
            Value::Time(RubyTime::at(327_403_382_400, 0, 0, true)),
            r#""12345-01-01T00:00:00.000Z""#,
        ),
        (
            Value::Time(RubyTime {
                zone: Some(text("Tokyo")),
                with_zone: true,
                ..RubyTime::at(1_700_000_000, 5, 32_400, false)
            }),
            r#""2023-11-15T07:13:20.000+09:00""#,
        ),
        (
            Value::DateTime(RubyTime::at(1_706_900_706, 500_000_000, 32_400, false)),
            r#""2024-02-03T04:05:06.500+09:00""#,
        ),
        // DateTime.new(1500, 1, 1) is a Julian date, Time.utc(1500, 1, 1) a Gregorian one.
        (
            Value::DateTime(RubyTime::at(-14_830_966_800, 0, 0, false)),
            r#""1500-01-01T07:00:00.000+00:00""#,
        ),
        (Value::Date(2_460_344), r#""2024-02-03""#),
        (Value::Date(2_299_160), r#""1582-10-04""#),
        (Value::TimeZone(text("Tokyo")), r#""Tokyo""#),
        (duration(2_888_951.into()), "2888951"),
        (duration(Value::Float(129_600.0)), "129600"),
        (duration(Value::Float(-1.9)), "-1"),
        (duration(rational(1, 3)), "0"),
        (duration(rational(-7, 2)), "-3"),
        (duration(Value::Float(1e20)), "100000000000000000000"),
        (range(1.into(), 5.into(), false), r#""1..5""#),
        (range(1.into(), 5.into(), true), r#""1...5""#),
        (range(1.into(), Value::Nil, false), r#""1..""#),
        (range(Value::Nil, 5.into(), false), r#""..5""#),
        (range("a".into(), "c".into(), false), r#""a..c""#),
        (
            range(rational(1, 3), rational(2, 3), false),
            r#""1/3..2/3""#,
        ),
        (
            range(decimal("0.1e1"), decimal("0.2e1"), false),
            r#""1.0..2.0""#,
        ),
        (Value::Set(vec![1.into(), "a".into()]), r#"[1,"a"]"#),
        (
            Value::Uri(text("http://a.b/?x=1&y=2")),
            r#""http://a.b/?x=1\u0026y=2""#,
        ),
        (Value::IpAddr(text("10.0.0.0/8")), r#""10.0.0.0/8""#),
        (Value::Pathname(text("/a/b")), r#""/a/b""#),
        (Value::Regexp(text("(?i-mx:a.b)")), r#""(?i-mx:a.b)""#),
        (Value::SafeBuffer(text("<b>")), r#""\u003cb\u003e""#),
        (
            object(RubyObject::Instance {
                class: text("Pt"),
                ivars: vec![
                    (text("@x"), 1.into()),
                    (text("@name"), "n".into()),
                    (text("@_y"), 2.into()),
                ],
            }),
            r#"{"x":1,"name":"n","_y":2}"#,
        ),
        (
            object(RubyObject::Struct {
                class: text("S"),
                members: vec![(text("a"), 1.into()), (text("b"), "two".into())],
            }),
            r#"{"a":1,"b":"two"}"#,
        ),
        (object(RubyObject::Class(text("String"))), r#""String""#),
        (
            object(RubyObject::Module(text("Comparable"))),
            r#""Comparable""#,
        ),
        (
            object(RubyObject::Subclass {
                class: text("MyArray"),
                content: Value::from([1]),
            }),
            "[1]",
        ),
        (
            object(RubyObject::Extended {
                module: text("M"),
                content: Value::from([1]),
            }),
            "[1]",
        ),
        (
            object(RubyObject::UserDump {
                class: text("Money"),
                bytes: vec![1, 0xff],
                ivars: vec![(text("@a"), Value::Nil)],
            }),
            r#"{"class":"Money","dump":"01ff"}"#,
        ),
        (
            object(RubyObject::UserMarshal {
                class: text("Money"),
                content: Value::from([1]),
            }),
            r#"{"class":"Money","content":[1]}"#,
        ),
        (
            object(RubyObject::Extension {
                kind: 42,
                bytes: vec![0xab],
            }),
            r#"{"extension":42,"bytes":"ab"}"#,
        ),
        (decimal("0.1e999999999"), r#""0.1e999999999""#),
    ]
}

/// Many values with the same hash would make a table of them slow, and a sender could use that.
#[test]
fn what_is_equal_has_one_hash_and_what_differs_another() {
    use std::hash::{DefaultHasher, Hash, Hasher};

    let hash = |value: &Value| {
        let mut hasher = DefaultHasher::new();
        value.hash(&mut hasher);
        hasher.finish()
    };
    let kinds = every_kind();
    let mut pairs = 0;
    for (at, (one, _)) in kinds.iter().enumerate() {
        for (other, _) in &kinds[..at] {
            assert_eq!(hash(one) == hash(other), one == other, "{one:?} {other:?}");
            pairs += 1;
        }
    }
    assert_eq!(pairs, kinds.len() * (kinds.len() - 1) / 2);
    // { 0.0 => 1 }[-0.0] is 1 in Ruby.
    assert_eq!(Value::Float(0.0), Value::Float(-0.0));
    assert_eq!(hash(&Value::Float(0.0)), hash(&Value::Float(-0.0)));
}

#[test]
fn integers_are_of_one_kind_each() {
    let digits = |digits: &str| Value::from(digits.parse::<BigInteger>().unwrap());
    let cases = [
        (digits("5"), Value::Integer(5)),
        (digits("-9223372036854775808"), Value::Integer(i64::MIN)),
        (Value::from(u64::MAX), digits("18446744073709551615")),
        (Value::from(7_u64), Value::Integer(7)),
        (
            Value::from_i128(i128::from(i64::MAX)),
            Value::Integer(i64::MAX),
        ),
        (
            Value::from_i128(i128::from(i64::MAX) + 1),
            digits("9223372036854775808"),
        ),
    ];
    for (made, expected) in cases {
        assert_eq!(made, expected);
    }
    assert!(matches!(Value::from(u64::MAX), Value::BigInteger(_)));
    for wrong in ["", "-", "+5", "1_000", " 1", "1.0", "0x10", "--1"] {
        assert!(wrong.parse::<BigInteger>().is_err(), "{wrong:?}");
    }
    assert_eq!(
        format!("{:?}", digits("18446744073709551616")),
        "BigInteger(18446744073709551616)"
    );
}

#[test]
fn no_time_or_number_from_outside_panics() {
    for seconds in [i64::MIN, -1, 0, i64::MAX] {
        for utc_offset in [i32::MIN, -86_400, 0, i32::MAX] {
            let time = RubyTime {
                nanoseconds: u32::MAX,
                ..RubyTime::at(seconds, 0, utc_offset, false)
            };
            let _ = time.to_offset_date_time();
            for value in [Value::Time(time.clone()), Value::DateTime(time.clone())] {
                let _ = (
                    value.to_string(),
                    <String as serde::Deserialize>::deserialize(&value),
                );
                let _ = Value::hash([(value, 1)]).to_string();
            }
        }
        let _ = (
            Value::Date(seconds).to_string(),
            Value::Date(seconds).to_date(),
        );
    }
    let zero = Value::Duration(Box::new(RubyDuration {
        value: rational(1, 0),
        parts: vec![],
    }));
    assert_eq!(zero.to_string(), "null");
    for digits in [
        "",
        "-",
        "e",
        ".",
        "-e5",
        "1e9223372036854775807",
        "1e-9223372036854775808",
        "0e99999999999999999999",
        "é",
    ] {
        let _ = Value::BigDecimal(text(digits)).to_string();
    }
}
