//! The flash, compared with Rails' own: its answers, its entry in the session, and if the session
//! has to be written.

use hardtack::flash::FlashHash;
use hardtack::value::Value;
use hardtack::{Jar, SessionData};
use serde::Deserialize;

use crate::support::{self, encrypted_jar};

const NAME: &str = "_app_session";

#[derive(Deserialize)]
struct Sequence {
    what: String,
    session: Value,
    requests: Vec<Request>,
}

#[derive(Deserialize)]
struct Request {
    /// The operations; `None` if the flash is not accessed.
    operations: Option<Vec<Vec<Value>>>,
    answers: Option<Vec<Value>>,
    seen: Option<Vec<(String, Value)>>,
    changed: bool,
    flash: Value,
}

/// Does an operation of `make.rb`, and returns its answer.
fn apply(flash: &mut FlashHash, operation: &[Value]) -> Value {
    let name = operation[0].as_str().unwrap();
    let key = operation.get(1).and_then(Value::as_str).unwrap_or_default();
    let value = || operation[2].clone();
    match name {
        "get" => return flash.get(key).cloned().unwrap_or(Value::Nil),
        "has" => return flash.contains_key(key).into(),
        "empty" => return flash.is_empty().into(),
        "set" => flash.set(key, value()),
        "now" => flash.now(key, value()),
        "keep" => flash.keep(key),
        "keep_all" => flash.keep_all(),
        "discard" => flash.discard(key),
        "discard_all" => flash.discard_all(),
        "remove" => drop(flash.remove(key)),
        "clear" => flash.clear(),
        _ => panic!("{name}"),
    }
    Value::Nil
}

fn seen(flash: &FlashHash) -> Vec<(String, Value)> {
    let pairs = flash.iter();
    pairs
        .map(|(key, value)| (key.to_owned(), value.clone()))
        .collect()
}

/// Returns the session as the next request reads it from its cookie.
fn sent_and_returned(jar: &Jar, session: &mut SessionData) -> SessionData {
    let cookie = session.write(jar, NAME, None).unwrap();
    SessionData::read_value(jar, NAME, cookie.value())
        .unwrap()
        .into_value()
}

#[test]
fn every_sequence_ends_as_in_rails() {
    let jar = encrypted_jar();
    let mut counted = [0; 5];
    for sequence in support::vectors::<Sequence>("flash/action-dispatch-6.1.jsonl") {
        counted[0] += 1;
        let mut session = SessionData::new();
        for (key, value) in sequence.session.as_hash().unwrap() {
            session.insert(key.as_str().unwrap(), value).unwrap();
        }
        if sequence.session.get("flash") != Some(&Value::Nil) {
            session = sent_and_returned(&jar, &mut session);
        }
        for (number, request) in sequence.requests.iter().enumerate() {
            let place = format!("{}, request {number}", sequence.what);
            counted[1] += 1;
            let before = session.is_changed();
            match &request.operations {
                None => counted[2] += 1,
                Some(operations) => {
                    let mut flash = FlashHash::load(&session);
                    let answers: Vec<Value> = operations
                        .iter()
                        .map(|operation| apply(&mut flash, operation))
                        .collect();
                    counted[3] += answers.len();
                    assert_eq!(Some(answers), request.answers, "{place}");
                    assert_eq!(Some(seen(&flash)), request.seen, "{place}");
                    flash.commit(&mut session).unwrap();
                }
            }
            // A nil cannot be read from a cookie that hardtack wrote: such a session is new.
            if !before {
                counted[4] += usize::from(request.changed);
                assert_eq!(session.is_changed(), request.changed, "{place}");
            }
            let flash = session.get::<Value>("flash").unwrap();
            assert_eq!(flash.unwrap_or(Value::Nil), request.flash, "{place}");
            assert_eq!(session.get("user_id").unwrap(), Some(7), "{place}");
            session = sent_and_returned(&jar, &mut session);
        }
    }
    // Sequences, requests, those without access, operations, changes.
    assert_eq!(counted, [159, 551, 103, 1090, 187]);
}

#[test]
fn committing_twice_is_committing_once() {
    let mut session = SessionData::new();
    let mut flash = FlashHash::load(&session);
    flash.set("notice", "Saved");
    flash.now("alert", "Full");
    flash.commit(&mut session).unwrap();
    flash.commit(&mut session).unwrap();
    assert_eq!(
        session.get::<Value>("flash").unwrap().unwrap().to_string(),
        r#"{"discard":[],"flashes":{"notice":"Saved"}}"#
    );
    assert_eq!(
        (flash.notice(), flash.alert()),
        (Some("Saved"), Some("Full"))
    );
}

