//! Reads objects of the classes that have a [`Value`] of their own.
//!
//! Each function returns `None` if an object is not as its class writes it. Such an object is kept
//! by name, like one of an unknown class.

use super::address::{ip_addr, uri};
use super::document::{Document, Kind, NodeId, Span};
use super::ruby_time;
use super::scalars::{text, whole};
use crate::serializer::value::{RubyDuration, RubyRange, Value, parse_big_decimal};

/// Reads an instance of a subclass of a core class (`C`).
pub(super) fn subclass(
    document: &Document,
    class: &[u8],
    id: NodeId,
    ivars: Option<Span>,
) -> Option<Value> {
    match (class, document.kind(id)) {
        // Up to Rails 2.3 the class is in no module.
        (
            b"ActiveSupport::HashWithIndifferentAccess" | b"HashWithIndifferentAccess",
            Kind::Hash { pairs, .. },
        ) => Some(Value::IndifferentHash(document.hash(pairs))),
        (b"ActiveSupport::SafeBuffer", Kind::String(text)) => {
            // A text that was changed in place is still a SafeBuffer, but not safe.
            let unsafe_text = ivars
                .into_iter()
                .flat_map(|ivars| document.pairs(ivars))
                .any(|(name, value)| {
                    matches!(
                        (document.symbol_bytes(name), value),
                        (b"@html_safe", NodeId::FALSE | NodeId::NIL)
                            | (b"@html_unsafe", NodeId::TRUE)
                    )
                });
            match document.string(document.text(text), ivars) {
                Value::String(text) if !unsafe_text => Some(Value::SafeBuffer(text)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Reads an object of a class of its own (`o`, `u`, `U`).
pub(super) fn object(document: &Document, id: NodeId, outer: Option<Span>) -> Option<Value> {
    match document.kind(id) {
        Kind::Object { class, ivars } => instance(document, document.symbol_bytes(class), ivars),
        Kind::UserDump { class, bytes } => match document.symbol_bytes(class) {
            b"Time" => ruby_time::time(document, id).map(Value::Time),
            b"BigDecimal" if outer.is_none_or(|span| span.len == 0) => {
                let text = std::str::from_utf8(document.text(bytes)).ok()?;
                parse_big_decimal(text).map(|text| Value::BigDecimal(text.to_owned()))
            }
            _ => None,
        },
        Kind::UserMarshal { class, content } => {
            let Kind::Array(span) = document.kind(content) else {
                return None;
            };
            marshalled(document, document.symbol_bytes(class), document.parts(span))
        }
        _ => None,
    }
}

fn marshalled(document: &Document, class: &[u8], parts: &[NodeId]) -> Option<Value> {
    match (class, parts) {
        (b"Rational", [numerator, denominator]) => {
            let pair = (whole(document, *numerator)?, whole(document, *denominator)?);
            (pair.1 != Value::Integer(0)).then(|| Value::Rational(Box::new(pair)))
        }
        (b"Complex", [first, second]) => {
            let pair = (real(document, *first)?, real(document, *second)?);
            Some(Value::Complex(Box::new(pair)))
        }
        (b"ActiveSupport::TimeWithZone", [utc, zone, local]) => {
            ruby_time::time_with_zone(document, *utc, *zone, *local)
        }
        (b"Date", fields) => ruby_time::date(document, fields),
        (b"DateTime", fields) => ruby_time::date_time(document, fields).map(Value::DateTime),
        _ => None,
    }
}

fn instance(document: &Document, class: &[u8], ivars: Span) -> Option<Value> {
    let ivar = |wanted: &[u8]| {
        document
            .pairs(ivars)
            .find(|(name, _)| document.symbol_bytes(*name) == wanted)
            .map(|(_, value)| value)
    };
    match class {
        b"Range" if ivars.len == 6 => {
            let Kind::Bool(exclude_end) = document.kind(ivar(b"excl")?) else {
                return None;
            };
            let (begin, end) = (ivar(b"begin")?, ivar(b"end")?);
            Some(Value::Range(Box::new(RubyRange {
                begin: document.expand(begin),
                end: document.expand(end),
                exclude_end,
            })))
        }
        b"Set" if ivars.len == 2 => {
            let Kind::Hash { pairs, .. } = document.kind(ivar(b"@hash")?) else {
                return None;
            };
            Some(Value::Set(
                document
                    .hash(pairs)
                    .into_iter()
                    .map(|(member, _)| member)
                    .collect(),
            ))
        }
        b"ActiveSupport::Duration" => {
            let value = real(document, ivar(b"@value")?)?;
            let Kind::Hash { pairs, .. } = document.kind(ivar(b"@parts")?) else {
                return None;
            };
            let parts: Vec<_> = document.pairs(pairs).collect();
            let parts = parts
                .into_iter()
                .map(|(name, count)| match document.kind(name) {
                    Kind::Symbol(_) => Some((document.name(name), real(document, count)?)),
                    _ => None,
                });
            let parts = parts.collect::<Option<Vec<_>>>()?;
            Some(Value::Duration(Box::new(RubyDuration { value, parts })))
        }
        b"Pathname" if ivars.len == 2 => Some(Value::Pathname(text(document, ivar(b"@path")?)?)),
        b"ActiveSupport::TimeZone" => Some(Value::TimeZone(text(document, ivar(b"@name")?)?)),
        b"IPAddr" => ip_addr(document, ivar).map(Value::IpAddr),
        _ if class.starts_with(b"URI::") => uri(document, ivar).map(Value::Uri),
        _ => None,
    }
}

/// Reads a real number. Other objects are not expanded, as in `whole`.
fn real(document: &Document, id: NodeId) -> Option<Value> {
    let extra = document.extra(id);
    let value = match document.kind(id) {
        Kind::Float(_) => document.expand(id),
        Kind::UserDump { class, .. } | Kind::UserMarshal { class, .. }
            if matches!(document.symbol_bytes(class), b"BigDecimal" | b"Rational")
                && extra.is_none_or(|extra| extra.wrappers.len == 0) =>
        {
            object(document, id, extra.and_then(|extra| extra.ivars))?
        }
        _ => return whole(document, id),
    };
    let is_real = matches!(
        value,
        Value::Float(_) | Value::Rational(_) | Value::BigDecimal(_)
    );
    is_real.then_some(value)
}
