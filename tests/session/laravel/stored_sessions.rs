//! Every session and every cookie that Laravel recorded.

use std::collections::BTreeMap;

use hardtack::headers::unescape;
use hardtack::laravel::{LaravelSession, LaravelVersion};
use hardtack::stores::SessionFormat;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{encrypter, format_of, lines, read, write};

#[derive(Deserialize)]
pub(super) struct Scenario {
    pub(super) driver: String,
    pub(super) options: Value,
    pub(super) app_key: String,
    pub(super) steps: Vec<Step>,
}

#[derive(Deserialize)]
pub(super) struct Step {
    epoch: i64,
    session_id: String,
    attributes: Value,
    pub(super) set_cookie: Vec<String>,
    store: Vec<Value>,
}

impl Scenario {
    /// Returns the format of a driver, with this scenario's settings.
    pub(super) fn format(&self, driver: &str) -> LaravelSession {
        let format = format_of(driver, &self.app_key, LaravelVersion::V8);
        let format = format.cookie_name(self.cookie_name());
        if self.is_encrypted() {
            format.encrypt()
        } else {
            format
        }
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.options.get("encrypt") == Some(&Value::Bool(true))
    }

    pub(super) fn cookie_name(&self) -> &str {
        let name = self.options.get("cookie").and_then(Value::as_str);
        name.unwrap_or("laravel_session")
    }
}

impl Step {
    /// Returns the key and the bytes of the session's entry.
    pub(super) fn entry(&self) -> (String, Vec<u8>) {
        let mut entries = self.store.iter().map(|entry| {
            let text = |name: &str| entry.get(name).and_then(Value::as_str);
            let key = ["file", "key", "id"].into_iter().find_map(text).unwrap();
            let bytes = match text("payload") {
                Some(payload) => payload.as_bytes().to_vec(),
                None => hex::decode(text("hex").unwrap()).unwrap(),
            };
            (key.to_owned(), bytes)
        });
        entries
            .find(|(key, _)| key.ends_with(&self.session_id))
            .unwrap()
    }
}

/// Ages the flash, as Laravel does between the end of a request and the writing of its session.
fn aged(attributes: &Value) -> Value {
    let mut aged = attributes.as_object().cloned().unwrap_or_default();
    let names = |name: &str| {
        let flash = attributes.get("_flash").and_then(|flash| flash.get(name));
        flash.cloned().unwrap_or_else(|| json!([]))
    };
    let old = names("old");
    for name in old.as_array().unwrap() {
        aged.remove(name.as_str().unwrap());
    }
    aged.insert(
        "_flash".to_owned(),
        json!({ "old": names("new"), "new": [] }),
    );
    Value::Object(aged)
}

fn as_json(format: &LaravelSession, bytes: &[u8]) -> Value {
    let session = read(format, bytes).unwrap();
    serde_json::from_slice(&session.to_json().unwrap()).unwrap()
}

#[test]
fn stored_sessions_of_each_driver_are_read_and_written_back() {
    let mut counts = BTreeMap::new();
    let scenarios = lines::<Scenario>("laravel_session");
    assert_eq!(scenarios.len(), 15);
    for scenario in scenarios.iter().filter(|one| one.driver != "cookie") {
        let format = scenario.format(&scenario.driver);
        for step in &scenario.steps {
            let (key, bytes) = step.entry();
            assert_eq!(format.keys(&step.session_id), [key]);
            assert_eq!(as_json(&format, &bytes), aged(&step.attributes));
            let written = write(&format, &read(&format, &bytes).unwrap()).unwrap();
            if scenario.is_encrypted() {
                // Under another initialisation vector.
                assert_ne!(written, bytes);
                assert_eq!(as_json(&format, &written), aged(&step.attributes));
                assert!(read(&format_of_plain(scenario), &bytes).is_err());
            } else {
                assert_eq!(written, bytes);
            }
            *counts.entry(&*scenario.driver).or_insert(0) += 1;
        }
    }
    let expected = ["database", "file", "memcached", "redis"].map(|driver| (driver, 24));
    assert_eq!(counts, expected.into());
}

