//! Ruby's types as MessagePack extensions: reads their payloads.
//!
//! Source: `active_support/message_pack/extensions.rb`, Rails 7.1, 7.2 (the new payload of
//! `IPAddr`), 8.1 (`SafeBuffer`) and 8-1-stable (its new payload).

use super::super::LoadError;
use super::super::value::{RubyDuration, RubyObject, RubyRange, Value, unique_pairs};
use super::kind::{
    BIG_DECIMAL, BIG_INTEGER, COMPLEX, DATE, DATE_TIME, DURATION, INDIFFERENT_HASH, IP_ADDR,
    PATHNAME, RANGE, RATIONAL, REGEXP, RESERVED, SAFE_BUFFER, SET, SYMBOL, TIME, TIME_WITH_ZONE,
    TIME_ZONE, URI,
};
use super::room::Room;
use super::unpacker::{Head, Unpacker};
use super::{marker, moment, ruby_number};
use crate::safe_buffer_form::SafeBufferForm;
use crate::settings::IpAddrForm;

const NO_UTF_8: &str = "text that is not UTF-8";
const RESERVED_BY_RAILS: &str = "extension type 127, which Rails reserves";

/// `ActiveSupport::Duration::PARTS`, in the order of the payload.
pub(super) const DURATION_PARTS: [&str; 7] = [
    "years", "months", "weeks", "days", "hours", "minutes", "seconds",
];

/// Reads the whole payload of an extension.
pub(super) fn load(kind: i8, payload: Unpacker<'_>, levels: usize) -> Result<Value, LoadError> {
    match kind {
        SYMBOL | URI | PATHNAME | REGEXP | SAFE_BUFFER | TIME_ZONE | IP_ADDR => {
            load_text(kind, payload, levels)
        }
        BIG_INTEGER | BIG_DECIMAL | RATIONAL => ruby_number::load_extension(kind, payload, levels),
        COMPLEX | DATE_TIME | DATE | TIME | TIME_WITH_ZONE | DURATION => {
            load_scalar(kind, payload, levels)
        }
        RANGE => load_range(payload, levels),
        SET => load_set(payload, levels),
        INDIFFERENT_HASH => load_indifferent_hash(payload, levels),
        RESERVED => Err(payload.error(RESERVED_BY_RAILS)),
        _ => Ok(unknown(kind, payload)),
    }
}

fn load_text(kind: i8, payload: Unpacker<'_>, levels: usize) -> Result<Value, LoadError> {
    let text = text(kind, payload, levels)?.to_owned();
    Ok(match kind {
        URI => Value::Uri(text),
        PATHNAME => Value::Pathname(text),
        REGEXP => Value::Regexp(text),
        SAFE_BUFFER => Value::SafeBuffer(text),
        TIME_ZONE => Value::TimeZone(text),
        IP_ADDR => Value::IpAddr(text),
        _ => Value::Symbol(text),
    })
}

/// Returns the text in the payload of an extension that is a text.
fn text(kind: i8, payload: Unpacker<'_>, levels: usize) -> Result<&str, LoadError> {
    match kind {
        IP_ADDR => ip_addr(payload, levels),
        SAFE_BUFFER => safe_buffer(payload, levels).map(|(_, text)| text),
        _ => utf8(payload.rest(), payload),
    }
}

/// Returns bytes as text; `at` is the place of an error.
fn utf8<'a>(bytes: &'a [u8], at: Unpacker<'_>) -> Result<&'a str, LoadError> {
    std::str::from_utf8(bytes).map_err(|_| at.error(NO_UTF_8))
}

fn ip_addr(mut payload: Unpacker<'_>, levels: usize) -> Result<&str, LoadError> {
    let bytes = match ip_addr_form(payload) {
        IpAddrForm::String => {
            payload.open_payload(levels)?;
            match payload.head()? {
                Head::Str(bytes) => bytes,
                _ => return Err(payload.error("IPAddr that is not text")),
            }
        }
        IpAddrForm::Raw => payload.take(payload.rest().len())?,
    };
    payload.finish()?;
    let text = utf8(bytes, payload)?;
    if is_ip_addr(text) {
        Ok(text)
    } else {
        Err(payload.error("IPAddr that is not an address"))
    }
}

/// Recognises the form of an `IPAddr`. Rails 7.1 wrote bare text, which is ASCII; from 7.2 on it is
/// a MessagePack string, whose first byte never is.
pub(super) fn ip_addr_form(payload: Unpacker<'_>) -> IpAddrForm {
    match payload.rest() {
        [first, ..] if *first >= marker::FIXSTR => IpAddrForm::String,
        _ => IpAddrForm::Raw,
    }
}

/// Returns true if a text can be told from the other form of payload. It does not check that the
/// text is an address.
pub(super) fn is_ip_addr(text: &str) -> bool {
    text.is_ascii() && !text.is_empty()
}

