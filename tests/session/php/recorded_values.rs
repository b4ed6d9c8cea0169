//! Values as the recordings of PHP write them in JSON.

use hardtack::value::{PhpObject, Value};

/// Returns the value that a recording shows: `{"$array": [[key, value], ..]}`, `{"$float": hex}`,
/// `{"$int": text}`, `{"$bytes": hex}`, `{"$object": class, "$properties": [..]}`, `{"$enum": case}`.
pub(super) fn recorded(json: &serde_json::Value) -> Value {
    use serde_json::Value as Json;
    match json {
        Json::Null => Value::Nil,
        Json::Bool(flag) => Value::Bool(*flag),
        Json::Number(number) => Value::Integer(number.as_i64().unwrap()),
        Json::String(text) => Value::String(text.clone()),
        Json::Array(_) => panic!("{json}"),
        Json::Object(marked) => {
            let text = |name: &str| marked[name].as_str().unwrap();
            let (name, content) = marked.iter().next().unwrap();
            match name.as_str() {
                "$array" => array(&pairs(content)),
                "$float" => {
                    let bits = u64::from_str_radix(text(name), 16).unwrap();
                    Value::Float(f64::from_bits(bits))
                }
                "$int" => Value::Integer(text(name).parse().unwrap()),
                "$bytes" => {
                    let bytes = hex::decode(text(name)).unwrap();
                    let encoding = "ASCII-8BIT".to_owned();
                    Value::Bytes(hardtack::value::RubyBytes { bytes, encoding })
                }
                "$object" => {
                    let properties = pairs(&marked["$properties"]).into_iter();
                    let name = |key: Value| match key {
                        Value::Integer(number) => number.to_string(),
                        key => key.as_str().unwrap().to_owned(),
                    };
                    Value::Php(Box::new(PhpObject::Instance {
                        class: text("$object").to_owned(),
                        properties: properties.map(|(key, value)| (name(key), value)).collect(),
                    }))
                }
                "$enum" => {
                    let (class, case) = text(name).split_once(':').unwrap();
                    Value::Php(Box::new(PhpObject::Case {
                        class: class.to_owned(),
                        case: case.to_owned(),
                    }))
                }
                _ => panic!("{json}"),
            }
        }
    }
}

fn pairs(json: &serde_json::Value) -> Vec<(Value, Value)> {
    let pairs = json.as_array().unwrap().iter();
    pairs
        .map(|pair| (recorded(&pair[0]), recorded(&pair[1])))
        .collect()
}

fn array(pairs: &[(Value, Value)]) -> Value {
    let is_list = (0..)
        .zip(pairs)
        .all(|(place, (key, _))| *key == Value::Integer(place));
    if is_list {
        Value::Array(pairs.iter().map(|(_, value)| value.clone()).collect())
    } else {
        Value::Hash(pairs.to_vec())
    }
}

/// Returns the entries of a recorded session, by their keys as text.
pub(super) fn entries(json: &serde_json::Value) -> Vec<(String, Value)> {
    let key = |key: Value| match key {
        Value::Integer(integer) => integer.to_string(),
        key => key.as_str().unwrap().to_owned(),
    };
    let entries = pairs(&json["$array"]).into_iter();
    entries.map(|(name, value)| (key(name), value)).collect()
}

/// Checks that a value is the recorded one, of which deep levels are cut.
pub(super) fn is_recorded(value: &Value, recorded: &Value) -> bool {
    match (value, recorded) {
        (_, Value::String(cut)) if cut == "\u{2026}" => true,
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| is_recorded(one, other))
        }
        _ => text(value) == text(recorded),
    }
}

/// Returns a value as a text in which NaN is NaN.
pub(super) fn text(value: &Value) -> String {
    format!("{value:?}")
}
