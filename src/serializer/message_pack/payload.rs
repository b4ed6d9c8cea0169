//! Writes the payloads of Ruby's types for [`Packer`].
//!
//! Source: the `write_` methods of `active_support/message_pack/extensions.rb`, Rails 7.1, 7.2 and
//! 8.1. All output can be loaded again: a value that a reader would refuse is refused here.

use super::super::DumpError;
use super::super::value::{RubyDuration, RubyObject, RubyRange, RubyTime, Value, dump_big_decimal};
use super::moment::{DateTimeParts, time_problem};
use super::packer::{Dumped, Packer, inside, refused};
use super::unpacker::Unpacker;
use super::{extension, kind, marker, ruby_number};
use crate::safe_buffer_form::SafeBufferForm;
use crate::settings::IpAddrForm;

impl Packer {
    /// Writes an extension whose payload consists of values.
    pub(super) fn payload(&mut self, value: &Value, levels: usize) -> Dumped {
        let levels = inside(levels)?;
        let mut payload = self.beside();
        payload.parts(value, levels)?;
        self.extension(kind_of(value), &payload.into_bytes())
    }

    // Recursive: see `Unpacker::value` for why the arms are calls.
    fn parts(&mut self, value: &Value, levels: usize) -> Dumped {
        match value {
            Value::IndifferentHash(pairs) => self.map(pairs, levels),
            Value::Set(elements) => self.array(elements, levels),
            Value::Range(range) => self.range(range, levels),
            Value::Rational(terms) => self.rational(&terms.0, &terms.1),
            Value::Complex(parts) => self.complex(&parts.0, &parts.1, levels),
            Value::Date(day) => self.integer(*day),
            Value::DateTime(time) => self.date_time(time),
            Value::Time(time) if time.with_zone => self.time_with_zone(time),
            Value::Time(time) => self.time(time, time.utc_offset),
            Value::Duration(duration) => self.duration(duration, levels),
            // All other kinds are written without a payload of values.
            _ => Err(refused("MessagePack has no form for a value of this class")),
        }
    }

    fn complex(&mut self, real: &Value, imaginary: &Value, levels: usize) -> Dumped {
        self.number(real, levels)?;
        self.number(imaginary, levels)
    }

    pub(super) fn big_decimal(&mut self, text: &str) -> Dumped {
        match dump_big_decimal(text) {
            Some(payload) => self.extension(kind::BIG_DECIMAL, payload.as_bytes()),
            None => Err(refused("a BigDecimal is not a number")),
        }
    }

    fn number(&mut self, value: &Value, levels: usize) -> Dumped {
        if ruby_number::is_number(value) {
            self.value(value, levels)
        } else {
            Err(refused("a Complex or a Duration is not made of numbers"))
        }
    }

    fn rational(&mut self, numerator: &Value, denominator: &Value) -> Dumped {
        if !ruby_number::is_integer(numerator) || !ruby_number::is_integer(denominator) {
            return Err(refused("a Rational is not made of integers"));
        }
        if *denominator == Value::Integer(0) {
            return Err(refused("a Rational has the denominator 0"));
        }
        // Integers are not containers: they need no levels.
        self.value(numerator, 0)?;
        if *numerator == Value::Integer(0) {
            return Ok(());
        }
        self.value(denominator, 0)
    }

    fn fraction(&mut self, (numerator, denominator): (i64, i64)) -> Dumped {
        self.integer(numerator)?;
        if numerator == 0 {
            return Ok(());
        }
        self.integer(denominator)
    }

    fn date_time(&mut self, time: &RubyTime) -> Dumped {
        let parts = DateTimeParts::of(time).map_err(refused)?;
        self.integer(parts.day)?;
        self.integer(parts.hour)?;
        self.integer(parts.minute)?;
        self.integer(parts.second)?;
        self.fraction(parts.second_fraction)?;
        self.fraction(parts.offset)
    }

    fn time(&mut self, time: &RubyTime, utc_offset: i32) -> Dumped {
        if let Some(problem) = time_problem(time) {
            return Err(refused(problem));
        }
        self.integer(time.seconds)?;
        self.integer(time.nanoseconds.into())?;
        self.integer(utc_offset.into())
    }

    fn time_with_zone(&mut self, time: &RubyTime) -> Dumped {
        let Some(zone) = &time.zone else {
            return Err(refused("an ActiveSupport::TimeWithZone has no zone"));
        };
        // In UTC, for any offset that the zone has at that time.
        self.time(time, 0)?;
        self.text(zone)
    }

