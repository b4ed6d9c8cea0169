//! A broken value that is sealed by the right key is refused, and never causes a panic.
//!
//! Random bytes never pass a signature check, so the tests sign them, as Rails would.

use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hardtack::value::Value;
use hardtack::{Jar, LoadDefaults, Refusal, Serializer, SessionData};
use proptest::prelude::*;

use crate::signed::signed;
use crate::support;

const NAME: &str = "_app_session";

/// Returns the signed jar of Rails 7.1 with each serializer, and the jar of 7.0, which recognizes
/// envelopes in another way.
fn jars() -> &'static [Jar] {
    static JARS: OnceLock<Vec<Jar>> = OnceLock::new();
    JARS.get_or_init(|| {
        let jar = |version: LoadDefaults, serializer| {
            let settings = LoadDefaults::V7_1.settings().cookies_serializer(serializer);
            Jar::signed(&support::secret(), settings.version(version))
        };
        let newer = Serializer::ALL
            .iter()
            .map(|one| jar(LoadDefaults::V7_1, *one));
        newer
            .chain([jar(LoadDefaults::V7_0, Serializer::Json)])
            .collect()
    })
}

/// Reads the bytes in every way. All ways must agree if the bytes are a value. Only a map with an
/// unreadable entry is kept nevertheless.
fn read_in_every_way(bytes: &[u8]) {
    let message = signed(bytes);
    for jar in jars() {
        let value = jar.explain(NAME, &message);
        let kept = jar.open(NAME, &message);
        let session = SessionData::read_value(jar, NAME, &message);
        assert!(
            value.is_ok() == kept.is_ok() || kept.is_ok() && session.is_ok(),
            "{:?}",
            String::from_utf8_lossy(bytes)
        );
        if let (Ok(_), Ok(session)) = (&value, &session) {
            let session = session.value();
            for key in session.keys() {
                assert!(session.get::<Value>(&key).is_ok(), "{key}");
            }
        }
        let _ = jar.read_value::<serde_json::Value>(NAME, &message);
        let _ = jar.read_value::<(u8, String)>(NAME, &message);
        if let Ok(session) = session {
            let session = session.value();
            for key in session.keys() {
                assert!(session.contains_key(&key));
                let _ = session.get::<Value>(&key);
                let _ = session.get::<String>(&key);
            }
        }
    }
}

