//! The sizes of the texts that a few bytes can become.

use super::super::{RubyRange, Value};
use super::every_container;

fn nested_keys(levels: usize, text: &str) -> Value {
    (0..levels).fold(Value::from(text), |key, _| Value::hash([(key, 1)]))
}

#[test]
fn a_big_decimal_of_a_few_bytes_stays_one_of_a_few_hundred() {
    let decimal = |text: &str| Value::BigDecimal(text.to_owned()).to_string();
    assert_eq!(decimal("0.1e401").len(), "\"1.0\"".len() + 400);
    assert_eq!(decimal("0.1e-400").len(), "\"0.1\"".len() + 400);
    for text in ["0.1e402", "0.1e10000", "0.1e-401", "-0.1e-10000"] {
        assert_eq!(decimal(text), format!("\"{text}\""));
    }
    // Digits are no zeros: BigDecimal("7" * 1000).to_s("F")
    let digits = "7".repeat(1_000);
    assert_eq!(
        decimal(&format!("0.{digits}e1000")),
        format!("\"{digits}.0\"")
    );
}

#[test]
fn keys_in_keys_do_not_double_at_every_level() {
    assert_eq!(nested_keys(2, "a").to_string(), r#"{"{\"a\":1}":1}"#);
    assert_eq!(nested_keys(3, "a").to_string(), r#"{"...":1}"#);
    let quotes = "\"".repeat(4_096);
    for levels in 0..12 {
        let length = nested_keys(levels, &quotes).to_string().len();
        assert!(length < 5 * 4_096, "{levels}: {length}");
    }
    // The same with a Range at every level, which is text as well.
    let range = |begin| {
        Value::Range(Box::new(RubyRange {
            begin,
            end: Value::Nil,
            exclude_end: false,
        }))
    };
    for levels in 0..12 {
        let keys = (0..levels).fold(Value::from(&*quotes), |inner, _| {
            range(Value::hash([(inner, 1)]))
        });
        let values = (0..levels).fold(Value::from(&*quotes), |inner, _| range(vec![inner].into()));
        for value in [keys.clone(), Value::hash([(keys, 1)]), values] {
            let length = value.to_string().len();
            assert!(length < 20 * 4_096, "{levels}: {length}");
        }
    }
}

/// Every kind that holds values is a level of its own.
#[test]
fn every_kind_of_container_is_a_level() {
    let mut checked = 0;
    for (number, wrap) in every_container().iter().enumerate() {
        for levels in 0..4 {
            let value = (0..levels).fold(Value::Nil, |inner, _| wrap(inner));
            assert!(value.nests_at_most(levels), "{number}: {levels}");
            assert!(
                levels == 0 || !value.nests_at_most(levels - 1),
                "{number}: {levels}"
            );
            checked += 1;
        }
    }
    assert_eq!(checked, 17 * 4);
}
