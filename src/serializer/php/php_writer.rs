//! [`PhpWriter`]: values as `php_var_serialize` in PHP's `ext/standard/var.c` writes them.

use super::array_key::{ArrayKey, last_of_each};
use super::nodes::Nodes;
use super::parser::is_class_name;
use super::php_float::append_float;
use crate::serializer::DumpError;
use crate::serializer::json::transcode::Target;
use crate::serializer::value::{Field, MAX_DEPTH, PhpObject, Value, View};

pub(super) struct PhpWriter {
    pub(super) bytes: Vec<u8>,
    precision: Option<u8>,
    /// The number of slots so far.
    pub(super) slots: u32,
    /// The slot of each node of a document that was written; 0 for none.
    pub(super) variables: Vec<u32>,
    /// The same for the first slot of each object.
    pub(super) objects: Vec<u32>,
    /// The slot of the first object that its own class serialized: later numbers are not known.
    pub(super) last_certain: u32,
    /// The containers of a JSON text that have not ended.
    open: Vec<Open>,
}

/// An array that is being written from JSON.
struct Open {
    is_object: bool,
    /// The number of values so far, and of those to come.
    written: usize,
    left: usize,
    has_key: bool,
}

impl PhpWriter {
    pub(super) fn new(nodes: Option<&Nodes>, precision: Option<u8>) -> Self {
        let nodes = nodes.filter(|nodes| nodes.has_references);
        let count = nodes.map_or(0, |nodes| nodes.places.len());
        Self {
            bytes: Vec::with_capacity(64),
            precision,
            slots: 0,
            variables: vec![0; count],
            objects: vec![0; count],
            last_certain: u32::MAX,
            open: Vec::new(),
        }
    }

    pub(super) fn raw(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
    }

    pub(super) fn string(&mut self, bytes: &[u8]) {
        self.raw(&format!("s:{}:\"", bytes.len()));
        self.bytes.extend_from_slice(bytes);
        self.raw("\";");
    }

    pub(super) fn key(&mut self, key: &ArrayKey<'_>) {
        match key {
            ArrayKey::Integer(integer) => self.raw(&format!("i:{integer};")),
            ArrayKey::Text(text) => self.string(text),
        }
    }

    /// Writes a value, `depth` levels inside others. A value of Ruby that PHP does not have is
    /// written as in JSON.
    pub(super) fn value(&mut self, value: &Value, depth: usize) -> Result<(), DumpError> {
        if depth > MAX_DEPTH {
            return Err(DumpError::too_deep(MAX_DEPTH));
        }
        if let Value::Php(object) = value {
            return self.object(object, depth);
        }
        match value.as_json() {
            View::Nil | View::Bool(_) | View::Integer(_) | View::BigInteger(_) | View::Float(_) => {
                return self.number(value);
            }
            View::Same(value) => return self.value(value, depth + 1),
            _ => self.slots += 1,
        }
        match value.as_json() {
            View::Text(text) => self.string(text.as_bytes()),
            View::Address(text) => self.string(text.as_bytes()),
            View::Bytes(bytes) => self.string(&bytes.bytes),
            View::List(items) => {
                self.raw(&format!("a:{}:{{", items.len()));
                for (place, item) in items.iter().enumerate() {
                    self.raw(&format!("i:{place};"));
                    self.value(item, depth + 1)?;
                }
                self.raw("}");
            }
            View::Pairs(pairs) => {
                let pairs = pairs
                    .iter()
                    .map(|(key, value)| (ArrayKey::of_value(key), value));
                // PHP has one key where a Hash may have two: 7 and "7".
                let pairs = last_of_each(pairs);
                self.raw(&format!("a:{}:{{", pairs.len()));
                for (key, value) in pairs {
                    self.key(&key);
                    self.value(value, depth + 1)?;
                }
                self.raw("}");
            }
            View::Fields(fields) => {
                self.raw(&format!("a:{}:{{", fields.len()));
                for (name, field) in fields {
                    self.key(&ArrayKey::of_text(name.as_bytes().into()));
                    match field {
                        Field::Value(value) => self.value(value, depth + 1)?,
                        Field::Text(text) => self.value(&Value::from(&*text), depth + 1)?,
                        Field::Number(number) => self.value(&Value::from(number), depth + 1)?,
                    }
                }
                self.raw("}");
            }
            _ => {}
        }
        Ok(())
    }

