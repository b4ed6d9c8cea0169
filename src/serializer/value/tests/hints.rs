//! The effects of serde's hints: a type that asks for bytes, an enum or a number of 128 bits gets it,
//! at the top, in an object's instance variable and as a key.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::MapDeserializer;
use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, Serialize};
use serde_test::{Configure, Token, assert_ser_tokens};

use super::*;
use crate::serializer::to_value;

/// Asks for bytes, and takes nothing else.
#[derive(Debug, PartialEq)]
struct Octets(Vec<u8>);

impl<'de> Deserialize<'de> for Octets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OctetsVisitor;

        impl Visitor<'_> for OctetsVisitor {
            type Value = Octets;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("octets")
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Octets, E> {
                Ok(Octets(bytes.to_vec()))
            }
        }

        deserializer.deserialize_bytes(OctetsVisitor)
    }
}

fn instance(ivars: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    object(RubyObject::Instance {
        class: text("Pt"),
        ivars: ivars
            .into_iter()
            .map(|(name, value)| (text(name), value))
            .collect(),
    })
}

fn ascii(letters: &str) -> Value {
    Value::bytes(letters.as_bytes(), "ASCII-8BIT")
}

#[derive(Debug, Deserialize, PartialEq)]
struct Kept {
    octets: Octets,
}

#[test]
fn text_of_any_kind_is_bytes_where_bytes_are_asked_for() {
    let cases = [
        (Value::from("abc"), "abc"),
        (Value::Symbol(text("abc")), "abc"),
        (ascii("abc"), "abc"),
        // These have no text to lend.
        (Value::Date(2_460_344), "2024-02-03"),
        (rational(1, 3), "1/3"),
    ];
    for (value, expected) in cases {
        let octets = || Octets(expected.as_bytes().to_vec());
        assert_eq!(Octets::deserialize(&value), Ok(octets()));
        let kept = instance([("@octets", value)]);
        assert_eq!(Kept::deserialize(&kept), Ok(Kept { octets: octets() }));
    }
    assert!(Octets::deserialize(&Value::Integer(1)).is_err());
}

#[derive(Debug, Deserialize, PartialEq)]
enum Day {
    #[serde(rename = "2024-02-03")]
    ThirdOfFebruary,
    #[serde(rename = "a")]
    Letter,
}

#[test]
fn text_of_any_kind_names_a_variant() {
    let extended = Value::from("a");
    let cases = [
        (Value::Date(2_460_344), Day::ThirdOfFebruary),
        (Value::from("a"), Day::Letter),
        (ascii("a"), Day::Letter),
        (
            object(RubyObject::Extended {
                module: text("M"),
                content: extended,
            }),
            Day::Letter,
        ),
    ];
    for (value, expected) in cases {
        assert_eq!(Day::deserialize(&value), Ok(expected), "{value:?}");
    }
    let invalid = Value::bytes(vec![0xff], "ASCII-8BIT");
    assert!(Day::deserialize(&invalid).is_err());
}

#[test]
fn instance_variables_are_read_as_what_is_asked_for() {
    #[derive(Debug, Deserialize, PartialEq)]
    struct Inner {
        x: i64,
    }
    #[derive(Debug, Deserialize, PartialEq)]
    struct Fields {
        exact: Value,
        inner: Inner,
        quarter: f64,
        half: f32,
        signed: i128,
        unsigned: u128,
        nothing: Option<i64>,
    }
    // One field by two keys: the last value counts if a struct is asked for.
    let twice = Value::hash([(Value::Symbol(text("x")), 0), (Value::from("x"), 1)]);
    let value = instance([
        ("@exact", Value::Symbol(text("s"))),
        ("@inner", twice),
        ("@quarter", rational(1, 4)),
        ("@half", rational(1, 2)),
        ("@signed", big("-1208925819614629174706176")),
        ("@unsigned", big("1208925819614629174706176")),
        ("@nothing", Value::Nil),
    ]);
    let expected = Fields {
        exact: Value::Symbol(text("s")),
        inner: Inner { x: 1 },
        quarter: 0.25,
        half: 0.5,
        signed: -(1 << 80),
        unsigned: 1 << 80,
        nothing: None,
    };
    assert_eq!(Fields::deserialize(&value), Ok(expected));
}

