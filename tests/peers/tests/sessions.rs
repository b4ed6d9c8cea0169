//! A session goes back and forth: values that one side does not touch stay unchanged for the other.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use hardtack::{CookieAttributes, CookieHeader, Jar, SessionData, SetCookie};
use hardtack_peers::{
    Data, Generator, JarKind, Rails, RailsVersion, Serializer, Settings, assert_same, cookie_value,
    nested,
};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

const SECRET: &str = "a secret that both sides have";
const NAME: &str = "_app_session";

/// Each cipher, each serialization that this Rails has, with and without the envelope.
fn settings() -> Vec<Settings> {
    let hybrid = Settings::new(SECRET).with(Serializer::Hybrid);
    let marshal = Settings::new(SECRET).with(Serializer::Marshal);
    let mut all = vec![
        hybrid.clone().bare(),
        hybrid.cbc(),
        marshal.clone(),
        marshal.cbc().bare(),
    ];
    if RailsVersion::current().has_message_pack {
        let message_pack = Settings::new(SECRET).with(Serializer::MessagePack);
        all.push(message_pack.clone().cbc());
        all.push(message_pack.with(Serializer::MessagePackAllowMarshal));
    }
    all
}

fn pairs(session: Data) -> Vec<(String, Data)> {
    match session {
        Data::Map(pairs) => pairs,
        other => panic!("no map: {other:?}"),
    }
}

/// The session that Rails sent.
fn read(jar: &Jar, answer: &Value) -> SessionData {
    let header = format!("{NAME}={}", cookie_value(answer, NAME));
    let opened = SessionData::read(jar, NAME, &CookieHeader::new(&header));
    let opened = opened.unwrap_or_else(|_| panic!("refused: {answer}"));
    opened.expect("it is there").into_value()
}

fn write(session: &mut SessionData, jar: &Jar, attributes: &CookieAttributes) -> SetCookie {
    let written = session.write(jar, NAME, attributes);
    written.unwrap_or_else(|error| panic!("{session:?}: {error}"))
}

/// Rails finds these entries in this order, and no others.
fn assert_holds(rails: &mut Rails, cookie: &SetCookie, entries: &[(String, Data)]) {
    let ruby = Data::Map(entries.to_vec()).ruby();
    let answer = rails.ask(json!({
        "op": "eval_equal", "jar": "session", "cookie": cookie.escaped_value(), "ruby": ruby,
    }));
    assert_same(&answer, &ruby);
}

#[test]
fn rails_reads_sessions_that_hardtack_began() {
    let mut generator = Generator::new(3);
    let mut read = 0;
    for settings in settings() {
        let jar = settings.jar(JarKind::Encrypted);
        let mut rails = Rails::start(&settings);
        for turn in 0..60 {
            let entries = pairs(generator.session());
            let mut session = SessionData::new();
            for (key, data) in &entries {
                let inserted = if turn % 2 == 0 {
                    session.insert(key, data)
                } else {
                    session.insert(key, data.value())
                };
                inserted.unwrap_or_else(|error| panic!("{}: {error}", data.ruby()));
            }
            let attributes = match turn % 3 {
                0 => CookieAttributes::new().expires(OffsetDateTime::now_utc() + Duration::DAY),
                _ => CookieAttributes::new().http_only(true),
            };
            let cookie = write(&mut session, &jar, &attributes);
            assert_holds(&mut rails, &cookie, &entries);
            let answer = rails.ask(json!({"op": "session_read", "cookie": cookie.escaped_value()}));
            let id = session.session_id().expect("writing makes one");
            assert_eq!(answer["session"]["session_id"], *id);
            assert!(id.len() == 32 && id.bytes().all(|digit| b"0123456789abcdef".contains(&digit)));
            read += 1;
        }
    }
    assert_eq!(read, 60 * settings().len());
}

