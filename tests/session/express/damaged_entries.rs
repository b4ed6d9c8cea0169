//! Entries that are damaged, or that no Express wrote: what can be read comes back from what is
//! written, and the rest is no session.

use bytes::Bytes;
use hardtack::express::{CookieSignature, ExpressSession};
use hardtack::stores::{ReadEntry, SessionFormat};
use hardtack::{Error, SessionData};
use time::OffsetDateTime;

const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

fn format() -> ExpressSession {
    ExpressSession::connect_redis(CookieSignature::new("keyboard cat 779c6e755323").unwrap())
}

fn read(text: &[u8]) -> Option<SessionData> {
    match format().read(&Bytes::copy_from_slice(text), NOW) {
        ReadEntry::Session(session) => Some(session),
        _ => None,
    }
}

fn write(session: &SessionData, previous: &[u8]) -> Result<Bytes, Error> {
    let previous = Bytes::copy_from_slice(previous);
    format().write(session, Some(&previous), None, NOW)
}

/// Returns the keys; one that is no text is named by its place, which changes.
fn keys(session: &SessionData) -> Vec<String> {
    let keys = session.keys().into_iter();
    keys.map(|key| match key.strip_prefix("#<Object:0x") {
        Some(_) => "unreadable".to_owned(),
        None => key.into_owned(),
    })
    .collect()
}

/// Checks that what is written reads as the same session, and stays as it is when written again.
fn comes_back(text: &[u8]) -> bool {
    let Some(session) = read(text) else {
        return false;
    };
    let shown = String::from_utf8_lossy(text);
    // A key may be unreadable, or `cookie` in another spelling.
    let Ok(written) = write(&session, text) else {
        return true;
    };
    let again = read(&written).unwrap_or_else(|| panic!("{shown} became {written:?}"));
    assert_eq!(keys(&again), keys(&session), "{shown}");
    assert_eq!(write(&again, &written).unwrap(), written, "{shown}");
    true
}

#[test]
fn damaged_entries_come_back_or_are_no_session() {
    let entries = [
        r#"{"cookie":{"originalMaxAge":60000,"expires":"2026-03-04T05:13:44.000Z","path":"/"},"a":[1,{"b":null}],"c":"\u00e9\n"}"#,
        r#"{"7":1,"cookie":{"originalMaxAge":null,"expires":false,"httpOnly":true},"n":null}"#,
        r#" { "x" : 1.0 , "cookie" : { "expires" : null } } "#,
    ];
    let (mut ran, mut readable) = (0, 0);
    for entry in entries {
        assert!(comes_back(entry.as_bytes()), "{entry}");
        for at in 0..entry.len() {
            let mut all = vec![entry.as_bytes()[..at].to_vec()];
            for byte in b"\"\\{}[],:0-9ecn\x00\x80\xff " {
                let mut changed = entry.as_bytes().to_vec();
                changed[at] = *byte;
                all.push(changed.clone());
                changed.insert(at, *byte);
                all.push(changed);
            }
            for text in all {
                ran += 1;
                readable += usize::from(comes_back(&text));
            }
        }
    }
    assert!(ran > 8_000 && readable > 500, "{readable} of {ran}");
}

#[test]
fn other_texts_are_no_session() {
    let deep = format!("{{\"cookie\":{{}},\"a\":{}", "[".repeat(1 << 20));
    let texts = [
        "",
        "null",
        "[]",
        "{}",
        r#"{"views":1}"#,
        r#"{"cookie":null}"#,
        r#"{"cookie":"x"}"#,
        r#"{"cookie":{},"cookie":{}}"#,
        r#"{"cookie":{}"#,
        // kruptein: ASN.1 in base64, and JSON.
        "MIICXwSCAQR0K1FNajZuV09tQ3k5ZFhhT0VLUHJsN2xyaW5hTD",
        r#"{"hmac":"x","ct":"y","iv":"z"}"#,
        &deep,
    ];
    for text in texts {
        let start: String = text.chars().take(60).collect();
        assert!(read(text.as_bytes()).is_none(), "{start}");
    }
}

#[test]
fn a_key_of_express_itself_is_not_written() {
    let mut session = SessionData::new();
    session.insert("cookie", "mine").unwrap();
    let error = format().write(&session, None, None, NOW).unwrap_err();
    assert!(matches!(error, Error::UnwritableValue { .. }), "{error}");
}

#[test]
fn a_stale_end_in_the_json_does_not_count() {
    let stale =
        br#"{"cookie":{"originalMaxAge":60000,"expires":"1970-01-01T00:01:00.000Z"},"a":1}"#;
    let later = OffsetDateTime::from_unix_timestamp(1_772_650_000).unwrap();
    let entry = Bytes::from_static(stale);
    let ReadEntry::Session(session) = format().read(&entry, later) else {
        panic!("the store still has it");
    };
    assert_eq!(session.get::<u8>("a").unwrap(), Some(1));
    let life = format().entry_time_to_live(&entry).unwrap();
    assert_eq!(life.as_secs(), 60);
}

#[test]
fn the_end_of_a_session_is_that_of_its_own_life() {
    let lives = [
        ("60000", r#""2026-03-04T18:48:40.000Z""#, Some(60_000)),
        ("1999", r#""2026-03-04T18:47:41.999Z""#, Some(1_999)),
        ("0", r#""2026-03-04T18:47:40.000Z""#, Some(0)),
        ("-5000", r#""2026-03-04T18:47:35.000Z""#, Some(0)),
        ("1.5", r#""2026-03-04T18:47:40.001Z""#, Some(1)),
        ("null", "null", None),
        ("false", "false", None),
    ];
    let now = OffsetDateTime::from_unix_timestamp(1_772_650_060).unwrap();
    for (age, end, life) in lives {
        let entry =
            format!(r#"{{"cookie":{{"originalMaxAge":{age},"expires":0,"path":"/"}},"a":1}}"#);
        let entry = Bytes::from(entry);
        let session = read(&entry).unwrap();
        let written = format().write(&session, Some(&entry), None, now).unwrap();
        let expected =
            format!(r#"{{"cookie":{{"originalMaxAge":{age},"expires":{end},"path":"/"}},"a":1}}"#);
        assert_eq!(written, expected);
        if let Some(life) = life {
            let found = format().entry_time_to_live(&entry).unwrap();
            assert_eq!(found.as_millis(), life);
        }
    }
}
