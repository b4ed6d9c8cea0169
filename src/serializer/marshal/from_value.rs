//! Writes [`Value`]s as the Marshal that Ruby writes for the same objects.

use num_bigint::{BigInt, Sign};

use super::MAX_DEPTH;
use super::bignum;
use super::regexp::take_apart;
use super::writer::{BINARY, Writer};
use crate::serializer::DumpError;
use crate::serializer::json::transcode::Target;
use crate::serializer::value::{RubyObject, Value};

/// `e` or `C`, and the name: the prefixes of the next object.
type Wrappers<'w, 'a> = &'w [(u8, &'a str)];

impl<'a> Writer<'a> {
    pub(super) fn value(
        &mut self,
        value: &'a Value,
        wrappers: Wrappers<'_, 'a>,
        depth: usize,
    ) -> Result<(), DumpError> {
        if depth >= MAX_DEPTH {
            return Err(DumpError("nesting deeper than 100 levels".to_owned()));
        }
        match value {
            Value::Nil | Value::Bool(_) | Value::Symbol(_) | Value::Integer(_) => {
                self.immediate(value, wrappers)
            }
            Value::BigInteger(_)
            | Value::Float(_)
            | Value::String(_)
            | Value::Bytes(_)
            | Value::Regexp(_) => self.leaf(value, wrappers),
            Value::Array(items) => {
                self.begin(false, wrappers);
                self.array(items.len());
                items
                    .iter()
                    .try_for_each(|item| self.value(item, &[], depth + 1))
            }
            Value::Hash(entries) => self.hash(entries, wrappers, depth),
            Value::IndifferentHash(entries) => {
                let class = "ActiveSupport::HashWithIndifferentAccess";
                self.hash(entries, &[wrappers, &[(b'C', class)]].concat(), depth)
            }
            Value::Object(object) => self.any_object(object, wrappers, depth),
            _ => {
                if !wrappers.is_empty() {
                    return Err(DumpError(
                        "a subclass or an extension of an object that is not of a core type"
                            .to_owned(),
                    ));
                }
                self.known(value, depth)
            }
        }
    }

    /// Writes a value that links do not count and that cannot have a class before it.
    fn immediate(&mut self, value: &'a Value, wrappers: Wrappers<'_, 'a>) -> Result<(), DumpError> {
        if !wrappers.is_empty() {
            return Err(DumpError(
                "a subclass or an extension of nil, a boolean, an Integer or a Symbol".to_owned(),
            ));
        }
        match value {
            Value::Bool(flag) => self.bool(*flag),
            Value::Symbol(text) => self.symbol(exact(text)?),
            Value::Integer(number) => self.integer(*number),
            _ => self.byte(b'0'),
        }
        Ok(())
    }

    fn leaf(&mut self, value: &'a Value, wrappers: Wrappers<'_, 'a>) -> Result<(), DumpError> {
        match value {
            Value::BigInteger(number) => {
                self.begin(false, wrappers);
                self.big_integer(&number.0);
            }
            Value::Float(float) => {
                self.begin(false, wrappers);
                self.float(&bignum::float_text(*float));
            }
            Value::String(text) => self.string(text.as_bytes(), "UTF-8", wrappers),
            Value::Bytes(string) => {
                let encoding = if string.encoding == "BINARY" {
                    BINARY
                } else {
                    &string.encoding
                };
                self.string(&string.bytes, encoding, wrappers);
            }
            Value::Regexp(text) => self.regexp(exact(text)?, wrappers),
            _ => return Err(unwritable(value)),
        }
        Ok(())
    }

    fn hash(
        &mut self,
        entries: &'a [(Value, Value)],
        wrappers: Wrappers<'_, 'a>,
        depth: usize,
    ) -> Result<(), DumpError> {
        self.begin(false, wrappers);
        self.map(entries.len());
        entries.iter().try_for_each(|(key, value)| {
            self.value(key, &[], depth + 1)?;
            self.value(value, &[], depth + 1)
        })
    }

    fn any_object(
        &mut self,
        object: &'a RubyObject,
        wrappers: Wrappers<'_, 'a>,
        depth: usize,
    ) -> Result<(), DumpError> {
        match object {
            RubyObject::Subclass { class, content } => {
                exact(class)?;
                return self.value(
                    content,
                    &[wrappers, &[(b'C', class.as_str())]].concat(),
                    depth + 1,
                );
            }
            RubyObject::Extended { module, content } => {
                exact(module)?;
                return self.value(
                    content,
                    &[wrappers, &[(b'e', module.as_str())]].concat(),
                    depth + 1,
                );
            }
            RubyObject::UserDump {
                class,
                bytes,
                ivars,
            } => {
                self.begin(!ivars.is_empty(), wrappers);
                self.byte(b'u');
                self.symbol(exact(class)?);
                self.text(bytes);
                if !ivars.is_empty() {
                    self.named(ivars, depth)?;
                }
                // Counted only here: the result of `_dump` is not an object before its ivars are
                // read.
                self.count_object();
                return Ok(());
            }
            _ => self.begin(false, wrappers),
        }
        match object {
            RubyObject::Instance { class, ivars } => {
                self.count_object();
                self.byte(b'o');
                self.symbol(exact(class)?);
                self.named(ivars, depth)
            }
            RubyObject::Struct { class, members } => {
                self.byte(b'S');
                self.symbol(exact(class)?);
                self.count_object();
                self.named(members, depth)
            }
            RubyObject::UserMarshal { class, content } => {
                self.user_marshal(exact(class)?);
                self.value(content, &[], depth + 1)
            }
            RubyObject::Class(name) => {
                self.named_type(b'c', exact(name)?);
                Ok(())
            }
            RubyObject::Module(name) => {
                self.named_type(b'm', exact(name)?);
                Ok(())
            }
            _ => Err(DumpError(
                "a MessagePack extension has no form in Marshal".to_owned(),
            )),
        }
    }

