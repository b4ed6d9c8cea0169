//! Several writers, deletions that others wait for, and clients that leave.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::MetadataExt;
use std::pin::pin;
use std::process::{Command, Stdio};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use hardtack::stores::{Saved, SessionStore, When};
use hardtack::test_util::check_session_store;
use hardtack_files::FileStore;

use crate::folder::Folder;

const LIFE: Option<Duration> = Some(Duration::from_secs(1440));
const PATIENCE: Duration = Duration::from_secs(60);

/// Set in the environment of a second process of this program: the folder that it counts in.
const CHILD: &str = "HARDTACK_FILES_CHILD";

/// Adds 1 so many times to the number that is stored, as `Session::update_key` does.
async fn count(store: &FileStore, times: usize) {
    for _ in 0..times {
        let mut entry = store.load("abc").await.unwrap().unwrap();
        loop {
            let number: u32 = std::str::from_utf8(&entry.bytes).unwrap().parse().unwrap();
            let bytes = Bytes::from((number + 1).to_string());
            let when = When::Unchanged(entry.version);
            match store.save_once("abc", bytes, LIFE, &when).await.unwrap() {
                Saved::Done(_) => break,
                Saved::Conflict(there) => entry = there,
                Saved::Gone => panic!("nobody deletes it"),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_in_two_processes_and_several_tasks_count_exactly() {
    if let Ok(folder) = std::env::var(CHILD) {
        let store = FileStore::new(folder).unwrap().time_limit(PATIENCE);
        return count(&store, 100).await;
    }
    let folder = Folder::new();
    let file = folder.write("sess_abc", "0");
    let inode = fs::metadata(&file).unwrap().ino();
    let name = "at_once::writers_in_two_processes_and_several_tasks_count_exactly";
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name])
        .env(CHILD, folder.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let store = folder.store("").time_limit(PATIENCE);
    let tasks = (0..4).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { count(&store, 100).await })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    assert!(child.wait().unwrap().success());
    assert_eq!(fs::read_to_string(&file).unwrap(), "500");
    assert_eq!(fs::metadata(&file).unwrap().ino(), inode);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_new_sessions_under_one_key_one_is_written() {
    let folder = Folder::new();
    let store = folder.store("").time_limit(PATIENCE);
    for round in 0..20 {
        let key = format!("k{round}");
        let saves = (0..8).map(|number| {
            let (store, key) = (store.clone(), key.clone());
            tokio::spawn(async move {
                let bytes = Bytes::from(number.to_string());
                store.save(&key, bytes, LIFE, &When::Absent).await.unwrap()
            })
        });
        let (mut done, mut conflicts) = (Vec::new(), 0);
        for (number, save) in saves.collect::<Vec<_>>().into_iter().enumerate() {
            match save.await.unwrap() {
                Saved::Done(_) => done.push(number.to_string()),
                Saved::Conflict(_) => conflicts += 1,
                Saved::Gone => panic!("it was to be created"),
            }
        }
        let entry = store.load(&key).await.unwrap().unwrap();
        assert_eq!((done.len(), conflicts), (1, 7));
        assert_eq!(entry.bytes, done[0]);
    }
}

/// While an operation waits for the lock of a file, its holder deletes the file.
#[tokio::test]
async fn whoever_waited_for_the_lock_of_a_deleted_file_tries_again() {
    let folder = Folder::new();
    let store = folder.store("").time_limit(PATIENCE);
    let bytes = Bytes::from_static(b"new");
    let mut count = 0;
    // The file is deleted, or another one is created in its place.
    for replaced in [false, true] {
        for when in [When::Always, When::Present, When::Absent] {
            let file = folder.write("sess_abc", "");
            let held = fs::File::open(&file).unwrap();
            held.lock().unwrap();
            let mut save = pin!(store.save("abc", bytes.clone(), LIFE, &when));
            // It meets the lock, and waits.
            let early = tokio::time::timeout(Duration::from_millis(30), &mut save).await;
            assert!(early.is_err(), "{when:?}");
            if replaced {
                let other = folder.write("other", "of another");
                fs::rename(other, &file).unwrap();
            } else {
                fs::remove_file(&file).unwrap();
            }
            drop(held);
            let saved = save.await.unwrap();
            let there = fs::read(&file).ok();
            match (&when, replaced) {
                (When::Present, false) => {
                    assert!(matches!(saved, Saved::Gone), "{saved:?}");
                    assert_eq!(there, None);
                }
                (When::Absent, true) => {
                    assert!(matches!(saved, Saved::Conflict(_)), "{saved:?}");
                    assert_eq!(there.unwrap(), b"of another");
                }
                _ => {
                    assert!(matches!(saved, Saved::Done(_)), "{when:?}: {saved:?}");
                    assert_eq!(there.unwrap(), b"new", "{when:?}");
                }
            }
            let _ = fs::remove_file(&file);
            count += 1;
        }
    }
    assert_eq!(count, 6);
}

/// The race itself: a save that needs an entry, one that needs none, and a deletion, at one moment.
/// What is there at the end was written by a save that says so, and a deletion leaves nothing of
/// before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_save_is_never_written_to_a_deleted_file() {
    let folder = Folder::new();
    let store = folder.store("").time_limit(PATIENCE);
    let bytes = |text: &'static str| Bytes::from_static(text.as_bytes());
    for round in 0..300 {
        store
            .save("abc", bytes("old"), LIFE, &When::Always)
            .await
            .unwrap();
        let other = store.clone();
        let delete = tokio::spawn(async move { other.delete("abc", &When::Always).await.unwrap() });
        let other = store.clone();
        let present = bytes("present");
        let present = tokio::spawn(async move {
            other
                .save("abc", present, LIFE, &When::Present)
                .await
                .unwrap()
        });
        let absent = store
            .save("abc", bytes("absent"), LIFE, &When::Absent)
            .await
            .unwrap();
        let is_new = matches!(absent, Saved::Done(_));
        assert!(delete.await.unwrap());
        let is_changed = matches!(present.await.unwrap(), Saved::Done(_));
        let there = store.load("abc").await.unwrap().map(|entry| entry.bytes);
        match there.as_deref() {
            // The deletion came last.
            None => assert!(!is_new, "{round}"),
            Some(b"absent") => assert!(is_new, "{round}"),
            // Behind the new one, or in the file that it had just created and not locked yet.
            Some(b"present") => assert!(is_changed, "{round}"),
            other => panic!("{round}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn one_that_waits_without_looking_at_the_path_finds_an_empty_session() {
    // As PHP, which opens the file, waits for the lock, and reads.
    let folder = Folder::new();
    let store = folder.store("");
    let file = folder.write("sess_abc", "user|i:1;");
    let mut waits = fs::File::options()
        .read(true)
        .write(true)
        .open(&file)
        .unwrap();
    let mut linked = fs::File::open(folder.write("sess_abd", "user|i:2;")).unwrap();
    fs::hard_link(folder.file("sess_abd"), folder.file("backup")).unwrap();
    for key in ["abc", "abd"] {
        assert!(store.delete(key, &When::Present).await.unwrap());
    }
    let mut read = String::new();
    waits.read_to_string(&mut read).unwrap();
    assert_eq!(read, "");
    waits.write_all(b"user|i:1;").unwrap();
    assert!(store.load("abc").await.unwrap().is_none());
    // A backup keeps its content.
    linked.read_to_string(&mut read).unwrap();
    assert_eq!(read, "user|i:2;");
}

/// Polls an operation until the client leaves, and drops it if it is not done.
async fn leave_after<T>(polls: usize, operation: impl Future<Output = T>) -> Option<T> {
    let mut operation = pin!(operation);
    for _ in 0..polls {
        let mut context = Context::from_waker(Waker::noop());
        if let Poll::Ready(done) = operation.as_mut().poll(&mut context) {
            return Some(done);
        }
        tokio::task::yield_now().await;
    }
    None
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_leave_at_any_moment_leave_nothing_wrong() {
    let folder = Folder::new();
    let store = folder.store("").time_limit(PATIENCE);
    let (mut left, mut done) = (0, 0);
    for round in 0..400_usize {
        let bytes = Bytes::from(round.to_string());
        let operation = async {
            match round % 4 {
                0 => drop(store.save("abc", bytes, LIFE, &When::Always).await.unwrap()),
                1 => drop(store.load("abc").await.unwrap()),
                2 => drop(store.touch("abc", LIFE).await.unwrap()),
                _ => drop(store.delete("abc", &When::Always).await.unwrap()),
            }
        };
        match leave_after(round % 37, operation).await {
            Some(()) => done += 1,
            None => left += 1,
        }
    }
    assert!(left > 20 && left + done == 400, "{left} {done}");
    // No lock is held, and no operation goes on behind the back: whatever still ran has ended.
    let file = folder.file("sess_abc");
    let _ = store.load("abc").await.unwrap();
    if let Ok(file) = fs::File::open(&file) {
        file.lock().unwrap();
    }
    assert_eq!(check_session_store(&store).await, Ok(17));
}
