//! [`Value`]: any value that a Rails session can hold, in any serializer's format.

mod access;
mod big_decimal;
mod big_integer;
mod calendar;
mod conversions;
mod de;
mod depth;
mod entries;
mod float;
mod hand_off;
mod hash;
mod hash_key;
mod key;
mod number;
mod pairs;
#[cfg(feature = "php")]
mod php_object;
mod ser;
mod text;
mod text_deserializer;
mod time;
mod view;

#[cfg(test)]
mod tests;
#[cfg(all(test, feature = "marshal"))]
pub(crate) use tests::every_container;
#[cfg(test)]
pub(crate) use tests::every_kind;

#[cfg(any(feature = "marshal", feature = "message_pack"))]
pub(crate) use big_decimal::{dump_text as dump_big_decimal, parse as parse_big_decimal};
pub use big_integer::{BigInteger, BigIntegerRangeError, ParseBigIntegerError};
#[cfg(any(feature = "marshal", feature = "php"))]
pub(crate) use float::ruby_float_digits;
#[cfg(feature = "marshal")]
pub(crate) use float::ruby_float_text;
pub(crate) use float::{ruby_float, ruby_float_of_single};
#[cfg(feature = "php")]
pub(crate) use hand_off::give;
pub(crate) use hand_off::{ADDRESS, RAW_NUMBER, RAW_VALUE, TOKEN, capture, handed_over, is_raw};
pub(crate) use hash_key::HashKey;
pub(crate) use pairs::unique_pairs;
#[cfg(feature = "php")]
pub use php_object::PhpObject;
#[cfg(feature = "php")]
pub(crate) use php_object::plain_properties;
pub(crate) use ser::{AsJson, Shown};
#[cfg(feature = "marshal")]
pub(crate) use text::MOST_ZEROS;
#[cfg(feature = "message_pack")]
pub(crate) use text::exact_key_text;
#[cfg(any(feature = "marshal", feature = "message_pack", feature = "php"))]
pub(crate) use text::foreign_key_text;
#[cfg(feature = "php")]
pub(crate) use text::key_text;
pub(crate) use text::{object_key_text, ruby_to_s};
#[cfg(feature = "php")]
pub(crate) use view::hex as hex_text;
pub(crate) use view::{Field, View, text_pairs};

/// The levels that a [`Value`] may nest if it is made from a user's type or written. Active
/// Support's `MessagePack` reads 128 levels, JSON 100; sessions in use have about five.
pub(crate) const MAX_DEPTH: usize = 128;

/// A Ruby value, as a cookie holds it.
///
/// JSON has the first few variants; the others come from Marshal and from Active Support's
/// `MessagePack`. No Ruby object is ever instantiated: an object of a class that hardtack does not
/// know is kept as a class name and its parts ([`RubyObject`]).
///
/// Any type that implements [`serde`]'s traits converts into a `Value` and from it.
///
/// ```
/// use hardtack::value::Value;
///
/// let value: Value = serde_json::from_str(r#"{"id": 7, "tags": ["a", null]}"#)?;
/// assert_eq!(value.get("id"), Some(&Value::Integer(7)));
/// assert_eq!(value.to_string(), r#"{"id":7,"tags":["a",null]}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// `nil`; JSON's `null`.
    Nil,
    /// `true` or `false`; the same in JSON.
    Bool(bool),
    /// An Integer that fits 64 bits.
    Integer(i64),
    /// An Integer that does not fit 64 bits.
    BigInteger(BigInteger),
    /// A Float; NaN and the infinities are `null` in JSON, as in Rails.
    Float(f64),
    /// A String in UTF-8 (or US-ASCII).
    String(String),
    /// A String of another encoding, or whose bytes are invalid in its own: its bytes, and the name
    /// of the encoding. What Rack reads from a request is `ASCII-8BIT`; [`as_str`](Self::as_str)
    /// returns its text too.
    Bytes(RubyBytes),
    /// A Symbol; text in JSON.
    Symbol(String),
    /// An Array.
    Array(Vec<Value>),
    /// A Hash, in order. Each key occurs once.
    Hash(Vec<(Value, Value)>),
    /// An `ActiveSupport::HashWithIndifferentAccess`, in order.
    IndifferentHash(Vec<(Value, Value)>),
    /// A `BigDecimal` in Ruby's own notation (`0.123456e3`, `-0.5e0`, `0.0`, `NaN`, `Infinity`).
    BigDecimal(String),
    /// A Rational: numerator and denominator, each an Integer.
    Rational(Box<(Value, Value)>),
    /// A Complex: real and imaginary part.
    Complex(Box<(Value, Value)>),
    /// A `Time` or an `ActiveSupport::TimeWithZone`.
    Time(RubyTime),
    /// A `DateTime`: a date and time of day, with the offset from UTC.
    DateTime(RubyTime),
    /// A `Date`, as a Julian day number (2,440,588 is 1970-01-01).
    Date(i64),
    /// An `ActiveSupport::TimeZone`, by name.
    TimeZone(String),
    /// An `ActiveSupport::Duration`: its length in seconds, and the parts that it was made of.
    Duration(Box<RubyDuration>),
    /// A Range.
    Range(Box<RubyRange>),
    /// A Set, in order.
    Set(Vec<Value>),
    /// A `URI`, as text.
    Uri(String),
    /// An `IPAddr`, as text (`10.0.0.0/8`).
    IpAddr(String),
    /// A `Pathname`, as text.
    Pathname(String),
    /// A Regexp, as Ruby's `Regexp#to_s` writes it (`(?i-mx:a.b)`).
    Regexp(String),
    /// An `ActiveSupport::SafeBuffer`: text that counts as safe HTML.
    SafeBuffer(String),
    /// Any other object: kept under its class's name, never instantiated.
    Object(Box<RubyObject>),
    /// An object of PHP. PHP's arrays are an [`Array`](Self::Array) or a [`Hash`](Self::Hash).
    #[cfg(feature = "php")]
    Php(Box<PhpObject>),
}