#[test]
fn a_key_is_read_as_what_it_is_wrapped_in() {
    #[derive(Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
    struct Id(u32);
    assert_eq!(
        BTreeMap::deserialize(&Value::hash([("1", "a")])),
        Ok(BTreeMap::from([(Id(1), text("a"))])),
    );
}

/// The name under which `serde_json` passes a number with all its digits (its feature
/// `arbitrary_precision`): a map of one entry.
const NUMBER: &str = "$serde_json::private::Number";

fn map(pairs: &[(&str, &str)]) -> Result<Value, serde::de::value::Error> {
    Value::deserialize(MapDeserializer::new(pairs.iter().copied()))
}

#[test]
fn integers_of_any_size() {
    let integers = [
        "0",
        "-1",
        "9223372036854775808",
        "1208925819614629174706176",
        "-1000000000000000000000000000000000000000000",
    ];
    for digits in integers {
        let integer: BigInteger = digits.parse().unwrap();
        assert_eq!(integer.to_string(), digits);
        let value = Value::from(integer.clone());
        assert_eq!(BigInteger::deserialize(&value), Ok(integer.clone()));
        assert_eq!(map(&[(NUMBER, digits)]), Ok(value));
    }
    for wrong in [Value::from("1"), Value::Float(1.0), Value::Nil] {
        assert!(BigInteger::deserialize(&wrong).is_err(), "{wrong:?}");
    }
    assert_eq!(map(&[(NUMBER, "1.5e3")]), Ok(Value::Float(1500.0)));
    // Behind another entry it is a key like any.
    let pairs = [("a", "1"), (NUMBER, "2")];
    assert_eq!(map(&pairs), Ok(Value::hash(pairs)));
}

#[test]
fn a_tuple_struct_is_an_array() {
    #[derive(Serialize)]
    struct Pair(u8, &'static str);
    assert_eq!(
        to_value(&Pair(1, "x")).unwrap(),
        Value::from(vec![Value::from(1), "x".into()])
    );
}

#[test]
fn fractions_in_durations_and_in_fractions() {
    assert_eq!(f64::deserialize(&duration(rational(3, 4))), Ok(0.75));
    assert_eq!(f64::deserialize(&duration(rational(7, 2))), Ok(3.5));
    let large: BigInteger = "1208925819614629174706176".parse().unwrap();
    let large = f64::deserialize(&duration(large.into()));
    assert_eq!(large, Ok(1_208_925_819_614_629_174_706_176.0));
    // Duration#as_json is to_i: Rational(2**80, 3).to_i
    let large = "1208925819614629174706176".parse::<BigInteger>().unwrap();
    let thirds = Value::Rational(Box::new((large.into(), 3.into())));
    assert_eq!(f64::deserialize(&thirds), Ok(4.029_752_732_048_764e23));
    assert_eq!(duration(thirds).to_string(), "402975273204876391568725");
    // An infinity and a NaN have no integer.
    for float in [f64::INFINITY, f64::NAN] {
        assert_eq!(duration(Value::Float(float)).to_string(), "null");
    }
    let nested = Value::Rational(Box::new((rational(3, 2), rational(3, 4))));
    assert_eq!(f64::deserialize(&nested), Ok(2.0));
}

/// Asks for 128 bits, and takes nothing else.
#[derive(Debug, PartialEq)]
enum Wide {
    Signed(i128),
    Unsigned(u128),
}

struct WideVisitor;

impl Visitor<'_> for WideVisitor {
    type Value = Wide;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("128 bits")
    }

    fn visit_i128<E: Error>(self, number: i128) -> Result<Wide, E> {
        Ok(Wide::Signed(number))
    }

    fn visit_u128<E: Error>(self, number: u128) -> Result<Wide, E> {
        Ok(Wide::Unsigned(number))
    }
}

