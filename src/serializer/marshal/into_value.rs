//! Converts a [`Document`]'s objects into [`Value`]s: links are followed, core types converted, all
//! other objects kept by name.

use std::collections::HashMap;

use super::document::{Document, Encoding, Extra, Kind, NodeId, Span, Wrapper};
use super::regexp::regexp;
use super::{bignum, known_class};
use crate::serializer::LoadError;
use crate::serializer::value::{RubyObject, Value};

impl Document {
    /// Returns an object as a value. An object that is malformed for its class is an
    /// [`RubyObject`], not an error.
    ///
    /// A String without an encoding is [`Value::Bytes`]: it is binary (`ASCII-8BIT`), as what Rack
    /// reads from a request. Ruby 1.8, and so Rails 2.3, wrote all Strings without one. Such a key
    /// of a Hash is a [`Value::String`] if its bytes are UTF-8. An unchanged entry is written from
    /// the document, where nothing is lost.
    ///
    /// # Errors
    ///
    /// An error for an id of another document.
    pub(crate) fn value(&self, id: NodeId) -> Result<Value, LoadError> {
        if id.node_index().is_some() && self.node(id).is_none() {
            return Err(LoadError {
                reason: "an object of another document",
                offset: 0,
            });
        }
        Ok(self.expand(id))
    }

    /// Expands an object. Recursion and size are bounded: the reader measured the document with its
    /// links followed.
    pub(super) fn expand(&self, id: NodeId) -> Value {
        match self.extra(id) {
            Some(extra) => self.wrapped(id, extra),
            None => self.bare(id, None),
        }
    }

    fn wrapped(&self, id: NodeId, extra: Extra) -> Value {
        let wrappers = self.wrappers(extra.wrappers);
        if let [
            Wrapper {
                extended: false,
                name,
            },
        ] = wrappers
            && let Some(value) =
                known_class::subclass(self, self.symbol_bytes(*name), id, extra.ivars)
        {
            return value;
        }
        // An object of a known class that a module extends is kept as an unknown one below that
        // module.
        let mut value = if wrappers.is_empty() {
            self.bare(id, extra.ivars)
        } else {
            self.core(id, extra.ivars)
        };
        for wrapper in wrappers.iter().rev() {
            let name = self.name(wrapper.name);
            value = Value::Object(Box::new(if wrapper.extended {
                RubyObject::Extended {
                    module: name,
                    content: value,
                }
            } else {
                RubyObject::Subclass {
                    class: name,
                    content: value,
                }
            }));
        }
        value
    }

    fn bare(&self, id: NodeId, ivars: Option<Span>) -> Value {
        known_class::object(self, id, ivars).unwrap_or_else(|| self.core(id, ivars))
    }

    /// Converts a core type, or keeps an object by name with its parts.
    fn core(&self, id: NodeId, ivars: Option<Span>) -> Value {
        match self.kind(id) {
            Kind::Nil | Kind::Open | Kind::Owner(_) => Value::Nil,
            Kind::Bool(flag) => Value::Bool(flag),
            Kind::Fixnum(number) => Value::Integer(i64::from(number)),
            Kind::Symbol(symbol) => {
                let named = match self.encoding(Some(symbol.ivars)) {
                    Encoding::Unnamed | Encoding::Utf8 | Encoding::Named(b"UTF-8") => false,
                    Encoding::UsAscii | Encoding::Named(_) => true,
                };
                let text = self.text(symbol.text);
                Value::Symbol(if named { ascii(text) } else { lossy(text) })
            }
            Kind::Bignum {
                negative,
                magnitude,
            } => Value::from_bigint(bignum::bignum(negative, self.text(magnitude))),
            Kind::Float(text) => Value::Float(bignum::float(self.text(text)).unwrap_or(f64::NAN)),
            Kind::String(text) => match self.encoding(ivars) {
                Encoding::Unnamed => binary(self.text(text)),
                _ => self.string(self.text(text), ivars),
            },
            Kind::Array(span) => Value::Array(self.values(span)),
            Kind::Hash { pairs, .. } => Value::Hash(self.hash(pairs)),
            Kind::Regexp { source, options } => {
                Value::Regexp(regexp(&lossy(self.text(source)), options))
            }
            _ => Value::Object(Box::new(self.stranger(id, ivars))),
        }
    }

    fn stranger(&self, id: NodeId, ivars: Option<Span>) -> RubyObject {
        match self.kind(id) {
            Kind::Struct { class, members } => RubyObject::Struct {
                class: self.name(class),
                members: self.named(members),
            },
            Kind::UserDump { class, bytes } => RubyObject::UserDump {
                class: self.name(class),
                bytes: self.text(bytes).to_vec(),
                ivars: ivars.map_or_else(Vec::new, |ivars| self.named(ivars)),
            },
            Kind::UserMarshal { class, content } => RubyObject::UserMarshal {
                class: self.name(class),
                content: self.expand(content),
            },
            Kind::Class(text) => RubyObject::Class(lossy(self.text(text))),
            Kind::Module(text) | Kind::OldModule(text) => {
                RubyObject::Module(lossy(self.text(text)))
            }
            Kind::Object { class, ivars } => RubyObject::Instance {
                class: self.name(class),
                ivars: self.named(ivars),
            },
            _ => RubyObject::Class(String::new()),
        }
    }

