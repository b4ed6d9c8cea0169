//! Cookies that real Rails made open to the values that Rails put in.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::BTreeMap;

use hardtack::{Cipher, Jar, RailsVersion, Refusal, SecretKeyBase, Settings, Value, unescape};
use serde::Deserialize;

#[derive(Deserialize)]
struct Record {
    rails: String,
    kind: String,
    secret_key_base: String,
    jar: String,
    key_digest: String,
    serializer: String,
    metadata: bool,
    name: String,
    #[serde(default)]
    value: Option<Value>,
    cookie: String,
}

impl Record {
    fn jar(&self) -> Jar {
        let version: RailsVersion = self.rails.parse().unwrap();
        let settings = Settings {
            cipher: Cipher::Aes256Gcm,
            key_digest: self.key_digest.parse().unwrap(),
            serializer: self.serializer.parse().unwrap(),
            metadata: self.metadata,
            ..version.settings()
        };
        let secret = SecretKeyBase::new(self.secret_key_base.as_str()).unwrap();
        match self.jar.as_str() {
            "signed" => Jar::signed(&secret, settings),
            _ => Jar::encrypted(&secret, settings),
        }
    }
}

#[test]
fn every_recorded_cookie_opens_to_its_value() {
    let files = [
        "jars/rails-5.2.8.1.jsonl",
        "jars/rails-6.1.7.10.jsonl",
        "jars/rails-7.1.5.jsonl",
        "jars/rails-8.1.3.1.jsonl",
    ];
    let mut counts = BTreeMap::new();
    for file in files {
        for record in support::vectors::<Record>(file) {
            if record.jar == "encrypted_cbc"
                || !["json", "hybrid", "json_allow_marshal"].contains(&record.serializer.as_str())
            {
                continue;
            }
            let value = unescape(record.cookie.as_bytes());
            let opened = record.jar().explain(&record.name, &value);
            let place = format!(
                "{file}: {} {} {}",
                record.jar, record.serializer, record.name
            );
            match record.kind.as_str() {
                "jar" => {
                    let opened = opened.unwrap_or_else(|refusal| panic!("{place}: {refusal}"));
                    assert_eq!(Some(opened.value()), record.value.as_ref(), "{place}");
                    assert!(!opened.needs_rewrite(), "{place}");
                }
                "expired" => assert_eq!(opened.err(), Some(Refusal::Expired), "{place}"),
                kind => panic!("{place}: a record of an unknown kind: {kind}"),
            }
            *counts.entry((file, record.kind)).or_insert(0) += 1;
        }
    }
    let counted: Vec<_> = counts.values().copied().collect();
    // Of each file the expired ones, then the others.
    assert_eq!(counted, [2, 54, 8, 104, 16, 112, 16, 208]);
}
