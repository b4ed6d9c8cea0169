//! The cookies that real Rails sealed, as far as the checks need them.

use std::collections::{BTreeMap, BTreeSet};

use hardtack::headers::unescape;
use serde_json::Value;

/// The cookies that Rails of these versions sealed (`tests/vectors/jars`).
const JARS: &[&str] = &[
    include_str!("../../../tests/vectors/jars/rails-2.3.18.jsonl"),
    include_str!("../../../tests/vectors/jars/rails-3.2.22.5.jsonl"),
    include_str!("../../../tests/vectors/jars/rails-4.2.11.3.jsonl"),
    include_str!("../../../tests/vectors/jars/rails-5.2.8.1.jsonl"),
    include_str!("../../../tests/vectors/jars/rails-6.1.7.10.jsonl"),
    include_str!("../../../tests/vectors/jars/rails-7.1.5.jsonl"),
    include_str!("../../../tests/vectors/jars/rails-8.1.3.1.jsonl"),
];

/// The credentials that Rails of these versions encrypted, all under one key.
const CREDENTIALS: &[&str] = &[
    include_str!("../../../tests/vectors/credentials/rails-6.1.jsonl"),
    include_str!("../../../tests/vectors/credentials/rails-7.1.jsonl"),
    include_str!("../../../tests/vectors/credentials/rails-8.1.jsonl"),
];

/// The cookies of a jar: `encrypted_gcm`, `encrypted_cbc` or `signed`.
pub(super) fn jar(jar: &str) -> BTreeSet<Vec<u8>> {
    cookies(|record| record["jar"] == jar)
}

/// The signed sessions of Rails 2 and 3.
pub(super) fn signed_rails_3() -> BTreeSet<Vec<u8>> {
    cookies(|record| record["kind"] == "legacy_signed")
}

/// The sessions of Rack (`tests/vectors/rack`).
const RACK: &[&str] = &[
    include_str!("../../../tests/vectors/rack/rack-2.0.jsonl"),
    include_str!("../../../tests/vectors/rack/rack-2.2.jsonl"),
    include_str!("../../../tests/vectors/rack/encrypted.jsonl"),
];

/// The secrets of Rack's recorded sessions, and the cookies' unescaped values.
pub(super) fn rack() -> (BTreeSet<String>, BTreeSet<Vec<u8>>) {
    let text = |record: &Value, field: &str| Some(record[field].as_str()?.to_owned());
    let secrets = records(RACK).filter_map(|record| text(&record, "secret"));
    let cookies = records(RACK).filter_map(|record| {
        let signed = text(&record, "set_cookie");
        let signed = signed.map(|set| {
            set["rack.session=".len()..]
                .split(';')
                .next()
                .unwrap()
                .into()
        });
        let cookie: String = signed.or_else(|| text(&record, "cookie"))?;
        Some(unescape(cookie.replace('+', "%2B").as_bytes()).into_owned())
    });
    (secrets.collect(), cookies.collect())
}

/// The seals of iron-session (`tests/vectors/express`).
const IRON: &[&str] = &[
    include_str!("../../../tests/vectors/express/iron-session-8.jsonl"),
    include_str!("../../../tests/vectors/express/iron-session-9.jsonl"),
];

/// The passwords of each seal that iron-session opens by their ids, and the seal.
pub(super) fn iron_seals() -> Vec<(BTreeMap<u32, String>, String)> {
    let opens = |record: &Value| record["kind"] == "iron_seal" || record["data"]["a"].is_number();
    let seals = records(IRON).filter(opens);
    let seals = seals.map(|record| {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let one = || BTreeMap::from([(1, text(&record["password"]).unwrap())]);
        let several = record["password"].as_object().map(|several| {
            let several = several.iter();
            several
                .map(|(id, password)| (id.parse().unwrap(), text(password).unwrap()))
                .collect()
        });
        (several.unwrap_or_else(one), text(&record["seal"]).unwrap())
    });
    seals.collect()
}

/// The texts that Laravel encrypted (`tests/vectors/laravel`).
const LARAVEL: &[&str] = &[include_str!(
    "../../../tests/vectors/laravel/encrypted-8.83.jsonl"
)];

/// The keys and ciphers of Laravel's recorded payloads, and the payloads.
pub(super) fn laravel() -> (BTreeSet<(String, String)>, Vec<String>) {
    let text = |record: &Value, field: &str| record[field].as_str().unwrap().to_owned();
    let keys = records(LARAVEL).map(|record| (text(&record, "app_key"), text(&record, "cipher")));
    let payloads = records(LARAVEL).map(|record| text(&record, "payload"));
    (keys.collect(), payloads.collect())
}

/// Encrypted files, and the text in each.
pub(super) fn credentials() -> Vec<(String, String)> {
    let texts = records(CREDENTIALS).map(|record| {
        let text = |field: &str| record[field].as_str().unwrap().to_owned();
        assert_eq!(text("master_key"), "0123456789abcdef0123456789abcdef");
        (text("enc"), text("yaml"))
    });
    texts.collect()
}

fn cookies(wanted: impl Fn(&Value) -> bool) -> BTreeSet<Vec<u8>> {
    let wanted = records(JARS).filter(wanted);
    let cookie = |record: Value| {
        let cookie = record["cookie"].as_str().unwrap();
        // Some are recorded as they were sent, some unescaped.
        unescape(cookie.replace('+', "%2B").as_bytes()).into_owned()
    };
    wanted.map(cookie).collect()
}

fn records(files: &'static [&'static str]) -> impl Iterator<Item = Value> {
    let lines = files.iter().flat_map(|file| file.lines());
    lines.map(|line| serde_json::from_str(line).unwrap())
}
