//! Texts and numbers within an object of a known class.

use super::bignum;
use super::document::{Document, Kind, NodeId};
use crate::serializer::value::Value;

pub(super) fn text(document: &Document, id: NodeId) -> Option<String> {
    let extra = document.extra(id);
    match document.kind(id) {
        Kind::String(text) if extra.is_none_or(|extra| extra.wrappers.len == 0) => {
            match document.string(document.text(text), extra.and_then(|extra| extra.ivars)) {
                Value::String(text) => Some(text),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Returns an Integer of 64 bits.
pub(super) fn small(document: &Document, id: NodeId) -> Option<i64> {
    match document.kind(id) {
        Kind::Fixnum(number) => Some(i64::from(number)),
        Kind::Bignum {
            negative,
            magnitude,
        } => match Value::from_bigint(bignum::bignum(negative, document.text(magnitude))) {
            Value::Integer(number) => Some(number),
            _ => None,
        },
        _ => None,
    }
}

/// Returns an Integer of any size. Other objects are not expanded: their owner would expand them
/// again, and such owners in each other would double the work at every level.
pub(super) fn whole(document: &Document, id: NodeId) -> Option<Value> {
    let (Kind::Fixnum(_) | Kind::Bignum { .. }) = document.kind(id) else {
        return None;
    };
    let value = document.expand(id);
    matches!(value, Value::Integer(_) | Value::BigInteger(_)).then_some(value)
}