#[test]
fn odd_shapes_are_an_empty_flash() {
    let shapes = [
        "null",
        "true",
        "-1",
        "1.5",
        r#""flashes""#,
        "[]",
        r#"[["flashes",{}]]"#,
        "{}",
        r#"{"flashes":null}"#,
        r#"{"flashes":"notice"}"#,
        r#"{"flashes":["notice"]}"#,
        r#"{"flashes":{},"discard":{"notice":true}}"#,
        r#"{"discard":["notice"]}"#,
        r#"{"notice":"Saved"}"#,
    ];
    for shape in shapes {
        let mut session = SessionData::new();
        let value: Value = serde_json::from_str(shape).unwrap();
        session.insert("flash", &value).unwrap();
        let flash = FlashHash::load(&session);
        assert!(flash.is_empty(), "{shape}");
        flash.commit(&mut session).unwrap();
        assert!(!session.contains_key("flash"), "{shape}");
    }
    assert_eq!(shapes.len(), 14);
}

#[test]
fn a_value_that_no_session_holds_is_refused() {
    let mut deep = Value::Nil;
    for _ in 0..200 {
        deep = Value::Array(vec![deep]);
    }
    let mut session = SessionData::new();
    let mut flash = FlashHash::load(&session);
    flash.set("notice", deep);
    assert!(flash.commit(&mut session).is_err());
    assert!(!session.is_changed());
}

#[test]
fn debug_shows_no_values() {
    let mut flash = FlashHash::default();
    flash.set("notice", "4111111111111111");
    assert_eq!(format!("{flash:?}"), r#"FlashHash { keys: ["notice"] }"#);
}

#[cfg(all(feature = "marshal", feature = "message_pack"))]
mod in_cookies_of_rails {
    use hardtack::flash::FlashHash;
    use hardtack::headers::unescape;
    use hardtack::{Jar, LoadDefaults, SecretKeyBase, SessionData};
    use serde::Deserialize;

    use super::{NAME, Value, seen};
    use crate::steps::steps;
    use crate::support;

    #[test]
    fn the_flash_of_the_session_steps() {
        for ((file, steps), expected) in steps().into_iter().zip([2, 3, 3]) {
            let mut ran = 0;
            for step in steps {
                if step.what != "flash" {
                    continue;
                }
                ran += 1;
                let place = format!("{file} {}", step.serializer);
                let jar = Jar::encrypted(&step.secret(), step.settings());
                let cookie = unescape(step.cookie.unwrap().as_bytes()).into_owned();
                let read = || {
                    let opened = SessionData::read_value(&jar, NAME, &cookie).unwrap();
                    opened.into_value()
                };

                // A kept flash stays as Rails wrote it, so nothing has to be written.
                let mut session = read();
                let mut flash = FlashHash::load(&session);
                assert_eq!(flash.notice(), Some("Saved"), "{place}");
                flash.keep_all();
                flash.commit(&mut session).unwrap();
                assert!(!session.is_changed(), "{place}");

                // Shown, it goes; another comes back out of the jar.
                let mut session = read();
                let mut flash = FlashHash::load(&session);
                flash.set("alert", "Full");
                flash.commit(&mut session).unwrap();
                let cookie = session.write(&jar, NAME, None).unwrap();
                let opened = SessionData::read_value(&jar, NAME, cookie.value()).unwrap();
                let left = seen(&FlashHash::load(opened.value()));
                assert_eq!(left, [("alert".to_owned(), "Full".into())], "{place}");
            }
            assert_eq!(ran, expected, "{file}");
        }
    }

    #[derive(Deserialize)]
    struct Old {
        rails: String,
        what: String,
        secret_key_base: String,
        cookie: String,
        left: Vec<(String, Value)>,
    }

    #[test]
    fn the_flash_of_older_versions() {
        let (mut ran, mut differs) = (0, 0);
        for old in support::vectors::<Old>("flash/old-sessions.jsonl") {
            let place = format!("{}: {}", old.rails, old.what);
            let secret = SecretKeyBase::new(old.secret_key_base.as_str()).unwrap();
            let jar = Jar::signed(&secret, LoadDefaults::V4_0);
            ran += 1;
            let opened = SessionData::read_value(&jar, NAME, &old.cookie);
            let mut session = opened.unwrap_or_else(|_| panic!("{place}")).into_value();
            let flash = FlashHash::load(&session);
            let used_is_lost = ["2.3", "3.0"].contains(&&*old.rails) && old.what == "one used";
            if used_is_lost {
                assert!(seen(&flash).len() > old.left.len(), "{place}");
                differs += 1;
            } else {
                assert_eq!(seen(&flash), old.left, "{place}");
            }
            flash.commit(&mut session).unwrap();
            assert!(!session.contains_key("flash"), "{place}");
        }
        assert_eq!((ran, differs), (13, 2));
    }
}
