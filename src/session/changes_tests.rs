//! Sets values in sessions, against the [`Value`] that `to_value` makes of them: written in every
//! format, read, and merged alike.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use serde::ser::{
    Error as _, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use serde_json::value::RawValue;

use crate::error::Error;
use crate::load_defaults::LoadDefaults;
use crate::serializer::json::exact::write_exactly;
use crate::serializer::value::Value;
use crate::serializer::{DumpStyle, Format, Serialized, to_value};
use crate::session::data::SessionData;

/// Every call that a type's own `Serialize` can make.
#[derive(Clone, Debug)]
enum Any {
    Bool(bool),
    I8(i8),
    I64(i64),
    I128(i128),
    U16(u16),
    U64(u64),
    U128(u128),
    F32(f32),
    F64(f64),
    Char(char),
    Str(String),
    Bytes(Vec<u8>),
    None,
    Some(Box<Any>),
    Unit,
    UnitStruct,
    UnitVariant,
    Newtype(Box<Any>),
    NewtypeVariant(Box<Any>),
    Seq(Vec<Any>),
    Tuple(Vec<Any>),
    TupleStruct(Vec<Any>),
    TupleVariant(Vec<Any>),
    Map(Vec<(Any, Any)>),
    Struct(Vec<(&'static str, Any)>),
    StructVariant(Vec<(&'static str, Any)>),
    Value(Value),
    Raw(&'static str),
    Fails,
    /// Skips values that cannot be written.
    Careless(Vec<Any>),
    /// Leaves a key without a value, and replaces a key by a second one.
    Keys(Vec<Any>),
}

impl Serialize for Any {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bool(v) => serializer.serialize_bool(*v),
            Self::I8(v) => serializer.serialize_i8(*v),
            Self::I64(v) => serializer.serialize_i64(*v),
            Self::I128(v) => serializer.serialize_i128(*v),
            Self::U16(v) => serializer.serialize_u16(*v),
            Self::U64(v) => serializer.serialize_u64(*v),
            Self::U128(v) => serializer.serialize_u128(*v),
            Self::F32(v) => serializer.serialize_f32(*v),
            Self::F64(v) => serializer.serialize_f64(*v),
            Self::Char(v) => serializer.serialize_char(*v),
            Self::Str(v) => serializer.serialize_str(v),
            Self::Bytes(v) => serializer.serialize_bytes(v),
            Self::None => serializer.serialize_none(),
            Self::Some(v) => serializer.serialize_some(v),
            Self::Unit => serializer.serialize_unit(),
            Self::UnitStruct => serializer.serialize_unit_struct("Unit"),
            Self::UnitVariant => serializer.serialize_unit_variant("Enum", 0, "<Unit>"),
            Self::Newtype(v) => serializer.serialize_newtype_struct("Newtype", v),
            Self::NewtypeVariant(v) => serializer.serialize_newtype_variant("Enum", 1, "a&b", v),
            Self::Seq(items) => serializer.collect_seq(items),
            Self::Tuple(items) => {
                let mut tuple = serializer.serialize_tuple(items.len())?;
                items.iter().try_for_each(|v| tuple.serialize_element(v))?;
                tuple.end()
            }
            Self::TupleStruct(items) => {
                let mut tuple = serializer.serialize_tuple_struct("Tuple", items.len())?;
                items.iter().try_for_each(|v| tuple.serialize_field(v))?;
                tuple.end()
            }
            Self::TupleVariant(items) => {
                let mut tuple =
                    serializer.serialize_tuple_variant("Enum", 2, "Tuple", items.len())?;
                items.iter().try_for_each(|v| tuple.serialize_field(v))?;
                tuple.end()
            }
            Self::Map(pairs) => serializer.collect_map(pairs.iter().map(|(key, v)| (key, v))),
            Self::Struct(fields) => {
                let mut fields_of = serializer.serialize_struct("Struct", fields.len())?;
                for (name, v) in fields {
                    fields_of.serialize_field(name, v)?;
                }
                fields_of.end()
            }
            Self::StructVariant(fields) => {
                let length = fields.len();
                let mut variant =
                    serializer.serialize_struct_variant("Enum", 3, "Struct", length)?;
                for (name, v) in fields {
                    variant.serialize_field(name, v)?;
                }
                variant.end()
            }
            Self::Value(v) => v.serialize(serializer),
            Self::Raw(json) => {
                let raw = RawValue::from_string((*json).to_owned()).unwrap();
                raw.serialize(serializer)
            }
            Self::Fails => Err(S::Error::custom("what it says is not told")),
            Self::Careless(items) => {
                let mut list = serializer.serialize_seq(None)?;
                for item in items {
                    let _ = list.serialize_element(item);
                }
                list.end()
            }
            Self::Keys(keys) => {
                let mut map = serializer.serialize_map(None)?;
                keys.iter().try_for_each(|key| map.serialize_key(key))?;
                map.serialize_value("of the last one")?;
                keys.iter().try_for_each(|key| map.serialize_key(key))?;
                map.end()
            }
        }
    }
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ab]{0,2}",
        any::<String>(),
        // Escaped characters, within and across the blocks that are searched at once.
        "x{0,130}[<>&\u{2028}\u{2029}\u{20ac}\u{2019}\"\\\\\n]{0,3}y{0,70}[&\u{2028}]{0,1}",
    ]
}

fn anything() -> impl Strategy<Value = Any> {
    const NAMES: [&str; 4] = ["a", "b", "long name", "\"<&>\u{2028}"];
    let leaf = prop_oneof![
        any::<bool>().prop_map(Any::Bool),
        any::<i8>().prop_map(Any::I8),
        any::<i64>().prop_map(Any::I64),
        any::<i128>().prop_map(Any::I128),
        any::<u16>().prop_map(Any::U16),
        any::<u64>().prop_map(Any::U64),
        any::<u128>().prop_map(Any::U128),
        any::<u32>().prop_map(|bits| Any::F32(f32::from_bits(bits))),
        any::<u64>().prop_map(|bits| Any::F64(f64::from_bits(bits))),
        any::<i32>().prop_map(|n| Any::F64(f64::from(n) / 100.0)),
        any::<i16>().prop_map(|n| Any::F32(f32::from(n) / 10.0)),
        any::<char>().prop_map(Any::Char),
        Just(Any::None),
        Just(Any::Unit),
        Just(Any::UnitStruct),
        Just(Any::UnitVariant),
    ];
    let odd = prop_oneof![
        vec(any::<u8>(), 0..4).prop_map(Any::Bytes),
        texts().prop_map(|text| Any::Value(Value::Symbol(text))),
        Just(Any::Value(Value::Set(vec![Value::Integer(1)]))),
        Just(Any::Value(Value::Date(2_440_588))),
        Just(Any::Raw(r#"{"a" : 1e400, "b": [1, "<"]}"#)),
        Just(Any::Raw("\"text\"")),
        Just(Any::Fails),
    ];
    let text = texts().prop_map(Any::Str);
    prop_oneof![30 => leaf, 10 => text, 1 => odd].prop_recursive(5, 48, 20, |inner| {
        let items = || vec(inner.clone(), 0..5);
        let name = prop::sample::select(NAMES.to_vec());
        let fields = || vec((name.clone(), inner.clone()), 0..4);
        let key = prop_oneof![30 => texts().prop_map(Any::Str), 1 => inner.clone()];
        prop_oneof![
            inner.clone().prop_map(|v| Any::Some(Box::new(v))),
            inner.clone().prop_map(|v| Any::Newtype(Box::new(v))),
            inner.clone().prop_map(|v| Any::NewtypeVariant(Box::new(v))),
            items().prop_map(Any::Seq),
            items().prop_map(Any::Tuple),
            items().prop_map(Any::TupleStruct),
            items().prop_map(Any::TupleVariant),
            vec((key.clone(), inner.clone()), 0..4).prop_map(Any::Map),
            // More keys than are compared in their order of arrival.
            vec((key.clone(), inner.clone()), 15..20).prop_map(Any::Map),
            fields().prop_map(Any::Struct),
            fields().prop_map(Any::StructVariant),
            items().prop_map(Any::Careless),
            vec(key, 0..3).prop_map(Any::Keys),
        ]
    })
}

fn styles() -> Vec<DumpStyle> {
    let style = |version: LoadDefaults| DumpStyle::of(&version.settings());
    let mut styles = vec![
        style(LoadDefaults::V7_1).in_format(Format::Json),
        style(LoadDefaults::V8_1).in_format(Format::Json),
    ];
    if cfg!(feature = "marshal") {
        styles.push(style(LoadDefaults::V7_1).in_format(Format::Marshal));
    }
    if cfg!(feature = "message_pack") {
        styles.push(style(LoadDefaults::V7_1).in_format(Format::MessagePack));
    }
    styles
}

/// Creates an empty session, and one with two keys, as each format reads it.
fn sessions() -> Vec<SessionData> {
    let read = |style| {
        let read = SessionData::from_json(r#"{"a":1,"k":[true],"z":null}"#).unwrap();
        SessionData::of_payload(read.dump(Vec::new(), style).unwrap()).unwrap()
    };
    let sessions = styles().into_iter().map(read);
    std::iter::once(SessionData::new())
        .chain(sessions)
        .collect()
}

fn written(session: &SessionData) -> Vec<Result<Serialized, String>> {
    let dump = |style| session.dump(Vec::new(), style).map_err(|error| error.0);
    styles().into_iter().map(dump).collect()
}

/// Asserts that both sessions read and write alike.
fn assert_same(found: &SessionData, expected: &SessionData) -> Result<(), TestCaseError> {
    prop_assert_eq!(written(found), written(expected));
    prop_assert_eq!(found.keys(), expected.keys());
    prop_assert_eq!(found.changes.revision(), expected.changes.revision());
    prop_assert_eq!(found.holds_text("k"), expected.holds_text("k"));
    // Compare as text: NaN is not equal to itself.
    let read = |session: &SessionData| format!("{:?}", session.get::<Value>("k"));
    prop_assert_eq!(read(found), read(expected));
    let read = |session: &SessionData| format!("{:?}", session.get::<serde_json::Value>("k"));
    prop_assert_eq!(read(found), read(expected));
    let read = |session: &SessionData| format!("{:?}", session.get::<f32>("k"));
    prop_assert_eq!(read(found), read(expected));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_inserted_is_the_value_that_it_would_be(given in anything()) {
        for session in sessions() {
            let (mut found, mut expected) = (session.clone(), session);
            let inserted = found.insert("k", &given);
            match to_value(&given) {
                Ok(value) => {
                    prop_assert_eq!(inserted, Ok(()));
                    expected.changes.set("k", value);
                }
                Err(error) => prop_assert_eq!(inserted, Err(Error::from(error))),
            }
            assert_same(&found, &expected)?;
            // Among other keys, set again, and after removal.
            for session in [&mut found, &mut expected] {
                session.insert("n", [1, 2]).unwrap();
                session.remove("k");
            }
            if let Ok(value) = to_value(&given) {
                found.insert("k", &given).unwrap();
                expected.changes.set("k", value);
            }
            assert_same(&found, &expected)?;
        }
    }

    #[test]
    fn what_is_merged_is_the_value_that_it_would_be(given in anything()) {
        let keys = BTreeMap::from([("a", Any::None), ("k", given.clone()), ("n", Any::I8(1))]);
        for session in sessions() {
            let (mut found, mut expected) = (session.clone(), session);
            for _ in 0..2 {
                let merged = found.merge(&keys);
                match to_value(&keys) {
                    Ok(value) => prop_assert_eq!(merged, expected.merge_value(value)),
                    Err(error) => prop_assert_eq!(merged, Err(Error::from(error))),
                }
                assert_same(&found, &expected)?;
            }
            // Both refuse a value that is not a map with text keys.
            let merged = found.merge(&given);
            match to_value(&given) {
                Ok(value) => prop_assert_eq!(merged, expected.merge_value(value)),
                Err(error) => prop_assert_eq!(merged, Err(Error::from(error))),
            }
            assert_same(&found, &expected)?;
        }
    }
}

fn exact(value: &impl Serialize) -> Option<String> {
    let mut out = b"before".to_vec();
    let is_exact = write_exactly(&mut out, value);
    let text = String::from_utf8(out).unwrap();
    let text = text.strip_prefix("before").unwrap();
    assert!(is_exact || text.is_empty(), "{text}");
    is_exact.then(|| text.to_owned())
}

fn nested(levels: usize) -> Any {
    (0..levels).fold(Any::Unit, |inner, _| Any::Seq(vec![inner]))
}

#[test]
fn text_stands_for_what_it_says_all_of() {
    let map = |keys: &[&str]| {
        let pair = |key: &&str| (Any::Str((*key).to_owned()), Any::Unit);
        Any::Map(keys.iter().map(pair).collect())
    };
    let numbered = |count| (0..count).map(|n| n.to_string()).collect::<Vec<_>>();
    let many = numbered(40);
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    let doubled = [&many[..], &["7"]].concat();
    let texts = [
        (
            Any::U128(u128::MAX),
            "340282366920938463463374607431768211455",
        ),
        (Any::F32(0.1), "0.1"),
        (Any::F64(-0.0), "-0.0"),
        (Any::F64(1e300), "1.0e+300"),
        (Any::Char('<'), "\"<\""),
        (Any::Str("\u{2028}\n".to_owned()), "\"\u{2028}\\n\""),
        (Any::Some(Box::new(Any::None)), "null"),
        (
            Any::NewtypeVariant(Box::new(Any::UnitVariant)),
            r#"{"a&b":"<Unit>"}"#,
        ),
        (
            Any::TupleVariant(vec![Any::Bool(true)]),
            r#"{"Tuple":[true]}"#,
        ),
        (
            Any::StructVariant(vec![("a", Any::Seq(vec![]))]),
            r#"{"Struct":{"a":[]}}"#,
        ),
        (map(&["a", "b"]), r#"{"a":null,"b":null}"#),
    ];
    for (value, text) in texts {
        assert_eq!(exact(&value).as_deref(), Some(text), "{value:?}");
    }
    assert!(exact(&map(&many)).is_some());
    assert!(exact(&nested(64)).is_some());
    for value in [
        Any::F32(f32::NAN),
        Any::F64(f64::INFINITY),
        Any::Bytes(vec![1]),
        Any::Value(Value::Integer(1)),
        Any::Raw("1"),
        Any::Fails,
        Any::Careless(vec![Any::Fails]),
        Any::Map(vec![(Any::I8(1), Any::Unit)]),
        Any::Struct(vec![("a", Any::Unit), ("a", Any::Unit)]),
        map(&["a", "b", "a"]),
        map(&doubled),
        nested(65),
    ] {
        assert_eq!(exact(&Any::Seq(vec![value.clone()])), None, "{value:?}");
    }
}

/// 10,000 values of 100 bytes are a megabyte.
#[test]
fn the_text_of_what_was_set_before_does_not_add_up() {
    let mut session = SessionData::new();
    session.insert("first", "stays").unwrap();
    for turn in 0..10_000 {
        session.insert("again", format!("{turn:0100}")).unwrap();
        session.insert("removed", "x".repeat(turn % 100)).unwrap();
        session.remove("removed");
    }
    assert!(
        session.changes.text_len() < 4096,
        "{}",
        session.changes.text_len()
    );
    let json = format!(r#"{{"first":"stays","again":"{:0100}"}}"#, 9_999);
    assert_eq!(session.to_json().unwrap(), json.as_bytes());
}
