//! A session that is read, changed in one key and written: every other key is as it was.

use std::sync::LazyLock;

use hardtack::settings::SizeLimit;
use hardtack::value::Value;
use hardtack::{Jar, LoadDefaults, Serializer, SessionData, fuzzing};
use serde_json::value::RawValue;

use super::jars::writes;
use super::{one_of, secret, text};

const NAME: &str = "_app_session";

/// The format from which a session is read, and the one in which it is written.
const WAYS: &[(Serializer, Serializer)] = &[
    (Serializer::Hybrid, Serializer::Hybrid),
    (Serializer::Marshal, Serializer::Marshal),
    (
        Serializer::MessagePackAllowMarshal,
        Serializer::MessagePackAllowMarshal,
    ),
    (Serializer::Marshal, Serializer::Hybrid),
    (Serializer::MessagePackAllowMarshal, Serializer::Hybrid),
    (Serializer::Hybrid, Serializer::Marshal),
    (Serializer::Hybrid, Serializer::MessagePackAllowMarshal),
    (Serializer::Marshal, Serializer::MessagePackAllowMarshal),
    (Serializer::MessagePackAllowMarshal, Serializer::Marshal),
];

/// A signed jar for each serializer, without a limit.
static JARS: LazyLock<Vec<(Serializer, Jar)>> = LazyLock::new(|| {
    let jar = |serializer: &Serializer| {
        let settings = LoadDefaults::V8_1
            .settings()
            .cookies_serializer(*serializer)
            .limit(SizeLimit::None);
        (*serializer, Jar::signed(&secret(), settings))
    };
    Serializer::ALL.iter().map(jar).collect()
});

fn jar(serializer: Serializer) -> &'static Jar {
    let (_, jar) = JARS.iter().find(|(found, _)| *found == serializer).unwrap();
    jar
}

pub(super) fn check(data: &[u8]) {
    let [way, change, data @ ..] = data else {
        return;
    };
    if data.len() > 4096 {
        return;
    }
    let (from, to) = *one_of(WAYS, *way);
    let (from_jar, to_jar) = (jar(from), jar(to));
    let payload = fuzzing::serialized(from, data);
    let Ok(cookie) = from_jar.write_serialized(NAME, &payload, None) else {
        return;
    };
    let Ok(opened) = SessionData::read_value(from_jar, NAME, cookie.value()) else {
        return;
    };
    // Its first bytes tell a value's format, whatever serializer it is said to be of.
    let is_kept = opened.sealed_by().serializer == writes(to);
    let before = opened.into_value();
    let keys: Vec<String> = before.keys().iter().map(ToString::to_string).collect();
    let _ = format!("{before:?}");

    // One key changes: a new one, or one that is there; or goes.
    let mut session = before.clone();
    let changed = match keys.get(usize::from(*change)) {
        Some(key) => key.clone(),
        None => "a key for fuzzing".to_owned(),
    };
    let removed = change % 5 == 4 && session.remove(&changed);
    if !removed {
        session.insert(&*changed, "changed").unwrap();
    }
    let Ok(cookie) = session.write(to_jar, NAME, None) else {
        // What JSON and MessagePack cannot say, or nests too deep for them.
        assert!(!is_kept, "what was read cannot be written");
        return;
    };
    let Ok(opened) = SessionData::read_value(to_jar, NAME, cookie.value()) else {
        let is_too_long = cookie.value().len() > 16 * 1024;
        assert!(is_too_long, "what was written cannot be read");
        return;
    };
    let after = opened.into_value();

    // A key that has no text is called by its place, which is another one now.
    if keys.iter().any(|key| key.starts_with("#<Object:")) {
        return;
    }

    // What is nil goes, and there is always an id.
    let stays = |key: &&String| **key == changed || *key == "session_id" || !is_nil(&before, key);
    let mut expected: Vec<String> = keys.iter().filter(stays).cloned().collect();
    if removed {
        expected.retain(|key| *key != changed);
    } else if !expected.contains(&changed) {
        expected.push(changed.clone());
    }
    if !expected.iter().any(|key| key == "session_id") {
        expected.push("session_id".to_owned());
    }
    assert_eq!(after.keys(), expected);
    assert!(after.session_id().is_some());
    for key in keys.iter().filter(|key| **key != changed) {
        if key == "session_id" && before.session_id().is_none() {
            continue;
        }
        if is_kept {
            same(&before, &after, key, to);
        }
    }
    if !removed {
        assert_eq!(
            after.get::<String>(&changed).unwrap().as_deref(),
            Some("changed")
        );
    }
}

fn is_nil(session: &SessionData, key: &str) -> bool {
    matches!(session.get::<Value>(key), Ok(None))
}

fn same(before: &SessionData, after: &SessionData, key: &str, serializer: Serializer) {
    // What cannot be read cannot be read again, for the same reason.
    let value = |session: &SessionData| {
        let value = session.get::<Value>(key).map_err(|error| error.to_string());
        value.map(|value| value.as_ref().map(text))
    };
    assert_eq!(value(before), value(after), "{key}");
    // JSON is copied to the letter.
    if serializer == Serializer::Hybrid {
        let raw = |session: &SessionData| {
            let raw = session.get::<Box<RawValue>>(key).ok().flatten();
            raw.map(|raw| raw.get().to_owned())
        };
        assert_eq!(raw(before), raw(after), "{key}");
    }
}
