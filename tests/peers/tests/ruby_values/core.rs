//! Ruby's own types.

use hardtack::value::Value;

use crate::Table;
use crate::kinds::*;

pub(crate) fn core() -> Table {
    let hash = |pairs: [(Value, Value); 6]| pairs.into();
    vec![
        (Value::Nil, "nil"),
        (Value::Bool(true), "true"),
        (Value::Bool(false), "false"),
        (Value::Integer(0), "0"),
        (Value::Integer(-1), "-1"),
        (Value::Integer((1 << 30) - 1), "2**30 - 1"),
        (Value::Integer(1 << 30), "2**30"),
        (Value::Integer(-(1 << 30)), "-(2**30)"),
        (Value::Integer(-(1 << 30) - 1), "-(2**30) - 1"),
        (Value::Integer(i64::MAX), "2**63 - 1"),
        (Value::Integer(i64::MIN), "-(2**63)"),
        (big("9223372036854775808"), "2**63"),
        (
            big("-1606938044258990275541962092341162602522202993782792835301376"),
            "-(2**200)",
        ),
        (Value::Float(1.5), "1.5"),
        (Value::Float(-0.0), "-0.0"),
        (Value::Float(100.0), "100.0"),
        (Value::Float(1e16), "1e16"),
        (Value::Float(f64::MAX), "Float::MAX"),
        (Value::Float(5e-324), "5e-324"),
        (Value::Float(0.1 + 0.2), "0.1 + 0.2"),
        (Value::Float(f64::INFINITY), "Float::INFINITY"),
        (Value::Float(f64::NEG_INFINITY), "-Float::INFINITY"),
        (Value::from(""), "''"),
        (Value::from("Zoë 🍪\0"), "\"Zoë 🍪\\0\""),
        (bytes(b"\xff\0", "ASCII-8BIT"), "\"\\xFF\\0\".b"),
        (bytes(b"abc", "BINARY"), "'abc'.b"),
        (bytes(b"\xff", "UTF-8"), "\"\\xFF\""),
        (bytes(b"abc", "US-ASCII"), "'abc'.encode('US-ASCII')"),
        (
            bytes(b"\xff", "US-ASCII"),
            "(+\"\\xFF\").force_encoding('US-ASCII')",
        ),
        (
            bytes(b"\x93\xfa", "Shift_JIS"),
            "(+\"\\x93\\xFA\").force_encoding('Shift_JIS')",
        ),
        (bytes(b"a\0", "UTF-16LE"), "'a'.encode('UTF-16LE')"),
        (symbol("sym"), ":sym"),
        (symbol(""), ":''"),
        (symbol("é <&>"), ":'é <&>'"),
        (Value::from(Vec::<Value>::new()), "[]"),
        (
            vec![symbol("a"), vec![symbol("b"), symbol("a")].into()].into(),
            "[:a, [:b, :a]]",
        ),
        (Value::hash::<&str, i64>([]), "{}"),
        (
            Value::Hash(hash([
                (Value::Nil, 1.into()),
                (symbol("a"), symbol("a")),
                (Value::from("a"), Value::Nil),
                (Value::Float(2.5), Value::from("a")),
                (Value::Integer(3), vec![Value::Nil].into()),
                (Value::from([1]), Value::hash([("deep", 1)])),
            ])),
            "{nil => 1, :a => :a, 'a' => nil, 2.5 => 'a', 3 => [nil], [1] => {'deep' => 1}}",
        ),
        (
            Value::IndifferentHash(vec![
                (Value::from("b"), 1.into()),
                (
                    Value::from("a"),
                    Value::IndifferentHash(vec![(Value::from("c"), symbol("d"))]),
                ),
            ]),
            "{'b' => 1, 'a' => {'c' => :d}}.with_indifferent_access",
        ),
        (
            Value::Set(vec![1.into(), symbol("b"), "c".into()]),
            "Set[1, :b, 'c']",
        ),
        (Value::Set(vec![]), "Set.new"),
        (range(1, 3, false), "1..3"),
        (range("a", "c", true), "'a'...'c'"),
        (range(1, Value::Nil, false), "(1..)"),
        (range(Value::Nil, 2.5, true), "(...2.5)"),
        (range(Value::Nil, Value::Nil, false), "(nil..nil)"),
        (
            range(Value::Date(2_460_312), Value::Date(2_460_313), false),
            "Date.new(2024, 1, 2)..Date.new(2024, 1, 3)",
        ),
        (Value::Regexp(owned("(?-mix:a.b)")), "/a.b/"),
        (Value::Regexp(owned("(?mix:é)")), "/é/mix"),
        (Value::Regexp(owned("(?i-mx:a\\/b)")), "%r{a/b}i"),
        (Value::Regexp(owned("plain")), "/plain/"),
    ]
}