    fn duration(&mut self, duration: &RubyDuration, levels: usize) -> Dumped {
        let names = extension::DURATION_PARTS;
        let unique = |(at, (name, _)): (usize, &(String, Value))| {
            let others = duration.parts.iter().take(at);
            names.contains(&name.as_str()) && !others.into_iter().any(|other| other.0 == *name)
        };
        if !duration.parts.iter().enumerate().all(unique) {
            return Err(refused(
                "a Duration has a part that is unknown or there twice",
            ));
        }
        self.number(&duration.value, levels)?;
        let levels = inside(levels)?;
        self.byte(marker::FIXARRAY | 7)?;
        for name in names {
            match duration.parts.iter().find(|part| part.0 == name) {
                None | Some((_, Value::Nil)) => self.byte(marker::NIL)?,
                Some((_, part)) => self.number(part, levels)?,
            }
        }
        Ok(())
    }

    fn range(&mut self, range: &RubyRange, levels: usize) -> Dumped {
        self.value(&range.begin, levels)?;
        self.value(&range.end, levels)?;
        self.value(&Value::Bool(range.exclude_end), levels)
    }

    pub(super) fn ip_addr(&mut self, text: &str, levels: usize) -> Dumped {
        if !extension::is_ip_addr(text) {
            return Err(refused("an IPAddr is not an address"));
        }
        match self.style().ip_addr {
            IpAddrForm::Raw => self.extension(kind::IP_ADDR, text.as_bytes()),
            IpAddrForm::String => self.string_in(kind::IP_ADDR, text, levels),
        }
    }

    /// Writes a text that counts as safe HTML. A bare text that would be read as a string (see
    /// [`extension::safe_buffer`]) is written as a String, which keeps all of its characters.
    pub(super) fn safe_buffer(&mut self, text: &str, levels: usize) -> Dumped {
        let is_read_so = || {
            let read = extension::safe_buffer(Unpacker::new(text.as_bytes()), levels);
            matches!(read, Ok((SafeBufferForm::Raw, _)))
        };
        match self.style().safe_buffer {
            SafeBufferForm::String => self.string_in(kind::SAFE_BUFFER, text, levels),
            SafeBufferForm::Raw if is_read_so() => {
                self.extension(kind::SAFE_BUFFER, text.as_bytes())
            }
            SafeBufferForm::Raw | SafeBufferForm::Text => self.text(text),
        }
    }

    /// Writes an extension whose payload is a MessagePack string.
    fn string_in(&mut self, kind: i8, text: &str, levels: usize) -> Dumped {
        inside(levels)?;
        let mut payload = self.beside();
        payload.text(text)?;
        self.extension(kind, &payload.into_bytes())
    }

    pub(super) fn object(&mut self, object: &RubyObject, levels: usize) -> Dumped {
        let class = match object {
            RubyObject::Extension { kind, bytes } => {
                // An extension of Active Support's own type, built by hand, must hold what the type
                // requires.
                return match extension::load(*kind, Unpacker::new(bytes), levels) {
                    Ok(_) => self.extension(*kind, bytes),
                    Err(problem) => Err(refused(problem.reason)),
                };
            }
            RubyObject::Instance { class, .. }
            | RubyObject::Struct { class, .. }
            | RubyObject::UserDump { class, .. }
            | RubyObject::UserMarshal { class, .. }
            | RubyObject::Subclass { class, .. } => class.as_str(),
            RubyObject::Extended { module, .. } => module.as_str(),
            RubyObject::Class(_) => "Class",
            RubyObject::Module(_) => "Module",
        };
        Err(DumpError(format!(
            "MessagePack has no form for a value of class {class}"
        )))
    }
}

/// Returns the extension's type of a value whose payload consists of values.
fn kind_of(value: &Value) -> i8 {
    match value {
        Value::IndifferentHash(_) => kind::INDIFFERENT_HASH,
        Value::Set(_) => kind::SET,
        Value::Range(_) => kind::RANGE,
        Value::Rational(_) => kind::RATIONAL,
        Value::Complex(_) => kind::COMPLEX,
        Value::Date(_) => kind::DATE,
        Value::DateTime(_) => kind::DATE_TIME,
        Value::Time(time) if time.with_zone => kind::TIME_WITH_ZONE,
        Value::Time(_) => kind::TIME,
        Value::Duration(_) => kind::DURATION,
        _ => kind::RESERVED,
    }
}
