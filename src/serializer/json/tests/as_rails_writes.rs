//! JSON byte by byte as Rails writes it.

use std::collections::BTreeMap;

use serde::Serialize;

use serde_json::value::RawValue;

use crate::serializer::json::read::from_json_str;
use crate::serializer::json::write::{self, JsonStyle};
use crate::serializer::to_value;
use crate::serializer::value::{RubyTime, Value, every_kind};

const RAILS: JsonStyle = JsonStyle {
    escape_js_separators: true,
    ip_prefix: true,
    escape_html: true,
    javascript_numbers: false,
};
const RAILS_8_1: JsonStyle = JsonStyle {
    escape_js_separators: false,
    ip_prefix: true,
    escape_html: true,
    javascript_numbers: false,
};

fn value(value: &Value, style: JsonStyle) -> String {
    let mut out = Vec::new();
    write::value(&mut out, value, style, 0).unwrap();
    String::from_utf8(out).unwrap()
}

fn serialize<T: Serialize + ?Sized>(value: &T, style: JsonStyle) -> String {
    let mut out = Vec::new();
    write::serialize(&mut out, value, style, 0).unwrap();
    String::from_utf8(out).unwrap()
}

/// The bits of a float and its `Float#to_s`, by Ruby 3.1.
#[test]
fn floats_are_rubys() {
    let table = include_str!("floats.tsv");
    let mut count = 0;
    for line in table.lines() {
        let (bits, expected) = line.split_once('\t').unwrap();
        let float = f64::from_bits(u64::from_str_radix(bits, 16).unwrap());
        assert_eq!(value(&Value::Float(float), RAILS), expected);
        assert_eq!(serialize(&float, RAILS), expected);
        let read = from_json_str(expected).unwrap();
        assert!(
            matches!(read, Value::Float(read) if read.to_bits() == float.to_bits()),
            "{line}"
        );
        count += 1;
    }
    assert_eq!(count, 3_081);
    assert_eq!(serialize(&0.1_f32, RAILS), "0.1");
    assert_eq!(
        serialize(&[f64::NAN, f64::NEG_INFINITY], RAILS),
        "[null,null]"
    );
}

/// Texts and what `ActiveSupport::JSON.encode` (6.1) writes for them, both as hexadecimal digits.
#[test]
fn strings_are_escaped_as_in_rails() {
    let table = include_str!("strings.tsv");
    let mut count = 0;
    for line in table.lines() {
        let (text, expected) = line.split_once('\t').unwrap();
        let text = String::from_utf8(hex::decode(text).unwrap()).unwrap();
        let expected = String::from_utf8(hex::decode(expected).unwrap()).unwrap();
        let string = Value::from(text.as_str());
        assert_eq!(value(&string, RAILS), expected);
        assert_eq!(serialize(&text, RAILS), expected);
        assert_eq!(
            serialize(&BTreeMap::from([(&text, 1)]), RAILS),
            format!("{{{expected}:1}}")
        );
        assert_eq!(from_json_str(&expected).unwrap(), string);

        // Only text that ends in \\ before u2028 could confuse this; the table has none.
        let modern = expected
            .replace("\\u2028", "\u{2028}")
            .replace("\\u2029", "\u{2029}");
        assert_eq!(value(&string, RAILS_8_1), modern);
        assert_eq!(serialize(&text, RAILS_8_1), modern);

        // The escapes of RFC 8259 and no others.
        let plain = serde_json::to_string(&text).unwrap();
        assert_eq!(string.to_string(), plain);
        assert_eq!(format!("{:#}", &string), plain);
        count += 1;
    }
    assert_eq!(count, 542);
}

#[test]
fn every_kind_as_rails_has_it() {
    let kinds = every_kind();
    for (kind, expected) in &kinds {
        assert_eq!(&value(kind, RAILS), expected, "{kind:?}");
        assert_eq!(&serialize(kind, RAILS), expected, "{kind:?}");
        assert_eq!(serialize(&[kind], RAILS), format!("[{expected}]"));
        let read: serde_json::Value = serde_json::from_str(expected).unwrap();
        let pretty: serde_json::Value = serde_json::from_str(&format!("{kind:#}")).unwrap();
        assert_eq!(pretty, read);
        let compact: serde_json::Value = serde_json::from_str(&kind.to_string()).unwrap();
        assert_eq!(compact, read);
    }
}

