//! Values as text, by Ruby's `to_s`: for kinds that `as_json` turns into text, and for keys.

use std::borrow::Cow;

use super::big_decimal::Decimal;
use super::calendar::{Calendar, date_text};
use super::time::TimeStyle;
use super::{RubyBytes, RubyObject, RubyRange, Value, float::ruby_float_text};

impl RubyBytes {
    /// Returns the text if the bytes are valid in an encoding that hardtack decodes: UTF-8 (or
    /// bytes that are valid UTF-8 under another name), ISO-8859-1, UTF-16LE and UTF-16BE. `None`
    /// otherwise.
    ///
    /// ```
    /// use hardtack::value::RubyBytes;
    ///
    /// let latin = RubyBytes { bytes: b"Zo\xeb".to_vec(), encoding: "ISO-8859-1".to_owned() };
    /// assert_eq!(latin.to_text().as_deref(), Some("Zoë"));
    /// ```
    #[must_use]
    pub fn to_text(&self) -> Option<Cow<'_, str>> {
        let utf16 = |unit: fn([u8; 2]) -> u16| {
            let (units, rest) = self.bytes.as_chunks();
            let units: Vec<u16> = units.iter().copied().map(unit).collect();
            if rest.is_empty() {
                String::from_utf16(&units).ok().map(Cow::Owned)
            } else {
                None
            }
        };
        match self.encoding.as_str() {
            // The first 256 characters of Unicode are those of ISO-8859-1.
            "ISO-8859-1" => Some(self.bytes.iter().copied().map(char::from).collect()),
            "UTF-16LE" => utf16(u16::from_le_bytes),
            "UTF-16BE" => utf16(u16::from_be_bytes),
            _ => std::str::from_utf8(&self.bytes).ok().map(Cow::Borrowed),
        }
    }

    /// Returns [`Self::to_text`], or the bytes with U+FFFD for each part that is not UTF-8.
    pub(crate) fn text_or_replacements(&self) -> Cow<'_, str> {
        self.to_text()
            .unwrap_or_else(|| String::from_utf8_lossy(&self.bytes))
    }
}

impl Value {
    /// Creates a String of this encoding.
    pub(crate) fn bytes(bytes: impl Into<Vec<u8>>, encoding: impl Into<String>) -> Self {
        Self::Bytes(RubyBytes {
            bytes: bytes.into(),
            encoding: encoding.into(),
        })
    }
}

/// The depth to which a collection may nest as a key. A collection inside a key would be text in a
/// text in a text, and every level may double it again (`\\\\\"`).
const DEEPEST_KEY: usize = 1;

/// Returns the text of a Hash's key in JSON. Rails' `as_json` calls `to_s` on it (`Hash#as_json` in
/// `core_ext/object/json.rb`): nil is "", a Symbol its text, 2.5 "2.5".
///
/// Arrays, Hashes, Sets and objects become compact JSON; Ruby would write their `inspect`, which
/// differs between versions. A collection inside such a key becomes `...`. A `TimeZone` is its name
/// (Ruby puts the offset before it).
pub(crate) fn key_text(key: &Value) -> Cow<'_, str> {
    to_s(key).unwrap_or_else(|| {
        if key.nests_at_most(DEEPEST_KEY) {
            Cow::Owned(key.to_string())
        } else {
            Cow::Borrowed("...")
        }
    })
}

/// Returns [`key_text`] if no other key can have the same text, except a key that a Rails session
/// takes for the same one (`"a"` and `:a`): a session makes Strings of its keys.
#[cfg(feature = "message_pack")]
pub(crate) fn exact_key_text(key: &Value) -> Option<Cow<'_, str>> {
    match key {
        Value::Nil
        | Value::Bool(_)
        | Value::Integer(_)
        | Value::BigInteger(_)
        | Value::Float(_)
        | Value::String(_)
        | Value::Symbol(_)
        | Value::BigDecimal(_)
        | Value::Date(_)
        | Value::TimeZone(_)
        | Value::Uri(_)
        | Value::Pathname(_)
        | Value::Regexp(_)
        | Value::SafeBuffer(_) => to_s(key),
        // The texts of times and addresses leave parts out, and those of collections are cut.
        _ => None,
    }
}