/// A String of another encoding than UTF-8: its unchanged bytes, and the encoding's Ruby name. It
/// keeps both when it is written again.
///
/// ```
/// use hardtack::value::{RubyBytes, Value};
///
/// let bytes = RubyBytes { bytes: vec![0xff, 0], encoding: "ASCII-8BIT".to_owned() };
/// assert_eq!(bytes.to_text(), None);
/// assert_eq!(Value::Bytes(bytes).as_str(), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RubyBytes {
    /// The bytes, unchanged.
    pub bytes: Vec<u8>,
    /// Ruby's name of the encoding: `ASCII-8BIT`, `Shift_JIS`; `UTF-8` if the bytes are not valid
    /// UTF-8.
    pub encoding: String,
}

/// A point in time as Ruby keeps it: with the UTC offset in which it is shown.
///
/// ```
/// use hardtack::value::{RubyTime, Value};
///
/// let time = RubyTime {
///     seconds: 1_700_000_000,
///     nanoseconds: 123_456_789,
///     utc_offset: 7_200,
///     utc: false,
///     zone: None,
///     with_zone: false,
/// };
/// assert_eq!(Value::Time(time).to_string(), r#""2023-11-15T00:13:20.123+02:00""#);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RubyTime {
    /// Seconds since 1970-01-01 00:00:00 UTC.
    pub seconds: i64,
    /// Nanoseconds of that second, below 1,000,000,000.
    pub nanoseconds: u32,
    /// The UTC offset in which the time is shown, in seconds east of UTC.
    pub utc_offset: i32,
    /// True if Ruby counts the time as UTC (`Z` in JSON, not `+00:00`).
    pub utc: bool,
    /// The zone's name as written (`Tokyo`, `CET`), or `None`. No tz database is asked.
    pub zone: Option<String>,
    /// True if the time is an `ActiveSupport::TimeWithZone`.
    pub with_zone: bool,
}

/// An `ActiveSupport::Duration`: a length of time.
///
/// ```
/// use hardtack::value::{RubyDuration, Value};
///
/// let parts = vec![("days".to_owned(), Value::Integer(2))];
/// let two_days = RubyDuration { value: Value::Integer(172_800), parts };
/// assert_eq!(Value::Duration(Box::new(two_days)).to_string(), "172800");
/// ```
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct RubyDuration {
    /// The length in seconds (an Integer, Float or Rational).
    pub value: Value,
    /// The parts that the duration was made of, in order: `months` 1, `days` 3.
    pub parts: Vec<(String, Value)>,
}

/// A Range: `begin..end`, or `begin...end` if the end is excluded. `nil` leaves a side open.
///
/// ```
/// use hardtack::value::{RubyRange, Value};
///
/// let range = RubyRange { begin: Value::Integer(1), end: Value::Nil, exclude_end: false };
/// assert_eq!(Value::Range(Box::new(range)).to_string(), r#""1..""#);
/// ```
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct RubyRange {
    /// The first value.
    pub begin: Value,
    /// The last value.
    pub end: Value,
    /// True if `end` itself is outside.
    pub exclude_end: bool,
}

/// An object of a class that hardtack does not know: its class's name, and its parts as written.
///
/// ```
/// use hardtack::value::{RubyObject, Value};
///
/// let point = RubyObject::Instance {
///     class: "Point".to_owned(),
///     ivars: vec![("@x".to_owned(), Value::Integer(1))],
/// };
/// assert_eq!(Value::Object(Box::new(point)).to_string(), r#"{"x":1}"#);
/// ```
#[derive(Clone, Debug, PartialEq, Hash)]
#[non_exhaustive]
pub enum RubyObject {
    /// A plain object (Marshal `o`): its instance variables, with their `@`.
    Instance {
        /// The class's name.
        class: String,
        /// Instance variables, in order.
        ivars: Vec<(String, Value)>,
    },
    /// A Struct (Marshal `S`): its members.
    Struct {
        /// The class's name.
        class: String,
        /// Members, in order.
        members: Vec<(String, Value)>,
    },
    /// An object written by its class's `_dump` (Marshal `u`).
    UserDump {
        /// The class's name.
        class: String,
        /// The bytes that `_dump` returned.
        bytes: Vec<u8>,
        /// The instance variables of that String.
        ivars: Vec<(String, Value)>,
    },
    /// An object written by its class's `marshal_dump` (Marshal `U`).
    UserMarshal {
        /// The class's name.
        class: String,
        /// The value that `marshal_dump` returned.
        content: Value,
    },
    /// An instance of a subclass of a core class (Marshal `C`).
    Subclass {
        /// The subclass's name.
        class: String,
        /// The value as an instance of the core class.
        content: Value,
    },
    /// An object extended by a module (Marshal `e`).
    Extended {
        /// The module's name.
        module: String,
        /// The object.
        content: Value,
    },
    /// A Class (Marshal `c`), by name.
    Class(String),
    /// A Module (Marshal `m`), by name.
    Module(String),
    /// A `MessagePack` extension of a type that Active Support does not define.
    Extension {
        /// The extension's type.
        kind: i8,
        /// The extension's payload, unchanged.
        bytes: Vec<u8>,
    },
}
