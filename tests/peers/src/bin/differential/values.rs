//! Random values of Ruby's own kinds, with their expressions; and hexadecimal digits.

use std::fmt::Write as _;

use hardtack::value::{RubyBytes, RubyObject, RubyRange, RubyTime, Value};
use hardtack_peers::{Data, Generator};

/// Makes a value that hardtack writes as Marshal, and the Ruby expression of an equal one.
pub(crate) fn ruby_value(random: &mut Generator, depth: usize) -> (Value, String) {
    match random.below(if depth == 0 { 12 } else { 20 }) {
        0..4 => {
            let data = random.leaf();
            (data.value(), data.ruby())
        }
        4 | 5 => {
            let text = random.text(4);
            let ruby = format!("{}.to_sym", Data::Text(text.clone()).ruby());
            (Value::Symbol(text), ruby)
        }
        6 => bytes(random),
        7 => {
            let name = ["INFINITY", "MAX", "MIN", "EPSILON"][random.below(4)];
            let float = match name {
                "INFINITY" => f64::INFINITY,
                "MAX" => f64::MAX,
                "MIN" => f64::MIN_POSITIVE,
                _ => f64::EPSILON,
            };
            (Value::Float(-float), format!("-Float::{name}"))
        }
        8 | 9 => time(random),
        10 => {
            let day = 2_299_161 + random.below(800_000);
            let day_of_value = i64::try_from(day).expect("it is small");
            (Value::Date(day_of_value), format!("Date.jd({day})"))
        }
        11 => {
            let digits = format!("{}.{}", random.below(1000), 1 + random.below(1000));
            let ruby = format!("BigDecimal('{digits}')");
            (Value::BigDecimal(digits), ruby)
        }
        12..14 => {
            let (values, ruby) = several(random, depth);
            (Value::Array(values), format!("[{ruby}]"))
        }
        14 | 15 => hash(random, depth),
        16 => {
            let Data::Map(pairs) = random.session() else {
                return (Value::Nil, "nil".to_owned());
            };
            let ruby = format!(
                "{}.with_indifferent_access",
                Data::Map(pairs.clone()).ruby()
            );
            let indifferent =
                |(key, data): (String, Data)| (Value::String(key), indifferent(&data));
            let pairs = pairs.into_iter().map(indifferent);
            (Value::IndifferentHash(pairs.collect()), ruby)
        }
        17 => {
            let (begin, end) = (random.below(100), random.below(100));
            let exclude_end = random.below(2) == 1;
            let dots = if exclude_end { "..." } else { ".." };
            let number = |number: usize| Value::from(i64::try_from(number).expect("small"));
            let range = RubyRange {
                begin: number(begin),
                end: number(end),
                exclude_end,
            };
            (
                Value::Range(Box::new(range)),
                format!("({begin}{dots}{end})"),
            )
        }
        18 => object(random, depth),
        _ => {
            let numbers: Vec<i64> = (0..random.below(5)).zip(7..).map(|(_, one)| one).collect();
            let ruby = format!("Set{numbers:?}");
            (
                Value::Set(numbers.into_iter().map(Value::from).collect()),
                ruby,
            )
        }
    }
}

/// Maps of any depth are of that class, as in Rails.
fn indifferent(data: &Data) -> Value {
    match data {
        Data::List(items) => Value::Array(items.iter().map(indifferent).collect()),
        Data::Map(pairs) => Value::IndifferentHash(
            pairs
                .iter()
                .map(|(key, data)| (Value::String(key.clone()), indifferent(data)))
                .collect(),
        ),
        other => other.value(),
    }
}

fn several(random: &mut Generator, depth: usize) -> (Vec<Value>, String) {
    let length = random.below(5);
    let values = (0..length).map(|_| ruby_value(random, depth - 1));
    let (values, ruby): (Vec<_>, Vec<_>) = values.unzip();
    (values, ruby.join(","))
}

fn hash(random: &mut Generator, depth: usize) -> (Value, String) {
    let mut pairs: Vec<(Value, Value)> = Vec::new();
    let mut expressions = Vec::new();
    for number in 0..random.below(5) {
        let (key, key_ruby) = match random.below(4) {
            0 => (Value::Symbol(format!("k{number}")), format!(":k{number}")),
            1 => (
                Value::from(i64::try_from(number).expect("small")),
                number.to_string(),
            ),
            2 => {
                let name = format!("a{number}");
                let symbols = vec![Value::Symbol(name.clone()), Value::Nil];
                (Value::Array(symbols), format!("[:{name}, nil]"))
            }
            _ => {
                let text = format!("{number}{}", random.text(2));
                let ruby = Data::Text(text.clone()).ruby();
                (Value::String(text), ruby)
            }
        };
        let (value, ruby) = ruby_value(random, depth - 1);
        pairs.push((key, value));
        expressions.push(format!("{key_ruby}=>{ruby}"));
    }
    (Value::Hash(pairs), format!("{{{}}}", expressions.join(",")))
}

fn object(random: &mut Generator, depth: usize) -> (Value, String) {
    let (left, left_ruby) = ruby_value(random, depth - 1);
    let (right, right_ruby) = ruby_value(random, depth - 1);
    let named = |names: [&str; 2]| {
        let names = names.map(str::to_owned).into_iter();
        names.zip([left.clone(), right.clone()]).collect()
    };
    let (class, object) = if random.below(2) == 0 {
        let members = named(["left", "right"]);
        let class = "Pair".to_owned();
        ("Pair", RubyObject::Struct { class, members })
    } else {
        let ivars = named(["@x", "@y"]);
        let class = "Point".to_owned();
        ("Point", RubyObject::Instance { class, ivars })
    };
    let ruby = format!("{class}.new({left_ruby},{right_ruby})");
    (Value::Object(Box::new(object)), ruby)
}

fn bytes(random: &mut Generator) -> (Value, String) {
    let (encoding, any) = [("ASCII-8BIT", 256), ("US-ASCII", 128)][random.below(2)];
    let bytes: Vec<u8> = (0..random.below(12))
        .map(|_| u8::try_from(random.below(any)).expect("it is a byte"))
        .collect();
    let ruby = format!(
        "['{}'].pack('H*').force_encoding('{encoding}')",
        hex(&bytes)
    );
    let encoding = encoding.to_owned();
    (Value::Bytes(RubyBytes { bytes, encoding }), ruby)
}

fn time(random: &mut Generator) -> (Value, String) {
    let seconds = i64::try_from(random.below(1 << 34)).expect("small") - (1 << 32);
    let nanoseconds = u32::try_from(random.below(1_000_000_000)).expect("small");
    let (utc_offset, name) = [
        (0, "UTC"),
        (7_200, "+02:00"),
        (-34_200, "-09:30"),
        (20_700, "+05:45"),
    ][random.below(4)];
    let time = RubyTime {
        seconds,
        nanoseconds,
        utc_offset,
        utc: name == "UTC",
        zone: None,
        with_zone: false,
    };
    let ruby = format!("Time.at({seconds}, {nanoseconds}, :nsec, in: '{name}')");
    (Value::Time(time), ruby)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut digits, byte| {
        write!(digits, "{byte:02x}").expect("a String takes all");
        digits
    })
}

pub(crate) fn bytes_of_hex(digits: &str) -> Vec<u8> {
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("hex");
    (0..digits.len()).step_by(2).map(byte).collect()
}
