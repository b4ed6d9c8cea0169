//! The kinds of values that hold values.

use super::super::{RubyDuration, RubyObject, RubyRange, Value};

/// Every way in which a value holds another: what puts a value into it.
pub(crate) fn every_container() -> [fn(Value) -> Value; 17] {
    fn range(begin: Value, end: Value) -> Value {
        Value::Range(Box::new(RubyRange {
            begin,
            end,
            exclude_end: false,
        }))
    }
    fn duration(value: Value, parts: Vec<(String, Value)>) -> Value {
        Value::Duration(Box::new(RubyDuration { value, parts }))
    }
    fn object(object: RubyObject) -> Value {
        Value::Object(Box::new(object))
    }
    fn name() -> String {
        "A".to_owned()
    }
    [
        |inner| Value::Array(vec![inner]),
        |inner| Value::Set(vec![inner]),
        |inner| Value::hash([(inner, 1)]),
        |inner| Value::hash([(1, inner)]),
        |inner| Value::IndifferentHash(vec![("a".into(), inner)]),
        |inner| Value::Rational(Box::new((inner, 1.into()))),
        |inner| Value::Complex(Box::new((inner, 1.into()))),
        |inner| Value::Complex(Box::new((1.into(), inner))),
        |inner| range(inner, 1.into()),
        |inner| range(1.into(), inner),
        |inner| duration(inner, vec![]),
        |inner| duration(1.into(), vec![("days".to_owned(), inner)]),
        |inner| {
            object(RubyObject::Instance {
                class: name(),
                ivars: vec![("@a".to_owned(), inner)],
            })
        },
        |inner| {
            object(RubyObject::Struct {
                class: name(),
                members: vec![("a".to_owned(), inner)],
            })
        },
        |inner| {
            object(RubyObject::Extended {
                module: name(),
                content: inner,
            })
        },
        |inner| {
            object(RubyObject::Subclass {
                class: name(),
                content: inner,
            })
        },
        |inner| {
            object(RubyObject::UserMarshal {
                class: name(),
                content: inner,
            })
        },
    ]
}