    fn named(&mut self, pairs: &'a [(String, Value)], depth: usize) -> Result<(), DumpError> {
        self.length(pairs.len());
        pairs.iter().try_for_each(|(name, value)| {
            self.symbol(exact(name)?);
            self.value(value, &[], depth + 1)
        })
    }

    fn named_type(&mut self, tag: u8, name: &str) {
        self.count_object();
        self.byte(tag);
        self.text(name.as_bytes());
    }

    pub(super) fn array(&mut self, length: usize) {
        self.count_object();
        self.byte(b'[');
        self.length(length);
    }

    fn map(&mut self, length: usize) {
        self.count_object();
        self.byte(b'{');
        self.length(length);
    }

    pub(super) fn instance(&mut self, class: &'static str, ivars: usize) {
        self.count_object();
        self.byte(b'o');
        self.symbol(class);
        self.length(ivars);
    }

    pub(super) fn user_marshal(&mut self, class: &'a str) {
        self.byte(b'U');
        self.symbol(class);
        self.count_object();
    }

    /// Writes a Fixnum of 31 bits, or a Bignum.
    pub(super) fn integer(&mut self, number: i64) {
        if (-(1 << 30)..1 << 30).contains(&number) {
            self.byte(b'i');
            return self.long(number);
        }
        self.big_integer(&BigInt::from(number));
    }

    pub(super) fn big_integer(&mut self, number: &BigInt) {
        self.count_object();
        let (sign, magnitude) = number.to_bytes_le();
        self.magnitude(sign == Sign::Minus, &magnitude);
    }

    pub(super) fn float(&mut self, text: &str) {
        self.count_object();
        self.byte(b'f');
        self.text(text.as_bytes());
    }

    /// Splits `(?i-mx:source)` into source and options; other text is a source without options.
    fn regexp(&mut self, text: &str, wrappers: Wrappers<'_, 'a>) {
        let (source, options) = take_apart(text);
        let (encoding, fixed) = if source.is_ascii() {
            ("US-ASCII", 0)
        } else {
            ("UTF-8", 16)
        };
        self.begin(true, wrappers);
        self.count_object();
        self.byte(b'/');
        self.text(source.as_bytes());
        self.byte(options | fixed);
        self.encoding_ivars(encoding, 0);
    }
}

impl Target for Writer<'_> {
    fn scalar(&mut self, scalar: &Value) -> Result<(), DumpError> {
        match scalar {
            Value::Nil => self.byte(b'0'),
            Value::Bool(flag) => self.bool(*flag),
            Value::Integer(number) => self.integer(*number),
            Value::BigInteger(number) => self.big_integer(&number.0),
            Value::Float(float) => self.float(&bignum::float_text(*float)),
            other => return Err(unwritable(other)),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), DumpError> {
        self.string(text.as_bytes(), "UTF-8", &[]);
        Ok(())
    }

    fn head(&mut self, is_object: bool, length: usize) -> Result<(), DumpError> {
        if is_object {
            self.map(length);
        } else {
            self.array(length);
        }
        Ok(())
    }
}

/// Returns a name or a source if it is exact. U+FFFD replaced bytes that were not UTF-8 (see
/// `to_value`), and writing it would give another name.
fn exact(text: &str) -> Result<&str, DumpError> {
    if text.contains(char::REPLACEMENT_CHARACTER) {
        return Err(DumpError(
            "U+FFFD in a Symbol, a Regexp or a name replaces bytes that were not UTF-8".to_owned(),
        ));
    }
    Ok(text)
}

pub(super) fn unwritable(value: &Value) -> DumpError {
    let (class, why) = match value {
        Value::Uri(_) => ("URI", "Ruby's object carries its whole parser"),
        Value::TimeZone(_) => (
            "ActiveSupport::TimeZone",
            "Ruby's object also has the zone's name in the tz database, which hardtack does not know",
        ),
        _ => ("this value", "Ruby has no such object"),
    };
    DumpError(format!("{class} cannot be written as Marshal: {why}"))
}
