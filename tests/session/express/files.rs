//! session-file-store: what it recorded of its files, and which of them have ended.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hardtack::express::{CookieSignature, ExpressSession, FileSession};
use hardtack::headers::escape;
use hardtack::stores::{
    Entry, MemoryStore, ReadEntry, Saved, SessionFormat, SessionStore, StoreError, Version, When,
};
use hardtack::{Error, LazySession, RequestOrigin, ServerSessions, SessionData};
use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;

use super::lines;
use crate::session_options::Shared;

const SECRET: &str = "keyboard cat 779c6e755323";
const ID: &str = "kWkUrpGrN_tfBPGy6fGZr1ke9dVpJZa6";

#[derive(Deserialize)]
struct Scenario {
    label: String,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    path: String,
    now_ms: i64,
    store: Option<BTreeMap<String, Option<File>>>,
}

#[derive(Deserialize)]
struct File {
    key: String,
    text: String,
}

fn format() -> FileSession {
    let signature = CookieSignature::new(SECRET).unwrap();
    FileSession::new(ExpressSession::connect_redis(signature).custom_ids())
}

fn at(milliseconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000).unwrap()
}

fn read(text: &str, now: OffsetDateTime) -> ReadEntry {
    format().read(&Bytes::from(text.to_owned()), now)
}

#[test]
fn every_recorded_file_is_read_until_it_ends() {
    let (mut steps, mut files, mut encrypted) = (0, 0, 0);
    for scenario in lines::<Scenario>("session-file-store-1.5.jsonl.gz") {
        for step in &scenario.steps {
            steps += 1;
            let place = format!("{}, {}", scenario.label, step.path);
            for (id, file) in step.store.iter().flatten() {
                let Some(file) = file else { continue };
                assert_eq!(
                    format().keys(id),
                    std::slice::from_ref(&file.key),
                    "{place}"
                );
                let json: Option<BTreeMap<String, Value>> = serde_json::from_str(&file.text).ok();
                let json = json.filter(|json| json.contains_key("cookie"));
                let Some(mut json) = json else {
                    let found = read(&file.text, at(step.now_ms));
                    assert!(!matches!(found, ReadEntry::Session(_)), "{place}");
                    encrypted += 1;
                    continue;
                };
                files += 1;
                let last_access = json.remove("__lastAccess").unwrap().as_i64().unwrap();
                let cookie = json.remove("cookie").unwrap();
                let max_age = cookie["originalMaxAge"].as_i64().filter(|age| *age != 0);
                let end = last_access + max_age.unwrap_or(3_600_000);
                let found = read(&file.text, at(end));
                let ReadEntry::Session(session) = found else {
                    panic!("{place}: {found:?}");
                };
                let mut keys = session.keys();
                keys.sort();
                assert_eq!(keys, json.into_keys().collect::<Vec<_>>(), "{place}");
                let found = read(&file.text, at(end + 1));
                assert!(matches!(found, ReadEntry::Expired), "{place}: {found:?}");
            }
        }
    }
    assert_eq!((steps, encrypted), (138, 5), "{files}");
    assert!(files > 100, "{files}");
}

