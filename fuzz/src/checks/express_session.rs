//! The JSON of express-session: read, written and read again, every value that nobody changed is the
//! same to the letter, and the member `cookie` changes as a touch changes it, and in nothing else.

use std::time::Duration;

use hardtack::express::{CookieSignature, ExpressSession};
use hardtack::stores::{ReadEntry, SessionFormat, StoredSession, StoredSessionFormat, Touch};
use hardtack::value::Value;
use hardtack::{SessionData, fuzzing};
use time::OffsetDateTime;

use super::text;

/// The key that a check sets.
const KEY: &str = "set by the check";

const COOKIE: &str = "cookie";

/// The time of the checks: 2026-02-25T08:19:57.556Z.
const NOW: i128 = 1_772_007_597_556;

pub(super) fn check(data: &[u8]) {
    let [change, data @ ..] = data else { return };
    check_stored(data);
    let signature = CookieSignature::new("keyboard cat").unwrap();
    let redis = ExpressSession::connect_redis(signature.clone());
    let memcached = ExpressSession::connect_memcached(signature);
    let Some(session) = read(&redis, data) else {
        return;
    };
    assert!(!session.contains_key(COOKIE));
    let before = entries(data);
    let written = write(&redis, &session, data);
    let after = entries(&written);
    assert_kept(&before, &after, &[COOKIE]);
    check_cookie(value(&before, COOKIE), value(&after, COOKIE));
    let again = read(&redis, &written).expect("a session that was written");
    // A key that is no text is called by its place.
    assert_eq!(again.keys().len(), session.keys().len());
    assert_eq!(write(&redis, &again, &written), written);

    // A request that only reads: Redis gets another end, and Memcached the JSON anew.
    let (entry, hour) = (data.to_vec().into(), Some(Duration::from_secs(3600)));
    let touched = |format: &ExpressSession| format.touch(&session, &entry, hour, now());
    assert!(matches!(touched(&redis), Touch::Entry));
    match touched(&memcached) {
        Touch::Rewrite(bytes) => assert_eq!(bytes, written),
        other => panic!("{other:?}"),
    }

    // A key with control characters is no text, and stays under its own bytes alone.
    let keys = session.keys().into_iter().map(String::from);
    let keys: Vec<String> = keys.filter(|key| value(&before, key).is_some()).collect();
    let key = keys.get(usize::from(*change));
    let mut changed = session.clone();
    match key {
        Some(key) if change.is_multiple_of(2) => assert!(changed.remove(key)),
        Some(key) => changed.insert(key, [1, 2]).expect("a list"),
        None => changed.insert(KEY, 1).expect("a number"),
    }
    let written = write(&redis, &changed, data);
    let after = entries(&written);
    let changed = key.map_or(KEY, String::as_str);
    assert_kept(&before, &after, &[COOKIE, changed]);
    check_cookie(value(&before, COOKIE), value(&after, COOKIE));
    let expected = match key {
        Some(_) if change.is_multiple_of(2) => None,
        Some(_) => Some("[1,2]"),
        None => Some("1"),
    };
    assert_eq!(value(&after, changed), expected);
}

/// A tool's view of the same bytes, in which `cookie` is a key like any other.
fn check_stored(data: &[u8]) {
    let read = |data: &[u8]| StoredSession::read_as(StoredSessionFormat::Express, data);
    let Some(mut stored) = read(data) else { return };
    let written = stored.to_bytes().expect("what was read");
    assert_kept(&entries(data), &entries(&written), &[]);
    stored.session_mut().insert(KEY, 1).expect("a number");
    let changed = stored.to_bytes().expect("one more number");
    assert_kept(&entries(data), &entries(&changed), &[KEY]);
    assert_eq!(value(&entries(&changed), KEY), Some("1"));
    assert!(read(&changed).is_some());
}

/// The entries of a JSON object, each with the JSON of its value. Of two equal keys the last value
/// counts, at the place of the first.
fn entries(json: &[u8]) -> Vec<(String, &str)> {
    let json = std::str::from_utf8(json).expect("text");
    let all = fuzzing::json_index(json).expect("JSON").expect("an object");
    let mut entries: Vec<(String, &str)> = Vec::new();
    for (key, value) in all {
        // A key that is no text counts by its place.
        let Ok(key) = key else { continue };
        match entries.iter_mut().find(|(other, _)| *other == key) {
            Some((_, held)) => *held = value,
            None => entries.push((key, value)),
        }
    }
    entries
}

fn value<'a>(entries: &[(String, &'a str)], key: &str) -> Option<&'a str> {
    let entry = entries.iter().find(|(other, _)| other == key);
    entry.map(|(_, value)| *value)
}

/// Checks that the entries are the same and in the same order, but for those of these keys.
fn assert_kept(before: &[(String, &str)], after: &[(String, &str)], but: &[&str]) {
    let kept = |entries: &[(String, &str)]| {
        let entries = entries.iter().filter(|(key, _)| !but.contains(&&**key));
        let entries = entries.map(|(key, value)| (key.clone(), (*value).to_owned()));
        entries.collect::<Vec<_>>()
    };
    assert_eq!(kept(before), kept(after));
}

/// Checks a touch by the rule of `session/cookie.js`: `expires` is `originalMaxAge` from now, or
/// `originalMaxAge` itself if that is no number.
fn check_cookie(before: Option<&str>, after: Option<&str>) {
    let before = entries(before.expect("a cookie").as_bytes());
    let after = entries(after.expect("a cookie").as_bytes());
    assert_kept(&before, &after, &["expires"]);
    let expires = value(&after, "expires");
    let Some(age) = value(&before, "originalMaxAge") else {
        return;
    };
    if value(&before, "expires").is_none() {
        return;
    }
    let Ok(milliseconds) = serde_json::from_str::<f64>(age) else {
        assert_eq!(expires, Some(age));
        return;
    };
    // A hundred years: further on a Date is written in another form.
    if milliseconds.abs() < 3e12 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "JavaScript adds doubles"
        )]
        let end = (NOW as f64 + milliseconds) as i128;
        let expires: String = serde_json::from_str(expires.unwrap()).unwrap();
        assert_eq!(milliseconds_of(&expires), end, "{expires}");
    }
}

/// The milliseconds since 1970 of `YYYY-MM-DDTHH:MM:SS.mmmZ`.
fn milliseconds_of(date: &str) -> i128 {
    let number = |from: usize, to: usize| date[from..to].parse::<i128>().unwrap();
    assert_eq!((date.len(), &date[10..11], &date[23..]), (24, "T", "Z"));
    let (year, month, day) = (number(0, 4), number(5, 7), number(8, 10));
    // Days since 1970 of the Gregorian calendar, with years that begin in March.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = 365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let days = days + (153 * month + 2) / 5 + day - 1 - 719_468;
    let seconds = (days * 24 + number(11, 13)) * 3600 + number(14, 16) * 60 + number(17, 19);
    seconds * 1000 + number(20, 23)
}

fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(NOW * 1_000_000).unwrap()
}

fn read(format: &ExpressSession, data: &[u8]) -> Option<SessionData> {
    match format.read(&data.to_vec().into(), now()) {
        ReadEntry::Session(session) => {
            for key in session.keys() {
                let _ = session
                    .get::<Value>(&key)
                    .map(|value| value.as_ref().map(text));
            }
            Some(session)
        }
        _ => None,
    }
}

fn write(format: &ExpressSession, session: &SessionData, previous: &[u8]) -> Vec<u8> {
    let previous = previous.to_vec().into();
    let written = format.write(session, Some(&previous), None, now());
    written.expect("what was read").to_vec()
}
