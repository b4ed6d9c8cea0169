//! `ActiveSupport::MessagePack` (Rails 7.1 and later): MessagePack with Ruby's types as extensions.
//!
//! A message is the integer 128 ([`SIGNATURE`]), then exactly one object. Sources: the MessagePack
//! specification; `active_support/message_pack/serializer.rb` and `extensions.rb` of Rails 7.1, 7.2
//! and 8.1; the msgpack gem (1.7 and later) for widths and for the limit on nesting.
//!
//! The reader is stricter than Rails in one way: the payload of a known extension must be consumed
//! to its last byte (the gem does not check). It is more generous in two ways. A value that cannot
//! be read does not affect the others in the session's map, if its end is known. An extension of a
//! type that Active Support does not define is kept unchanged ([`RubyObject::Extension`]), whereas
//! Rails refuses the whole message. So an entry of a type that an application registered itself
//! survives.
//!
//! [`RubyObject::Extension`]: super::value::RubyObject::Extension

use super::value::Value;
use super::{DumpError, LoadError};

mod extension;
mod kind;
mod marker;
mod moment;
mod packer;
mod payload;
mod raw_entry;
mod room;
mod root;
mod ruby_number;
mod style;
#[cfg(test)]
mod tests;
mod unpacker;
mod values;

pub(crate) use raw_entry::{RawEntry, index, is_nil_at, root_is_indifferent, value_at};
#[cfg(test)]
use root::dump_root;
pub(crate) use style::Style;

use marker::SIGNATURE;
use packer::Packer;
use room::{MAX_LEVELS, Room};
use unpacker::message;

/// Reads a message.
pub(crate) fn load(source: &[u8]) -> Result<Value, LoadError> {
    let mut reader = message(source)?;
    let value = reader.value(Room::ROOT)?;
    reader.finish()?;
    Ok(value)
}

/// Writes a message as the newest Rails does.
#[cfg(test)]
pub(crate) fn dump(value: &Value) -> Result<Vec<u8>, DumpError> {
    Style::default().dump(value)
}

impl Style {
    /// Writes a message in this style.
    pub(crate) fn dump(self, value: &Value) -> Result<Vec<u8>, DumpError> {
        let mut writer = Packer::new(self);
        writer.raw(&SIGNATURE);
        writer.value(value, MAX_LEVELS)?;
        Ok(writer.into_bytes())
    }
}