    /// Converts a String for a place where text is expected: without an encoding it is text if its
    /// bytes are UTF-8.
    pub(super) fn string(&self, bytes: &[u8], ivars: Option<Span>) -> Value {
        let encoding = self.encoding(ivars);
        let text = match encoding {
            Encoding::Unnamed | Encoding::Utf8 | Encoding::Named(b"UTF-8") => {
                std::str::from_utf8(bytes).ok()
            }
            Encoding::UsAscii => std::str::from_utf8(bytes)
                .ok()
                .filter(|text| text.is_ascii()),
            Encoding::Named(_) => None,
        };
        if let Some(text) = text {
            return Value::String(text.to_owned());
        }
        let encoding = match encoding {
            Encoding::Unnamed => super::writer::BINARY.to_owned(),
            Encoding::Utf8 => "UTF-8".to_owned(),
            Encoding::UsAscii => "US-ASCII".to_owned(),
            Encoding::Named(name) => lossy(name),
        };
        Value::bytes(bytes, encoding)
    }

    fn values(&self, span: Span) -> Vec<Value> {
        self.parts(span)
            .iter()
            .map(|&part| self.expand(part))
            .collect()
    }

    pub(super) fn named(&self, span: Span) -> Vec<(String, Value)> {
        self.pairs(span)
            .map(|(name, value)| (self.name(name), self.expand(value)))
            .collect()
    }

    /// Returns a Hash's entries. Ruby writes no key twice; in other streams the last value counts.
    pub(super) fn hash(&self, pairs: Span) -> Vec<(Value, Value)> {
        let mut entries: Vec<(Value, Value)> = Vec::with_capacity(pairs.len as usize / 2);
        let mut places = HashMap::with_capacity(entries.capacity());
        for (key, value) in self.pairs(pairs) {
            let place = *places.entry(self.identity(key)).or_insert(entries.len());
            match entries.get_mut(place) {
                Some(entry) => entry.1 = self.expand(value),
                None => entries.push((self.key(key), self.expand(value))),
            }
        }
        // Text without an encoding is read as UTF-8, except beside a key that is that text.
        for (identity, &place) in &places {
            if let Identity::Text {
                is_symbol,
                bytes,
                encoding: Encoding::Unnamed,
            } = *identity
                && !bytes.is_ascii()
                && places.contains_key(&Identity::Text {
                    is_symbol,
                    bytes,
                    encoding: Encoding::Utf8,
                })
                && let Some((key, _)) = entries.get_mut(place)
            {
                *key = if is_symbol {
                    Value::Symbol(ascii(bytes))
                } else {
                    binary(bytes)
                };
            }
        }
        entries
    }

    fn key(&self, id: NodeId) -> Value {
        let extra = self.extra(id);
        match self.kind(id) {
            Kind::String(text) if extra.is_none_or(|extra| extra.wrappers.len == 0) => {
                self.string(self.text(text), extra.and_then(|extra| extra.ivars))
            }
            _ => self.expand(id),
        }
    }

    /// Returns the identity by which two keys are one (`rb_str_hash_cmp`).
    fn identity(&self, id: NodeId) -> Identity<'_> {
        let (is_symbol, text, ivars) = match self.kind(id) {
            // Of any class, and extended by any module.
            Kind::String(text) => {
                let ivars = self.extra(id).and_then(|extra| extra.ivars);
                (false, text, ivars)
            }
            Kind::Symbol(symbol) => (true, symbol.text, Some(symbol.ivars)),
            _ => return Identity::Object(id),
        };
        let bytes = self.text(text);
        let encoding = match self.encoding(ivars) {
            _ if bytes.is_ascii() => Encoding::Unnamed,
            Encoding::Named(b"UTF-8") => Encoding::Utf8,
            encoding => encoding,
        };
        Identity::Text {
            is_symbol,
            bytes,
            encoding,
        }
    }
}

/// The identity of a key in its Hash: a String's or Symbol's text (ASCII is the same in every
/// encoding), or the object itself.
#[derive(PartialEq, Eq, Hash)]
enum Identity<'a> {
    Text {
        is_symbol: bool,
        bytes: &'a [u8],
        encoding: Encoding<'a>,
    },
    Object(NodeId),
}

/// Returns a String without an encoding.
fn binary(bytes: &[u8]) -> Value {
    Value::bytes(bytes, super::writer::BINARY)
}

/// Returns the ASCII part of bytes in an encoding that hardtack does not decode.
fn ascii(bytes: &[u8]) -> String {
    let show = |&byte: &u8| {
        if byte.is_ascii() {
            char::from(byte)
        } else {
            char::REPLACEMENT_CHARACTER
        }
    };
    bytes.iter().map(show).collect()
}

/// Returns a name or text with U+FFFD for bytes that are not UTF-8. A value with U+FFFD in such a
/// place cannot be written.
fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
