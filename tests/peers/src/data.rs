//! [`Data`]: a value of JSON's kinds, which knows how Ruby, JSON and hardtack write it.

use std::fmt::Write as _;

use hardtack::value::{BigInteger, Value};
use serde::ser::{Error as _, SerializeMap};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// A value of JSON's kinds without any loss: digits of integers, bits of floats, order of keys.
#[derive(Clone, Debug)]
pub enum Data {
    /// `nil`
    Nil,
    /// `true` or `false`
    Bool(bool),
    /// An Integer of any size, by its digits.
    Integer(String),
    /// A finite Float.
    Float(f64),
    /// A String in UTF-8.
    Text(String),
    /// An Array.
    List(Vec<Data>),
    /// A Hash, in which no key occurs twice.
    Map(Vec<(String, Data)>),
}

impl Data {
    /// Returns the value as a Ruby expression, which gives exactly these bits and bytes. Equal
    /// expressions are equal values.
    ///
    /// ```
    /// use hardtack_peers::Data;
    ///
    /// let data = Data::List(vec![Data::Text("é\n".into()), Data::Integer("7".into()), Data::Nil]);
    /// assert_eq!(data.ruby(), r#"["\u{e9}\u{a}",7,nil]"#);
    /// ```
    #[must_use]
    pub fn ruby(&self) -> String {
        match self {
            Self::Nil => "nil".to_owned(),
            Self::Bool(boolean) => boolean.to_string(),
            Self::Integer(digits) => digits.clone(),
            Self::Float(float) => {
                let bits = float.to_bits();
                format!("['{bits:016x}'].pack('H*').unpack1('G')")
            }
            Self::Text(text) => ruby_text(text),
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(Self::ruby).collect();
                format!("[{}]", items.join(","))
            }
            Self::Map(pairs) => {
                let pairs: Vec<String> = pairs
                    .iter()
                    .map(|(key, value)| format!("{}=>{}", ruby_text(key), value.ruby()))
                    .collect();
                format!("{{{}}}", pairs.join(","))
            }
        }
    }

    /// Returns the value as JSON with every possible escape, which readers must accept although no
    /// writer makes it.
    ///
    /// ```
    /// use hardtack_peers::Data;
    ///
    /// assert_eq!(Data::Text("a<🍪".into()).json(), r#""a\u003c\ud83c\udf6a""#);
    /// ```
    #[must_use]
    pub fn json(&self) -> String {
        match self {
            Self::Nil => "null".to_owned(),
            Self::Bool(boolean) => boolean.to_string(),
            Self::Integer(digits) => digits.clone(),
            Self::Float(float) => format!("{float:?}"),
            Self::Text(text) => json_text(text),
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(Self::json).collect();
                format!("[{}]", items.join(","))
            }
            Self::Map(pairs) => {
                let pairs: Vec<String> = pairs
                    .iter()
                    .map(|(key, value)| format!("{}:{}", json_text(key), value.json()))
                    .collect();
                format!("{{{}}}", pairs.join(","))
            }
        }
    }

    /// Returns the value as hardtack's own type.
    ///
    /// # Panics
    ///
    /// Panics if an Integer is not made of digits.
    #[must_use]
    pub fn value(&self) -> Value {
        match self {
            Self::Nil => Value::Nil,
            Self::Bool(boolean) => Value::Bool(*boolean),
            Self::Integer(digits) => {
                let integer: BigInteger = digits.parse().expect("digits");
                integer.into()
            }
            Self::Float(float) => Value::Float(*float),
            Self::Text(text) => Value::String(text.clone()),
            Self::List(items) => Value::Array(items.iter().map(Self::value).collect()),
            Self::Map(pairs) => Value::Hash(
                pairs
                    .iter()
                    .map(|(key, value)| (Value::String(key.clone()), value.value()))
                    .collect(),
            ),
        }
    }
}

/// Converts a value that hardtack read.
impl From<&Value> for Data {
    fn from(value: &Value) -> Self {
        match value {
            Value::Nil => Self::Nil,
            Value::Bool(boolean) => Self::Bool(*boolean),
            Value::Integer(integer) => Self::Integer(integer.to_string()),
            Value::BigInteger(integer) => Self::Integer(integer.to_string()),
            Value::Float(float) => Self::Float(*float),
            Value::String(text) => Self::Text(text.clone()),
            Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Hash(pairs) => Self::Map(
                pairs
                    .iter()
                    .map(|(key, value)| {
                        let key = key
                            .as_str()
                            .unwrap_or_else(|| panic!("no text key: {key:?}"));
                        (key.to_owned(), Self::from(value))
                    })
                    .collect(),
            ),
            other => panic!("no kind of JSON: {other:?}"),
        }
    }
}

/// Serializes the value as a user's own types would: as `serde`'s integers, sequences and maps.
impl Serialize for Data {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Nil => serializer.serialize_unit(),
            Self::Bool(boolean) => serializer.serialize_bool(*boolean),
            Self::Integer(digits) => {
                if let Ok(integer) = digits.parse::<i64>() {
                    serializer.serialize_i64(integer)
                } else if let Ok(integer) = digits.parse::<i128>() {
                    serializer.serialize_i128(integer)
                } else {
                    RawValue::from_string(digits.clone())
                        .map_err(S::Error::custom)?
                        .serialize(serializer)
                }
            }
            Self::Float(float) => serializer.serialize_f64(*float),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
            Self::Map(pairs) => {
                let mut map = serializer.serialize_map(Some(pairs.len()))?;
                for (key, value) in pairs {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

fn ruby_text(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        if character.is_ascii_alphanumeric() {
            quoted.push(character);
        } else {
            write!(quoted, "\\u{{{:x}}}", u32::from(character)).expect("a String takes all");
        }
    }
    quoted + "\""
}

fn json_text(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        if character.is_ascii_alphanumeric() {
            quoted.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(quoted, "\\u{unit:04x}").expect("a String takes all");
            }
        }
    }
    quoted + "\""
}
