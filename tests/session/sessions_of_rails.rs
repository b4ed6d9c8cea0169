//! The sessions that Rails' own session store wrote, under each serializer: read, changed in one
//! key, and written again.

use hardtack::headers::unescape;
use hardtack::value::Value;
use hardtack::{Jar, LoadDefaults, SecretKeyBase, SessionData};
use serde::Deserialize;

use crate::steps::{contents, steps};
use crate::support;

const NAME: &str = "_app_session";

fn jar(rails: &str, secret: &str, serializer: &str) -> Jar {
    let version: LoadDefaults = rails.parse().unwrap();
    let settings = version
        .settings()
        .cookies_serializer(serializer.parse().unwrap());
    Jar::encrypted(&SecretKeyBase::new(secret).unwrap(), settings)
}

#[test]
fn every_step_of_every_session() {
    let counts = [(16, 4), (24, 6), (24, 6)];
    for ((file, steps), (written, silent)) in steps().into_iter().zip(counts) {
        let mut counted = (0, 0);
        for step in steps {
            let place = format!("{file}: {} {}", step.serializer, step.what);
            let (Some(cookie), Some(mut expected)) = (&step.cookie, step.expected()) else {
                counted.1 += 1;
                continue;
            };
            let jar = Jar::encrypted(&step.secret(), step.settings());
            let value = unescape(cookie.as_bytes());
            let opened = SessionData::read_value(&jar, NAME, &value).expect(&place);
            assert!(!opened.needs_rewrite(), "{place}");
            let mut session = opened.into_value();
            let id = session.session_id().expect(&place);
            assert_eq!(contents(&session), expected, "{place}");

            session.insert("touched", vec![1, 2]).unwrap();
            let cookie = session.write(&jar, NAME, None).unwrap();
            let again = SessionData::read_value(&jar, NAME, cookie.value()).unwrap();
            assert_eq!(again.value().session_id(), Some(id), "{place}");
            let touched = serde_json::from_str("[1,2]").unwrap();
            expected.insert("touched".to_owned(), touched);
            assert_eq!(contents(again.value()), expected, "{place}");
            counted.0 += 1;
        }
        assert_eq!(counted, (written, silent), "{file}");
    }
}

#[derive(Deserialize)]
struct MessagePackCookie {
    rails: String,
    kind: String,
    #[serde(default)]
    secret_key_base: String,
    #[serde(default)]
    cookie: String,
}

/// Their Hash had Symbol keys, which `cookies.encrypted[]=` reads as options: Rails sealed nil.
#[test]
fn the_message_pack_cookies() {
    let mut ran = 0;
    for file in [
        "message_pack/rails-7.1.jsonl",
        "message_pack/rails-8.1.jsonl",
    ] {
        for record in support::vectors::<MessagePackCookie>(file) {
            if record.kind != "message_pack_cookie" {
                continue;
            }
            let jar = jar(&record.rails, &record.secret_key_base, "message_pack");
            let value = unescape(record.cookie.as_bytes());
            let opened = jar.explain(NAME, &value).unwrap();
            assert_eq!(opened.value(), &Value::Nil);
            ran += 1;
        }
    }
    assert_eq!(ran, 2);
}

/// A session that was read under one serializer and is written under another.
#[test]
fn from_each_serializer_to_each() {
    let serializers = ["json", "marshal", "message_pack"];
    let secret = "b3c631c314c0bbca50c1b2843150fe33";
    let mut ran = 0;
    for from in serializers {
        let mut session = SessionData::new();
        session.insert("list", (1, "two", 3.5, None::<u8>)).unwrap();
        session.insert("big", 1_i128 << 80).unwrap();
        let before = jar("8.1", secret, from);
        let cookie = session.write(&before, NAME, None).unwrap();
        for to in serializers {
            let after = jar("8.1", secret, to);
            // `:json` and `:message_pack` refuse Marshal.
            if from == "marshal" && to != "marshal" {
                assert!(SessionData::read_value(&after, NAME, cookie.value()).is_err());
                let to = if to == "json" {
                    "hybrid"
                } else {
                    "message_pack_allow_marshal"
                };
                check(&jar("8.1", secret, to), &cookie, true);
            } else {
                // Under `:marshal` Rails writes nothing again.
                check(&after, &cookie, from != to && to != "marshal");
            }
            ran += 1;
        }
    }
    assert_eq!(ran, 9);
}

fn check(jar: &Jar, cookie: &hardtack::SetCookie, rewrite: bool) {
    let opened = SessionData::read_value(jar, NAME, cookie.value()).unwrap();
    assert_eq!(opened.needs_rewrite(), rewrite);
    let mut session = opened.into_value();
    let written = session.write(jar, NAME, None).unwrap();
    let again = SessionData::read_value(jar, NAME, written.value()).unwrap();
    assert!(!again.needs_rewrite());
    let expected: Value = serde_json::from_str(r#"[1,"two",3.5,null]"#).unwrap();
    assert_eq!(again.value().get::<Value>("list").unwrap(), Some(expected));
    assert_eq!(again.value().get::<i128>("big").unwrap(), Some(1 << 80));
    assert_eq!(again.value().session_id(), session.session_id());
}
