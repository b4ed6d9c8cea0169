//! Cookies that real Rails set, in every form in which one may hand them over.

use std::collections::BTreeMap;
use std::process::Command;

use hardtack::headers::{escape, unescape};
use hardtack::value::Value;
use serde::Deserialize;

use crate::program::{bare, run};
use crate::support::vectors;

#[derive(Clone, Deserialize)]
pub(crate) struct Record {
    pub(crate) rails: String,
    pub(crate) kind: String,
    #[serde(alias = "secret_key_base", alias = "secret_token")]
    pub(crate) secret: String,
    /// None where there was only one, which signed.
    #[serde(default)]
    pub(crate) jar: Option<String>,
    #[serde(default)]
    pub(crate) key_digest: Option<String>,
    /// Of the HMAC, in Rails 2.3 and 3.
    #[serde(default)]
    pub(crate) digest: Option<String>,
    pub(crate) serializer: String,
    #[serde(default)]
    pub(crate) metadata: bool,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) value: Option<Value>,
    #[serde(default)]
    pub(crate) expires: Option<String>,
    cookie: String,
}

impl Record {
    /// The variable in which its secret belongs.
    pub(crate) fn variable(&self) -> &'static str {
        match self.kind.as_str() {
            "legacy_signed" => "SECRET_TOKEN",
            _ => "SECRET_KEY_BASE",
        }
    }

    /// Runs a command with its secret.
    pub(crate) fn command(&self, command: &str) -> Command {
        let mut program = bare();
        program
            .env(self.variable(), &self.secret)
            .args([command, "--jsonl"]);
        program
    }

    pub(crate) fn options(&self) -> Vec<String> {
        self.prefixed("")
    }

    /// The options that say how it was sealed, with this prefix.
    pub(crate) fn prefixed(&self, prefix: &str) -> Vec<String> {
        let Self {
            rails,
            serializer,
            metadata,
            name,
            ..
        } = self;
        let options = format!(
            "--{prefix}name {name} --{prefix}rails {rails} --{prefix}serializer {serializer} \
             --{prefix}metadata {metadata}"
        );
        // In Rails 3 and before there is no jar to choose, and none is named.
        let (jar, cipher) = match self.jar.as_deref() {
            Some("encrypted_gcm") => (Some("encrypted"), Some("aes-256-gcm")),
            Some("encrypted_cbc") => (Some("encrypted"), Some("aes-256-cbc")),
            jar => (jar, None),
        };
        let mut options: Vec<_> = options.split(' ').map(str::to_owned).collect();
        for (option, value) in [
            ("jar", jar),
            ("cipher", cipher),
            ("key-digest", self.key_digest.as_deref()),
            ("hmac-digest", self.digest.as_deref()),
        ] {
            if let Some(value) = value {
                options.extend([format!("--{prefix}{option}"), value.to_owned()]);
            }
        }
        options
    }

    /// Checks whether the file holds the value as it was before it was escaped.
    fn is_unescaped(&self) -> bool {
        self.rails.as_str() < "5.2"
    }

    /// The value as it was sent.
    pub(crate) fn escaped(&self) -> String {
        if self.is_unescaped() {
            escape(self.cookie.as_bytes())
        } else {
            self.cookie.clone()
        }
    }

    /// The value no longer escaped.
    pub(crate) fn unescaped(&self) -> String {
        if self.is_unescaped() {
            self.cookie.clone()
        } else {
            String::from_utf8(unescape(self.cookie.as_bytes()).into_owned()).unwrap()
        }
    }

    /// Asserts the answer of `open --jsonl`.
    pub(crate) fn assert_opens_as(&self, answer: &str) {
        let place = format!("{:?}", self.options());
        if self.kind == "expired" {
            assert_eq!(answer, r#"{"error":"expired"}"#, "{place}");
        } else {
            let opened: BTreeMap<String, Value> = serde_json::from_str(answer).expect(answer);
            let value = self.value.clone().expect("a recorded value");
            assert_eq!(
                opened,
                BTreeMap::from([("value".to_owned(), value)]),
                "{place}"
            );
        }
    }
}

/// The recorded cookies of a version, together where one run can open them all: whether a name is
/// sealed with them makes no difference to reading.
pub(crate) fn groups(version: &str) -> Vec<Vec<Record>> {
    let mut groups: BTreeMap<_, Vec<Record>> = BTreeMap::new();
    for record in vectors::<Record>(&format!("jars/rails-{version}.jsonl")) {
        let key = Record {
            metadata: true,
            ..record.clone()
        };
        groups.entry(key.options()).or_default().push(record);
    }
    groups.into_values().collect()
}

/// A recorded cookie of Rails 8.1, with all its defaults.
pub(crate) fn record(jar: &str, name: &str) -> Record {
    let records = vectors::<Record>("jars/rails-8.1.3.1.jsonl").into_iter();
    let mut found = records.filter(|record| {
        record.jar.as_deref() == Some(jar)
            && record.name == name
            && record.metadata
            && record.serializer == "json"
            && record.key_digest.as_deref() == Some("SHA256")
    });
    found.next().expect("such a record")
}

/// Opens every cookie of a version in every form, and counts them: all, and those expired.
fn open_all(version: &str) -> (usize, usize) {
    let mut counted = (0, 0);
    for group in groups(version) {
        let mut lines = Vec::new();
        for record in &group {
            let (name, escaped, unescaped) = (&record.name, record.escaped(), record.unescaped());
            lines.extend([
                format!("Cookie: theme=dark; {name}={escaped}; other=1"),
                format!("Set-Cookie: {name}={escaped}; path=/; httponly"),
                format!("{name}={escaped}"),
                format!("{name}={unescaped}"),
                escaped,
                unescaped,
            ]);
            counted.0 += 1;
            counted.1 += usize::from(record.kind == "expired");
        }
        let mut command = group[0].command("open");
        let run = run(command.args(group[0].options()), lines.join("\n"));
        assert_eq!(run.lines().len(), lines.len(), "{}", run.err);
        let records = group.iter().flat_map(|record| [record; 6]);
        for (record, answer) in records.zip(run.lines()) {
            record.assert_opens_as(answer);
        }
        let expired = group.iter().any(|record| record.kind == "expired");
        assert_eq!((run.status, run.err.as_str()), (i32::from(expired), ""));
    }
    counted
}

// One test for each version: they run beside each other.

#[test]
fn every_cookie_of_rails_2_3_opens() {
    assert_eq!(open_all("2.3.18"), (24, 0));
}

#[test]
fn every_cookie_of_rails_3_2_opens() {
    assert_eq!(open_all("3.2.22.5"), (6, 0));
}

#[test]
fn every_cookie_of_rails_4_2_opens() {
    assert_eq!(open_all("4.2.11.3"), (24, 0));
}

#[test]
fn every_cookie_of_rails_5_2_opens() {
    assert_eq!(open_all("5.2.8.1"), (126, 3));
}

#[test]
fn every_cookie_of_rails_6_1_opens() {
    assert_eq!(open_all("6.1.7.10"), (252, 18));
}

#[test]
fn every_cookie_of_rails_7_1_opens() {
    assert_eq!(open_all("7.1.5"), (288, 36));
}

#[test]
fn every_cookie_of_rails_8_1_opens() {
    assert_eq!(open_all("8.1.3.1"), (672, 48));
}
