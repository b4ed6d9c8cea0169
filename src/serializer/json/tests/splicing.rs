//! [`splice`] against what stands there by hand, and against the way entry by entry.

use crate::serializer::entries::{Entries, Key, Part};
use crate::serializer::json::escape::JsonStyle;
use crate::serializer::json::index::index;
use crate::serializer::json::splice::splice;
use crate::serializer::value::{RubyBytes, Value};
use crate::serializer::{DumpStyle, Format, Serialized};

/// A text, what is set in it, and what comes of that.
type Case<'a> = (&'a str, &'a [(&'a str, Value)], Option<&'a str>);

fn spliced(text: &str, sets: &[(&str, Value)]) -> Option<String> {
    let entries = index(text).unwrap().unwrap();
    let mut out = b"what was there".to_vec();
    let sets = sets.iter().map(|(key, value)| (*key, value));
    splice(&mut out, text, &entries, sets, JsonStyle::default())?;
    Some(String::from_utf8(out).unwrap())
}

/// The same entry by entry.
fn put_together(text: &str, sets: &[(&str, Value)]) -> String {
    let payload = Serialized {
        bytes: text.into(),
        format: Format::Json,
    };
    let entries = Entries::load(payload).unwrap().unwrap();
    let set = |entry| sets.iter().find(|(key, _)| entries.has_key(entry, key));
    let mut parts: Vec<(Key<'_>, Part<'_>)> = entries
        .unique()
        .map(|entry| {
            let part = set(entry).map_or(Part::Read(entry), |(_, value)| Part::Changed(value));
            (Key::Read(entry), part)
        })
        .filter(|(_, part)| !matches!(part, Part::Read(entry) if entries.is_nil(*entry)))
        .collect();
    for (key, value) in sets {
        if entries.find(key).is_none() {
            parts.push((Key::New(key), Part::Changed(value)));
        }
    }
    let style = DumpStyle::of(&crate::rails_version::RailsVersion::V7_1.settings());
    let payload = entries.dump(Vec::new(), parts.into_iter(), style).unwrap();
    String::from_utf8(payload.bytes).unwrap()
}

#[test]
fn values_are_put_in_place_and_keys_behind() {
    let one = || Value::Integer(1);
    let no_text = RubyBytes {
        bytes: vec![0xFF],
        encoding: "ASCII-8BIT".to_owned(),
    };
    let cases: [Case<'_>; 17] = [
        (r#"{"a":5}"#, &[], Some(r#"{"a":5}"#)),
        (r#"{"a":5}"#, &[("a", one())], Some(r#"{"a":1}"#)),
        (
            r#"{"a":5,"bc":[2]}"#,
            &[("a", one())],
            Some(r#"{"a":1,"bc":[2]}"#),
        ),
        (
            r#"{"a":5,"bc":[2]}"#,
            &[("bc", one())],
            Some(r#"{"a":5,"bc":1}"#),
        ),
        (r#"{"a":5}"#, &[("b", one())], Some(r#"{"a":5,"b":1}"#)),
        // Places as they were, new keys in the order in which they were set.
        (
            r#"{"a":5,"b":6,"c":7}"#,
            &[("d", one()), ("c", one()), ("a", one()), ("e", one())],
            Some(r#"{"a":1,"b":6,"c":1,"d":1,"e":1}"#),
        ),
        (
            r#"{"a":"nul","b":"null"}"#,
            &[("a", one())],
            Some(r#"{"a":1,"b":"null"}"#),
        ),
        // A key and a value that are escaped, and a key that is as long as another.
        (
            r#"{"\u0061":5,"b":"\u003c"}"#,
            &[("a", one()), ("<", Value::from("<"))],
            Some(r#"{"\u0061":1,"b":"\u003c","\u003c":"\u003c"}"#),
        ),
        (
            r#"{"ab":5,"cd":6}"#,
            &[("cd", one())],
            Some(r#"{"ab":5,"cd":1}"#),
        ),
        // Not as Rails writes it.
        (r#"{"a": 5}"#, &[("a", one())], None),
        (r#"{ "a":5}"#, &[("a", one())], None),
        (r#"{"a":5} "#, &[("a", one())], None),
        (r#"{"a":5,"b":null}"#, &[("a", one())], None),
        (r#"{"a":5,"a":6}"#, &[("b", one())], None),
        (r#"{"a":5,"\u0061":6}"#, &[("b", one())], None),
        (r"{}", &[("a", one())], None),
        // A value that cannot be written: the other way says so.
        (r#"{"a":5}"#, &[("a", Value::Bytes(no_text))], None),
    ];
    let mut checked = 0;
    for (text, sets, expected) in &cases {
        assert_eq!(spliced(text, sets).as_deref(), *expected, "{text}");
        if let Some(expected) = expected {
            assert_eq!(put_together(text, sets), *expected, "{text}");
            checked += 1;
        }
    }
    assert_eq!((checked, cases.len()), (9, 17));
}

/// Keys whose lengths are all there are, until there are more than are compared with each other.
#[test]
fn many_keys() {
    for count in 1..=20 {
        let pairs: Vec<String> = (0..count)
            .map(|n| format!(r#""{}":{n}"#, "k".repeat(n + 60)))
            .collect();
        let text = format!("{{{}}}", pairs.join(","));
        let last = "k".repeat(count + 59);
        let sets = [(last.as_str(), Value::Integer(7))];
        let found = spliced(&text, &sets);
        assert_eq!(found.is_some(), count <= 16, "{count}");
        if let Some(found) = found {
            assert_eq!(found, put_together(&text, &sets));
            assert!(found.ends_with(r#"k":7}"#));
        }
    }
}
