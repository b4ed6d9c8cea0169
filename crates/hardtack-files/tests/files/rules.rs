//! The rules of every store, and those of PHP's files.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use hardtack::stores::{Saved, SessionStore, When};
use hardtack::test_util::check_session_store;

use crate::folder::Folder;

const LIFE: Option<Duration> = Some(Duration::from_secs(1440));

#[tokio::test]
async fn a_store_keeps_the_rules_of_all_stores() {
    let folder = Folder::new();
    fs::create_dir_all(folder.file("h/a")).unwrap();
    let mut count = 0;
    for levels in ["", "0;", "0;640;", "1;", "2;600;"] {
        let store = folder.store(levels);
        assert_eq!(check_session_store(&store).await, Ok(17), "{levels}");
        count += 1;
    }
    assert_eq!(count, 5);
    assert_eq!(folder.names(), ["h"]);
    assert_eq!(fs::read_dir(folder.file("h")).unwrap().count(), 1);
}

#[tokio::test]
async fn a_session_is_written_in_place_with_the_mode_of_the_save_path() {
    let folder = Folder::new();
    fs::create_dir_all(folder.file("a/b")).unwrap();
    // The umask of the tests may be any; a file of 0o777 shows it.
    let shown = folder.write("umask", "");
    let umask = 0o666 & !fs::metadata(shown).unwrap().permissions().mode();
    let mut count = 0;
    for (save_path, name, mode) in [
        ("", "sess_abc", 0o600),
        ("2;", "a/b/sess_abc", 0o600),
        ("2;664;", "a/b/sess_abd", 0o664),
    ] {
        let key = name.rsplit_once('_').unwrap().1;
        let store = folder.store(save_path);
        let file = folder.file(name);
        let long = Bytes::from_static(b"name|s:5:\"alice\";");
        store.save(key, long, LIFE, &When::Absent).await.unwrap();
        let first = fs::metadata(&file).unwrap();
        assert_eq!(first.mode() & 0o7777, mode & !umask, "{save_path}");
        let short = Bytes::from_static(b"n|i:1;");
        let saved = store.save(key, short, LIFE, &When::Present).await.unwrap();
        assert!(matches!(saved, Saved::Done(_)));
        assert_eq!(fs::read(&file).unwrap(), b"n|i:1;");
        assert_eq!(fs::metadata(&file).unwrap().ino(), first.ino());
        count += 1;
    }
    assert_eq!(count, 3);
}

#[tokio::test]
async fn an_empty_file_is_an_empty_session_that_a_new_one_may_take() {
    // PHP creates the file when it begins a session, and finds the id in strict mode by its file.
    let folder = Folder::new();
    let store = folder.store("");
    folder.write("sess_abc", "");
    let entry = store.load("abc").await.unwrap().unwrap();
    assert!(entry.bytes.is_empty());
    let bytes = Bytes::from_static(b"n|i:1;");
    for when in [When::Absent, When::Present, When::Unchanged(entry.version)] {
        folder.write("sess_abc", "");
        let saved = store.save("abc", bytes.clone(), LIFE, &when).await.unwrap();
        assert!(matches!(saved, Saved::Done(_)), "{when:?}");
        assert_eq!(fs::read(folder.file("sess_abc")).unwrap(), bytes);
    }
    // A deletion that asks for no entry deletes none.
    assert!(!store.delete("abc", &When::Absent).await.unwrap());
    assert_eq!(fs::read(folder.file("sess_abc")).unwrap(), bytes);
}

#[tokio::test]
async fn a_touch_sets_the_time_alone_and_needs_no_lock() {
    let folder = Folder::new();
    let store = folder.store("");
    let file = folder.write("sess_abc", "n|i:1;");
    let before = fs::metadata(&file).unwrap();
    // As PHP does for a whole request.
    let held = fs::File::open(&file).unwrap();
    held.lock().unwrap();
    let hour = Duration::from_secs(3600);
    let age = || {
        let used = fs::metadata(&file).unwrap().modified().unwrap();
        SystemTime::now().duration_since(used).unwrap_or_default()
    };
    folder.age("sess_abc", hour);
    assert!(store.touch("abc", LIFE).await.unwrap());
    assert!(age() < hour / 2, "{:?}", age());
    held.unlock().unwrap();
    folder.age("sess_abc", hour);
    assert!(store.touch("abc", None).await.unwrap());
    assert!(age() >= hour, "without a life the time stays");
    let after = fs::metadata(&file).unwrap();
    assert_eq!((after.ino(), after.len()), (before.ino(), 6));
    assert!(!store.touch("abd", LIFE).await.unwrap());
    // Nothing was created.
    assert_eq!(folder.names(), ["sess_abc"]);
}

#[tokio::test]
async fn marks_of_logouts_are_beside_their_sessions() {
    let folder = Folder::new();
    fs::create_dir(folder.file("a")).unwrap();
    let store = folder.store("1;");
    let bytes = Bytes::from_static(b"1");
    for key in ["abc", "{abc}:gone"] {
        let saved = store.save(key, bytes.clone(), LIFE, &When::Always).await;
        assert!(matches!(saved, Ok(Saved::Done(_))), "{key}: {saved:?}");
    }
    let (entry, is_marked) = store.load_with_mark("abc", "{abc}:gone").await.unwrap();
    assert!(entry.is_some() && is_marked);
    assert!(folder.file("a/sess_{abc}:gone").exists());
}