#[test]
fn the_last_access_stands_where_it_was_first_set() {
    let whole = r#"{"cookie":{"originalMaxAge":null},"a":1,"b":[1.50,null]}"#;
    let session = |text: &str| match read(text, at(1000)) {
        ReadEntry::Session(session) => session,
        other => panic!("{text}: {other:?}"),
    };
    let written = |session: &SessionData| {
        let signature = CookieSignature::new(SECRET).unwrap();
        let redis = ExpressSession::connect_redis(signature);
        let written = redis.write(session, None, None, at(0)).unwrap();
        String::from_utf8(written.to_vec()).unwrap()
    };
    let expected = written(&session(whole));
    assert!(
        expected.ends_with(r#","a":1,"b":[1.50,null]}"#),
        "{expected}"
    );
    let mut count = 0;
    for text in [
        r#"{"cookie":{"originalMaxAge":null},"a":1,"b":[1.50,null],"__lastAccess":0}"#,
        r#"{"cookie":{"originalMaxAge":null},"a":1,"__lastAccess":0,"b":[1.50,null]}"#,
        r#"{"__lastAccess":0,"cookie":{"originalMaxAge":null},"a":1,"b":[1.50,null]}"#,
        r#"{"cookie":{"originalMaxAge":null},"__lastAccess":0,"a":1,"b":[1.50,null]}"#,
    ] {
        assert_eq!(written(&session(text)), expected, "{text}");
        count += 1;
    }
    assert_eq!(count, 4);
    // Without it, a session has no end, as in the package; nor with one that is no number.
    for last in ["", r#","__lastAccess":"x""#, r#","__lastAccess":null"#] {
        let text = format!(r#"{{"cookie":{{}},"a":1{last}}}"#);
        let found = read(&text, at(1 << 40));
        assert!(matches!(found, ReadEntry::Session(_)), "{text}: {found:?}");
    }
}

#[test]
fn a_ttl_of_nothing_ends_every_session_without_a_max_age() {
    let text = Bytes::from_static(br#"{"cookie":{"originalMaxAge":null},"__lastAccess":5000}"#);
    let found = format().ttl(Duration::ZERO).read(&text, at(0));
    assert!(matches!(found, ReadEntry::Expired), "{found:?}");
    let text = Bytes::from_static(br#"{"cookie":{"originalMaxAge":9},"__lastAccess":5000}"#);
    let found = format().ttl(Duration::ZERO).read(&text, at(0));
    assert!(matches!(found, ReadEntry::Session(_)), "{found:?}");
}

#[test]
fn nothing_is_written() {
    let error = format().write(&SessionData::new(), None, None, at(0));
    assert!(
        matches!(error, Err(Error::UnwritableValue { .. })),
        "{error:?}"
    );
}

/// An id becomes the name of a file.
#[test]
fn an_id_names_no_other_file() {
    let signature = CookieSignature::new(SECRET).unwrap();
    for (id, is_taken) in [
        ("kWkUrpGrN_tfBPGy6fGZr1ke9dVpJZa6", true),
        ("user-7.a", true),
        ("../secret", false),
        ("..", false),
        (".hidden", false),
        ("a/b", false),
        ("a\\b", false),
        ("C:a", false),
    ] {
        let cookie = format!("s:{}", signature.sign(id));
        let found = format().id_of_cookie(cookie.as_bytes());
        assert_eq!(found.is_some(), is_taken, "{id}: {found:?}");
    }
}

/// The store of the guide `stores`, over a folder that is removed at the end.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // The test has said what was wrong, if anything was.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl SessionStore for Folder {
    async fn load(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        match std::fs::read(self.0.join(key)) {
            Ok(bytes) => Ok(Some(Entry {
                version: Version::new(bytes.clone()),
                bytes: bytes.into(),
            })),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::new(error)),
        }
    }

    async fn save(
        &self,
        _: &str,
        _: Bytes,
        _: Option<Duration>,
        _: &When,
    ) -> Result<Saved, StoreError> {
        Err(StoreError::new(std::io::Error::other(
            "the folder is only read",
        )))
    }

    // A session that has moved would stay for ten minutes, and a file has no end: it goes at once.
    async fn touch(&self, key: &str, _: Option<Duration>) -> Result<bool, StoreError> {
        self.delete(key, &When::Always).await
    }

    async fn delete(&self, key: &str, _: &When) -> Result<bool, StoreError> {
        match std::fs::remove_file(self.0.join(key)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(StoreError::new(error)),
        }
    }
}

/// A session moves from its file to another store, and keeps its id.
#[tokio::test]
async fn a_session_moves_from_its_file() {
    let file = r#"{"cookie":{"originalMaxAge":null,"expires":null,"httpOnly":true,"path":"/"},"user":7,"__lastAccess":1772650060000}"#;
    let signature = CookieSignature::new(SECRET).unwrap();
    let cookie = escape(format!("s:{}", signature.sign(ID)).as_bytes());
    let path = std::env::temp_dir().join(format!("hardtack-files-{}", std::process::id()));
    std::fs::create_dir_all(&path).unwrap();
    let name = path.join(format!("{ID}.json"));
    std::fs::write(&name, file).unwrap();
    let store = Arc::new(MemoryStore::new());
    let redis = ExpressSession::connect_redis(signature);
    let clock = || at(1_772_650_060_000 + 3_600_000);
    let files = ServerSessions::new(format(), Folder(path), "connect.sid").clock(clock);
    let sessions = ServerSessions::new(redis, Shared(store.clone()), "connect.sid").clock(clock);
    let sessions = Arc::new(sessions.migrating_from(files));
    let open = || {
        let header = format!("connect.sid={cookie}");
        LazySession::open(&sessions, header, RequestOrigin::default())
    };
    let key = format!("sess:{ID}");

    // The first request moves it, although it only reads.
    let request = open();
    assert_eq!(request.load().await.unwrap().keys(), ["user"]);
    // The id is the same.
    assert_eq!(request.commit(200).await.unwrap().cookies(), []);
    let moved = store.load(&key).await.unwrap().unwrap().bytes;
    assert_eq!(
        moved,
        r#"{"cookie":{"originalMaxAge":null,"expires":null,"httpOnly":true,"path":"/"},"user":7}"#
    );
    assert!(!name.exists());
    let request = open();
    assert_eq!(request.load().await.unwrap().keys(), ["user"]);
    assert_eq!(request.commit(200).await.unwrap().cookies(), []);

    // A logout deletes the session, and a file that Express has written again.
    std::fs::write(&name, file).unwrap();
    let request = open();
    request.load().await.unwrap().reset().unwrap();
    let _ = request.commit(200).await.unwrap();
    assert!(store.load(&key).await.unwrap().is_none());
    assert!(!name.exists());
}
