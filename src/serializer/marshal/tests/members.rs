//! Objects of a known class with an additional variable: they are kept as objects, which hold all
//! of it.

use super::{Document, marshal};
use crate::serializer::marshal::dump_value;
use crate::serializer::value::{RubyObject, Value, every_container};

fn load(bytes: &[u8]) -> Value {
    let document = Document::load(bytes).unwrap();
    document.value(document.root()).unwrap()
}

/// Complex(1.5, 2) and Complex(Rational(1, 2), BigDecimal("0.5")), as Ruby 3.1 wrote them.
#[test]
fn a_complex_is_of_any_real_numbers() {
    let half = Value::Rational(Box::new((1.into(), 2.into())));
    let cases = [
        (
            "0408553a0c436f6d706c65785b076608312e356907",
            1.5.into(),
            2.into(),
        ),
        (
            "0408553a0c436f6d706c65785b07553a0d526174696f6e616c5b0769066907753a0f426967446563696d616c0d31383a302e356530",
            half,
            Value::BigDecimal("0.5e0".into()),
        ),
    ];
    for (hex, real, imaginary) in cases {
        let bytes = hex::decode(hex).unwrap();
        let complex = Value::Complex(Box::new((real, imaginary)));
        assert_eq!(load(&bytes), complex);
        assert_eq!(dump_value(&complex).unwrap(), bytes);
    }
    // A part that is a Complex, a text, or a number with a variable of its own.
    for part in [
        &b"U:\x0cComplex[\x07i\x06i\x06"[..],
        b"\"\x06a",
        b"Iu:\x0fBigDecimal\x0d18:0.5e0\x06:\x07@xi\x06",
    ] {
        let body = [b"U:\x0cComplex[\x07", part, b"i\x06"].concat();
        assert!(
            matches!(load(&marshal(&body)), Value::Object(_)),
            "{body:?}"
        );
    }
}

#[test]
fn a_variable_more_is_an_object() {
    // (1..2), Set[1] and Pathname("/a"), each with @x = 1.
    let bodies: &[&[u8]] = &[
        b"o:\x0aRange\x09:\x09exclF:\x0abegini\x06:\x08endi\x07:\x07@xi\x06",
        b"o:\x08Set\x07:\x0a@hash}\x06i\x06TF:\x07@xi\x06",
        b"o:\x0dPathname\x07:\x0a@pathI\"\x07/a\x06:\x06ET:\x07@xi\x06",
    ];
    for body in bodies {
        let value = load(&marshal(body));
        let Value::Object(object) = &value else {
            panic!("{value:?}")
        };
        assert!(
            matches!(&**object, RubyObject::Instance { ivars, .. } if ivars.last() == Some(&("@x".into(), 1.into())))
        );
        // A Value cannot hold a Hash's default.
        if !body.starts_with(b"o:\x08Set") {
            assert_eq!(dump_value(&value).unwrap(), marshal(body));
        }
    }
}

/// The writer follows at most a hundred levels of nesting, through any kind.
#[test]
fn nesting_through_any_kind_is_bounded() {
    let mut checked = 0;
    for (number, wrap) in every_container().iter().enumerate() {
        let nested = |levels| (0..levels).fold(Value::Array(vec![]), |inner, _| wrap(inner));
        assert!(dump_value(&nested(20)).is_ok(), "{number}");
        let error = dump_value(&nested(200)).unwrap_err();
        assert!(error.0.contains("100 levels"), "{number}: {error:?}");
        checked += 1;
    }
    assert_eq!(checked, 17);
}