/// Makes text close to JSON: valid JSON with a few errors.
fn near_json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "null|true|false|-?[0-9]{1,25}(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,4})?",
        r#""([a-z]|\\u[0-9a-fA-F]{4}|\\[nt"/]|é|[\x00-\x1f]){0,8}""#,
        "[\\[\\]{},:\"]",
    ];
    leaf.prop_recursive(6, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6)
                .prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec(("\"[ab_]{0,2}\"", inner), 0..6).prop_map(|pairs| {
                let pairs: Vec<_> = pairs
                    .iter()
                    .map(|(key, value)| format!("{key}:{value}"))
                    .collect();
                format!("{{{}}}", pairs.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        read_in_every_way(&bytes);
    }

    #[test]
    fn bytes_that_say_what_they_are(
        head in prop::sample::select(vec![&b"\x04\x08"[..], b"\xcc\x80", b"{\"", b"{\"_rails\":{\"message\":"]),
        bytes in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        read_in_every_way(&[head, &bytes].concat());
    }

    #[test]
    fn near_json_is_read_alike_in_every_way(text in near_json()) {
        read_in_every_way(text.as_bytes());
    }

    #[test]
    fn envelopes_of_any_kind(
        message in "[A-Za-z0-9+/]{0,12}=?=?",
        exp in "null|\"[0-9TZtz:.+-]{0,24}\"|[0-9]{1,3}",
        pur in "null|\"(cookie\\._app_session|cookie\\.[a-z]{1,3}|)\"|\\[\\]",
    ) {
        read_in_every_way(format!(r#"{{"_rails":{{"message":"{message}","exp":{exp},"pur":{pur}}}}}"#).as_bytes());
    }
}

/// The purpose in the envelope is a JSON string, which is decoded before it is compared.
#[test]
fn a_purpose_is_compared_as_the_text_that_it_is() {
    let wrong = Some(Refusal::WrongPurpose);
    let cases = [
        ("cart", "cart", None),
        ("cart", r"\u0063art", None),
        ("cart", "Cart", wrong),
        ("a&b", "a&b", None),
        ("a&b", r"a\u0026b", None),
        (r"a\u0062", r"a\u0062", wrong),
        (r"a\u0062", r"a\\u0062", None),
        (r#"a"b"#, r#"a\"b"#, None),
        (r#"a"b"#, r#"a"b"#, Some(Refusal::UnreadableValue)),
        ("a\tb", "a\tb", Some(Refusal::UnreadableValue)),
        ("a\tb", r"a\tb", None),
        ("", "", None),
    ];
    let mut checked = 0;
    for (name, in_json, refusal) in cases {
        let message = STANDARD.encode("1");
        let text = format!(
            r#"{{"_rails":{{"message":"{message}","exp":null,"pur":"cookie.{in_json}"}}}}"#
        );
        // Every serializer reads a bare 1, so that only the purpose decides.
        for jar in jars() {
            let opened = jar.explain(name, signed(text.as_bytes()));
            assert_eq!(opened.err(), refusal, "{name} in {text}");
            checked += 1;
        }
    }
    assert_eq!(checked, cases.len() * jars().len());
}

/// Values that a too generous, or too strict, reader gets wrong.
#[test]
fn hard_cases() {
    let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    let inner = STANDARD.encode("\"owned\"");
    let unreadable = Some(Refusal::UnreadableValue);
    let cases = [
        (r#"{"a":1,"a":2}"#.to_owned(), Ok(r#"{"a":2}"#.to_owned())),
        (deep(100), Ok(deep(100))),
        (deep(101), Err(unreadable)),
        (r#""\ud83c\udf6a""#.to_owned(), Ok("\"🍪\"".to_owned())),
        (r#""\ud83c""#.to_owned(), Err(unreadable)),
        (r#""\udf6a\ud83c""#.to_owned(), Err(unreadable)),
        // An Array is no envelope, with any content.
        (
            format!(r#"[["{inner}",null,"cookie.{NAME}"]]"#),
            Ok(format!(r#"[["{inner}",null,"cookie.{NAME}"]]"#)),
        ),
        (
            format!(r#"{{"_rails":{{"message":"{inner}","exp":null,"pur":"cookie.{NAME}"}}}}"#),
            Ok("\"owned\"".to_owned()),
        ),
        (
            format!(r#"{{"_rails":{{"message":"{inner}","exp":null,"pur":"cookie.other"}}}}"#),
            Err(Some(Refusal::WrongPurpose)),
        ),
        (
            format!(
                r#"{{"_rails":{{"message":"{inner}","exp":"2020-01-01t00:00:00z","pur":null}}}}"#
            ),
            Err(Some(Refusal::Expired)),
        ),
        (
            format!(r#"{{"_rails":{{"message":"{inner}","exp":"soon","pur":null}}}}"#),
            Err(unreadable),
        ),
    ];
    assert_eq!(cases.len(), 11);
    let jar = support::signed_jar();
    for (text, expected) in cases {
        read_in_every_way(text.as_bytes());
        let read = jar.explain(NAME, signed(text.as_bytes()));
        let read = read.map(|opened| opened.value().to_string()).map_err(Some);
        assert_eq!(read, expected, "{text}");
    }
    // A key twice is no fault to a struct either; the last counts.
    let twice = jar.read_value::<Pair>(NAME, signed(br#"{"a":1,"a":2}"#));
    assert_eq!(twice.unwrap().value().a, 2);
}

#[derive(serde::Deserialize)]
struct Pair {
    a: u8,
}

/// A value that looks like an envelope is not sealed without an envelope: its author could have
/// chosen the purpose of another cookie.
#[test]
fn a_value_that_looks_like_an_envelope_is_not_sealed_bare() {
    let text = r#"{"_rails":{"message":"Im93bmVkIg==","exp":null,"pur":"cookie.admin"}}"#;
    let value: Value = serde_json::from_str(text).unwrap();
    for (metadata, sealed) in [(false, false), (true, true)] {
        let settings = LoadDefaults::V7_1
            .settings()
            .use_cookies_with_metadata(metadata);
        let jar = Jar::encrypted(&support::secret(), settings);
        let cookie = jar.write("prefs", &value, &hardtack::CookieAttributes::new());
        assert_eq!(cookie.is_ok(), sealed);
        if let Ok(cookie) = cookie {
            assert_eq!(
                jar.explain("prefs", cookie.value()).unwrap().value(),
                &value
            );
            assert_eq!(
                jar.explain("admin", cookie.value()).err(),
                Some(Refusal::WrongPurpose)
            );
        }
    }
}

/// An envelope is JSON, in which a control character is escaped (RFC 8259 section 7).
#[test]
fn a_bare_control_character_makes_no_envelope() {
    for (newlines, name, expected) in [
        ("\\n", "a\nb", Ok(Value::Integer(45))),
        ("\n", "a\nb", Err(Refusal::UnreadableValue)),
        ("\n\n", "a\n\nb", Err(Refusal::UnreadableValue)),
    ] {
        let text =
            format!(r#"{{"_rails":{{"message":"NDU=","exp":null,"pur":"cookie.a{newlines}b"}}}}"#);
        for jar in jars() {
            let opened = jar.explain(name, signed(text.as_bytes()));
            let value = opened.map(hardtack::message::Opened::into_value);
            assert_eq!(value, expected, "{newlines:?}");
        }
    }
}

/// An error names kinds of values, never the values: it may be logged.
#[test]
fn errors_do_not_show_what_is_in_a_session() {
    let jar = support::signed_jar();
    let session = SessionData::read_value(&jar, NAME, signed(br#"{"token":"TOPSECRET"}"#)).unwrap();
    let error = session.value().get::<u32>("token").unwrap_err();
    let shown = format!("{error} {error:?} {session:?}");
    assert!(
        shown.contains("a String") && !shown.contains("TOPSECRET"),
        "{shown}"
    );
}
