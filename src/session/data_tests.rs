//! Compares the fast path of writing a session with the path entry by entry.

use super::{SessionData, Value};
use crate::load_defaults::LoadDefaults;
use crate::serializer::entries::Entries;
use crate::serializer::{DumpStyle, Format, Serialized};

/// The keys to set or remove, in turn.
type Changes<'a> = &'a [(&'a str, Option<Value>)];

fn session(text: &str, changes: Changes<'_>) -> SessionData {
    let payload = Serialized {
        bytes: text.into(),
        format: Format::Json,
    };
    let mut session = SessionData {
        read: Entries::load(payload).unwrap().unwrap(),
        ..SessionData::default()
    };
    for (key, value) in changes {
        match value {
            Some(value) => session.changes.set(key, value.clone()),
            None => assert!(session.remove(key), "{key}"),
        }
    }
    session
}

#[test]
fn the_short_way_writes_what_the_long_one_does() {
    let set = |key, number| (key, Some(Value::Integer(number)));
    let texts = [
        r#"{"a":5}"#,
        r#"{"a":5,"bc":[2],"d":"x"}"#,
        r#"{"bc":"null","a":{"b":null},"\u0064":1}"#,
        r#"{"a":5, "bc":[2]}"#,
        r#"{"a":5,"bc":null}"#,
        r#"{"a":null,"bc":1}"#,
        r#"{"a":5,"bc":1,"a":6}"#,
        r#"{"a":5,"bc":1,"\u0061":6}"#,
        "{}",
    ];
    let changes: [Changes<'_>; 11] = [
        &[],
        &[set("a", 1)],
        &[set("new", 1)],
        &[set("new", 1), set("a", 2), set("newer", 3)],
        &[set("bc", 1), set("a", 2)],
        &[set("a", 1), set("a", 2)],
        &[set("d", 1)],
        &[set("a", 1), ("a", Some(Value::Nil))],
        &[set("new", 1), ("new", Some(Value::Nil))],
        &[set("a", 1), ("a", None)],
        &[set("a", 1), ("a", None), set("a", 2)],
    ];
    let style = DumpStyle::of(&LoadDefaults::V7_1.settings());
    let (mut short, mut long) = (0, 0);
    for text in texts {
        for changes in changes {
            let session = session(text, changes);
            let expected = session.read.dump(Vec::new(), session.parts(), style);
            let expected = expected.unwrap().bytes;
            match session.dump_if_set(b"room".to_vec(), style) {
                Ok(found) => {
                    assert_eq!(found.bytes, expected, "{text} {changes:?}");
                    short += 1;
                }
                Err(_) => long += 1,
            }
        }
    }
    // The fast path takes the three texts that Rails wrote, with the seven lists that only set
    // keys.
    assert_eq!((short, long), (3 * 7, 9 * 11 - 3 * 7));
}

/// A save that finds another session applies the changes again, and so does the next one.
#[test]
fn changes_outlast_a_session_that_they_do_not_change() {
    let session = |json: &str| SessionData::from_json(json).unwrap();
    let mut changed = session(r#"{"a":1,"b":1}"#);
    changed.remove("a");
    changed.remove("b");
    changed.insert("b", 2).unwrap();
    let mut first = session(r#"{"c":3}"#);
    changed.rebase_onto(&mut first).unwrap();
    assert_eq!(first.to_json().unwrap(), br#"{"c":3,"b":2}"#);
    let mut second = session(r#"{"a":4,"b":4,"c":4}"#);
    first.rebase_onto(&mut second).unwrap();
    assert_eq!(second.to_json().unwrap(), br#"{"c":4,"b":2}"#);
}