/// Rust changes or adds one key. Rails finds all other keys, and the id, unchanged.
#[test]
fn what_hardtack_does_not_touch_stays() {
    let mut generator = Generator::new(5);
    let (mut turns, mut in_place) = (0, 0);
    for settings in settings() {
        let jar = settings.jar(JarKind::Encrypted);
        let mut rails = Rails::start(&settings);
        for _ in 0..60 {
            let mut entries = pairs(generator.session());
            let set: Value = entries
                .iter()
                .map(|(key, data)| (key.clone(), Value::from(data.ruby())))
                .collect::<serde_json::Map<_, _>>()
                .into();
            // serde_json's map is sorted, and so Rails writes the keys in that order.
            entries.sort_by(|(one, _), (other, _)| one.cmp(other));
            let mut written = rails.ask(json!({"op": "eval_session", "ruby": set}));
            if entries.is_empty() {
                written = rails.ask(json!({"op": "session_write", "set": {"only": 1}}));
                entries.push(("only".to_owned(), Data::Integer("1".to_owned())));
            }
            let id = written["session"]["session_id"].clone();

            let mut session = read(&jar, &written);
            assert_eq!(session.session_id().map(Value::from), Some(id.clone()));
            let keys: Vec<_> = entries.iter().map(|(key, _)| key.as_str()).collect();
            assert_eq!(session.keys()[1..], keys);

            let changed = Data::Text("ch<a>nged".to_owned());
            if generator.below(2) == 1 {
                let at = generator.below(entries.len());
                session.insert(&entries[at].0, &changed).expect("text fits");
                entries[at].1 = changed;
                in_place += 1;
            } else {
                session
                    .insert("new\u{2028}key", &changed)
                    .expect("text fits");
                entries.push(("new\u{2028}key".to_owned(), changed));
            }
            let cookie = write(&mut session, &jar, &CookieAttributes::new());
            assert_holds(&mut rails, &cookie, &entries);
            let again = rails.ask(json!({"op": "session_read", "cookie": cookie.escaped_value()}));
            assert_eq!(again["session"]["session_id"], id);
            turns += 1;
        }
    }
    assert_eq!(turns, 60 * settings().len());
    assert!((turns / 3..turns * 2 / 3).contains(&in_place), "{in_place}");
}

/// Ruby's own kinds went through JSON once, at Rails; a turn through hardtack changes no digit.
#[test]
fn rubys_inspect_is_the_same_before_and_after() {
    let settings = Settings::new(SECRET);
    let jar = settings.jar(JarKind::Encrypted);
    let mut rails = Rails::start(&settings);
    let written = rails.ask(json!({"op": "eval_session", "ruby": {
        "big": "-(2**1000)", "floats": "[1.0, 1e20, -0.0, 5e-324, 1e16, 0.1 + 0.2]",
        "html": "\"<b>&amp;\\u2028\\u{1f36a}\\0\"", "time": "Time.at(1, 5, :nsec, in: '+02:00')",
        "symbols": "{a: :b, 1 => {nil => nil}}", "empty": "[[], {}, '']", "precise": "BigDecimal('1.10')",
    }}));
    let cookie = cookie_value(&written, NAME);
    let before = rails.ask(json!({"op": "session_read", "cookie": cookie}));

    let mut session = read(&jar, &written);
    session.insert("time", "changed").expect("text fits");
    let cookie = write(&mut session, &jar, &CookieAttributes::new());
    let after = rails.ask(json!({"op": "session_read", "cookie": cookie.escaped_value()}));
    let time = before["session"]["time"].to_string();
    let before = before["inspect"].as_str().expect("a text");
    assert!(before.contains("-10715086071862673209484250490600018105") && before.contains(&time));
    assert_eq!(after["inspect"], before.replace(&time, "\"changed\""));
}

/// Several turns of both, each adding, changing and removing.
#[test]
fn both_take_turns_in_one_session() {
    for settings in settings() {
        take_turns(&settings);
    }
}