/// Returns the text of a `SafeBuffer`, and the form of its payload.
///
/// A payload does not name its form. A MessagePack string that ends with the payload is a string:
/// newer releases of Rails read it so. Any other payload is bare text. A bare text is mistaken for
/// a string only if it begins with one of U+0640 to U+067F, whose UTF-8 begins with the marker of a
/// string of 128 to 191 bytes, and has exactly as many bytes after the first two. The opposite rule
/// would mistake every string of such a length for text.
///
/// Text that Ruby holds as binary is written as `bin`, whose markers begin U+0100 to U+017F. Rails
/// has next to no binary `SafeBuffer`: such a payload is binary only if it is not valid text.
pub(super) fn safe_buffer(
    payload: Unpacker<'_>,
    levels: usize,
) -> Result<(SafeBufferForm, &str), LoadError> {
    let mut value = payload;
    let head = value.head().ok().filter(|_| value.rest().is_empty());
    let bytes = match (head, std::str::from_utf8(payload.rest())) {
        (Some(Head::Str(bytes)), _) | (Some(Head::Bin(bytes)), Err(_)) => bytes,
        (_, text) => {
            let text = text.map_err(|_| payload.error(NO_UTF_8))?;
            return Ok((SafeBufferForm::Raw, text));
        }
    };
    payload.open_payload(levels)?;
    Ok((SafeBufferForm::String, utf8(bytes, payload)?))
}

fn load_scalar(kind: i8, mut payload: Unpacker<'_>, levels: usize) -> Result<Value, LoadError> {
    let room = payload.open_payload(levels)?;
    let value = match kind {
        COMPLEX => ruby_number::load_complex(&mut payload, room),
        DATE_TIME => moment::load_date_time(&mut payload),
        DATE => ruby_number::load_i64(&mut payload).map(Value::Date),
        TIME_WITH_ZONE => moment::load_time_with_zone(&mut payload),
        DURATION => load_duration(&mut payload, room),
        _ => moment::load_time(&mut payload),
    }?;
    payload.finish()?;
    Ok(value)
}

fn load_duration(payload: &mut Unpacker<'_>, room: Room) -> Result<Value, LoadError> {
    let value = ruby_number::load(payload, room)?;
    if array(payload)? != DURATION_PARTS.len() {
        return Err(payload.error("duration without its seven parts"));
    }
    let room = payload.open(DURATION_PARTS.len(), room)?;
    let mut parts = Vec::new();
    for name in DURATION_PARTS {
        match ruby_number::load_optional(payload, room)? {
            Value::Nil => {}
            part => parts.push((name.to_owned(), part)),
        }
    }
    Ok(Value::Duration(Box::new(RubyDuration { value, parts })))
}

fn load_range(mut payload: Unpacker<'_>, levels: usize) -> Result<Value, LoadError> {
    let room = payload.open_payload(levels)?;
    let begin = payload.value(room)?;
    let end = payload.value(room)?;
    let Head::Bool(exclude_end) = payload.head()? else {
        return Err(payload.error("range without true or false for its end"));
    };
    payload.finish()?;
    Ok(Value::Range(Box::new(RubyRange {
        begin,
        end,
        exclude_end,
    })))
}

fn load_set(mut payload: Unpacker<'_>, levels: usize) -> Result<Value, LoadError> {
    let room = payload.open_payload(levels)?;
    let count = array(&mut payload)?;
    let elements = payload.elements(count, room)?;
    payload.finish()?;
    Ok(Value::Set(unique(elements)))
}

fn unique(elements: Vec<Value>) -> Vec<Value> {
    let keys = elements.into_iter().map(|element| (element, Value::Nil));
    let keys = unique_pairs(keys.collect());
    keys.into_iter().map(|(element, _)| element).collect()
}

fn load_indifferent_hash(mut payload: Unpacker<'_>, levels: usize) -> Result<Value, LoadError> {
    let room = payload.open_payload(levels)?;
    let count = map(&mut payload)?;
    let pairs = payload.pairs(count, room)?;
    payload.finish()?;
    Ok(Value::IndifferentHash(indifferent(pairs)))
}

/// Turns Symbol keys into Strings, as `HashWithIndifferentAccess` does.
fn indifferent(mut pairs: Vec<(Value, Value)>) -> Vec<(Value, Value)> {
    let mut symbols = false;
    for (key, _) in &mut pairs {
        if let Value::Symbol(text) = key {
            *key = Value::String(std::mem::take(text));
            symbols = true;
        }
    }
    if symbols { unique_pairs(pairs) } else { pairs }
}

fn array(payload: &mut Unpacker<'_>) -> Result<usize, LoadError> {
    match payload.head()? {
        Head::Array(count) => Ok(count),
        _ => Err(payload.error("extension that lacks its array")),
    }
}

pub(super) fn map(payload: &mut Unpacker<'_>) -> Result<usize, LoadError> {
    match payload.head()? {
        Head::Map(count) => Ok(count),
        _ => Err(payload.error("extension that lacks its map")),
    }
}

fn unknown(kind: i8, payload: Unpacker<'_>) -> Value {
    Value::Object(Box::new(RubyObject::Extension {
        kind,
        bytes: payload.rest().to_vec(),
    }))
}
