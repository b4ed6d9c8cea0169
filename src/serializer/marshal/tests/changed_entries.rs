//! Sessions: their entries, and the streams written after some of them changed.

use super::{Document, dump_root, marshal, ruby};
use crate::serializer::marshal::document::NodeId;
use crate::serializer::value::Value;
use crate::serializer::{Key, NewValue, Part};

fn vector(name: &str) -> (Document, Vec<u8>) {
    let vector = ruby()
        .into_iter()
        .find(|vector| vector.name == name)
        .unwrap();
    (Document::load(&vector.bytes).unwrap(), vector.bytes)
}

fn keys(document: &Document) -> Vec<String> {
    document
        .entries()
        .unwrap()
        .into_iter()
        .map(|entry| entry.key)
        .collect()
}

/// Every entry of a document, unchanged.
fn untouched(document: &Document) -> Vec<(Key<'static, NodeId>, Part<'static, NodeId>)> {
    let entries = document.entries().unwrap().into_iter();
    entries
        .map(|entry| (Key::Read(entry.key_node), Part::Read(entry.value_node)))
        .collect()
}

#[test]
fn entries_by_text() {
    let (document, _) = vector("odd keys");
    assert_eq!(
        keys(&document),
        ["", "2", "2.5", "true", "s", "1180591620717411303424", "é"]
    );
    // `:s` and `"s"`: the last one.
    let entry = &document.entries().unwrap()[4];
    assert_eq!(document.value(entry.value_node), Ok(Value::Integer(7)));
    assert_eq!(
        document.value(entry.key_node),
        Ok(Value::String("s".into()))
    );
    for name in [
        "session",
        "session with default",
        "session with indifferent hash",
    ] {
        assert_eq!(keys(&vector(name).0)[0], "session_id");
    }
    assert_eq!(Document::load(&marshal(b"[\x00")).unwrap().entries(), None);
}

#[test]
fn untouched_sessions_are_the_same_bytes() {
    for name in [
        "session",
        "session with default",
        "session with indifferent hash",
        "indifferent",
        "hash by identity",
    ] {
        let (document, bytes) = vector(name);
        let written = dump_root(Some(&document), untouched(&document).into_iter()).unwrap();
        assert_eq!(
            written.escape_ascii().to_string(),
            bytes.escape_ascii().to_string(),
            "{name}"
        );
    }
}

#[test]
fn without_its_first_entry_a_session_is_what_ruby_writes() {
    let vectors = ruby();
    let removals: Vec<_> = vectors
        .iter()
        .filter(|vector| vector.kind == "removal")
        .collect();
    assert!(removals.len() > 8);
    for vector in removals {
        let document = Document::load(&vector.bytes).unwrap();
        let rest = untouched(&document).into_iter().skip(1);
        let written = dump_root(Some(&document), rest).unwrap();
        assert_eq!(
            written.escape_ascii().to_string(),
            vector.rest.escape_ascii().to_string(),
            "{}",
            vector.name
        );
    }
}

#[test]
fn a_changed_entry_renumbers_what_follows() {
    // Marshal.dump({ "a" => [2**40, 1.5, "n"], "b" => (t = "shared"), "c" => [t], :k => :k })
    let expected =
        b"\x04\x08{\x09I\"\x06a\x06:\x06ET[\x08l+\x08\0\0\0\0\0\x01f\x081.5I\"\x06n\x06;\x00T\
        I\"\x06b\x06;\x00TI\"\x0bshared\x06;\x00TI\"\x06c\x06;\x00T[\x06@\x0c:\x06k;\x06";
    // Marshal.dump({ "a" => 1, "b" => (t = "shared"), "c" => [t], :k => :k })
    let document = Document::load(
        b"\x04\x08{\x09I\"\x06a\x06:\x06ETi\x06I\"\x06b\x06;\x00TI\"\x0bshared\x06;\x00T\
          I\"\x06c\x06;\x00T[\x06@\x08:\x06k;\x06",
    )
    .unwrap();
    let new = Value::Array(vec![
        Value::Integer(1 << 40),
        Value::Float(1.5),
        Value::String("n".into()),
    ]);
    let mut entries = untouched(&document);
    entries[0].1 = Part::Changed(NewValue::Value(&new));
    let written = dump_root(Some(&document), entries.into_iter()).unwrap();
    assert_eq!(
        written.escape_ascii().to_string(),
        expected.escape_ascii().to_string()
    );
}

#[test]
fn a_session_from_nothing() {
    // Marshal.dump({ "session_id" => "x", "n" => :n })
    let expected =
        b"\x04\x08{\x07I\"\x0fsession_id\x06:\x06ETI\"\x06x\x06;\x00TI\"\x06n\x06;\x00T:\x06n";
    let (id, n) = (Value::String("x".into()), Value::Symbol("n".into()));
    let entries = [
        (Key::New("session_id"), Part::Changed(NewValue::Value(&id))),
        (Key::New("n"), Part::Changed(NewValue::Value(&n))),
    ];
    for document in [None, Some(&Document::load(&marshal(b"0")).unwrap())] {
        let written = dump_root(document, entries.into_iter()).unwrap();
        assert_eq!(
            written.escape_ascii().to_string(),
            expected.escape_ascii().to_string()
        );
    }
}

#[test]
fn ivars_of_a_hash_can_be_asked_for() {
    let (document, _) = vector("hash subclass with default and ivars");
    let list = document.parts(match document.kind(document.root()) {
        crate::serializer::marshal::document::Kind::Array(span) => span,
        other => panic!("{other:?}"),
    });
    let [(name, used)] = &document.ivars(list[0])[..] else {
        panic!()
    };
    assert_eq!(name, "@used");
    let shared = (Value::String("shared".into()), Value::Bool(true));
    assert_eq!(document.value(*used), Ok(Value::Hash(vec![shared])));
}
