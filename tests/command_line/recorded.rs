//! Cookies that real Rails set, in every form in which one may hand them over.

use std::collections::BTreeMap;

use hardtack::{Value, unescape};
use serde::Deserialize;

use crate::program::{bare, run};
use crate::support::vectors;

#[derive(Clone, Deserialize)]
pub(crate) struct Record {
    pub(crate) rails: String,
    pub(crate) kind: String,
    pub(crate) secret_key_base: String,
    pub(crate) jar: String,
    key_digest: String,
    pub(crate) serializer: String,
    metadata: bool,
    pub(crate) name: String,
    value: Option<Value>,
    pub(crate) cookie: String,
}

impl Record {
    /// Whether its format is supported.
    fn is_supported(&self) -> bool {
        let json = ["json", "hybrid", "json_allow_marshal"].contains(&self.serializer.as_str());
        json && self.jar != "encrypted_cbc"
    }

    pub(crate) fn options(&self) -> Vec<String> {
        let jar = self.jar.trim_end_matches("_gcm");
        let Self {
            rails,
            key_digest,
            serializer,
            metadata,
            name,
            ..
        } = self;
        let options = format!(
            "--name {name} --rails {rails} --jar {jar} --key-digest {key_digest} \
             --serializer {serializer} --metadata {metadata}"
        );
        options.split(' ').map(str::to_owned).collect()
    }

    /// The value no longer escaped.
    pub(crate) fn unescaped(&self) -> String {
        String::from_utf8(unescape(self.cookie.as_bytes()).into_owned()).unwrap()
    }
}

/// A recorded cookie of Rails 8.1, with all its defaults.
pub(crate) fn record(jar: &str, name: &str) -> Record {
    let records = vectors::<Record>("jars/rails-8.1.3.1.jsonl").into_iter();
    let mut found = records.filter(|record| {
        record.is_supported()
            && record.jar == jar
            && record.name == name
            && record.metadata
            && record.serializer == "json"
            && record.key_digest == "SHA256"
    });
    found.next().expect("such a record")
}

#[test]
fn every_recorded_cookie_opens_in_every_form() {
    let mut counts = BTreeMap::new();
    for version in ["5.2.8.1", "6.1.7.10", "7.1.5", "8.1.3.1"] {
        for record in vectors::<Record>(&format!("jars/rails-{version}.jsonl")) {
            if !record.is_supported() {
                continue;
            }
            let Record { name, cookie, .. } = &record;
            let unescaped = record.unescaped();
            let lines = [
                cookie.clone(),
                unescaped.clone(),
                format!("{name}={cookie}"),
                format!("{name}={unescaped}"),
                format!("Cookie: theme=dark; {name}={cookie}; other=1"),
                format!("Set-Cookie: {name}={cookie}; path=/; httponly"),
            ];
            let mut command = bare();
            command
                .env("SECRET_KEY_BASE", &record.secret_key_base)
                .args(["open", "--jsonl"])
                .args(record.options());
            let run = run(&mut command, lines.join("\n"));
            assert_eq!(run.lines().len(), lines.len(), "{}", run.err);
            for (line, answer) in lines.iter().zip(run.lines()) {
                if record.kind == "expired" {
                    assert_eq!(answer, r#"{"error":"expired"}"#, "{line}");
                } else {
                    let answer: BTreeMap<String, Value> = serde_json::from_str(answer).unwrap();
                    let value = record.value.clone().expect("a recorded value");
                    assert_eq!(
                        answer,
                        BTreeMap::from([("value".to_owned(), value)]),
                        "{line}"
                    );
                }
            }
            assert_eq!(run.status, i32::from(record.kind == "expired"));
            *counts.entry((version, record.kind)).or_insert(0) += 1;
        }
    }
    let counted: Vec<_> = counts
        .iter()
        .map(|((version, kind), count)| (*version, kind.as_str(), *count))
        .collect();
    let expected = [
        ("5.2.8.1", "expired", 2),
        ("5.2.8.1", "jar", 54),
        ("6.1.7.10", "expired", 8),
        ("6.1.7.10", "jar", 104),
        ("7.1.5", "expired", 16),
        ("7.1.5", "jar", 112),
        ("8.1.3.1", "expired", 16),
        ("8.1.3.1", "jar", 208),
    ];
    assert_eq!(counted, expected);
}