#[test]
fn integers_of_128_bits_of_any_size() {
    let small = Value::Integer(7);
    assert_eq!((&small).deserialize_i128(WideVisitor), Ok(Wide::Signed(7)));
    assert_eq!(
        (&small).deserialize_u128(WideVisitor),
        Ok(Wide::Unsigned(7))
    );
    let large = Value::from("1208925819614629174706176".parse::<BigInteger>().unwrap());
    assert_eq!(
        (&large).deserialize_i128(WideVisitor),
        Ok(Wide::Signed(1 << 80))
    );
    assert_eq!(
        (&large).deserialize_u128(WideVisitor),
        Ok(Wide::Unsigned(1 << 80))
    );
}

#[test]
fn an_extended_hash_is_a_struct_like_any() {
    #[derive(Debug, Deserialize, PartialEq)]
    struct Inner {
        x: i64,
    }
    let extended = object(RubyObject::Extended {
        module: text("M"),
        content: Value::hash([(Value::Symbol(text("x")), 0), (Value::from("x"), 1)]),
    });
    assert_eq!(Inner::deserialize(&extended), Ok(Inner { x: 1 }));
}

#[test]
fn a_variant_without_content_has_none() {
    let tagged = |content: Value| Value::hash([("a", content)]);
    assert_eq!(Day::deserialize(&tagged(Value::Nil)), Ok(Day::Letter));
    assert!(Day::deserialize(&tagged(Value::Integer(1))).is_err());
}

#[test]
fn a_value_that_could_not_be_handed_over_leaves_nothing_behind() {
    struct Failing;
    impl Serialize for Failing {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("no"))
        }
    }
    struct Announced;
    impl Serialize for Announced {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_newtype_struct(TOKEN, &Failing)
        }
    }
    assert!(to_value(&Announced).is_err());
    // Another crate's serializer, which cannot take a value over.
    let json = serde_json::to_string(&Value::from("a")).unwrap();
    assert_eq!(json, r#""a""#);
}

/// A format that calls every value a newtype, and a newtype within one nothing at all.
struct Wrapped {
    inner: bool,
}

impl<'de> Deserializer<'de> for Wrapped {
    type Error = serde::de::value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        if self.inner {
            visitor.visit_unit()
        } else {
            visitor.visit_newtype_struct(Self { inner: true })
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

#[test]
fn what_is_no_value_is_said_to_be_none() {
    // An enum, which no format has that describes itself.
    let variant = MapDeserializer::<_, serde::de::value::Error>::new([("a", 1)].into_iter());
    let variant = serde::de::value::MapAccessDeserializer::new(variant);
    let errors = [
        Value::deserialize(serde::de::value::EnumAccessDeserializer::new(variant)),
        Value::deserialize(Wrapped { inner: false }),
    ];
    let expected = ["enum", "unit value"];
    for (error, found) in errors.into_iter().zip(expected) {
        assert_eq!(
            error.unwrap_err().to_string(),
            format!("invalid type: {found}, expected a value")
        );
    }
}

/// To a format that is not for people, binary text goes as it is: it need not be text at all.
#[test]
fn bytes_stay_bytes_where_nobody_reads_them() {
    for bytes in [&b"abc"[..], b"\xff\0", b""] {
        let value = Value::bytes(bytes, "ASCII-8BIT");
        let tokens = [Token::NewtypeStruct { name: TOKEN }, Token::Bytes(bytes)];
        assert_ser_tokens(&value.compact(), &tokens);
    }
    // To people it is text, or nothing.
    let value = ascii("abc");
    let tokens = [Token::NewtypeStruct { name: TOKEN }, Token::Str("abc")];
    assert_ser_tokens(&value.readable(), &tokens);
}
