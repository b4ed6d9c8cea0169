//! The recorded scenarios, and Ruby's values as text.

use std::fmt::Write;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};

use flate2::read::{GzDecoder, ZlibDecoder};
use hardtack::SessionData;
use hardtack::stores::StoredSession;
use hardtack::value::Value;
use serde::Deserialize;
use time::OffsetDateTime;

use crate::support::vectors_folder;

pub(super) const VERSIONS: [&str; 6] = ["6.1", "7.0.8.7", "7.1.5.1", "7.2", "8.0.4", "8.1.3.1"];

#[derive(Deserialize)]
pub(super) struct Scenario {
    pub(super) label: String,
    #[serde(default)]
    pub(super) settings: serde_json::Value,
    #[serde(default)]
    pub(super) steps: Vec<Step>,
    // Of the lines that are a session id.
    pub(super) public: Option<String>,
    pub(super) private: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Step {
    pub(super) actions: Vec<String>,
    pub(super) now: f64,
    pub(super) cookie: Option<String>,
    pub(super) set_cookie: Vec<String>,
    pub(super) error: Option<String>,
    pub(super) store: Vec<Kept>,
}

/// An entry or a row of a store.
#[derive(Clone, Deserialize)]
pub(super) struct Kept {
    #[serde(alias = "session_id")]
    pub(super) key: String,
    hex: Option<String>,
    data: Option<String>,
    pub(super) pttl: Option<i64>,
    pub(super) ttl: Option<i64>,
}

impl Kept {
    pub(super) fn bytes(&self) -> Vec<u8> {
        match (&self.hex, &self.data) {
            (Some(text), _) => hex::decode(text).unwrap(),
            (_, Some(data)) => data.clone().into_bytes(),
            _ => panic!("{}: no bytes", self.key),
        }
    }
}

/// The lines of a compressed file of vectors.
pub(super) fn lines(file: &str) -> Vec<String> {
    let path = vectors_folder().join("stored").join(file);
    let lines = BufReader::new(GzDecoder::new(File::open(path).unwrap())).lines();
    lines.map(Result::unwrap).collect()
}

/// All lines of a version.
pub(super) fn of_version(version: &str) -> Vec<Scenario> {
    let lines = lines(&format!("rails-{version}.jsonl.gz"));
    let lines = lines.iter().map(|line| serde_json::from_str(line));
    lines.map(Result::unwrap).collect()
}

/// The time of a step. It has halves of a second at most.
pub(super) fn time_of(now: f64) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + time::Duration::seconds_f64(now)
}

/// A stored session as text: its value and its end, with Ruby's types marked.
pub(super) fn text_of(stored: &StoredSession) -> String {
    let end = stored.expires_at().map_or("null".to_owned(), |end| {
        let seconds = (end - OffsetDateTime::UNIX_EPOCH).as_seconds_f64();
        marked(&Value::Float(seconds))
    });
    format!("[{},{end}]", text_of_session(stored.session()))
}

pub(super) fn text_of_session(session: &SessionData) -> String {
    let pairs = session.keys().into_iter().map(|key| {
        let value = session.get::<Value>(&key).unwrap();
        (Value::from(&*key), value.unwrap_or(Value::Nil))
    });
    marked(&Value::Hash(pairs.collect()))
}

fn marked(value: &Value) -> String {
    let text = |text: &str| serde_json::to_string(text).unwrap();
    let list = |items: &[Value]| {
        let items: Vec<_> = items.iter().map(marked).collect();
        format!("[{}]", items.join(","))
    };
    let pairs = |pairs: &[(Value, Value)]| {
        let pair = |(key, value): &(Value, Value)| format!("[{},{}]", marked(key), marked(value));
        let pairs: Vec<_> = pairs.iter().map(pair).collect();
        format!("[{}]", pairs.join(","))
    };
    match value {
        Value::Nil => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::BigInteger(number) => number.to_string(),
        Value::Float(float) => format!("{{\"float\":\"{:016x}\"}}", float.to_bits()),
        Value::String(string) => text(string),
        Value::Symbol(symbol) => format!("{{\"symbol\":{}}}", text(symbol)),
        Value::Bytes(string) => {
            let mut digits = String::new();
            for byte in &string.bytes {
                write!(digits, "{byte:02x}").unwrap();
            }
            format!("{{\"bytes\":\"{digits}\"}}")
        }
        Value::Array(items) => list(items),
        Value::Hash(entries) => format!("{{\"hash\":{}}}", pairs(entries)),
        Value::IndifferentHash(entries) => format!("{{\"indifferent\":{}}}", pairs(entries)),
        Value::Set(items) => format!("{{\"set\":{}}}", list(items)),
        Value::Range(range) => format!(
            "{{\"range\":[{},{},{}]}}",
            marked(&range.begin),
            marked(&range.end),
            range.exclude_end
        ),
        Value::Time(time) => format!(
            "{{\"time\":[{},{},{}]}}",
            time.seconds, time.nanoseconds, time.utc_offset
        ),
        other => panic!("no mark for {other:?}"),
    }
}

/// The bytes with zlib in them inflated, for streams of another compressor: what is behind the
/// stream follows. What precedes it may hold its length and is left out.
pub(super) fn inflated(bytes: &[u8]) -> Option<Vec<u8>> {
    let start = bytes.windows(2).position(|pair| pair == [0x78, 0x9c])?;
    let mut decoder = ZlibDecoder::new(&bytes[start..]);
    let mut inflated = Vec::new();
    decoder.read_to_end(&mut inflated).ok()?;
    let end = start + usize::try_from(decoder.total_in()).unwrap();
    inflated.extend(&bytes[end..]);
    Some(inflated)
}
