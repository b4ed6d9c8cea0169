//! The member `session` of a document: text, other bytes, or a document whose JSON is the session.

use std::fmt::Write;

use bytes::Bytes;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, DateTime, Decimal128, RawBsonRef, RawDocument, RawDocumentBuf};

use crate::extended_json::{self, DEEPEST};
use crate::failure::Failure;
use hardtack::stores::Version;

/// The way in which sessions are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// As text: `stringify: true`, the default of connect-mongo.
    Text,
    /// JSON objects as documents: `stringify: false`.
    Document,
}

/// Returns the value that keeps these bytes.
pub(crate) fn value_of(bytes: &Bytes, shape: Shape) -> Result<Bson, Failure> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Ok(Bson::Binary(Binary {
            subtype: BinarySubtype::Generic,
            bytes: bytes.to_vec(),
        }));
    };
    // Marks of logouts and tokens of locks are no objects.
    if shape == Shape::Document && text.starts_with('{') {
        return extended_json::document(text).map(Bson::Document);
    }
    Ok(Bson::String(text.to_owned()))
}

/// Returns the bytes that a value keeps.
pub(crate) fn bytes_of(value: RawBsonRef<'_>, shape: Shape) -> Result<Bytes, Failure> {
    match value {
        RawBsonRef::String(text) => Ok(Bytes::copy_from_slice(text.as_bytes())),
        RawBsonRef::Binary(binary) if binary.subtype == BinarySubtype::Generic => {
            Ok(Bytes::copy_from_slice(binary.bytes))
        }
        RawBsonRef::Document(document) if shape == Shape::Document => {
            json(document).map(Bytes::from)
        }
        RawBsonRef::Document(_) => Err(Failure::new(
            "the session in MongoDB is a document, as connect-mongo keeps it with `stringify: \
             false`; call `MongoStore::documents` to read it",
        )),
        _ => Err(Failure::new(
            "the member `session` in MongoDB is neither text nor a document: connect-mongo did not \
             write it",
        )),
    }
}

/// Returns the JSON of a session that is kept as a document.
///
/// Values that JSON has no form for are in MongoDB's extended JSON, so that each comes back as it
/// was. `cookie.expires` is text, as in a session that is kept as text, up to the year 9999.
fn json(document: &RawDocument) -> Result<String, Failure> {
    let mut text = String::new();
    write_document(&mut text, document, 0, Place::Session)?;
    Ok(text)
}

/// The place of a document in a session.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Session,
    Cookie,
    Elsewhere,
}

impl Place {
    fn member(self, key: &str) -> Self {
        match (self, key) {
            (Self::Session, "cookie") => Self::Cookie,
            _ => Self::Elsewhere,
        }
    }
}

fn write_document(
    text: &mut String,
    document: &RawDocument,
    depth: usize,
    place: Place,
) -> Result<(), Failure> {
    text.push('{');
    for (at, element) in document.iter().enumerate() {
        let (key, value) = element.map_err(|_| damaged())?;
        let key = key.as_str();
        if key.starts_with('$') {
            return Err(Failure::new(
                "a session in MongoDB has a key that begins with `$`, as extended JSON has: it \
                 cannot be read",
            ));
        }
        if at > 0 {
            text.push(',');
        }
        push_text(text, key);
        text.push(':');
        let end = match value {
            RawBsonRef::DateTime(time) if place == Place::Cookie && key == "expires" => {
                javascript_time(time)
            }
            _ => None,
        };
        match end {
            Some(end) => push_text(text, &end),
            None => write_value(text, value, depth + 1, place.member(key))?,
        }
    }
    text.push('}');
    Ok(())
}

