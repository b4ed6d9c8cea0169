//! The accessors of a value, one for each kind.

use super::*;

/// Each kind with what `as_bool`, `as_i64` and `as_f64` say of it; the floats are Ruby's `to_f`.
#[test]
fn each_kind_answers_for_itself_alone() {
    let cases = [
        (Value::Nil, None, None, None),
        (Value::Bool(true), Some(true), None, None),
        (Value::Bool(false), Some(false), None, None),
        (Value::Integer(7), None, Some(7), Some(7.0)),
        (Value::Integer(-12), None, Some(-12), Some(-12.0)),
        // (2 ** 63 - 1).to_f
        (
            Value::Integer(i64::MAX),
            None,
            Some(i64::MAX),
            Some(9_223_372_036_854_775_808.0),
        ),
        // (2 ** 80).to_f
        (
            big("1208925819614629174706176"),
            None,
            None,
            Some(1.208_925_819_614_629_2e24),
        ),
        // (-(10 ** 30)).to_f
        (
            big("-1000000000000000000000000000000"),
            None,
            None,
            Some(-1e30),
        ),
        (Value::Float(-2.5), None, None, Some(-2.5)),
        (Value::BigDecimal(text("-0.5e0")), None, None, Some(-0.5)),
        (rational(-7, 4), None, None, Some(-1.75)),
        (duration(rational(1, 2)), None, None, Some(0.5)),
        (Value::from("true"), None, None, None),
        (Value::from("7"), None, None, None),
        (Value::from([1]), None, None, None),
        (Value::Date(1), None, None, None),
    ];
    for (value, boolean, integer, float) in &cases {
        assert_eq!(value.as_bool(), *boolean, "{value:?}");
        assert_eq!(value.as_i64(), *integer, "{value:?}");
        assert_eq!(value.as_f64(), *float, "{value:?}");
    }
    assert_eq!(cases.len(), 16);
}

#[test]
fn what_is_text_at_heart_has_its_text() {
    let cases = [
        (Value::from("Zoë"), Some("Zoë")),
        (Value::Symbol(text("en")), Some("en")),
        (Value::BigDecimal(text("0.1e1")), Some("0.1e1")),
        (Value::TimeZone(text("Tokyo")), Some("Tokyo")),
        (Value::Uri(text("http://a.b/")), Some("http://a.b/")),
        (Value::IpAddr(text("10.0.0.0/8")), Some("10.0.0.0/8")),
        (Value::Pathname(text("/a")), Some("/a")),
        (Value::Regexp(text("(?-mix:a)")), Some("(?-mix:a)")),
        (Value::SafeBuffer(text("<b>")), Some("<b>")),
        (Value::bytes(b"abc", "US-ASCII"), Some("abc")),
        (Value::bytes("é".as_bytes(), "ASCII-8BIT"), Some("é")),
        (Value::bytes(b"\xff", "ASCII-8BIT"), None),
        (Value::Nil, None),
        (Value::Bool(true), None),
        (Value::Integer(1), None),
        (Value::from(["a"]), None),
        (Value::Date(2_460_344), None),
    ];
    for (value, expected) in &cases {
        assert_eq!(value.as_str(), *expected, "{value:?}");
    }
    assert_eq!(cases.len(), 17);
}

#[test]
fn what_is_wrong_with_a_big_integer_is_said() {
    let error = "1_000".parse::<BigInteger>().unwrap_err();
    assert_eq!(error.to_string(), "not a decimal integer");

    let integer = |digits: &str| digits.parse::<BigInteger>().unwrap();
    let errors = [
        // 2 ** 127, -(2 ** 127) - 1
        i128::try_from(&integer("170141183460469231731687303715884105728")).unwrap_err(),
        i128::try_from(&integer("-170141183460469231731687303715884105729")).unwrap_err(),
        // 2 ** 128
        u128::try_from(&integer("340282366920938463463374607431768211456")).unwrap_err(),
        u128::try_from(&integer("-1")).unwrap_err(),
        // 2 ** 64
        u64::try_from(&integer("18446744073709551616")).unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.to_string(), "integer out of range");
    }
}
