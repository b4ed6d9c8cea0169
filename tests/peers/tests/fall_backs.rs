//! An app changes its cipher or its serializer. On both sides its older cookies still open, are
//! written again, and then have the new form.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;

use hardtack::message::Opened;
use hardtack::{CookieHeader, Jar, SessionData, SetCookie};
use hardtack_peers::{
    Data, Generator, JarKind, Rails, RailsVersion, Serializer, Settings, assert_same, cookie_value,
    marshal_vectors, set_cookie_lines,
};
use serde_json::json;

const SECRET: &str = "a secret that both sides have";
const SESSION: &str = "_app_session";

/// Two apps of each serializer, with GCM and with CBC.
fn ciphers() -> [(Settings, Settings); 2] {
    let json = Settings::new(SECRET);
    let marshal = json.clone().with(Serializer::Marshal).bare();
    [(json.clone(), json.cbc()), (marshal.clone(), marshal.cbc())]
}

/// An app on both sides, before or after it changed its cipher.
struct App {
    rails: Rails,
    jar: Jar,
}

impl App {
    fn start(settings: &Settings) -> Self {
        Self {
            rails: Rails::start(settings),
            jar: settings.jar(JarKind::Encrypted),
        }
    }
}

fn read(jar: &Jar, cookie: &str) -> Opened<hardtack::value::Value> {
    let header = format!("c1={cookie}");
    let opened = jar.read("c1", &CookieHeader::new(&header));
    opened.expect("it opens").expect("it is there")
}

fn write(jar: &Jar, value: &hardtack::value::Value) -> SetCookie {
    let written = jar.write("c1", value, None);
    written.expect("it fits")
}

#[test]
fn cookies_of_the_other_cipher() {
    let mut generator = Generator::new(19);
    let mut opened = 0;
    for (gcm, cbc) in ciphers() {
        let (mut gcm, mut cbc) = (App::start(&gcm), App::start(&cbc));
        for _ in 0..25 {
            let value = Data::List(vec![generator.data()]);
            hardtack_upgrades(&mut gcm, &mut cbc, &value);
            hardtack_upgrades(&mut cbc, &mut gcm, &value);
            rails_upgrades(&gcm, &mut cbc, &value);
            rails_upgrades(&cbc, &mut gcm, &value);
            opened += 4;
        }
        a_session_goes_on(&mut gcm, &mut cbc);
        a_session_goes_on(&mut cbc, &mut gcm);
    }
    assert_eq!(opened, 200);
}

/// Rails wrote it before the change; hardtack opens it after, and writes it anew for Rails.
fn hardtack_upgrades(before: &mut App, after: &mut App, value: &Data) {
    let written = before.rails.ask(json!({
        "op": "eval_write", "jar": "encrypted", "name": "c1", "ruby": value.ruby(),
    }));
    let cookie = cookie_value(&written, "c1");
    assert!(!read(&before.jar, cookie).needs_rewrite());
    let opened = read(&after.jar, cookie);
    assert_eq!(Data::from(opened.value()).ruby(), value.ruby());
    assert!(opened.needs_rewrite());
    assert_eq!(opened.rotation(), None, "no rotation of the user's");

    let anew = write(&after.jar, opened.value()).escaped_value().to_owned();
    assert!(!read(&after.jar, &anew).needs_rewrite());
    let answer = after.rails.ask(json!({
        "op": "eval_equal", "jar": "encrypted", "name": "c1", "cookie": anew, "ruby": value.ruby(),
    }));
    assert_same(&answer, &value.ruby());
    assert_eq!(answer["set_cookie"], json!([]), "nothing to write anew");
}

/// hardtack wrote it before the change; Rails opens it after, and writes it anew for hardtack.
fn rails_upgrades(before: &App, after: &mut App, value: &Data) {
    let cookie = write(&before.jar, &value.value())
        .escaped_value()
        .to_owned();
    let answer = after.rails.ask(json!({
        "op": "eval_equal", "jar": "encrypted", "name": "c1", "cookie": cookie,
        "ruby": value.ruby(),
    }));
    assert_same(&answer, &value.ruby());
    let opened = read(&after.jar, cookie_value(&answer, "c1"));
    assert_eq!(Data::from(opened.value()).ruby(), value.ruby());
    assert!(
        !opened.needs_rewrite(),
        "Rails wrote it with its own cipher"
    );
}

/// With its id and what is in it.
fn a_session_goes_on(before: &mut App, after: &mut App) {
    let set = json!({"op": "session_write", "set": {"user_id": 42}});
    let written = before.rails.ask(set);
    let header = format!("{SESSION}={}", cookie_value(&written, SESSION));
    let opened = SessionData::read(&after.jar, SESSION, &CookieHeader::new(&header));
    let opened = opened.expect("it opens").expect("it is there");
    assert!(opened.needs_rewrite());
    let mut session = opened.into_value();
    assert_eq!(session.get::<u32>("user_id").expect("a number"), Some(42));
    let cookie = session.write(&after.jar, SESSION, None);
    let cookie = cookie.expect("it fits").escaped_value().to_owned();
    let read = json!({"op": "session_read", "cookie": cookie});
    assert_eq!(after.rails.ask(read)["session"], written["session"]);
}

