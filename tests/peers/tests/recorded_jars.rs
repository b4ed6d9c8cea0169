//! Checks the peer itself: the live app reads every cookie that this version of Rails recorded, or an
//! older one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::HashMap;
use std::path::Path;

use hardtack_peers::{Rails, RailsVersion, Serializer, Settings};
use serde_json::{Value, json};

fn recorded() -> Vec<Value> {
    let (file, _) = RailsVersion::current().recorded_jars;
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../vectors/jars")
        .join(format!("{file}.jsonl"));
    let lines = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("a vector is JSON"))
        .filter(is_of_the_defaults)
        .collect()
}

/// The peer has the digest of keys that its version has by default.
fn is_of_the_defaults(vector: &Value) -> bool {
    let defaults = RailsVersion::current().load_defaults.settings();
    vector["key_digest"] == defaults.key_generator_hash_digest_class.name()
}

fn text<'a>(vector: &'a Value, field: &str) -> &'a str {
    vector[field]
        .as_str()
        .unwrap_or_else(|| panic!("no text {field} in {vector}"))
}

fn settings(vector: &Value) -> Settings {
    Settings {
        serializer: match text(vector, "serializer") {
            "json" => Serializer::Json,
            "hybrid" | "json_allow_marshal" => Serializer::Hybrid,
            "marshal" => Serializer::Marshal,
            "message_pack" => Serializer::MessagePack,
            other => panic!("no serializer {other}"),
        },
        metadata: vector["metadata"]
            .as_bool()
            .expect("metadata is true or false"),
        gcm: vector["jar"] != "encrypted_cbc",
        ..Settings::new(text(vector, "secret_key_base"))
    }
}

fn jar(vector: &Value) -> &str {
    text(vector, "jar")
        .split('_')
        .next()
        .expect("split gives a first part")
}

#[test]
fn every_recorded_cookie_is_read_to_its_value() {
    let mut apps: HashMap<Settings, Rails> = HashMap::new();
    let (mut read, mut refused) = (0, 0);
    for vector in recorded() {
        let settings = settings(&vector);
        let rails = apps
            .entry(settings.clone())
            .or_insert_with(|| Rails::start(&settings));
        let name = text(&vector, "name");
        let answer = rails.ask(json!({
            "op": "read", "jar": jar(&vector), "name": name, "cookie": vector["cookie"],
        }));
        match text(&vector, "kind") {
            "jar" => {
                assert_eq!(answer["value"], vector["value"], "{vector}");
                assert!(answer.get("nil").is_none(), "{vector}");
                read += 1;
            }
            "expired" => {
                assert_eq!(
                    (&answer["value"], &answer["nil"]),
                    (&Value::Null, &json!(true)),
                    "{vector}"
                );
                refused += 1;
            }
            other => panic!("no kind {other}"),
        }
        if name == "c_bigint" {
            // serde_json's numbers are 64 bits wide and would hide a lost digit.
            assert_eq!(answer["inspect"], "1208925819614629174706176", "{vector}");
        }
        assert_eq!(
            answer["set_cookie"],
            json!([]),
            "nothing to rotate or to upgrade: {vector}"
        );
    }
    let (_, expected) = RailsVersion::current().recorded_jars;
    assert_eq!([read, refused, apps.len()], expected);
}
