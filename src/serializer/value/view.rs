//! [`View`]: a [`Value`] in the terms of JSON, for writing it, for another crate's serializer and
//! for reading it into a Rust type.

use std::borrow::Cow;
use std::collections::HashMap;

use super::calendar::{Calendar, date_text};
#[cfg(feature = "php")]
use super::php_object::{PhpObject, plain_properties};
use super::text::{complex_text, decimal_text, key_text, range_text, rational_text};
use super::time::TimeStyle;
use super::{BigInteger, RubyBytes, RubyObject, Value};

/// A value in the terms of JSON, after Rails' `as_json` (`core_ext/object/json.rb`).
pub(crate) enum View<'a> {
    Nil,
    Bool(bool),
    Integer(i64),
    BigInteger(Cow<'a, BigInteger>),
    Float(f64),
    Text(Cow<'a, str>),
    /// An `IPAddr`, with its prefix.
    Address(&'a str),
    Bytes(&'a RubyBytes),
    List(&'a [Value]),
    Pairs(&'a [(Value, Value)]),
    Fields(Vec<(&'a str, Field<'a>)>),
    /// Another value is used in its place.
    Same(&'a Value),
}

/// The content of an object's field.
#[derive(Clone)]
pub(crate) enum Field<'a> {
    Value(&'a Value),
    Text(Cow<'a, str>),
    Number(i8),
}

impl Value {
    /// Returns the view that is written to JSON, as Rails' `as_json`.
    pub(crate) fn as_json(&self) -> View<'_> {
        match self {
            // BigDecimal#as_json: finite? ? to_s : nil
            Self::BigDecimal(text) if text.ends_with("NaN") || text.ends_with("Infinity") => {
                View::Nil
            }
            Self::Time(time) => owned(time.text(TimeStyle::Json, Calendar::Gregorian)),
            Self::DateTime(time) => owned(time.text(TimeStyle::Json, Calendar::JulianBeforeReform)),
            Self::Date(day) => owned(date_text(i128::from(*day), Calendar::JulianBeforeReform)),
            Self::IpAddr(text) => View::Address(text),
            other => other.view(),
        }
    }

    /// Returns the view for a Rust type: times in full precision, and dates in the calendar of ISO
    /// 8601, which is Gregorian throughout.
    pub(super) fn as_data(&self) -> View<'_> {
        match self {
            Self::Time(time) | Self::DateTime(time) => {
                owned(time.text(TimeStyle::Rfc3339, Calendar::Gregorian))
            }
            Self::Date(day) => owned(date_text(i128::from(*day), Calendar::Gregorian)),
            other => other.view(),
        }
    }

    fn view(&self) -> View<'_> {
        match self {
            Self::Nil => View::Nil,
            Self::Bool(boolean) => View::Bool(*boolean),
            Self::Integer(integer) => View::Integer(*integer),
            Self::BigInteger(big) => View::BigInteger(Cow::Borrowed(big)),
            Self::Float(float) => View::Float(*float),
            Self::String(text)
            | Self::Symbol(text)
            | Self::TimeZone(text)
            | Self::Uri(text)
            | Self::IpAddr(text)
            | Self::Pathname(text)
            | Self::Regexp(text)
            | Self::SafeBuffer(text) => View::Text(Cow::Borrowed(text)),
            Self::Bytes(bytes) => View::Bytes(bytes),
            Self::Array(items) | Self::Set(items) => View::List(items),
            Self::Hash(pairs) | Self::IndifferentHash(pairs) => View::Pairs(pairs),
            Self::BigDecimal(text) => View::Text(decimal_text(text)),
            Self::Rational(parts) => owned(rational_text(&parts.0, &parts.1)),
            Self::Complex(parts) => owned(complex_text(&parts.0, &parts.1)),
            Self::Range(range) => owned(range_text(range)),
            // The callers handle both; this arm makes the match complete.
            Self::Time(time) | Self::DateTime(time) => {
                owned(time.text(TimeStyle::Rfc3339, Calendar::Gregorian))
            }
            Self::Date(day) => owned(date_text(i128::from(*day), Calendar::Gregorian)),
            // Duration#as_json is to_i.
            Self::Duration(duration) => match duration.value.to_integer() {
                Self::Integer(seconds) => View::Integer(seconds),
                Self::BigInteger(seconds) => View::BigInteger(Cow::Owned(seconds)),
                _ => View::Nil,
            },
            Self::Object(object) => object.view(),
            #[cfg(feature = "php")]
            Self::Php(object) => object.view(),
        }
    }
}

fn owned(text: String) -> View<'static> {
    View::Text(Cow::Owned(text))
}

impl RubyObject {
    /// Returns the view of a kind that is the same in both forms.
    ///
    /// `Object#as_json` is the instance variables without `@`, `Struct#as_json` the members. The
    /// result of a `_dump`, a `marshal_dump` or an unknown `MessagePack` extension is known only to
    /// its Ruby class: such a value is an object that names the class and holds the content, with
    /// bytes as hexadecimal digits.
    fn view(&self) -> View<'_> {
        let text = |text| Field::Text(Cow::Borrowed(text));
        match self {
            // `ActionController::Parameters#as_json` (Rails 5.0 and later) is that of its Hash.
            Self::Instance { class, ivars }
                if class == "ActionController::Parameters"
                    && let Some((_, parameters)) =
                        ivars.iter().find(|(name, _)| name == "@parameters") =>
            {
                View::Same(parameters)
            }
            Self::Instance { ivars: fields, .. }
            | Self::Struct {
                members: fields, ..
            } => {
                let field = |(name, value)| {
                    let name: &String = name;
                    (name.strip_prefix('@').unwrap_or(name), Field::Value(value))
                };
                View::Fields(
                    fields
                        .iter()
                        .map(|(name, value)| field((name, value)))
                        .collect(),
                )
            }
            Self::UserDump { class, bytes, .. } => View::Fields(vec![
                ("class", text(class)),
                ("dump", Field::Text(Cow::Owned(hex(bytes)))),
            ]),
            Self::UserMarshal { class, content } => View::Fields(vec![
                ("class", text(class)),
                ("content", Field::Value(content)),
            ]),
            Self::Subclass { content, .. } | Self::Extended { content, .. } => View::Same(content),
            Self::Class(name) | Self::Module(name) => View::Text(Cow::Borrowed(name)),
            Self::Extension { kind, bytes } => View::Fields(vec![
                ("extension", Field::Number(*kind)),
                ("bytes", Field::Text(Cow::Owned(hex(bytes)))),
            ]),
        }
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(feature = "php")]
impl PhpObject {
    /// Returns the view that is the same in both forms. `json_encode` shows the public properties
    /// of an object alone; the others are part of it as well.
    fn view(&self) -> View<'_> {
        match self {
            Self::Instance { properties, .. } => {
                let properties = properties
                    .iter()
                    .map(|(name, value)| (name.as_str(), value));
                let fields = plain_properties(properties).into_iter();
                View::Fields(
                    fields
                        .map(|(name, value)| (name, Field::Value(value)))
                        .collect(),
                )
            }
            Self::Case { case, .. } => View::Text(Cow::Borrowed(case)),
            Self::Custom { class, data } => View::Fields(vec![
                ("class", Field::Text(Cow::Borrowed(class))),
                ("data", Field::Text(Cow::Owned(hex(data)))),
            ]),
        }
    }
}

/// Returns the pairs of a Hash under their keys' texts; `None` if all keys are Strings already. Two
/// keys may have one text (`:a` and `"a"`): the last value is at the first one's place, as in the
/// Hash that `as_json` fills.
pub(crate) fn text_pairs(pairs: &[(Value, Value)]) -> Option<Vec<(Cow<'_, str>, &Value)>> {
    if pairs.iter().all(|(key, _)| matches!(key, Value::String(_))) {
        return None;
    }
    let mut unique: Vec<(Cow<'_, str>, &Value)> = Vec::with_capacity(pairs.len());
    let mut places: HashMap<Cow<'_, str>, usize> = HashMap::with_capacity(pairs.len());
    for (key, value) in pairs {
        let text = key_text(key);
        if let Some(pair) = places.get(&text).and_then(|&place| unique.get_mut(place)) {
            pair.1 = value;
        } else {
            places.insert(text.clone(), unique.len());
            unique.push((text, value));
        }
    }
    Some(unique)
}
