//! Recorded steps of Rails' own session store (`tests/vectors/sessions`).

#![allow(dead_code, reason = "with fewer features fewer tests use it")]

use std::collections::BTreeMap;

use hardtack::value::Value;
use hardtack::{LoadDefaults, SecretKeyBase, SessionData, Settings};
use serde::Deserialize;

use crate::support::vectors;

#[derive(Deserialize)]
pub(crate) struct Step {
    pub(crate) rails: String,
    pub(crate) secret_key_base: String,
    pub(crate) serializer: String,
    #[serde(rename = "step")]
    pub(crate) what: String,
    /// The session after the step.
    pub(crate) expect: Option<BTreeMap<String, Value>>,
    pub(crate) set_cookie: Option<String>,
    /// The value in it.
    pub(crate) cookie: Option<String>,
    pub(crate) same_id: Option<bool>,
}

impl Step {
    pub(crate) fn secret(&self) -> SecretKeyBase {
        SecretKeyBase::new(self.secret_key_base.as_str()).unwrap()
    }

    pub(crate) fn settings(&self) -> Settings {
        let version: LoadDefaults = self.rails.parse().unwrap();
        version
            .settings()
            .cookies_serializer(self.serializer.parse().unwrap())
    }

    /// The session after the step, without its id.
    pub(crate) fn expected(&self) -> Option<BTreeMap<String, Value>> {
        let mut expected = self.expect.clone()?;
        expected.remove("session_id");
        Some(expected)
    }
}

/// Returns every step under Rails 6.1, 7.1 and 8.1, by file.
pub(crate) fn steps() -> [(&'static str, Vec<Step>); 3] {
    [
        ("sessions/rails-6.1.jsonl", 20),
        ("sessions/rails-7.1.jsonl", 30),
        ("sessions/rails-8.1.jsonl", 30),
    ]
    .map(|(file, count)| {
        let steps = vectors::<Step>(file);
        assert_eq!(steps.len(), count, "{file}");
        (file, steps)
    })
}

/// Returns the data of a session as JSON, without its id.
pub(crate) fn contents(session: &SessionData) -> BTreeMap<String, Value> {
    let keys = session.keys().into_iter().filter(|key| key != "session_id");
    keys.map(|key| {
        let value = session.get::<Value>(&key).unwrap().unwrap_or(Value::Nil);
        let json = serde_json::from_str(&value.to_string()).unwrap();
        (key.into_owned(), json)
    })
    .collect()
}
