//! The stored JSON of express-session: every recorded entry is read and written to the same bytes, and
//! what a request made of an entry is made here too.

use std::collections::BTreeMap;

use bytes::Bytes;
use hardtack::SessionData;
use hardtack::express::{CookieSignature, ExpressSession};
use hardtack::headers::unescape;
use hardtack::stores::{ReadEntry, SessionFormat};
use hardtack::value::Value;
use serde::Deserialize;
use serde_json::value::RawValue;
use time::OffsetDateTime;

use super::lines;

const FILES: [&str; 13] = [
    "memory-1.17.3",
    "memory-1.18.2",
    "memory-1.19.0",
    "connect-redis-6",
    "connect-redis-7",
    "connect-redis-8",
    "connect-redis-9",
    "connect-redis-10",
    "connect-memcached-3",
    "connect-pg-simple-10",
    "connect-session-knex-5",
    "connect-session-sequelize-7",
    "session-file-store-1.5",
];

#[derive(Deserialize)]
struct Scenario {
    label: String,
    options: Options,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Options {
    secret: Secrets,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Secrets {
    One(String),
    Several(Vec<String>),
}

#[derive(Deserialize)]
struct Step {
    path: String,
    now_ms: i64,
    set_cookie: Vec<String>,
    store: Option<BTreeMap<String, Option<Kept>>>,
}

#[derive(Deserialize)]
struct Kept {
    text: Option<String>,
}

/// The members of a JSON object in order, as text.
fn members(text: &str) -> Vec<(String, String)> {
    struct Members;
    impl<'de> serde::de::Visitor<'de> for Members {
        type Value = Vec<(String, String)>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: serde::de::MapAccess<'de>>(
            self,
            mut map: A,
        ) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some((key, value)) = map.next_entry::<String, &RawValue>()? {
                members.push((key, value.get().to_owned()));
            }
            Ok(members)
        }
    }
    serde::Deserializer::deserialize_map(&mut serde_json::Deserializer::from_str(text), Members)
        .unwrap()
}

fn find<'a>(members: &'a [(String, String)], key: &str) -> Option<&'a str> {
    let (_, value) = members.iter().find(|(found, _)| found == key)?;
    Some(value)
}

fn session(format: &ExpressSession, text: &str) -> Option<SessionData> {
    match format.read(&Bytes::from(text.to_owned()), OffsetDateTime::UNIX_EPOCH) {
        ReadEntry::Session(session) => Some(session),
        ReadEntry::Unreadable | ReadEntry::Foreign(_) => None,
        other => panic!("{other:?}"),
    }
}

fn format(secrets: &Secrets) -> ExpressSession {
    let secrets = match secrets {
        Secrets::One(secret) => std::slice::from_ref(secret),
        Secrets::Several(secrets) => secrets,
    };
    let signature = CookieSignature::new(&secrets[0]).unwrap();
    let signature = secrets[1..]
        .iter()
        .fold(signature, |all, secret| all.older_secret(secret).unwrap());
    ExpressSession::connect_redis(signature).custom_ids()
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    scenarios: usize,
    steps: usize,
    entries: usize,
    encrypted: usize,
    untouched: usize,
    changes: usize,
    other_cookie: usize,
    saved_by_handler: usize,
    cookies: usize,
}