#[test]
fn both_entry_points_write_the_same() {
    #[derive(Serialize)]
    struct Everything<'a> {
        integer: i128,
        float: f64,
        single: f32,
        text: &'a str,
        list: Vec<Option<u8>>,
        map: BTreeMap<i32, bool>,
        variant: Variant,
        value: Value,
        raw: Box<RawValue>,
        empty: (),
    }
    #[derive(Serialize)]
    enum Variant {
        Struct { a: char },
    }
    let everything = Everything {
        integer: i128::MIN,
        float: 1e15,
        single: 16_777_216.0,
        text: "<é\u{2028}>",
        list: vec![Some(1), None],
        map: BTreeMap::from([(-1, true), (2, false)]),
        variant: Variant::Struct { a: '&' },
        value: Value::from_u128(u128::MAX),
        raw: RawValue::from_string("{\"<\":\"\u{2029}&\"}".to_owned()).unwrap(),
        empty: (),
    };
    let expected = concat!(
        r#"{"integer":-170141183460469231731687303715884105728,"float":1.0e+15,"#,
        r#""single":16777216.0,"text":"\u003cé\u2028\u003e","list":[1,null],"#,
        r#""map":{"-1":true,"2":false},"variant":{"Struct":{"a":"\u0026"}},"#,
        r#""value":340282366920938463463374607431768211455,"#,
        r#""raw":{"\u003c":"\u2029\u0026"},"empty":null}"#,
    );
    assert_eq!(serialize(&everything, RAILS), expected);
    assert_eq!(value(&to_value(&everything).unwrap(), RAILS), expected);
}

#[test]
fn pretty_is_for_people() {
    let hash = Value::hash([
        (
            "a",
            Value::from(vec![Value::from("<b>"), Value::hash([("c", 1.0)])]),
        ),
        ("d", Value::from(Vec::<Value>::new())),
        ("e", Value::hash::<&str, i64>([])),
    ]);
    let expected = "{\n  \"a\": [\n    \"<b>\",\n    {\n      \"c\": 1.0\n    }\n  ],\n  \"d\": [],\n  \"e\": {}\n}";
    assert_eq!(format!("{hash:#}"), expected);
}

