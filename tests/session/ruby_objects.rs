//! Ruby's objects in sessions (`tests/vectors/ruby_objects`): as JSON, inserted again, and untouched.

use std::fs;

use hardtack::flash::FlashHash;
use hardtack::headers::unescape;
use hardtack::message::Opened;
use hardtack::value::Value;
use hardtack::{Jar, LoadDefaults, SecretKeyBase, Serializer, SessionData};
use serde::Deserialize;

use crate::signed::signed;
use crate::support::{self, vectors, vectors_folder};

const NAME: &str = "_shop_session";

/// The signed jar of an app that writes Marshal.
fn jar() -> Jar {
    let settings = LoadDefaults::V7_1.settings();
    Jar::signed(
        &support::secret(),
        settings.cookies_serializer(Serializer::Marshal),
    )
}

fn recorded(file: &str) -> Vec<u8> {
    let path = vectors_folder().join("ruby_objects").join(file);
    hex::decode(fs::read_to_string(path).unwrap().trim()).unwrap()
}

fn session(bytes: &[u8]) -> SessionData {
    let opened = SessionData::read_value(&jar(), NAME, signed(bytes));
    opened.map(Opened::into_value).unwrap()
}

/// The bytes that are sealed when the session is written.
fn written(session: &mut SessionData) -> Vec<u8> {
    let cookie = session.write(&jar(), NAME, None).unwrap();
    let opened = jar().open(NAME, cookie.value()).unwrap();
    opened.value().as_bytes().to_vec()
}

/// `ActionController::Parameters` of Rails 6.1, by each serializer of Rails.
#[test]
fn parameters_become_json_as_their_contents() {
    #[derive(Deserialize)]
    struct Recorded {
        serializer: String,
        cookie: String,
    }
    let secret = SecretKeyBase::new("b3c631c314c0bbca50c1b2843150fe33".repeat(4)).unwrap();
    let mut texts = Vec::new();
    for Recorded { serializer, cookie } in vectors("ruby_objects/ac-params-6.1.jsonl") {
        let serializer: Serializer = serializer.parse().unwrap();
        let settings = LoadDefaults::V6_1.settings().cookies_serializer(serializer);
        let jar = Jar::encrypted(&secret, settings);
        let opened = SessionData::read_value(&jar, NAME, unescape(cookie.as_bytes())).unwrap();
        let session = opened.into_value();
        let keys = session.keys();
        let key = keys.iter().find(|key| *key != "session_id").unwrap();
        let json = session.get::<Value>(key).unwrap().unwrap().to_string();
        texts.push(json);
    }
    assert_eq!(texts.len(), 3);
    // Rails itself wrote the second and the third as JSON.
    assert_eq!(texts[0], texts[1]);
    assert_eq!(texts[1], texts[2]);
    assert!(
        texts[0].starts_with('{') && !texts[0].contains("permitted"),
        "{}",
        texts[0]
    );
}

/// What Rack reads from a request is binary; a value keeps its encoding when it is inserted again.
#[test]
fn binary_strings_stay_binary() {
    let recorded = recorded("binary-strings.hex");
    let mut session = session(&recorded);
    assert_eq!(
        session.get::<String>("name").unwrap().as_deref(),
        Some("Zoë")
    );
    let agent = session.get::<Value>("agent").unwrap().unwrap();
    assert_eq!(agent.as_str(), Some("Mozilla/5.0"));
    assert_eq!(agent.to_string(), r#""Mozilla/5.0""#);
    for key in ["agent", "name", "text", "list"] {
        let value = session.get::<Value>(key).unwrap().unwrap();
        assert!(session.remove(key));
        session.insert(key, &value).unwrap();
    }
    let shown = |bytes: &[u8]| bytes.escape_ascii().to_string();
    // Ruby links equal Symbols: `E` is `:\x06E` once and `;\x00` afterwards. Keys of Hashes inside
    // values are text.
    let expected = shown(&recorded).replace(
        "{\\x06\\\"\\x06k\\\"\\x06v",
        "{\\x06I\\\"\\x06k\\x06;\\x00T\\\"\\x06v",
    );
    assert_eq!(shown(&written(&mut session)), expected);
}

/// Rails 3.1 and 3.2 keep the flash in itself after `flash.now`; later Rails reads `@flashes` and
/// `@used` only (`FlashHash.from_session_value`).
#[test]
fn a_flash_that_holds_itself() {
    let recorded = recorded("flash-now-3.2.hex");
    let mut untouched = session(&recorded);
    assert_eq!(
        untouched.session_id().as_deref(),
        Some("a".repeat(32).as_str())
    );
    untouched.insert("_csrf_token", "x").unwrap();
    assert_eq!(
        written(&mut untouched).escape_ascii().to_string(),
        recorded.escape_ascii().to_string(),
        "the flash still points to itself"
    );

    let mut session = session(&recorded);
    let mut flash = FlashHash::load(&session);
    assert_eq!(flash.notice(), Some("Saved"));
    assert_eq!(flash.alert(), None, "it was for one request");
    assert!(flash.contains_key("errors"));
    flash.keep("notice");
    flash.commit(&mut session).unwrap();
    let stored = session.get::<Value>("flash").unwrap().unwrap();
    assert_eq!(
        stored.to_string(),
        r#"{"discard":[],"flashes":{"notice":"Saved"}}"#
    );
}
