//! JSON of a session becomes a document, as Node's driver would make it of the session.

use std::fmt;

use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, DateTime, Decimal128, Document};
use serde_json::value::RawValue;

use crate::failure::Failure;

/// The deepest nesting of a session that is kept as a document. MongoDB itself takes no more.
pub(crate) const DEEPEST: usize = 100;

/// The largest integer of which every smaller one is a double.
const SAFE: f64 = 9_007_199_254_740_992.0;

/// Checks whether an integer is written as such: neither a 32-bit integer nor a double has it.
pub(crate) fn is_long(number: i64) -> bool {
    i32::try_from(number).is_err() && exact_double(number).is_none()
}

/// Checks whether a double is written as an integer: one without a fraction, beyond 32 bits.
pub(crate) fn is_double(number: f64) -> bool {
    let is_small = (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&number);
    number.fract() == 0.0 && number.abs() <= SAFE && !is_small
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "it is compared with what comes back"
)]
fn exact_double(number: i64) -> Option<f64> {
    let double = number as f64;
    (double.abs() <= SAFE && double as i64 == number).then_some(double)
}

/// Returns the document of a JSON object.
pub(crate) fn document(text: &str) -> Result<Document, Failure> {
    let mut document = object(text, 0)?;
    // The member that Express keeps for itself has a Date.
    if let Ok(cookie) = document.get_document_mut("cookie")
        && let Ok(expires) = cookie.get_str("expires")
        && let Ok(time) = DateTime::parse_rfc3339_str(expires)
    {
        cookie.insert("expires", time);
    }
    Ok(document)
}

fn object(text: &str, depth: usize) -> Result<Document, Failure> {
    let Members(members) = serde_json::from_str(text).map_err(|_| unwritable("is no JSON"))?;
    let mut document = Document::new();
    for (key, text) in members {
        if key.starts_with('$') || key.contains('\0') {
            return Err(unwritable("has a key that MongoDB cannot keep"));
        }
        document.insert(key, value(text.get(), depth + 1)?);
    }
    Ok(document)
}

fn value(text: &str, depth: usize) -> Result<Bson, Failure> {
    if depth > DEEPEST {
        return Err(unwritable("is nested too deeply for a document"));
    }
    let wrong = |_| unwritable("is no JSON");
    Ok(match text.as_bytes().first() {
        Some(b'{') => match extended(text)? {
            Some(value) => value,
            None => Bson::Document(object(text, depth)?),
        },
        Some(b'[') => {
            let values: Vec<&RawValue> = serde_json::from_str(text).map_err(wrong)?;
            let values = values.into_iter().map(|text| value(text.get(), depth + 1));
            Bson::Array(values.collect::<Result<_, _>>()?)
        }
        Some(b'"') => Bson::String(serde_json::from_str(text).map_err(wrong)?),
        Some(b't') => Bson::Boolean(true),
        Some(b'f') => Bson::Boolean(false),
        Some(b'n') => Bson::Null,
        _ => number(text)?,
    })
}

/// Returns the value of a number, of the type that Node's driver gives it.
fn number(text: &str) -> Result<Bson, Failure> {
    let is_integer = !text.contains(['.', 'e', 'E']) && text != "-0";
    if is_integer {
        let number: i64 = text
            .parse()
            .map_err(|_| unwritable("has an integer of more than 64 bits"))?;
        if let Ok(number) = i32::try_from(number) {
            return Ok(Bson::Int32(number));
        }
        return Ok(exact_double(number).map_or(Bson::Int64(number), Bson::Double));
    }
    let number: f64 = text.parse().map_err(|_| unwritable("is no JSON"))?;
    if !number.is_finite() {
        return Err(unwritable("has a number beyond a double"));
    }
    Ok(Bson::Double(number))
}

/// Returns the value of an object of extended JSON; `None` if it is an object of the session.
fn extended(whole: &str) -> Result<Option<Bson>, Failure> {
    let Members(members) = serde_json::from_str(whole).map_err(|_| unwritable("is no JSON"))?;
    let [(key, inner)] = members.as_slice() else {
        return Ok(None);
    };
    if !key.starts_with('$') {
        return Ok(None);
    }
    let text = || serde_json::from_str::<String>(inner.get()).ok();
    let value = match key.as_str() {
        "$oid" => text().and_then(|id| ObjectId::parse_str(id).ok().map(Bson::ObjectId)),
        "$date" => match text() {
            Some(time) => DateTime::parse_rfc3339_str(time).ok(),
            None => long(inner.get()).map(DateTime::from_millis),
        }
        .map(Bson::DateTime),
        "$numberLong" => long(whole).map(Bson::Int64),
        "$numberDouble" => text().and_then(|number| match number.as_str() {
            "NaN" => Some(Bson::Double(f64::NAN)),
            "Infinity" => Some(Bson::Double(f64::INFINITY)),
            "-Infinity" => Some(Bson::Double(f64::NEG_INFINITY)),
            _ => None,
        }),
        "$numberDecimal" => {
            text().and_then(|number| number.parse::<Decimal128>().ok().map(Bson::Decimal128))
        }
        _ => None,
    };
    value
        .map(Some)
        .ok_or_else(|| unwritable("has an object of extended JSON that is not understood"))
}

/// Returns the number of an object `{"$numberLong": "7"}`.
fn long(text: &str) -> Option<i64> {
    let Members(members) = serde_json::from_str(text).ok()?;
    let [(key, inner)] = members.as_slice() else {
        return None;
    };
    let number: String = serde_json::from_str(inner.get()).ok()?;
    (key == "$numberLong").then(|| number.parse().ok())?
}

fn unwritable(what: &str) -> Failure {
    Failure::new(format!(
        "the session {what}: it cannot be kept as a document of MongoDB (`stringify: false`)"
    ))
}

/// The members of an object, in order. Of two equal keys the last value is kept at the first place,
/// as in JavaScript, once they are in a document.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> serde::Deserialize<'de> for Members<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Visitor)
    }
}
