//! The session of Rails 2.3 to 3.2: Marshal, signed with the app's secret token itself.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use hardtack::headers::{escape, unescape};
use hardtack::settings::SizeLimit;
use hardtack::{CookieHeader, Jar, LoadDefaults, Rotation, SecretKeyBase, SessionData};
use hardtack_peers::{
    JarKind, Rails, Serializer, Settings, assert_same, assert_same_and_shared, marshal_vectors,
};
use serde_json::{Value, json};

const TOKEN: &str = "thirty characters are the least & <more> are as good";
const SECRET: &str = "the secret_key_base that came with Rails 4";
const NAME: &str = "_app_session";

const VERSIONS: [LoadDefaults; 4] = [
    LoadDefaults::V2_3,
    LoadDefaults::V3_0,
    LoadDefaults::V3_1,
    LoadDefaults::V3_2,
];

fn token() -> SecretKeyBase {
    SecretKeyBase::new(TOKEN).expect("it is long enough")
}

fn jar(version: LoadDefaults) -> Jar {
    Jar::signed(&token(), version.settings().limit(SizeLimit::None))
}

/// Any Rails with these classes: the verifier needs nothing of the app's.
fn rails() -> Rails {
    Rails::start(&Settings::new(SECRET).with(Serializer::Marshal))
}

fn signed(rails: &mut Rails, ruby: &str) -> String {
    let answer = rails.ask(json!({"op": "verifier_write", "secret": TOKEN, "ruby": ruby}));
    answer["message"].as_str().expect("a text").to_owned()
}

fn verified(rails: &mut Rails, message: &[u8], ruby: &str) -> Value {
    let message = std::str::from_utf8(message).expect("base64");
    rails.ask(json!({
        "op": "verifier_read", "secret": TOKEN, "message": message, "ruby": ruby,
    }))
}

fn read(jar: &Jar, message: &str) -> SessionData {
    let header = format!("{NAME}={}", escape(message.as_bytes()));
    let opened = SessionData::read(jar, NAME, &CookieHeader::new(&header));
    let opened = opened.expect("it opens").expect("it is there");
    assert!(!opened.needs_rewrite());
    opened.into_value()
}

#[test]
fn a_session_goes_to_and_fro() {
    let mut rails = rails();
    for version in VERSIONS {
        let jar = jar(version);
        let message = signed(
            &mut rails,
            "{'session_id' => '0f' * 16, '_csrf_token' => 'token', 'user_id' => 7, \
             'role' => :admin, 'flash' => Marked.new.merge!(notice: ($text = +'Hello')), \
             'again' => $text, :sym => [2**80]}",
        );
        let mut session = read(&jar, &message);
        assert_eq!(session.session_id(), Some("0f".repeat(16)));
        assert_eq!(session.get::<u32>("user_id").expect("a number"), Some(7));
        assert_eq!(
            session.get::<String>("role").expect("text"),
            Some("admin".to_owned())
        );
        assert!(session.contains_key("sym"));

        session.insert("user_id", [8, 9]).expect("numbers fit");
        session.insert("new", "Grüße").expect("text fits");
        let cookie = session.write(&jar, NAME, None).expect("it fits");
        let answer = verified(
            &mut rails,
            &cookie.value(),
            "{'session_id' => '0f' * 16, '_csrf_token' => 'token', 'user_id' => [8, 9], \
             'role' => :admin, 'flash' => Marked.new.merge!(notice: ($text = +'Hello')), \
             'again' => $text, :sym => [2**80], 'new' => 'Grüße'}",
        );
        assert_same_and_shared(&answer, &version.to_string());
    }
}

/// A session that began in Rust.
#[test]
fn rails_reads_what_hardtack_began() {
    let mut rails = rails();
    for version in VERSIONS {
        let mut session = SessionData::new();
        session.insert("user_id", 7).expect("a number fits");
        let cookie = session.write(&jar(version), NAME, None).expect("it fits");
        let id = session.session_id().expect("writing makes one");
        let ruby = format!("{{'user_id' => 7, 'session_id' => '{id}'}}");
        assert_same(&verified(&mut rails, &cookie.value(), &ruby), &ruby);
    }
}

