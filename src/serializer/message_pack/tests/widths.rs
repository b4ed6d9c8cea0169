//! Lengths of any width, and numbers within numbers: all forms that the MessagePack specification
//! allows are read, though Rails writes the shortest.

use super::super::super::value::{BigInteger, Value};
use super::super::{index, load};

fn read(body: &str) -> Value {
    load(&hex::decode(format!("cc80{}", body.replace(' ', ""))).unwrap())
        .unwrap_or_else(|error| panic!("{body}: {error:?}"))
}

#[test]
fn a_length_may_be_wider_than_it_need_be() {
    let text = Value::from("abc");
    for body in ["a3616263", "d903616263", "da0003616263", "db00000003616263"] {
        assert_eq!(read(body), text);
    }
    // Bytes that are ASCII.
    let short = read("c403616263");
    for body in ["c50003616263", "c600000003616263"] {
        assert_eq!(read(body), short);
    }
    for body in ["920102", "dc00020102", "dd000000020102"] {
        assert_eq!(read(body), Value::from([1, 2]));
    }
    for body in ["810102", "de00010102", "df000000010102"] {
        assert_eq!(read(body), Value::hash([(1, 2)]));
    }
    // A Symbol is the extension 0.
    let symbol = Value::Symbol("a".to_owned());
    for body in ["d40061", "c7010061", "c800010061", "c9000000010061"] {
        assert_eq!(read(body), symbol);
    }
    let session = hex::decode("cc80df00000001db0000000161dd0000000101").unwrap();
    assert!(index(&session).is_ok());
}

#[test]
fn fractions_and_complexes_of_the_largest_integers() {
    let big = |digits: &str| Value::from(digits.parse::<BigInteger>().unwrap());
    let third = |numerator| Value::Rational(Box::new((numerator, 3.into())));
    // Extension 3: two integers; the first of 64 bits without a sign, and of 65.
    assert_eq!(
        read("c70a03 cf8000000000000000 03"),
        third(big("9223372036854775808"))
    );
    assert_eq!(
        read("c71103 c70d01 00 00000000 00000000 00000001 03"),
        third(big("18446744073709551616"))
    );
    // Extension 4: two real numbers.
    let complex = Value::Complex(Box::new((big("9223372036854775808"), 1.into())));
    assert_eq!(read("c70a04 cf8000000000000000 01"), complex);
}