fn take_turns(settings: &Settings) {
    let jar = settings.jar(JarKind::Encrypted);
    let mut rails = Rails::start(settings);
    let mut session = SessionData::new();
    session.insert("count", 0).expect("a number fits");
    let mut cookie = write(&mut session, &jar, &CookieAttributes::new())
        .escaped_value()
        .to_owned();
    let id = session.session_id().expect("writing makes one");
    for turn in 1..=20 {
        let answer = rails.ask(json!({
            "op": "session_write", "cookie": cookie,
            "set": {"count": turn * 2 - 1, "rails": turn}, "delete": ["hardtack"],
        }));
        let expected = json!({"session_id": id, "count": turn * 2 - 1, "rails": turn});
        assert_eq!(answer["session"], expected);

        let mut session = read(&jar, &answer);
        assert_eq!(
            session.get::<i32>("count").expect("a number"),
            Some(turn * 2 - 1)
        );
        assert!(session.remove("rails") && !session.contains_key("hardtack"));
        session.insert("count", turn * 2).expect("a number fits");
        session.insert("hardtack", turn).expect("a number fits");
        let written = write(&mut session, &jar, &CookieAttributes::new());
        written.escaped_value().clone_into(&mut cookie);
        let answer = rails.ask(json!({"op": "session_read", "cookie": cookie}));
        let expected = json!({"session_id": id, "count": turn * 2, "hardtack": turn});
        assert_eq!(answer["session"], expected);
    }
}

/// Why an id is always written: without one Rails takes the session for absent.
#[test]
fn without_an_id_rails_sees_nothing() {
    let settings = Settings::new(SECRET);
    let jar = settings.jar(JarKind::Encrypted);
    let mut rails = Rails::start(&settings);
    let bare = jar
        .write(NAME, json!({"user_id": 42}), None)
        .expect("it fits");
    let answer = rails.ask(json!({"op": "session_read", "cookie": bare.escaped_value()}));
    assert_eq!(answer["session"], json!({}));

    let session = SessionData::read_value(&jar, NAME, bare.value()).expect("it opens");
    let cookie = write(&mut session.into_value(), &jar, &CookieAttributes::new());
    let answer = rails.ask(json!({"op": "session_read", "cookie": cookie.escaped_value()}));
    assert_eq!(answer["session"]["user_id"], 42);
}

#[test]
fn nil_at_the_top_goes_as_in_rails() {
    let settings = Settings::new(SECRET);
    let jar = settings.jar(JarKind::Encrypted);
    let mut rails = Rails::start(&settings);
    let mut session = SessionData::new();
    for (key, value) in [
        ("none", json!(null)),
        ("inside", json!([null])),
        ("no", json!(false)),
    ] {
        session.insert(key, &value).expect("it fits");
    }
    let cookie = write(&mut session, &jar, &CookieAttributes::new());
    let answer = rails.ask(json!({"op": "eval_equal", "jar": "session",
        "cookie": cookie.escaped_value(), "ruby": "{'inside' => [nil], 'no' => false}"}));
    assert_same(&answer, "without none");
}

/// The session's own level counts: 99 are left for a value.
#[test]
fn a_session_deeper_than_rails_reads_is_not_written() {
    let settings = Settings::new(SECRET);
    let jar = settings.jar(JarKind::Encrypted);
    let mut rails = Rails::start(&settings);
    for levels in [99, 100] {
        let mut session = SessionData::new();
        let inserted = session.insert("deep", nested(levels).value());
        let written = inserted.and_then(|()| session.write(&jar, NAME, None));
        match (levels, written) {
            (99, written) => {
                let entries = [("deep".to_owned(), nested(99))];
                assert_holds(&mut rails, &written.expect("it is written"), &entries);
            }
            (_, Ok(cookie)) => {
                let request = json!({"op": "session_read", "cookie": cookie.escaped_value()});
                panic!("written, and Rails answers {:?}", rails.try_ask(&request));
            }
            (_, Err(error)) => assert!(error.to_string().contains("deep"), "{error}"),
        }
    }
}