/// Returns the text of a key that is a String in another encoding than UTF-8, or invalid in its
/// own: Ruby's literal, which is different for any two such Strings.
#[cfg(any(feature = "marshal", feature = "message_pack", feature = "php"))]
pub(crate) fn foreign_key_text(bytes: &[u8], encoding: &str) -> String {
    let bytes = bytes.escape_ascii();
    match encoding {
        "UTF-8" => format!("\"{bytes}\""),
        "ASCII-8BIT" => format!("\"{bytes}\".b"),
        _ => format!("\"{bytes}\".force_encoding({encoding:?})"),
    }
}

/// Returns a text for a key that has none, or none that can be read. The key's place makes the text
/// unique.
pub(crate) fn object_key_text(place: usize) -> String {
    format!("#<Object:{place:#x}>")
}

/// Returns Ruby's `to_s` of a value that JSON can hold: of an Array that is its `inspect`. `None`
/// for a Hash, whose `inspect` differs between versions of Ruby, for text that `inspect` would
/// escape, and for objects.
pub(crate) fn ruby_to_s(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Array(_) => inspect(value).map(Cow::Owned),
        _ => to_s(value),
    }
}

fn inspect(value: &Value) -> Option<String> {
    match value {
        Value::Nil => Some("nil".to_owned()),
        Value::String(text) => {
            let is_plain = |c: char| matches!(c, ' '..='~') && !matches!(c, '"' | '\\' | '#');
            text.chars().all(is_plain).then(|| format!("\"{text}\""))
        }
        Value::Array(items) => {
            let items: Option<Vec<_>> = items.iter().map(inspect).collect();
            Some(format!("[{}]", items?.join(", ")))
        }
        Value::Bool(_) | Value::Integer(_) | Value::BigInteger(_) | Value::Float(_) => {
            to_s(value).map(Cow::into_owned)
        }
        _ => None,
    }
}

/// Returns Ruby's `to_s`; `None` for collections and objects.
pub(super) fn to_s(value: &Value) -> Option<Cow<'_, str>> {
    Some(match value {
        Value::Nil => Cow::Borrowed(""),
        Value::Bool(true) => Cow::Borrowed("true"),
        Value::Bool(false) => Cow::Borrowed("false"),
        Value::Integer(integer) => Cow::Owned(integer.to_string()),
        Value::BigInteger(big) => Cow::Owned(big.to_string()),
        Value::Float(float) => Cow::Owned(ruby_float_text(*float)),
        Value::String(text)
        | Value::Symbol(text)
        | Value::Uri(text)
        | Value::Pathname(text)
        | Value::Regexp(text)
        | Value::TimeZone(text)
        | Value::SafeBuffer(text) => Cow::Borrowed(text),
        // IPAddr#to_s leaves the prefix out; only as_json has it (Rails 8.1, or ipaddr 1.2.7).
        // IPAddr#to_s leaves the prefix out; only as_json has it (Rails 8.1, or ipaddr 1.2.7).
        Value::IpAddr(text) => Cow::Borrowed(
            text.split_once('/')
                .map_or(text.as_str(), |(address, _)| address),
        ),
        Value::Bytes(bytes) => bytes.text_or_replacements(),
        Value::BigDecimal(text) => decimal_text(text),
        Value::Rational(parts) => Cow::Owned(rational_text(&parts.0, &parts.1)),
        Value::Complex(parts) => Cow::Owned(complex_text(&parts.0, &parts.1)),
        Value::Time(time) => Cow::Owned(time.text(TimeStyle::ToS, Calendar::Gregorian)),
        Value::DateTime(time) => {
            Cow::Owned(time.text(TimeStyle::DateTimeToS, Calendar::JulianBeforeReform))
        }
        Value::Date(day) => Cow::Owned(date_text(i128::from(*day), Calendar::JulianBeforeReform)),
        Value::Duration(duration) => Cow::Owned(part_text(&duration.value)),
        Value::Range(range) => Cow::Owned(range_text(range)),
        Value::Object(object) => match &**object {
            RubyObject::Class(name) | RubyObject::Module(name) => Cow::Borrowed(name),
            _ => return None,
        },
        Value::Array(_) | Value::Hash(_) | Value::IndifferentHash(_) | Value::Set(_) => {
            return None;
        }
        #[cfg(feature = "php")]
        Value::Php(_) => return None,
    })
}