fn format_of_plain(scenario: &Scenario) -> LaravelSession {
    format_of(&scenario.driver, &scenario.app_key, LaravelVersion::V8)
}

/// The cookies with an id, those with a whole session (driver `cookie`), and those that delete one.
#[test]
fn every_cookie_opens() {
    let (mut ids, mut sessions, mut deleted) = (0, 0, 0);
    for scenario in lines::<Scenario>("laravel_session") {
        let encrypter = encrypter(&scenario.app_key, "AES-256-CBC");
        let format = scenario.format("file");
        for step in &scenario.steps {
            for cookie in &step.set_cookie {
                let (pair, attributes) = cookie.split_once(';').unwrap();
                let (name, value) = pair.split_once('=').unwrap();
                let value = unescape(value.as_bytes());
                if name == scenario.cookie_name() {
                    let id = format.id_of_cookie(&value);
                    assert_eq!(id.as_deref(), Some(&*step.session_id));
                    ids += 1;
                    continue;
                }
                let text = encrypter.open_cookie(name, &value).unwrap();
                if attributes.contains("Max-Age=0") {
                    assert_eq!(text, b"");
                    deleted += 1;
                    continue;
                }
                assert_eq!(name, step.session_id);
                let kept: Value = serde_json::from_slice(&text).unwrap();
                assert_eq!(kept["expires"], step.epoch + 7200);
                let data = kept["data"].as_str().unwrap();
                assert_eq!(as_json(&format, data.as_bytes()), aged(&step.attributes));
                sessions += 1;
            }
        }
    }
    assert_eq!((ids, sessions, deleted), (120, 24, 6));
}

#[derive(Deserialize)]
struct OfStore {
    serialization: String,
    encrypt: bool,
    app_key: String,
    steps: Vec<StoreStep>,
}

#[derive(Deserialize)]
struct StoreStep {
    stored: String,
    attributes: Value,
}

/// PHP's serialization and JSON, bare and encrypted.
#[test]
fn sessions_of_laravel_13_are_read_and_written_back() {
    let mut count = 0;
    for line in lines::<OfStore>("laravel_store") {
        let mut format = format_of("file", &line.app_key, LaravelVersion::V13);
        if line.encrypt {
            format = format.encrypt();
        }
        if line.serialization == "json" {
            format = format.json();
        }
        for step in &line.steps {
            let bytes = step.stored.as_bytes();
            assert_eq!(as_json(&format, bytes), step.attributes);
            let written = write(&format, &read(&format, bytes).unwrap()).unwrap();
            assert_eq!(as_json(&format, &written), step.attributes);
            if !line.encrypt {
                assert_eq!(written, bytes);
            }
            count += 1;
        }
    }
    assert_eq!(count, 20);
}

/// A null at the top is a value of PHP, which stays.
#[test]
fn nulls_stay() {
    let format = format_of("file", super::APP_KEY, LaravelVersion::V13);
    for (format, stored, changed) in [
        (
            format.clone(),
            r#"a:2:{s:1:"a";N;s:1:"b";i:1;}"#,
            r#"a:3:{s:1:"a";N;s:1:"b";i:1;s:1:"c";i:2;}"#,
        ),
        (
            format.json(),
            r#"{"a":null,"b":1}"#,
            r#"{"a":null,"b":1,"c":2}"#,
        ),
    ] {
        let mut session = read(&format, stored.as_bytes()).unwrap();
        assert_eq!(write(&format, &session).unwrap(), stored.as_bytes());
        session.insert("c", 2).unwrap();
        assert_eq!(write(&format, &session).unwrap(), changed.as_bytes());
    }
    let empty = format_of("file", super::APP_KEY, LaravelVersion::V13).json();
    assert!(read(&empty, b"[]").unwrap().is_empty());
    assert_eq!(
        read(&empty, b"[1]").unwrap_err(),
        read(&empty, b"x").unwrap_err()
    );
}
