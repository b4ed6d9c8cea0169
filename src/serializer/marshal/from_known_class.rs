//! Writes [`Value`]s that are objects of a class of their own, as that class writes them.

use super::from_value::unwritable;
use super::writer::Writer;
use crate::serializer::DumpError;
use crate::serializer::value::{RubyDuration, Value, dump_big_decimal};

/// `ActiveSupport::Duration::VARIABLE_PARTS`: the length of such a part depends on the day when it
/// begins.
const VARIABLE_PARTS: [&str; 4] = ["years", "months", "weeks", "days"];

impl<'a> Writer<'a> {
    /// Writes an object of a known class.
    pub(super) fn known(&mut self, value: &'a Value, depth: usize) -> Result<(), DumpError> {
        match value {
            Value::BigDecimal(text) => return self.big_decimal(text),
            Value::Rational(pair) => return self.pair("Rational", &pair.0, &pair.1, depth),
            Value::Complex(pair) => return self.pair("Complex", &pair.0, &pair.1, depth),
            Value::Time(time) if time.with_zone => return self.time_with_zone(time),
            Value::Time(time) => self.time(time),
            Value::DateTime(time) => return self.date_time(time),
            Value::Date(day) => return self.date(*day),
            Value::Duration(duration) => return self.duration(duration, depth),
            Value::Range(range) => {
                self.instance("Range", 3);
                self.symbol("excl");
                self.bool(range.exclude_end);
                self.symbol("begin");
                self.value(&range.begin, &[], depth + 1)?;
                self.symbol("end");
                return self.value(&range.end, &[], depth + 1);
            }
            Value::Set(members) => {
                self.instance("Set", 1);
                self.symbol("@hash");
                self.count_object();
                self.byte(b'}');
                self.length(members.len());
                for member in members {
                    self.value(member, &[], depth + 2)?;
                    self.bool(true);
                }
                self.bool(false);
            }
            Value::IpAddr(text) => return self.ip_addr(text),
            Value::Pathname(text) => {
                self.instance("Pathname", 1);
                self.symbol("@path");
                self.string(text.as_bytes(), "UTF-8", &[]);
            }
            Value::SafeBuffer(text) => {
                self.byte(b'I');
                self.begin(false, &[(b'C', "ActiveSupport::SafeBuffer")]);
                self.count_object();
                self.byte(b'"');
                self.text(text.as_bytes());
                self.encoding_ivars("UTF-8", 1);
                // Up to Rails 7.0 text without this variable is not safe; later versions ignore it.
                self.symbol("@html_safe");
                self.bool(true);
            }
            _ => return Err(unwritable(value)),
        }
        Ok(())
    }

    fn pair(
        &mut self,
        class: &'static str,
        one: &'a Value,
        two: &'a Value,
        depth: usize,
    ) -> Result<(), DumpError> {
        self.user_marshal(class);
        self.array(2);
        self.value(one, &[], depth + 2)?;
        self.value(two, &[], depth + 2)
    }

    fn big_decimal(&mut self, text: &str) -> Result<(), DumpError> {
        let Some(dumped) = dump_big_decimal(text) else {
            return Err(DumpError("a BigDecimal is not a number".to_owned()));
        };
        self.byte(b'u');
        self.symbol("BigDecimal");
        self.text(dumped.as_bytes());
        self.count_object();
        Ok(())
    }

    fn duration(&mut self, duration: &'a RubyDuration, depth: usize) -> Result<(), DumpError> {
        self.instance("ActiveSupport::Duration", 3);
        self.symbol("@parts");
        self.count_object();
        self.byte(b'{');
        self.length(duration.parts.len());
        for (name, count) in &duration.parts {
            self.symbol(name);
            self.value(count, &[], depth + 2)?;
        }
        self.symbol("@value");
        self.value(&duration.value, &[], depth + 1)?;
        // Since Rails 7.0, in this order; Marshal.load does not call the method that would set it
        // (`Duration#initialize`). Rails 6.1 and earlier ignore it.
        let variable = |part: &(String, Value)| VARIABLE_PARTS.contains(&part.0.as_str());
        self.symbol("@variable");
        self.bool(duration.parts.iter().any(variable));
        Ok(())
    }
}
