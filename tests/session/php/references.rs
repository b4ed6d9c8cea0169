//! References and objects, when a key that they point to is changed or removed. The expected bytes
//! follow from PHP's numbering: from 1, each value but `R:`, keys not counted.

use hardtack::php::{PhpHandler, PhpSessions};
use hardtack::value::Value;

use super::graph::{Graph, assert_alike};
use super::scripted::{Numbers, session};
use super::{changed, read, shown, write};

/// A session, a key that is removed, and what is left.
const REMOVED: [(&str, &str, &str); 12] = [
    ("a|i:1;b|i:2;c|R:2;", "a", "b|i:2;c|R:1;"),
    ("a|i:1;b|R:1;", "a", "b|i:1;"),
    ("a|i:1;b|R:1;c|R:1;", "a", "b|i:1;c|R:1;"),
    ("a|i:1;b|R:1;c|R:1;", "b", "a|i:1;c|R:1;"),
    (
        r#"a|O:1:"C":1:{s:1:"x";i:1;}b|r:1;c|r:1;"#,
        "a",
        r#"b|O:1:"C":1:{s:1:"x";i:1;}c|r:1;"#,
    ),
    // Another variable with the same object stays another one.
    (
        r#"a|O:1:"C":0:{}b|r:1;c|R:1;"#,
        "a",
        r#"b|O:1:"C":0:{}c|r:1;"#,
    ),
    (
        r#"a|O:1:"C":0:{}b|R:1;c|r:1;"#,
        "a",
        r#"b|O:1:"C":0:{}c|r:1;"#,
    ),
    // What is inside the removed value refers to what stays, and the reverse.
    (
        r#"a|a:2:{i:0;i:7;i:1;O:1:"C":1:{s:1:"y";R:2;}}b|r:3;c|R:2;"#,
        "a",
        r#"b|O:1:"C":1:{s:1:"y";i:7;}c|R:2;"#,
    ),
    (
        r#"a|i:0;b|O:1:"C":2:{s:1:"u";r:2;s:1:"v";i:3;}c|R:4;"#,
        "a",
        r#"b|O:1:"C":2:{s:1:"u";r:1;s:1:"v";i:3;}c|R:3;"#,
    ),
    // A circle goes on in its new place.
    (
        r#"a|O:1:"C":1:{s:1:"u";r:1;}b|r:1;"#,
        "a",
        r#"b|O:1:"C":1:{s:1:"u";r:1;}"#,
    ),
    ("a|a:1:{i:0;R:1;}b|R:1;", "a", "b|a:1:{i:0;R:1;}"),
    (r#"a|E:6:"Suit:A";b|r:1;"#, "a", r#"b|E:6:"Suit:A";"#),
];

#[test]
fn what_is_left_is_numbered_anew() {
    let mut checked = 0;
    for (stored, key, expected) in REMOVED {
        let written = changed(stored.as_bytes(), |session| assert!(session.remove(key)));
        assert_eq!(
            shown(&written),
            shown(expected.as_bytes()),
            "{stored} without {key}"
        );
        checked += 1;
    }
    assert_eq!(checked, 12);
}

#[test]
fn a_new_value_is_a_variable_of_its_own() {
    let set = |value: Value| {
        changed(b"a|i:1;b|R:1;c|a:1:{i:0;R:1;}", |session| {
            session.insert("a", value).unwrap();
        })
    };
    assert_eq!(
        shown(&set(Value::Integer(9))),
        "a|i:9;b|i:1;c|a:1:{i:0;R:2;}"
    );
    // The new value takes three slots.
    let list = Value::from(vec![Value::Integer(5), Value::Nil]);
    assert_eq!(
        shown(&set(list)),
        "a|a:2:{i:0;i:5;i:1;N;}b|i:1;c|a:1:{i:0;R:4;}"
    );
    let anew = changed(b"a|i:1;b|R:1;", |session| {
        session.remove("a");
        session.insert("a", 2).unwrap();
    });
    assert_eq!(shown(&anew), "b|i:1;a|i:2;");
}

#[test]
fn the_array_of_php_serialize_has_a_slot() {
    let stored = br#"a:3:{s:1:"a";i:1;s:1:"b";i:2;s:1:"c";R:3;}"#;
    let mut session = read(PhpHandler::PhpSerialize, stored).unwrap();
    session.remove("a");
    session.insert("7", "seven").unwrap();
    let format = PhpSessions::new().handler(PhpHandler::PhpSerialize);
    let written = write(&format, &session).unwrap();
    assert_eq!(
        shown(&written),
        shown(br#"a:3:{s:1:"b";i:2;s:1:"c";R:2;i:7;s:5:"seven";}"#)
    );
    // And of one handler's session another handler's is made.
    let written = write(
        &PhpSessions::new(),
        &read(PhpHandler::PhpSerialize, stored).unwrap(),
    );
    assert_eq!(shown(&written.unwrap()), "a|i:1;b|i:2;c|R:2;");
    // A reference to the whole session.
    let mut session = read(PhpHandler::PhpSerialize, br#"a:1:{s:1:"a";R:1;}"#).unwrap();
    session.insert("b", 1).unwrap();
    let written = write(&format, &session).unwrap();
    assert_eq!(shown(&written), shown(br#"a:2:{s:1:"a";R:1;s:1:"b";i:1;}"#));
}

/// In PHP the variable of the first one is set again, and so are the references to it from then on.
#[test]
fn of_equal_keys_the_last_counts() {
    let mut checked = 0;
    for (stored, expected) in [
        ("a|i:1;a|i:2;b|R:1;", "a|i:2;b|R:1;"),
        ("a|i:1;b|R:1;a|i:2;", "a|i:2;b|i:1;"),
        (
            "a|i:1;a|i:2;a|i:3;b|R:1;c|R:2;d|R:3;",
            "a|i:3;b|R:1;c|R:1;d|R:1;",
        ),
        // The object comes first now.
        (r#"a|i:1;b|O:1:"C":0:{}a|r:2;"#, r#"a|O:1:"C":0:{}b|r:1;"#),
        // Set to its own variable, and to another one.
        ("a|i:1;a|R:1;b|R:1;", "a|i:1;b|R:1;"),
        ("a|i:1;c|i:2;a|R:2;b|R:1;", "a|i:2;c|R:1;b|R:1;"),
        ("a|i:1;c|i:2;a|R:2;c|R:1;b|R:1;", "a|i:2;c|R:1;b|R:1;"),
        ("a|i:1;a|a:1:{i:0;R:1;}b|R:2;", "a|a:1:{i:0;i:1;}b|R:1;"),
        ("a|i:1;b|a:1:{i:0;i:5;}a|R:3;", "a|i:5;b|a:1:{i:0;R:1;}"),
    ] {
        let written = changed(stored.as_bytes(), |_| {});
        assert_eq!(shown(&written), shown(expected.as_bytes()), "{stored}");
        checked += 1;
    }
    assert_eq!(checked, 9);
}

/// In the bytes that a class wrote itself PHP may count values, and references point to values around.
#[test]
fn past_an_object_that_its_class_serialized_no_number_is_known() {
    let mut checked = 0;
    for (stored, key, expected) in [
        (
            r#"a|i:1;c|C:1:"C":1:{x}b|R:1;d|R:1;"#,
            "a",
            Err("past an object"),
        ),
        (
            r#"a|i:1;b|R:1;c|C:1:"C":1:{x}"#,
            "a",
            Ok(r#"b|i:1;c|C:1:"C":1:{x}"#),
        ),
        (
            r#"a|i:1;b|i:2;c|C:1:"C":1:{x}d|R:2;e|r:3;"#,
            "a",
            Ok(r#"b|i:2;c|C:1:"C":1:{x}d|R:1;e|r:2;"#),
        ),
        (
            r#"a|i:1;c|C:1:"C":4:{R:1;}"#,
            "z",
            Ok(r#"a|i:1;c|C:1:"C":4:{R:1;}new|i:0;"#),
        ),
        (r#"a|i:1;c|C:1:"C":4:{R:1;}"#, "a", Err("lie elsewhere")),
        (r#"a|C:1:"C":1:{x}b|r:1;"#, "a", Ok(r#"b|C:1:"C":1:{x}"#)),
    ] {
        let mut session = read(PhpHandler::Php, stored.as_bytes()).unwrap();
        if !session.remove(key) {
            session.insert("new", 0).unwrap();
        }
        let written = write(&PhpSessions::new(), &session);
        match expected {
            Ok(expected) => assert_eq!(shown(&written.unwrap()), shown(expected.as_bytes())),
            Err(reason) => {
                let error = written.unwrap_err().to_string();
                assert!(error.contains(reason), "{error}");
            }
        }
        checked += 1;
    }
    assert_eq!(checked, 6);
    let reason = read(PhpHandler::Php, br#"c|C:1:"C":1:{x}a|i:1;b|R:2;"#).unwrap_err();
    assert!(reason.contains("past an object"), "{reason}");
}

/// A thousand random sessions: after any key is removed, set or added, what stays looks as before,
/// and the same values are one variable or one object.
#[test]
fn random_sessions_keep_their_identities() {
    let mut numbers = Numbers(24);
    let (mut checked, mut with_references) = (0, 0);
    for round in 0..1_000 {
        let keys = 1 + numbers.below(6);
        let stored = session(&mut numbers, keys);
        let before = Graph::read(&stored);
        let same = changed(&stored, |_| {});
        assert_eq!(shown(&same), shown(&stored), "{round}");
        with_references += usize::from(stored.windows(2).any(|two| matches!(two, b"R:" | b"r:")));
        for key in 0..keys {
            let key = format!("k{key}");
            for way in 0..3 {
                let written = changed(&stored, |session| match way {
                    0 => assert!(session.remove(&key)),
                    1 => session.insert(&key, vec![1, 2, 3]).unwrap(),
                    _ => session.insert("new", ["x"]).unwrap(),
                });
                let what = format!("{} became {}", shown(&stored), shown(&written));
                let after = Graph::read(&written);
                let stays = |name: &str| name != "new" && (way == 2 || name != key);
                assert_alike(&before.seen(stays), &after.seen(stays), &what);
                checked += 1;
            }
        }
    }
    assert!(
        checked > 10_000 && with_references > 500,
        "{checked} {with_references}"
    );
}
