//! Old secrets, jars and names: cookies sealed before a change open after it, on both sides.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use hardtack::{CookieHeader, Error, Jar, Rotation, SessionData, SetCookie};
use hardtack_peers::{Data, Generator, JarKind, Rails, Settings, assert_same, cookie_value};
use serde_json::{Value, json};

const SECRET: &str = "the secret after the change";
const OLD: &str = "the secret before the change";
const OLDER: &str = "the one before that";
const SESSION: &str = "_app_session";

fn seal(jar: &Jar, value: &Data) -> Result<SetCookie, Error> {
    jar.write("c1", value.value(), None)
}

fn holds(rails: &mut Rails, kind: JarKind, cookie: &str, value: &Data) -> Value {
    let answer = rails.ask(json!({
        "op": "eval_equal", "jar": kind.name(), "name": "c1", "cookie": cookie, "ruby": value.ruby(),
    }));
    assert_same(&answer, &value.ruby());
    answer
}

/// hardtack seals under an old secret; Rails opens it by rotation and writes it anew under its
/// own, which hardtack reads without any rotation.
#[test]
fn rails_rotates_what_hardtack_sealed() {
    let after = Settings {
        old_secrets: vec![OLD.to_owned(), OLDER.to_owned()],
        ..Settings::new(SECRET)
    };
    let mut rails = Rails::start(&after);
    let mut without_rotations = Rails::start(&Settings::new(SECRET));
    let mut generator = Generator::new(7);
    let mut rotated = 0;
    for kind in JarKind::ALL {
        for old in [OLD, OLDER] {
            let before = Settings::new(old);
            for before in [before.clone().bare(), before.clone().cbc(), before] {
                let (old_jar, jar) = (before.jar(kind), after.jar(kind));
                for _ in 0..10 {
                    let value = Data::List(vec![generator.data()]);
                    let cookie = seal(&old_jar, &value)
                        .expect("it fits")
                        .escaped_value()
                        .to_owned();
                    let answer = holds(&mut rails, kind, &cookie, &value);
                    let header = format!("c1={}", cookie_value(&answer, "c1"));
                    let opened =
                        jar.read::<hardtack::value::Value>("c1", &CookieHeader::new(&header));
                    let opened = opened.expect("it opens").expect("it is there");
                    assert_eq!(Data::from(opened.value()).ruby(), value.ruby());
                    assert!(!opened.needs_rewrite());

                    let refused = without_rotations.ask(json!({
                        "op": "read", "jar": kind.name(), "name": "c1", "cookie": cookie,
                    }));
                    assert_eq!(refused["nil"], true, "the old secret alone opens it");
                    rotated += 1;
                }
            }
        }
    }
    assert_eq!(rotated, 120);
}

/// Rails wrote under an old secret; hardtack opens it by rotation, says by which, and what it
/// seals anew the new Rails reads, which knows no old secret.
#[test]
fn hardtack_rotates_what_rails_wrote() {
    let after = Settings::new(SECRET);
    let mut rails = Rails::start(&after);
    let mut generator = Generator::new(11);
    let mut rotated = 0;
    let older = Settings::new(OLDER).cbc();
    for (place, old) in [Settings::new(OLD), older.clone()].iter().enumerate() {
        let mut old_rails = Rails::start(old);
        for kind in JarKind::ALL {
            let jar = after
                .jar(kind)
                .rotation(Settings::new(OLD).rotation(kind))
                .rotation(older.rotation(kind));
            for _ in 0..30 {
                let value = generator.data();
                let written = old_rails.ask(json!({
                    "op": "eval_write", "jar": kind.name(), "name": "c1", "ruby": value.ruby(),
                }));
                let header = format!("c1={}", cookie_value(&written, "c1"));
                let opened = jar.read::<hardtack::value::Value>("c1", &CookieHeader::new(&header));
                let opened = opened.expect("it opens").expect("it is there");
                assert_eq!(Data::from(opened.value()).ruby(), value.ruby());
                assert_eq!(opened.rotation(), Some(place));
                assert!(opened.needs_rewrite());

                let cookie = seal(&jar, &Data::from(opened.value())).expect("it fits");
                holds(&mut rails, kind, cookie.escaped_value(), &value);
                rotated += 1;
            }
        }
    }
    assert_eq!(rotated, 120);
}