/// Returns Ruby's `Range#to_s`, which is also its `as_json`: `1..5`, `1...5`, `1..`.
pub(super) fn range_text(range: &RubyRange) -> String {
    let dots = if range.exclude_end { "..." } else { ".." };
    format!("{}{dots}{}", part_text(&range.begin), part_text(&range.end))
}

/// Returns Ruby's `Rational#to_s`: `1/3`.
pub(super) fn rational_text(numerator: &Value, denominator: &Value) -> String {
    format!("{}/{}", part_text(numerator), part_text(denominator))
}

/// Returns Ruby's `Complex#to_s`: `1-2i`, and `1+NaN*i` if the imaginary part does not end in a
/// digit.
pub(super) fn complex_text(real: &Value, imaginary: &Value) -> String {
    let imaginary = part_text(imaginary);
    let (sign, size) = match imaginary.strip_prefix('-') {
        Some(size) => ('-', size),
        None => ('+', imaginary.as_str()),
    };
    let star = if size.ends_with(|last: char| last.is_ascii_digit()) {
        ""
    } else {
        "*"
    };
    format!("{}{sign}{size}{star}i", part_text(real))
}

/// Returns the text of a value inside a number or a Range. Such values do not nest in practice: one
/// inside another is `?` here, so that no nesting from outside is followed.
fn part_text(part: &Value) -> String {
    match part {
        Value::Rational(parts) => {
            format!("{}/{}", integer_text(&parts.0), integer_text(&parts.1))
        }
        Value::Complex(_) | Value::Range(_) | Value::Duration(_) => "?".to_owned(),
        other => key_text(other).into_owned(),
    }
}

fn integer_text(part: &Value) -> Cow<'_, str> {
    match part {
        Value::Integer(_) | Value::BigInteger(_) => to_s(part).unwrap_or_default(),
        _ => Cow::Borrowed("?"),
    }
}

/// The zeros that are written out at most: `1e999999999` is eleven bytes in a cookie, and a cookie
/// can hold hundreds of such numbers. 400 is enough for any Float (5e-324).
pub(crate) const MOST_ZEROS: u32 = 400;

/// Returns a `BigDecimal` as `BigDecimal#to_s("F")` writes it, Active Support's default:
/// `0.123456e3` is `123.456`, `0.1e-9` is `0.0000000001`. Text that is not such a number is
/// returned unchanged, and so is a number of more than 400 zeros.
pub(super) fn decimal_text(text: &str) -> Cow<'_, str> {
    plain_decimal(text).map_or(Cow::Borrowed(text), Cow::Owned)
}

fn plain_decimal(text: &str) -> Option<String> {
    let Decimal {
        negative,
        whole,
        fraction,
        exponent,
    } = Decimal::of(text)?;
    let sign = if negative { "-" } else { "" };
    let exponent: i64 = exponent.parse().ok()?;
    let digits = format!("{whole}{fraction}");
    let point = exponent.checked_add(i64::try_from(whole.len()).ok()?)?;
    // The digits without leading and trailing zeros; the point is before the first significant
    // digit.
    let significant = digits.trim_start_matches('0');
    let point = point.checked_sub(i64::try_from(digits.len() - significant.len()).ok()?)?;
    let significant = significant.trim_end_matches('0');
    if significant.is_empty() {
        return Some(format!("{sign}0.0"));
    }
    let zeros = if point < 0 {
        point.checked_neg()?
    } else {
        point - i64::try_from(significant.len()).ok()?
    };
    if zeros > i64::from(MOST_ZEROS) {
        return None;
    }
    let Ok(before) = usize::try_from(point) else {
        let zeros = usize::try_from(-point).ok()?;
        return Some(format!("{sign}0.{}{significant}", "0".repeat(zeros)));
    };
    if before == 0 {
        return Some(format!("{sign}0.{significant}"));
    }
    Some(match significant.split_at_checked(before) {
        Some((whole, "")) => format!("{sign}{whole}.0"),
        Some((whole, fraction)) => format!("{sign}{whole}.{fraction}"),
        None => format!(
            "{sign}{significant}{}.0",
            "0".repeat(before - significant.len())
        ),
    })
}