#[test]
fn too_deep_is_an_error_that_writes_nothing() {
    let nested = |levels: usize| (0..levels).fold(Value::Nil, |inner, _| Value::Array(vec![inner]));
    for (levels, fits) in [(100, true), (101, false), (1_000, false)] {
        let mut out = b"kept".to_vec();
        assert_eq!(
            write::value(&mut out, &nested(levels), RAILS, 0).is_ok(),
            fits
        );
        assert_eq!(out.len(), if fits { 4 + 2 * levels + 4 } else { 4 });

        let mut out = b"kept".to_vec();
        let result = write::serialize(&mut out, &nested(levels), RAILS, 0);
        assert_eq!(result.is_ok(), fits);
        assert_eq!(out.len(), if fits { 4 + 2 * levels + 4 } else { 4 });
        let raw = RawValue::from_string("[".repeat(levels) + &"]".repeat(levels)).unwrap();
        assert_eq!(
            write::serialize(&mut Vec::new(), &raw, RAILS, 0).is_ok(),
            fits
        );
        if let Err(error) = result {
            assert!(
                error.0.contains("nesting deeper than 100 levels"),
                "{error:?}"
            );
        }
    }
    // `Display` shows as many levels as are allowed.
    assert!(nested(1_000).to_string().contains("[null]"));
    assert!(from_json_str(&nested(99).to_string()).is_ok());

    // Keys in keys.
    let keyed = (0..1_000).fold(Value::Nil, |key, _| Value::Hash(vec![(key, Value::Nil)]));
    assert_eq!(value(&keyed, RAILS), r#"{"...":null}"#);

    // Bytes that are not text: an error, as in Rails; `Display` still shows them.
    let bytes = Value::bytes([0xff], "ASCII-8BIT");
    let mut out = b"kept".to_vec();
    assert!(write::value(&mut out, &bytes, RAILS, 0).is_err());
    assert!(write::serialize(&mut out, &bytes, RAILS, 0).is_err());
    assert_eq!(out, b"kept");
    assert_eq!(bytes.to_string(), "\"\u{fffd}\"");
}

/// JSON in the form of the encoder (each piece is in the tables above), read and written again.
#[test]
fn what_rails_wrote_comes_out_the_same() {
    let texts = [
        r#"{"a":1,"b":2,"3":null}"#,
        r#"{"_rails":{"message":"IjEi","exp":null,"pur":"cookie.a"}}"#,
        r"[1.0,1.5,100.0,1.0e+20,-1.0e-05,18446744073709551615,-1208925819614629174706176]",
        r#""\u003c\u003e\u0026\u2028\u2029\"\\/\b\f\n\r\t\u001f""#,
    ];
    for text in texts {
        assert_eq!(value(&from_json_str(text).unwrap(), RAILS), text);
    }
}

/// serde's other shapes, as `serde_json` has them, and keys that are nil as `as_json` has them.
#[test]
fn the_other_shapes_of_serde() {
    #[derive(Serialize)]
    struct Unit;
    #[derive(Serialize)]
    enum Variant {
        Unit,
        New(u8),
        Tuple(u8, bool),
    }
    struct Octets;
    impl Serialize for Octets {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(&[0, 255])
        }
    }
    assert_eq!(serialize(&Unit, RAILS), "null");
    assert_eq!(serialize(&Variant::Unit, RAILS), r#""Unit""#);
    assert_eq!(serialize(&Variant::New(1), RAILS), r#"{"New":1}"#);
    assert_eq!(
        serialize(&Variant::Tuple(1, true), RAILS),
        r#"{"Tuple":[1,true]}"#
    );
    assert_eq!(serialize(&Octets, RAILS), "[0,255]");
    assert_eq!(serialize(&format_args!("<{}", 1), RAILS), r#""\u003c1""#);
    let keyed = BTreeMap::from([(None, 1), (Some("a"), 2)]);
    assert_eq!(serialize(&keyed, RAILS), r#"{"":1,"a":2}"#);
    let keyed = BTreeMap::from([([1], 1)]);
    assert!(write::serialize(&mut Vec::new(), &keyed, RAILS, 0).is_err());
}

/// A container that has been closed does not count as a level, in any of serde's shapes.
#[test]
fn one_beside_another_is_no_deeper() {
    #[derive(Clone, Serialize)]
    enum Shape {
        New([u8; 1]),
        Tuple(u8, u8),
        Struct { a: u8 },
    }
    #[derive(Clone, Serialize)]
    struct Pair(u8, u8);
    let shapes = [
        (Shape::New([1]), r#"{"New":[1]}"#),
        (Shape::Tuple(1, 2), r#"{"Tuple":[1,2]}"#),
        (Shape::Struct { a: 1 }, r#"{"Struct":{"a":1}}"#),
    ];
    let many = |one: &str| format!("[{}{one}]", format!("{one},").repeat(199));
    for (shape, expected) in shapes {
        assert_eq!(serialize(&vec![shape; 200], RAILS), many(expected));
    }
    assert_eq!(serialize(&vec![Pair(1, 2); 200], RAILS), many("[1,2]"));
    assert_eq!(
        serialize(&[vec![Pair(1, 2); 200]], RAILS),
        format!("[{}]", many("[1,2]"))
    );
    let map = BTreeMap::from([("a", 1)]);
    assert_eq!(serialize(&vec![map; 200], RAILS), many(r#"{"a":1}"#));
}

/// `{1.5 => 1}.to_json` and so on: a key is its `to_s`, and a key of binary text is Ruby's literal.
#[test]
fn keys_that_are_no_text() {
    for (float, expected) in [
        (1.5, "1.5"),
        (-0.0, "-0.0"),
        (f64::INFINITY, "Infinity"),
        (f64::NEG_INFINITY, "-Infinity"),
        (f64::NAN, "NaN"),
    ] {
        let hash = Value::hash([(Value::Float(float), 1)]);
        assert_eq!(value(&hash, RAILS), format!("{{\"{expected}\":1}}"));
    }
}

/// A time with more nanoseconds than a second has: they carry over into the seconds.
#[test]
fn nanoseconds_beyond_a_second() {
    let time = |nanoseconds| Value::Time(RubyTime::at(0, nanoseconds, 0, true));
    for (nanoseconds, expected) in [
        (999_999_999, "1970-01-01T00:00:00.999Z"),
        (1_000_000_000, "1970-01-01T00:00:01.000Z"),
        (3_500_000_000, "1970-01-01T00:00:03.500Z"),
    ] {
        assert_eq!(value(&time(nanoseconds), RAILS), format!("\"{expected}\""));
    }
}

/// The ends of the calendar's cycle of 400 years, by their Julian days.
#[test]
fn the_last_days_of_a_cycle() {
    for (day, expected) in [
        (2_415_079, "1900-02-28"),
        (2_415_080, "1900-03-01"),
        (2_451_604, "2000-02-29"),
        (2_451_605, "2000-03-01"),
        (2_597_701, "2400-02-29"),
    ] {
        assert_eq!(value(&Value::Date(day), RAILS), format!("\"{expected}\""));
    }
}

/// The scan takes sixteen bytes at a time; the last sixteen overlap those before them.
#[test]
fn what_is_escaped_is_found_anywhere() {
    let mut checked = 0;
    for length in 1..=50 {
        for place in 0..length {
            for (special, escape) in [("<", "\\u003c"), ("\"", "\\\""), ("\n", "\\n")] {
                let (before, after) = ("m".repeat(place), "m".repeat(length - place - 1));
                let text = format!("{before}{special}{after}");
                let expected = format!("\"{before}{escape}{after}\"");
                assert_eq!(serialize(&text, RAILS), expected);
                checked += 1;
            }
        }
    }
    assert_eq!(checked, 3 * 50 * 51 / 2);
}

/// The scan takes sixteen bytes at a time: two of a kind at one place must not cancel out.
#[test]
fn the_same_byte_sixteen_bytes_apart_is_escaped_twice() {
    for apart in [1, 16, 32] {
        for before in [0, 7, 15] {
            let text = format!("{}<{}<", "a".repeat(before), "b".repeat(apart - 1));
            let expected = format!("\"{}\"", text.replace('<', "\\u003c"));
            assert_eq!(serialize(&text, RAILS), expected);
            assert_eq!(value(&Value::from(text.as_str()), RAILS), expected);
        }
    }
}

/// `serde_json` takes such text for raw JSON, since it does not check strings that it passes over.
#[test]
fn raw_json_that_nobody_could_read_is_not_written() {
    for text in [r#""\ud800""#, r#"{"a":["\udc00"]}"#, r#"{"\ud800":1}"#] {
        let raw = RawValue::from_string(text.to_owned()).unwrap();
        assert!(
            write::serialize(&mut Vec::new(), &raw, RAILS, 0).is_err(),
            "{text}"
        );
    }
}

/// The form in which `serde_json` passes a number with its feature `arbitrary_precision`, which the
/// application may have turned on.
#[test]
fn a_number_of_any_precision_is_a_number() {
    #[derive(Serialize)]
    #[serde(rename = "$serde_json::private::Number")]
    struct Number {
        #[serde(rename = "$serde_json::private::Number")]
        digits: &'static str,
    }
    let numbers = ["1", "-2.50", "1208925819614629174706176"].map(|digits| Number { digits });
    let expected = "[1,-2.50,1208925819614629174706176]";
    assert_eq!(serialize(&numbers, RAILS), expected);
    let as_value = "[1,-2.5,1208925819614629174706176]";
    assert_eq!(value(&to_value(&numbers).unwrap(), RAILS), as_value);
}