/// Only the app's own settings read the other cipher: a rotation is one cipher, as in Rails.
#[test]
fn a_rotation_is_one_cipher() {
    let other = Settings::new("another secret").with(Serializer::Hybrid);
    for (gcm, cbc) in ciphers() {
        for (sealed, other_cipher) in [(&gcm, &cbc), (&cbc, &gcm)] {
            let kept = hardtack::value::Value::from("kept");
            let cookie = write(&sealed.jar(JarKind::Encrypted), &kept);
            for (rotation, opens) in [(sealed, true), (other_cipher, false)] {
                let jar = other.jar(JarKind::Encrypted);
                let jar = jar.rotation(rotation.rotation(JarKind::Encrypted));
                let opened = jar.read_value::<String>("c1", cookie.value());
                assert_eq!(opened.is_ok(), opens, "{rotation:?}");
            }
        }
    }
}

/// hardtack's Marshal, read by an app that is on its way to JSON.
#[test]
fn rails_writes_hardtacks_marshal_anew_as_json() {
    let marshal = Settings::new(SECRET).with(Serializer::Marshal);
    let hybrid = Settings::new(SECRET).with(Serializer::Hybrid);
    let json = Settings::new(SECRET);
    let mut rails = Rails::start(&hybrid);
    let mut generator = Generator::new(29);
    let mut upgraded = 0;
    for kind in JarKind::ALL {
        for _ in 0..40 {
            let value = generator.data();
            let cookie = write(&marshal.jar(kind), &value.value())
                .escaped_value()
                .to_owned();
            let answer = rails.ask(json!({
                "op": "eval_equal", "jar": kind.name(), "name": "c1", "cookie": cookie,
                "ruby": value.ruby(),
            }));
            assert_same(&answer, &value.ruby());
            let anew = cookie_value(&answer, "c1");
            let opened = read(&json.jar(kind), anew);
            assert_eq!(Data::from(opened.value()).ruby(), value.ruby());
            assert!(!opened.needs_rewrite());
            upgraded += 1;
        }
    }
    assert_eq!(upgraded, 80);
}

/// JSON, which an app that writes Marshal still reads (6.1 and later).
#[test]
fn json_under_marshal() {
    let marshal = Settings::new(SECRET).with(Serializer::Marshal);
    let json = Settings::new(SECRET);
    let (mut json_rails, mut rails) = (Rails::start(&json), Rails::start(&marshal));
    let mut generator = Generator::new(31);
    for kind in JarKind::ALL {
        for _ in 0..20 {
            let value = generator.data();
            let cookie = write(&json.jar(kind), &value.value())
                .escaped_value()
                .to_owned();
            let answer = rails.ask(json!({
                "op": "eval_equal", "jar": kind.name(), "name": "c1", "cookie": cookie,
                "ruby": value.ruby(),
            }));
            assert_same(&answer, &value.ruby());

            let written = json_rails.ask(json!({
                "op": "eval_write", "jar": kind.name(), "name": "c1", "ruby": value.ruby(),
            }));
            let opened = read(&marshal.jar(kind), cookie_value(&written, "c1"));
            assert_eq!(Data::from(opened.value()).ruby(), value.ruby());
            // Rails leaves it as it is too.
            assert!(!opened.needs_rewrite());
        }
    }
}

/// Marshal never opens under JSON, under any key.
#[test]
fn no_marshal_under_json() {
    let marshal = Settings::new(SECRET).with(Serializer::Marshal);
    let json = Settings::new(SECRET);
    let mut rails = Rails::start(&marshal);
    for kind in JarKind::ALL {
        let written = rails.ask(json!({
            "op": "write", "jar": kind.name(), "name": "c1", "value": "kept",
        }));
        let cookie =
            hardtack::headers::unescape(cookie_value(&written, "c1").as_bytes()).into_owned();
        assert!(
            marshal
                .jar(kind)
                .read_value::<String>("c1", &cookie)
                .is_ok()
        );
        let refusal = json.jar(kind).explain("c1", &cookie).err();
        assert_eq!(refusal, Some(hardtack::Refusal::UnreadableValue));
    }
}