/// However long: this verifier has no limit, and the longest vectors would not fit elsewhere.
#[test]
fn every_vector_beside_a_changed_key() {
    let mut rails = rails();
    let jar = jar(LoadDefaults::V3_2);
    let mut kept = 0;
    for vector in marshal_vectors() {
        if vector.name == "rails-8.1 cyclic" {
            continue; // `a_cycle_is_no_session` in re_encoding.rs
        }
        let ruby = |before: &str| {
            format!(
                "{{'session_id' => '0f' * 16, 'before' => {before}, 'object' => ($object = {}), \
                 'again' => [$object]}}.compact",
                vector.ruby()
            )
        };
        let mut session = read(&jar, &signed(&mut rails, &ruby("1")));
        session.insert("before", ["new", "new"]).expect("text fits");
        let cookie = session.write(&jar, NAME, None).expect("it is written");
        let answer = verified(&mut rails, &cookie.value(), &ruby("['new', 'new']"));
        let strict = (&answer["classes_equal"], &answer["sharing_equal"]);
        assert_eq!(
            strict,
            (&json!(true), &json!(true)),
            "{}: {answer}",
            vector.name
        );
        kept += 1;
    }
    assert_eq!(kept, 254);
}

/// A single rotation leads from Rails 3 to an encrypted session of Rails 6.1.
#[test]
fn to_an_encrypted_session() {
    let settings = Settings::new(SECRET);
    let mut rails = Rails::start(&settings);
    let message = signed(
        &mut rails,
        "{'session_id' => '0f' * 16, 'user_id' => 7, 'role' => :admin}",
    );
    let header = format!("{NAME}={}", escape(message.as_bytes()));
    for version in VERSIONS {
        let jar = settings
            .jar(JarKind::Encrypted)
            .rotation(Rotation::signed(&token(), version));
        let opened = SessionData::read(&jar, NAME, &CookieHeader::new(&header));
        let opened = opened.expect("it opens").expect("it is there");
        assert!(opened.needs_rewrite());
        assert_eq!(opened.rotation(), Some(0));
        let mut session = opened.into_value();
        let cookie = session.write(&jar, NAME, None).expect("it fits");
        let answer = rails.ask(json!({
            "op": "eval_equal", "jar": "session", "cookie": cookie.escaped_value(),
            "ruby": "{'session_id' => '0f' * 16, 'user_id' => 7, 'role' => 'admin'}",
        }));
        assert_same(&answer, "upgraded");
    }
}

#[test]
fn another_token_or_a_changed_byte() {
    let mut rails = rails();
    let jar = jar(LoadDefaults::V3_2);
    let message = signed(&mut rails, "{'session_id' => '0f' * 16, 'user_id' => 7}");
    assert!(SessionData::read_value(&jar, NAME, &message).is_ok());
    let other = SecretKeyBase::new("another token of thirty characters").expect("long enough");
    let other = Jar::signed(&other, LoadDefaults::V3_2);
    assert!(SessionData::read_value(&other, NAME, &message).is_err());

    let mut session = SessionData::new();
    session.insert("user_id", 7).expect("a number fits");
    let ours = session.write(&jar, NAME, None).expect("it fits");
    let mut refused = 0;
    for sealed in [message.as_bytes(), &ours.value()] {
        for at in 0..sealed.len() {
            let mut changed = sealed.to_vec();
            changed[at] = if sealed[at] == b'0' { b'1' } else { b'0' };
            assert!(SessionData::read_value(&jar, NAME, &changed).is_err());
            let error = rails.try_ask(&json!({
                "op": "verifier_read", "secret": TOKEN,
                "message": String::from_utf8_lossy(&changed),
            }));
            let error = error.expect_err("Rails refuses it");
            assert!(
                error.starts_with("ActiveSupport::MessageVerifier::InvalidSignature"),
                "{error}"
            );
            refused += 1;
        }
    }
    assert!(refused > 250, "{refused}");
    assert_eq!(unescape(ours.escaped_value().as_bytes()), ours.value());
}
