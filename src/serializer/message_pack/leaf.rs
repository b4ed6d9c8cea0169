//! [`leaf_value`]: values that stand in the message as a whole.

use num_bigint::BigInt;

use super::super::value::{RubyBytes, Value};
use super::marker::BINARY;
use super::reader::Head;

/// A value that contains no others.
pub(super) fn leaf_value(head: Head<'_>) -> Value {
    match head {
        Head::Bool(truth) => Value::Bool(truth),
        Head::Integer(number) => Value::Integer(number),
        Head::Unsigned(number) => unsigned_value(number),
        Head::Float(number) => Value::Float(number),
        Head::Str(bytes) => text_value(bytes),
        Head::Bin(bytes) => bytes_value(bytes, BINARY),
        // The last three never get here.
        Head::Nil | Head::Array(_) | Head::Map(_) | Head::Extension(..) => Value::Nil,
    }
}

fn text_value(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => Value::String(text.to_owned()),
        // Ruby keeps a String whose bytes are invalid in its encoding.
        Err(_) => bytes_value(bytes, "UTF-8"),
    }
}

/// An integer beyond `i64::MAX`.
pub(super) fn unsigned_value(number: u64) -> Value {
    Value::from_bigint(BigInt::from(number))
}

fn bytes_value(bytes: &[u8], encoding: &str) -> Value {
    Value::Bytes(RubyBytes {
        bytes: bytes.to_vec(),
        encoding: encoding.to_owned(),
    })
}
