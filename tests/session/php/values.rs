//! Sessions as PHP 8.2 and 8.4 wrote them (`tests/vectors/php/values-*`).

use hardtack::SessionData;
use hardtack::php::PhpSessions;
use hardtack::value::Value;
use serde::Deserialize;

use super::recorded_values::{entries, is_recorded};
use super::{handler, read, records, shown, write};

#[derive(Deserialize)]
struct Record {
    handler: String,
    serialize_precision: i32,
    name: String,
    hex: String,
    value: serde_json::Value,
}

impl Record {
    fn bytes(&self) -> Vec<u8> {
        hex::decode(&self.hex).unwrap()
    }

    fn format(&self) -> PhpSessions {
        let precision = u8::try_from(self.serialize_precision).ok();
        PhpSessions::new()
            .handler(handler(&self.handler))
            .serialize_precision(precision)
    }
}

/// The recordings that show the object rather than its bytes, which its own class wrote: by
/// `serialize`, `__sleep` or `__serialize`. The last has an array, in which `"5"` and 5 are one key.
const OF_CLASSES: [&str; 8] = [
    "ArrayObject",
    "ArrayObject subclass",
    "Serializable",
    "SplFixedArray",
    "SplObjectStorage",
    "SplStack",
    "__serialize",
    "__sleep",
];

const FILES: [&str; 2] = ["values-8.2.jsonl.gz", "values-8.4.jsonl.gz"];

fn all() -> Vec<Record> {
    FILES.iter().flat_map(|file| records(file)).collect()
}

#[test]
fn sessions_go_back_to_the_same_bytes() {
    let mut checked = 0;
    for record in all() {
        let bytes = record.bytes();
        let session = read(handler(&record.handler), &bytes).unwrap();
        let written = write(&record.format(), &session).unwrap();
        assert_eq!(shown(&written), shown(&bytes), "{}", record.name);
        checked += usize::from(!bytes.is_empty());
    }
    assert_eq!(checked, 1_338);
}

/// The values are those that PHP says it wrote.
#[test]
fn values_are_read() {
    let (mut checked, mut of_classes) = (0, 0);
    for record in all() {
        if record.value.is_null() || record.hex.is_empty() {
            continue;
        }
        let session = read(handler(&record.handler), &record.bytes()).unwrap();
        for (key, expected) in entries(&record.value) {
            // PHP left out some keys.
            if !session.contains_key(&key) {
                continue;
            }
            let value = session.get::<Value>(&key).unwrap().unwrap_or(Value::Nil);
            if is_recorded(&value, &expected) {
                checked += 1;
            } else {
                let name = &record.name;
                assert!(
                    OF_CLASSES.contains(&&**name),
                    "{name}: {value:?}, {expected:?}"
                );
                of_classes += 1;
            }
        }
    }
    assert_eq!((checked, of_classes), (2_016, 42));
}

/// Each value is decoded, and written from what was decoded.
#[test]
fn values_are_written() {
    let (mut checked, mut floats, mut refer, mut of_classes) = (0, 0, 0, 0);
    for record in all() {
        let bytes = record.bytes();
        let session = read(handler(&record.handler), &bytes).unwrap();
        if refers(&bytes) {
            // Values know no identity.
            refer += 1;
            continue;
        }
        let mut new = SessionData::new();
        let mut is_readable = true;
        for key in session.keys() {
            match session.get::<Value>(&key) {
                Ok(value) => new.insert(&key, value).unwrap(),
                Err(error) => {
                    assert!(record.name.starts_with("nested 1"), "{error}");
                    is_readable = false;
                }
            }
        }
        if is_readable && !bytes.is_empty() {
            let written = write(&record.format(), &new).unwrap();
            if written == bytes {
                checked += 1;
            } else {
                assert!(
                    OF_CLASSES.contains(&&*record.name),
                    "{}: {}",
                    record.name,
                    shown(&written)
                );
                let again = read(handler(&record.handler), &written).unwrap();
                for key in session.keys() {
                    let value = |session: &SessionData| session.get::<Value>(&key).unwrap();
                    assert_eq!(value(&again), value(&session), "{}", record.name);
                }
                of_classes += 1;
            }
            floats += usize::from(record.name.starts_with("float "));
        }
    }
    // 30 floats in each precision, handler and version; six values nest 1000 levels.
    assert_eq!((checked, floats, refer, of_classes), (1_236, 360, 60, 36));
}

/// Only these have a reference: the recordings hold no such text in a string.
fn refers(bytes: &[u8]) -> bool {
    let is_reference = |five: &[u8]| {
        matches!(
            five,
            [
                b';' | b'|' | b'{' | 0..=0x7f,
                b'r' | b'R',
                b':',
                b'0'..=b'9',
                ..
            ]
        )
    };
    bytes.windows(5).any(is_reference)
}
