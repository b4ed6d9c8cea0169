//! Stored sessions in general.

use hardtack::stores::StoredSession;
use hardtack::value::Value;

use super::text;

/// The key that a check sets.
const KEY: &str = "set by the check";

/// The values of a stored session by their keys, without those that are nil: no writer writes them.
pub(super) fn text_of(stored: &StoredSession) -> Vec<(String, String)> {
    let session = stored.session();
    let keys = session.keys();
    let pair = |key: &str| match session.get::<Value>(key) {
        Ok(None) => None,
        Ok(Some(value)) => Some((name(key), text(&value))),
        Err(error) => Some((name(key), error.to_string().replace(key, &name(key)))),
    };
    keys.iter().filter_map(|key| pair(key)).collect()
}

/// The text of a key. That of an object ends with its place among the bytes.
fn name(key: &str) -> String {
    let object = "#<Object:0x";
    let is_object = key.starts_with(object);
    if is_object { object } else { key }.to_owned()
}

pub(super) fn assert_same(one: &[(String, String)], other: &[(String, String)]) {
    assert_eq!(one, other);
}

/// Checks that a session comes back from what is written, and that nothing else changes with a key.
pub(super) fn assert_comes_back(data: &[u8], read: impl Fn(&[u8]) -> Option<StoredSession>) {
    let Some(mut stored) = read(data) else {
        return;
    };
    // A version of an entry may be any object.
    let Ok(written) = stored.to_bytes() else {
        return;
    };
    let again = read(&written).expect("a session that was written");
    assert_eq!(again.to_string(), stored.to_string());
    assert_eq!(again.expires_at(), stored.expires_at());
    let before = text_of(&stored);
    assert_same(&text_of(&again), &before);
    assert_eq!(again.to_bytes().expect("a session that was read"), written);

    let had_it = stored.session().contains_key(KEY);
    stored.session_mut().insert(KEY, 1).expect("a number");
    let changed = stored.to_bytes().expect("one more number");
    let mut changed = text_of(&read(&changed).expect("a session with one more key"));
    let place = changed.iter().position(|(key, _)| key == KEY);
    let (_, set) = changed.remove(place.expect("the key"));
    assert_eq!(set, text(&Value::Integer(1)));
    if !had_it {
        assert_same(&changed, &before);
    }
}
