//! Cookies that real Rails made open to the values that Rails put in.

use std::borrow::Cow;
use std::collections::HashMap;

use hardtack::{Cipher, Jar, RailsVersion, Refusal, SecretKeyBase, Value, unescape};
use serde::Deserialize;

use crate::support;

#[derive(Deserialize)]
struct Record {
    rails: String,
    kind: String,
    #[serde(alias = "secret_token")]
    secret_key_base: String,
    #[serde(default)]
    jar: Option<String>,
    #[serde(default)]
    key_digest: Option<String>,
    /// Of the HMAC, in Rails 2.3 and 3.
    #[serde(default)]
    digest: Option<String>,
    serializer: String,
    #[serde(default)]
    metadata: bool,
    name: String,
    #[serde(default)]
    value: Option<Value>,
    cookie: String,
}

impl Record {
    /// The files up to Rails 5.1 hold the value as it was before it was escaped.
    fn unescaped_cookie(&self) -> Cow<'_, [u8]> {
        if self.rails.as_str() < "5.2" {
            Cow::Borrowed(self.cookie.as_bytes())
        } else {
            unescape(self.cookie.as_bytes())
        }
    }

    /// What decides about its jar: the keys of a jar take a while to derive.
    fn settings(&self) -> String {
        format!(
            "{:?} {:?} {:?} {} {}",
            self.jar, self.key_digest, self.digest, self.serializer, self.metadata
        )
    }

    fn jar(&self) -> Jar {
        let version: RailsVersion = self.rails.parse().unwrap();
        let defaults = version.settings();
        let settings = defaults
            .clone()
            .cipher(match self.jar.as_deref() {
                Some("encrypted_cbc") => Cipher::Aes256Cbc,
                Some("encrypted_gcm") => Cipher::Aes256Gcm,
                _ => defaults.cipher,
            })
            .key_digest(
                self.key_digest
                    .as_ref()
                    .map_or(defaults.key_digest, |digest| digest.parse().unwrap()),
            )
            .hmac_digest(
                self.digest
                    .as_ref()
                    .map_or(defaults.hmac_digest, |digest| digest.parse().unwrap()),
            )
            .serializer(self.serializer.parse().unwrap())
            .metadata(self.metadata);
        let secret = SecretKeyBase::new(self.secret_key_base.as_str()).unwrap();
        match self.jar.as_deref() {
            Some("encrypted_cbc" | "encrypted_gcm") => Jar::encrypted(&secret, settings),
            _ => Jar::signed(&secret, settings),
        }
    }
}

impl Record {
    /// How it opens, in words, by what the file tells of it.
    fn opening(&self) -> String {
        let keys = self.key_digest.as_deref().unwrap_or("SHA1");
        let digest = self.digest.as_deref().unwrap_or("SHA1");
        let sealed = match self.jar.as_deref() {
            Some("encrypted_cbc") => {
                format!("encrypted, aes-256-cbc, keys by {keys}, HMAC by SHA1")
            }
            Some("encrypted_gcm") => format!("encrypted, aes-256-gcm, keys by {keys}"),
            Some(_) => format!("signed, keys by {keys}, HMAC by SHA1"),
            None => format!("signed, the secret itself as key, HMAC by {digest}"),
        };
        let serializer = match &*self.serializer {
            "hybrid" | "json_allow_marshal" => "json",
            "message_pack_allow_marshal" => "message_pack",
            other => other,
        };
        format!("current: {sealed}, {serializer}")
    }
}

#[test]
fn every_recorded_cookie_opens_to_its_value() {
    // The file, how many of its cookies open, and how many have expired.
    let files = [
        ("jars/rails-2.3.18.jsonl", 24, 0),
        ("jars/rails-3.2.22.5.jsonl", 6, 0),
        ("jars/rails-4.2.11.3.jsonl", 24, 0),
        ("jars/rails-5.2.8.1.jsonl", 123, 3),
        ("jars/rails-6.1.7.10.jsonl", 234, 18),
        ("jars/rails-7.1.5.jsonl", 252, 36),
        ("jars/rails-8.1.3.1.jsonl", 624, 48),
    ];
    for (file, open, expired) in files {
        let mut counted = (0, 0);
        let mut jars = HashMap::new();
        for record in support::vectors::<Record>(file) {
            let value = record.unescaped_cookie();
            let jar = jars
                .entry(record.settings())
                .or_insert_with(|| record.jar());
            let opened = jar.explain(&record.name, &value);
            let place = format!(
                "{file}: {:?} {} {}",
                record.jar, record.serializer, record.name
            );
            if record.kind == "expired" {
                assert_eq!(opened.err(), Some(Refusal::Expired), "{place}");
                counted.1 += 1;
                continue;
            }
            let opened = opened.unwrap_or_else(|refusal| panic!("{place}: {refusal}"));
            // As JSON, which is how the file tells the value.
            let json: Value = serde_json::from_str(&opened.value().to_string()).unwrap();
            assert_eq!(Some(json), record.value, "{place}");
            assert!(!opened.needs_rewrite(), "{place}");
            assert_eq!(opened.opening().to_string(), record.opening(), "{place}");
            counted.0 += 1;
        }
        assert_eq!(counted, (open, expired), "{file}");
    }
}
