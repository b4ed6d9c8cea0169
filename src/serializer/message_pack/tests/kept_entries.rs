//! A message whose entries are partly kept and partly new.

use super::super::super::value::Value;
use super::super::super::{Key, NewValue, Part, Span};
use super::super::{dump_root, index, load, root_is_indifferent, value_at};

fn unhex(text: &str) -> Vec<u8> {
    hex::decode(text.replace(' ', "")).unwrap()
}

#[test]
fn untouched_bytes_are_copied_as_they_stand() {
    // {:a => 1, "b" => extension 99} with the integer in a wider form than the gem's, so that
    // reading and writing it would show.
    let source = unhex("cc80 82  d40061 cd0001  a162 d463ff");
    let entries = index(&source).unwrap().unwrap();
    assert_eq!(entries[0].key, Span::new(3, 6));
    assert_eq!(entries[0].value, Span::new(6, 9));
    assert_eq!(entries[1].key, Span::new(9, 11));
    assert_eq!(entries[1].value, Span::new(11, 14));
    assert_eq!(
        [entries[0].text(&source), entries[1].text(&source)],
        ["a", "b"]
    );
    assert!(!root_is_indifferent(&source));

    let new = Value::Bool(true);
    let parts = [
        (Key::Read(entries[0].key), Part::Read(entries[0].value)),
        (
            Key::Read(entries[1].key),
            Part::Changed(NewValue::Value(&new)),
        ),
        (Key::New("c"), Part::Read(entries[1].value)),
    ];
    let dumped = dump_root(&source, false, parts.into_iter()).unwrap();
    let expected = unhex("cc80 83  d40061 cd0001  a162 c3  a163 d463ff");
    assert_eq!(hex::encode(dumped), hex::encode(expected));
}

#[test]
fn an_indifferent_root_stays_one() {
    let source = unhex("cc80 c704 11 81 a161 01");
    assert!(root_is_indifferent(&source));
    let entries = index(&source).unwrap().unwrap();
    assert_eq!(value_at(&source, entries[0].value), Ok(Value::Integer(1)));
    let nothing = dump_root(&source, true, std::iter::empty()).unwrap();
    assert_eq!(hex::encode(nothing), "cc80d41180");
    let new = Value::Integer(2);
    let parts = [(
        Key::Read(entries[0].key),
        Part::Changed(NewValue::Value(&new)),
    )];
    let dumped = dump_root(&source, true, parts.into_iter()).unwrap();
    assert_eq!(hex::encode(dumped), "cc80d61181a16102");
}

#[test]
fn keys_that_are_no_text() {
    // nil, true, -1, 2.5, 2**64, invalid UTF-8, a String twice.
    let source = unhex(
        "cc80 88  c0 01  c3 01  ff 01  cb4004000000000000 01 \
         c70d01 00 00000000 00000000 00000001 01  a1ff 01  a161 01  a161 02",
    );
    let entries = index(&source).unwrap().unwrap();
    let texts: Vec<&str> = entries.iter().map(|entry| entry.text(&source)).collect();
    let expected = [
        "",
        "true",
        "-1",
        "2.5",
        "18446744073709551616",
        r#""\xff""#,
        "a",
        "a",
    ];
    assert_eq!(texts, expected);
    let Ok(Value::Hash(pairs)) = load(&source) else {
        panic!("no hash");
    };
    assert_eq!(pairs.len(), 7);
    assert_eq!(pairs[6].1, Value::Integer(2));
}

#[test]
fn other_roots_have_no_entries() {
    for body in ["c0", "90", "d40061", "d60c9201a161", "d463ff"] {
        let source = unhex(&format!("cc80{body}"));
        assert_eq!(index(&source), Ok(None), "{body}");
        assert!(!root_is_indifferent(&source));
    }
    assert_eq!(index(&unhex("cc8080")), Ok(Some(vec![])));
}

#[test]
fn ranges_outside_the_source_are_refused() {
    for (start, end) in [(7, 9), (2, 2), (0, usize::MAX)] {
        let parts = [(Key::New("a"), Part::Read(Span::new(start, end)))];
        assert!(dump_root(b"\xcc\x80\x81", false, parts.into_iter()).is_err());
    }
}

#[test]
fn the_levels_of_the_root_count() {
    let deep = |levels| (0..levels).fold(Value::Nil, |inner, _| Value::Array(vec![inner]));
    for (indifferent, most) in [(false, 127), (true, 126)] {
        let (deepest, too_deep) = (deep(most), deep(most + 1));
        let root = |value| {
            let entries = [(Key::New("a"), Part::Changed(NewValue::Value(value)))];
            dump_root(&[], indifferent, entries.into_iter())
        };
        assert!(load(&root(&deepest).unwrap()).is_ok());
        assert!(root(&too_deep).is_err());
    }
}
