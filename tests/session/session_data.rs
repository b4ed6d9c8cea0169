//! Values that Rust did not change go back to Rails unchanged.

use hardtack::value::Value;
use hardtack::{CookieHeader, Error, InvalidMessage, Jar, SessionData};
use serde_json::value::RawValue;

use crate::support::{encrypted_jar, signed_jar};

const NAME: &str = "_app_session";

/// Seals a JSON text as it is.
fn sealed(jar: &Jar, json: &str) -> Vec<u8> {
    let raw = RawValue::from_string(json.to_owned()).unwrap();
    jar.write(NAME, &raw, None).unwrap().value().to_vec()
}

fn opened(json: &str) -> Result<SessionData, InvalidMessage> {
    let jar = encrypted_jar();
    SessionData::read_value(&jar, NAME, sealed(&jar, json))
        .map(hardtack::message::Opened::into_value)
}

/// The JSON text that a session is written as.
fn written(session: &mut SessionData) -> String {
    let jar = encrypted_jar();
    let cookie = session.write(&jar, NAME, None).unwrap();
    let raw = jar
        .read_value::<Box<RawValue>>(NAME, cookie.value())
        .unwrap();
    raw.value().get().to_owned()
}

#[test]
fn untouched_values_are_copied_as_they_came() {
    let id = r#""session_id":"3af1c1b9c1b8d6f1a0a3a7b0c3d4e5f6""#;
    // The input, the output after `touched` was set to 1, and the difficulty.
    let cases = [
        (
            "order",
            r#"{ID,"z":1,"a":2}"#,
            r#"{ID,"z":1,"a":2,"touched":1}"#,
        ),
        ("in place", r#"{"touched":0,ID}"#, r#"{"touched":1,ID}"#),
        (
            "big integers",
            r#"{ID,"n":1606938044258990275541962092341162602522202993782792835301376}"#,
            r#"{ID,"n":1606938044258990275541962092341162602522202993782792835301376,"touched":1}"#,
        ),
        (
            "floats",
            r#"{ID,"f":[1.0,1.0e+20,-0.0,0.10]}"#,
            r#"{ID,"f":[1.0,1.0e+20,-0.0,0.10],"touched":1}"#,
        ),
        (
            "escapes",
            r#"{ID,"s":"\u003cb\u003e \u00e9 \/ \ud83c\udf6a","k\u0065y":1}"#,
            r#"{ID,"s":"\u003cb\u003e \u00e9 \/ \ud83c\udf6a","k\u0065y":1,"touched":1}"#,
        ),
        (
            "the last of two equal keys wins",
            r#"{ID,"a":1,"b":2,"a":{"c":null}}"#,
            r#"{ID,"a":{"c":null},"b":2,"touched":1}"#,
        ),
        (
            "equal though escaped",
            r#"{ID,"a":1,"\u0061":2}"#,
            r#"{ID,"\u0061":2,"touched":1}"#,
        ),
        (
            "nil at the top goes",
            r#"{ID,"a":null,"b":[null]}"#,
            r#"{ID,"b":[null],"touched":1}"#,
        ),
        (
            "white space around",
            " {\n ID ,\t\"a\" : 1 } ",
            r#"{ID,"a":1,"touched":1}"#,
        ),
        (
            "stray keys of 5.2's upgrade",
            r#"{ID,"value":{"value":1,"path":"/"}}"#,
            r#"{ID,"value":{"value":1,"path":"/"},"touched":1}"#,
        ),
    ];
    assert_eq!(cases.len(), 10);
    for (what, before, after) in cases {
        let mut session = opened(&before.replace("ID", id)).unwrap();
        assert!(!session.is_changed(), "{what}");
        session.insert("touched", 1).unwrap();
        assert!(session.is_changed(), "{what}");
        assert_eq!(written(&mut session), after.replace("ID", id), "{what}");
    }
}

#[test]
fn many_keys_are_told_apart_as_few_are() {
    // Doubles among more keys than are compared one by one.
    let keys: Vec<String> = (0..40)
        .map(|key| format!(r#""k{}":{key}"#, key % 25))
        .collect();
    let mut session = opened(&format!("{{{}}}", keys.join(","))).unwrap();
    session
        .insert("session_id", "3af1c1b9c1b8d6f1a0a3a7b0c3d4e5f6")
        .unwrap();
    let expected: Vec<String> = (0..25)
        .map(|key| format!(r#""k{key}":{}"#, if key < 15 { key + 25 } else { key }))
        .collect();
    let id = r#""session_id":"3af1c1b9c1b8d6f1a0a3a7b0c3d4e5f6""#;
    assert_eq!(
        written(&mut session),
        format!("{{{},{id}}}", expected.join(","))
    );
    assert_eq!(session.get::<u32>("k3").unwrap(), Some(28));
}

#[test]
fn a_value_is_read_as_the_type_that_is_asked_for() {
    let session = opened(
        r#"{"id":42,"big":1208925819614629174706176,"name":"Zo\u00eb","tags":["a"],"nil":null,"price":9.5}"#,
    )
    .unwrap();
    assert_eq!(session.get::<u8>("id").unwrap(), Some(42));
    assert_eq!(session.get::<i128>("big").unwrap(), Some(1 << 80));
    assert_eq!(
        session.get::<Value>("big").unwrap().unwrap().to_string(),
        "1208925819614629174706176"
    );
    assert_eq!(
        session.get::<String>("name").unwrap().as_deref(),
        Some("Zoë")
    );
    assert_eq!(
        session.get::<Vec<String>>("tags").unwrap(),
        Some(vec!["a".to_owned()])
    );
    assert_eq!(session.get::<u8>("nil").unwrap(), None);
    assert_eq!(session.get::<u8>("absent").unwrap(), None);
    assert!(session.contains_key("nil") && !session.contains_key("absent"));
    assert_eq!(
        session.keys(),
        ["id", "big", "name", "tags", "nil", "price"]
    );

    let error = session.get::<u8>("name").unwrap_err();
    assert!(
        matches!(&error, Error::UnexpectedValue { key, .. } if key == "name"),
        "{error}"
    );
}

#[test]
fn what_is_no_map_is_no_session() {
    let cases = ["null", "45", "[]", r#""text""#, "true"];
    for json in cases {
        assert!(opened(json).is_err(), "{json}");
    }
    assert!(opened("{}").is_ok());
}

#[test]
fn removing_clearing_and_setting_again() {
    let mut session =
        opened(r#"{"session_id":"3af1c1b9c1b8d6f1a0a3a7b0c3d4e5f6","a":1,"b":2}"#).unwrap();
    assert!(session.remove("a") && !session.remove("a") && !session.remove("c"));
    assert_eq!(session.keys(), ["session_id", "b"]);
    session.insert("a", 3).unwrap();
    assert_eq!(session.get::<u8>("a").unwrap(), Some(3));
    session.insert("b", &Value::Nil).unwrap();
    assert_eq!(
        written(&mut session),
        r#"{"session_id":"3af1c1b9c1b8d6f1a0a3a7b0c3d4e5f6","a":3}"#
    );
    session.clear();
    assert!(session.is_empty() && session.is_changed() && session.session_id().is_none());
}

/// Ruby: `h = {a: 1, b: 2}; h.delete(:a); h[:c] = 3; h[:a] = 4; h.keys == [:b, :c, :a]`
#[test]
fn a_key_that_was_removed_and_set_again_comes_last() {
    let id = r#""session_id":"3af1c1b9c1b8d6f1a0a3a7b0c3d4e5f6""#;
    let mut session = opened(&format!(r#"{{"a":1,{id},"b":2}}"#)).unwrap();
    for value in [4, 5] {
        session.remove("a");
        session.insert("c", 3).unwrap();
        session.insert("a", value).unwrap();
        session.insert("c", 6).unwrap();
        assert_eq!(session.get::<u8>("a").unwrap(), Some(value));
        assert_eq!(session.keys(), ["session_id", "b", "c", "a"]);
    }
    assert_eq!(
        written(&mut session),
        format!(r#"{{{id},"b":2,"c":6,"a":5}}"#)
    );
    session.remove("a");
    session.remove("c");
    session.insert("c", 7).unwrap();
    assert_eq!(written(&mut session), format!(r#"{{{id},"b":2,"c":7}}"#));
}

#[test]
fn a_session_is_never_written_without_an_id() {
    let mut ids = Vec::new();
    for mut session in [
        SessionData::new(),
        opened("{}").unwrap(),
        opened(r#"{"session_id":null}"#).unwrap(),
        opened(r#"{"session_id":7}"#).unwrap(),
    ] {
        session.insert("user_id", 42).unwrap();
        let cookie = session.write(&signed_jar(), NAME, None).unwrap();
        let header = format!("{NAME}={}", cookie.escaped_value());
        let again = SessionData::read(&signed_jar(), NAME, &CookieHeader::new(&header))
            .unwrap()
            .unwrap();
        let id = again.value().session_id().unwrap();
        assert_eq!(Some(&id), session.session_id().as_ref());
        assert_eq!(id.len(), 32);
        assert!(
            id.bytes()
                .all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')),
            "{id}"
        );
        ids.push(id);
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4);
}

#[test]
fn a_missing_cookie_is_no_error() {
    let header = CookieHeader::new("theme=dark");
    assert!(
        SessionData::read(&encrypted_jar(), NAME, &header)
            .unwrap()
            .is_none()
    );
}

#[test]
fn debug_shows_no_values() {
    let mut session = SessionData::new();
    session.insert("card", "4111111111111111").unwrap();
    let shown = format!("{session:?}");
    assert!(shown.contains("card") && !shown.contains("4111"), "{shown}");
}

#[test]
fn a_view_that_fails_names_the_key_and_not_the_value() {
    #[derive(Debug, serde::Deserialize)]
    #[allow(dead_code, reason = "read by serde alone")]
    enum Tier {
        Gold,
    }
    #[derive(Debug, serde::Deserialize)]
    #[allow(dead_code, reason = "read by serde alone")]
    struct Rest {
        card: u64,
    }
    #[derive(Debug, serde::Deserialize)]
    #[allow(dead_code, reason = "read by serde alone")]
    struct Shopper {
        tier: Option<Tier>,
        #[serde(flatten)]
        rest: Rest,
    }
    let mut ran = 0;
    for (json, named) in [
        (
            r#"{"session_id":"00","card":"4111 secret"}"#,
            "a string, not u64",
        ),
        (
            r#"{"session_id":"00","card":41,"tier":"secret"}"#,
            "tier: it is",
        ),
        (r#"{"session_id":"00"}"#, "card is missing"),
    ] {
        let session = opened(json).unwrap();
        for error in [
            session.view::<Shopper>().map(|_| ()).unwrap_err(),
            session
                .view::<Rest>()
                .map(|_| ())
                .err()
                .unwrap_or(Error::NoRandomness),
        ] {
            let text = format!("{error} {error:?}");
            assert!(!text.contains("secret") && !text.contains("4111"), "{text}");
            ran += 1;
        }
        let text = session.view::<Shopper>().unwrap_err().to_string();
        assert!(text.contains(named), "{text}");
    }
    assert_eq!(ran, 6);
}