    /// Writes nil, a boolean or a number.
    fn number(&mut self, value: &Value) -> Result<(), DumpError> {
        self.slots += 1;
        match value.as_json() {
            View::Bool(flag) => self.raw(if flag { "b:1;" } else { "b:0;" }),
            View::Integer(integer) => self.raw(&format!("i:{integer};")),
            View::BigInteger(_) => {
                return Err(DumpError(
                    "an Integer of more than 64 bits, which PHP does not have".to_owned(),
                ));
            }
            View::Float(float) => {
                self.raw("d:");
                append_float(&mut self.bytes, float, self.precision);
                self.raw(";");
            }
            _ => self.raw("N;"),
        }
        Ok(())
    }

    fn object(&mut self, object: &PhpObject, depth: usize) -> Result<(), DumpError> {
        self.slots += 1;
        match object {
            PhpObject::Instance { class, properties } => {
                self.class('O', class)?;
                self.raw(&format!("{}:{{", properties.len()));
                for (name, value) in properties {
                    self.string(exact(name)?.as_bytes());
                    self.value(value, depth + 1)?;
                }
                self.raw("}");
            }
            PhpObject::Case { class, case } => {
                let name = format!("{}:{}", class_name(class)?, exact(case)?);
                self.raw(&format!("E:{}:\"{name}\";", name.len()));
            }
            PhpObject::Custom { class, data } => {
                self.last_certain = self.last_certain.min(self.slots);
                self.class('C', class)?;
                self.raw(&format!("{}:{{", data.len()));
                self.bytes.extend_from_slice(data);
                self.raw("}");
            }
        }
        Ok(())
    }

    fn class(&mut self, letter: char, class: &str) -> Result<(), DumpError> {
        let class = class_name(class)?;
        self.raw(&format!("{letter}:{}:\"{class}\":", class.len()));
        Ok(())
    }

    /// Writes the key of a value in a list of JSON.
    fn begin_json(&mut self) {
        let Some(open) = self.open.last_mut() else {
            return;
        };
        let place = open.written;
        open.written += 1;
        open.left = open.left.saturating_sub(1);
        open.has_key = false;
        if !open.is_object {
            self.raw(&format!("i:{place};"));
        }
    }

    /// Ends the containers of JSON that are complete.
    fn end_json(&mut self) {
        while self.open.last().is_some_and(|open| open.left == 0) {
            self.open.pop();
            self.raw("}");
        }
    }
}

impl Target for PhpWriter {
    fn scalar(&mut self, scalar: &Value) -> Result<(), DumpError> {
        self.begin_json();
        self.number(scalar)?;
        self.end_json();
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), DumpError> {
        if let Some(open) = self.open.last_mut()
            && open.is_object
            && !open.has_key
        {
            open.has_key = true;
            self.key(&ArrayKey::of_text(text.as_bytes().into()));
            return Ok(());
        }
        self.begin_json();
        self.slots += 1;
        self.string(text.as_bytes());
        self.end_json();
        Ok(())
    }

    fn head(&mut self, is_object: bool, length: usize) -> Result<(), DumpError> {
        self.begin_json();
        self.slots += 1;
        self.raw(&format!("a:{length}:{{"));
        self.open.push(Open {
            is_object,
            written: 0,
            left: length,
            has_key: false,
        });
        self.end_json();
        Ok(())
    }
}

/// Returns the name of a class if PHP takes it: any other name would lose the session in PHP.
fn class_name(name: &str) -> Result<&str, DumpError> {
    if !is_class_name(name.as_bytes()) {
        return Err(DumpError(
            "an object of a class that PHP cannot have".to_owned(),
        ));
    }
    exact(name)
}

/// Returns a name if it is exact: U+FFFD replaced bytes that were not UTF-8.
fn exact(name: &str) -> Result<&str, DumpError> {
    if name.contains(char::REPLACEMENT_CHARACTER) {
        return Err(DumpError(
            "U+FFFD in a name replaces bytes that were not UTF-8".to_owned(),
        ));
    }
    Ok(name)
}