/// Objects for which hardtack's JSON differs from that of these versions of Rails, with the reason.
const OTHER_JSON: [(&[&str], &str, &[&str]); 5] = [
    (
        &["6.1", "7.2"],
        "Rails raises; hardtack returns an error as well",
        &[
            "rails-8.1 binary",
            "ruby-3.1 binary string with ivars",
            "ruby-3.1 bytes",
            "ruby-3.1 bytes utf-8",
            "ruby-3.1 bytes ascii",
            "ruby-3.1 user dump plain",
        ],
    ),
    (
        &["6.1", "7.2"],
        "Rails converts to UTF-8; hardtack knows Shift_JIS by name alone",
        &[
            "rails-8.1 sjis",
            "ruby-3.1 symbol in another encoding",
            "ruby-3.1 encoding shared",
            "ruby-3.1 encoding is counted",
            "ruby-3.1 regexp in another encoding",
            "ruby-3.1 session",
            "ruby-3.1 encoding",
            "ruby-3.1 symbol encoding",
            "ruby-3.1 bytes shift_jis twice",
        ],
    ),
    (
        &["6.1", "7.2"],
        "the loaded object's instance variables, of which Marshal tells nothing",
        &[
            "ruby-3.1 user dump without ivars",
            "ruby-3.1 user dump with encoding",
            "ruby-3.1 user dump with ivars",
            "ruby-3.1 user dump in shift_jis",
            "ruby-3.1 user dump",
            "ruby-3.1 marshal_dump",
            "ruby-3.1 marshal_dump of a string",
            "ruby-3.1 user marshal",
        ],
    ),
    (
        &["6.1"],
        "a name from 7.1 on; in 6.1 the instance variables of the Class",
        &[
            "rails-8.1 class",
            "rails-8.1 module",
            "ruby-3.1 class and module",
            "ruby-3.1 class",
            "ruby-3.1 module",
        ],
    ),
    (
        &["6.1", "7.2"],
        "the instance variables with all of TZInfo; hardtack writes the name",
        &["ruby-3.1 time zone"],
    ),
];

/// A Marshal session of Rails, written anew by hardtack as JSON: each object as Rails' own
/// `as_json` has it.
#[test]
fn hardtack_writes_rails_marshal_anew_as_json() {
    // Without the envelope, or the longest would be too long for Rails to write anew.
    let json = Settings::new(SECRET).bare();
    let hybrid = json.clone().with(Serializer::Hybrid);
    let mut old_rails = Rails::start(&json.clone().with(Serializer::Marshal));
    let mut rails = Rails::start(&json);
    let jar = hybrid.unlimited_jar(JarKind::Encrypted);
    let (mut written_anew, mut different) = (0, BTreeMap::new());
    for vector in marshal_vectors() {
        if vector.name == "rails-8.1 cyclic" {
            continue; // `a_cycle_is_no_session` in re_encoding.rs
        }
        let written = old_rails.ask(json!({
            "op": "eval_session", "ruby": {"object": vector.ruby(), "other": "1"},
        }));
        let header = format!("{SESSION}={}", cookie_value(&written, SESSION));
        let opened = SessionData::read(&jar, SESSION, &CookieHeader::new(&header));
        let opened = opened.expect("it opens").expect("it is there");
        assert!(opened.needs_rewrite());
        let mut session = opened.into_value();
        let cookie = session.write(&jar, SESSION, None);
        let outcome = match cookie {
            Err(error) => error.to_string(),
            Ok(cookie) => {
                let ruby = format!("JSON.parse(ActiveSupport::JSON.encode({}))", vector.ruby());
                let answer = rails.try_ask(&json!({
                    "op": "eval_equal", "jar": "session", "name": "object",
                    "cookie": cookie.escaped_value(), "ruby": ruby,
                }));
                match answer {
                    Err(error) => error,
                    Ok(answer) => answer["difference"].as_str().unwrap_or("same").to_owned(),
                }
            }
        };
        if outcome != "same" {
            different.insert(vector.name, outcome);
        }
        written_anew += 1;
    }
    let version = RailsVersion::current().name;
    let of_version = OTHER_JSON.iter().filter(|row| row.0.contains(&version));
    let mut expected: Vec<_> = of_version.flat_map(|row| row.2).copied().collect();
    expected.sort_unstable();
    let names: Vec<_> = different.keys().map(String::as_str).collect();
    assert_eq!(names, expected, "{different:#?}");
    assert_eq!(written_anew, 254);
}

/// Read again under the new settings, there is nothing left to write anew.
#[test]
fn an_upgrade_happens_once() {
    let hybrid = Settings::new(SECRET).with(Serializer::Hybrid);
    let jar = hybrid.jar(JarKind::Encrypted);
    let mut old_rails = Rails::start(&hybrid.clone().with(Serializer::Marshal).cbc());
    let written = old_rails.ask(json!({
        "op": "eval_write", "jar": "encrypted", "name": "c1", "ruby": "{role: :admin}",
    }));
    let opened = read(&jar, cookie_value(&written, "c1"));
    assert!(opened.needs_rewrite());
    let anew = write(&jar, opened.value()).escaped_value().to_owned();
    assert!(!read(&jar, &anew).needs_rewrite());
    let answer = Rails::start(&hybrid).ask(json!({
        "op": "eval_equal", "jar": "encrypted", "name": "c1", "cookie": anew,
        "ruby": "{'role' => 'admin'}",
    }));
    assert_same(&answer, "read once more");
    assert_eq!(set_cookie_lines(&answer).count(), 0);
}