#[test]
fn entries_of_express_are_written_as_express_does() {
    let mut counts = Counts::default();
    for file in FILES {
        for scenario in lines::<Scenario>(&format!("{file}.jsonl.gz")) {
            counts.scenarios += 1;
            let format = format(&scenario.options.secret);
            let mut before: BTreeMap<String, String> = BTreeMap::new();
            for step in &scenario.steps {
                counts.steps += 1;
                let at = format!("{file}, {}, {}", scenario.label, step.path);
                let store = step.store.iter().flatten();
                let now: BTreeMap<String, String> = store
                    .filter_map(|(id, kept)| Some((id.clone(), kept.as_ref()?.text.clone()?)))
                    .collect();
                for (id, text) in &now {
                    counts.entries += 1;
                    check(&mut counts, &format, step, before.get(id), text, &at);
                }
                for cookie in &step.set_cookie {
                    let (_, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
                    let value = unescape(value.as_bytes());
                    let id = format
                        .id_of_cookie(&value)
                        .unwrap_or_else(|| panic!("{at}"));
                    assert_eq!(
                        format.cookie_of_id(&id).unwrap().as_bytes(),
                        &*value,
                        "{at}"
                    );
                    counts.cookies += 1;
                }
                before = now;
            }
        }
    }
    // Those of the files, as counted apart. Encrypted are 8 entries of connect-memcached and 5 of
    // session-file-store.
    let expected = Counts {
        scenarios: 436,
        steps: 3503,
        entries: 2953,
        encrypted: 13,
        untouched: 1480,
        changes: 1063,
        other_cookie: 29,
        saved_by_handler: 30,
        cookies: 1595,
    };
    assert_eq!(counts, expected);
}

/// Checks an entry, and the step that made it of the one before.
fn check(
    counts: &mut Counts,
    format: &ExpressSession,
    step: &Step,
    before: Option<&String>,
    text: &str,
    at: &str,
) {
    let Some(read) = session(format, text) else {
        assert!(!text.starts_with("{\"cookie\""), "{at}: {text}");
        counts.encrypted += 1;
        return;
    };
    let members_now = members(text);
    let keys = members_now.iter().map(|(key, _)| key.as_str());
    let keys: Vec<_> = keys.filter(|key| *key != "cookie").collect();
    assert_eq!(read.keys(), keys, "{at}");

    if text.contains("\"originalMaxAge\":null,\"expires\":null,") {
        // It does not depend on the time.
        let (entry, epoch) = (Bytes::from(text.to_owned()), OffsetDateTime::UNIX_EPOCH);
        let written = format.write(&read, Some(&entry), None, epoch).unwrap();
        assert_eq!(std::str::from_utf8(&written).unwrap(), text, "{at}");
        counts.untouched += 1;
    }
    let time = i128::from(step.now_ms) * 1_000_000;
    let time = OffsetDateTime::from_unix_timestamp_nanos(time).unwrap();
    let Some(before) = before.filter(|before| *before != text) else {
        return;
    };
    let members_before = members(before);
    let cookie = |all: &[(String, String)]| members(find(all, "cookie").unwrap());
    let (cookie_before, cookie_now) = (cookie(&members_before), cookie(&members_now));
    let changed_expires = |(one, other): (&(String, String), &(String, String))| {
        one == other || (one.0 == "expires" && other.0 == "expires")
    };
    if !cookie_before.iter().zip(&cookie_now).all(changed_expires) {
        // The step set another `maxAge` or `expires`.
        counts.other_cookie += 1;
        return;
    }
    let mut session = session(format, before).unwrap();
    for (key, _) in &members_before {
        if find(&members_now, key).is_none() {
            assert!(session.remove(key), "{at}");
        }
    }
    for (key, value) in &members_now {
        if key != "cookie" && find(&members_before, key) != Some(value) {
            let value: Value = serde_json::from_str(value).unwrap();
            session.insert(key, value).unwrap();
        }
    }
    let written = format.write(&session, Some(&Bytes::from(before.clone())), None, time);
    let mut written = String::from_utf8(written.unwrap().to_vec()).unwrap();
    if step.path.starts_with("/save") && written != text {
        // The handler saved the session itself, before Express touched it.
        let cookie_written = cookie(&members(&written));
        let end = |cookie| find(cookie, "expires").unwrap().to_owned();
        written = written.replacen(&end(&cookie_written), &end(&cookie_now), 1);
        counts.saved_by_handler += 1;
    }
    assert_eq!(written, text, "{at}");
    counts.changes += 1;
}