fn write_value(
    text: &mut String,
    value: RawBsonRef<'_>,
    depth: usize,
    place: Place,
) -> Result<(), Failure> {
    if depth > DEEPEST {
        return Err(Failure::new("a session in MongoDB is nested too deeply"));
    }
    match value {
        RawBsonRef::Document(document) => write_document(text, document, depth, place)?,
        RawBsonRef::Array(array) => {
            text.push('[');
            for (at, value) in array.into_iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                write_value(
                    text,
                    value.map_err(|_| damaged())?,
                    depth + 1,
                    Place::Elsewhere,
                )?;
            }
            text.push(']');
        }
        RawBsonRef::String(value) => push_text(text, value),
        // js-bson reads it as undefined, which JSON leaves out or makes null.
        RawBsonRef::Null => text.push_str("null"),
        RawBsonRef::Boolean(value) => text.push_str(if value { "true" } else { "false" }),
        RawBsonRef::Int32(number) => push(text, number),
        RawBsonRef::Int64(number) if extended_json::is_long(number) => push(text, number),
        RawBsonRef::Int64(number) => push(text, format_args!("{{\"$numberLong\":\"{number}\"}}")),
        RawBsonRef::Double(number) => push_double(text, number),
        RawBsonRef::DateTime(time) => {
            if let Some(time) = javascript_time(time) {
                push(text, format_args!("{{\"$date\":\"{time}\"}}"));
            } else {
                let time = time.timestamp_millis();
                push(
                    text,
                    format_args!("{{\"$date\":{{\"$numberLong\":\"{time}\"}}}}"),
                );
            }
        }
        RawBsonRef::ObjectId(id) => push(text, format_args!("{{\"$oid\":\"{}\"}}", id.to_hex())),
        RawBsonRef::Decimal128(number) => {
            let decimal = number.to_string();
            // Of two forms of one number the other would come back.
            if decimal.parse::<Decimal128>().ok() != Some(number) {
                return Err(foreign("a decimal number of an unusual form"));
            }
            push(text, format_args!("{{\"$numberDecimal\":\"{decimal}\"}}"));
        }
        other => return Err(foreign(&format!("{:?}", other.element_type()))),
    }
    Ok(())
}

fn push(text: &mut String, value: impl std::fmt::Display) {
    // Writing to a String does not fail.
    let _ = write!(text, "{value}");
}

fn push_text(text: &mut String, value: &str) {
    push(text, serde_json::Value::from(value));
}

/// Writes a double so that [`extended_json`] makes the same of it: one without a fraction beyond 32
/// bits as an integer, as JavaScript writes it, and within 32 bits with `.0`.
fn push_double(text: &mut String, number: f64) {
    if extended_json::is_double(number) {
        push(text, format_args!("{number:.0}"));
    } else if let Some(number) = serde_json::Number::from_f64(number) {
        push(text, number);
    } else {
        let name = if number.is_nan() {
            "NaN"
        } else if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        };
        push(text, format_args!("{{\"$numberDouble\":\"{name}\"}}"));
    }
}

/// Returns a time as JavaScript writes a Date in JSON; `None` outside of the years 0 to 9999.
fn javascript_time(time: DateTime) -> Option<String> {
    let milliseconds = time.timestamp_millis();
    if !(-62_167_219_200_000..=253_402_300_799_999).contains(&milliseconds) {
        return None;
    }
    // Whole seconds, to which the driver adds no fraction.
    let second = DateTime::from_millis(milliseconds.div_euclid(1000) * 1000);
    let text = second.try_to_rfc3339_string().ok()?;
    let text = text.strip_suffix('Z')?;
    Some(format!("{text}.{:03}Z", milliseconds.rem_euclid(1000)))
}

fn damaged() -> Failure {
    Failure::new("the session in MongoDB is damaged")
}

fn foreign(what: &str) -> Failure {
    Failure::new(format!(
        "a session in MongoDB holds a value that JSON has no form for ({what})"
    ))
}

/// Returns a value as a version: its type, and all of
/// it.
pub(crate) fn version_of(value: RawBsonRef<'_>) -> Version {
    let mut document = RawDocumentBuf::new();
    document.append(mongodb::bson::cstr!("v"), value);
    Version::new(document.into_bytes())
}

/// Returns the value that a version was made of; `None` if it is not of this store.
pub(crate) fn value_of_version(version: &[u8]) -> Option<Bson> {
    let document = RawDocument::from_bytes(version).ok()?;
    let value = document.get("v").ok()??;
    Bson::try_from(value).ok()
}
