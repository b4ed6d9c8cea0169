//! MessagePack beside `rmp-serde`: everything that is no extension type.

use hardtack::value::{RubyBytes, Value};
use hardtack::{LoadDefaults, Serializer};
use hardtack_peers::{Generator, Rails};

use crate::channel::{NAME, jar, sealed_bytes, signed};
use crate::plain::Plain;
use crate::tally::Tally;
use crate::values::hex;

/// The longest message: with the longest form of each number, the jar still reads it.
const LONGEST: usize = 8_000;

/// The bytes with which Active Support's MessagePack begins.
const SIGNATURE: [u8; 2] = [0xcc, 0x80];

pub(crate) fn compare(_: &mut Rails, seeds: &[u64], tally: &mut Tally) {
    for &seed in seeds {
        let random = &mut Generator::new(seed);
        let (plain, wide) = fitting(random);
        tally.check(seed, writes_the_same(&plain));
        tally.check(seed, reads_the_same(&wide, Some(&plain)));
        tally.check(seed, reads_the_same(&changed(wide, random), None));
    }
}

/// Makes a value, and a message of it in which lengths and integers are of any width.
fn fitting(random: &mut Generator) -> (Plain, Vec<u8>) {
    loop {
        let plain = Plain::random(random, 4);
        let wide = plain.in_any_width(random);
        if wide.len() <= LONGEST {
            return (plain, wide);
        }
    }
}

/// hardtack's bytes are those of `rmp-serde`, but for the signature.
fn writes_the_same(plain: &Plain) -> Option<String> {
    let jar = jar(LoadDefaults::V7_2, Serializer::MessagePack);
    let cookie = jar.write(NAME, plain.value(), None);
    let ours = match cookie {
        Ok(cookie) => sealed_bytes(&cookie),
        Err(error) => return Some(format!("{plain:?}: {error}")),
    };
    let theirs = rmp_serde::to_vec(plain).expect("it has a form");
    let same = ours.strip_prefix(&SIGNATURE[..]) == Some(&theirs);
    (!same).then(|| format!("{plain:?} is {}, and {}", hex(&ours), hex(&theirs)))
}

/// Both read the same value, or neither reads one.
fn reads_the_same(bytes: &[u8], expected: Option<&Plain>) -> Option<String> {
    let theirs = Plain::read(bytes);
    if let Some(expected) = expected
        && theirs.as_ref().ok() != Some(expected)
    {
        return Some(format!("rmp-serde reads {theirs:?} in {}", hex(bytes)));
    }
    let jar = jar(LoadDefaults::V7_2, Serializer::MessagePack);
    let message = signed(&[&SIGNATURE, bytes].concat());
    let ours = jar.read_value::<Value>(NAME, message.as_bytes());
    let ours = ours.ok().map(|opened| Plain::of(opened.value()));
    match (&ours, &theirs) {
        (None, Err(_)) => None,
        (Some(Some(ours)), Ok(theirs)) if ours == theirs => None,
        // Bytes of an extension type: Ruby's own, which rmp-serde cannot name.
        (_, Err(error)) if error.contains("extension") => None,
        (ours, theirs) => Some(format!("{} is {ours:?}, and {theirs:?}", hex(bytes))),
    }
}

/// One byte is another, or is missing, or is too many.
fn changed(mut bytes: Vec<u8>, random: &mut Generator) -> Vec<u8> {
    let at = random.below(bytes.len());
    let other = u8::try_from(random.below(256)).expect("it is a byte");
    match random.below(4) {
        0 => bytes.truncate(at),
        1 => bytes.insert(at, other),
        2 => drop(bytes.remove(at)),
        _ => bytes[at] = other,
    }
    bytes
}

impl Plain {
    /// Returns hardtack's value of the same kind.
    fn value(&self) -> Value {
        match self {
            Self::Nil => Value::Nil,
            Self::Bool(boolean) => Value::Bool(*boolean),
            Self::Integer(integer) => Value::Integer(*integer),
            Self::Unsigned(integer) => (*integer).into(),
            Self::Float(float) => Value::Float(f64::from_bits(*float)),
            Self::Text(text) => Value::String(text.clone()),
            Self::Bytes(bytes) => Value::Bytes(RubyBytes {
                bytes: bytes.clone(),
                encoding: "ASCII-8BIT".to_owned(),
            }),
            Self::List(items) => Value::Array(items.iter().map(Self::value).collect()),
            Self::Map(pairs) => {
                let pairs = pairs.iter();
                Value::Hash(
                    pairs
                        .map(|(key, value)| (key.value(), value.value()))
                        .collect(),
                )
            }
        }
    }

    /// Returns a value that hardtack read; `None` for one of an extension type. Text that is no UTF-8
    /// is bytes on both sides.
    fn of(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Nil => Self::Nil,
            Value::Bool(boolean) => Self::Bool(*boolean),
            Value::Integer(integer) => Self::Integer(*integer),
            Value::BigInteger(integer) => Self::Unsigned(integer.to_string().parse().ok()?),
            Value::Float(float) => Self::Float(float.to_bits()),
            Value::String(text) => Self::Text(text.clone()),
            Value::Bytes(bytes) => Self::Bytes(bytes.bytes.clone()),
            Value::Array(items) => Self::List(items.iter().map(Self::of).collect::<Option<_>>()?),
            Value::Hash(pairs) => {
                let pair = |(key, value)| Some((Self::of(key)?, Self::of(value)?));
                let pairs = pairs.iter().map(|(key, value)| pair((key, value)));
                Self::Map(pairs.collect::<Option<_>>()?)
            }
            _ => return None,
        })
    }
}
