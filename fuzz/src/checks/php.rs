//! PHP: single values, and the sessions of its three handlers. What was read is written so that it
//! reads the same, also without a key or with another one.

use hardtack::SessionData;
use hardtack::php::{self, PhpHandler, PhpSessions};
use hardtack::stores::{ReadEntry, SessionFormat};
use hardtack::value::Value;
use time::OffsetDateTime;

use super::text;

/// The key that a check sets.
const KEY: &str = "set by the check";

pub(super) fn check(data: &[u8]) {
    let [way, change, data @ ..] = data else {
        return;
    };
    // Up to this length the same number of values may be read through references.
    if data.len() > 4096 {
        return;
    }
    match PhpHandler::ALL.get(usize::from(way % 4)) {
        Some(handler) => check_session(*handler, *change, data),
        None => check_value(data),
    }
}

fn check_value(data: &[u8]) {
    let json: Result<serde_json::Value, _> = php::unserialize(data);
    let _ = php::unserialize::<Vec<(String, Option<u8>)>>(data);
    let Ok(value) = php::unserialize::<Value>(data) else {
        return;
    };
    // Bytes that are not text have no place in JSON.
    drop(json);
    // A name may not be UTF-8.
    let Ok(written) = php::serialize(&value) else {
        return;
    };
    let again: Value = php::unserialize(&written).expect("a value that was written");
    assert_eq!(text(&again), text(&value));
    assert_eq!(php::serialize(&again).expect("it again"), written);
}

fn check_session(handler: PhpHandler, change: u8, data: &[u8]) {
    let format = PhpSessions::new().handler(handler);
    let Some(session) = read(&format, data) else {
        return;
    };
    let keys: Vec<String> = session.keys().iter().map(ToString::to_string).collect();
    for key in &keys {
        let _ = session.get::<serde_json::Value>(key);
    }
    // A class may have written references, whose numbers cannot change.
    let Some(written) = write(&format, &session) else {
        return;
    };
    let again = read(&format, &written).expect("a session that was written");
    assert_eq!(again.keys(), keys);
    for key in &keys {
        same(&session, &again, key);
    }
    assert_eq!(write(&format, &again).expect("it again"), written);

    let mut changed = session.clone();
    let key = keys.get(usize::from(change));
    match key {
        Some(key) if change.is_multiple_of(2) => assert!(changed.remove(key)),
        Some(key) => changed.insert(key, [1, 2]).expect("a list"),
        None => changed.insert(KEY, 1).expect("a number"),
    }
    let Some(written) = write(&format, &changed) else {
        return;
    };
    let after = read(&format, &written).expect("a session that was changed");
    for other in keys
        .iter()
        .filter(|other| Some(*other) != key && *other != KEY)
    {
        same(&session, &after, other);
    }
    let expected = match key {
        Some(_) if change.is_multiple_of(2) => keys.len() - 1,
        Some(_) => keys.len(),
        None => keys.len() + usize::from(!keys.iter().any(|key| key == KEY)),
    };
    assert_eq!(after.keys().len(), expected);
}

fn read(format: &PhpSessions, data: &[u8]) -> Option<SessionData> {
    match format.read(&data.to_vec().into(), OffsetDateTime::UNIX_EPOCH) {
        ReadEntry::Session(session) => Some(session),
        _ => None,
    }
}

fn write(format: &PhpSessions, session: &SessionData) -> Option<Vec<u8>> {
    let written = format.write(session, None, None, OffsetDateTime::UNIX_EPOCH);
    written.ok().map(|bytes| bytes.to_vec())
}

/// Checks that a value that can be read stays as it is.
fn same(before: &SessionData, after: &SessionData, key: &str) {
    let Ok(value) = before.get::<Value>(key) else {
        return;
    };
    let again = after.get::<Value>(key).expect("a value that could be read");
    assert_eq!(again.as_ref().map(text), value.as_ref().map(text), "{key}");
    assert_eq!(after.contains_key(key), before.contains_key(key));
}
