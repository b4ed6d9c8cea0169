//! Locks that a request holds until it ends: those of the files themselves.

use std::fs::File;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hardtack::php::PhpSessions;
use hardtack::stores::{SessionLock, SessionStore, When};
use hardtack::{Error, LazySession, RequestOrigin, ServerSessions};
use tokio::time::sleep;

use crate::folder::Folder;

const HEADER: &str = "PHPSESSID=abc";
const PATIENCE: Duration = Duration::from_secs(60);

fn sessions(folder: &Folder, wait: Duration, hold: Duration) -> ServerSessions {
    let store = folder.store("").time_limit(PATIENCE);
    let lock = SessionLock::new(sleep).wait(wait).hold(hold);
    ServerSessions::new(PhpSessions::new(), store, "PHPSESSID").lock(lock)
}

fn open(sessions: &Arc<ServerSessions>) -> LazySession {
    LazySession::open(sessions, HEADER, RequestOrigin::default())
}

/// Checks as PHP would whether the file is locked.
fn is_locked(folder: &Folder) -> bool {
    let file = File::open(folder.file("sess_abc")).unwrap();
    file.try_lock().is_err()
}

#[tokio::test]
async fn a_request_holds_the_lock_of_the_file_until_its_commit() {
    let folder = Folder::new();
    let sessions = Arc::new(sessions(&folder, PATIENCE, PATIENCE));
    folder.write("sess_abc", "n|i:1;");
    let request = open(&sessions);
    assert!(!is_locked(&folder));
    let session = request.load().await.unwrap();
    assert!(is_locked(&folder));
    session.insert("n", 2).unwrap();
    let _ = request.commit(200).await.unwrap();
    assert!(!is_locked(&folder));
    let written = std::fs::read(folder.file("sess_abc")).unwrap();
    assert_eq!(written, b"n|i:2;");
    assert_eq!(folder.names(), ["sess_abc"]);

    // A request that ends its session releases it too.
    let request = open(&sessions);
    request.load().await.unwrap().reset().unwrap();
    let _ = request.commit(200).await.unwrap();
    assert!(!folder.names().contains(&"sess_abc".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_under_the_lock_count_exactly_by_get_and_insert() {
    let folder = Folder::new();
    let sessions = Arc::new(sessions(&folder, PATIENCE, PATIENCE));
    folder.write("sess_abc", "n|i:0;");
    let tasks = (0..4).map(|_| {
        let sessions = sessions.clone();
        tokio::spawn(async move {
            for _ in 0..25 {
                let request = open(&sessions);
                let session = request.load().await.unwrap();
                let n: u32 = session.get("n").unwrap().unwrap();
                session.insert("n", n + 1).unwrap();
                let _ = request.commit(200).await.unwrap();
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    let written = std::fs::read(folder.file("sess_abc")).unwrap();
    assert_eq!(written, b"n|i:100;");
}

#[tokio::test]
async fn a_request_waits_no_longer_than_it_may() {
    let folder = Folder::new();
    let wait = Duration::from_millis(100);
    let sessions = Arc::new(sessions(&folder, wait, PATIENCE));
    let held = File::open(folder.write("sess_abc", "n|i:1;")).unwrap();
    held.lock().unwrap();
    let start = Instant::now();
    let error = open(&sessions).load().await.unwrap_err();
    assert!(matches!(error, Error::LockedSession { .. }), "{error}");
    assert!(start.elapsed() >= wait);
    drop(held);
    let request = open(&sessions);
    assert!(request.load().await.unwrap().contains_key("n"));
    // ... nor than another one of this process has it.
    let error = open(&sessions).load().await.unwrap_err();
    assert!(matches!(error, Error::LockedSession { .. }), "{error}");
    let _ = request.commit(200).await.unwrap();
}

#[tokio::test]
async fn a_request_that_is_dropped_releases_its_lock_at_once_or_at_its_end() {
    let folder = Folder::new();
    folder.write("sess_abc", "n|i:1;");
    let hold = Duration::from_millis(300);
    let without = Arc::new(sessions(&folder, PATIENCE, hold));
    let with = sessions(&folder, PATIENCE, PATIENCE).finish_commits(|commit| {
        tokio::spawn(commit);
    });
    for (sessions, least) in [(without, hold), (Arc::new(with), Duration::ZERO)] {
        let start = Instant::now();
        let request = open(&sessions);
        request.load().await.unwrap();
        assert!(is_locked(&folder));
        drop(request);
        while is_locked(&folder) {
            assert!(start.elapsed() < PATIENCE / 2, "the lock stays");
            sleep(Duration::from_millis(5)).await;
        }
        assert!(start.elapsed() >= least);
    }
}

#[tokio::test]
async fn a_session_that_is_not_there_has_no_lock() {
    let folder = Folder::new();
    let store = folder.store("");
    let token = bytes::Bytes::from_static(b"\"1.2\"");
    for key in ["abc:lock", "abc:lock"] {
        let saved = store.save(key, token.clone(), Some(PATIENCE), &When::Absent);
        let saved = saved.await.unwrap();
        assert!(
            matches!(saved, hardtack::stores::Saved::Done(_)),
            "{saved:?}"
        );
    }
    assert!(store.load("abc:lock").await.unwrap().is_none());
    assert!(!store.delete("abc:lock", &When::Always).await.unwrap());
    assert!(folder.names().is_empty());
}
