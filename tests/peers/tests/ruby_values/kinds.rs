//! Short ways to make a [`Value`] of each kind.

use hardtack::value::{
    BigInteger, RubyBytes, RubyDuration, RubyObject, RubyRange, RubyTime, Value,
};

pub(crate) fn owned(text: &str) -> String {
    text.to_owned()
}

pub(crate) fn big(digits: &str) -> Value {
    digits.parse::<BigInteger>().expect("digits").into()
}

pub(crate) fn bytes(bytes: &[u8], encoding: &str) -> Value {
    Value::Bytes(RubyBytes {
        bytes: bytes.to_vec(),
        encoding: owned(encoding),
    })
}

pub(crate) fn symbol(text: &str) -> Value {
    Value::Symbol(owned(text))
}

pub(crate) fn decimal(text: &str) -> Value {
    Value::BigDecimal(owned(text))
}

pub(crate) fn rational(numerator: impl Into<Value>, denominator: i64) -> Value {
    Value::Rational(Box::new((numerator.into(), denominator.into())))
}

pub(crate) fn complex(real: impl Into<Value>, imaginary: impl Into<Value>) -> Value {
    Value::Complex(Box::new((real.into(), imaginary.into())))
}

pub(crate) fn range(begin: impl Into<Value>, end: impl Into<Value>, exclude_end: bool) -> Value {
    Value::Range(Box::new(RubyRange {
        begin: begin.into(),
        end: end.into(),
        exclude_end,
    }))
}

pub(crate) fn duration(value: impl Into<Value>, parts: &[(&str, Value)]) -> Value {
    let parts = parts
        .iter()
        .map(|(name, count)| (owned(name), count.clone()));
    Value::Duration(Box::new(RubyDuration {
        value: value.into(),
        parts: parts.collect(),
    }))
}

pub(crate) fn time(seconds: i64, nanoseconds: u32) -> RubyTime {
    RubyTime {
        seconds,
        nanoseconds,
        utc_offset: 0,
        utc: true,
        zone: None,
        with_zone: false,
    }
}

pub(crate) fn offset(time: RubyTime, utc_offset: i32) -> RubyTime {
    RubyTime {
        utc_offset,
        utc: false,
        ..time
    }
}

pub(crate) fn zoned(time: RubyTime, utc_offset: i32, zone: &str) -> Value {
    Value::Time(RubyTime {
        zone: Some(owned(zone)),
        with_zone: true,
        ..offset(time, utc_offset)
    })
}

pub(crate) fn object(object: RubyObject) -> Value {
    Value::Object(Box::new(object))
}

pub(crate) fn point(x: impl Into<Value>, y: impl Into<Value>) -> Value {
    object(RubyObject::Instance {
        class: owned("Point"),
        ivars: vec![(owned("@x"), x.into()), (owned("@y"), y.into())],
    })
}
