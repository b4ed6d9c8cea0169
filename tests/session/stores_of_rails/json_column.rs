//! A column of JSON, which activerecord-session_store leaves to Active Record (`:null`).

use bytes::Bytes;
use hardtack::stores::{ReadEntry, SessionFormat, StoredHash};
use hardtack::{Serializer, SessionData};
use time::OffsetDateTime;

/// A Hash as Active Record 6.1.7.10 wrote it on Postgres 15, in columns of the types `json`, which
/// keeps the text, and `jsonb`, which does not.
const JSON: &str = r#"{"user_id":7,"name":"\u003cÄ \u0026 \u003e","f":1.5,"nil":null,"t":true,"a":[1,{"b":"c"}],"big":1180591620717411303424,"time":"1970-01-01T00:00:00.000Z","sym":"s"}"#;
const JSONB: &str = r#"{"a": [1, {"b": "c"}], "f": 1.5, "t": true, "big": 1180591620717411303424, "nil": null, "sym": "s", "name": "<Ä & >", "time": "1970-01-01T00:00:00.000Z", "user_id": 7}"#;

fn format() -> StoredHash {
    StoredHash::active_record_store().json_column()
}

fn read(bytes: &'static str) -> SessionData {
    let entry = Bytes::from_static(bytes.as_bytes());
    match format().read(&entry, OffsetDateTime::UNIX_EPOCH) {
        ReadEntry::Session(session) => session,
        other => panic!("{bytes}: {other:?}"),
    }
}

fn write(session: &SessionData) -> String {
    let bytes = format().write(session, None, None, OffsetDateTime::UNIX_EPOCH);
    String::from_utf8(bytes.unwrap().to_vec()).unwrap()
}

#[test]
fn the_column_is_the_hash_itself() {
    for column in [JSON, JSONB] {
        let session = read(column);
        assert_eq!(session.get::<u32>("user_id").unwrap(), Some(7));
        let name: String = session.get("name").unwrap().unwrap();
        assert_eq!(name, "<Ä & >");
    }
    // What was not touched is as it was, but for nil, which a session of Rails drops.
    let kept = JSON.replace(r#""nil":null,"#, "");
    assert_eq!(write(&read(JSON)), kept);
    let mut session = read(JSON);
    session.insert("user_id", 8).unwrap();
    assert_eq!(write(&session), kept.replace(":7,", ":8,"));
    // A new text has Active Support's escapes.
    let mut session = SessionData::new();
    session.insert("name", "<Ä & >").unwrap();
    assert_eq!(write(&session), r#"{"name":"\u003cÄ \u0026 \u003e"}"#);
}

#[test]
fn other_columns_are_no_session() {
    let entry = |text: &'static str| Bytes::from_static(text.as_bytes());
    for text in ["[1]", "7", "\"a\"", "BAh7AA==\n", "\u{4}\u{8}{\0", "{"] {
        let found = format().read(&entry(text), OffsetDateTime::UNIX_EPOCH);
        assert!(matches!(found, ReadEntry::Unreadable), "{text}: {found:?}");
    }
    // NULL is an empty session in Rails; so it is in a column of text.
    for format in [format(), StoredHash::active_record_store()] {
        let found = format.read(&Bytes::new(), OffsetDateTime::UNIX_EPOCH);
        assert!(matches!(found, ReadEntry::Session(session) if session.is_empty()));
    }
    let redis = StoredHash::redis_session_store();
    let found = redis.read(&Bytes::new(), OffsetDateTime::UNIX_EPOCH);
    assert!(matches!(found, ReadEntry::Unreadable), "{found:?}");
    // The serializer is of no effect on the column.
    let format = format().serializer(Serializer::Marshal);
    let found = format.read(&entry(JSON), OffsetDateTime::UNIX_EPOCH);
    assert!(matches!(found, ReadEntry::Session(_)), "{found:?}");
}