/// "Read new, write old": the servers of yesterday read it during the deploy.
#[test]
fn reading_new_and_writing_old() {
    let mut old_rails = Rails::start(&Settings::new(OLD));
    let mut rails = Rails::start(&Settings::new(SECRET));
    for kind in JarKind::ALL {
        let old = Settings::new(OLD).rotation(kind).writes();
        let jar = Settings::new(SECRET).jar(kind).rotation(old);
        let value = Data::Text("kept".to_owned());
        let cookie = seal(&jar, &value).expect("it fits");
        holds(&mut old_rails, kind, cookie.escaped_value(), &value);

        for rails in [&mut old_rails, &mut rails] {
            let written = rails.ask(json!({
                "op": "write", "jar": kind.name(), "name": "c1", "value": "kept",
            }));
            let header = format!("c1={}", cookie_value(&written, "c1"));
            let opened = jar.read::<String>("c1", &CookieHeader::new(&header));
            assert_eq!(
                opened.expect("it opens").expect("it is there").value(),
                "kept"
            );
        }
    }
}

/// A cookie that was only signed becomes an encrypted one.
#[test]
fn from_signed_to_encrypted() {
    for old in [SECRET, OLD] {
        let mut old_rails = Rails::start(&Settings::new(old));
        let written = old_rails.ask(json!({
            "op": "write", "jar": "signed", "name": "c1", "value": {"user_id": 42},
        }));
        let jar = Settings::new(SECRET)
            .jar(JarKind::Encrypted)
            .rotation(Settings::new(old).rotation(JarKind::Signed));
        let header = format!("c1={}", cookie_value(&written, "c1"));
        let opened = jar.read::<Value>("c1", &CookieHeader::new(&header));
        let opened = opened.expect("it opens").expect("it is there");
        assert_eq!(*opened.value(), json!({"user_id": 42}));
        assert_eq!(opened.rotation(), Some(0));

        let cookie = jar.write("c1", opened.value(), None).expect("it fits");
        let mut rails = Rails::start(&Settings::new(SECRET));
        let answer = rails.ask(json!({
            "op": "read", "jar": "encrypted", "name": "c1", "cookie": cookie.escaped_value(),
        }));
        assert_eq!(answer["value"], json!({"user_id": 42}));
        let signed = rails.ask(json!({
            "op": "read", "jar": "signed", "name": "c1", "cookie": cookie.escaped_value(),
        }));
        assert_eq!(signed["nil"], true);
    }
}

/// A session under an old secret and an old name comes under the new ones, with its id.
#[test]
fn a_session_under_another_name() {
    let mut old_rails = Rails::start(&Settings::new(OLD));
    let written = old_rails.ask(json!({"op": "session_write", "set": {"user_id": 42}}));
    let old: Rotation = Settings::new(OLD).rotation(JarKind::Encrypted);
    // Under the new app's name stood something else, which does not open.
    let header = format!(
        "{SESSION}=junk; _old_session={}",
        cookie_value(&written, SESSION)
    );

    // Sealed for `_app_session`: under `_old_session` it is another cookie.
    let jar = Settings::new(SECRET).jar(JarKind::Encrypted);
    let renamed = jar
        .clone()
        .rotation(old.clone().cookie_name("_old_session"));
    assert!(SessionData::read(&renamed, SESSION, &CookieHeader::new(&header)).is_err());

    let jar = jar.rotation(old.cookie_name(SESSION));
    let header = format!(
        "_new_session=junk; {SESSION}={}",
        cookie_value(&written, SESSION)
    );
    let opened = SessionData::read(&jar, "_new_session", &CookieHeader::new(&header));
    let opened = opened.expect("it opens").expect("it is there");
    assert!(opened.needs_rewrite());
    let mut session = opened.into_value();

    // Back under the name that this Rails has.
    let jar = Settings::new(SECRET).jar(JarKind::Encrypted);
    let cookie = session.write(&jar, SESSION, None).expect("it fits");
    let mut rails = Rails::start(&Settings::new(SECRET));
    let answer = rails.ask(json!({"op": "session_read", "cookie": cookie.escaped_value()}));
    assert_eq!(answer["session"], written["session"]);
    assert_eq!(answer["session"]["user_id"], 42);
}
